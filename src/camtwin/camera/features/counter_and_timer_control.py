"""CounterAndTimerControl: counters of the camera's signals, and timers that make pulses after them."""
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
    TimerSelector = Selector("Selects the timer to configure.", "Timer1")
    TimerDelay_ns = Time(
        "Sets the delay from the trigger of the selected timer to its pulse, in microseconds.",
        max=2e6, inc=1).per("TimerSelector")
    TimerDuration_ns = Time(
        "Sets the length of the selected timer's pulse, in microseconds.",
        min=4, max=2e6, inc=1).per("TimerSelector")
    TimerTriggerSource = Enumeration(
        "Sets the signal that starts the selected timer. A running timer ignores it.",
        "Off Line0 Software ExposureStart ExposureEnd FrameTransferSkipped TriggerSkipped Action1 FlashWindowStart",
        open=True).per("TimerSelector")
    TimerTriggerActivation = Enumeration(
        "Sets the edge of the line that starts the selected timer. Available only while TimerTriggerSource is a line.",
        EDGES, available=lambda TimerTriggerSource: TimerTriggerSource.startswith("Line")).per("TimerSelector")
    CounterSelector = Selector("Selects the counter to configure.", "Counter1 Counter2")
    CounterEventSource = Enumeration(
        "Sets the signal that the selected counter counts. Locked while the sequencer runs.",
        "Off Counter1End Counter2End ExposureActive FrameTransferSkipped FrameTrigger TriggerSkipped Line0 Line1 "
        "Line2 FrameStart",
        open=True, sequenced=True, locked=sequencing,
        only={"Counter1End": lambda CounterSelector: CounterSelector != "Counter1",
              "Counter2End": lambda CounterSelector: CounterSelector != "Counter2"}).per("CounterSelector")
    CounterEventActivation = Enumeration(
        "Sets the edge of the signal that the selected counter counts. Locked while the sequencer runs.",
        EDGES, sequenced=True, locked=sequencing).per("CounterSelector")
    CounterResetSource = Enumeration(
        "Sets the signal that resets the selected counter to zero. Locked while the sequencer runs.",
        "Off Counter1End Counter2End Line0 Line1 Line2 Line3 Line4 Software", open=True, sequenced=True,
        locked=sequencing).per("CounterSelector")
    CounterResetActivation = Enumeration(
        "Sets the edge of the line that resets the selected counter to zero.",
        EDGES).per("CounterSelector")
    CounterReset = Command("Resets the selected counter to zero.", do=reset).per("CounterSelector")
    CounterValue = Integer(
        "Reports the current value of the selected counter.",
        max=65535, value=counted).per("CounterSelector")
    CounterDuration = Integer(
        "Sets the value at which the selected counter ends. It then signals its end and stops until it is reset. "
        "Locked while the sequencer runs.",
        default=1, min=1, max=65535, sequenced=True, locked=sequencing).per("CounterSelector")
