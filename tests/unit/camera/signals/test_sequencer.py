"""The sequencer: sets, paths, triggers, and what a set may hold."""

import pytest

from camtwin.problem import Refused
from camtwin.session.session import Session
from camtwin.units import MS, SEC, US
from unit.camera.frames.test_triggers import camera, logged, poke, times

PARAMETERS = {
    "ExposureTime",
    "CounterDuration",
    "CounterEventActivation",
    "CounterEventSource",
    "CounterResetSource",
    "ExposureMode",
    "Gain",
    "Height",
    "OffsetX",
    "OffsetY",
    "TriggerMode",
    "UserOutputValue",
    "UserOutputValueAll",
    "Width",
}
SOURCES = {
    "Off",
    "Counter1End",
    "Counter2End",
    "ExposureActive",
    "Line0",
    "Line1",
    "Line2",
    "ReadOutActive",
    "Timer1End",
}


def sequence(cam: Session, sets: list[list[str]], *, source: str = "ExposureActive", start: int = 0) -> None:
    """Program sets from 0 on, each with these settings and a first path to the next one.

    The last one's path leads to the first.
    """
    cam.SequencerConfigurationMode = "On"
    for number, texts in enumerate(sets):
        for text in texts:
            cam.set(text)
        cam.SequencerSetSelector, cam.SequencerPathSelector = number, 0
        cam.SequencerSetNext = (number + 1) % len(sets)
        cam.SequencerTriggerSource = source
        cam.SequencerSetSave()
    cam.SequencerSetStart = start
    cam.SequencerConfigurationMode = "Off"
    cam.SequencerMode = "On"


def exposures(cam: Session) -> list:
    seen: list = []
    cam.twin.camera.on_exposure.subscribe(seen.append)
    return seen


def test_sizes_sources_and_parameters_are_the_sheets():
    cam = camera()
    node = cam.twin.camera.tree.nodes
    assert (cam.limits("SequencerSetSelector"), cam.limits("SequencerPathSelector")) == ((0, 127), (0, 3))
    assert set(node["SequencerFeatureSelector"].entries) == PARAMETERS
    assert set(node["SequencerTriggerSource"].words) == SOURCES
    assert cam.SequencerMode == "Off"


def test_128_sets_give_128_frames_in_their_order():
    cam = camera("Height=16", "Width=64")
    sequence(cam, [[f"ExposureTime={100 + k}", f"Gain={k % 40}"] for k in range(128)])
    frames = cam.grab(130)
    order = [k % 128 for k in range(130)]
    assert [f.settings.ExposureTime_ns for f in frames] == [(100 + k) * US for k in order]
    assert [f.settings.Gain_dB["All"] for f in frames] == [k % 40 for k in order]


