"""Bootstrap registers that the link itself answers, one row each.

Everything else between 0x0000 and 0x9FFF is either a feature of the camera, answered by its feature tree (IP
configuration at 0x14 and 0x64C, strings at 0x48..0xF7, action keys at 0x90C and 0x9800, heartbeat timeout
0x938, SCPD 0xD08), or does not exist. Bits outside `mask` read as `reset` and are ignored when written:
Aravis 0.8 writes SCCFG = 0x40 without looking at SCC.

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
from camtwin.wire.gev.ports import GevIdentity, NetworkLocation

END: Final = 0xA000  # manufacturer's registers begin
DISCOVERY_BYTES: Final = 0xF8

MAC_HIGH, MAC_LOW = 0x008, 0x00C
CURRENT_IP, CURRENT_MASK, CURRENT_GATEWAY = 0x024, 0x034, 0x044
IP_CONFIGURATION = 0x014  # held by the camera
USE_PERSISTENT, USE_DHCP, USE_LLA = 1, 2, 4
PERSISTENT_IP, PERSISTENT_MASK, PERSISTENT_GATEWAY = 0x64C, 0x65C, 0x66C  # the camera's
DEVICE_FIELDS: Final = (
    *((IP_CONFIGURATION, 4), (0x48, 32), (0x68, 32), (0x88, 32)),
    *((0xA8, 48), (0xD8, 16), (0xE8, 16)),
)
"""(address, bytes) of the camera's own registers in discovery: IP configuration, vendor, model, version,
manufacturer info, serial number, user's name."""
FIRST_URL, SECOND_URL = 0x200, 0x400
LINK_SPEED = 0x670
HEARTBEAT_TIMEOUT = 0x938  # the camera's
TIMESTAMP_HIGH, TIMESTAMP_LOW = 0x948, 0x94C
GVCP_CONFIGURATION, PENDING_TIMEOUT, SWITCHOVER_KEY, GVSP_CONFIGURATION = 0x954, 0x958, 0x95C, 0x960
CCP, PRIMARY_PORT, PRIMARY_IP = 0xA00, 0xA04, 0xA14
TICK_FREQUENCY = 0x93C  # 64 bits
MCP, MCDA, MCTT, MCRC, MCSP = 0xB00, 0xB10, 0xB14, 0xB18, 0xB1C
SCP, SCPS, SCDA, SCSP = 0xD00, 0xD04, 0xD18, 0xD1C

EXCLUSIVE, CONTROL, SWITCHOVER = 1, 2, 4  # CCP; its upper 16 bits are a key when written
HEARTBEAT_DISABLE = 1 << 0  # GVCP configuration
EXTENDED_STATUS = 1 << 2 | 1 << 18  # there, too: status codes of versions 1.1 and 2.0
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
    | 1 << 20  # actions are accepted without a controller
    | 1 << 6  # ACTION; without 17 for scheduled ones
    | 1 << 5  # PENDING_ACK
    | 1 << 4
    | 1 << 3  # EVENTDATA, EVENT
    | 1 << 2  # PACKETRESEND; without this bit Aravis never sends it
    | 1 << 1  # WRITEMEM
    | 1 << 0  # several registers in one command
)


