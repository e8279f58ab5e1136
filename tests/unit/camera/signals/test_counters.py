"""Timer 1, counters 1 and 2, and the encoder that they make of a line."""

import pytest

from camtwin.problem import Refused
from camtwin.units import MS, SEC, US
from unit.camera.frames.test_triggers import LATENCY, SMALL, camera, logged, poke, times

FILTER = 2 * US
TIMER = ("LineSelector=Line3", "LineSource=Timer1Active", "TimerDelay=1000", "TimerDuration=300")


def test_the_timers_ranges_are_the_sheets():
    cam = camera()
    node = cam.twin.camera.tree.nodes
    assert list(node["TimerSelector"].entries) == ["Timer1"]
    assert (cam.limits("TimerDelay"), cam.limits("TimerDuration")) == ((0, 2_000_000), (4, 2_000_000))
    assert {node[name].number("inc") for name in ("TimerDelay", "TimerDuration")} == {1}
    assert cam.TimerTriggerSource == "Off"
    assert set(node["TimerTriggerSource"].entries) == {
        *("Line0", "Software", "ExposureStart", "ExposureEnd", "FrameTransferSkipped", "TriggerSkipped"),
        *("Action1", "Off"),
    }


@pytest.mark.parametrize(("delay_us", "duration_us"), [(0, 4), (1000, 300), (2_000_000, 2_000_000)])
def test_a_pulse_after_each_edge(delay_us, duration_us):
    cam = camera(*TIMER, f"TimerDelay={delay_us}", f"TimerDuration={duration_us}", "TimerTriggerSource=Line0")
    for k in (0, 5):
        cam.lines["Line0"].pulse(MS, delay_ns=k * SEC)
    cam.advance(20 * SEC)
    starts = [k * SEC + FILTER + delay_us * US for k in (0, 5)]
    assert cam.lines["Line3"].inner == [e for t in starts for e in ((t, True), (t + duration_us * US, False))]


@pytest.mark.parametrize(
    "source",
    ["Software", "ExposureStart", "ExposureEnd", "FrameTransferSkipped", "TriggerSkipped", "Action1", "Off"],
)
def test_a_pulse_after_each_signal_of_its_source_alone(source):
    cam = camera("ExposureTime=30000", "TriggerMode=On", *TIMER, f"TimerTriggerSource={source}",
                 "ActionDeviceKey=7", "ActionGroupKey=8", "ActionGroupMask=1", "AcquisitionStart",
                 link="sheet")  # fmt: skip
    log = logged(cam)
    cam.twin.camera.transmitter.stall()
    for _ in range(3):
        cam.TriggerSoftware()
        cam.advance(5 * MS)
        cam.action(7, 8, 1)  # skipped, as the exposure of the one before goes on
        cam.advance(500 * MS)
    heard = times(log, source)
    assert len(heard) == {"Off": 0, "FrameTransferSkipped": 2}.get(source, 3)
    assert cam.lines["Line3"].inner == [
        e for t in heard for e in ((t + MS, True), (t + MS + 300 * US, False))
    ]


def test_a_running_timer_hears_nothing():
    cam = camera(*TIMER, "TimerTriggerSource=Line0")
    cam.lines["Line0"].pulse(5 * US, period_ns=650 * US, count=4)
    cam.advance(SEC)
    assert [t for t, on in cam.lines["Line3"].inner if on] == [FILTER + MS, FILTER + 2 * 650 * US + MS + 0]


def test_the_counters_ranges_are_the_sheets():
    cam = camera()
    assert list(cam.twin.camera.tree.nodes["CounterSelector"].entries) == ["Counter1", "Counter2"]
    for name, other in (("Counter1", "Counter2"), ("Counter2", "Counter1")):
        cam.CounterSelector = name
        assert (cam.CounterEventSource, cam.CounterResetSource, cam.CounterValue) == ("Off", "Off", 0)
        cam.CounterEventSource = f"{other}End"
        with pytest.raises(Refused, match="CounterEventSource"):
            cam.CounterEventSource = f"{name}End"
    assert cam.limits("CounterDuration") == (1, 65535)


