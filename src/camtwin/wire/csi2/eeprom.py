"""An EEPROM on the bus whose addresses have two bytes, as a 24C32's: what a module is, for a host to read.

Its contents are words that end with a zero byte, one after the other; the rest is 0xFF, as it is made. It is
protected from writing: bytes are not acknowledged.
"""

from __future__ import annotations

from collections.abc import Sequence

from camtwin.wire.csi2.cci import Hearing


class Eeprom:
    """A memory of `size` bytes at an address, with these words from its first byte on."""

    def __init__(self, address: int, size: int, words: Sequence[str]) -> None:
        content = b"".join(word.encode("ascii") + b"\0" for word in words)
        self.address, self.index = address, 0
        self.content = content[:size].ljust(size, b"\xff")

    def hears(self, address: int, /) -> Hearing:
        """Return the reaction to an address."""
        return Hearing.ACKNOWLEDGES if address == self.address else Hearing.DEAF

    def read(self, register: int, /) -> int:
        """Return a byte; addresses beyond the memory begin anew, as its address pins do."""
        return self.content[register % len(self.content)]

    def write(self, register: int, value: int, /) -> bool:
        """Refuse a byte."""
        return False
