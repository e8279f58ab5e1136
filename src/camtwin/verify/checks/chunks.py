"""What travels behind a picture."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from camtwin.pixels import FORMATS
from camtwin.session.session import Session
from camtwin.units import MS, US
from camtwin.verify.case import Case, check
from camtwin.verify.checks.sequencer import chunks, program
from camtwin.verify.checks.signals import inputs
from camtwin.verify.claims import load
from camtwin.verify.scenes import Ramp

NAMES: Final = {
    row: claim.value
    for row, claim in load("baumer-vcxg-124m").items()
    if row.startswith("baumer.chunk.") and row.rpartition(".")[2] not in ("all_only", "mode")
}
SET: Final = {
    "ExposureTime": 1234.0,
    "Gain": 6.0,
    "BlackLevel": 77,
    "Width": 64,
    "Height": 33,
    "OffsetX": 160,
    "OffsetY": 45,
}


def shot(case: Case, *names: str, render: bool = False, **features: Any) -> tuple[Session, list[Any]]:
    """Two frames with these chunks; with the image, too, if pictures are made."""
    options = {**SET, "PixelFormat": "Mono12", **features}
    cam = case.open(render=render, scene=Ramp(), ChunkModeActive=True, **options)
    for name in cam.entries("ChunkSelector"):
        case.write(cam, ChunkSelector=name, ChunkEnable=name in names or (render and name == "Image"))
    return cam, cam.grab(2)


def setting(name: str, *values: Any) -> Callable[[Case], None]:
    def same(case: Case) -> None:
        for value in values:
            _, frames = shot(case, name, **{name: value})
            case.equal(f"chunk {name}", [f.chunks[name] for f in frames], [value, value])

    return same


def binning(case: Case) -> None:
    for across, down in ((2, 1), (1, 2)):
        _, frames = shot(case, "Binning", BinningHorizontal=across, BinningVertical=down)
        case.equal("chunk Binning", [f.chunks["Binning"] for f in frames], [(across, down)] * 2)


def frame_id(case: Case) -> None:
    _, (first, second) = shot(case, "FrameID")
    case.equal(
        "chunk FrameID", [f.chunks["FrameID"] for f in (first, second)], [first.frame_id, first.frame_id + 1]
    )


def timestamp(case: Case) -> None:
    _, frames = shot(case, "Timestamp")
    found = [f.chunks["Timestamp"] for f in frames]
    case.equal("chunk Timestamp", found, [f.timestamp_ns for f in frames])
    case.equal("rest by 8", {t % 8 for t in found}, {0})


def pixel_format(case: Case) -> None:
    for name in ("Mono8", "Mono12", "Mono12p"):
        _, frames = shot(case, "PixelFormat", PixelFormat=name)
        case.equal("chunk PixelFormat", [f.chunks["PixelFormat"] for f in frames], [name, name])
        code = FORMATS[name].code.to_bytes(4, "big")
        case.that(f"the code of {name} stands in the payload's bytes", code in frames[0].payload[-32:])


@check("baumer.chunk.image", heavy="pictures")
def image(case: Case) -> None:
    """Equal to the payload of the same frame of a camera without chunks; without the chunk there is none."""
    cam, (first, _) = shot(case, render=True)
    plain = case.open(render=True, scene=Ramp(), PixelFormat="Mono12", **SET)
    case.that("chunk Image is the payload without chunks", first.chunks["Image"] == plain.grab()[0].payload)
    case.write(cam, ChunkSelector="Image", ChunkEnable=False)
    case.write(cam, ChunkSelector="Width", ChunkEnable=True)
    case.equal("chunks with Image off", [*(cam.grab()[0].chunks or ())], ["Width"])


def image_control(case: Case) -> None:
    found = set()
    for x in (False, True):
        for y in (False, True):
            _, frames = shot(case, "ImageControl", ReverseX=x, ReverseY=y)
            found |= {f.chunks["ImageControl"] for f in frames}
    case.equal("values of ImageControl for the four flips", len(found), 4)


def temperature(case: Case) -> None:
    for celsius in (25.0, 60.0):
        cam = case.open(Width=16, Height=1, ChunkModeActive=True, ChunkSelector="Image", ChunkEnable=False)
        case.write(cam, ChunkSelector="DeviceTemperature", ChunkEnable=True)
        cam.world.hold_internal_C(celsius)
        (chunk,) = chunks(cam.grab(), "DeviceTemperature")
        case.near("chunk DeviceTemperature", chunk, cam.DeviceTemperature, 0.5, "degC")
        case.near("and the simulated one", chunk, celsius, 3, "degC")


def counter_value(case: Case) -> None:
    cam = case.open(Width=16, Height=1, ChunkModeActive=True, ChunkSelector="Image", ChunkEnable=False)
    case.write(cam, TriggerMode="On", TriggerSource="Software")
    inputs(cam)
    case.write(cam, ChunkSelector="CounterValue", ChunkEnable=True, CounterSelector="Counter1")
    case.write(cam, CounterEventSource="Line1", CounterDuration=65535)
    cam.AcquisitionStart()
    found = []
    for count in (0, 3, 4):
        if count:
            cam.lines["Line1"].pulse(100 * US, period_ns=MS, count=count)
        cam.advance(20 * MS)
        cam.TriggerSoftware()
        cam.advance(20 * MS)
        found += chunks(cam.fetch(), "CounterValue")
    case.equal("chunk CounterValue", found, [0, 3, 7])


def line_status(case: Case) -> None:
    cam = case.open(render=True, ChunkModeActive=True, Width=16, Height=1)
    inputs(cam)
    case.write(cam, ChunkSelector="LineStatusAll", ChunkEnable=True)
    found, wanted = [], []
    for line in ("Line0", "Line1", "Line2"):
        cam.lines[line].drive(True)
        cam.advance(MS)
        found += chunks(cam.grab(), "LineStatusAll")
        wanted.append(cam.LineStatusAll)
    case.equal("chunk LineStatusAll", found, wanted)
    case.equal("bits of the inputs that are high", [value & 7 for value in found], [1, 3, 7])


def sequencer_set(case: Case) -> None:
    cam = case.open(render=True, ChunkModeActive=True, Width=16, Height=1)
    case.write(cam, ChunkSelector="SequencerSetActive", ChunkEnable=True)
    program(case, cam, [{"ExposureTime": us} for us in (100.0, 200.0, 300.0)])
    case.write(cam, ChunkSelector="SequencerSetActive")
    found = chunks(cam.grab(5), "SequencerSetActive")
    case.equal("chunk SequencerSetActive", found, [0, 1, 2, 0, 1])


CHUNKS: Final[dict[str, Callable[[Case], None]]] = {
    "Binning": binning,
    "BlackLevel": setting("BlackLevel", 0, 200),
    "CounterValue": counter_value,
    "DeviceTemperature": temperature,
    "ExposureTime": setting("ExposureTime", 1234.0, 60_000.0),
    "FrameID": frame_id,
    "Gain": setting("Gain", 0.0, 12.5),
    "Height": setting("Height", 1, 300),
    "ImageControl": image_control,
    "LineStatusAll": line_status,
    "OffsetX": setting("OffsetX", 0, 4000),
    "OffsetY": setting("OffsetY", 0, 2900),
    "PixelFormat": pixel_format,
    "SequencerSetActive": sequencer_set,
    "Timestamp": timestamp,
    "Width": setting("Width", 16, 256),
}


@check(*(row for row in NAMES if row != "baumer.chunk.image"))
def chunk(case: Case) -> None:
    name = case.claim.value
    _, (frame, _) = shot(case)
    case.that(f"no chunk {name} while it is disabled", name not in frame.chunks)
    CHUNKS[name](case)


@check("baumer.chunk.all_only")
def all_chunks(case: Case) -> None:
    case.entries(case.open(), "ChunkSelector", NAMES.values())


@check("baumer.chunk.mode", heavy="pictures")
def chunk_mode(case: Case) -> None:
    _, (first, _) = shot(case, "Width", "Gain", render=True)
    case.equal("chunks with ChunkModeActive", sorted(first.chunks), ["Gain", "Image", "Width"])
    case.equal("values", (first.chunks["Width"], first.chunks["Gain"]), (64, 6.0))
    (first,) = case.open(render=True, PixelFormat="Mono12", **SET, ChunkModeActive=False).grab()
    case.equal("chunks without", first.chunks, None)
    case.equal("bytes without", len(first.payload), 64 * 33 * 2)
