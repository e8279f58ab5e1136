"""CCI, the control bus of CSI-2: I2C transfers <-> accesses to registers of 16-bit address, sans-IO.

    write   S address W A  index[15:8] A  index[7:0] A  data A  data A ...  P
    read    S address W A  index[15:8] A  index[7:0] A  Sr address R A  data A ...  data N  P

A transfer is one or more messages with a repeated start (Sr) between them. Each target keeps an index, which
a message's first two bytes set and each byte of data moves on by one, from 0xFFFF to 0; a read begins where
the index is. The upper byte of an index alone changes nothing.

Several targets may hear one address. A byte counts as acknowledged if one of them pulls the line low, and
what they send at once is joined as the line does it: 0 wins. A byte without acknowledge ends the transfer.

Source: MIPI CSI-2, chapter Camera Control Interface, after public descriptions of it; NXP UM10204 (I2C).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final, Protocol, TypeAlias

from camtwin.units import SEC, Ns

EDGE_BITS: Final = 1
"""Duration of a start, a repeated start and a stop, in clocks of the bus."""
BYTE_BITS: Final = 9
"""Duration of a byte and its acknowledge."""
INDEX_BYTES: Final = 2


class Hearing(Enum):
    """Reaction of a target to an address on the bus."""

    DEAF = "does not take part"
    SILENT = "takes what is written, without acknowledge"
    ACKNOWLEDGES = "takes part"


class Target(Protocol):
    """A chip on the bus."""

    index: int
    """Address of the next register, kept between transfers."""

    def hears(self, address: int, /) -> Hearing:
        """Return the reaction to a 7-bit address, now."""
        ...

    def read(self, register: int, /) -> int:
        """Return the byte of a register."""
        ...

    def write(self, register: int, value: int, /) -> bool:
        """Take a byte for a register; False: it is not acknowledged, and nothing has changed."""
        ...


class Port(ABC):
    """A chip on the bus without registers: it takes and sends bytes."""

    @abstractmethod
    def hears(self, address: int, /) -> Hearing:
        """Return the reaction to a 7-bit address, now."""

    @abstractmethod
    def send(self) -> int:
        """Return the next byte of a read."""

    @abstractmethod
    def take(self, byte: int, /) -> bool:
        """Take a byte; False: it is not acknowledged."""


@dataclass(frozen=True, slots=True)
class Write:
    """A message to the targets at a 7-bit address."""

    address: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Read:
    """A message that asks the targets at a 7-bit address for `length` bytes."""

    address: int
    length: int


Message: TypeAlias = Write | Read


@dataclass(frozen=True, slots=True)
class Wait:
    """Let the camera's time go on until `until_ns`: the bus is busy that long."""

    until_ns: Ns


@dataclass(frozen=True, slots=True)
class Refusal:
    """A byte that nobody has acknowledged: 0 is the address of the message, 1 the first byte after it."""

    message: int
    byte: int


@dataclass(frozen=True, slots=True)
class Done:
    """The transfer is over.

    reads: the bytes of each Read that was carried out. refusal: the byte that ended the transfer early.
    """

    start_ns: Ns
    end_ns: Ns
    reads: tuple[bytes, ...]
    refusal: Refusal | None


Effect: TypeAlias = Wait | Done


class Bus:
    """A bus and the targets on it; the clock is `hz`."""

    def __init__(self, targets: Sequence[Target | Port], hz: int) -> None:
        self.targets, self.hz = targets, hz

    def transfer(self, messages: Sequence[Message], now: Ns) -> Iterator[Effect]:
        """Carry out a transfer that begins now; yields Wait after each byte, and Done at its end.

        A target is asked for each byte as the byte arrives, so a target that is switched off meanwhile goes
        silent. Nothing happens at all if there is no message.
        """
        bits, reads, refusal = 0, list[bytes](), None
        for number, message in enumerate(messages):
            bits += EDGE_BITS + BYTE_BITS
            yield Wait(self._at(now, bits))
            if not self._acknowledged(self._hearing(message.address)):
                refusal = Refusal(number, 0)
                break
            if isinstance(message, Read):
                got = bytearray()
                for _ in range(message.length):
                    bits += BYTE_BITS
                    yield Wait(self._at(now, bits))
                    got.append(self._taken(message.address))
                reads.append(bytes(got))
                continue
            upper = 0
            for place, byte in enumerate(message.data):
                bits += BYTE_BITS
                yield Wait(self._at(now, bits))
                if place == 0:
                    upper = byte
                if not self._put(message.address, place, byte, upper):
                    refusal = Refusal(number, place + 1)
                    break
            if refusal:
                break
        bits += EDGE_BITS if messages else 0
        end_ns = self._at(now, bits)
        yield Wait(end_ns)
        yield Done(now, end_ns, tuple(reads), refusal)

    def _at(self, start_ns: Ns, bits: int) -> Ns:
        """Return the time `bits` clocks after the start, rounded once to the nanosecond above."""
        return start_ns + -(-bits * SEC // self.hz)

    def _hearing(self, address: int) -> list[tuple[Target | Port, Hearing]]:
        heard = [(target, target.hears(address)) for target in self.targets]
        return [(target, hearing) for target, hearing in heard if hearing is not Hearing.DEAF]

    @staticmethod
    def _acknowledged(hearing: Sequence[tuple[Target | Port, Hearing]]) -> bool:
        return any(how is Hearing.ACKNOWLEDGES for _, how in hearing)

    def _put(self, address: int, place: int, byte: int, upper: int) -> bool:
        """Hand a byte to everyone who hears; True if one of them acknowledges it."""
        acknowledged = False
        for target, how in self._hearing(address):
            taken = True
            if isinstance(target, Port):
                taken = target.take(byte)
            elif place == INDEX_BYTES - 1:
                target.index = upper << 8 | byte
            elif place >= INDEX_BYTES and (taken := target.write(target.index, byte)):
                target.index = target.index + 1 & 0xFFFF
            acknowledged |= taken and how is Hearing.ACKNOWLEDGES
        return acknowledged

    def _taken(self, address: int) -> int:
        """Return the byte that is on the line; 0xFF, the line at rest, if nobody sends."""
        value = 0xFF
        for target, how in self._hearing(address):
            if how is not Hearing.ACKNOWLEDGES:
                continue
            if isinstance(target, Port):
                value &= target.send()
            else:
                value &= target.read(target.index)
                target.index = target.index + 1 & 0xFFFF
        return value
