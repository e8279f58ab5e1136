"""EventControl: the events of which the camera sends messages to the host."""
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
    EventSelector = Selector(
        "Selects the event that EventNotification switches.",
        EVENTS, open=True, events=True, of_frames=OF_FRAMES)
    EventNotification = Enumeration(
        "Enables messages to the host about the selected event.",
        "Off On").per("EventSelector")
