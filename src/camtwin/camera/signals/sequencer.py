"""The sequencer: sets of settings, and paths from one to the next.

A set is a part of Settings: the features that SequencerFeatureEnable selected when it was saved. While
SequencerMode is On the active set overrides the settings before it, which are restored when it is switched
off. A path leads to its next set at its trigger source's moment; the first of a set's paths with that moment
is taken. The new set is in force at once, and a frame takes the settings of the moment at which it is
triggered, so each frame belongs to one set. Sets are kept as long as the camera has power.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, Protocol

from camtwin.camera.settings import Settings
from camtwin.camera.signals.bus import Signals
from camtwin.genicam import MAX_KEPT, Device, Tree, Writer
from camtwin.genicam.nodes import By
from camtwin.problem import Refused

Path = tuple[tuple[str, ...], int]
"""The moments that take a path, and the set it leads to."""


class SequencerPort(Device[Settings], Protocol):
    tree: Tree[Settings]
    signals: Signals


@lru_cache(maxsize=MAX_KEPT)
def _sequenced(tree: Tree[Settings]) -> tuple[Sequence[str], Sequence[str]]:
    """Return the features that a model's sets hold, and the attributes of those that are settings."""
    selector = tree.declared["SequencerFeatureSelector"]
    every = (name for name, node in tree.declared.items() if node.here and node.feature.sequenced)
    names = tuple(selector.entries if selector.here else every)  # without a selector all of them
    nodes = (tree.declared[name] for name in names)
    return names, tuple(node.feature.attr for node in nodes if node.feature.stored)


class Sequencer:
    """Sets and the paths between them.

    active  number of the set in force, or the last one that was
    sets    the contents of each set, by attribute of Settings
    """

    def __init__(self, host: SequencerPort) -> None:
        self._host = host
        self.on = False
        self.active = 0
        self.sets: dict[int, Mapping[str, Any]] = {}
        self._names, self._attrs = _sequenced(host.tree)
        self._before: dict[str, Any] = {}
        self._fitted: dict[int, dict[str, Any]] = {}
        self._path_settings: tuple[Any, ...] = ()
        self._paths: dict[int, list[Path]] = {}

    # -- commands --------------------------------------------------------------------------------
    def save(self, number: int) -> None:
        """Save the present values of the enabled features in a set."""
        s, tree, kept = self._host.settings, self._host.tree, dict[str, Any]()
        for name in (n for n in self._names if s.SequencerFeatureEnable.get(n, True)):
            f = tree.declared[name].feature
            kept |= f.put(tree.get(self._host, f.name), s) if f.put else {f.attr: getattr(s, f.attr)}
        self.sets[number] = kept

    def load(self, number: int) -> None:
        """Load the values of a set into the settings.

        Raises:
            Refused: nothing was saved in it
        """
        if number not in self.sets:
            raise Refused("unavailable", f"SequencerSet {number} is empty: save it first")
        self._host.tree.load(self._host, self.sets[number], by=Writer.HOST)

    # -- running ---------------------------------------------------------------------------------
    def laid_over(self, s: Settings) -> Settings:
        """Return the settings in force after a host has written `s`.

        Switch the sequencer on or off with them.
        """
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
        if self._path_settings != (
            ways := (s.SequencerTriggerSource, s.SequencerTriggerActivation, s.SequencerSetNext)
        ):
            self._path_settings, self._paths = ways, self._find_paths(*ways)
        return self._with(s)

    def moments(self) -> set[str]:
        """Return the moments that any path waits for."""
        return {m for ways in self._paths.values() for ms, _ in ways for m in ms} if self.on else set()

    def on_moment(self, moment: str) -> None:
        for moments, following in self._paths.get(self.active, ()):
            if moment in moments:
                self.active = following
                return self._host.apply(self._with(self._host.settings), by=Writer.SEQUENCER)

    def _with(self, s: Settings) -> Settings:
        """Return settings with the active set laid over them, within the limits that follow from both."""
        if (fitted := self._fitted.get(self.active)) is None:
            new = replace(s, **{**self._before, **self.sets.get(self.active, {})})
            new = self._host.tree.fit(new, self._host)
            fitted = self._fitted[self.active] = {attr: getattr(new, attr) for attr in self._attrs}
        changes = {attr: value for attr, value in fitted.items() if getattr(s, attr) is not value}
        return replace(s, **changes) if changes else s

    def _find_paths(
        self, sources: By[str], activations: By[str], following: By[int]
    ) -> dict[int, list[Path]]:
        """Return the paths out of each set, in their order."""
        ways: dict[int, list[Path]] = {}
        for (number, path), source in sources.items():
            if source != "Off":
                moments = self._host.signals.moments_of(source, activations[number, path])
                ways.setdefault(number, []).append((moments, following[number, path]))
        return ways
