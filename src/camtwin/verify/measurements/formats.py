"""Pixel formats: their codes, and their bytes on the link; frame ids and timestamps."""

from __future__ import annotations

import numpy as np

from camtwin.pixels import FORMATS, unpack
from camtwin.scene import Flat
from camtwin.verify.case import Case
from camtwin.verify.measures import Value, measurement
from camtwin.verify.scenes import Ramp


@measurement("format_bytes", heavy="pictures")
def format_bytes(case: Case, payload: int, PixelFormat: str = "", **features: Value) -> None:
    """Count the bytes of a picture in the claim's format, or another; bright light is the highest code.

    A ramp of light is in the bytes as in the picture.
    """
    fmt = FORMATS[PixelFormat or case.claim.value]
    for scene in (Flat(1e8), Ramp()):
        cam = case.open(features, scene=scene, PixelFormat=fmt.name, link_speed=None)
        case.equal("PayloadSize", cam.PayloadSize, payload)
        (frame,) = cam.grab()
        case.equal("bytes", len(frame.payload), payload)
        codes = unpack(frame.payload, fmt, cam.Width, cam.Height)
        case.that("the payload holds the picture's codes", np.array_equal(codes, frame.picture))
        if isinstance(scene, Flat):
            case.equal("highest code", int(codes.max()), 2**fmt.bits - 1)


@measurement("high_bytes_first", heavy="pictures")
def high_bytes_first(case: Case, **features: Value) -> None:
    """Require that each group of pixels begins with their high bytes; a saturated one has all bits set."""
    fmt = FORMATS[case.claim.value]
    full, frame = (case.shot(features, Flat(rate), PixelFormat=fmt.name) for rate in (1e8, 5e5))
    case.equal("a saturated group", set(full.payload), {0xFF})
    rows, columns = frame.picture.shape
    groups = np.frombuffer(frame.payload, np.uint8).reshape(rows, -1, fmt.group[1])
    high = groups[:, :, :-1].reshape(rows, columns)
    case.that("high bytes come first", np.array_equal(high, frame.picture >> (fmt.bits - 8)))


@measurement("payload_with_chunks")
def payload_with_chunks(case: Case, image_bytes: int, **features: Value) -> None:
    """Require that with all chunks the payload is more than the picture, and at most the claim's highest."""
    cam = case.open(features, ChunkModeActive=True)
    for name in cam.entries("ChunkSelector"):
        case.write(cam, ChunkSelector=name)
        if cam.access("ChunkEnable") == "RW":
            case.write(cam, ChunkEnable=True)
    case.within("PayloadSize with all chunks", cam.PayloadSize, image_bytes, case.claim.span[1], "B")


@measurement("chunk_image", heavy="pictures")
def chunk_image(case: Case, **features: Value) -> None:
    """Compare the chunk with the payload of the same frame without chunks; disabled, it is missing."""
    cam = case.open(features, scene=Ramp(), ChunkModeActive=True, ChunkSelector="Image", ChunkEnable=True)
    chunk = (cam.grab()[0].chunks or {})["Image"]
    case.that("chunk Image is the payload without chunks", chunk == case.shot(features, Ramp()).payload)
    case.write(cam, ChunkEnable=False)
    case.equal("chunks with Image off", cam.grab()[0].chunks or {}, {})


# -- timestamps --------------------------------------------------------------------------------------------
@measurement("timestamp_steps")
def timestamp_steps(case: Case, **features: Value) -> None:
    """Require that all timestamps are multiples of the claim's increment, odd and even ones."""
    cam, tick = case.open(features), int(case.claim.number)
    stamps = [f.timestamp_ns for f in cam.grab(200)]
    for _ in range(50):
        cam.advance(1003)
        cam.TimestampLatch()
        stamps.append(cam.TimestampLatchValue)
    case.equal(f"rests of {len(stamps)} timestamps", sorted({stamp % tick for stamp in stamps}), [0])
    case.equal("odd and even multiples", sorted({stamp // tick % 2 for stamp in stamps}), [0, 1])
