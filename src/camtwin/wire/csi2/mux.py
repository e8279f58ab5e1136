"""A switch between buses, PCA9548: a byte that is written joins those of eight channels whose bits are 1.

Chips behind several channels hear a transfer together; that is how one write reaches them all.

Source: NXP PCA9548A data sheet.
"""

from __future__ import annotations

from camtwin.wire.csi2.cci import Hearing, Port, Target


class Mux(Port):
    """A PCA9548 at an address; after power-up no channel is joined."""

    def __init__(self, address: int) -> None:
        self.address, self.channels = address, 0

    def hears(self, address: int, /) -> Hearing:
        """Return the reaction to an address."""
        return Hearing.ACKNOWLEDGES if address == self.address else Hearing.DEAF

    def send(self) -> int:
        """Return the channels that are joined, a bit each."""
        return self.channels

    def take(self, byte: int, /) -> bool:
        """Join these channels, and no others."""
        self.channels = byte
        return True


class Behind:
    """A chip behind a channel of a switch."""

    def __init__(self, target: Target, mux: Mux, channel: int) -> None:
        self._target, self._mux, self._channel = target, mux, channel
        self.index = 0

    def hears(self, address: int, /) -> Hearing:
        """Return the chip's reaction to an address, if its channel is joined."""
        joined = self._mux.channels >> self._channel & 1
        return self._target.hears(address) if joined else Hearing.DEAF

    def read(self, register: int, /) -> int:
        """Return the byte of a register."""
        return self._target.read(register)

    def write(self, register: int, value: int, /) -> bool:
        """Take a byte for a register."""
        return self._target.write(register, value)
