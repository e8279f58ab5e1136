"""Links as the camera on them sees them: one frozen LinkKind each. links/kind.py knows how to open them.

A new link is `wire/x`, `links/x`, and a LinkKind here with its opener there; its name stands in data sheets,
and in the declarations of features that its standard places.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final, Protocol

from camtwin.camera.settings import Settings
from camtwin.genicam.dialect import Dialect, EventField
from camtwin.models.schema import CameraSheet, GigE, Usb3
from camtwin.units import SEC, Ns
from camtwin.wire.gev import gvsp
from camtwin.wire.ip import ethernet

SHEET_SPEED: Final = 0
"""The link speed that the data sheet names."""
HIGH_SPEED, SUPER_SPEED = 480_000_000, 5_000_000_000
"""Speeds of USB, in bits per second."""
HIGH_SPEED_PACKET, SUPER_SPEED_PACKET = 512, 1024
"""Bytes of a packet of its bulk endpoints. Source: USB 3.2, chapters 5.8.3 and 8.12."""


class LinkTiming(Protocol):
    """The time that frames take on a link."""

    @property
    def bytes_per_s(self) -> int: ...
    def transfer_ns(self, settings: Settings, payload_bytes: int) -> Ns: ...
    def packets(self, settings: Settings, payload_bytes: int) -> int:
        """Count the packets in which a frame travels."""
        ...

    def with_block_ids(self, *, extended: bool) -> LinkTiming:
        """Return the timing with 64-bit or 16-bit block ids, if the link has block ids."""
        ...

    def through(self, carried: Callable[[], int], *, slow_plug: bool) -> LinkTiming | None:
        """Return the timing through a cable that carries so many bits per second.

        None if nothing gets through.
        """
        ...


@dataclass(frozen=True, slots=True)
class GigETiming:
    """GVSP packets on an Ethernet wire; `extended` uses 64-bit block ids, whose headers are longer."""

    wire: GigE
    extended: bool = False

    @property
    def bytes_per_s(self) -> int:
        return self.wire.bits_per_s // 8

    def transfer_ns(self, settings: Settings, payload_bytes: int) -> Ns:
        """Return the time of a frame's packets, each followed by GevSCPD, within the throughput limit."""
        size, extended = settings.GevSCPSPacketSize, self.extended
        wire_bytes = gvsp.wire_bytes(
            payload_bytes,
            size,
            extended=extended,
            chunks=settings.ChunkModeActive,
            around=ethernet.AROUND_BYTES + self.wire.gap_bytes,
        )
        bits_per_s = min(self.wire.bits_per_s, 8 * settings.DeviceLinkThroughputLimit)
        packets = gvsp.packets_of(payload_bytes, size, extended=extended)
        return wire_bytes * 8 * SEC // bits_per_s + packets * settings.GevSCPD

    def packets(self, settings: Settings, payload_bytes: int) -> int:
        return gvsp.packets_of(payload_bytes, settings.GevSCPSPacketSize, extended=self.extended)

    def with_block_ids(self, *, extended: bool) -> GigETiming:
        return replace(self, extended=extended)

    def through(self, carried: Callable[[], int], *, slow_plug: bool) -> GigETiming | None:
        bits = min(carried(), self.wire.bits_per_s)
        return replace(self, wire=self.wire.model_copy(update={"bits_per_s": bits})) if bits else None


