"""The camera as wire.gev sees it: what every link has of it, and actions; and what it tells, as messages."""

from __future__ import annotations

from typing import Final

from camtwin.camera import Camera
from camtwin.camera.events import Event
from camtwin.camera.features.event_control import IDS
from camtwin.camera.transport import GigETiming
from camtwin.links.port import CameraPort
from camtwin.wire.gvcp import Message, Status
from camtwin.wire.ports import Report

DEFAULT_GIGE_MBPS: Final = 1000
EVENT_OF: Final = {
    Report.ERROR: "GigEVisionError",
    Report.HEARTBEAT_TIMEOUT: "GigEVisionHeartbeatTimeOut",
    Report.SWITCHOVER: "PrimaryApplicationSwitch",
}


class GevPort(CameraPort):
    """A wire.ports.DevicePort."""

    def __init__(self, camera: Camera) -> None:
        super().__init__(camera, Status)

    def action(self, device_key: int, group_key: int, group_mask: int) -> bool:
        return self._camera.action(device_key, group_key, group_mask)

    def report(self, what: Report) -> None:
        self._camera.report(EVENT_OF[what])


def message_of(event: Event) -> Message:
    """What a host is told of an event. The frame's number is its data: which block the picture will be, if
    any, nobody knows yet."""
    number = IDS["gige"][event.name]
    if event.frame_id is None:
        return Message(number, event.timestamp_ns)
    return Message(number, event.timestamp_ns, channel=0, data=event.frame_id.to_bytes(8, "big"))


def link_Mbps(camera: Camera) -> int:
    """Speed of the link as its register tells it."""
    timing = camera.transmitter.timing
    return timing.wire.bits_per_s // 10**6 if isinstance(timing, GigETiming) else DEFAULT_GIGE_MBPS
