"""The sequencer: sets of settings that follow one another, frame by frame."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from camtwin.session.session import Session
from camtwin.units import MS, US
from camtwin.verify.case import Case
from camtwin.verify.measures import Value, measurement
from camtwin.verify.scenes import Ramp
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


@measurement("sequencer_picture", heavy="pictures")
def sequencer_picture(case: Case, feature: str, first: Value, second: Value, **features: Value) -> None:
    """Run two sets that differ in a feature: frames are in turns as those of cameras with either value.

    Light grows with columns and rows, so that pictures have another mean for another region, too.
    """
    light = Ramp(700.0, 700.0, base=1e5)
    still = [case.shot({**features, feature: one}, light, None).picture for one in (first, second)]
    cam = case.open(features, scene=light, link_speed=None)
    program(case, cam, [{feature: first}, {feature: second}])
    for frame, like in zip(cam.grab(4), 2 * still, strict=True):
        case.equal(f"size with {feature}", frame.picture.shape, like.shape)
        case.near("mean over that of one that stays so", frame.picture.mean() / like.mean(), 1, 0.002)
    sizes, means = {one.shape for one in still}, [one.mean() for one in still]
    case.that("they are not alike", len(sizes) > 1 or max(means) > 1.1 * min(means))
