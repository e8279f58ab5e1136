"""Schema of a sensor's register sheet: addresses, meanings, reset values, limits of the chip."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from camtwin.models.provenance import Fact
from camtwin.models.schema import NotNegative, Positive, Section, SensorSheet

SPACE = 0x1_0000
"""Addresses of a CCI with 16-bit index."""
Address = Annotated[int, Field(ge=0, lt=SPACE)]
Slave = Annotated[int, Field(ge=0x08, le=0x77)]
"""A 7-bit address on the bus that I2C has not reserved."""
Access = Literal["ro", "rw", "none"]
Effect = Literal["now", "stream", "frame", "exposure", "blanking"]
"""Moment at which a write takes effect: at once, when the stream starts, or frames later (`[latency]`)."""
Share = Annotated[float, Field(ge=0, le=1)]
Range = tuple[Positive, Positive]


class Register(Section):
    """A register: its place, its reset value, and its meaning.

    bytes are big-endian from `address` on. max: the highest value that means something; a higher one is kept
    and read back. values: words for numbers.
    """

    name: str
    address: Address
    bytes: Literal[1, 2, 4] = 1
    reset: NotNegative = 0
    access: Access = "rw"
    effect: Effect = "now"
    max: Positive | None = None
    unit: str = ""
    values: Mapping[int, str] = {}
    text: str

    @property
    def end(self) -> int:
        """Address after its last byte."""
        return self.address + self.bytes

    @property
    def top(self) -> int:
        """Highest value that means something."""
        return self.max if self.max is not None else (1 << 8 * self.bytes) - 1


class AddressRange(Section):
    """Addresses `first` to `last` without registers of their own."""

    first: Address
    last: Address
    access: Access


class Bus(Section):
    """Addresses on the bus with SLASEL low or open, and high; the fastest clock."""

    address_low: Slave
    address_high: Slave
    max_hz: Positive


class PowerUp(Section):
    """Times from XCLR high, with clock and rails on, until the bus is answered and a stream can start.

    early_xclr_hangs: a sensor whose XCLR rises before its rails does not answer until XCLR was low again.
    """

    listen_ns: NotNegative
    stream_ns: NotNegative
    early_xclr_hangs: bool


class Latency(Section):
    """Frames from the one in which a register is written to the first that is taken with it."""

    exposure: Positive
    blanking: Positive
    frame: Positive


class Clocks(Section):
    """Clocks that go in, and the limits of PLLs and lanes.

    link_margin: share of a line's time that the link should have to spare.
    """

    inck_MHz: tuple[Positive, ...]
    pll_in_MHz: Range
    pll_out_MHz: Range
    lane_min_Mbps: Positive
    lane_Mbps: Positive
    pixels_per_clock: Positive
    link_margin: Annotated[float, Field(ge=0, lt=1)]


class FrameTiming(Section):
    """Limits of exposure and frame length, in lines; DOL: of the two exposures of a picture."""

    exposure_margin_lines: NotNegative
    min_exposure_lines: Positive
    min_blank_lines: NotNegative
    dol_long_margin_lines: NotNegative
    dol_readout_margin_lines: NotNegative
    dol_gap_lines: NotNegative
    dol_header_columns: NotNegative
    max_shift: NotNegative


class Gain(Section):
    """Highest codes of analogue gain, 1024 / (1024 - code), and digital gain, code / 256."""

    max_analogue_code: Annotated[int, Field(gt=0, lt=1024)]
    max_digital_code: Annotated[int, Field(ge=256)]


class PowerShares(Section):
    """Shares of the power of the full 10-bit drive mode, and what converters and link do there."""

    idle: Share
    converters: Share
    link: Share
    full_samples_per_s: Positive
    full_link_bps: Positive


class Nvm(Section):
    """Page of the one-time programmable memory."""

    page_bytes: Positive


class RegisterSheet(Section):
    """The registers of a sensor, by name, and what bounds them."""

    title: str
    document: str
    sensor: SensorSheet
    bus: Bus
    power: PowerUp
    latency: Latency
    clocks: Clocks
    timing: FrameTiming
    gain: Gain
    power_shares: PowerShares
    nvm: Nvm
    areas: Mapping[str, AddressRange]
    registers: Mapping[str, Register]
    facts: tuple[Fact, ...] = ()

    @field_validator("registers")
    @classmethod
    def _stand_apart(cls, registers: Mapping[str, Register]) -> Mapping[str, Register]:
        ordered = sorted(registers.values(), key=lambda register: register.address)
        for before, after in pairwise(ordered):
            if after.address < before.end:
                raise ValueError(f"{before.name} and {after.name} share address {after.address:#06x}")
        for one in ordered:
            if one.reset >= 1 << 8 * one.bytes:
                raise ValueError(
                    f"reset value {one.reset:#x} of {one.name} needs more than {one.bytes} bytes"
                )
        return registers

    @model_validator(mode="after")
    def _covers_the_space(self) -> Self:
        areas = sorted(self.areas.values(), key=lambda area: area.first)
        edges = [area.first for area in areas] + [SPACE]
        if edges[0] or any(area.last + 1 != edge for area, edge in zip(areas, edges[1:], strict=True)):
            raise ValueError("areas do not follow each other from 0x0000 to 0xFFFF")
        return self

    @cached_property
    def by_address(self) -> Mapping[int, Register]:
        """The register at each address that has one."""
        return {at: one for one in self.registers.values() for at in range(one.address, one.end)}

    @cached_property
    def reset(self) -> bytes:
        """The whole space after power-up."""
        memory = bytearray(SPACE)
        for one in self.registers.values():
            memory[one.address : one.end] = one.reset.to_bytes(one.bytes, "big")
        return bytes(memory)

    @cached_property
    def access(self) -> bytes:
        """Access of each address: 2 is kept, 1 is read only, 0 reads as 0."""
        kinds = {"none": 0, "ro": 1, "rw": 2}
        table = bytearray(SPACE)
        for area in self.areas.values():
            table[area.first : area.last + 1] = bytes([kinds[area.access]]) * (area.last + 1 - area.first)
        for one in self.registers.values():
            table[one.address : one.end] = bytes([kinds[one.access]]) * one.bytes
        return bytes(table)
