"""The sequencer: sets of settings that follow one another, frame by frame."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

import numpy as np

from camtwin.session.session import Session
from camtwin.units import MS, SEC, US
from camtwin.verify.case import Case
from camtwin.verify.measurements.signals import (
    Happens,
    action,
    listen,
    pulse,
    same_times,
    show,
    times,
    waiting,
)
from camtwin.verify.measures import Value, measurement
from camtwin.verify.scenes import Lamp, Ramp

Set = dict[str, Value]


def program(case: Case, cam: Session, sets: Sequence[Set], source: str = "ExposureActive") -> None:
    """Store sets with these features, each leading to the next, the last to the first; and run them."""
    cam.SequencerConfigurationMode = "On"
    for i, features in enumerate(sets):
        case.write(cam, SequencerSetSelector=i, **features)
        case.write(cam, SequencerPathSelector=0, SequencerSetNext=(i + 1) % len(sets))
        case.write(cam, SequencerTriggerSource=source)
        cam.SequencerSetSave()
    case.write(cam, SequencerSetStart=0, SequencerConfigurationMode="Off", SequencerMode="On")


def only_chunk(case: Case, cam: Session, chunk: str) -> None:
    """Let frames carry this chunk alone, so that none needs a picture."""
    case.write(cam, ChunkModeActive=True, ChunkSelector=chunk, ChunkEnable=True)
    case.write(cam, ChunkSelector="Image", ChunkEnable=False)


def chunks(frames: Sequence[Any], chunk: str) -> list[Any]:
    """List what a chunk of each frame says."""
    return [frame.chunks[chunk] for frame in frames]


def ending(
    case: Case, cam: Session, counter: str, line: str, duration: int, edge: str = "RisingEdge"
) -> None:
    """Let a counter end, and begin again, by so many edges of a line."""
    case.write(cam, CounterSelector=counter, CounterEventSource=line, CounterEventActivation=edge)
    case.write(cam, CounterDuration=duration, CounterResetSource=f"{counter}End")


# -- sets, paths and triggers --------------------------------------------------------------------------
@measurement("sequencer_sets")
def sequencer_sets(case: Case) -> None:
    """Run through as many sets as claimed: frames have their settings, in order."""
    count = int(case.claim.number)
    cam = case.open(Height=16, link_speed=None)
    case.limits(cam, "SequencerSetSelector", 0, count - 1)
    only_chunk(case, cam, "ExposureTime")
    wanted = [100.0 + 3 * i for i in range(count)]
    program(case, cam, [{"ExposureTime": us} for us in wanted])
    case.that(f"{count} frames with their settings", chunks(cam.grab(count), "ExposureTime") == wanted)


@measurement("sequencer_paths")
def sequencer_paths(case: Case, *lines: str) -> None:
    """Take as many ways from set 0 as claimed: by edges of these lines, and by a timer's end."""
    ways: dict[str, Happens] = {**{line: pulse(line) for line in lines}, "Timer1End": action}
    case.equal("ways", len(ways), int(case.claim.number))
    for number, happens in enumerate(ways.values(), 1):
        cam = waiting(case, "Software", start=False)
        case.limits(cam, "SequencerPathSelector", 0, case.claim.number - 1)
        only_chunk(case, cam, "SequencerSetActive")
        case.write(cam, TimerTriggerSource="Action1", TimerDelay=0, TimerDuration=100)
        cam.SequencerConfigurationMode = "On"
        for i in range(len(ways) + 1):
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


MOVES: Final = {"Line0": ("Line0", "Timer1End"), "Line1": ("Counter1End", "Counter2End"), "Line2": ("Line2",)}
"""Signals that an edge of a line causes here; the counters end at the second edge of Line1."""


@measurement("sequencer_source")
def sequencer_source(case: Case, source: str) -> None:
    """Step through five sets: when the source does something, and no other, the next is in force."""
    cam = waiting(case, "Software", start=False, Height=100)
    only_chunk(case, cam, "SequencerSetActive")
    for counter in ("Counter1", "Counter2"):
        ending(case, cam, counter, "Line1", 2)
    case.write(cam, TimerTriggerSource="Line0", TimerDelay=10, TimerDuration=100)
    program(case, cam, [{"ExposureTime": 1000.0 + i} for i in range(5)], source)
    cam.AcquisitionStart()
    active, wanted, now = list[int](), list[int](), 0
    for line in ("", "Line0", "Line2", "Line1", ""):
        if line:
            cam.lines[line].pulse(50 * US, period_ns=MS, count=1 + (line == "Line1"))
        now += 2 if source == line == "Line1" else source in MOVES.get(line, ())
        cam.advance(50 * MS)
        cam.TriggerSoftware()
        cam.advance(100 * MS)
        wanted.append(now % 5)
        now += source in ("ExposureActive", "ReadOutActive")
        active += chunks(cam.fetch(), "SequencerSetActive")
    case.equal("sets of the frames", active, wanted)


