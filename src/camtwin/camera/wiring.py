"""Wiring: which moment does what, as the settings say; made anew only when one of those changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial

from camtwin.camera.acquisition import TriggerPath
from camtwin.camera.counters import Counter, Timer
from camtwin.camera.lines import Line
from camtwin.camera.sequencer import Sequencer
from camtwin.camera.settings import Settings
from camtwin.camera.signals import Call, Routes, heard

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


def routes(
    s: Settings,
    *,
    lines: Mapping[str, Line],
    counters: Iterable[Counter],
    timers: Iterable[Timer],
    sequencer: Sequencer,
    trigger: TriggerPath,
    trigger_sources: Iterable[str],
    filter_ns: int,
) -> Routes:
    """What each moment does, in the order of signals.py.

    trigger_sources  what TriggerSource All stands for
    filter_ns        so much older than its moment is an edge of a line, or the end of a counter of such edges
    """
    made: Routes = {}

    def route(moments: Iterable[str], call: Call) -> None:
        for moment in moments:
            made.setdefault(moment, []).append(call)

    names = {f"{counter.name}End": counter.name for counter in counters}

    def age_ns(source: str, *through: str) -> int:
        if source.startswith("Line"):
            return filter_ns
        counter = names.get(source, "")
        known = counter and counter not in through  # two counters may count each other
        return age_ns(s.CounterEventSource[counter], counter, *through) if known else 0

    for name, line in lines.items():
        if s.LineMode[name] == "Output":
            route(heard(s.LineSource[name]), partial(line.follow, True))
            route(heard(s.LineSource[name], "FallingEdge"), partial(line.follow, False))
    for counter in counters:
        source, activation = s.CounterEventSource[counter.name], s.CounterEventActivation[counter.name]
        route(heard(source, activation), counter.count)
        route(heard(s.CounterResetSource[counter.name]), counter.reset)
    for timer in timers:
        source, activation = s.TimerTriggerSource[timer.name], s.TimerTriggerActivation[timer.name]
        route(heard(source, activation), timer.start)
    for moment in sequencer.moments():
        route((moment,), partial(sequencer.hear, moment))
    if s.TriggerMode["FrameStart"] == "On":
        chosen = s.TriggerSource["FrameStart"]
        for source in trigger_sources if chosen == "All" else (chosen,):
            edge = partial(trigger.edge, age_ns(source))
            route(heard(source, s.TriggerActivation["FrameStart"]), edge)
    return made
