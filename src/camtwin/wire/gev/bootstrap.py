"""The bootstrap registers that the link itself answers: one row a register.

Everything else between 0x0000 and 0x9FFF either is a feature of the camera, and answered by its feature tree
(its IP configuration at 0x14 and 0x64C, the strings at 0x48..0xF7, keys of actions at 0x90C and 0x9800,
heartbeat timeout 0x938, SCPD 0xD08), or does not exist here. Bits outside `mask` read as reset and
are ignored when written: Aravis 0.8 writes SCCFG = 0x40 without asking SCC.

Source of addresses, accesses and bits: GigE Vision 2.0, chapter "Bootstrap registers". Bits are numbered here
from the least significant one (the standard numbers them from the other end).
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, Literal

from camtwin.wire.device import DevicePort
from camtwin.wire.gev.gvcp import Status, StatusError
from camtwin.wire.gev.ports import Home, Identity

END: Final = 0xA000  # manufacturer's registers begin
DISCOVERY_BYTES: Final = 0xF8

MAC_HIGH, MAC_LOW = 0x008, 0x00C
CURRENT_IP, CURRENT_MASK, CURRENT_GATEWAY = 0x024, 0x034, 0x044
IP_CONFIGURATION = 0x014  # from power-up on: the camera's
USE_PERSISTENT, USE_DHCP, USE_LLA = 1, 2, 4
PERSISTENT_IP, PERSISTENT_MASK, PERSISTENT_GATEWAY = 0x64C, 0x65C, 0x66C  # the camera's
DEVICE_FIELDS: Final = (
    *((IP_CONFIGURATION, 4), (0x48, 32), (0x68, 32), (0x88, 32)),
    *((0xA8, 48), (0xD8, 16), (0xE8, 16)),
)
"""(address, bytes) of what the camera itself says in discovery: IP configuration, vendor, model, version,
manufacturer info, serial number, user's name."""
FIRST_URL, SECOND_URL = 0x200, 0x400
LINK_SPEED = 0x670
HEARTBEAT_TIMEOUT = 0x938  # the camera's
TIMESTAMP_HIGH, TIMESTAMP_LOW = 0x948, 0x94C
GVCP_CONFIGURATION, PENDING_TIMEOUT, SWITCHOVER_KEY, GVSP_CONFIGURATION = 0x954, 0x958, 0x95C, 0x960
CCP, PRIMARY_PORT, PRIMARY_IP = 0xA00, 0xA04, 0xA14
MCP, MCDA, MCTT, MCRC, MCSP = 0xB00, 0xB10, 0xB14, 0xB18, 0xB1C
SCP, SCPS, SCDA, SCSP = 0xD00, 0xD04, 0xD18, 0xD1C

EXCLUSIVE, CONTROL, SWITCHOVER = 1, 2, 4  # CCP; its upper 16 bits are a key when written
HEARTBEAT_DISABLE = 1 << 0  # GVCP configuration
EXTENDED_STATUS = (
    1 << 2 | 1 << 18
)  # there, too: status codes of version 1.1, and of 2.0, which has those as well
PENDING_ACK = 1 << 1  # there, too
UNCONDITIONAL_ACTION = 1 << 3  # there, too
BLOCK_ID_64 = 1 << 30  # GVSP configuration
LATCH, RESET = 2, 1  # timestamp control
FIRE_TEST_PACKET, DO_NOT_FRAGMENT, PACKET_SIZE = 1 << 31, 1 << 30, 0xFFFF  # SCPS

CAPABILITY: Final = (
    1 << 31  # user's name
    | 1 << 30  # serial number
    | 1 << 29  # the heartbeat can be disabled
    | 1 << 28  # link speed
    | 1 << 27  # primary application's port and address
    | 1 << 22
    | 1 << 18  # extended status codes of versions 1.1 and 2.0
    | 1 << 21  # control can be handed over
    | 1 << 20  # actions can be taken without anybody in control
    | 1 << 6  # ACTION; without 17 for scheduled ones
    | 1 << 5  # PENDING_ACK
    | 1 << 4
    | 1 << 3  # EVENTDATA, EVENT
    | 1 << 2  # PACKETRESEND; without it Aravis never asks
    | 1 << 1  # WRITEMEM
    | 1 << 0  # several registers in one command
)


