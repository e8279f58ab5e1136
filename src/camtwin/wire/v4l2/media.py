"""Arguments of the ioctls of media devices: entities, pads, links, interfaces. Source: linux/media.h."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Final

from camtwin.wire.v4l2.layout import U16, U32, U64, Chars, Layout, Numbers, Union

ENTITY_SENSOR, ENTITY_CAPTURE, ENTITY_BRIDGE = 0x0002_0001, 0x0001_0001, 0x0000_5002
"""Functions: MEDIA_ENT_F_CAM_SENSOR, _IO_V4L, _VID_IF_BRIDGE."""
OLD_SUBDEVICE: Final = 0x0002_0000
"""Type of a sub-device whose function older programs do not know."""
ENTITY_DEFAULT: Final = 1
NEXT_ENTITY: Final = 1 << 31
PAD_SINK, PAD_SOURCE, PAD_MUST_CONNECT = 1, 2, 4
LINK_ENABLED, LINK_IMMUTABLE, LINK_INTERFACE = 1, 2, 1 << 28
INTERFACE_VIDEO, INTERFACE_SUBDEVICE = 0x200, 0x203
VERSION: Final = 6 << 16 | 1 << 8
"""Version of Linux whose interface this is."""


@dataclass(frozen=True)
class DeviceInfo(Layout):
    driver: Annotated[str, Chars(16)]
    model: Annotated[str, Chars(32)]
    serial: Annotated[str, Chars(40)]
    bus_info: Annotated[str, Chars(32)]
    media_version: U32
    hw_revision: U32
    driver_version: U32
    reserved: Annotated[tuple[int, ...], Numbers("I", 31)] = (0,) * 31


@dataclass(frozen=True)
class EntityDescription(Layout):
    """An entity; `device` begins with the numbers of its node, major and minor."""

    id: U32
    name: Annotated[str, Chars(32)]
    type: U32
    revision: U32
    flags: U32
    group_id: U32
    pads: U16
    links: U16
    reserved: Annotated[tuple[int, ...], Numbers("I", 4)]
    device: Annotated[bytes, Union(184, 8)]


@dataclass(frozen=True)
class PadDescription(Layout):
    entity: U32
    index: U16
    flags: U32
    reserved: Annotated[tuple[int, ...], Numbers("I", 2)] = (0,) * 2


@dataclass(frozen=True)
class LinkDescription(Layout):
    source: PadDescription
    sink: PadDescription
    flags: U32
    reserved: Annotated[tuple[int, ...], Numbers("I", 2)] = (0,) * 2


@dataclass(frozen=True)
class LinksEnum(Layout):
    entity: U32
    pads: U64
    links: U64
    reserved: Annotated[tuple[int, ...], Numbers("I", 4)] = (0,) * 4


@dataclass(frozen=True)
class NodeNumbers(Layout):
    """Numbers of a device node."""

    major: U32
    minor: U32


@dataclass(frozen=True)
class Entity(Layout):
    PACKED: ClassVar[bool] = True

    id: U32
    name: Annotated[str, Chars(64)]
    function: U32
    flags: U32
    reserved: Annotated[tuple[int, ...], Numbers("I", 5)] = (0,) * 5


@dataclass(frozen=True)
class Interface(Layout):
    PACKED: ClassVar[bool] = True

    id: U32
    intf_type: U32
    flags: U32
    reserved: Annotated[tuple[int, ...], Numbers("I", 9)]
    device: Annotated[bytes, Union(64, 4)]


@dataclass(frozen=True)
class Pad(Layout):
    id: U32
    entity_id: U32
    flags: U32
    index: U32
    reserved: Annotated[tuple[int, ...], Numbers("I", 4)] = (0,) * 4


@dataclass(frozen=True)
class Link(Layout):
    id: U32
    source_id: U32
    sink_id: U32
    flags: U32
    reserved: Annotated[tuple[int, ...], Numbers("I", 6)] = (0,) * 6


@dataclass(frozen=True)
class Counted(Layout):
    """The room for an array of the topology, then how many there are; `place` is the program's pointer."""

    count: U32
    reserved: U32
    place: U64


@dataclass(frozen=True)
class Topology(Layout):
    topology_version: U64
    entities: Counted
    interfaces: Counted
    pads: Counted
    links: Counted