# -- parameters --------------------------------------------------------------------------------------
def two(case: Case, first: Set, second: Set, *, frames: int = 4, **options: Any) -> list[Any]:
    """Take frames of two sets in turns."""
    cam = case.open(**{"Height": 16, "link_speed": None, **options})
    program(case, cam, [first, second])
    return cam.grab(frames)


def lit(case: Case, ratio: float, first: Set, second: Set, **options: Value) -> None:
    """Compare the signal of the second set with that of the first."""
    means: list[list[float]] = []
    for light in (0.0, 4e5):
        shape = {"Width": 256, "Height": 128, "PixelFormat": "Mono12", "BlackLevel": 50}
        frames = two(case, first, second, render=True, scene=Lamp(light), frames=8, **shape, **options)
        means.append([float(np.mean([f.picture.mean() for f in frames[i::2]])) for i in (0, 1)])
    signals = [bright - dark for dark, bright in zip(*means, strict=True)]
    case.near(f"signal of {second} over that of {first}", signals[1] / signals[0], ratio, 0.02 * ratio)


def shaped(name: str, first: int, second: int, case: Case) -> None:
    """Take pictures whose sides take turns."""
    frames = two(case, {name: first}, {name: second}, render=True, Width=64, Height=64)
    sides = [frame.picture.shape[name == "Width"] for frame in frames]
    case.equal(f"{name} of the frames", sides, [first, second, first, second])


def moved(name: str, case: Case) -> None:
    """Move over a scene that grows brighter with column and row: its step says by how much."""
    scene = Ramp(0.0, 700.0, base=1e5) if name == "OffsetX" else Ramp(700.0, 0.0, base=1e5)
    options: dict[str, Any] = {"Width": 256, "Height": 128, "PixelFormat": "Mono12", "ExposureTime": 2000}
    means = [f.picture.mean() for f in two(case, {name: 0}, {name: 512}, render=True, scene=scene, **options)]
    (still,) = case.open(render=True, scene=scene, link_speed=None, **options, **{name: 512}).grab()
    case.near("as a frame at that offset", means[1] / still.picture.mean(), 1, 0.002)
    case.that("every other frame is moved", means[1] > 1.1 * means[0] and means[3] > 1.1 * means[2])


def waits(case: Case) -> None:
    """Let set 0 run freely, and set 1 wait."""
    cam = case.open(Height=16, link_speed=None, TriggerSource="Software")
    program(case, cam, [{"TriggerMode": "Off"}, {"TriggerMode": "On"}])
    cam.AcquisitionStart()
    came: list[int] = []
    for _ in range(3):
        cam.advance(SEC)
        came.append(len(cam.fetch()))
        cam.TriggerSoftware()
    case.equal("frames until it waits: first, and after a trigger", came, [1, 2, 2])


def output_follows(case: Case, output: str, first: Set, second: Set, *, high: bool) -> None:
    """Take eight frames of two sets: as each begins to expose, the next set is in force, and its output."""
    cam = case.open(Height=16, link_speed=None, ExposureTime=1000, UserOutputSelector=output)
    case.write(cam, AcquisitionMode="MultiFrame", AcquisitionFrameCount=8)
    line = show(cam, output)
    program(case, cam, [first, second])
    listen(cam, "ExposureStart")
    cam.advance(MS)
    cam.AcquisitionStart()
    cam.advance(SEC)
    starts = times(cam, "ExposureStart")
    case.equal("exposures", len(starts), 8)
    edges = [(t, level) for t, level in cam.lines[line].inner if t >= starts[0]]  # set up, too, it moves
    wanted = [(t, i % 2 == 0) for i, t in enumerate(starts)] if high else []
    same_times(case, f"edges of {output}", [t for t, _ in edges], [t for t, _ in wanted])
    case.equal("levels", [level for _, level in edges], [level for _, level in wanted])


