"""Wiring: which moment does what, as the settings say; made anew only when one of those changes."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Protocol

from camtwin.camera.acquisition import Acquisition
from camtwin.camera.counters import Counter, Timer
from camtwin.camera.lines import Line
from camtwin.camera.sequencer import Sequencer
from camtwin.camera.settings import Settings
from camtwin.camera.signals import Call, Routes, heard
from camtwin.genicam import Tree
from camtwin.models.schema import Lines as LineTiming

RESTS_ON = (
    *("LineMode", "LineSource", "LineInverter"),
    *("CounterEventSource", "CounterEventActivation", "CounterResetSource"),
    *("TimerTriggerSource", "TimerTriggerActivation"),
    *("SequencerMode", "SequencerTriggerSource", "SequencerTriggerActivation"),
    *("TriggerMode", "TriggerSource", "TriggerActivation"),
)


def same(old: Settings, new: Settings) -> bool:
    """Does the wiring rest on the same settings? Values that were not written are the same objects."""
    return all(getattr(old, attr) is getattr(new, attr) for attr in RESTS_ON)


class Host(Protocol):
    """The camera whose parts are wired."""

    tree: Tree
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
    s, trigger, sequencer = host.settings, host.acquisition.trigger, host.sequencer
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
        route(heard(s.CounterResetSource[counter.name]), counter.reset)
    for timer in host.timers.values():
        source, activation = s.TimerTriggerSource[timer.name], s.TimerTriggerActivation[timer.name]
        route(heard(source, activation), timer.start)
    for moment in sequencer.moments():
        route((moment,), partial(sequencer.hear, moment))
    if s.TriggerMode["FrameStart"] == "On":
        chosen = s.TriggerSource["FrameStart"]
        every = [e for e in host.tree.nodes["TriggerSource"].entries if e not in ("All", "Off")]
        for source in every if chosen == "All" else (chosen,):
            edge = partial(trigger.edge, age_ns(source))
            route(heard(source, s.TriggerActivation["FrameStart"]), edge)
    return made
