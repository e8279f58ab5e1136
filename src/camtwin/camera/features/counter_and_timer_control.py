"""CounterAndTimerControl: what counts the camera's signals, and pulses that follow them."""
from __future__ import annotations

from camtwin.camera.features.rules import Acts, sequencing
from camtwin.genicam.nodes import Chapter, Command, Enumeration, Integer, Selector, Time

EDGES = "RisingEdge FallingEdge AnyEdge"


def counted(device: Acts, CounterSelector: str) -> int:
    return device.counters[CounterSelector].value


def reset(device: Acts, counter: str) -> None:
    device.counters[counter].reset()


# fmt: off
class CounterAndTimerControl(Chapter):
    TimerSelector = Selector("The timer that is set up.", "Timer1")
    TimerDelay_ns = Time("From the timer's trigger to its pulse.", max=2e6, inc=1).per("TimerSelector")
    TimerDuration_ns = Time("Length of the timer's pulse.", min=4, max=2e6, inc=1).per("TimerSelector")
    TimerTriggerSource = Enumeration("What starts the timer.", "Off Line0 Software ExposureStart ExposureEnd "
                                     "FrameTransferSkipped TriggerSkipped Action1 FlashWindowStart", open=True).per("TimerSelector")
    TimerTriggerActivation = Enumeration("Edge of a line that starts the timer.", EDGES, available=lambda TimerTriggerSource:
                                         TimerTriggerSource.startswith("Line")).per("TimerSelector")
    CounterSelector = Selector("The counter that is set up.", "Counter1 Counter2")
    CounterEventSource = Enumeration("What is counted.", "Off Counter1End Counter2End ExposureActive FrameTransferSkipped "
                                     "FrameTrigger TriggerSkipped Line0 Line1 Line2 FrameStart", open=True, sequenced=True, locked=sequencing, only={
                                         "Counter1End": lambda CounterSelector: CounterSelector != "Counter1",
                                         "Counter2End": lambda CounterSelector: CounterSelector != "Counter2"},
                                     ).per("CounterSelector")
    CounterEventActivation = Enumeration("Edge of a level that is counted.", EDGES, sequenced=True, locked=sequencing,
                                         ).per("CounterSelector")
    CounterResetSource = Enumeration("What sets the counter to 0.", "Off Counter1End Counter2End Line0 Line1 Line2 Line3 "
                                     "Line4 Software", open=True, sequenced=True, locked=sequencing).per("CounterSelector")
    CounterResetActivation = Enumeration("Edge of a line that sets the counter to 0.", EDGES).per("CounterSelector")
    CounterReset = Command("Sets the counter to 0.", do=reset).per("CounterSelector")
    CounterValue = Integer("What has been counted since.", max=65535, value=counted).per("CounterSelector")
    CounterDuration = Integer("Count at which the counter ends.", default=1, min=1, max=65535, sequenced=True,
                              locked=sequencing).per("CounterSelector")
