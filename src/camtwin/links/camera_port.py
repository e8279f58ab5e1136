"""The camera as wire.gev sees it: registers, clock, actions; and what it tells, as messages."""

from __future__ import annotations

import contextlib
from typing import Final

from camtwin.camera import Camera
from camtwin.camera.events import Event
from camtwin.camera.features.event_control import IDS
from camtwin.camera.transport import GigETiming
from camtwin.genicam import Refused
from camtwin.wire.gvcp import Message, Status, StatusError
from camtwin.wire.ports import Report

STATUS_OF: Final = {
    "address": Status.INVALID_ADDRESS,
    "readonly": Status.WRITE_PROTECT,
    "unavailable": Status.ACCESS_DENIED,
    "locked": Status.ACCESS_DENIED,
    "storage": Status.ERROR,
    "range": Status.INVALID_PARAMETER,
    "alignment": Status.BAD_ALIGNMENT,
}
"""What a host is told when the camera refuses (genicam.Refused.why)."""
DEFAULT_GIGE_MBPS: Final = 1000
EVENT_OF: Final = {
    Report.ERROR: "GigEVisionError",
    Report.HEARTBEAT_TIMEOUT: "GigEVisionHeartbeatTimeOut",
    Report.SWITCHOVER: "PrimaryApplicationSwitch",
}


class CameraPort:
    """A wire.ports.DevicePort: refusals become status codes."""

    def __init__(self, camera: Camera) -> None:
        self._camera = camera

    @property
    def timestamp_latched(self) -> int:
        return self._camera.timestamp_latched

    def latch_timestamp(self) -> None:
        self._camera.execute("TimestampLatch")

    def reset_timestamp(self) -> None:
        self._camera.execute("TimestampReset")

    def action(self, device_key: int, group_key: int, group_mask: int) -> bool:
        return self._camera.action(device_key, group_key, group_mask)

    def report(self, what: Report) -> None:
        self._camera.report(EVENT_OF[what])

    def read(self, address: int, length: int) -> bytes:
        with _refusals():
            return self._camera.read(address, length)

    def write(self, address: int, data: bytes) -> None:
        with _refusals():
            self._camera.write(address, data)


def message_of(event: Event) -> Message:
    """What a host is told of an event. The frame's number is its data: which block the picture will be, if
    any, nobody knows yet."""
    if event.frame_id is None:
        return Message(IDS[event.name], event.timestamp_ns)
    return Message(IDS[event.name], event.timestamp_ns, channel=0, data=event.frame_id.to_bytes(8, "big"))


def link_Mbps(camera: Camera) -> int:
    """Speed of the link as its register tells it."""
    timing = camera.transmitter.timing
    return timing.wire.bits_per_s // 10**6 if isinstance(timing, GigETiming) else DEFAULT_GIGE_MBPS


@contextlib.contextmanager
def _refusals():
    try:
        yield
    except Refused as refused:
        raise StatusError(STATUS_OF.get(refused.why, Status.ERROR), str(refused)) from None
