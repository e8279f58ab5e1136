"""Remarks on a configuration: what the chip cannot do, and what it does instead."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from camtwin.models import RegisterSheet

Kind: TypeAlias = Literal["stops", "alters", "doubtful"]
"""No frames come; the sensor does something else than the register says; no source is known to do this."""
NO_FRAMES = "no frames come (assumed)"


@dataclass(frozen=True, slots=True)
class Remark:
    """Something wrong with the value of a register, and what the sensor does instead."""

    kind: Kind
    register: str
    text: str
    instead: str = ""

    def __str__(self) -> str:
        return f"{self.register}: {self.text}" + (f"; {self.instead}" if self.instead else "")


class Remarks:
    """The remarks on one configuration, each once, in the order in which they are made."""

    def __init__(self, sheet: RegisterSheet) -> None:
        self.sheet = sheet
        self._made: dict[Remark, None] = {}

    def __iter__(self) -> Iterator[Remark]:
        return iter(self._made)

    def stops(self, register: str, text: str) -> None:
        """Remark that no frames come."""
        self._made[Remark("stops", register, text, NO_FRAMES)] = None

    def alters(self, register: str, text: str, instead: str) -> None:
        """Remark that the sensor does something else than the register says."""
        self._made[Remark("alters", register, text, instead)] = None

    def doubtful(self, register: str, text: str) -> None:
        """Remark that no source is known to do this."""
        self._made[Remark("doubtful", register, text)] = None

    def at_most(self, register: str, value: int, limit: int) -> int:
        """Return the value, or the limit with a remark where the value is above it."""
        if value <= limit:
            return value
        self._bounded(register, value, "above the maximum", limit)
        return limit

    def at_least(self, register: str, value: int, limit: int) -> int:
        """Return the value, or the limit with a remark where the value is below it."""
        if value >= limit:
            return value
        self._bounded(register, value, "below the minimum", limit)
        return limit

    def _bounded(self, register: str, value: int, side: str, limit: int) -> None:
        unit = self.sheet.registers[register].unit
        amount = f"{value} {unit} are" if unit.isalpha() else f"{value} is"
        self.alters(register, f"{amount} {side} of {limit}", f"{limit} is used (assumed)")