@dataclass(frozen=True, slots=True)
class U3vTiming:
    """USB3 Vision on a SuperSpeed or HighSpeed bus; the camera may limit its rate below the bus's."""

    bus: Usb3
    high_speed: bool = False

    @property
    def bytes_per_s(self) -> int:
        return self.bus.high_bytes_per_s if self.high_speed else self.bus.super_bytes_per_s

    def transfer_ns(self, settings: Settings, payload_bytes: int) -> Ns:
        """Return the time of the payload at the present rate, without the 84 bytes of leader and trailer."""
        rate = self.bytes_per_s
        if settings.DeviceLinkThroughputLimitMode == "On":
            rate = min(rate, settings.DeviceLinkThroughputLimit)
        return payload_bytes * SEC // rate

    def packets(self, settings: Settings, payload_bytes: int) -> int:
        """Count leader, trailer, and the packets of the bulk endpoint in between."""
        return 2 + -(-payload_bytes // (HIGH_SPEED_PACKET if self.high_speed else SUPER_SPEED_PACKET))

    def with_block_ids(self, *, extended: bool) -> U3vTiming:
        return self

    def through(self, carried: Callable[[], int], *, slow_plug: bool) -> U3vTiming:
        return replace(self, high_speed=self.high_speed or slow_plug)


@dataclass(frozen=True, slots=True)
class NoLink:
    """No link: a frame arrives when it has been read, unless the throughput limit is lower."""

    bytes_per_s = 50_000_000_000

    def transfer_ns(self, settings: Settings, payload_bytes: int) -> Ns:
        limit = settings.DeviceLinkThroughputLimit
        return 0 if limit >= self.bytes_per_s else payload_bytes * SEC // limit

    def packets(self, settings: Settings, payload_bytes: int) -> int:
        return 1

    def with_block_ids(self, *, extended: bool) -> NoLink:
        return self

    def through(self, carried: Callable[[], int], *, slow_plug: bool) -> NoLink | None:
        return self if carried() else None


@dataclass(frozen=True, eq=False)
class LinkKind:
    """One kind of link.

    dialect      byte order, name space and event messages, and its name in data sheets
    title        its name for people
    tltype       its name as GenTL's transport layer
    time         makes its timing from the data sheet's section of the link's name, and from a speed
    has_network  hosts reach it by an address: it has packets, heartbeats, and faults of both
    counts_acquisitions  each acquisition is a stream of its own: its blocks count from the first id again
    takes_all    a frame leaves as it is read: none waits in the camera's memory
    first_block  block id of a stream's first frame
    has_transfers  frames travel as transfers of a bus, which a host asks for
    """

    dialect: Dialect
    title: str
    time: Callable[..., LinkTiming]
    tltype: str = "Custom"
    has_network: bool = False
    counts_acquisitions: bool = False
    takes_all: bool = False
    first_block: int = 0
    has_transfers: bool = False

    @property
    def name(self) -> str:
        return self.dialect.name

    def timing(self, sheet: CameraSheet, bits_per_s: int) -> LinkTiming:
        """Return the timing of a model's link at a speed in bits per second, or at SHEET_SPEED.

        Raises:
            ValueError: this kind of link does not have that speed
        """
        return self.time(getattr(sheet, self.name, None), bits_per_s)


def _gige(wire: GigE, bits_per_s: int) -> GigETiming:
    return GigETiming(wire.model_copy(update={"bits_per_s": bits_per_s}) if bits_per_s else wire)


def _usb3(bus: Usb3, bits_per_s: int) -> U3vTiming:
    if bits_per_s not in (SHEET_SPEED, HIGH_SPEED, SUPER_SPEED):
        raise ValueError(f"link speed {bits_per_s} bit/s: USB has 480M (HighSpeed) and 5G (SuperSpeed)")
    return U3vTiming(bus, high_speed=bits_per_s == HIGH_SPEED)


GIGE: Final = LinkKind(
    Dialect(
        "gige",
        "big",
        "GEV",
        {
            "": EventField(2, 2),
            "Timestamp": EventField(8, 8, "EventShift"),
            "FrameID": EventField(16, 8, "EventShift"),
        },
    ),
    "GigE Vision",
    _gige,
    "GEV",
    has_network=True,
    first_block=1,
)
USB3: Final = LinkKind(
    Dialect(
        "usb3",
        "little",
        "USB",
        {"": EventField(2, 2), "Timestamp": EventField(4, 8), "FrameID": EventField(12, 8)},
    ),
    "USB3 Vision",
    _usb3,
    "U3V",
    counts_acquisitions=True,
    has_transfers=True,
)
CSI2: Final = LinkKind(
    Dialect("csi2", "little", "Custom"), "CSI-2, I2C bus", lambda *_: NoLink(), takes_all=True
)
V4L2: Final = LinkKind(
    Dialect("v4l2", "little", "Custom"), "V4L2, CSI-2", lambda *_: NoLink(), takes_all=True
)
NONE: Final = LinkKind(Dialect("none", "little", "Custom"), "no link", lambda *_: NoLink(), takes_all=True)
KINDS: Final[Mapping[str, LinkKind]] = {kind.name: kind for kind in (GIGE, USB3, CSI2, V4L2, NONE)}
"""Kinds of links by their names in data sheets."""
