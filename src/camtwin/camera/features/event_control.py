"""EventControl: of what the host is told."""
from __future__ import annotations

from camtwin.genicam.nodes import Chapter, Enumeration, Selector

OF_FRAMES = ("ExposureStart", "ExposureEnd", "FrameStart", "FrameEnd", "FrameTransferSkipped", "TransferBufferFull",
             "TriggerOverlapped", "FrameBurstStart")
EVENTS = """ExposureStart ExposureEnd FrameStart FrameEnd FrameTransferSkipped TriggerReady TriggerOverlapped TriggerSkipped
    TransferBufferFull TransferBufferReady Line0RisingEdge Line0FallingEdge Line1RisingEdge Line1FallingEdge Line2RisingEdge
    Line2FallingEdge DeviceTemperatureStatusChanged EventLost GigEVisionError GigEVisionHeartbeatTimeOut
    PrimaryApplicationSwitch FrameBurstStart FrameBurstStartOvertrigger FrameBurstStartWait CriticalTemperature
    OverTemperature"""


# fmt: off
class EventControl(Chapter):
    EventSelector = Selector("The event that is switched.", EVENTS, open=True, events=True, of_frames=OF_FRAMES)
    EventNotification = Enumeration("Whether the host is told of the event.", "Off On").per("EventSelector")
