"""Break a USB3 Vision camera."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from mutations.breaks.descriptions import description
from mutations.registry import sabotage
from mutations.tools import everywhere


@sabotage()
def xml_big_endian(patch: pytest.MonkeyPatch) -> None:
    description(patch, "<Endianess>LittleEndian</Endianess>", "<Endianess>BigEndian</Endianess>")


@sabotage()
def manifest_lies(patch: pytest.MonkeyPatch) -> None:
    """State a wrong length and address of the description."""
    from camtwin.wire.u3v.device import Description

    entry = Description.manifest_entry
    patch.setattr(
        Description, "manifest_entry", lambda self: entry(dataclasses.replace(self, address=self.address + 4))
    )


@sabotage()
def usb_guid_short(patch: pytest.MonkeyPatch) -> None:
    from camtwin.wire.u3v import usb

    make = usb.UsbIdentity
    everywhere(patch, usb, "UsbIdentity", lambda **fields: make(**{**fields, "guid": fields["guid"][2:]}))


@sabotage()
def usb_ack_ids(patch: pytest.MonkeyPatch) -> None:
    """Acknowledges have the number of the request before."""
    from camtwin.wire.u3v.gencp import Header

    ack = Header.ack
    patch.setattr(
        Header,
        "ack",
        lambda self, body=b"", status=0: ack(
            dataclasses.replace(self, request_id=self.request_id - 1 & 0xFFFF), body, status
        ),
    )


@sabotage()
def usb_ack_prefix(patch: pytest.MonkeyPatch) -> None:
    from camtwin.wire.u3v import gencp

    ack = gencp.Header.ack
    patch.setattr(gencp.Header, "ack", lambda self, *said, **named: b"U3VX" + ack(self, *said, **named)[4:])


@sabotage()
def usb_host_unnoticed(patch: pytest.MonkeyPatch) -> None:
    """Do not stall the camera's link when its host fetches nothing."""
    from camtwin.camera import Camera

    patch.setattr(Camera, "host_fetches", lambda self, fetches: None)


@sabotage()
def usb_blocks_from_1(patch: pytest.MonkeyPatch) -> None:
    from camtwin.wire.u3v import stream as u3v

    leader, trailer = u3v.leader, u3v.trailer
    everywhere(patch, u3v, "leader", lambda image, block_id: leader(image, block_id + 1))
    everywhere(patch, u3v, "trailer", lambda block_id, *rest: trailer(block_id + 1, *rest))


@sabotage()
def usb_leader_narrow(patch: pytest.MonkeyPatch) -> None:
    from camtwin.wire.u3v import stream as u3v

    write = u3v.leader
    everywhere(
        patch,
        u3v,
        "leader",
        lambda image, block_id: write(dataclasses.replace(image, width=image.width - 16), block_id),
    )


@sabotage()
def usb_leader_cut(patch: pytest.MonkeyPatch) -> None:
    from camtwin.wire.u3v import stream as u3v

    write = u3v.leader
    everywhere(patch, u3v, "leader", lambda image, block_id: write(image, block_id)[:-12])


@sabotage()
def usb_trailer_lost(patch: pytest.MonkeyPatch) -> None:
    from camtwin.links.usb3.pipes import Writer

    parts = Writer._parts
    patch.setattr(Writer, "_parts", staticmethod(lambda job, payload: [*parts(job, payload)][:-1]))


@sabotage()
def usb_transfers_joined(patch: pytest.MonkeyPatch) -> None:
    """Ignore the host's transfer sizes: send one transfer for everything."""
    from camtwin.wire.u3v.stream import Transfers

    patch.setattr(Transfers, "spans", lambda self, payload_bytes: iter([(0, payload_bytes // 2)]))


@sabotage()
def usb_room_unheard(patch: pytest.MonkeyPatch) -> None:
    """Nobody is told that a frame has left."""
    from camtwin.links.usb3.link import Usb3Camera

    patch.setattr(Usb3Camera, "sent", lambda self: None)


@sabotage()
def usb_events_late(patch: pytest.MonkeyPatch) -> None:
    """Events say the time at which they are sent, in microseconds."""
    from camtwin.wire.u3v import stream as u3v

    write = u3v.event
    everywhere(
        patch,
        u3v,
        "event",
        lambda event_id, timestamp_ns, *rest: write(event_id, timestamp_ns // 1000, *rest),
    )


@sabotage()
def usb_chunks_big_endian(patch: pytest.MonkeyPatch) -> None:
    from camtwin.camera.reports import chunks

    write = chunks.tail
    everywhere(
        patch, chunks, "tail", lambda exposure, ids, order="big", *image: write(exposure, ids, "big", *image)
    )


@sabotage()
def usb_chunks_unsaid(patch: pytest.MonkeyPatch) -> None:
    """State an image in the leader, but no chunks."""
    from camtwin.wire.u3v import stream as u3v

    for kind in u3v.PAYLOAD:
        patch.setitem(u3v.PAYLOAD, kind, 1)


@sabotage()
def usb_pending_silent(patch: pytest.MonkeyPatch) -> None:
    """Send no PENDING_ACK while a save is under way."""
    from camtwin.wire.u3v.device import Acknowledge, U3vDevice
    from camtwin.wire.u3v.gencp import Command

    receive, pending = U3vDevice.receive, (Command.PENDING + 1).to_bytes(2, "little")

    def silent(self: U3vDevice, data: bytes) -> Any:
        for effect in receive(self, data):
            if not (isinstance(effect, Acknowledge) and effect.data[6:8] == pending):
                yield effect

    patch.setattr(U3vDevice, "receive", silent)


@sabotage()
def usb_visitors_refused(patch: pytest.MonkeyPatch) -> None:
    """Show nothing of a device that a host has."""
    from camtwin.links.usb3 import server
    from camtwin.wire.u3v import usbip

    visit = server.Connection._visit

    def refuse(self: Any, device: Any, writer: Any, message: Any) -> None:
        if device.connection:
            writer.reply(usbip.submit_reply(message.sequence, 0, usbip.EBUSY))
        else:
            visit(self, device, writer, message)

    patch.setattr(server.Connection, "_visit", refuse)


@sabotage()
def usb_last_wins(patch: pytest.MonkeyPatch) -> None:
    """Take a device from its host when another one asks for it."""
    from camtwin.links.usb3 import server

    def take(device: server.Device) -> bool:
        if device.connection:
            device.connection.close()
        return False

    patch.setattr(server, "_taken", take)


@sabotage()
def usb_boots_unseen(patch: pytest.MonkeyPatch) -> None:
    """Keep the address when the camera boots, so that hosts know the device still."""
    from camtwin.links.usb3.link import Usb3Camera

    anew = Usb3Camera._start_anew

    def same(self: Usb3Camera) -> None:
        self._new_address = lambda: self.address
        anew(self)

    patch.setattr(Usb3Camera, "_start_anew", same)


@sabotage()
def usb_strings_swapped(patch: pytest.MonkeyPatch) -> None:
    """Have the vendor's name where the model's belongs."""
    from camtwin.wire.u3v import usb

    make = usb.UsbIdentity
    everywhere(
        patch,
        usb,
        "UsbIdentity",
        lambda **fields: make(**{**fields, "model": fields["vendor"], "vendor": fields["model"]}),
    )


@sabotage()
def usb_claims_refused(patch: pytest.MonkeyPatch) -> None:
    """Say that a free device is busy."""
    from camtwin.links.usb3 import server

    patch.setattr(server, "_taken", lambda device: True)
