"""What is wrong with a USB3 Vision camera."""

from __future__ import annotations

import dataclasses

from peers.breaks.features import description
from peers.breaks.registry import breaks


@breaks
def xml_big_endian() -> None:
    description("<Endianess>LittleEndian</Endianess>", "<Endianess>BigEndian</Endianess>")


@breaks
def manifest_lies() -> None:
    """The description is said to be longer than it is, and lie elsewhere."""
    from camtwin.wire.u3v.device import Description

    entry = Description.manifest_entry
    Description.manifest_entry = lambda self: entry(dataclasses.replace(self, address=self.address + 4))


@breaks
def usb_guid_short() -> None:
    from camtwin.wire.u3v import usb

    make = usb.Identity
    usb.Identity = lambda **said: make(**{**said, "guid": said["guid"][2:]})  # type: ignore[misc]


@breaks
def usb_ack_ids() -> None:
    """Acknowledges have the number of the request before."""
    from camtwin.wire.u3v.gencp import Header

    ack = Header.ack
    Header.ack = lambda self, body=b"", status=0: ack(
        dataclasses.replace(self, request_id=self.request_id - 1 & 0xFFFF), body, status
    )


@breaks
def usb_ack_prefix() -> None:
    from camtwin.wire.u3v import gencp

    ack = gencp.Header.ack
    gencp.Header.ack = lambda self, *said, **named: b"U3VX" + ack(self, *said, **named)[4:]


@breaks
def usb_blocks_from_1() -> None:
    from camtwin.wire.u3v import stream as u3v

    leader, trailer = u3v.leader, u3v.trailer
    u3v.leader = lambda image, block_id: leader(image, block_id + 1)
    u3v.trailer = lambda block_id, *rest: trailer(block_id + 1, *rest)


@breaks
def usb_leader_narrow() -> None:
    from camtwin.wire.u3v import stream as u3v

    write = u3v.leader
    u3v.leader = lambda image, block_id: write(dataclasses.replace(image, width=image.width - 16), block_id)


@breaks
def usb_leader_cut() -> None:
    from camtwin.wire.u3v import stream as u3v

    write = u3v.leader
    u3v.leader = lambda image, block_id: write(image, block_id)[:-12]


@breaks
def usb_trailer_lost() -> None:
    from camtwin.links.usb_pipes import Writer

    parts = Writer._parts
    Writer._parts = staticmethod(lambda job, payload: [*parts(job, payload)][:-1])  # type: ignore[assignment]


@breaks
def usb_transfers_joined() -> None:
    """What the host wrote of sizes is not obeyed: one transfer for everything."""
    from camtwin.wire.u3v.stream import Transfers

    Transfers.spans = lambda self, payload_bytes: iter([(0, payload_bytes // 2)])


@breaks
def usb_room_unheard() -> None:
    """Nobody is told that a frame has left."""
    from camtwin.links.usb3 import Usb3Camera

    Usb3Camera.sent = lambda self: None


@breaks
def usb_events_late() -> None:
    """Events say the time at which they are sent, in microseconds."""
    from camtwin.wire.u3v import stream as u3v

    write = u3v.event
    u3v.event = lambda event_id, timestamp_ns, *rest: write(event_id, timestamp_ns // 1000, *rest)


@breaks
def usb_chunks_big_endian() -> None:
    from camtwin.camera import chunks

    write = chunks.tail
    chunks.tail = lambda exposure, order="big": write(exposure, "big")


@breaks
def usb_chunks_unsaid() -> None:
    """The leader says that there is an image, and no more."""
    from camtwin.wire.u3v import stream as u3v

    for kind in u3v.PAYLOAD:
        u3v.PAYLOAD[kind] = 1


@breaks
def usb_pending_silent() -> None:
    """Who waits for a save is told nothing until it is done."""
    from camtwin.wire.u3v.device import U3vDevice

    U3vDevice._pending = staticmethod(lambda header, busy_ns: None)  # type: ignore[method-assign]