class SideEffect(Enum):
    """Side effects of a register; device.py carries them out."""

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
    """One register; `reset` is its power-on value.

    Texts and addresses come from the device's identity instead.
    """

    address: int
    name: str
    access: Literal["RO", "RW", "WO"] = "RO"
    reset: int = 0
    mask: int = 0xFFFF_FFFF
    effect: SideEffect = SideEffect.NONE
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
    Register(TICK_FREQUENCY, "Timestamp tick frequency, high", reset=0),
    Register(0x940, "Timestamp tick frequency, low", reset=1_000_000_000),  # camera time is kept in ns
    Register(0x944, "Timestamp control", "WO", effect=SideEffect.TIMESTAMP_CONTROL),
    Register(TIMESTAMP_HIGH, "Timestamp latched, high", effect=SideEffect.TIMESTAMP_VALUE),
    Register(TIMESTAMP_LOW, "Timestamp latched, low", effect=SideEffect.TIMESTAMP_VALUE),
    Register(
        GVCP_CONFIGURATION,
        "GVCP configuration",
        "RW",
        mask=HEARTBEAT_DISABLE | PENDING_ACK | EXTENDED_STATUS | UNCONDITIONAL_ACTION,
    ),
    Register(PENDING_TIMEOUT, "Pending timeout, ms", reset=200),
    Register(SWITCHOVER_KEY, "Control switchover key", "WO", mask=0xFFFF),
    Register(GVSP_CONFIGURATION, "GVSP configuration", "RW", mask=BLOCK_ID_64, effect=SideEffect.BLOCK_IDS),
    Register(0x964, "Physical link configurations supported", reset=1),
    Register(0x968, "Physical link configuration", reset=0),  # a single link
    Register(CCP, "CCP", "RW", effect=SideEffect.PRIVILEGE),
    Register(PRIMARY_PORT, "Primary application's port"),
    Register(PRIMARY_IP, "Primary application's IP address"),
    Register(MCP, "MCP", "RW", mask=0xFFFF, effect=SideEffect.MESSAGE_PORT),
    Register(MCDA, "MCDA", "RW", effect=SideEffect.DESTINATION),
    Register(MCTT, "MCTT", "RW"),
    Register(MCRC, "MCRC", "RW"),
    Register(MCSP, "MCSP"),
    Register(SCP, "SCP", "RW", mask=0xFFFF, effect=SideEffect.STREAM_PORT),
    # held by the camera; the link fires the test packet
    Register(SCPS, "SCPS", "RW", effect=SideEffect.PACKET_SIZE),
    Register(SCDA, "SCDA", "RW", effect=SideEffect.DESTINATION),
    Register(SCSP, "SCSP"),
    Register(0xD20, "SCC", reset=0),
    Register(0xD24, "SCCFG", "RW", mask=0),
)

SESSION: Final = (
    *(SWITCHOVER_KEY, GVSP_CONFIGURATION, CCP, PRIMARY_PORT, PRIMARY_IP),
    *(MCP, MCDA, MCTT, MCRC, SCP, SCDA),
)
"""Registers that return to 0 when control ends; of the GVCP configuration only unconditional actions stay."""
LOCATION: Final = (CURRENT_IP, CURRENT_MASK, CURRENT_GATEWAY, SCSP, MCSP)
"""Registers with the network location."""
_STARTS: Final = [register.address for register in TABLE]


def covering(address: int) -> Register | None:
    """Return the register that contains this address, if any."""
    i = bisect_right(_STARTS, address) - 1
    if i >= 0 and address < TABLE[i].address + TABLE[i].length:
        return TABLE[i]
    return None


def next_start(address: int) -> int:
    """Return the address of the first register beyond this one; 2^32 if there is none."""
    i = bisect_right(_STARTS, address)
    return _STARTS[i] if i < len(_STARTS) else 1 << 32


class Registers:
    """The register space as hosts read it: this table's registers, and the camera's around them.

    words   values of the 32-bit registers, by address
    device  answers for all other addresses, and for some registers of the table
    """

    def __init__(self, identity: GevIdentity, device: DevicePort) -> None:
        mac = int.from_bytes(identity.mac, "big")
        self._device = device
        self.words = {r.address: r.reset for r in TABLE if r.length == 4} | {
            MAC_HIGH: mac >> 32,
            MAC_LOW: mac & 0xFFFF_FFFF,
            **location_words(identity.location),
        }
        url = identity.xml_url.encode().ljust(512, b"\0")
        self._texts = {FIRST_URL: url, SECOND_URL: bytes(512)}

    def discovery(self) -> bytes:
        """Return registers 0x00..0xF7 for a DISCOVERY acknowledge; addresses without a register read 0."""
        answer = bytearray(DISCOVERY_BYTES)
        for register in TABLE:
            if register.address < DISCOVERY_BYTES:
                answer[register.address : register.address + 4] = self._value(register)
        for address, length in DEVICE_FIELDS:
            answer[address : address + length] = self._device.read(address, length)
        return bytes(answer)

    def read(self, address: int, length: int) -> bytes:
        """Read a range that may span registers of the table and of the camera."""
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
            case SideEffect.TIMESTAMP_VALUE:
                shift = 32 if register.address == TIMESTAMP_HIGH else 0
                value = self._device.timestamp_latched >> shift & 0xFFFF_FFFF
            case SideEffect.PACKET_SIZE:
                return self._device.read(SCPS, 4)
            case _:
                value = self.words[register.address]
        return value.to_bytes(4, "big")


def location_words(location: NetworkLocation) -> dict[int, int]:
    """Return the registers, by address, that hold the device's network location."""
    return {
        CURRENT_IP: location.address,
        CURRENT_MASK: location.netmask,
        CURRENT_GATEWAY: location.gateway,
        LINK_SPEED: location.link_Mbps,
        SCSP: location.stream_port,
        MCSP: location.message_port,
    }
