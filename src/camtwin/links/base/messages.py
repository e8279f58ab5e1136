"""Events of a camera as messages of its link."""

from __future__ import annotations

from camtwin.camera.reports.events import Event
from camtwin.wire.gev import gvsp
from camtwin.wire.gev.gvcp import Message


def message_of(event: Event, *, extended: bool) -> Message:
    """Build the message for an event; of a frame it has the image's block id, in the header and as its data.

    extended  whether block ids have 64 bits
    """
    if event.frame_number is None:
        return Message(event.number, event.timestamp_ns)
    block_id = gvsp.block_id(event.frame_number, extended)
    return Message(
        event.number, event.timestamp_ns, channel=0, block_id=block_id, data=block_id.to_bytes(8, "big")
    )


def event_data(event: Event) -> bytes:
    """Return the data of an event's message: of a frame the block id of its image."""
    return b"" if event.frame_number is None else event.frame_number.to_bytes(8, "little")
