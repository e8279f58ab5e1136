"""What is wrong with messages and actions."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from peers.breaks.registry import breaks


def messages(change: Callable[[Any], Any]) -> None:
    from camtwin.links import camera_port, gige

    write = camera_port.message_of
    gige.message_of = lambda event: change(write(event))


@breaks
def events_misnumbered() -> None:
    messages(lambda message: dataclasses.replace(message, event_id=message.event_id + 1))


@breaks
def events_little_endian() -> None:
    """Timestamps the other way round."""
    messages(
        lambda message: dataclasses.replace(
            message, timestamp=int.from_bytes(message.timestamp.to_bytes(8, "little"), "big")
        )
    )


@breaks
def events_late() -> None:
    """Ends of exposures have a timestamp 2 us later."""
    messages(
        lambda message: dataclasses.replace(
            message, timestamp=message.timestamp + 2000 * (message.event_id == 4)
        )
    )


@breaks
def events_untagged() -> None:
    """Messages with 64-bit block ids do not say so."""
    from camtwin.wire.gev import gvcp

    pack = gvcp.Message.pack

    def untagged(self: gvcp.Message, request_id: int, *, extended: bool, ack_required: bool) -> bytes:
        data = pack(self, request_id, extended=extended, ack_required=ack_required)
        return data[:1] + bytes([data[1] & ~gvcp.EXTENDED_ID]) + data[2:]

    gvcp.Message.pack = untagged


@breaks
def events_unacknowledged() -> None:
    """The camera does not hear that its host has a message."""
    from camtwin.wire.gev.messages import MessageChannel

    MessageChannel.receive = lambda self, data, peer: None


@breaks
def actions_for_all() -> None:
    """Whatever the keys, the camera acts."""
    from camtwin.camera import Camera

    action = Camera.action
    Camera.action = lambda self, device_key, group_key, group_mask: action(
        self,
        self.settings.ActionDeviceKey,
        self.settings.ActionGroupKey[1],
        self.settings.ActionGroupMask[1],
    )


@breaks
def actions_unheard() -> None:
    """Acknowledged, and nothing comes of it."""
    from camtwin.camera import Camera

    Camera.action = lambda self, device_key, group_key, group_mask: True


@breaks
def chunks_little_endian() -> None:
    from camtwin.camera import chunks

    write = chunks.tail
    chunks.tail = lambda exposure, order="big": write(exposure, "little")


@breaks
def chunks_swapped() -> None:
    """OffsetX is said to be OffsetY."""
    from camtwin.camera import chunks

    both = chunks.FEATURES["OffsetX"], chunks.FEATURES["OffsetY"]
    chunks.FEATURES["OffsetY"], chunks.FEATURES["OffsetX"] = both  # pyright: ignore[reportIndexIssue]


@breaks
def chunks_all() -> None:
    """Every chunk is sent, enabled or not."""
    from camtwin.camera import chunks, rates
    from camtwin.camera.features import chunk_data_control, transport_layer_control
    from camtwin.genicam.nodes import By

    everything = By(dict.fromkeys(chunk_data_control.NAMES, True))
    enabled, size = chunks.enabled, transport_layer_control.size
    chunks.enabled = lambda e: [*everything] if enabled(e) else []
    told = lambda *asked: size(asked[0], asked[1], asked[2], asked[3], everything)  # noqa: E731
    rates.size = transport_layer_control.size = told
