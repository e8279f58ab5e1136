"""Bootstrap registers of USB3 Vision that the link itself answers, one row each.

Five groups: ABRM (GenCP's, at 0), SBRM (specific to USB3 Vision), SIRM (the stream), EIRM (events) and the
manifest (the location of the GenICam description). All of ABRM's texts but one are features of the camera,
answered by its feature tree. ABRM holds the addresses of SBRM and the manifest, SBRM those of the rest. They
lie where the camera has no registers: its features end below 0x0801_0000, and registers answered by rules
begin at 0x1000_0000.

Source of offsets, accesses and bits: GenCP 1.2, "Bootstrap register map"; USB3 Vision 1.1, "Bootstrap
registers"; both as Aravis and cameleon have them.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, Literal

SBRM, SIRM, EIRM, MANIFEST = 0x0F00_0000, 0x0F00_1000, 0x0F00_2000, 0x0F00_3000
FAMILY = 0x084
LATCHED = 0x1F0
MANIFEST_ENTRY: Final = MANIFEST + 8
ENTRY_BYTES: Final = 64
SIRM_BYTES, EIRM_BYTES = 0x30, 0x0C

DEVICE_CAPABILITY: Final = (
    1 << 0  # user's name
    | 1 << 3  # timestamp
    | 1 << 4  # texts are UTF-8
    | 1 << 8  # family name
    | 1 << 9  # SBRM
    | 1 << 10  # endianness
    | 1 << 11  # acknowledges of writes say how much was written
    | 1 << 13  # stacked commands
)
U3V_CAPABILITY: Final = 1 << 0 | 1 << 1  # SIRM, EIRM
GENCP_VERSION: Final = 0x0001_0002
U3V_VERSION: Final = 0x0001_0001
MAX_TRANSFER: Final = 1024
"""Length limit of commands and acknowledges in bytes: one packet at SuperSpeed, two at HighSpeed."""
ALIGNMENT_LOG2: Final = 2
"""Payload transfers are multiples of 4 bytes. Hosts round up to it, so it is as small as possible."""
RESPONSE_ms: Final = 1000
"""Time limit of a command, for which hosts wait. A twin shares its computer with other programs, so it
asks for more time than a camera would; Aravis also applies this limit to each part of an image."""


class SideEffect(Enum):
    """Side effects of a register; device.py carries them out."""

    NONE = auto()
    LATCH = auto()
    LATCHED = auto()
    STREAM_CONTROL = auto()
    STREAM_SETUP = auto()  # fixed while the stream is enabled
    PAYLOAD_SIZE = auto()
    TRAILER_SIZE = auto()
    EVENT_CONTROL = auto()
    EVENT_TEST = auto()


@dataclass(frozen=True, slots=True)
class Register:
    """One register of `length` bytes, little-endian; `reset` is its power-on value."""

    address: int
    name: str
    length: int = 4
    access: Literal["RO", "RW", "WO"] = "RO"
    reset: int = 0
    mask: int = 0xFFFF_FFFF
    effect: SideEffect = SideEffect.NONE


STREAM_CONTROL = SIRM + 0x04
REQUIRED_LEADER, REQUIRED_TRAILER = SIRM + 0x10, SIRM + 0x14
MAX_LEADER, MAX_PAYLOAD, PAYLOAD_COUNT = SIRM + 0x18, SIRM + 0x1C, SIRM + 0x20
FINAL_1, FINAL_2, MAX_TRAILER = SIRM + 0x24, SIRM + 0x28, SIRM + 0x2C
EVENT_CONTROL = EIRM + 0x00
SPEED = SBRM + 0x40


def _setup(address: int, name: str) -> Register:
    return Register(address, name, access="RW", effect=SideEffect.STREAM_SETUP)


def table(leader_bytes: int, event_bytes: int) -> tuple[Register, ...]:
    """Return all registers in order of address, given the lengths of the link's messages."""
    return (
        Register(0x000, "GenCP version", reset=GENCP_VERSION),
        Register(FAMILY, "Family name", length=64),
        Register(0x1C4, "Device capability", 8, reset=DEVICE_CAPABILITY),
        Register(0x1CC, "Maximum device response time, ms", reset=RESPONSE_ms),
        Register(0x1D0, "Manifest table address", 8, reset=MANIFEST),
        Register(0x1D8, "SBRM address", 8, reset=SBRM),
        Register(0x1E0, "Device configuration", 8, "RW", mask=0),
        Register(0x1E8, "Heartbeat timeout, ms"),
        Register(0x1EC, "Message channel id"),
        Register(LATCHED, "Timestamp", 8, effect=SideEffect.LATCHED),
        Register(0x1F8, "Timestamp latch", access="WO", effect=SideEffect.LATCH),
        Register(0x1FC, "Timestamp increment, ns", 8),
        Register(0x204, "Access privilege", access="RW", mask=0),
        Register(0x208, "Protocol endianness", reset=0xFFFF_FFFF),  # little
        Register(0x20C, "Implementation endianness", reset=0xFFFF_FFFF),
        Register(0x210, "Device software interface version", length=64),
        Register(SBRM + 0x00, "USB3 Vision version", reset=U3V_VERSION),
        Register(SBRM + 0x04, "U3VCP capability", 8, reset=U3V_CAPABILITY),
        Register(SBRM + 0x0C, "U3VCP configuration", 8, "RW", mask=0),
        Register(SBRM + 0x14, "Maximum command transfer", reset=MAX_TRANSFER),
        Register(SBRM + 0x18, "Maximum acknowledge transfer", reset=MAX_TRANSFER),
        Register(SBRM + 0x1C, "Number of stream channels", reset=1),
        Register(SBRM + 0x20, "SIRM address", 8, reset=SIRM),
        Register(SBRM + 0x28, "SIRM length", reset=SIRM_BYTES),
        Register(SBRM + 0x2C, "EIRM address", 8, reset=EIRM),
        Register(SBRM + 0x34, "EIRM length", reset=EIRM_BYTES),
        Register(SBRM + 0x38, "IIDC2 address", 8),
        Register(SPEED, "Current speed"),
        Register(SIRM + 0x00, "SI info", reset=ALIGNMENT_LOG2 << 24),
        Register(STREAM_CONTROL, "SI control", access="RW", mask=1, effect=SideEffect.STREAM_CONTROL),
        Register(SIRM + 0x08, "SI required payload size", 8, effect=SideEffect.PAYLOAD_SIZE),
        Register(REQUIRED_LEADER, "SI required leader size", reset=leader_bytes),
        Register(REQUIRED_TRAILER, "SI required trailer size", effect=SideEffect.TRAILER_SIZE),
        _setup(MAX_LEADER, "SI maximum leader size"),
        _setup(MAX_PAYLOAD, "SI payload transfer size"),
        _setup(PAYLOAD_COUNT, "SI payload transfer count"),
        _setup(FINAL_1, "SI payload final transfer 1 size"),
        _setup(FINAL_2, "SI payload final transfer 2 size"),
        _setup(MAX_TRAILER, "SI maximum trailer size"),
        Register(EVENT_CONTROL, "EI control", access="RW", mask=1, effect=SideEffect.EVENT_CONTROL),
        Register(EIRM + 0x04, "EI maximum event transfer", reset=event_bytes),
        Register(EIRM + 0x08, "EI test control", access="WO", effect=SideEffect.EVENT_TEST),
        Register(MANIFEST, "Manifest entries", 8, reset=1),
        Register(MANIFEST_ENTRY, "Manifest entry", length=ENTRY_BYTES),
    )


class Map:
    """Registers by address."""

    def __init__(self, rows: tuple[Register, ...]) -> None:
        self.rows = rows
        self._starts = [row.address for row in rows]

    def covering(self, address: int) -> Register | None:
        """Return the register that contains this address, if any."""
        i = bisect_right(self._starts, address) - 1
        if i >= 0 and address < self._starts[i] + self.rows[i].length:
            return self.rows[i]
        return None

    def next_start(self, address: int) -> int:
        """Return the address of the first register beyond this one; 2^64 if there is none."""
        i = bisect_right(self._starts, address)
        return self._starts[i] if i < len(self._starts) else 1 << 64
