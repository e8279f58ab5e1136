"""Signals inside the camera: moments and levels by name, and who hears them.

A *pulse* is a moment (ExposureStart, TriggerSkipped, Software, Action1, Counter1End ...). A *level* is a
state; its two edges are moments with names of their own (LEVELS). Everything that features call a source or
an event is one of them, by the name that the feature's entry has.

At one moment the order is fixed: the level, then whoever only listens (logs, events to the host), then what
it does: output lines, counters, timer, sequencer, trigger. So a frame that is triggered by what also moves
the sequencer is taken with the new set. What a moment causes at the same nanosecond happens inside of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

Call = Callable[[], object]
Routes = dict[str, list[Call]]

LEVELS: Mapping[str, tuple[str, str]] = {
    "AcquisitionActive": ("AcquisitionStart", "AcquisitionEnd"),
    "ExposureActive": ("ExposureStart", "ExposureEnd"),
    "ReadoutActive": ("ReadoutStart", "ReadoutEnd"),
    "TriggerReady": ("TriggerReady", "TriggerBusy"),
    "Timer1Active": ("Timer1Start", "Timer1End"),
    "FrameBurstTriggerWait": ("FrameBurstStartWait", "FrameBurstStartBusy"),
    **{
        name: (f"{name}RisingEdge", f"{name}FallingEdge")
        for name in (*(f"Line{n}" for n in range(5)), *(f"UserOutput{n}" for n in range(1, 4)))
    },
}
"""A level, and the moments at which it rises and falls."""

OTHER_NAMES = {
    "ReadOutActive": "ReadoutActive",  # as the family spells the sequencer's source
    "AcquisitionTriggerWait": "TriggerReady",
    "FlashWindow": "ExposureActive",  # with a global shutter they are one
    "FlashWindowStart": "ExposureStart",
}
EDGES = {edge: (level, i == 0) for level, edges in LEVELS.items() for i, edge in enumerate(edges)}


def heard(source: str, activation: str = "RisingEdge") -> tuple[str, ...]:
    """Names of the moments that a source with an activation stands for; a pulse has but one."""
    if source == "Off":
        return ()
    source = OTHER_NAMES.get(source, source)
    level = LEVELS.get(source)
    if level is None:
        return (source,)
    return level if activation == "AnyEdge" else (level[activation == "FallingEdge"],)


class Signals:
    """The bus: levels as they are, and routes from moments to what they do."""

    def __init__(self) -> None:
        self._levels = dict.fromkeys(LEVELS, False)
        self._routes: Routes = {}

    def level(self, name: str) -> bool:
        """A level now, by its name or the one a feature has for it."""
        return self._levels[OTHER_NAMES.get(name, name)]

    def settle(self, moment: str) -> None:
        """The level that has its edge at this moment is so now."""
        if edge := EDGES.get(moment):
            self._levels[edge[0]] = edge[1]

    def rest(self, *, but: Iterable[str]) -> None:
        """All levels but these are low: the power has gone."""
        self._levels = {name: name in but and level for name, level in self._levels.items()}

    def act(self, moment: str) -> None:
        """Do what this moment causes."""
        for call in self._routes.get(moment, ()):
            call()

    def connect(self, routes: Routes) -> None:
        self._routes = routes
