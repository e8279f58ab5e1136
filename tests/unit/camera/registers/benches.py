"""A register file on a bus, in virtual time, as a host and its board drive it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from camtwin.camera.registers.register_file import RAILS, RegisterFile
from camtwin.simtime import Scheduler
from camtwin.units import MS, Ns
from camtwin.wire.csi2.cci import Bus, Done, Message, Read, Write
from unit.camera.registers.programs import MHZ, SHEET


class Bench:
    """One sensor or several, their board, and the bus between; what is reported, in lists."""

    def __init__(self, sensors: int = 1, *, hz: int = 1_000_000, **named: Any) -> None:
        self.clock = Scheduler()
        self.celsius = 25.0
        self.files = [
            RegisterFile(
                SHEET,
                self.clock,
                otp_bytes=896,
                temperature_C=lambda: self.celsius,
                slasel=bool(number),
                **named,
            )
            for number in range(sensors)
        ]
        self.file = self.files[0]
        self.bus = Bus(self.files, hz)
        self.remarks: list[tuple[Ns, str]] = []
        self.streams: list[tuple[Ns, str]] = []
        self.file.on_remark.subscribe(lambda t_ns, text: self.remarks.append((t_ns, text)))
        self.file.on_stream.subscribe(lambda t_ns, event: self.streams.append((t_ns, event)))

    def power_up(self, wait_ns: Ns = 8 * MS) -> None:
        for file in self.files:
            for rail in RAILS:
                file.set_rail(rail, True)
            file.set_clock(24 * MHZ)
            file.set_xclr(True)
        self.wait(wait_ns)

    def wait(self, ns: Ns) -> None:
        self.clock.advance_to(self.clock.now + ns)

    def transfer(self, messages: Sequence[Message]) -> Done:
        for effect in self.bus.transfer(messages, self.clock.now):
            if isinstance(effect, Done):
                return effect
            self.clock.advance_to(effect.until_ns)
        raise AssertionError("the transfer has not ended")

    def write(self, name: str, value: int, address: int = 0x1A) -> Done:
        register = SHEET.registers[name]
        data = register.address.to_bytes(2, "big") + value.to_bytes(register.bytes, "big")
        return self.transfer([Write(address, data)])

    def read(self, name: str, address: int = 0x1A) -> int | None:
        """Return the value of a register; None where nobody answers."""
        register = SHEET.registers[name]
        asked = [Write(address, register.address.to_bytes(2, "big")), Read(address, register.bytes)]
        done = self.transfer(asked)
        return None if done.refusal else int.from_bytes(done.reads[0], "big")
