"""EventControl: of what the host is told."""
from __future__ import annotations

from camtwin.genicam.nodes import Chapter, Enumeration, Selector

OWN = 0x9000  # GigE Vision leaves the numbers from here on to devices
STANDARD = {"ExposureStart": 3, "ExposureEnd": 4, "PrimaryApplicationSwitch": 7}  # and has these itself
OF_FRAMES = ("ExposureStart", "ExposureEnd", "FrameStart", "FrameEnd", "FrameTransferSkipped", "TransferBufferFull",
             "TriggerOverlapped", "FrameBurstStart")
EVENTS = """ExposureStart ExposureEnd FrameStart FrameEnd FrameTransferSkipped TriggerReady TriggerOverlapped TriggerSkipped
    TransferBufferFull TransferBufferReady Line0RisingEdge Line0FallingEdge Line1RisingEdge Line1FallingEdge Line2RisingEdge
    Line2FallingEdge DeviceTemperatureStatusChanged EventLost GigEVisionError GigEVisionHeartbeatTimeOut
    PrimaryApplicationSwitch FrameBurstStart FrameBurstStartOvertrigger FrameBurstStartWait CriticalTemperature
    OverTemperature"""
OWN_IDS = {name: OWN + number for number, name in enumerate(EVENTS.split())}
IDS = {"gige": OWN_IDS | STANDARD, "usb3": OWN_IDS, "none": OWN_IDS}
"""Event identifiers on the wire, by link."""


# fmt: off
class EventControl(Chapter):
    EventSelector = Selector("The event that is switched.", EVENTS, events=IDS, of_frames=OF_FRAMES)
    EventNotification = Enumeration("Whether the host is told of the event.", "Off On").per("EventSelector")
