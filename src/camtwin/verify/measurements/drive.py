"""Drive modes of a sensor: what each reads, how fast, and that they change while it streams."""

from __future__ import annotations

from typing import Any, Final, Literal

import numpy as np

from camtwin.scene import Dark, Flat, Picture, Scene
from camtwin.session.frame import Frame
from camtwin.session.session import Session
from camtwin.units import SEC
from camtwin.verify.case import Case
from camtwin.verify.measurements.rates import interval_s
from camtwin.verify.measures import Value, measurement
from camtwin.verify.scenes import Ramp

SHORT_us: Final = 1000.0


def driven(case: Case, mode: str, **options: Any) -> Session:
    """Open a sensor in a mode, which sets window and frame length."""
    return case.open(SensorMode=mode, ExposureTime=SHORT_us, **options)


def small(case: Case, mode: str, scene: Scene, side: int = 256, **features: Value) -> Session:
    """Open a sensor that takes pictures of a window of so many pixels at the corner."""
    cam = case.open(render=True, scene=scene, SensorMode=mode)
    case.write(cam, **{"Width": side, "Height": side, "ExposureTime": 5000.0, **features})
    return cam


def starts(frames: list[Frame]) -> list[Frame]:
    """Keep one frame of each frame start."""
    return [frame for frame in frames if not frame.part]


# -- sizes -------------------------------------------------------------------------------------------
def shape(case: Case, mode: str) -> tuple[int, int]:
    """Take a picture: its columns and rows, which are those of the window that the mode sets."""

    def take() -> tuple[int, int]:
        cam = driven(case, mode, render=True, scene=Dark())
        rows, columns = cam.grab()[0].picture.shape
        case.equal("picture", (columns, rows), (cam.Width, cam.Height))
        return columns, rows

    return case.once(mode, take)


@measurement("mode_size", heavy="pictures")
def mode_size(
    case: Case,
    mode: str,
    part: Literal["width", "height", "both", "megapixels", "aspect"],
    percent: float = 0.1,
) -> None:
    """A picture has the claimed columns, rows, Mpixel to its digits, or aspect within a percentage."""
    columns, rows = shape(case, mode)
    case.saw(f"{columns} x {rows}")
    if part == "both":
        case.equal("size", (columns, rows), case.claim.size)
    elif part == "megapixels":
        digits = len(case.claim.value.partition(".")[2])
        case.equal("Mpixel", round(columns * rows / 1e6, digits), case.claim.number)
    elif part == "aspect":
        across, down = map(int, case.claim.value.split(":"))
        case.near("columns over rows", columns / rows, across / down, percent / 100 * across / down)
    else:
        case.equal(part, columns if part == "width" else rows, case.claim.number)


@measurement("mode_holds", heavy="pictures")
def mode_holds(case: Case, mode: str, columns: int, rows: int) -> None:
    """So many columns and rows lie inside of a picture in this mode."""
    there = shape(case, mode)
    case.that(f"{columns} x {rows} lie inside", there[0] >= columns and there[1] >= rows)


# -- rates -------------------------------------------------------------------------------------------
@measurement("mode_rate")
def mode_rate(case: Case, mode: str) -> None:
    """A mode as it is set up runs as claimed over 100 frames, within 1 %; a shorter frame is refused."""
    cam = driven(case, mode)
    rate = 1 / interval_s(starts(cam.grab(202))[:101])
    case.near("rate", rate, case.claim.number, 0.01 * case.claim.number, "frame/s")
    case.refuses(cam, "FrameLength", cam.FrameLength - 1)


@measurement("mode_slowed")
def mode_slowed(case: Case, mode: str) -> None:
    """With the frame length that gives the claimed rate, a mode runs so within 1 %."""
    cam = driven(case, mode)
    free = 1 / interval_s(cam.grab(11))
    case.write(cam, FrameLength=round(cam.FrameLength * free / case.claim.number))
    case.near("rate", 1 / interval_s(cam.grab(101)), case.claim.number, 0.01 * case.claim.number, "frame/s")


