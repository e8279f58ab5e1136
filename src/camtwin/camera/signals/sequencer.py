"""The sequencer: sets of settings, and paths from one to the next.

A set is a part of Settings: what SequencerFeatureEnable picked when it was saved. While SequencerMode is On
the active set lies over the settings there were before, and those come back when it is switched off. A path
leads to its next set when its trigger source is heard; the first of a set's paths that hears it is taken. The
new set is in force at once, and a frame takes the settings of the moment at which it is triggered: it is of
one set. Sets live as long as the camera is on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol

from camtwin.camera.settings import Settings
from camtwin.camera.signals.bus import heard
from camtwin.genicam import Device, Tree, Writer
from camtwin.genicam.nodes import By
from camtwin.problem import Refused

Way = tuple[tuple[str, ...], int]
"""Moments, and the set they lead to."""


class Host(Device[Settings], Protocol):
    tree: Tree[Settings]


class Sequencer:
    """Sets and the way through them.

    active  number of the set in force, or the last that was
    sets    what each set holds, by attribute of Settings
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self.on = False
        self.active = 0
        self.sets: dict[int, Mapping[str, Any]] = {}
        selector = host.tree.declared["SequencerFeatureSelector"]  # without it sets hold all that they can
        every = [name for name, node in host.tree.declared.items() if node.here and node.feature.sequenced]
        self._names = [*selector.entries] if selector.here else every
        self._attrs: list[str] = [
            host.tree.declared[name].feature.attr
            for name in self._names
            if host.tree.declared[name].feature.stored
        ]
        self._before: dict[str, Any] = {}
        self._fitted: dict[int, dict[str, Any]] = {}
        self._learned: tuple[Any, ...] = ()
        self._paths: dict[int, list[Way]] = {}

    # -- commands --------------------------------------------------------------------------------
    def save(self, number: int) -> None:
        """Keep the present values of the enabled features in a set."""
        s, tree, kept = self._host.settings, self._host.tree, dict[str, Any]()
        for name in (n for n in self._names if s.SequencerFeatureEnable.get(n, True)):
            f = tree.declared[name].feature
            kept |= f.put(tree.get(self._host, f.name), s) if f.put else {f.attr: getattr(s, f.attr)}
        self.sets[number] = kept

    def load(self, number: int) -> None:
        """Take the values of a set over into the settings. Refused if nothing was saved in it."""
        if number not in self.sets:
            raise Refused("unavailable", f"SequencerSet {number} is empty: save it first")
        self._host.tree.load(self._host, self.sets[number], by=Writer.HOST)

    # -- running ---------------------------------------------------------------------------------
    def laid_over(self, s: Settings) -> Settings:
        """The settings in force when a host has written these: switched on or off, ways learnt anew."""
        on = s.SequencerMode == "On"
        self._fitted.clear()  # limits may have moved
        if self.on and not on:
            s = replace(s, **self._before)
        if on and not self.on:
            self.active = s.SequencerSetStart
            self._before = {attr: getattr(s, attr) for attr in self._attrs}
        self.on = on
        if not on:
            return s
        if self._learned != (
            ways := (s.SequencerTriggerSource, s.SequencerTriggerActivation, s.SequencerSetNext)
        ):
            self._learned, self._paths = ways, _paths(*ways)
        return self._with(s)

    def moments(self) -> set[str]:
        """All that any path listens to."""
        return {m for ways in self._paths.values() for ms, _ in ways for m in ms} if self.on else set()

    def hear(self, moment: str) -> None:
        for moments, following in self._paths.get(self.active, ()):
            if moment in moments:
                self.active = following
                return self._host.apply(self._with(self._host.settings), by=Writer.SEQUENCER)

    def _with(self, s: Settings) -> Settings:
        """Settings with the active set over those from before, inside the limits that follow from both."""
        if (fitted := self._fitted.get(self.active)) is None:
            new = replace(s, **{**self._before, **self.sets.get(self.active, {})})
            new = self._host.tree.fit(new, self._host)
            fitted = self._fitted[self.active] = {attr: getattr(new, attr) for attr in self._attrs}
        changes = {attr: value for attr, value in fitted.items() if getattr(s, attr) is not value}
        return replace(s, **changes) if changes else s


def _paths(sources: By[str], activations: By[str], following: By[int]) -> dict[int, list[Way]]:
    """The ways out of each set, in the order of its paths."""
    ways: dict[int, list[Way]] = {}
    for (number, path), source in sources.items():
        if source != "Off":
            way = heard(source, activations[number, path]), following[number, path]
            ways.setdefault(number, []).append(way)
    return ways
