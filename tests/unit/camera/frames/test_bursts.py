"""Bursts, exposures as wide as their trigger, and how much of one may overlap the readout before it."""

from itertools import pairwise

import pytest

from camtwin.session.session import Session
from camtwin.units import MS, SEC, US
from unit.camera.frames.test_triggers import camera, logged, times

MODEL = "basler-aca4112-20um"
LATENCY = 15_020
MIN_ns = 28 * US  # the shortest exposure
SMALL = ("Height=16", "ExposureTime=100")
BURSTS = (
    *SMALL, "AcquisitionBurstFrameCount=3", "TriggerSelector=FrameBurstStart", "TriggerMode=On",
    "TriggerSource=Software",
)  # fmt: skip
WIDTH = ("Height=16", "TriggerMode=On", "TriggerSource=Line1", "ExposureMode=TriggerWidth")


def opened(*texts: str) -> Session:
    return camera(*texts, model=MODEL)


def exposures(cam: Session) -> list[tuple[int, int]]:
    return [(e.start_ns, e.end_ns) for e in cam.__dict__["shot"]]


def watched(*texts: str) -> Session:
    cam = opened(*texts, "AcquisitionStart")
    cam.__dict__["shot"] = []
    cam.twin.camera.on_exposure.subscribe(cam.__dict__["shot"].append)
    return cam


def test_a_trigger_lets_so_many_frames_begin_and_no_more():
    cam = opened(*BURSTS, "AcquisitionStart")
    log = logged(cam)
    cam.advance(SEC)
    assert not times(log, "ExposureStart")
    for _ in range(2):
        cam.TriggerSoftware()
        cam.advance(SEC)
    starts = times(log, "ExposureStart")
    assert len(starts) == 6
    assert [b - a for a, b in pairwise(starts[:3])] == [b - a for a, b in pairwise(starts[3:])]
    assert times(log, "FrameBurstStart") == [starts[0], starts[3]] == [SEC, 2 * SEC]
    assert not times(log, "FrameBurstStartOvertrigger")


def test_a_trigger_within_a_burst_is_skipped_and_told():
    cam = opened(
        *BURSTS, "EventSelector=FrameBurstStartOvertrigger", "EventNotification=On", "AcquisitionStart"
    )
    log = logged(cam)
    cam.TriggerSoftware()
    cam.TriggerSoftware()
    cam.advance(SEC)
    assert len(times(log, "ExposureStart")) == 3
    assert [event.name for event in cam.events] == ["FrameBurstStartOvertrigger"]


def test_frames_of_a_burst_may_have_triggers_of_their_own():
    cam = opened(
        *BURSTS, "TriggerSelector=FrameStart", "TriggerMode=On", "TriggerSource=Line1", "AcquisitionStart"
    )
    log = logged(cam)
    pulse = cam.lines["Line1"].pulse
    pulse(10 * US, period_ns=50 * MS, count=2)  # no burst yet: both are skipped
    cam.advance(SEC)
    assert (len(times(log, "TriggerSkipped")), len(times(log, "ExposureStart"))) == (2, 0)
    cam.TriggerSelector = "FrameBurstStart"
    cam.TriggerSoftware()
    pulse(10 * US, period_ns=50 * MS, count=5)
    cam.advance(SEC)
    assert times(log, "ExposureStart") == [SEC + k * 50 * MS + LATENCY for k in range(3)]
    assert len(times(log, "TriggerSkipped")) == 2 + 2


def test_each_selector_has_a_software_trigger_of_its_own():
    cam = opened(*BURSTS, "TriggerSelector=FrameStart", "TriggerMode=On", "TriggerSource=Software",
                 "AcquisitionStart")  # fmt: skip
    log = logged(cam)
    cam.TriggerSoftware()
    assert not times(log, "FrameBurstStart")
    cam.TriggerSelector = "FrameBurstStart"
    cam.TriggerSoftware()
    assert (len(times(log, "FrameBurstStart")), len(times(log, "FrameTrigger"))) == (1, 1)


def test_waiting_for_a_burst_is_a_level_for_lines_and_status():
    cam = opened(*BURSTS, "LineSelector=Line3", "LineMode=Output", "LineSource=FrameBurstTriggerWait",
                 "AcquisitionStatusSelector=FrameBurstTriggerWait", "AcquisitionStart")  # fmt: skip
    assert (cam.AcquisitionStatus, cam.lines["Line3"].level) == (True, True)
    cam.TriggerSoftware()
    assert (cam.AcquisitionStatus, cam.lines["Line3"].level) == (False, False)
    cam.advance(SEC)
    assert (cam.AcquisitionStatus, cam.lines["Line3"].level) == (True, True)
    cam.AcquisitionStop()
    assert not cam.AcquisitionStatus
    cam.advance(SEC)
    assert cam.twin.camera.idle


