"""Region, binning and mirrors: which pixels a picture shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np

from camtwin.scene import Dark
from camtwin.session.frame import Frame
from camtwin.verify.case import Case
from camtwin.verify.measures import Value, measurement
from camtwin.verify.scenes import Ramp, ramp

Side = Literal["Width", "Height"]


# -- sizes -------------------------------------------------------------------------------------------
def size(case: Case, features: Mapping[str, Value]) -> tuple[int, int]:
    """Take a picture with these settings: its columns and rows, which Width and Height give, too."""

    def take() -> tuple[int, int]:
        cam = case.open(features, scene=Dark())
        rows, columns = cam.grab()[0].picture.shape
        case.equal("picture", (columns, rows), (cam.Width, cam.Height))
        return columns, rows

    return case.once(("size", *features.items()), take)


@measurement("picture_size", heavy="pictures")
def picture_size(
    case: Case,
    part: Literal["width", "height", "both", "megapixels", "aspect", "set"],
    percent: float = 0.1,
    **features: Value,
) -> None:
    """Compare a picture with the claim: columns, rows, Mpixel to its digits, aspect within a percentage.

    set: it has the Width and Height that are written.
    """
    columns, rows = size(case, features)
    case.saw(f"{columns} x {rows}")
    if part in ("width", "height"):
        case.equal(part, columns if part == "width" else rows, case.claim.number)
    elif part == "both":
        case.equal("size", (columns, rows), case.claim.size)
    elif part == "megapixels":
        case.equal("Mpixel", case.claim.rounded(columns * rows / 1e6), case.claim.number)
    elif part == "aspect":
        across, down = map(int, case.claim.value.split(":"))
        case.near("columns over rows", columns / rows, across / down, percent / 100 * across / down)
    else:
        case.equal("size", (columns, rows), (features["Width"], features["Height"]))


# -- where -------------------------------------------------------------------------------------------
@measurement("cut_of_whole", heavy="pictures")
def cut_of_whole(
    case: Case, width: int = 0, height: int = 0, *, lit_ms: float = 0, **features: Value
) -> None:
    """Compare regions from corner to corner with the same pixels of the whole sensor in the same light.

    Without a size they are some steps wide and high.
    """
    cam = case.open({"OffsetX": 0, "OffsetY": 0, **features}, scene=ramp(lit_ms))
    case.write(cam, Width=cam.WidthMax, Height=cam.HeightMax)
    (whole,) = cam.grab()
    case.equal("the whole", whole.picture.shape, (cam.SensorHeight, cam.SensorWidth))
    step_x, step_y = int(cam.increment("Width") or 1), int(cam.increment("Height") or 1)
    width, height = width or 2 * step_x, height or 21 * step_y
    for share in (0, 0.0155, 0.5, 1):
        x = int(share * (cam.WidthMax - width)) // step_x * step_x
        y = int(share * (cam.HeightMax - height)) // step_y * step_y
        place: dict[str, Value] = {"Width": width, "Height": height, "OffsetX": x, "OffsetY": y}
        part = case.shot({**features, **place}, ramp(lit_ms)).picture
        same = np.array_equal(part, whole.picture[y : y + height, x : x + width])
        case.that(f"{width} x {height} at ({x}, {y}) is that cut of the whole", same)


@measurement("moves_by_step", heavy="pictures")
def moves_by_step(case: Case, offset: Literal["OffsetX", "OffsetY"], **features: Value) -> None:
    """Require that one step of an offset, the claim's, shows as many pixels on, and that no less is taken."""
    step, axis = int(case.claim.number), int(offset == "OffsetX")
    cam = case.open(features, scene=Ramp())
    case.equal(f"increment of {offset}", cam.increment(offset), step)
    case.refuses(cam, offset, step - 1, step + 1)
    first, then = (case.shot({**features, offset: at}, Ramp()).picture for at in (0, step))
    pixels = first.shape[axis]
    before, after = np.take(first, range(step, pixels), axis), np.take(then, range(pixels - step), axis)
    case.that(f"one step shows the scene {step} pixels on", np.array_equal(after, before))


@measurement("mirrors", heavy="pictures")
def mirrors(
    case: Case, *turns: Literal["none", "x", "y", "xy"], lit_ms: float = 0, **features: Value
) -> None:
    """Require that ReverseX and ReverseY turn the same picture, to the pixel, and its mosaic with it."""

    def turned(turn: str) -> Frame:
        settings: dict[str, Value] = {**features, "ReverseX": "x" in turn, "ReverseY": "y" in turn}
        return case.once((turn, *features.items()), lambda: case.shot(settings, ramp(lit_ms)))

    base = turned("none")
    for turn in turns:
        frame, way = turned(turn), np.s_[:: -1 if "y" in turn else 1, :: -1 if "x" in turn else 1]
        case.that(f"the whole picture is turned: {turn}", np.array_equal(frame.picture, base.picture[way]))
        if mosaic := base.pixel_format.mosaic:
            wanted = "".join(np.array([*mosaic]).reshape(2, 2)[way].ravel())
            case.equal("mosaic", frame.pixel_format.mosaic, wanted)
