"""Drive modes of a sensor: what each reads, how fast, and that they change while it streams."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from camtwin.scene import Dark, Flat, Picture, Scene
from camtwin.session.frame import Frame
from camtwin.session.session import Session
from camtwin.units import SEC
from camtwin.verify.case import Case, check
from camtwin.verify.checks.rates import interval_s
from camtwin.verify.scenes import Ramp

MODES: Final = {"full10": "Full10", "full12": "Full12", "4k2k": "Uhd", "1080p": "FullHd", "dol": "Dol"}
"""The flyer's modes, as the twin calls them."""
SHORT_us: Final = 1000.0


def mode_of(case: Case) -> str:
    return MODES[case.claim.id.split(".")[2]]


def driven(case: Case, mode: str, **features: Any) -> Session:
    """In this mode, which sets window and frame length."""
    return case.open(SensorMode=mode, ExposureTime=SHORT_us, **features)


def small(case: Case, mode: str, scene: Scene, side: int = 256, **features: Any) -> Session:
    """Pictures of a window of so many pixels at the corner."""
    cam = case.open(render=True, scene=scene, SensorMode=mode)
    case.write(cam, **{"Width": side, "Height": side, "ExposureTime": 5000.0, **features})
    return cam


def begins(frames: list[Frame]) -> list[Any]:
    """One frame of each frame start."""
    return [frame for frame in frames if not frame.part]


# -- sizes -------------------------------------------------------------------------------------------
def shape(case: Case, mode: str) -> tuple[int, int]:
    """Columns and rows of a picture."""

    def take() -> tuple[int, int]:
        (frame,) = case.open(render=True, scene=Dark(), SensorMode=mode, ExposureTime=SHORT_us).grab()
        rows, columns = frame.picture.shape
        return columns, rows

    return case.once(mode, take)


SIDES: Final = (
    *(f"sony.mode.{mode}.{side}" for mode in ("full10", "4k2k", "1080p") for side in ("width", "height")),
    "sony.structure.active_width",
    "sony.structure.active_height",
)
PRODUCTS: Final = (
    *(f"sony.mode.{mode}.mpix" for mode in ("full10", "4k2k", "1080p", "dol")),
    "sony.structure.active_mpix",
    "sony.ident.megapixel",
)
SIZES: Final = ("sony.mode.full12.size", "sony.mode.dol.size")
ASPECTS: Final = {
    "sony.mode.full10.aspect": 0.001,
    "sony.mode.dol.aspect": 0.001,
    "sony.mode.4k2k.aspect": 0.005,
    "sony.mode.1080p.aspect": 0.03,
}


@check(*SIDES, *PRODUCTS, *SIZES, *ASPECTS, heavy="pictures")
def sizes(case: Case) -> None:
    """The window that the mode sets, and the picture that comes."""
    row = case.claim.id
    mode = mode_of(case) if ".mode." in row else "Full10"
    cam = case.open(SensorMode=mode)
    columns, rows = shape(case, mode)
    case.equal("picture", (columns, rows), (cam.Width, cam.Height))
    if row in SIZES:
        case.equal("size", (columns, rows), case.claim.size)
    elif row in PRODUCTS:
        digits = len(case.claim.value.partition(".")[2])
        case.equal("Mpixel", round(columns * rows / 1e6, digits), case.claim.number)
    elif row in ASPECTS:
        across, down = map(int, case.claim.value.split(":"))
        wanted = across / down
        case.near("columns over rows", columns / rows, wanted, ASPECTS[row] * wanted)
        if mode == "FullHd":
            case.that("1920 x 1080 lie inside", columns >= 1920 and rows >= 1080)
    else:
        side = columns if row.endswith("width") else rows
        case.equal(row.rpartition(".")[2], side, case.claim.number)


# -- rates -------------------------------------------------------------------------------------------
@check(*(f"sony.mode.{mode}.fps" for mode in MODES))
def fastest(case: Case) -> None:
    """As the mode is set up, over 100 frames; a shorter frame is refused."""
    cam = driven(case, mode_of(case))
    frames = begins(cam.grab(202))[:101]
    case.near("rate", 1 / interval_s(frames), case.claim.number, 0.01 * case.claim.number, "frame/s")
    case.refuses(cam, "FrameLength", cam.FrameLength - 1)