class Effect(Enum):
    """What a register does beside holding its value; gev.py carries it out."""

    NONE = auto()
    PRIVILEGE = auto()
    TIMESTAMP_CONTROL = auto()
    TIMESTAMP_VALUE = auto()
    STREAM_PORT = auto()
    PACKET_SIZE = auto()
    MESSAGE_PORT = auto()
    DESTINATION = auto()
    BLOCK_IDS = auto()


@dataclass(frozen=True, slots=True)
class Register:
    """One register. `reset`: its value at power-on; for texts and addresses the device's identity says it."""

    address: int
    name: str
    access: Literal["RO", "RW", "WO"] = "RO"
    reset: int = 0
    mask: int = 0xFFFF_FFFF
    effect: Effect = Effect.NONE
    length: int = 4


TABLE: Final = (
    Register(0x000, "Version", reset=0x0002_0000),
    Register(0x004, "Device mode", reset=0x8000_0001),  # big-endian, transmitter, one link, UTF-8
    Register(MAC_HIGH, "MAC address, high"),
    Register(MAC_LOW, "MAC address, low"),
    Register(0x010, "IP configurations supported", reset=USE_LLA | USE_DHCP | USE_PERSISTENT),
    Register(CURRENT_IP, "Current IP address"),
    Register(CURRENT_MASK, "Current subnet mask"),
    Register(CURRENT_GATEWAY, "Current default gateway"),
    Register(FIRST_URL, "First URL", length=512),
    Register(SECOND_URL, "Second URL", length=512),
    Register(0x600, "Number of network interfaces", reset=1),
    Register(LINK_SPEED, "Link speed, Mb/s"),
    Register(0x900, "Number of message channels", reset=1),
    Register(0x904, "Number of stream channels", reset=1),
    Register(0x908, "Number of action signals", reset=1),
    Register(0x910, "Number of active links", reset=1),
    Register(0x92C, "Stream channel capability", reset=1 << 31 | 1 << 30),  # SCSP; 16-bit block ids, too
    Register(0x930, "Message channel capability", reset=1 << 31),
    Register(0x934, "GVCP capability", reset=CAPABILITY),
    Register(0x93C, "Timestamp tick frequency, high", reset=0),
    Register(0x940, "Timestamp tick frequency, low", reset=1_000_000_000),  # camera time is kept in ns
    Register(0x944, "Timestamp control", "WO", effect=Effect.TIMESTAMP_CONTROL),
    Register(TIMESTAMP_HIGH, "Timestamp latched, high", effect=Effect.TIMESTAMP_VALUE),
    Register(TIMESTAMP_LOW, "Timestamp latched, low", effect=Effect.TIMESTAMP_VALUE),
    Register(
        GVCP_CONFIGURATION,
        "GVCP configuration",
        "RW",
        mask=HEARTBEAT_DISABLE | PENDING_ACK | EXTENDED_STATUS | UNCONDITIONAL_ACTION,
    ),
    Register(PENDING_TIMEOUT, "Pending timeout, ms", reset=200),
    Register(SWITCHOVER_KEY, "Control switchover key", "WO", mask=0xFFFF),
    Register(GVSP_CONFIGURATION, "GVSP configuration", "RW", mask=BLOCK_ID_64, effect=Effect.BLOCK_IDS),
    Register(0x964, "Physical link configurations supported", reset=1),
    Register(0x968, "Physical link configuration", reset=0),  # a single link
    Register(CCP, "CCP", "RW", effect=Effect.PRIVILEGE),
    Register(PRIMARY_PORT, "Primary application's port"),
    Register(PRIMARY_IP, "Primary application's IP address"),
    Register(MCP, "MCP", "RW", mask=0xFFFF, effect=Effect.MESSAGE_PORT),
    Register(MCDA, "MCDA", "RW", effect=Effect.DESTINATION),
    Register(MCTT, "MCTT", "RW"),
    Register(MCRC, "MCRC", "RW"),
    Register(MCSP, "MCSP"),
    Register(SCP, "SCP", "RW", mask=0xFFFF, effect=Effect.STREAM_PORT),
    Register(SCPS, "SCPS", "RW", effect=Effect.PACKET_SIZE),  # held by the camera, but for the test packet
    Register(SCDA, "SCDA", "RW", effect=Effect.DESTINATION),
    Register(SCSP, "SCSP"),
    Register(0xD20, "SCC", reset=0),
    Register(0xD24, "SCCFG", "RW", mask=0),
)

