"""A GPIO expander on the bus, PCF8574: eight outputs, of which a board uses the first ones for XCLR.

A byte that is written sets the outputs P0 .. P7, a byte that is read tells them; all are high after power-up.
So a host that has nothing but the bus can hold each sensor in reset.

Source: NXP PCF8574 data sheet.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from camtwin.wire.csi2.cci import Hearing, Port

OUTPUTS: Final = 8


class Expander(Port):
    """A PCF8574 at an address; each of `outputs` is called with the new level of its pin when it changes."""

    def __init__(self, address: int, outputs: Sequence[Callable[[bool], object]]) -> None:
        self.address, self.outputs = address, outputs
        self.levels = 0xFF

    def hears(self, address: int, /) -> Hearing:
        """Return the reaction to an address."""
        return Hearing.ACKNOWLEDGES if address == self.address else Hearing.DEAF

    def send(self) -> int:
        """Return the levels of all pins."""
        return self.levels

    def take(self, byte: int, /) -> bool:
        """Set the levels of all pins."""
        changed, self.levels = self.levels ^ byte, byte
        for place, output in enumerate(self.outputs):
            if changed >> place & 1:
                output(bool(byte >> place & 1))
        return True