@check("sony.feature.4k2k_fps")
def slowed(case: Case) -> None:
    """With the frame length that gives 60."""
    cam = driven(case, "Uhd")
    free = 1 / interval_s(cam.grab(11))
    case.write(cam, FrameLength=round(cam.FrameLength * free / case.claim.number))
    case.near("rate", 1 / interval_s(cam.grab(101)), case.claim.number, 0.01 * case.claim.number, "frame/s")


@check("sony.mode.list")
def all_modes(case: Case) -> None:
    for name in case.claim.names:
        frames = driven(case, MODES[name]).grab(2)
        case.equal(f"{name} starts: frames", len(frames), 2)


@check("sony.mode.normal", heavy="pictures")
def normal(case: Case) -> None:
    """One picture a frame start, and twice the time is twice the signal; in DOL there are two."""
    for name, mode in MODES.items():
        frames = driven(case, mode).grab(8)
        starts = len({frame.timestamp_ns for frame in frames})
        case.equal(f"pictures of 8 frame starts, {name}", len(frames) / starts, 2 if mode == "Dol" else 1)
        if mode != "Dol":
            signal = [_signal(case, mode, us) for us in (2000.0, 4000.0)]
            case.near(f"{name}: signal of 4 ms over that of 2 ms", signal[1] / signal[0], 2, 0.02)


def _signal(case: Case, mode: str, us: float, photons_per_s: float = 1e6) -> float:
    lit, dark = (
        small(case, mode, scene, ExposureTime=us).grab(2)[-1].picture.astype(float)
        for scene in (Flat(photons_per_s, 530.0), Dark())
    )
    return float(lit.mean() - dark.mean())


@check("sony.desc.electronic_shutter", heavy="pictures")
def integration_time(case: Case) -> None:
    """Signal over time, from a tenth of a millisecond to ten."""
    per_us = {us: _signal(case, "Full12", us, 8e5) / us for us in (200.0, 1000.0, 5000.0, 10_000.0)}
    for us, ratio in per_us.items():
        case.near(f"signal a us at {us:g} us", ratio, per_us[10_000.0], 0.01 * per_us[10_000.0], "DN")