@measurement("modes_start")
def modes_start(case: Case, *modes: str) -> None:
    """There are as many modes as the claim lists, and each gives frames."""
    case.equal("modes", len(modes), len(case.claim.names))
    for mode in modes:
        case.equal(f"{mode} starts: frames", len(driven(case, mode).grab(2)), 2)


@measurement("mode_frames")
def mode_frames(case: Case, frames: int, *modes: str) -> None:
    """In these modes so many frames come of each frame start."""
    for mode in modes:
        grabbed = driven(case, mode).grab(8)
        stamps = {frame.timestamp_ns for frame in grabbed}
        case.equal(f"frames of a frame start, {mode}", len(grabbed) / len(stamps), frames)


def signal(case: Case, mode: str, us: float, photons_per_s: float) -> float:
    """Measure the mean code of even light for so long, above that of the dark."""
    lit, dark = (
        small(case, mode, scene, ExposureTime=us).grab(2)[-1].picture.astype(float)
        for scene in (Flat(photons_per_s, 530.0), Dark())
    )
    return float(lit.mean() - dark.mean())


@measurement("linear_in_time", heavy="pictures")
def linear_in_time(case: Case, mode: str, photons_per_s: float, *us: float) -> None:
    """The signal grows with the exposure: that of a microsecond is the same at each, within 1 %."""
    per_us = [signal(case, mode, t, photons_per_s) / t for t in us]
    for t, one in zip(us, per_us, strict=True):
        case.near(f"{mode}: signal a us at {t:g} us", one, per_us[-1], 0.01 * per_us[-1], "DN")


