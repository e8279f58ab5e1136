"""Chunks: what travels behind a picture, and that it is of that frame."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from camtwin.pixels import FORMATS
from camtwin.session.session import Session
from camtwin.units import MS, US
from camtwin.verify.case import Case
from camtwin.verify.measurements.sequencer import chunks, only_chunk, program
from camtwin.verify.measurements.signals import inputs, waiting
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
    plain = case.open(SET, render=True, scene=Ramp(), PixelFormat="Mono12")
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


# -- chunks that no feature of their name sets ---------------------------------------------------------
def binning(case: Case) -> None:
    """Compare both factors."""
    for across, down in ((2, 1), (1, 2)):
        _, frames = shot(case, "Binning", features={"BinningHorizontal": across, "BinningVertical": down})
        case.equal("chunk Binning", chunks(frames, "Binning"), [(across, down)] * 2)


def frame_id(case: Case) -> None:
    """Count frames through."""
    _, frames = shot(case, "FrameID")
    case.equal("chunk FrameID", chunks(frames, "FrameID"), [frames[0].frame_id, frames[0].frame_id + 1])


def timestamp(case: Case) -> None:
    """Compare timestamps, multiples of 8, with those of the frames."""
    _, frames = shot(case, "Timestamp")
    stamps = chunks(frames, "Timestamp")
    case.equal("chunk Timestamp", stamps, [f.timestamp_ns for f in frames])
    case.equal("rest by 8", {t % 8 for t in stamps}, {0})


def image_control(case: Case) -> None:
    """Find another value for each way to mirror."""
    ways = [{"ReverseX": x, "ReverseY": y} for x in (False, True) for y in (False, True)]
    values = {v for way in ways for v in chunks(shot(case, "ImageControl", features=way)[1], "ImageControl")}
    case.equal("values of ImageControl for the four flips", len(values), 4)


def temperature(case: Case) -> None:
    """Compare with the thermometer, near the true temperature."""
    for celsius in (25.0, 60.0):
        cam = case.open(Width=16, Height=1)
        only_chunk(case, cam, "DeviceTemperature")
        cam.world.hold_internal_C(celsius)
        (read,) = chunks(cam.grab(), "DeviceTemperature")
        case.near("chunk DeviceTemperature", read, cam.DeviceTemperature, 0.5, "degC")
        case.near("and the simulated one", read, celsius, 3, "degC")


def counter_value(case: Case) -> None:
    """Compare with the counter as each frame began."""
    cam = waiting(case, "Software", start=False, Width=16)
    only_chunk(case, cam, "CounterValue")
    case.write(cam, CounterSelector="Counter1", CounterEventSource="Line1", CounterDuration=65535)
    cam.AcquisitionStart()
    values: list[int] = []
    for count in (0, 3, 4):
        if count:
            cam.lines["Line1"].pulse(100 * US, period_ns=MS, count=count)
        cam.advance(20 * MS)
        cam.TriggerSoftware()
        cam.advance(20 * MS)
        values += chunks(cam.fetch(), "CounterValue")
    case.equal("chunk CounterValue", values, [0, 3, 7])


def line_status(case: Case) -> None:
    """Compare a bit for each line with the register."""
    cam = case.open(render=True, ChunkModeActive=True, Width=16, Height=1)
    lines, values, wanted = inputs(cam), list[int](), list[int]()
    case.write(cam, ChunkSelector="LineStatusAll", ChunkEnable=True)
    for line in lines:
        cam.lines[line].drive(True)
        cam.advance(MS)
        values += chunks(cam.grab(), "LineStatusAll")
        wanted.append(cam.LineStatusAll)
    case.equal("chunk LineStatusAll", values, wanted)
    case.equal("bits of the inputs that are high", [value & 7 for value in values], [1, 3, 7])


def sequencer_set(case: Case) -> None:
    """Compare with the set of each frame."""
    cam = case.open(render=True, ChunkModeActive=True, Width=16, Height=1)
    case.write(cam, ChunkSelector="SequencerSetActive", ChunkEnable=True)
    program(case, cam, [{"ExposureTime": us} for us in (100.0, 200.0, 300.0)])
    case.equal("chunk", chunks(cam.grab(5), "SequencerSetActive"), [0, 1, 2, 0, 1])


OWN: Final[dict[str, Callable[[Case], None]]] = {
    "Binning": binning,
    "CounterValue": counter_value,
    "DeviceTemperature": temperature,
    "FrameID": frame_id,
    "ImageControl": image_control,
    "LineStatusAll": line_status,
    "SequencerSetActive": sequencer_set,
    "Timestamp": timestamp,
}


@measurement("chunk_of_frame")
def chunk_of_frame(case: Case) -> None:
    """Compare the claimed chunk with what was so for its frame."""
    OWN[case.claim.value](case)