@check("sony.fast_transition", heavy="pictures")
def on_the_fly(case: Case) -> None:
    """The mode is changed while frames come: each is whole, none is missing."""
    cam = case.open(render=True, scene=Dark(), SensorMode="Full10", ExposureTime=SHORT_us)
    cam.AcquisitionStart()
    frames = cam.grab(2)
    case.write(cam, SensorMode="FullHd")
    frames += cam.grab(5)
    case.equal("frames are counted through", [f.frame_id for f in frames], list(range(1, 8)))
    shapes = [frame.picture.shape for frame in frames]
    case.saw(", ".join(f"{columns} x {rows}" for rows, columns in dict.fromkeys(shapes)))
    case.equal("sizes", list(dict.fromkeys(shapes)), [(3040, 4056), (1112, 2028)])
    case.that("it does not stop for it", frames[-1].timestamp_ns - frames[0].timestamp_ns < SEC // 5)


# -- the converter -----------------------------------------------------------------------------------
BITS: Final = (
    *(f"sony.mode.{mode}.adc" for mode in MODES),
    "sony.adc.10",
    "sony.adc.12",
)


@check(*BITS, heavy="pictures")
def converter(case: Case) -> None:
    """Codes reach the top of so many bits, in steps of one; light beyond full shows the highest."""
    bits = int(case.claim.number)
    mode = mode_of(case) if ".mode." in case.claim.id else {10: "Full10", 12: "Full12"}[bits]
    (frame, *_) = small(case, mode, Flat(2e6, 530.0)).grab(2)
    case.equal("bits of its format", frame.pixel_format.bits, bits)
    found = np.unique(frame.picture)
    case.equal("rests modulo 4 in the middle", sorted({int(code) % 4 for code in found}), [0, 1, 2, 3])
    (full, *_) = small(case, mode, Flat(1e9, 530.0)).grab(2)
    case.equal("highest code", int(full.picture.max()), 2**bits - 1)
    if case.claim.id == "sony.mode.4k2k.adc":
        twelve = [m for m in case.open().entries("SensorMode") if _bits(case, m) == 12 and "Uhd" in m]
        case.equal("modes of 4K2K with 12 bits", len(twelve), 0)


def _bits(case: Case, mode: str) -> int:
    return case.once(("bits", mode), lambda: small(case, mode, Dark()).grab()[0].pixel_format.bits)


# -- two exposures -----------------------------------------------------------------------------------
@check("sony.dol.supported", "sony.feature.dol_frames", heavy="pictures")
def two_exposures(case: Case) -> None:
    """Two raw frames of one frame start, of different light; nothing puts them together."""
    for ratio in (4.0, 8.0):
        pictures = []
        for scene in (Flat(4e5, 530.0), Dark()):
            cam = small(case, "Dol", scene, ExposureTime=8000.0, ExposureTimeShort=8000.0 / ratio)
            pictures.append(cam.grab(4)[2:])
        long, short = pictures[0]
        case.equal("parts", (long.part, short.part), (0, 1))
        case.equal("of one frame start", long.frame_id, short.frame_id)
        signal = [lit.picture.mean() - dark.picture.mean() for lit, dark in zip(*pictures, strict=True)]
        case.near("long over short", signal[0] / signal[1], ratio, 0.02 * ratio)


# -- mirrors and binning -----------------------------------------------------------------------------
TURNS: Final = {
    "sony.flip": ((False, True),),
    "sony.mirror": ((True, False),),
    "sony.flip_mirror_independent": ((False, False), (True, False), (False, True), (True, True)),
}
MOSAICS: Final = {(False, False): "RGGB", (True, False): "GRBG", (False, True): "GBRG", (True, True): "BGGR"}


@check(*TURNS, heavy="pictures")
def turned(case: Case) -> None:
    """The whole picture of the same light, by the places of the sensor's pixels; and the mosaic with it."""
    base = _whole(case, False, False)
    for x, y in TURNS[case.claim.id]:
        frame = _whole(case, x, y)
        wanted = base.picture[:: -1 if y else 1, :: -1 if x else 1]
        case.that(f"ReverseX {x}, ReverseY {y}: turned so", np.array_equal(frame.picture, wanted))
        case.equal("mosaic", frame.pixel_format.mosaic, MOSAICS[x, y])


def _whole(case: Case, x: bool, y: bool) -> Any:
    def take() -> Any:
        cam = case.open(render=True, scene=Ramp(), SensorMode="Full12", ReverseX=x, ReverseY=y)
        case.write(cam, ExposureTime=SHORT_us)
        return cam.grab()[0]

    return case.once((x, y), take)


@check("sony.binning", "sony.mode.1080p.binning", heavy="pictures")
def binned(case: Case) -> None:
    """A disc has half the size both ways and lies at the same place; noise of even light is halved."""
    if case.claim.id == "sony.binning":
        green = slice(1, None, 2), slice(0, None, 2)
        noise = {}
        for mode in ("Full10", "FullHd"):
            frame = small(case, mode, Flat(1e6, 530.0), side=512).grab()[0]
            noise[mode] = frame.picture[green].astype(float).std()
            case.equal(f"mosaic, {mode}", frame.pixel_format.mosaic, "RGGB")
        case.near("noise of even light, plain over binned", noise["Full10"] / noise["FullHd"], 2, 0.3)
        return
    plain, half = (_box(case, mode) for mode in ("Full10", "FullHd"))
    case.saw(f"a disc covers columns and rows {plain} of the whole, {half} binned")
    top = (3040 - 2224) // 2  # its rows are the middle of the sensor
    wanted = [plain[0] / 2, plain[1] / 2, (plain[2] - top) / 2, (plain[3] - top) / 2]
    worst = max(abs(a - b) for a, b in zip(half, wanted, strict=True))
    case.within("edges off by", worst, 0, 2, "px")


def _box(case: Case, mode: str) -> tuple[int, int, int, int]:
    """First and last column, first and last row of a bright disc."""
    cam = case.open(render=True, scene=disc(), SensorMode=mode, ExposureTime=SHORT_us)
    bright = cam.grab()[0].picture[1::2, 0::2] > 300
    columns, rows = (2 * np.flatnonzero(bright.any(axis=axis)) for axis in (0, 1))
    return int(columns[0]), int(columns[-1]), int(rows[0]), int(rows[-1])


def disc() -> Picture:
    """Round where pixels are square, half as wide as the sensor is high."""
    y, x = np.mgrid[:304, :406]
    return Picture((255 * ((x - 202.5) ** 2 + (y - 151.5) ** 2 < 76**2)).astype(np.uint8), 4e7)


@check("sony.ident.square_pixel", heavy="pictures")
def square(case: Case) -> None:
    left, right, top, bottom = _box(case, "Full10")
    case.equal("width over height of a disc, px", abs((right - left) - (bottom - top)) <= 2, True)
    case.saw(f"{right - left} x {bottom - top} px")
