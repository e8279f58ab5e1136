"""Pixel formats: which there are, their codes, and their bytes on the link; frame ids and timestamps."""

from __future__ import annotations

from fnmatch import fnmatchcase

import numpy as np

from camtwin.pixels import FORMATS, unpack
from camtwin.scene import Flat
from camtwin.units import SEC
from camtwin.verify.case import Case
from camtwin.verify.measures import Value, measurement
from camtwin.verify.scenes import Ramp


@measurement("offers_no")
def offers_no(case: Case, feature: str, *patterns: str) -> None:
    """An enumeration has no entry like these; `*` stands for any letters."""
    entries = case.open().entries(feature)
    case.saw(f"{feature}: {', '.join(entries)}")
    if found := [entry for entry in entries if any(fnmatchcase(entry, pattern) for pattern in patterns)]:
        case.wrong(f"{feature} has {', '.join(found)}")


@measurement("format_bytes", heavy="pictures")
def format_bytes(case: Case, payload: int, **features: Value) -> None:
    """A picture in the claim's format has so many bytes; in bright light they hold the highest code.

    The camera's ramp, if it has one, and a ramp of light are in the bytes as in the picture."""
    fmt = FORMATS[case.claim.value]
    for scene in (Flat(1e8), Ramp()):
        cam = case.open(features, render=True, scene=scene, PixelFormat=fmt.name, link_speed=None)
        case.equal("PayloadSize", cam.PayloadSize, payload)
        (frame,) = cam.grab()
        case.equal("bytes", len(frame.payload), payload)
        codes = unpack(frame.payload, fmt, cam.Width, cam.Height)
        case.that("the payload holds the picture's codes", np.array_equal(codes, frame.picture))
        if isinstance(scene, Flat):
            case.equal("highest code", int(codes.max()), 2**fmt.bits - 1)


@measurement("ramp_codes", heavy="pictures")
def ramp_codes(case: Case, pattern: str) -> None:
    """The camera's own ramp, over the whole picture, shows the lowest and the highest code of a format."""
    fmt = FORMATS[case.claim.value]
    cam = case.open(render=True, PixelFormat=fmt.name, TestPattern=pattern)
    (frame,) = cam.grab()
    case.equal("size", frame.picture.shape, (cam.SensorHeight, cam.SensorWidth))
    case.equal("codes", (int(frame.picture.min()), int(frame.picture.max())), (0, 2**fmt.bits - 1))
    as_sent = unpack(frame.payload, fmt, cam.Width, cam.Height)
    case.that("payload holds these codes", np.array_equal(as_sent, frame.picture))


@measurement("same_codes", heavy="pictures")
def same_codes(case: Case, other: str) -> None:
    """The same frame of the same light has the same codes in the claim's format and in another."""
    codes = []
    for name in (case.claim.value, other):
        cam = case.open(render=True, scene=Ramp(), PixelFormat=name)
        codes.append(unpack(cam.grab()[0].payload, FORMATS[name], cam.Width, cam.Height))
    case.that(f"unpacked codes are those of {other}", np.array_equal(*codes))


@measurement("high_bytes_first", heavy="pictures")
def high_bytes_first(case: Case, **features: Value) -> None:
    """Each group of pixels begins with their high bytes; a saturated one has all bits set."""
    fmt = FORMATS[case.claim.value]
    for scene in (Flat(1e8), Flat(5e5)):
        cam = case.open(features, render=True, scene=scene, PixelFormat=fmt.name)
        (frame,) = cam.grab()
        if scene.photons_per_s == 1e8:
            case.equal("a saturated group", set(frame.payload), {0xFF})
            continue
        groups = np.frombuffer(frame.payload, np.uint8).reshape(cam.Height, -1, fmt.group[1])
        high = groups[:, :, :-1].reshape(cam.Height, cam.Width)
        case.that("high bytes come first", np.array_equal(high, frame.picture >> (fmt.bits - 8)))


