"""Wiring: which moment does what, as the settings say; made anew only when one of those changes."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Protocol

from camtwin.camera.frames.acquisition import Acquisition
from camtwin.camera.frames.states import E
from camtwin.camera.frames.triggers import gated
from camtwin.camera.settings import Settings
from camtwin.camera.signals.bus import Call, Routes, heard
from camtwin.camera.signals.counters import Counter, Timer
from camtwin.camera.signals.lines import Line
from camtwin.camera.signals.sequencer import Sequencer
from camtwin.genicam import Tree
from camtwin.models.schema import Lines as LineTiming

RESTS_ON = (
    *("LineMode", "LineSource", "LineInverter"),
    *("CounterEventSource", "CounterEventActivation", "CounterResetSource", "CounterResetActivation"),
    *("TimerTriggerSource", "TimerTriggerActivation"),
    *("SequencerMode", "SequencerTriggerSource", "SequencerTriggerActivation"),
    *("TriggerMode", "TriggerSource", "TriggerActivation", "ExposureMode"),
)

OPPOSITE = {"RisingEdge": "FallingEdge", "FallingEdge": "RisingEdge", "AnyEdge": "AnyEdge"}


def same(old: Settings, new: Settings) -> bool:
    """Does the wiring rest on the same settings? Values that were not written are the same objects."""
    return all(getattr(old, attr) is getattr(new, attr) for attr in RESTS_ON)


class Host(Protocol):
    """The camera whose parts are wired."""

    tree: Tree[Settings]
    lines: dict[str, Line]
    counters: dict[str, Counter]
    timers: dict[str, Timer]
    sequencer: Sequencer
    acquisition: Acquisition

    @property
    def settings(self) -> Settings: ...
    @property
    def line_timing(self) -> LineTiming: ...


def routes(host: Host) -> Routes:
    """What each moment does, in the order of signals.py."""
    s, sequencer = host.settings, host.sequencer
    made: Routes = {}

    def route(moments: Iterable[str], call: Call) -> None:
        for moment in moments:
            made.setdefault(moment, []).append(call)

    names = {f"{name}End": name for name in host.counters}

    def age_ns(source: str, *through: str) -> int:
        """So much older than its moment is an edge of a line, or the end of a counter of such edges."""
        if source.startswith("Line"):
            return host.line_timing.filter_ns
        counter = names.get(source, "")
        known = counter and counter not in through  # two counters may count each other
        return age_ns(s.CounterEventSource[counter], counter, *through) if known else 0

    for name, line in host.lines.items():
        if s.LineMode[name] == "Output":
            route(heard(s.LineSource[name]), partial(line.follow, True))
            route(heard(s.LineSource[name], "FallingEdge"), partial(line.follow, False))
    for counter in host.counters.values():
        source, activation = s.CounterEventSource[counter.name], s.CounterEventActivation[counter.name]
        route(heard(source, activation), counter.count)
        if (source := s.CounterResetSource[counter.name]) != "Software":  # that is CounterReset, a command
            route(heard(source, s.CounterResetActivation[counter.name]), counter.reset)
    for timer in host.timers.values():
        source, activation = s.TimerTriggerSource[timer.name], s.TimerTriggerActivation[timer.name]
        route(heard(source, activation), timer.start)
    for moment in sequencer.moments():
        route((moment,), partial(sequencer.hear, moment))
    every = [e for e in host.tree.declared["TriggerSource"].entries if e not in ("All", "Off")]
    for path in (host.acquisition.trigger, host.acquisition.burst_trigger):
        if s.TriggerMode.get(path.selector) != "On":
            continue
        chosen, activation = s.TriggerSource[path.selector], s.TriggerActivation[path.selector]
        for source in every if chosen == "All" else (chosen,):
            moments = (path.software,) if source == "Software" else heard(source, activation)
            route(moments, partial(path.edge, age_ns(source)))
    if gated(s):
        source, activation = s.TriggerSource["FrameStart"], s.TriggerActivation["FrameStart"]
        route(heard(source, OPPOSITE[activation]), partial(host.acquisition.fire, E.RELEASE))
    return made
