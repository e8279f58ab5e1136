"""The registers of a bare sensor, as its control bus reaches them: a target of `wire.csi2.cci`.

The sensor around it tells it of its supplies and of each frame that begins, and hears of streams that start
and stop. Writes to an address that is read only are acknowledged and change nothing. While
grouped_parameter_hold is 1, everything is kept and read back, and nothing of it takes effect.

nvm_busy is a fault that real sensors have shown: until the non-volatile memory is loaded, writes are not
acknowledged, although the id can be read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, Literal, Protocol, TypeAlias

from camtwin.camera.memory.user_sets import MemoryStorage, Storage
from camtwin.camera.registers.configuration import Configuration, configure
from camtwin.camera.registers.latency import InForce
from camtwin.camera.registers.otp import OneTimeMemory
from camtwin.camera.registers.supply import Supply
from camtwin.models import RegisterSheet
from camtwin.subscribers import Subscribers
from camtwin.units import Ns
from camtwin.wire.csi2.cci import Hearing

RAILS: Final = ("analog", "digital", "io")
PAGE: Final = 0x0A04
"""First address of the open page of the one-time programmable memory."""
ORDERS: Final = ("GRBG", "RGGB", "BGGR", "GBRG")
"""Colours by the values of pixel_order."""
STANDBY_COUNT: Final = 0xFF
KEPT: Final = 2
"""Access of an address that can be written (RegisterSheet.access)."""


StreamEvent: TypeAlias = Literal["start", "stop", "cut"]


class Clock(Protocol):
    """The time in which the sensor lives."""

    @property
    def now(self) -> Ns: ...


class RegisterFile:
    """The registers of one sensor.

    otp_bytes      size of its one-time programmable memory, kept in `storage`
    temperature_C  what its thermometer reads
    slasel         level of the pin that chooses its address

    Subscribers are called with:
    on_stream   (t_ns, event): the stream starts at t_ns, maybe later than now, stops after the frame under
                way, or is cut off within it
    on_remark   (t_ns, text) of something that goes wrong
    """

    def __init__(
        self,
        sheet: RegisterSheet,
        clock: Clock,
        *,
        otp_bytes: int,
        temperature_C: Callable[[], float],
        storage: Storage | None = None,
        rails: Iterable[str] = RAILS,
        slasel: bool = False,
        nvm_busy: bool = False,
    ) -> None:
        self.sheet, self.clock, self.temperature_C = sheet, clock, temperature_C
        self.slasel, self.nvm_busy = slasel, nvm_busy
        self.supply = Supply(sheet.power, rails)
        self.otp = OneTimeMemory(otp_bytes, sheet.nvm.page_bytes, storage or MemoryStorage())
        self.on_stream = Subscribers[Ns, StreamEvent]()
        self.on_remark = Subscribers[Ns, str]()
        self.memory = bytearray(sheet.reset)
        self.index = 0
        self.streaming = False
        self.frames = 0
        self.taken: dict[str, int] = {}  # values that the last frame was taken with
        self._held: bytes | None = None
        self._in_force = InForce(sheet)
        at = {name: register.address for name, register in sheet.registers.items()}
        self._acts: dict[int, Callable[[int], None]] = {
            at["mode_select"]: self._select_mode,
            at["software_reset"]: self._software_reset,
            at["grouped_parameter_hold"]: self._hold,
            at["data_transfer_if_1_ctrl"]: self.otp.set_control,
            at["data_transfer_if_1_page_select"]: self.otp.set_page,
        }
        self._reads: dict[int, Callable[[], int]] = {
            at["frame_count"]: lambda: (self.frames - 1) % STANDBY_COUNT if self.frames else STANDBY_COUNT,
            at["pixel_order"]: lambda: self._order(self.configuration.geometry.cfa),
            at["data_pedestal"]: lambda: self.configuration.black_level >> 8,
            at["data_pedestal"] + 1: lambda: self.configuration.black_level & 0xFF,
            at["software_reset"]: lambda: 0,
            at["temp_sensor_output"]: self._temperature,
            at["data_transfer_if_1_status"]: lambda: self.otp.status,
        }

    # -- values ------------------------------------------------------------------------------------------
    def values(self) -> dict[str, int]:
        """Return the values of all registers that are released to take effect."""
        memory = self.memory if self._held is None else self._held
        return {
            name: int.from_bytes(memory[one.address : one.end], "big")
            for name, one in self.sheet.registers.items()
        }

    @property
    def configuration(self) -> Configuration:
        """Configuration by the registers as they stand, with the clock at INCK."""
        return configure(self.sheet, self.values(), self.supply.inck_hz)

    def begin_frame(self) -> Configuration:
        """Begin a frame, and return what it is taken with: what was written some frames before."""
        self.frames += 1
        self.taken = self._in_force.frame(self.values())
        return configure(self.sheet, self.taken, self.supply.inck_hz)

    @staticmethod
    def _order(cfa: str) -> int:
        return ORDERS.index(cfa) if cfa in ORDERS else 0

    def _temperature(self) -> int:
        address = self.sheet.registers["temp_sensor_output"].address
        if self.memory[self.sheet.registers["temp_sensor_ctrl"].address] & 1:
            self.memory[address] = max(-128, min(127, round(self.temperature_C()))) & 0xFF
        return self.memory[address]

    # -- wire.csi2.cci.Target ----------------------------------------------------------------------------
    def hears(self, address: int) -> Hearing:
        """Return the reaction to an address on the bus."""
        listens_ns = self.supply.listens_ns
        if listens_ns is None or self.clock.now < listens_ns:
            return Hearing.DEAF
        bus = self.sheet.bus
        if address == (bus.address_high if self.slasel else bus.address_low):
            return Hearing.ACKNOWLEDGES
        if self._byte("second_address_enable") & 1 and address == self._byte("second_cci_address_ctrl") >> 1:
            return Hearing.ACKNOWLEDGES if self._byte("second_address_ack") & 1 else Hearing.SILENT
        return Hearing.DEAF

    def _byte(self, name: str) -> int:
        return self.memory[self.sheet.registers[name].address]

    def read(self, register: int) -> int:
        """Return the byte at an address."""
        if found := self._reads.get(register):
            return found()
        if 0 <= (place := register - PAGE) < self.otp.page_bytes:
            return self.otp.read(place)
        return self.memory[register] if self.sheet.access[register] else 0

    def write(self, register: int, value: int) -> bool:
        """Take a byte; False: not acknowledged, while the non-volatile memory is busy."""
        streams_ns = self.supply.streams_ns
        if self.nvm_busy and streams_ns is not None and self.clock.now < streams_ns:
            self.on_remark(self.clock.now, f"{register:#06x} is not acknowledged: the memory is still loaded")
            return False
        if self.sheet.access[register] < KEPT:
            return True
        if 0 <= (place := register - PAGE) < self.otp.page_bytes:
            self.otp.program(place, value)
            return True
        self.memory[register] = value
        if act := self._acts.get(register):
            act(value)
        return True

    # -- acts of registers -------------------------------------------------------------------------------
    def _select_mode(self, value: int) -> None:
        if bool(value & 1) == self.streaming:
            return
        if self.streaming:
            self._end_stream("cut" if self._byte("fast_standby_ctrl") & 1 else "stop")
            return
        self.streaming = True
        self._in_force.start(self.values())
        for remark in self.configuration.remarks:
            self.on_remark(self.clock.now, str(remark))
        self.on_stream(max(self.clock.now, self.supply.streams_ns or 0), "start")

    def _software_reset(self, value: int) -> None:
        if value & 1:
            self._forget()
            self.supply.restart(self.clock.now)

    def _hold(self, value: int) -> None:
        if not value & 1:
            self._held = None
        elif self._held is None:
            self._held = bytes(self.memory)

    def _forget(self) -> None:
        """Set everything to its reset value, and end the stream."""
        self.memory[:] = self.sheet.reset
        self.index, self._held = 0, None
        self.otp.reset()
        self._end_stream("cut")

    def _end_stream(self, event: StreamEvent) -> None:
        if self.streaming:
            self.streaming, self.frames = False, 0
            self.on_stream(self.clock.now, event)

    # -- supplies ----------------------------------------------------------------------------------------
    def set_rail(self, name: str, on: bool) -> None:
        """Switch a rail on or off; all registers are lost where one is off."""
        self._supplied(self.supply.set_rail(name, on, self.clock.now))

    def set_xclr(self, high: bool) -> None:
        """Set the reset pin; low loses all registers."""
        self._supplied(self.supply.set_xclr(high, self.clock.now))

    def set_clock(self, hz: int) -> None:
        """Apply a frequency in Hz at INCK; 0: none, which ends the stream and keeps the registers."""
        wrong = self.supply.set_clock(hz, self.clock.now)
        if wrong:
            self.on_remark(self.clock.now, wrong)
            self._end_stream("cut")

    def _supplied(self, wrong: str) -> None:
        if wrong:
            self.on_remark(self.clock.now, wrong)
        if not (self.supply.powered and self.supply.xclr):
            self._forget()