SESSION: Final = (
    *(SWITCHOVER_KEY, GVSP_CONFIGURATION, CCP, PRIMARY_PORT, PRIMARY_IP),
    *(MCP, MCDA, MCTT, MCRC, SCP, SCDA),
)
"""What falls back to 0 when nobody is in control any more; of the GVCP configuration only actions stay."""
PLACE: Final = (CURRENT_IP, CURRENT_MASK, CURRENT_GATEWAY, SCSP, MCSP)
"""Where it is on the network."""
_STARTS: Final = [register.address for register in TABLE]


def covering(address: int) -> Register | None:
    """The row that has this address."""
    i = bisect_right(_STARTS, address) - 1
    if i >= 0 and address < TABLE[i].address + TABLE[i].length:
        return TABLE[i]
    return None


def next_start(address: int) -> int:
    """Where the first row beyond this address begins; far out if there is none."""
    i = bisect_right(_STARTS, address)
    return _STARTS[i] if i < len(_STARTS) else 1 << 32


class Registers:
    """The register space as hosts read it: the table's registers and the camera's, mixed as they lie.

    words   what those of one word hold, by address
    device  has what the table has not, and some that it has
    """

    def __init__(self, identity: Identity, device: DevicePort) -> None:
        mac = int.from_bytes(identity.mac, "big")
        self._device = device
        self.words = {r.address: r.reset for r in TABLE if r.length == 4} | {
            MAC_HIGH: mac >> 32,
            MAC_LOW: mac & 0xFFFF_FFFF,
            **at_home(identity.home),
        }
        url = identity.xml_url.encode().ljust(512, b"\0")
        self._texts = {FIRST_URL: url, SECOND_URL: bytes(512)}

    def discovery(self) -> bytes:
        """Registers 0x00..0xF7; what does not exist reads 0 here."""
        answer = bytearray(DISCOVERY_BYTES)
        for register in TABLE:
            if register.address < DISCOVERY_BYTES:
                answer[register.address : register.address + 4] = self._value(register)
        for address, length in DEVICE_FIELDS:
            answer[address : address + length] = self._device.read(address, length)
        return bytes(answer)

    def read(self, address: int, length: int) -> bytes:
        """A range of the table's registers and the camera's, mixed as they lie."""
        out, at, end = b"", address, address + length
        while at < end:
            register = covering(at)
            if register is not None:
                out += self._value(register)[at - register.address : end - register.address]
                at = register.address + register.length
            else:
                stop = min(end, next_start(at))
                out += self._device.read(at, stop - at)
                at = stop
        return out

    def _value(self, register: Register) -> bytes:
        if register.access == "WO":
            raise StatusError(Status.ACCESS_DENIED, f"{register.name} is write-only")
        if register.length != 4:
            return self._texts[register.address]
        match register.effect:
            case Effect.TIMESTAMP_VALUE:
                shift = 32 if register.address == TIMESTAMP_HIGH else 0
                value = self._device.timestamp_latched >> shift & 0xFFFF_FFFF
            case Effect.PACKET_SIZE:
                return self._device.read(SCPS, 4)
            case _:
                value = self.words[register.address]
        return value.to_bytes(4, "big")


def at_home(home: Home) -> dict[int, int]:
    """Those that tell where the device lives."""
    return {
        CURRENT_IP: home.address,
        CURRENT_MASK: home.netmask,
        CURRENT_GATEWAY: home.gateway,
        LINK_SPEED: home.link_Mbps,
        SCSP: home.stream_port,
        MCSP: home.message_port,
    }
