"""Drive modes of a sensor: how fast each is, what it reads, and that modes change while it streams."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from camtwin.scene import Dark, Flat
from camtwin.session.frame import Frame
from camtwin.session.session import Session
from camtwin.units import SEC
from camtwin.verify.case import Case
from camtwin.verify.measurements.rates import interval_s
from camtwin.verify.measurements.region import size
from camtwin.verify.measures import Each, measurement
from camtwin.verify.scenes import disc

SHORT_us: Final = 1000.0


def driven(case: Case, mode: str, **options: Any) -> Session:
    """Open a sensor in a mode, which sets window and frame length."""
    return case.open(SensorMode=mode, ExposureTime=SHORT_us, **options)


# -- rates -------------------------------------------------------------------------------------------
@measurement("mode_rate")
def mode_rate(case: Case, mode: str, *, slowed: bool = False) -> None:
    """Require the claimed rate over 100 frame starts, within 1 %, at the shortest frame: one less is refused.

    slowed: with the FrameLength that gives this rate.
    """
    cam = driven(case, mode)
    if slowed:
        free = 1 / interval_s(cam.grab(11))
        case.write(cam, FrameLength=round(cam.FrameLength * free / case.claim.number))
    else:
        case.refuses(cam, "FrameLength", cam.FrameLength - 1)
    starts = [frame for frame in cam.grab(202) if not frame.part]
    case.near("rate", 1 / interval_s(starts[:101]), case.claim.number, 0.01 * case.claim.number, "frame/s")


@measurement("mode_frames")
def mode_frames(case: Case, frames: int, mode: Each) -> None:
    """Count the frames of each frame start in this mode."""
    grabbed = driven(case, mode).grab(8)
    stamps = {frame.timestamp_ns for frame in grabbed}
    case.equal(f"frames of a frame start, {mode}", len(grabbed) / len(stamps), frames)


@measurement("modes_on_the_fly", heavy="pictures")
def modes_on_the_fly(case: Case, first: str, second: str) -> None:
    """Change the mode while frames come: each is whole, none is missing, and it does not stop for it."""
    sizes = [size(case, {"SensorMode": mode})[::-1] for mode in (first, second)]
    cam = driven(case, first, scene=Dark())
    cam.AcquisitionStart()
    frames = cam.grab(2)
    case.write(cam, SensorMode=second)
    frames += cam.grab(5)
    case.equal("frames are counted through", [f.frame_id for f in frames], list(range(1, 8)))
    case.equal("sizes", list(dict.fromkeys(frame.picture.shape for frame in frames)), sizes)
    case.that("it does not stop for it", frames[-1].timestamp_ns - frames[0].timestamp_ns < SEC // 5)


@measurement("two_exposures", heavy="pictures")
def two_exposures(case: Case, mode: str, *ratios: float) -> None:
    """Compare two raw frames of one frame start: their light is as their times; they stay apart."""
    for ratio in ratios:
        grabbed: list[list[Frame]] = []
        for scene in (Flat(4e5, 530.0), Dark()):
            cam = case.open(SensorMode=mode, Width=256, Height=256, scene=scene)
            case.write(cam, ExposureTime=8000.0, ExposureTimeShort=8000.0 / ratio)
            grabbed.append(cam.grab(4)[2:])
        long, short = grabbed[0]
        case.equal("parts", (long.part, short.part), (0, 1))
        case.equal("of one frame start", long.frame_id, short.frame_id)
        means = [lit.picture.mean() - dark.picture.mean() for lit, dark in zip(*grabbed, strict=True)]
        case.near("long over short", means[0] / means[1], ratio, 0.02 * ratio)


# -- binning -----------------------------------------------------------------------------------------
def box(case: Case, mode: str) -> tuple[int, int, int, int]:
    """Find first and last column, first and last row of a disc, half as wide as the sensor is high."""
    bright = driven(case, mode, scene=disc(406, 304, 152)).grab()[0].picture[1::2, 0::2] > 300
    columns, rows = (2 * np.flatnonzero(bright.any(axis=axis)) for axis in (0, 1))
    return int(columns[0]), int(columns[-1]), int(rows[0]), int(rows[-1])


@measurement("binned_view", heavy="pictures")
def binned_view(case: Case, plain: str, binned: str, rows: int) -> None:
    """Find a disc half as wide and high, where the middle of so many rows of the sensor is read."""
    whole, half = (box(case, mode) for mode in (plain, binned))
    case.saw(f"a disc covers columns and rows {whole} of the whole, {half} binned")
    top = (size(case, {"SensorMode": plain})[1] - rows) // 2
    wanted = [whole[0] / 2, whole[1] / 2, (whole[2] - top) / 2, (whole[3] - top) / 2]
    case.within("edges off by", max(abs(a - b) for a, b in zip(half, wanted, strict=True)), 0, 2, "px")


@measurement("square_pixels", heavy="pictures")
def square_pixels(case: Case, mode: str) -> None:
    """Require that a disc is as wide as it is high, to two pixels."""
    left, right, top, bottom = box(case, mode)
    case.saw(f"{right - left} x {bottom - top} px")
    case.within("difference of its sides", abs((right - left) - (bottom - top)), 0, 2, "px")
