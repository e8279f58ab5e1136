"""Signals inside the camera: moments and levels by name, and who hears them.

A *pulse* is a moment (ExposureStart, TriggerSkipped, Software, Action1, Counter1End ...). A *level* is a
state; its two edges are moments with names of their own (LEVELS). Everything that features call a source or
an event is one of them, by the name that the feature's entry has. Lines, user outputs and timers are those
of the model's data sheet.

At one moment the order is fixed: the level, then whoever only listens (logs, events to the host), then what
it does: output lines, counters, timer, sequencer, trigger. So a frame that is triggered by what also moves
the sequencer is taken with the new set. What a moment causes at the same nanosecond happens inside of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

Call = Callable[[], object]
Routes = dict[str, list[Call]]
Edges = tuple[str, str]
"""The moments at which a level rises and falls."""

LEVELS: Mapping[str, Edges] = {
    "AcquisitionActive": ("AcquisitionStart", "AcquisitionEnd"),
    "ExposureActive": ("ExposureStart", "ExposureEnd"),
    "ReadoutActive": ("ReadoutStart", "ReadoutEnd"),
    "TriggerReady": ("TriggerReady", "TriggerBusy"),
    "FrameBurstTriggerWait": ("FrameBurstStartWait", "FrameBurstStartBusy"),
}
"""Levels that every camera has."""


def edges(wire: str) -> Edges:
    """Name the edges of a line or a user output, as SFNC does."""
    return f"{wire}RisingEdge", f"{wire}FallingEdge"


class Signals:
    """The bus: levels as they are, and routes from moments to what they do.

    wires   names of this model's lines and user outputs
    timers  names of its timers
    same    sources that stand for the signal of another name in this model
    """

    def __init__(
        self,
        wires: Iterable[str] = (),
        timers: Iterable[str] = (),
        same: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._edges: dict[str, Edges] = {
            **LEVELS,
            **{f"{timer}Active": (f"{timer}Start", f"{timer}End") for timer in timers},
            **{wire: edges(wire) for wire in wires},
        }
        self._edge_of = {
            edge: (level, i == 0) for level, both in self._edges.items() for i, edge in enumerate(both)
        }
        self._same = same
        self._levels = dict.fromkeys(self._edges, False)
        self._routes: Routes = {}

    def heard(self, source: str, activation: str = "RisingEdge") -> tuple[str, ...]:
        """Name the moments that a source with an activation stands for; a pulse has but one."""
        if source == "Off":
            return ()
        source = self._same.get(source, source)
        both = self._edges.get(source)
        if both is None:
            return (source,)
        return both if activation == "AnyEdge" else (both[activation == "FallingEdge"],)

    def level(self, name: str) -> bool:
        """Return a level as it is now, by its name or that of a source that stands for it."""
        return self._levels[self._same.get(name, name)]

    def settle(self, moment: str) -> None:
        """The level that has its edge at this moment is so now."""
        if edge := self._edge_of.get(moment):
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
