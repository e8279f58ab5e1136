"""A chip on a CCI bus as a list of bytes, and a second, independent reading of what transfers do to it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from camtwin.units import Ns
from camtwin.wire.csi2.cci import Bus, Done, Hearing, Message, Read, Refusal, Wait, Write

SPACE = 0x10000
ADDRESSES = (0x10, 0x1A, 0x36)
EDGES = (0x0000, 0x0001, 0x0016, 0x0100, 0x0104, 0x0FFF, 0x1000, 0x3000, 0xFFFD, 0xFFFE, 0xFFFF)


@dataclass
class Chip:
    """A target; `refused` registers do not acknowledge."""

    own: dict[int, Hearing]
    refused: frozenset[int] = frozenset()
    memory: bytearray = field(default_factory=lambda: bytearray(SPACE))
    index: int = 0

    def hears(self, address: int) -> Hearing:
        return self.own.get(address, Hearing.DEAF)

    def read(self, register: int) -> int:
        return self.memory[register]

    def write(self, register: int, value: int) -> bool:
        if register in self.refused:
            return False
        self.memory[register] = value
        return True


def run(bus: Bus, messages: Sequence[Message], now: Ns = 0) -> Done:
    """Carry out a transfer as a link does; time never goes back."""
    for effect in bus.transfer(messages, now):
        if isinstance(effect, Done):
            return effect
        assert isinstance(effect, Wait)
        assert effect.until_ns >= now
        now = effect.until_ns
    raise AssertionError("the transfer has not ended")


class Expected:
    """Results of transfers by slices of one chip's memory, not byte by byte."""

    def __init__(self, chip: Chip) -> None:
        self.own, self.refused = chip.own, chip.refused
        self.memory, self.index = bytes(chip.memory), chip.index

    def transfer(self, messages: Sequence[Message]) -> tuple[tuple[bytes, ...], Refusal | None, int]:
        """Return the bytes read, the refusal, and the clocks that it takes."""
        reads, clocks = [], 1
        for number, message in enumerate(messages):
            clocks += 10
            if self.own.get(message.address) is not Hearing.ACKNOWLEDGES:
                return tuple(reads), Refusal(number, 0), clocks
            if isinstance(message, Read):
                clocks += 9 * message.length
                twice = self.memory + self.memory
                reads.append(twice[self.index : self.index + message.length])
                self.index = (self.index + message.length) % SPACE
                continue
            if len(message.data) < 2:
                clocks += 9 * len(message.data)
                continue
            self.index = int.from_bytes(message.data[:2], "big")
            places = [(self.index + n) % SPACE for n in range(len(message.data) - 2)]
            good = next((n for n, place in enumerate(places) if place in self.refused), len(places))
            memory = bytearray(self.memory)
            for place, value in zip(places[:good], message.data[2:], strict=False):
                memory[place] = value
            self.memory, self.index = bytes(memory), (self.index + good) % SPACE
            clocks += 9 * (2 + good)
            if good < len(places):
                return tuple(reads), Refusal(number, good + 3), clocks + 9
        return tuple(reads), None, clocks


def random_messages(rng: random.Random, addresses: Sequence[int] = ADDRESSES) -> list[Message]:
    """Return a transfer of some messages, most of them well-formed, at registers that matter."""
    messages: list[Message] = []
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3))):
        address = rng.choice((*addresses, rng.randrange(128)))
        if rng.random() < 0.4:
            messages.append(Read(address, rng.choice((0, 1, 1, 2, 2, 4, 17))))
            continue
        register = rng.choice((rng.choice(EDGES), rng.randrange(0x1000), rng.randrange(SPACE)))
        data = register.to_bytes(2, "big") + rng.randbytes(rng.choice((0, 1, 1, 1, 2, 2, 4, 9)))
        messages.append(Write(address, data[: rng.choice((len(data), len(data), len(data), 0, 1))]))
    return messages