def outputs_follow(case: Case) -> None:
    """Give all outputs at once the bits of the stored pattern."""
    for bit, output in enumerate(("UserOutput1", "UserOutput2", "UserOutput3")):
        for bits in (0, 7, 1 << bit, 7 - (1 << bit)):
            high = bool(bits >> bit & 1)
            case.saw(f"{output} is {'high' if high else 'low'} with {bits}")
            output_follows(case, output, {"UserOutputValueAll": 0}, {"UserOutputValueAll": bits}, high=high)


def counts(name: str, first: Value, second: Value, counted: list[int], case: Case) -> None:
    """Count in each set one long pulse on Line0, and two on Line1 in the meantime."""
    cam = waiting(case, "Software", start=False)
    case.write(cam, CounterSelector="Counter1", CounterEventSource="Line0", CounterDuration=65535)
    program(case, cam, [{name: first}, {name: second}])
    cam.AcquisitionStart()
    cam.advance(MS)
    values: list[int] = []
    for _ in counted:
        cam.CounterReset()
        cam.lines["Line0"].pulse(200 * MS)
        cam.lines["Line1"].pulse(20 * MS, period_ns=30 * MS, count=2, delay_ns=20 * MS)
        cam.advance(150 * MS)
        values.append(cam.CounterValue)
        cam.advance(150 * MS)
        cam.TriggerSoftware()
        cam.advance(50 * MS)
    case.equal(f"CounterValue with {name} {first} and {second}", values, counted)


def ends(case: Case) -> None:
    """Trigger frames by Counter1End: the next one comes after the stored count of pulses."""
    cam = waiting(case, "Counter1End", start=False)
    ending(case, cam, "Counter1", "Line0", 1)
    program(case, cam, [{"CounterDuration": 2}, {"CounterDuration": 3}])
    cam.AcquisitionStart()
    came: list[int] = []
    for number in range(1, 11):
        cam.lines["Line0"].pulse(100 * US)
        cam.advance(20 * MS)
        came += [number] * len(cam.fetch())
    case.equal("frames at pulses", came, [2, 5, 7, 10])


def only_value(case: Case) -> None:
    """Store ExposureMode, which has one value: it is offered, and frames come with it."""
    offered = case.open().entries("SequencerFeatureSelector")
    case.that("ExposureMode is one of SequencerFeatureSelector", "ExposureMode" in offered)
    case.equal("frames", len(two(case, {"ExposureMode": "Timed"}, {"ExposureMode": "Timed"})), 4)


VALUE: Final = "UserOutputValue"
TAKES_TURNS: Final[dict[str, Callable[[Case], None]]] = {
    "ExposureTime": partial(lit, ratio=2, first={"ExposureTime": 2000}, second={"ExposureTime": 4000}),
    "Gain": partial(lit, ratio=10**0.3, first={"Gain": 0}, second={"Gain": 6}, ExposureTime=2000),
    "Width": partial(shaped, "Width", 64, 128),
    "Height": partial(shaped, "Height", 20, 33),
    "OffsetX": partial(moved, "OffsetX"),
    "OffsetY": partial(moved, "OffsetY"),
    "TriggerMode": waits,
    VALUE: partial(
        output_follows, output="UserOutput1", first={VALUE: False}, second={VALUE: True}, high=True
    ),
    "UserOutputValueAll": outputs_follow,
    "CounterDuration": ends,
    "CounterEventSource": partial(counts, "CounterEventSource", "Line0", "Line1", [1, 2]),
    "CounterEventActivation": partial(counts, "CounterEventActivation", "RisingEdge", "FallingEdge", [1, 0]),
    "CounterResetSource": partial(counts, "CounterResetSource", "Off", "Line1", [1, 0]),
    "ExposureMode": only_value,
}
"""Parameters, and what shows that two sets with different values of them take turns."""


@measurement("sequencer_picture", heavy="pictures")
def sequencer_picture(case: Case, *features: str) -> None:
    """Look at pictures, or otherwise, for two sets with different values of each of these features."""
    for name in features:
        TAKES_TURNS[name](case)


@measurement("sequencer_feature")
def sequencer_feature(case: Case, feature: str) -> None:
    """Look at triggers, outputs and counters for two sets with different values of a feature."""
    TAKES_TURNS[feature](case)
