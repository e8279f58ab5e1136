"""Signals inside the camera: moments and levels by name, and the routes from them to their effects.

A *pulse* is a moment (ExposureStart, TriggerSkipped, Software, Action1, Counter1End ...). A *level* is a
state; its two edges are moments with names of their own (LEVELS). Every source and every event of a feature
is one of them, named like the feature's entry. Lines, user outputs and timers are those of the model's data
sheet.

The order within a moment is fixed: first the level, then subscribers (logs, events to the host), then its
effects: output lines, counters, timers, sequencer, trigger. So a frame triggered by the signal that also
advances the sequencer is taken with the new set. Effects at the same nanosecond happen within the moment.
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
    """Return the names of a line's or a user output's edges, as in SFNC."""
    return f"{wire}RisingEdge", f"{wire}FallingEdge"


class Signals:
    """The bus: present levels, and routes from moments to their effects.

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

    def moments_of(self, source: str, activation: str = "RisingEdge") -> tuple[str, ...]:
        """Return the moments of a source with an activation; a pulse has only one."""
        if source == "Off":
            return ()
        source = self._same.get(source, source)
        both = self._edges.get(source)
        if both is None:
            return (source,)
        return both if activation == "AnyEdge" else (both[activation == "FallingEdge"],)

    def level(self, name: str) -> bool:
        """Return a present level, by its name or that of a source that stands for it.

        A source that a model has by its own name alone, and camtwin does not know, is low.
        """
        return self._levels.get(self._same.get(name, name), False)

    def settle(self, moment: str) -> None:
        """Update the level that has its edge at this moment."""
        if edge := self._edge_of.get(moment):
            self._levels[edge[0]] = edge[1]

    def rest(self, *, but: Iterable[str]) -> None:
        """Set all levels but these low, because the power has gone."""
        self._levels = {name: name in but and level for name, level in self._levels.items()}

    def act(self, moment: str) -> None:
        """Carry out the effects of a moment."""
        for call in self._routes.get(moment, ()):
            call()

    def connect(self, routes: Routes) -> None:
        self._routes = routes
