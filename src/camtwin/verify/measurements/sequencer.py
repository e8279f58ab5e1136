"""The sequencer: sets of settings that follow one another, frame by frame."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

import numpy as np

from camtwin.session.session import Session
from camtwin.units import MS, US
from camtwin.verify.case import Case
from camtwin.verify.measures import Each, Value, measurement
from camtwin.verify.scenes import Lamp, Ramp
from camtwin.verify.signals import KEYS, waiting

Set = dict[str, Value]


def store(case: Case, cam: Session, sets: Sequence[tuple[Set, Sequence[tuple[str, int]]]]) -> None:
    """Store sets: their features, and by which sources they lead to which sets; and run them."""
    cam.SequencerConfigurationMode = "On"
    for i, (features, ways) in enumerate(sets):
        case.write(cam, SequencerSetSelector=i, **features)
        for path, (source, then) in enumerate(ways):
            case.write(cam, SequencerPathSelector=path, SequencerSetNext=then, SequencerTriggerSource=source)
        cam.SequencerSetSave()
    case.write(cam, SequencerSetStart=0, SequencerConfigurationMode="Off", SequencerMode="On")


def program(case: Case, cam: Session, sets: Sequence[Set], source: str = "ExposureActive") -> None:
    """Run through sets with these features, each leading to the next, the last to the first."""
    store(case, cam, [(features, [(source, (i + 1) % len(sets))]) for i, features in enumerate(sets)])


def only_chunk(case: Case, cam: Session, chunk: str) -> None:
    """Let frames carry this chunk alone, so that none needs a picture."""
    case.write(cam, ChunkModeActive=True, ChunkSelector=chunk, ChunkEnable=True)
    case.write(cam, ChunkSelector="Image", ChunkEnable=False)


def chunks(frames: Sequence[Any], chunk: str) -> list[Any]:
    """List what a chunk of each frame says."""
    return [frame.chunks[chunk] for frame in frames]


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
    ways = (*lines, "Timer1End")
    case.equal("ways", len(ways), int(case.claim.number))
    for number, way in enumerate(ways, 1):
        cam = waiting(case, "Software", start=False)
        case.limits(cam, "SequencerPathSelector", 0, case.claim.number - 1)
        only_chunk(case, cam, "SequencerSetActive")
        case.write(cam, TimerTriggerSource="Action1", TimerDelay=0, TimerDuration=100)
        store(case, cam, [({}, list(zip(ways, range(1, 9), strict=False))), *[({}, ())] * len(ways)])
        cam.AcquisitionStart()
        if way in lines:
            cam.lines[way].pulse(100 * US)
        else:
            cam.action(*KEYS)
        cam.advance(10 * MS)
        cam.TriggerSoftware()
        cam.advance(10 * MS)
        case.equal(f"set after way {number}", chunks(cam.fetch(), "SequencerSetActive"), [number])


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
        frames = two(case, first, second, scene=Lamp(light), frames=8, **shape, **options)
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
    means = [f.picture.mean() for f in two(case, {name: 0}, {name: 512}, scene=scene, **options)]
    (still,) = case.open({**options, name: 512}, scene=scene, link_speed=None).grab()
    case.near("as a frame at that offset", means[1] / still.picture.mean(), 1, 0.002)
    case.that("every other frame is moved", means[1] > 1.1 * means[0] and means[3] > 1.1 * means[2])


TAKES_TURNS: Final[dict[str, Callable[[Case], None]]] = {
    "ExposureTime": partial(lit, ratio=2, first={"ExposureTime": 2000}, second={"ExposureTime": 4000}),
    "Gain": partial(lit, ratio=10**0.3, first={"Gain": 0}, second={"Gain": 6}, ExposureTime=2000),
    "Width": partial(shaped, "Width", 64, 128),
    "Height": partial(shaped, "Height", 20, 33),
    "OffsetX": partial(moved, "OffsetX"),
    "OffsetY": partial(moved, "OffsetY"),
}
"""Parameters, and what shows that two sets with different values of them take turns; of others, see steps."""


@measurement("sequencer_picture", heavy="pictures")
def sequencer_picture(case: Case, feature: Each) -> None:
    """Look at pictures for two sets with different values of this feature."""
    TAKES_TURNS[feature](case)