@measurement("each_format_is_mono", heavy="pictures")
def each_format_is_mono(case: Case, **features: Value) -> None:
    """Every format that is offered is without a mosaic, and streams."""
    cam = case.open(features, render=True)
    for name in cam.entries("PixelFormat"):
        case.that(f"{name} is mono", not FORMATS[name].mosaic)
        case.write(cam, PixelFormat=name)
        case.equal(f"bytes of {name}", len(cam.grab()[0].payload), cam.PayloadSize)


@measurement("highest_code", heavy="pictures")
def highest_code(case: Case, **features: Value) -> None:
    """In bright light the highest code has the claim's bits."""
    picture = case.open(features, render=True, scene=Flat(1e8)).grab()[0].picture
    case.equal("highest code", int(picture.max()), 2 ** int(case.claim.number) - 1)


@measurement("image_alone")
def image_alone(case: Case, payload: int, **features: Value) -> None:
    """A frame has so many bytes, its picture's and no more."""
    cam = case.open(features, render=True)
    case.equal("PayloadSize", cam.PayloadSize, payload)
    case.equal("bytes of a frame", len(cam.grab()[0].payload), payload)


@measurement("payload_with_chunks")
def payload_with_chunks(case: Case, image_bytes: int, **features: Value) -> None:
    """With all chunks the payload is more than the picture, and at most the claim's highest."""
    cam = case.open(features, ChunkModeActive=True)
    for name in cam.entries("ChunkSelector"):
        case.write(cam, ChunkSelector=name)
        if cam.access("ChunkEnable") == "RW":
            case.write(cam, ChunkEnable=True)
    case.within("PayloadSize with all chunks", cam.PayloadSize, image_bytes, case.claim.span[1], "B")


# -- frame ids and timestamps --------------------------------------------------------------------------
@measurement("frame_ids_wrap")
def frame_ids_wrap(case: Case, **features: Value) -> None:
    """Frame ids go on past 65535, and begin anew at the claim's number."""
    wrap = int(case.claim.number)
    for before, then in ((65_534, [65_535, 65_536]), (wrap - 3, [wrap - 2, wrap - 1])):
        cam = case.open(features)
        cam.world.preset_frame_count(before)
        case.equal("frame ids", [f.frame_id for f in cam.grab(2)], then)
        after = [f.frame_id for f in cam.grab(2)]
    case.saw(f"then {after}")
    if any(not 0 <= i < 8 for i in after):
        case.wrong(f"after {wrap - 1} come {after}")


@measurement("timestamps_go_on")
def timestamps_go_on(case: Case, **features: Value) -> None:
    """Timestamps of frames and of TimestampLatch go on beyond 32 bits, and up to the claim's."""
    cam, most = case.open(features), 2 ** (int(case.claim.number) - 2)
    cam.world.preset_timestamp(2**32 - 8)
    first, second = (frame.timestamp_ns for frame in cam.grab(2))
    case.that("a frame's timestamp goes on beyond 2^32", second > first >= 2**32 - 8 and second > 2**32)
    cam.world.preset_timestamp(most)
    case.that(f"and beyond {most}", cam.grab()[0].timestamp_ns >= most)
    cam.TimestampLatch()
    case.that("TimestampLatchValue, too", cam.TimestampLatchValue > most)


@measurement("second_apart")
def second_apart(case: Case) -> None:
    """Two frames that are 1 s apart have timestamps that differ by 1e9."""
    cam = case.open(AcquisitionFrameRateEnable=True, AcquisitionFrameRate=1.0)
    first, second = cam.grab(2)
    case.near("two frames 1 s apart", second.timestamp_ns - first.timestamp_ns, SEC, 1e-4 * SEC, "ns")


@measurement("timestamp_steps")
def timestamp_steps(case: Case, **features: Value) -> None:
    """All timestamps are multiples of the claim's increment, odd and even ones."""
    cam, tick = case.open(features), int(case.claim.number)
    stamps = [f.timestamp_ns for f in cam.grab(200)]
    for _ in range(50):
        cam.advance(1003)
        cam.TimestampLatch()
        stamps.append(cam.TimestampLatchValue)
    case.equal(f"rests of {len(stamps)} timestamps", sorted({stamp % tick for stamp in stamps}), [0])
    case.equal("odd and even multiples", sorted({stamp // tick % 2 for stamp in stamps}), [0, 1])