@pytest.mark.parametrize(
    "source",
    [
        *("Line0", "Line1", "Line2", "Counter2End", "ExposureActive", "FrameTransferSkipped"),
        *("FrameTrigger", "TriggerSkipped", "Off"),
    ],
)
def test_a_counter_counts_its_source_alone(source):
    cam = camera("ExposureTime=30000", "TriggerMode=On", "TriggerSource=Software", "CounterSelector=Counter1",
                 f"CounterEventSource={source}", "CounterDuration=65535", "AcquisitionStart",
                 link="sheet")  # fmt: skip
    cam.twin.camera.transmitter.stall()
    log = logged(cam)
    for _ in range(3):
        for other in ("Line0", "Line1", "Line2", "Counter2End", "Action1") if source != "Off" else ():
            if other != "Action1":
                poke(cam, other)
        cam.TriggerSoftware()
        cam.TriggerSoftware()
        cam.advance(500 * MS)
    wanted = {"FrameTransferSkipped": 2, "FrameTrigger": 6, "Off": 0}.get(source, 3)
    assert (cam.CounterValue, len(times(log, "FrameTransferSkipped"))) == (wanted, 2)
    cam.CounterSelector = "Counter2"
    assert cam.CounterValue == 0


@pytest.mark.parametrize(("activation", "count"), [("RisingEdge", 5), ("FallingEdge", 5), ("AnyEdge", 10)])
def test_edges_that_are_counted(activation, count):
    cam = camera("CounterEventSource=Line1", f"CounterEventActivation={activation}", "CounterDuration=100")
    cam.lines["Line1"].pulse(5 * US, period_ns=MS, count=5)
    cam.advance(SEC)
    assert cam.CounterValue == count
    cam.CounterReset()
    assert cam.CounterValue == 0


def test_a_counter_stands_at_its_end_and_never_above_65535():
    cam = camera("CounterEventSource=Line0", "CounterDuration=65535")
    log = logged(cam)
    cam.lines["Line0"].pulse(3 * US, period_ns=10 * US, count=65_600)
    cam.advance(SEC)
    assert cam.CounterValue == 65535
    assert times(log, "Counter1End") == [65_534 * 10 * US + FILTER]


@pytest.mark.parametrize("source", ["Counter1End", "Counter2End", "Line0", "Line1", "Line2", "Off"])
def test_a_counter_is_reset_by_its_source_alone(source):
    cam = camera("CounterSelector=Counter1", "CounterEventSource=TriggerSkipped",
                 f"CounterResetSource={source}")  # fmt: skip
    cam.CounterDuration = 100
    emit = cam.twin.camera.emit
    for other in ("Counter1End", "Counter2End", "Line0", "Line1", "Line2"):
        cam.CounterReset()
        emit("TriggerSkipped")
        emit("TriggerSkipped")
        assert cam.CounterValue == 2
        poke(cam, other) if other != "Counter1End" else emit(other)
        assert cam.CounterValue == (0 if other == source else 2)


@pytest.mark.parametrize("edges", [4, 10])
def test_an_encoder_triggers_every_nth_edge(edges):
    """Each exposure follows its edge at the pin as one that the line triggers by itself."""
    cam = camera(*SMALL, "TriggerMode=On", "TriggerSource=Counter1End", "CounterEventSource=Line0",
                 f"CounterDuration={edges}", "CounterResetSource=Counter1End",
                 "AcquisitionStart")  # fmt: skip
    log = logged(cam)
    cam.lines["Line0"].pulse(50 * US, period_ns=3 * MS, count=edges * 25)
    cam.advance(5 * SEC)
    nth = [(k + 1) * edges * 3 * MS - 3 * MS for k in range(25)]
    assert times(log, "ExposureStart") == [t + LATENCY for t in nth]
    assert len(list(cam.frames(25))) == 25


def test_circles_of_counters_and_triggers_come_to_rest():
    """A skipped trigger that triggers, counters that count each other's end: each turn takes no time."""
    cam = camera("TriggerMode=On", "TriggerSource=Counter1End", "CounterSelector=Counter1",
                 "CounterEventSource=TriggerSkipped", "CounterResetSource=Counter1End",
                 "AcquisitionStart")  # fmt: skip
    for _ in range(3):
        cam.twin.camera.emit("Counter1End")
    for name, other in (("Counter1", "Counter2"), ("Counter2", "Counter1")):
        cam.CounterSelector = name
        cam.CounterEventSource, cam.CounterResetSource = f"{other}End", f"{other}End"
    for _ in range(3):
        cam.twin.camera.emit("Counter1End")
    cam.advance(SEC)
    assert cam.CounterValue in (0, 1)
