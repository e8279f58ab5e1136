"""Settings in force: frames later than they are written, by the kind of register.

With a latency of n frames, what is written during a frame is in force for the n-th frame after it. A stream
begins with everything that is written so far.
"""

from __future__ import annotations

from collections import deque

from camtwin.models import RegisterSheet


class InForce:
    """The values of the registers that frames are taken with."""

    def __init__(self, sheet: RegisterSheet) -> None:
        waits = sheet.latency.model_dump()
        self._age = {  # frame starts that lie between a value's arrival and its use
            name: waits[one.effect] - 1 for name, one in sheet.registers.items() if one.effect in waits
        }
        self._with_stream = [name for name, one in sheet.registers.items() if one.effect == "stream"]
        self._kept = max(waits.values())
        self._first: dict[str, int] = {}
        self._past: deque[dict[str, int]] = deque(maxlen=self._kept)

    def start(self, values: dict[str, int]) -> None:
        """Begin a stream with these values."""
        self._past.extend([values] * self._kept)
        self._first = values

    def frame(self, values: dict[str, int]) -> dict[str, int]:
        """Begin a frame while these values are written, and return those that it is taken with."""
        self._past.append(values)
        taken = dict(values)
        for name, age in self._age.items():
            taken[name] = self._past[-1 - age][name]
        for name in self._with_stream:
            taken[name] = self._first[name]
        return taken
