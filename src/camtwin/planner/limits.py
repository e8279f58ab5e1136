"""The answer to what limits a frame rate: limits and their periods, the longest, and changes that lift it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from camtwin.genicam import Shown
from camtwin.units import MS, SEC, Ns

GAIN: Final = 1.005
"""A change counts from this much more frames on."""
MAX_CHANGES: Final = 6
TIE: Final = 1.001
"""Limits whose periods differ by less than this decide together."""


@dataclass(frozen=True, slots=True)
class Limit:
    """The time that a frame needs somewhere; 0 where nothing limits. `feature` is the one that changes it."""

    name: str
    period_ns: Ns
    text: str
    feature: str = ""

    def row(self) -> dict[str, Any]:
        """Return it as `--json` prints it."""
        return {
            "name": self.name,
            "period_ms": self.period_ns / MS,
            "fps": SEC / self.period_ns if self.period_ns else None,
            "text": self.text,
            "feature": self.feature,
        }


@dataclass(frozen=True, slots=True)
class Change:
    """Settings that raise the rate to `fps`, what they cost, and the limit that is then the longest."""

    settings: Mapping[str, Shown]
    fps: float
    cost: str
    then: str

    def row(self) -> dict[str, Any]:
        """Return it as `--json` prints it."""
        return {"set": dict(self.settings), "fps": self.fps, "cost": self.cost, "then": self.then}


@dataclass(frozen=True, slots=True)
class Rates:
    """The rate that a camera can reach, its limits, and changes that raise it, the highest first.

    longest  names of the limits that decide: several if they tie
    """

    fps: float
    limits: tuple[Limit, ...]
    longest: tuple[str, ...]
    changes: tuple[Change, ...]
    wanted_Hz: float | None = None

    @property
    def sentence(self) -> str:
        """Return the answer in one sentence."""
        names = " and ".join(self.longest)
        return f"{self.fps:.2f} fps: the {names} {'are' if len(self.longest) > 1 else 'is'} the limit"

    @property
    def reaches(self) -> bool:
        """Tell whether the rate that is wanted is reached; true if none is."""
        return self.wanted_Hz is None or self.fps >= self.wanted_Hz

    def row(self) -> dict[str, Any]:
        """Return it as `--json` prints it."""
        return {
            "fps": self.fps,
            "wanted_fps": self.wanted_Hz,
            "longest": list(self.longest),
            "sentence": self.sentence,
            "limits": [limit.row() for limit in self.limits],
            "changes": [change.row() for change in self.changes],
        }


def longest(limits: tuple[Limit, ...]) -> tuple[str, ...]:
    """Return the names of the limits that decide."""
    period = max(limit.period_ns for limit in limits)
    return tuple(limit.name for limit in limits if limit.period_ns * TIE >= period)
