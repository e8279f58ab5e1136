"""Wiring: routes from moments to their effects, as the settings define them.

Remade only when those change.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache, partial
from operator import attrgetter, is_
from typing import Protocol

from camtwin.camera.frames.acquisition import Acquisition
from camtwin.camera.frames.states import E
from camtwin.camera.frames.triggers import gated
from camtwin.camera.settings import Settings
from camtwin.camera.signals.bus import Call, Routes, Signals
from camtwin.camera.signals.counters import Counter, Timer
from camtwin.camera.signals.lines import NamedLines
from camtwin.camera.signals.sequencer import Sequencer
from camtwin.genicam import MAX_KEPT, Tree
from camtwin.models.schema import Lines as LineTiming

RESTS_ON = (
    *("LineMode", "LineSource", "LineInverter"),
    *("CounterEventSource", "CounterEventActivation", "CounterResetSource", "CounterResetActivation"),
    *("TimerTriggerSource", "TimerTriggerActivation"),
    *("SequencerMode", "SequencerTriggerSource", "SequencerTriggerActivation"),
    *("TriggerMode", "TriggerSource", "TriggerActivation", "ExposureMode"),
)

OPPOSITE = {"RisingEdge": "FallingEdge", "FallingEdge": "RisingEdge", "AnyEdge": "AnyEdge"}


_rests_on = attrgetter(*RESTS_ON)


def same(old: Settings, new: Settings) -> bool:
    """Tell whether two Settings have the same wiring. Values that were not written are the same objects."""
    before, after = _rests_on(old), _rests_on(new)
    return all(map(is_, before, after))


@lru_cache(maxsize=MAX_KEPT)
def stand_ins(tree: Tree[Settings]) -> Mapping[str, str]:
    """Return the sources of a model that stand for the signal of another name."""
    return {name: to for node in tree.here for name, to in node.row.get("same", {}).items()}


class WiringPort(Protocol):
    """The camera as its wiring uses it."""

    tree: Tree[Settings]
    signals: Signals
    lines: NamedLines
    counters: dict[str, Counter]
    timers: dict[str, Timer]
    sequencer: Sequencer
    acquisition: Acquisition

    @property
    def settings(self) -> Settings: ...
    @property
    def line_timing(self) -> LineTiming: ...


def routes(host: WiringPort) -> Routes:
    """Return the effects of each moment, in the order that bus.py defines."""
    s, sequencer, moments_of = host.settings, host.sequencer, host.signals.moments_of
    made: Routes = {}

    def route(moments: Iterable[str], call: Call) -> None:
        for moment in moments:
            made.setdefault(moment, []).append(call)

    names = {f"{name}End": name for name in host.counters}

    def age_ns(source: str, *through: str) -> int:
        """Return the age of a line's edge, or of the end of a counter of such edges, at its moment."""
        if source in host.lines:
            return host.line_timing.filter_ns
        counter = names.get(source, "")
        counts_other = counter and counter not in through  # two counters may count each other
        return age_ns(s.CounterEventSource[counter], counter, *through) if counts_other else 0

    for name, line in host.lines.items():
        if s.LineMode[name] == "Output":
            route(moments_of(s.LineSource[name]), partial(line.follow, True))
            route(moments_of(s.LineSource[name], "FallingEdge"), partial(line.follow, False))
    for counter in host.counters.values():
        source, activation = s.CounterEventSource[counter.name], s.CounterEventActivation[counter.name]
        route(moments_of(source, activation), counter.count)
        if (source := s.CounterResetSource[counter.name]) != "Software":  # which is the command CounterReset
            route(moments_of(source, s.CounterResetActivation[counter.name]), counter.reset)
    for timer in host.timers.values():
        source, activation = s.TimerTriggerSource[timer.name], s.TimerTriggerActivation[timer.name]
        route(moments_of(source, activation), timer.start)
    for moment in sequencer.moments():
        route((moment,), partial(sequencer.on_moment, moment))
    every = [e for e in host.tree.declared["TriggerSource"].entries if e not in ("All", "Off")]
    for path in (host.acquisition.trigger, host.acquisition.burst_trigger):
        if s.TriggerMode.get(path.selector) != "On":
            continue
        chosen, activation = s.TriggerSource[path.selector], s.TriggerActivation[path.selector]
        for source in every if chosen == "All" else (chosen,):
            moments = (path.software,) if source == "Software" else moments_of(source, activation)
            route(moments, partial(path.edge, age_ns(source)))
    if gated(s):
        source, activation = s.TriggerSource["FrameStart"], s.TriggerActivation["FrameStart"]
        route(moments_of(source, OPPOSITE[activation]), partial(host.acquisition.fire, E.RELEASE))
    return made
