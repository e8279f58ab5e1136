"""A camera's port as GenTL has it: registers, events and frames' ids, as on the camera's own link.

Consumers choose how they take apart chunks and events by the transport layer, and want the messages whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from camtwin.camera import Transfer
from camtwin.camera.links import GIGE, KINDS, USB3, LinkKind
from camtwin.camera.reports.events import Event
from camtwin.links.base.messages import event_data, message_of
from camtwin.problem import Refused
from camtwin.twins import Twin
from camtwin.wire.gev import bootstrap, gvsp
from camtwin.wire.gev.bootstrap import SideEffect
from camtwin.wire.gev.gvcp import Status, StatusError
from camtwin.wire.gev.ports import NO_LOCATION, GevIdentity
from camtwin.wire.ip.ethernet import mac_from_serial
from camtwin.wire.u3v import stream as u3v

MAX_REQUEST: Final = 0xFFFF


class Port:
    """The port of a camera without a link's own registers."""

    def __init__(self, twin: Twin) -> None:
        self.twin, self.camera = twin, twin.camera
        self._request = 0

    def read(self, address: int, count: int) -> bytes:
        """Read registers. Refused or StatusError gives the reason for what is not read."""
        if not self.camera.powered:
            raise Refused("unavailable", "the camera has no power")
        return self._read(address, count)

    def _read(self, address: int, count: int) -> bytes:
        return self.camera.read(address, count)

    def write(self, address: int, data: bytes) -> None:
        """Write registers. Refused or StatusError gives the reason for what is not written."""
        self.camera.write(address, data)

    def event(self, event: Event) -> bytes:
        """Return the message of an event."""
        return u3v.event(event.number, event.timestamp_ns, self.next_request(), event_data(event))

    def frame_id(self, transfer: Transfer) -> int:
        """Return the id of a frame, as its events have it."""
        return transfer.number

    def next_request(self) -> int:
        """Return the number of the next message."""
        self._request = self._request % MAX_REQUEST + 1
        return self._request


class GevPort(Port):
    """The port of a GigE Vision camera: what the network's registers say without a network."""

    def __init__(self, twin: Twin) -> None:
        super().__init__(twin)
        identity = GevIdentity(mac_from_serial(self.camera.serial), NO_LOCATION, self.camera.xml_url)
        self._registers = bootstrap.Registers(identity, self.camera)

    def _read(self, address: int, count: int) -> bytes:
        return self._registers.read(address, count)

    def write(self, address: int, data: bytes) -> None:
        register = bootstrap.covering(address)
        if register is None or register.effect is SideEffect.PACKET_SIZE:
            super().write(address, data)
        elif register.effect is SideEffect.TIMESTAMP_CONTROL:
            value = int.from_bytes(data, "big")
            if value & bootstrap.LATCH:
                self.camera.latch_timestamp()
            if value & bootstrap.RESET:
                self.camera.reset_timestamp()
        else:
            reason = f"{register.name} is a register of the network, and GenTL uses none"
            raise StatusError(Status.ACCESS_DENIED, reason)

    def event(self, event: Event) -> bytes:
        message = message_of(event, extended=False)
        return message.pack(self.next_request(), extended=False, ack_required=False)

    def frame_id(self, transfer: Transfer) -> int:
        return gvsp.block_id(transfer.number, False)


PORTS: Final[Mapping[LinkKind, type[Port]]] = {GIGE: GevPort, USB3: Port}
"""Ports by kinds of links; those of all others have no registers of a link."""


def port_of(twin: Twin) -> Port:
    """Return the port of a twin."""
    return PORTS.get(KINDS[twin.sheet.link], Port)(twin)
