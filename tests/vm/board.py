"""The board of check_imx412.py: two sensors on a bus, an expander for their reset pins, a port for faults.

Everything that is said on the bus is kept, and every frame, with the camera's times.
"""

from __future__ import annotations

from collections.abc import Coroutine, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from camtwin.camera.registers.register_file import RegisterFile
from camtwin.camera.registers.stream import TimedFrame
from camtwin.wire.csi2.cci import Done, Hearing, Message, Port, Read, Write
from unit.links.i2c.running import RunningBus

LOW, HIGH, EXPANDER, FAULTS = 0x1A, 0x10, 0x20, 0x70
ID = 0x0016


class Faults(Port):
    """Orders of three bytes at FAULTS.

    1, id; 2, the register that refuses its next write; 3, 0, whether the memory is busy.
    """

    def __init__(self, file: RegisterFile) -> None:
        self.file, self.order = file, b""
        self.refused: int | None = None
        self.id: bytes | None = None
        self._write, self._read = file.write, file.read
        file.write, file.read = self.write, self.read  # type: ignore[method-assign]

    def hears(self, address: int, /) -> Hearing:
        return Hearing.ACKNOWLEDGES if address == FAULTS else Hearing.DEAF

    def send(self) -> int:
        return 0

    def take(self, byte: int, /) -> bool:
        self.order += bytes([byte])
        if len(self.order) == 3:
            kind, value, self.order = self.order[0], self.order[1:], b""
            if kind == 1:
                self.id = value
            elif kind == 2:
                self.refused = int.from_bytes(value, "big")
            else:
                self.file.nvm_busy = bool(value[1])
        return True

    def write(self, register: int, value: int) -> bool:
        if register == self.refused:
            self.refused = None
            return False
        return self._write(register, value)

    def read(self, register: int) -> int:
        if self.id and ID <= register < ID + 2:
            return self.id[register - ID]
        return self._read(register)


@dataclass(frozen=True)
class Said:
    """One message of a transfer that was carried out; register and data of the sensors' messages.

    kind: W and R of a sensor, X as an expander changes the level of its reset pin, which is then `data`.
    """

    at_ns: int
    kind: str
    address: int
    register: int
    data: bytes
    refused: bool = False

    @property
    def value(self) -> int:
        return int.from_bytes(self.data, "big")


class Board(RunningBus):
    """Two sensors; `said` is the log of the bus, `frames` are those of each sensor."""

    def __init__(self) -> None:
        super().__init__(2, xclr_at=EXPANDER)
        self.said: list[Said] = []
        self.frames: tuple[list[TimedFrame], list[TimedFrame]] = ([], [])
        self._levels = 0xFF
        self._index = {LOW: 0, HIGH: 0}

    async def until_told(self, *runs: Coroutine[Any, Any, object]) -> None:
        for link, frames in zip(self.links, self.frames, strict=True):
            link.sensor.stream.on_frame.subscribe(frames.append)
        self.bus.targets.append(Faults(self.sensor.file))
        self.bus.paced.on_transfer.subscribe(self._keep)
        await super().until_told(*runs)

    def _keep(self, messages: Sequence[Message], done: Done) -> None:
        reads = iter(done.reads)
        refusal = done.refusal
        for number, one in enumerate(messages):
            if refusal and number == refusal.message:
                if one.address in self._index and isinstance(one, Write) and refusal.byte:
                    register = int.from_bytes(one.data[:2], "big")
                    self.said.append(Said(done.end_ns, "W", one.address, register, one.data[2:], True))
                return
            if one.address == EXPANDER and isinstance(one, Write):
                self._switch(one.data[-1], done.end_ns)
            elif one.address in self._index:
                self._message(one, next(reads) if isinstance(one, Read) else b"", done.end_ns)

    def _switch(self, levels: int, at_ns: int) -> None:
        for pin, address in enumerate((LOW, HIGH)):
            if (levels ^ self._levels) >> pin & 1:
                self.said.append(Said(at_ns, "X", address, 0, bytes([levels >> pin & 1])))
        self._levels = levels

    def _message(self, one: Message, read: bytes, at_ns: int) -> None:
        if isinstance(one, Read):
            self.said.append(Said(at_ns, "R", one.address, self._index[one.address], read))
            return
        register = int.from_bytes(one.data[:2], "big")
        if len(one.data) > 2:
            self.said.append(Said(at_ns, "W", one.address, register, one.data[2:]))
        self._index[one.address] = register + len(one.data) - 2

    def lives(self, address: int) -> Iterator[list[Said]]:
        """Yield what was said to a sensor each time it was out of reset, XCLR's rise and fall included."""
        life: list[Said] = []
        for one in self.said:
            if one.address != address:
                continue
            if one.kind == "X" and one.value:
                life = []
            life.append(one)
            if one.kind == "X" and not one.value:
                yield life
