"""Break messages and actions."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from mutations.registry import sabotage
from mutations.tools import everywhere


def messages(patch: pytest.MonkeyPatch, change: Callable[[Any], Any]) -> None:
    from camtwin.links.base import messages

    write = messages.message_of
    everywhere(patch, messages, "message_of", lambda event, **ids: change(write(event, **ids)))


@sabotage()
def events_misnumbered(patch: pytest.MonkeyPatch) -> None:
    messages(patch, lambda message: dataclasses.replace(message, event_id=message.event_id + 1))


@sabotage()
def events_little_endian(patch: pytest.MonkeyPatch) -> None:
    """Timestamps the other way round."""
    messages(
        patch,
        lambda message: dataclasses.replace(
            message, timestamp=int.from_bytes(message.timestamp.to_bytes(8, "little"), "big")
        ),
    )


@sabotage()
def events_of_the_next_block(patch: pytest.MonkeyPatch) -> None:
    messages(
        patch,
        lambda message: dataclasses.replace(message, block_id=message.block_id + bool(message.block_id)),
    )


@sabotage()
def events_late(patch: pytest.MonkeyPatch) -> None:
    """Give ends of exposures a timestamp 2 us later."""
    messages(
        patch,
        lambda message: dataclasses.replace(
            message, timestamp=message.timestamp + 2000 * (message.event_id == 4)
        ),
    )


@sabotage()
def events_untagged(patch: pytest.MonkeyPatch) -> None:
    """Messages with 64-bit block ids do not say so."""
    from camtwin.wire.gev import gvcp

    pack = gvcp.Message.pack

    def untagged(self: gvcp.Message, request_id: int, *, extended: bool, ack_required: bool) -> bytes:
        data = pack(self, request_id, extended=extended, ack_required=ack_required)
        return data[:1] + bytes([data[1] & ~gvcp.EXTENDED_ID]) + data[2:]

    patch.setattr(gvcp.Message, "pack", untagged)


@sabotage()
def events_unacknowledged(patch: pytest.MonkeyPatch) -> None:
    """Ignore acknowledges of event messages."""
    from camtwin.wire.gev.messages import MessageChannel

    patch.setattr(MessageChannel, "receive", lambda self, data, peer: iter(()))


@sabotage()
def actions_for_all(patch: pytest.MonkeyPatch) -> None:
    """Whatever the keys, the camera acts."""
    from camtwin.camera import Camera

    action = Camera.action
    patch.setattr(
        Camera,
        "action",
        lambda self, device_key, group_key, group_mask: action(
            self,
            self.settings.ActionDeviceKey,
            self.settings.ActionGroupKey[1],
            self.settings.ActionGroupMask[1],
        ),
    )


@sabotage()
def actions_unheard(patch: pytest.MonkeyPatch) -> None:
    """Acknowledged, and nothing comes of it."""
    from camtwin.camera import Camera

    patch.setattr(Camera, "action", lambda self, device_key, group_key, group_mask: True)


@sabotage()
def chunks_little_endian(patch: pytest.MonkeyPatch) -> None:
    from camtwin.camera.reports import chunks

    write = chunks.tail
    everywhere(
        patch,
        chunks,
        "tail",
        lambda exposure, ids, order="big", *image: write(exposure, ids, "little", *image),
    )


@sabotage()
def chunks_swapped(patch: pytest.MonkeyPatch) -> None:
    """OffsetX is said to be OffsetY."""
    from camtwin.camera.reports import chunks

    both = chunks.FEATURES["OffsetX"], chunks.FEATURES["OffsetY"]
    patch.setitem(chunks.FEATURES, "OffsetY", both[0])
    patch.setitem(chunks.FEATURES, "OffsetX", both[1])


@sabotage()
def chunks_all(patch: pytest.MonkeyPatch) -> None:
    """Every chunk is sent, enabled or not, but for the checksum that one model alone has."""
    from camtwin.camera.features import chunk_data_control, rates, transport_layer_control
    from camtwin.camera.reports import chunks
    from camtwin.genicam.nodes import By

    everything = By({name: True for name in chunk_data_control.NAMES if name != "PayloadCRC16"})
    enabled, size = chunks.enabled, transport_layer_control.size
    everywhere(patch, chunks, "enabled", lambda e: [*everything] if enabled(e) else [])
    told = lambda w, h, pixels, on, _, more: size(w, h, pixels, on, everything, more)  # noqa: E731
    everywhere(patch, rates, "size", told)
    everywhere(patch, transport_layer_control, "size", told)
