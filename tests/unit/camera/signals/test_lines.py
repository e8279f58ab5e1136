"""Lines as logic: filter, debouncer, inverter, output sources and output stage, against the sheet's times."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import camtwin
from camtwin.problem import Refused
from camtwin.session.session import Session
from camtwin.units import MS, SEC, US

FILTER = 2 * US  # "min. Impulse Length 2.0 us"
LATENCY = 97_700  # "fixed Trigger Delay out of t_readout"


def camera(*texts: str) -> Session:
    cam = camtwin.open("baumer-vcxg-124m", render=False)
    for text in texts:
        cam.set(text)
    return cam


def test_directions_are_the_sheets():
    cam = camera()
    for name, mode, free in (
        ("Line0", "Input", False),
        ("Line1", "Input", True),
        ("Line2", "Input", True),
        ("Line3", "Output", False),
    ):
        cam.LineSelector = name
        assert (cam.LineMode, cam.LineInverter) == (mode, False)
        if free:
            cam.LineMode, cam.LineMode = "Output", "Input"
            continue
        with pytest.raises(Refused, match="LineMode is locked"):
            cam.LineMode = "Output" if mode == "Input" else "Input"
    cam.LineSelector = "Line3"
    assert cam.LineSource == "Off"
    with pytest.raises(Refused, match="LineDebouncerHighTimeAbs is not available"):
        cam.LineDebouncerHighTimeAbs = 1
    with pytest.raises(ValueError, match="Line3 is an output"):
        cam.lines["Line3"].drive(True)


@pytest.mark.parametrize("line", ["Line0", "Line1", "Line2"])
def test_the_shortest_pulse_is_2_us(line):
    cam = camera()
    cam.lines[line].pulse(1_999)
    cam.advance(MS)
    assert cam.lines[line].inner == []
    cam.lines[line].pulse(2_000)
    cam.advance(MS)
    assert cam.lines[line].inner == [(MS + FILTER, True), (MS + 2_000 + FILTER, False)]
    assert cam.lines[line].edges[2:] == [(MS, True), (MS + 2_000, False)]


@pytest.mark.parametrize(
    ("high_us", "width_us", "passes"),
    [(5000, 4900, False), (5000, 5100, True), (10, 10.5, True), (11, 10.5, False)],
)
def test_the_debouncer_swallows_what_is_shorter(high_us, width_us, passes):
    cam = camera("LineSelector=Line0", f"LineDebouncerHighTimeAbs={high_us}")
    assert cam.limits("LineDebouncerHighTimeAbs") == cam.limits("LineDebouncerLowTimeAbs") == (0, 5000)
    cam.lines["Line0"].pulse(int(width_us * US))
    cam.advance(100 * MS)
    rise, fall = high_us * US + FILTER, int(width_us * US) + FILTER
    assert cam.lines["Line0"].inner == ([(rise, True), (fall, False)] if passes else [])


def test_high_and_low_are_debounced_apart():
    for high, low, swallowed in ((100, 0, True), (0, 100, False)):
        cam = camera(
            "LineSelector=Line0", f"LineDebouncerHighTimeAbs={high}", f"LineDebouncerLowTimeAbs={low}"
        )
        line = cam.lines["Line0"]
        line.pulse(50 * US)
        cam.advance(MS)
        assert ([level for _, level in line.inner] == []) == swallowed
        line.drive(True)
        cam.advance(MS)
        before = len(line.inner)
        line.drive(False)
        cam.advance(50 * US)
        line.drive(True)
        cam.advance(MS)
        assert len(line.inner) - before == (2 if swallowed else 0)  # a low pulse of 50 us


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(500, 30_000), min_size=1, max_size=40),
    st.sampled_from([0, 5, 20]),
    st.sampled_from([0, 7]),
)
def test_any_train_of_edges_against_the_rule(gaps, high_us, low_us):
    """Apply the rule to any train of edges: a level counts once it has lasted.

    A level of at least 2 us passes the filter unchanged; one of those that lasts the debouncing time is the
    level inside, that time after it began.
    """
    cam = CAMERA
    base, line = cam.now, cam.lines["Line0"]
    cam.LineSelector = "Line0"
    cam.LineDebouncerHighTimeAbs, cam.LineDebouncerLowTimeAbs = high_us, low_us
    edges, level = [], False
    for gap in gaps:
        level = not level
        edges.append((cam.now, level))
        line.drive(level)
        cam.advance(gap)
    line.drive(False)
    edges.append((cam.now, False))
    already = [e for e in line.inner if e[0] < base]
    cam.advance(SEC)

    def lasting(edges, time_of):
        kept, now = [], False
        for (t, on), (until, _) in pairwise([*edges, (1 << 60, False)]):
            if on != now and until - t >= time_of(on):
                now = on
                kept.append((t + time_of(on), on))
        return kept

    passed = lasting(edges, lambda _: FILTER)
    expected = lasting(passed, lambda on: (high_us if on else low_us) * US)
    assert line.inner[len(already) :] == expected


CAMERA = camera()


def test_an_inverted_input_is_high_inside_while_the_pin_is_low():
    cam = camera("LineSelector=Line1", "LineInverter=true")
    assert (cam.LineStatus, cam.LineStatusAll) == (True, 0b0010)
    cam.lines["Line1"].drive(True)
    cam.advance(MS)
    assert (cam.LineStatus, cam.LineStatusAll) == (False, 0)
    cam.set("LineInverter=false")
    cam.lines["Line0"].drive(True)
    cam.advance(MS)
    assert cam.LineStatusAll == 0b0011


def test_generator_debouncer_exposure_and_output():
    """10 Hz on Line0, 1 ms debounced, 5 ms exposed, ExposureActive on Line3: to the nanosecond."""
    cam = camera(
        *("TriggerMode=On", "TriggerSource=Line0", "ExposureTime=5000", "Height=2000"),
        *("LineSelector=Line0", "LineDebouncerHighTimeAbs=1000", "LineDebouncerLowTimeAbs=1000"),
        *("LineSelector=Line3", "LineSource=ExposureActive", "AcquisitionStart"),
    )
    cam.lines["Line0"].pulse(10 * MS, period_ns=100 * MS, count=50)
    cam.advance(10 * SEC)
    edges = [k * 100 * MS for k in range(50)]
    starts = [t + MS + LATENCY for t in edges]
    assert cam.lines["Line0"].edges == [e for t in edges for e in ((t, True), (t + 10 * MS, False))]
    assert cam.lines["Line0"].inner == [
        (e + MS + FILTER, on) for t in edges for e, on in ((t, True), (t + 10 * MS, False))
    ]
    line3 = cam.lines["Line3"]
    assert line3.inner == [e for t in starts for e in ((t, True), (t + 5 * MS, False))]
    t_on, t_off = 3 * US, 40 * US
    assert line3.edges == [e for t in starts for e in ((t + t_on, True), (t + 5 * MS + t_off, False))]
    assert [f.timestamp_ns for f in cam.frames(50)] == [t - t % 8 for t in starts]


def test_the_output_stage_shows_no_pulse_shorter_than_it_switches():
    cam = camera("LineSelector=Line3", "LineSource=UserOutput2", "UserOutputSelector=UserOutput2")
    for on in (True, False):
        cam.UserOutputValue = on
        cam.advance(US)
    cam.advance(MS)
    assert [on for _, on in cam.lines["Line3"].inner] == [True, False]
    assert cam.lines["Line3"].edges == []
    t = cam.now
    cam.UserOutputValueAll = 0b010
    cam.advance(MS)
    cam.UserOutputValueAll = 0b101
    cam.advance(MS)
    assert cam.lines["Line3"].edges == [(t + 3 * US, True), (t + MS + 40 * US, False)]


@pytest.mark.parametrize(
    ("source", "rise", "fall"),
    [
        ("ExposureActive", "ExposureStart", "ExposureEnd"),
        ("ReadoutActive", "ReadoutStart", "ReadoutEnd"),
        ("TriggerReady", "TriggerReady", "TriggerBusy"),
        ("Timer1Active", "Timer1Start", "Timer1End"),
    ],
)
def test_an_output_follows_its_source(source, rise, fall):
    cam = camera("LineSelector=Line1", "LineMode=Output", f"LineSource={source}", "TriggerMode=On",
                 "TimerTriggerSource=ExposureStart", "TimerDelay=1000", "TimerDuration=500")  # fmt: skip
    log = []
    cam.twin.camera.on_moment.subscribe(lambda t, name, _: log.append((t, name)))
    cam.AcquisitionStart()
    for _ in range(3):
        cam.advance(200 * MS)
        cam.TriggerSoftware()
    cam.advance(SEC)
    cam.AcquisitionStop()
    cam.advance(SEC)
    expected = [(t, name == rise) for t, name in log if name in (rise, fall)]
    assert len(expected) >= 6
    assert cam.lines["Line1"].inner == cam.lines["Line1"].edges == expected  # a GPIO has no output stage
    cam.set("LineSource=Off")
    cam.set("LineInverter=true")
    assert (cam.LineStatus, cam.lines["Line1"].level) == (True, True)


def test_a_gpio_that_is_an_input_again_has_the_level_of_its_wire():
    cam = camera("LineSelector=Line2", "LineMode=Output", "LineInverter=true")
    assert cam.lines["Line2"].level
    cam.set("LineMode=Input")
    cam.set("LineInverter=false")
    cam.advance(MS)
    assert not cam.lines["Line2"].level
    assert not cam.LineStatus
    cam.lines["Line2"].drive(True)
    cam.advance(MS)
    assert cam.LineStatus


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"width_ns": 0}, "a pulse of 0 ns"),
        ({"width_ns": 5, "count": 0}, "0 pulses"),
        ({"width_ns": 5, "delay_ns": -1}, "after -1 ns"),
        ({"width_ns": 5, "count": 2, "period_ns": 5}, "a period of 5 ns"),
    ],
)
def test_pulses_that_cannot_be(how, message):
    with pytest.raises(ValueError, match=message):
        camera().lines["Line0"].pulse(**how)