def test_a_frame_is_of_one_set_and_says_of_which():
    cam, seen = camera("Height=16"), []
    cam.twin.camera.on_exposure.subscribe(seen.append)
    sequence(cam, [["ExposureTime=100"], ["ExposureTime=5000"], ["ExposureTime=300"]], start=1)
    assert cam.SequencerSetActive == 1
    frames = cam.grab(7)
    assert [f.settings.ExposureTime_ns // US for f in frames] == [5000, 300, 100, 5000, 300, 100, 5000]
    assert [e.sequencer_set for e in seen[:7]] == [1, 2, 0, 1, 2, 0, 1]
    assert all(e.end_ns - e.start_ns == e.settings.ExposureTime_ns for e in seen)


@pytest.mark.parametrize(
    ("source", "steps"),
    [("Line0", 3), ("Line1", 3), ("Line2", 3), ("Counter1End", 3), ("Counter2End", 3), ("Timer1End", 3),
     ("ExposureActive", 3), ("ReadOutActive", 3), ("Off", 0)],
)  # fmt: skip
def test_a_set_changes_once_for_each_signal_of_its_source_alone(source, steps):
    cam = camera("Height=16", "TriggerMode=On", "TriggerSource=Software", "ExposureTime=100",
                 "TimerTriggerSource=Action1", "ActionGroupMask=1")  # fmt: skip
    sequence(cam, [["Gain=0"], ["Gain=1"], ["Gain=2"], ["Gain=3"], ["Gain=4"]], source=source)
    cam.AcquisitionStart()
    signals = ("Line0", "Line1", "Line2", "Counter1End", "Counter2End", "Software")
    for _ in range(3):
        for signal in signals:
            poke(cam, signal)
        assert cam.action(0, 0, 1)  # starts Timer1
        cam.advance(10 * MS)
    assert (cam.SequencerSetActive, cam.Gain) == (steps, steps)


def test_four_paths_lead_to_four_sets():
    cam = camera("SequencerConfigurationMode=On")
    ways = {0: ("Line0", 10), 1: ("Line1", 20), 2: ("Counter1End", 30), 3: ("Counter2End", 127)}
    for path, (source, following) in ways.items():
        cam.SequencerPathSelector = path
        cam.SequencerTriggerSource, cam.SequencerSetNext = source, following
    cam.SequencerConfigurationMode = "Off"
    for source, following in ways.values():
        cam.SequencerMode = "On"
        poke(cam, source)
        assert cam.SequencerSetActive == following
        cam.SequencerMode = "Off"


def test_the_edge_that_takes_the_way():
    cam = camera("SequencerConfigurationMode=On", "SequencerTriggerSource=Line0", "SequencerSetNext=5",
                 "SequencerTriggerActivation=FallingEdge", "SequencerConfigurationMode=Off",
                 "SequencerMode=On")  # fmt: skip
    cam.lines["Line0"].drive(True)
    cam.advance(MS)
    assert cam.SequencerSetActive == 0
    cam.lines["Line0"].drive(False)
    cam.advance(MS)
    assert cam.SequencerSetActive == 5


def test_regions_change_from_frame_to_frame_inside_the_sensor():
    cam = camera()
    sequence(cam, [["OffsetX=0", "OffsetY=0", "Width=4096", "Height=8"],
                   ["Width=64", "Height=16", "OffsetX=4032", "OffsetY=2984"]])  # fmt: skip
    regions = [
        (f.settings.Width, f.settings.Height, f.settings.OffsetX, f.settings.OffsetY) for f in cam.grab(4)
    ]
    assert regions == [(4096, 8, 0, 0), (64, 16, 4032, 2984)] * 2


def test_what_two_sets_leave_out_is_kept_inside_the_sensor_too():
    cam = camera("Width=64", "Height=8", "OffsetX=4032")
    cam.SequencerConfigurationMode = "On"
    for name in PARAMETERS - {"Width"}:
        cam.SequencerFeatureSelector = name
        cam.SequencerFeatureEnable = False
    cam.SequencerSetSave()
    cam.SequencerConfigurationMode = "Off"
    cam.OffsetX = 0
    cam.Width = 4096
    cam.OffsetX = 0
    cam.SequencerMode = "On"
    assert (cam.Width, cam.OffsetX) == (64, 0)
    cam.SequencerMode = "Off"
    assert (cam.Width, cam.OffsetX) == (4096, 0)


def test_trigger_mode_outputs_and_counters_follow_the_set():
    cam = camera("Height=16", "LineSelector=Line3", "LineSource=UserOutput3", "TriggerSource=Software",
                 "ExposureTime=100")  # fmt: skip
    sequence(
        cam,
        [
            [
                *("TriggerMode=Off", "UserOutputValueAll=0", "CounterDuration=3", "CounterEventSource=Line0"),
                *("CounterEventActivation=RisingEdge", "CounterResetSource=Counter1End"),
            ],
            [
                *("TriggerMode=On", "UserOutputValueAll=4", "CounterDuration=2", "CounterEventSource=Line1"),
                *("CounterEventActivation=FallingEdge", "CounterResetSource=Line2"),
            ],
        ],
    )
    log = logged(cam)
    cam.AcquisitionStart()
    cam.advance(100 * MS)
    assert len(times(log, "FrameStart")) == 1  # set 0 runs free, set 1 waits
    (first,) = times(log, "ExposureStart")
    assert (cam.lines["Line3"].inner[-1], cam.SequencerSetActive) == ((first, True), 1)
    for source in ("Line0", "Line1", "Line1"):
        poke(cam, source)
    assert len(times(log, "Counter1End")) == 1
    assert (cam.CounterValue, cam.CounterDuration) == (2, 2)  # stands; Line2 resets it
    poke(cam, "Line2")
    assert cam.CounterValue == 0
    cam.TriggerSoftware()
    cam.advance(100 * MS)  # set 1's frame, and set 0's at once
    assert len(times(log, "FrameStart")) == 3
    changes = cam.lines["Line3"].inner[-2:]
    assert changes == [(t, on) for t, on in zip(times(log, "ExposureStart")[1:], (False, True), strict=True)]


def test_while_it_runs_its_parameters_are_locked_and_come_back_afterwards():
    cam = camera("ExposureTime=1000", "Gain=6")
    sequence(cam, [["ExposureTime=200", "Gain=1"], ["ExposureTime=300"]])
    assert (cam.ExposureTime, cam.Gain) == (200, 1)
    for name, value in (
        ("ExposureTime", 5000),
        ("Width", 64),
        ("TriggerMode", "On"),
        ("UserOutputValueAll", 1),
    ):
        with pytest.raises(Refused, match=f"{name} is locked now"):
            setattr(cam, name, value)
    with pytest.raises(Refused, match="SequencerConfigurationMode is locked"):
        cam.SequencerConfigurationMode = "On"
    with pytest.raises(Refused, match="SequencerSetNext is locked"):
        cam.SequencerSetNext = 3
    cam.BlackLevel = 9
    assert cam.ExposureTime == 200
    cam.SequencerMode = "Off"
    assert (cam.ExposureTime, cam.Gain, cam.BlackLevel) == (300, 1, 9)  # as they were when it was set up


def test_a_set_is_loaded_back_to_be_changed():
    cam = camera()
    sequence(cam, [["ExposureTime=200"], ["ExposureTime=300"]])
    cam.SequencerMode = "Off"
    with pytest.raises(Refused, match="SequencerSetLoad is not available"):
        cam.SequencerSetLoad()
    cam.SequencerConfigurationMode = "On"
    for number, exposure in ((0, 200), (1, 300)):
        cam.SequencerSetSelector = number
        cam.SequencerSetLoad()
        assert cam.ExposureTime == exposure
    cam.SequencerSetSelector = 77
    with pytest.raises(Refused, match="SequencerSet 77 is empty"):
        cam.SequencerSetLoad()


def test_settings_are_told_without_a_thousand_unused_ways():
    cam = camera()
    tree = cam.twin.camera.tree
    assert "SequencerSetNext" not in tree.shown(cam.twin.camera.settings)
    sequence(cam, [[], [], []], source="Line2")
    told = tree.shown(cam.twin.camera.settings)
    assert told["SequencerSetNext"] == {"(0, 0)": 1, "(1, 0)": 2}
    assert told["SequencerTriggerSource"] == {f"({n}, 0)": "Line2" for n in range(3)}


def test_its_mode_cannot_change_while_sets_are_configured():
    cam = camera("SequencerConfigurationMode=On")
    with pytest.raises(Refused, match="SequencerMode is not available"):
        cam.SequencerMode = "On"
    cam.advance(SEC)
    assert cam.SequencerSetActive == 0