def test_bursts_that_are_switched_off_run_free():
    cam = opened(*BURSTS, "AcquisitionStart")
    log = logged(cam)
    cam.advance(SEC)
    cam.TriggerMode = "Off"
    cam.advance(100 * MS)
    assert len(times(log, "ExposureStart")) > 10


@pytest.mark.parametrize("width_us", [10_000, 5_000, 1_234.567])
@pytest.mark.parametrize("delay_us", [0, 300])
def test_the_exposure_is_as_wide_as_its_trigger(width_us, delay_us):
    cam = watched(*WIDTH, f"TriggerDelay={delay_us}")
    width = round(width_us * 1000)
    cam.lines["Line1"].pulse(width, period_ns=SEC, count=3)
    cam.advance(5 * SEC)
    first = LATENCY + delay_us * US
    assert exposures(cam) == [(first + k * SEC, first + k * SEC + width) for k in range(3)]
    assert [frame.settings.ExposureTime_ns for frame in cam.fetch()] == [width] * 3


@pytest.mark.parametrize("activation", ["RisingEdge", "FallingEdge"])
def test_either_edge_begins_it(activation):
    cam = watched(*WIDTH, f"TriggerActivation={activation}")
    cam.lines["Line1"].pulse(20 * MS, period_ns=100 * MS, count=3)
    cam.advance(SEC)
    widths = [end - start for start, end in exposures(cam)]
    assert widths == ([20 * MS] * 3 if activation == "RisingEdge" else [80 * MS] * 2)


def test_a_pulse_shorter_than_the_sensors_least_exposes_that_long():
    cam = watched(*WIDTH)
    cam.lines["Line1"].pulse(5 * US)
    cam.advance(SEC)
    assert exposures(cam) == [(LATENCY, LATENCY + MIN_ns)]


def test_a_software_trigger_has_no_width():
    cam = watched(*WIDTH, "TriggerSource=Software", "ExposureTime=777")
    cam.TriggerSoftware()
    cam.advance(SEC)
    ((start, end),) = exposures(cam)
    assert end - start == 777 * US


@pytest.mark.parametrize("how", ["AcquisitionStop", "TriggerSource=Software", "ExposureMode=Timed"])
def test_an_exposure_that_never_hears_its_end_ends_all_the_same(how):
    cam = watched(*WIDTH)
    cam.lines["Line1"].drive(True)
    cam.advance(30 * MS)
    cam.set(how)
    if "=" in how:
        cam.AcquisitionStop()
    cam.advance(SEC)
    assert exposures(cam) == [(LATENCY, 30 * MS + LATENCY - US)], "an edge comes later by the filter"
    assert cam.twin.camera.idle


def test_widths_overlap_the_readout_as_far_as_the_host_allows():
    """The host says how short its pulses may be: the camera is ready that much sooner."""
    ready = {}
    for max_us in (0, 20_000):
        cam = watched("TriggerMode=On", "TriggerSource=Line1", "ExposureMode=TriggerWidth",
                      "ExposureOverlapTimeMode=Manual", f"ExposureOverlapTimeMax={max_us}")  # fmt: skip
        log = logged(cam)
        cam.lines["Line1"].pulse(10 * MS)
        cam.advance(SEC)
        ready[max_us] = times(log, "TriggerReady")[-1]
    assert ready[0] - ready[20_000] == 20 * MS


def test_an_exposure_that_is_too_short_for_its_overlap_is_held_until_the_sensor_is_free():
    cam = watched("TriggerMode=On", "TriggerSource=Line1", "ExposureMode=TriggerWidth",
                  "ExposureOverlapTimeMode=Manual", "ExposureOverlapTimeMax=20000")  # fmt: skip
    log = logged(cam)
    cam.lines["Line1"].pulse(10 * MS)
    cam.advance(10 * MS + 30 * MS)  # 12.7 ms before its readout ends
    cam.lines["Line1"].pulse(2 * MS)
    cam.advance(SEC)
    free = times(log, "ReadoutEnd")[0]
    assert exposures(cam)[1][1] == free


def test_overlap_of_timed_exposures():
    """Automatic: the whole exposure; Manual: no more than ExposureOverlapTimeMax of it."""
    periods = {}
    for name, texts in {
        "automatic": (),
        "half": ("ExposureOverlapTimeMode=Manual", "ExposureOverlapTimeMax=5000"),
        "none": ("ExposureOverlapTimeMode=Manual",),
    }.items():
        cam = opened("ExposureTime=10000", *texts, "AcquisitionStart")
        log = logged(cam)
        cam.advance(SEC)
        starts = times(log, "ExposureStart")
        periods[name] = starts[-1] - starts[-2]
    assert periods["half"] - periods["automatic"] == 5 * MS
    assert periods["none"] - periods["automatic"] == 10 * MS