@measurement("modes_on_the_fly", heavy="pictures")
def modes_on_the_fly(case: Case, first: str, second: str) -> None:
    """The mode is changed while frames come: each is whole, none is missing, and it does not stop for it."""
    sizes = [shape(case, mode)[::-1] for mode in (first, second)]
    cam = driven(case, first, render=True, scene=Dark())
    cam.AcquisitionStart()
    frames = cam.grab(2)
    case.write(cam, SensorMode=second)
    frames += cam.grab(5)
    case.equal("frames are counted through", [f.frame_id for f in frames], list(range(1, 8)))
    case.equal("sizes", list(dict.fromkeys(frame.picture.shape for frame in frames)), sizes)
    case.that("it does not stop for it", frames[-1].timestamp_ns - frames[0].timestamp_ns < SEC // 5)


# -- the converter -----------------------------------------------------------------------------------
@measurement("converter", heavy="pictures")
def converter(case: Case, mode: str) -> None:
    """Codes have the claimed bits: steps of one in the middle, the highest one beyond full light."""
    bits = int(case.claim.number)
    (frame, *_) = small(case, mode, Flat(2e6, 530.0)).grab(2)
    case.equal("bits of its format", frame.pixel_format.bits, bits)
    rests = sorted({int(code) % 4 for code in np.unique(frame.picture)})
    case.equal("rests modulo 4 in the middle", rests, [0, 1, 2, 3])
    (full, *_) = small(case, mode, Flat(1e9, 530.0)).grab(2)
    case.equal("highest code", int(full.picture.max()), 2**bits - 1)


@measurement("no_mode_with_bits", heavy="pictures")
def no_mode_with_bits(case: Case, bits: int, named: str) -> None:
    """No mode of this name has so many bits."""
    modes = [mode for mode in case.open().entries("SensorMode") if named in mode]
    deep = [mode for mode in modes if small(case, mode, Dark()).grab()[0].pixel_format.bits == bits]
    case.equal(f"of {', '.join(modes)}, with {bits} bits", ", ".join(deep) or "none", "none")


@measurement("two_exposures", heavy="pictures")
def two_exposures(case: Case, mode: str, *ratios: float) -> None:
    """Two raw frames of one frame start, whose light is as their times; nothing puts them together."""
    for ratio in ratios:
        grabbed: list[list[Frame]] = []
        for scene in (Flat(4e5, 530.0), Dark()):
            cam = small(case, mode, scene, ExposureTime=8000.0, ExposureTimeShort=8000.0 / ratio)
            grabbed.append(cam.grab(4)[2:])
        long, short = grabbed[0]
        case.equal("parts", (long.part, short.part), (0, 1))
        case.equal("of one frame start", long.frame_id, short.frame_id)
        means = [lit.picture.mean() - dark.picture.mean() for lit, dark in zip(*grabbed, strict=True)]
        case.near("long over short", means[0] / means[1], ratio, 0.02 * ratio)


# -- mirrors and binning -----------------------------------------------------------------------------
MOSAICS: Final = {(False, False): "RGGB", (True, False): "GRBG", (False, True): "GBRG", (True, True): "BGGR"}


@measurement("mode_mirrors", heavy="pictures")
def mode_mirrors(case: Case, mode: str, *turns: Literal["none", "x", "y", "xy"]) -> None:
    """The picture of the same light is turned, to the pixel, and its mosaic with it."""

    def whole(x: bool, y: bool) -> Any:
        cam = case.open(render=True, scene=Ramp(), SensorMode=mode, ReverseX=x, ReverseY=y)
        case.write(cam, ExposureTime=SHORT_us)
        return cam.grab()[0]

    base = case.once((False, False), lambda: whole(False, False))
    for x, y in (("x" in turn, "y" in turn) for turn in turns):
        frame = case.once((x, y), lambda x=x, y=y: whole(x, y))
        wanted = base.picture[:: -1 if y else 1, :: -1 if x else 1]
        case.that(f"ReverseX {x}, ReverseY {y}: turned so", np.array_equal(frame.picture, wanted))
        case.equal("mosaic", frame.pixel_format.mosaic, MOSAICS[x, y])


@measurement("binned_noise", heavy="pictures")
def binned_noise(case: Case, plain: str, binned: str) -> None:
    """Noise of even light is half of the plain mode's, within 15 %, and the mosaic is kept."""
    green = slice(1, None, 2), slice(0, None, 2)
    noise: list[float] = []
    for mode in (plain, binned):
        frame = small(case, mode, Flat(1e6, 530.0), side=512).grab()[0]
        noise.append(float(frame.picture[green].astype(float).std()))
        case.equal(f"mosaic, {mode}", frame.pixel_format.mosaic, "RGGB")
    case.near("noise of even light, plain over binned", noise[0] / noise[1], 2, 0.3)


def box(case: Case, mode: str) -> tuple[int, int, int, int]:
    """Find first and last column, first and last row of a disc, half as wide as the sensor is high."""
    y, x = np.mgrid[:304, :406]
    disc = Picture((255 * ((x - 202.5) ** 2 + (y - 151.5) ** 2 < 76**2)).astype(np.uint8), 4e7)
    bright = driven(case, mode, render=True, scene=disc).grab()[0].picture[1::2, 0::2] > 300
    columns, rows = (2 * np.flatnonzero(bright.any(axis=axis)) for axis in (0, 1))
    return int(columns[0]), int(columns[-1]), int(rows[0]), int(rows[-1])


@measurement("binned_view", heavy="pictures")
def binned_view(case: Case, plain: str, binned: str, rows: int) -> None:
    """A disc has half the size both ways, and lies where the middle of so many rows of the sensor is read."""
    whole, half = (box(case, mode) for mode in (plain, binned))
    case.saw(f"a disc covers columns and rows {whole} of the whole, {half} binned")
    top = (shape(case, plain)[1] - rows) // 2
    wanted = [whole[0] / 2, whole[1] / 2, (whole[2] - top) / 2, (whole[3] - top) / 2]
    case.within("edges off by", max(abs(a - b) for a, b in zip(half, wanted, strict=True)), 0, 2, "px")


@measurement("square_pixels", heavy="pictures")
def square_pixels(case: Case, mode: str) -> None:
    """A disc is as wide as it is high, to two pixels."""
    left, right, top, bottom = box(case, mode)
    case.saw(f"{right - left} x {bottom - top} px")
    case.within("difference of its sides", abs((right - left) - (bottom - top)), 0, 2, "px")
