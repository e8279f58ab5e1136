"""Chunks: what travels behind a picture, and that it is of that frame."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from camtwin.pixels import FORMATS
from camtwin.session.session import Session
from camtwin.verify.case import Case
from camtwin.verify.measurements.sequencer import chunks
from camtwin.verify.measures import Value, measurement
from camtwin.verify.scenes import Ramp

SET: Final[dict[str, Value]] = {
    "ExposureTime": 1234.0,
    "Gain": 6.0,
    "BlackLevel": 77,
    "Width": 64,
    "Height": 33,
    "OffsetX": 160,
    "OffsetY": 45,
}


def shot(
    case: Case, *names: str, render: bool = False, features: Mapping[str, Value] | None = None
) -> tuple[Session, list[Any]]:
    """Take two frames with these chunks; with the image, too, if pictures are made."""
    settings = {"ChunkModeActive": True, **SET, "PixelFormat": "Mono12", **(features or {})}
    cam = case.open(settings, render=render, scene=Ramp())
    for name in cam.entries("ChunkSelector"):
        case.write(cam, ChunkSelector=name, ChunkEnable=name in names or (render and name == "Image"))
    return cam, cam.grab(2)


@measurement("chunk")
def chunk(case: Case, *values: Value) -> None:
    """Compare the claimed chunk with what the feature of its name was set to; disabled, it is missing."""
    name = case.claim.value
    case.that(f"no chunk {name} while it is disabled", name not in shot(case)[1][0].chunks)
    for value in values:
        _, frames = shot(case, name, features={name: value})
        case.equal(f"chunk {name}", chunks(frames, name), [value, value])
        if name == "PixelFormat":
            code = FORMATS[str(value)].code.to_bytes(4, "big")
            case.that(f"the code of {value} stands in the payload's bytes", code in frames[0].payload[-32:])


@measurement("chunk_image", heavy="pictures")
def chunk_image(case: Case) -> None:
    """Compare the chunk with the payload of the same frame without chunks; disabled, there is none."""
    cam, (first, _) = shot(case, render=True)
    plain = case.open(SET, scene=Ramp(), PixelFormat="Mono12")
    case.that("chunk Image is the payload without chunks", first.chunks["Image"] == plain.grab()[0].payload)
    case.write(cam, ChunkSelector="Image", ChunkEnable=False)
    case.write(cam, ChunkSelector="Width", ChunkEnable=True)
    case.equal("chunks with Image off", [*(cam.grab()[0].chunks or ())], ["Width"])


@measurement("chunk_mode", heavy="pictures")
def chunk_mode(case: Case) -> None:
    """Take frames with the enabled chunks, and right values; without the mode, with the image alone."""
    _, (first, _) = shot(case, "Width", "Gain", render=True)
    case.equal("chunks with ChunkModeActive", sorted(first.chunks), ["Gain", "Image", "Width"])
    case.equal("values", (first.chunks["Width"], first.chunks["Gain"]), (SET["Width"], SET["Gain"]))
    first = case.shot(SET, PixelFormat="Mono12", ChunkModeActive=False)
    case.equal("chunks without", first.chunks, None)
    case.equal("bytes without", len(first.payload), 64 * 33 * 2)
