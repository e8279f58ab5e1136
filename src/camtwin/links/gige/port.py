"""The camera as wire.gev sees it: what every link has of it, and actions; and what it tells, as messages."""

from __future__ import annotations

from typing import Final

from camtwin.camera import Camera
from camtwin.camera.events import Event
from camtwin.camera.features.event_control import IDS
from camtwin.camera.transport import GigETiming
from camtwin.links.base.camera_port import CameraPort
from camtwin.wire.gev import bootstrap
from camtwin.wire.gev.gvcp import Message, Status
from camtwin.wire.gev.ports import Report
from camtwin.wire.ip.configuration import Kept
from camtwin.wire.status import StatusError

DEFAULT_GIGE_MBPS: Final = 1000
EVENT_OF: Final = {
    Report.ERROR: "GigEVisionError",
    Report.HEARTBEAT_TIMEOUT: "GigEVisionHeartbeatTimeOut",
    Report.SWITCHOVER: "PrimaryApplicationSwitch",
}


class GevPort(CameraPort):
    """A wire.ports.DevicePort."""

    def __init__(self, camera: Camera, pace: float = 1.0) -> None:
        super().__init__(camera, Status, pace)

    def action(self, device_key: int, group_key: int, group_mask: int) -> bool:
        return self._camera.action(device_key, group_key, group_mask)

    def report(self, what: Report) -> None:
        self._camera.report(EVENT_OF[what])


def kept_of(port: CameraPort) -> Kept:
    """What the camera keeps of its IP configuration; a model that keeps nothing asks for a lease."""

    def word(address: int) -> int:
        return int.from_bytes(port.read(address, 4), "big")

    try:
        steps = word(bootstrap.IP_CONFIGURATION)
        places = bootstrap.PERSISTENT_IP, bootstrap.PERSISTENT_MASK, bootstrap.PERSISTENT_GATEWAY
        use_persistent, use_dhcp = steps & bootstrap.USE_PERSISTENT, steps & bootstrap.USE_DHCP
        return Kept(bool(use_persistent), bool(use_dhcp), *map(word, places))
    except StatusError:
        return Kept(use_persistent=False, use_dhcp=True)


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
