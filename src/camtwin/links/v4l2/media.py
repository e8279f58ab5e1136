"""The media device of a camera: sensor, receiver and capture node, and the links between them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from errno import EINVAL, ENOSPC
from typing import Final

from camtwin.links.v4l2.node import DRIVER, VERSION, Node
from camtwin.links.v4l2.open_file import IoctlError, OpenFile
from camtwin.wire.v4l2 import ioctls as io
from camtwin.wire.v4l2 import media as md
from camtwin.wire.v4l2.layout import joined

FIXED: Final = md.LINK_ENABLED | md.LINK_IMMUTABLE
INTERFACE_ENTITY: Final = md.LINK_INTERFACE | FIXED


@dataclass(frozen=True, slots=True)
class Part:
    """An entity with its pads, and the node that programs have of it."""

    id: int
    name: str
    function: int
    pads: tuple[int, ...]
    flags: int = 0
    node: tuple[int, tuple[int, int]] | None = None


class MediaNode(Node):
    """The media device; pads of the parts are linked in their order."""

    def __init__(
        self,
        name: str,
        device: tuple[int, int],
        *,
        model: str,
        serial: str,
        bus_info: str,
        sensor: str,
        subdevice: tuple[int, int],
        capture: str,
        video: tuple[int, int],
    ) -> None:
        self.model, self.serial, self.bus_info = model, serial, bus_info
        self.parts = (
            Part(1, sensor, md.ENTITY_SENSOR, (md.PAD_SOURCE,), 0, (md.INTERFACE_SUBDEVICE, subdevice)),
            Part(2, f"{DRIVER} csi2", md.ENTITY_BRIDGE, (md.PAD_SINK | md.PAD_MUST_CONNECT, md.PAD_SOURCE)),
            Part(
                *(3, capture, md.ENTITY_CAPTURE, (md.PAD_SINK | md.PAD_MUST_CONNECT,)),
                *(md.ENTITY_DEFAULT, (md.INTERFACE_VIDEO, video)),
            ),
        )
        first_pad = len(self.parts) + 1
        all_pads = [(part, index) for part in self.parts for index in range(len(part.pads))]
        self.pads = {key: first_pad + n for n, key in enumerate(all_pads)}
        ends = [*zip(all_pads[::2], all_pads[1::2], strict=True)]
        self.links = ends
        calls: dict[int, Callable[[OpenFile, bytes], bytes]] = {
            io.DEVICE_INFO: lambda *_: self._info(),
            io.ENUM_ENTITIES: lambda _, data: self._entity(data),
            io.ENUM_LINKS: lambda _, data: self._links_of(data),
            io.SETUP_LINK: lambda _, data: self._set_up(data),
            io.G_TOPOLOGY: lambda _, data: self._topology(data),
        }
        super().__init__(name, device, calls)

    def _info(self) -> bytes:
        return md.DeviceInfo(DRIVER, self.model, self.serial, self.bus_info, VERSION, 0, VERSION).pack()

    # -- one entity --------------------------------------------------------------------------------------
    def _part(self, number: int) -> Part:
        for part in self.parts:
            if part.id == number:
                return part
        raise IoctlError(EINVAL)

    def _entity(self, data: bytes) -> bytes:
        asked = md.EntityDescription.unpack(data)
        wanted = asked.id & ~md.NEXT_ENTITY
        if asked.id & md.NEXT_ENTITY:
            part = next((part for part in self.parts if part.id > wanted), None)
            if part is None:
                raise IoctlError(EINVAL)
        else:
            part = self._part(wanted)
        begin = [source for source, _ in self.links if source[0] is part]
        device = md.NodeNumbers(*part.node[1]).pack() if part.node else b""
        kind = part.function if part.function != md.ENTITY_BRIDGE else md.OLD_SUBDEVICE
        return md.EntityDescription(
            *(part.id, part.name, kind, 0, part.flags, 0, len(part.pads), len(begin)),
            *((0,) * 4, device.ljust(184, b"\0")),
        ).pack()

    def _pad(self, end: tuple[Part, int]) -> md.PadDescription:
        part, index = end
        return md.PadDescription(part.id, index, part.pads[index])

    def _links_of(self, data: bytes) -> bytes:
        asked = md.LinksEnum.unpack(data)
        part = self._part(asked.entity)
        pads = [self._pad((part, index)) for index in range(len(part.pads))]
        links = [
            md.LinkDescription(self._pad(source), self._pad(sink), FIXED)
            for source, sink in self.links
            if source[0] is part
        ]
        told = replace(asked, reserved=(0,) * 4).pack()
        return told + len(pads).to_bytes(4, "little") + joined(pads) + joined(links)

    def _set_up(self, data: bytes) -> bytes:
        """Leave a link as it is: all are fixed."""
        asked = md.LinkDescription.unpack(data)
        wanted = [(end.entity, end.index) for end in (asked.source, asked.sink)]
        for link in self.links:
            if [(part.id, index) for part, index in link] == wanted:
                if asked.flags == FIXED:
                    return replace(asked, flags=FIXED, reserved=(0, 0)).pack()
                raise IoctlError(EINVAL)
        raise IoctlError(EINVAL)

    # -- the whole graph -----------------------------------------------------------------------------------
    def _topology(self, data: bytes) -> bytes:
        asked = md.Topology.unpack(data)
        first_link = len(self.parts) + len(self.pads) + 1
        first_interface = first_link + len(self.links)
        entities = [md.Entity(part.id, part.name, part.function, part.flags) for part in self.parts]
        nodes = [part for part in self.parts if part.node]
        interfaces: list[md.Interface] = []
        links = [
            md.Link(first_link + n, self.pads[source], self.pads[sink], FIXED)
            for n, (source, sink) in enumerate(self.links)
        ]
        for n, part in enumerate(nodes):
            assert part.node
            kind, device = part.node
            number = first_interface + n
            node = md.NodeNumbers(*device).pack().ljust(64, b"\0")
            interfaces.append(md.Interface(number, kind, 0, (0,) * 9, node))
            links.append(md.Link(first_interface + len(nodes) + n, number, part.id, INTERFACE_ENTITY))
        pads = [
            md.Pad(number, part.id, part.pads[index], index) for (part, index), number in self.pads.items()
        ]
        told: list[md.Counted] = []
        arrays: list[bytes] = []
        rooms = asked.entities, asked.interfaces, asked.pads, asked.links
        for room, found in zip(rooms, (entities, interfaces, pads, links), strict=True):
            told.append(md.Counted(len(found), 0, room.place))
            if room.place and room.count < len(found):
                raise IoctlError(ENOSPC)
            arrays.append(joined(found) if room.place else b"")
        return md.Topology(1, *told).pack() + b"".join(arrays)
