"""The sequencer: sets of settings that follow one another, frame by frame."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from camtwin.session.session import Session
from camtwin.units import MS, SEC, US
from camtwin.verify.case import Case, check
from camtwin.verify.checks.signals import (
    LINES,
    action,
    inputs,
    keyed,
    listen,
    pulse,
    same_times,
    source_of,
    times,
)
from camtwin.verify.scenes import Lamp, Ramp

if TYPE_CHECKING:
    from camtwin.genicam import Shown

SOURCES: Final = (
    "Counter1End",
    "Counter2End",
    "ExposureActive",
    "Line0",
    "Line1",
    "Line2",
    "ReadOutActive",
    "Timer1End",
)
"""As they are spelt on the wire."""


def program(
    case: Case,
    cam: Session,
    sets: Sequence[dict[str, Any]],
    source: str = "ExposureActive",
    *,
    run: bool = True,
) -> None:
    """Sets 0, 1, ... with these features, each leading to the next one, the last to the first."""
    cam.SequencerConfigurationMode = "On"
    for i, features in enumerate(sets):
        case.write(cam, SequencerSetSelector=i, **features)
        case.write(
            cam, SequencerPathSelector=0, SequencerSetNext=(i + 1) % len(sets), SequencerTriggerSource=source
        )
        cam.SequencerSetSave()
    case.write(cam, SequencerSetStart=0, SequencerConfigurationMode="Off")
    if run:
        cam.SequencerMode = "On"


def told(case: Case, cam: Session, chunk: str) -> None:
    """Frames carry this chunk alone, so that none needs a picture."""
    case.write(cam, ChunkModeActive=True, ChunkSelector=chunk, ChunkEnable=True)
    case.write(cam, ChunkSelector="Image", ChunkEnable=False)


def chunks(frames: Sequence[Any], chunk: str) -> list[Any]:
    return [frame.chunks[chunk] for frame in frames]


@check("baumer.sequencer.sets")
def all_sets(case: Case) -> None:
    count = int(case.claim.number)
    cam = case.open(Height=16, link_speed=None)
    case.limits(cam, "SequencerSetSelector", 0, count - 1)
    told(case, cam, "ExposureTime")
    wanted = [100.0 + 3 * i for i in range(count)]
    program(case, cam, [{"ExposureTime": us} for us in wanted])
    case.that("128 frames with the 128 settings in order", chunks(cam.grab(count), "ExposureTime") == wanted)


@check("baumer.sequencer.paths")
def all_paths(case: Case) -> None:
    """From set 0, four ways to four sets, each taken by a trigger of its own."""
    ways: dict[str, Callable[[Session], object]] = {
        **{line: pulse(line) for line in LINES},
        "Timer1End": action,
    }
    for number, happens in enumerate(ways.values(), 1):
        cam = case.open(Height=16, link_speed=None, TriggerMode="On", TriggerSource="Software")
        inputs(cam)
        keyed(cam)
        case.limits(cam, "SequencerPathSelector", 0, case.claim.number - 1)
        told(case, cam, "SequencerSetActive")
        case.write(cam, TimerTriggerSource="Action1", TimerDelay=0, TimerDuration=100)
        cam.SequencerConfigurationMode = "On"
        for i in range(5):
            cam.SequencerSetSelector = i
            for path, source in enumerate(ways if i == 0 else ()):
                case.write(cam, SequencerPathSelector=path, SequencerSetNext=path + 1)
                case.write(cam, SequencerTriggerSource=source)
            cam.SequencerSetSave()
        case.write(cam, SequencerSetStart=0, SequencerConfigurationMode="Off", SequencerMode="On")
        cam.AcquisitionStart()
        happens(cam)
        cam.advance(10 * MS)
        cam.TriggerSoftware()
        cam.advance(10 * MS)
        case.equal(f"set after way {number}", chunks(cam.fetch(), "SequencerSetActive"), [number])


@check("baumer.sequencer.trigger_count")
def only_these(case: Case) -> None:
    cam = case.open()
    case.entries(cam, "SequencerTriggerSource", ("Off", *SOURCES))


def ends(cam: Session, counter: str) -> None:
    cam.CounterSelector = counter
    cam.CounterEventSource, cam.CounterDuration, cam.CounterResetSource = "Line1", 2, f"{counter}End"


@check(*(f"baumer.sequencer.trigger.{row}" for row in (
    "counter1end", "counter2end", "exposure_active", "line0", "line1", "line2", "readout_active", "timer1end",
)))  # fmt: skip
def set_changes(case: Case) -> None:
    """Five sets: each time that the source does what it does, and no other, the next is in force."""
    source = next(s for s in SOURCES if s.lower() == case.claim.value.lower())
    cam = case.open(
        Height=100, ExposureTime=1000, link_speed=None, TriggerMode="On", TriggerSource="Software"
    )
    inputs(cam)
    told(case, cam, "SequencerSetActive")
    ends(cam, "Counter1")
    ends(cam, "Counter2")
    case.write(cam, TimerTriggerSource="Line0", TimerDelay=10, TimerDuration=100)
    program(case, cam, [{"ExposureTime": 1000.0 + i} for i in range(5)], source)
    cam.AcquisitionStart()
    happens: dict[str, Callable[[], object]] = {
        "Line0": lambda: cam.lines["Line0"].pulse(50 * US),
        "Line1": lambda: cam.lines["Line1"].pulse(50 * US, period_ns=MS, count=2),
        "Line2": lambda: cam.lines["Line2"].pulse(50 * US),
        "exposure": lambda: None,
    }
    moves = {"Line0": ("Line0", "Timer1End"), "Line1": ("Counter1End", "Counter2End"), "Line2": ("Line2",)}
    found, wanted, now = [], [], 0
    for what in ("exposure", "Line0", "Line2", "Line1", "exposure"):
        happens[what]()
        now += 2 if source == what == "Line1" else source in moves.get(what, ())
        cam.advance(50 * MS)
        cam.TriggerSoftware()
        cam.advance(100 * MS)
        wanted.append(now % 5)
        now += source in ("ExposureActive", "ReadOutActive")
        found += chunks(cam.fetch(), "SequencerSetActive")
    case.equal("sets of the frames", found, wanted)


# -- parameters --------------------------------------------------------------------------------------
def two(
    case: Case, first: dict[str, Any], second: dict[str, Any], *, frames: int = 4, **options: Any
) -> list[Any]:
    """Frames of two sets that take turns."""
    cam = case.open(**{"Height": 16, "link_speed": None, **options})
    program(case, cam, [first, second])
    return cam.grab(frames)


def lit(case: Case, first: dict[str, Any], second: dict[str, Any], **options: Any) -> float:
    """Signal of the second set over that of the first."""
    means = []
    for light in (0.0, 4e5):
        shape = {"Width": 256, "Height": 128, "PixelFormat": "Mono12", "BlackLevel": 50}
        pictures = two(case, first, second, render=True, scene=Lamp(light), frames=8, **shape, **options)
        means.append([np.mean([f.picture.mean() for f in pictures[i::2]]) for i in (0, 1)])
    return float((means[1][1] - means[0][1]) / (means[1][0] - means[0][0]))


def in_exposure(case: Case) -> None:
    case.near("signal ratio of 4 to 2 ms", lit(case, {"ExposureTime": 2000}, {"ExposureTime": 4000}), 2, 0.02)


def in_gain(case: Case) -> None:
    ratio = lit(case, {"Gain": 0}, {"Gain": 6}, ExposureTime=2000)
    case.near("signal ratio of 6 to 0 dB", ratio, 10**0.3, 0.02 * 10**0.3)


def in_shape(name: str, first: int, second: int) -> Callable[[Case], None]:
    def shape(case: Case) -> None:
        frames = two(case, {name: first}, {name: second}, render=True, Width=64, Height=64)
        found = [frame.picture.shape[name == "Width"] for frame in frames]
        case.equal(f"{name} of the frames", found, [first, second, first, second])

    return shape


def in_offset(name: str) -> Callable[[Case], None]:
    def offset(case: Case) -> None:
        """Brightness grows with column and row: its step says by how much the scene has moved."""
        steps = {"row": 0.0, "column": 0.0, "row" if name == "OffsetY" else "column": 700.0}
        scene = Ramp(steps["row"], steps["column"], base=1e5)
        options = {"Width": 256, "Height": 128, "PixelFormat": "Mono12", "ExposureTime": 2000}
        frames = two(case, {name: 0}, {name: 512}, render=True, scene=scene, **options)
        means = [frame.picture.mean() for frame in frames]
        (still,) = case.open(render=True, scene=scene, link_speed=None, **options, **{name: 512}).grab()
        case.near("as a frame at that offset", means[1] / still.picture.mean(), 1, 0.002)
        case.that("every other frame is moved", means[1] > 1.1 * means[0] and means[3] > 1.1 * means[2])

    return offset


def in_trigger_mode(case: Case) -> None:
    """Set 0 runs freely, set 1 waits."""
    cam = case.open(Height=16, link_speed=None, TriggerSource="Software")
    program(case, cam, [{"TriggerMode": "Off"}, {"TriggerMode": "On"}])
    cam.AcquisitionStart()
    found = []
    for _ in range(3):
        cam.advance(SEC)
        found.append(len(cam.fetch()))
        cam.TriggerSoftware()
    case.equal("frames until it waits: first, and after a trigger", found, [1, 2, 2])


def output_follows(
    case: Case, first: dict[str, Any], second: dict[str, Any], output: str, *, high: bool
) -> None:
    """Eight frames of two sets; as each begins to expose, the set after it is in force, and its output."""
    cam = case.open(Height=16, link_speed=None, ExposureTime=1000, UserOutputSelector=output)
    case.write(cam, AcquisitionMode="MultiFrame", AcquisitionFrameCount=8)
    source_of(cam, "Line3", output)
    program(case, cam, [first, second])
    listen(cam, "ExposureStart")
    cam.advance(MS)
    cam.AcquisitionStart()
    cam.advance(SEC)
    starts = times(cam, "ExposureStart")
    case.equal("exposures", len(starts), 8)
    edges = [(t, level) for t, level in cam.lines["Line3"].inner if t >= starts[0]]  # set up, too, it moves
    wanted = [(t, i % 2 == 0) for i, t in enumerate(starts)] if high else []
    same_times(case, f"edges of {output}", [t for t, _ in edges], [t for t, _ in wanted])
    case.equal("levels", [level for _, level in edges], [level for _, level in wanted])


def in_user_output(case: Case) -> None:
    output_follows(case, {"UserOutputValue": False}, {"UserOutputValue": True}, "UserOutput1", high=True)


def in_user_output_all(case: Case) -> None:
    for bit, output in enumerate(("UserOutput1", "UserOutput2", "UserOutput3")):
        for value in (0, 7, 1 << bit, 7 - (1 << bit)):
            high = bool(value >> bit & 1)
            case.saw(f"{output} is {'high' if high else 'low'} with {value}")
            output_follows(case, {"UserOutputValueAll": 0}, {"UserOutputValueAll": value}, output, high=high)


def in_counter(name: str, first: Shown, second: Shown, counted: tuple[int, int]) -> Callable[[Case], None]:
    def counter(case: Case) -> None:
        """In each set, four pulses on Line0 and one on Line1, which reset nothing else."""
        cam = case.open(Height=16, link_speed=None, TriggerMode="On", TriggerSource="Software")
        inputs(cam)
        case.write(cam, CounterSelector="Counter1", CounterEventSource="Line0", CounterDuration=65535)
        program(case, cam, [{name: first}, {name: second}])
        cam.AcquisitionStart()
        cam.advance(MS)
        found = []
        for _ in counted:
            cam.CounterReset()
            cam.lines["Line0"].pulse(200 * MS)
            cam.lines["Line1"].pulse(20 * MS, period_ns=30 * MS, count=2, delay_ns=20 * MS)
            cam.advance(150 * MS)
            found.append(cam.CounterValue)
            cam.advance(150 * MS)
            cam.TriggerSoftware()
            cam.advance(50 * MS)
        case.equal(f"CounterValue with {name} {first} and {second}", tuple(found), counted)

    return counter


def in_counter_duration(case: Case) -> None:
    """Counter1End triggers frames: the next one comes after the stored count of pulses."""
    cam = case.open(Height=16, link_speed=None, TriggerMode="On", TriggerSource="Counter1End")
    case.write(cam, CounterSelector="Counter1", CounterEventSource="Line0", CounterResetSource="Counter1End")
    program(case, cam, [{"CounterDuration": 2}, {"CounterDuration": 3}])
    cam.AcquisitionStart()
    came = []
    for number in range(1, 11):
        cam.lines["Line0"].pulse(100 * US)
        cam.advance(20 * MS)
        came += [number] * len(cam.fetch())
    case.equal("frames at pulses", came, [2, 5, 7, 10])


def in_exposure_mode(case: Case) -> None:
    cam = case.open()
    case.that(
        "ExposureMode is one of SequencerFeatureSelector",
        "ExposureMode" in cam.entries("SequencerFeatureSelector"),
    )
    frames = two(case, {"ExposureMode": "Timed"}, {"ExposureMode": "Timed"})
    case.equal("frames", len(frames), 4)


PARAMETERS: Final[dict[str, Callable[[Case], None]]] = {
    "exposure_time": in_exposure,
    "gain": in_gain,
    "width": in_shape("Width", 64, 128),
    "height": in_shape("Height", 20, 33),
    "offset_x": in_offset("OffsetX"),
    "offset_y": in_offset("OffsetY"),
    "trigger_mode": in_trigger_mode,
    "user_output_value": in_user_output,
    "user_output_value_all": in_user_output_all,
    "counter_duration": in_counter_duration,
    "counter_event_source": in_counter("CounterEventSource", "Line0", "Line1", (1, 2)),
    "counter_event_activation": in_counter("CounterEventActivation", "RisingEdge", "FallingEdge", (1, 0)),
    "counter_reset_source": in_counter("CounterResetSource", "Off", "Line1", (1, 0)),
    "exposure_mode": in_exposure_mode,
}
GROUPS: Final = {
    "Exposure": in_exposure,
    "Gain": in_gain,
    "Trigger": in_trigger_mode,
    "ROI": in_shape("Height", 20, 33),
    "Output": in_user_output,
}


SEEN: Final = ("exposure_time", "gain", "width", "height", "offset_x", "offset_y")
"""Parameters that show in pictures."""


def parameter(case: Case) -> None:
    PARAMETERS[case.claim.id.rpartition(".")[2]](case)


@check(*(f"baumer.sequencer.param.{name}" for name in SEEN), heavy="pictures")
def seen_parameter(case: Case) -> None:
    parameter(case)


@check(*(f"baumer.sequencer.param.{name}" for name in PARAMETERS if name not in SEEN))
def other_parameter(case: Case) -> None:
    parameter(case)


@check("baumer.sequencer.groups", heavy="pictures")
def group(case: Case) -> None:
    for name in case.claim.names:
        GROUPS[name](case)
