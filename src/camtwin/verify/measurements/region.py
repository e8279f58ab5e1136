"""Region, binning and mirrors: which pixels a picture shows."""

from __future__ import annotations

from typing import Literal

import numpy as np

from camtwin.scene import Flat, Scene
from camtwin.units import MS
from camtwin.verify.case import Case
from camtwin.verify.measures import Value, measurement
from camtwin.verify.scenes import Ramp, lit_for

Side = Literal["Width", "Height"]


def ramp(lit_ms: float) -> Scene:
    """Light that is different in every row and column; it goes out after a while, if one is given.

    Rows that wait to be read behind a global shutter would gather more."""
    return lit_for(Ramp(), round(lit_ms * MS)) if lit_ms else Ramp()


@measurement("picture_side", heavy="pictures")
def picture_side(case: Case, side: Side, pixels: int = 0, **features: Value) -> None:
    """A picture has the claim's columns (of Width) or rows (of Height), or so many once they are written."""
    cam = case.open(features, render=True)
    if pixels:
        case.write(cam, **{side: pixels})
    case.equal("picture", cam.grab()[0].picture.shape[side == "Width"], pixels or case.claim.number)


@measurement("smallest_side", heavy="pictures")
def smallest_side(case: Case, side: Side, **features: Value) -> None:
    """The claim is the lowest of a side: a picture has as much, and less is refused."""
    cam, pixels = case.open(features, render=True), int(case.claim.number)
    case.equal(f"lowest {side}", cam.limits(side)[0], pixels)
    case.takes(cam, side, pixels)
    case.equal("picture", cam.grab()[0].picture.shape[side == "Width"], pixels)
    case.refuses(cam, side, pixels // 2, pixels - 1)


@measurement("default_side", heavy="pictures")
def default_side(case: Case, side: Side, other: int) -> None:
    """The claim is a side as it is switched on, and after UserSetLoad of Default."""
    cam, pixels, axis = case.open(render=True), case.claim.number, int(side == "Width")
    for when in ("switched on", "Default loaded"):
        case.equal(f"{side}, {when}", getattr(cam, side), pixels)
        case.equal("picture", cam.grab()[0].picture.shape[axis], pixels)
        case.write(cam, **{side: other})
        case.equal(f"picture, {other} wanted", cam.grab()[0].picture.shape[axis], other)
        case.write(cam, UserSetSelector="Default")
        cam.UserSetLoad()


@measurement("full_size", heavy="pictures")
def full_size(case: Case, **features: Value) -> None:
    """The greatest picture has the claim's columns and rows, `W x H`."""
    cam = case.open(features, render=True)
    case.equal("WidthMax x HeightMax", (cam.WidthMax, cam.HeightMax), case.claim.size)
    case.write(cam, Width=cam.WidthMax, Height=cam.HeightMax)
    case.equal("picture", cam.grab()[0].picture.shape[::-1], case.claim.size)


@measurement("cut_of_whole", heavy="pictures")
def cut_of_whole(
    case: Case, width: int = 0, height: int = 0, *, lit_ms: float = 0, **features: Value
) -> None:
    """Regions from corner to corner show the same pixels of the same light as the whole sensor does.

    Without a size they are some steps wide and high."""
    cam = case.open({"OffsetX": 0, "OffsetY": 0, **features}, render=True, scene=ramp(lit_ms))
    case.write(cam, Width=cam.WidthMax, Height=cam.HeightMax)
    (whole,) = cam.grab()
    case.equal("the whole", whole.picture.shape, (cam.SensorHeight, cam.SensorWidth))
    step_x, step_y = int(cam.increment("Width") or 1), int(cam.increment("Height") or 1)
    width, height = width or 2 * step_x, height or 21 * step_y
    for share in (0, 0.0155, 0.5, 1):
        x = int(share * (cam.WidthMax - width)) // step_x * step_x
        y = int(share * (cam.HeightMax - height)) // step_y * step_y
        part = case.open(features, render=True, scene=ramp(lit_ms), Width=width, Height=height)
        case.write(part, OffsetX=x, OffsetY=y)
        same = np.array_equal(part.grab()[0].picture, whole.picture[y : y + height, x : x + width])
        case.that(f"{width} x {height} at ({x}, {y}) is that cut of the whole", same)


@measurement("moves_by_step", heavy="pictures")
def moves_by_step(case: Case, offset: Literal["OffsetX", "OffsetY"], **features: Value) -> None:
    """One step of an offset, the claim's, shows the scene as many pixels on; no less is taken."""
    step, axis = int(case.claim.number), int(offset == "OffsetX")
    cam = case.open(features, render=True, scene=Ramp())
    case.equal(f"increment of {offset}", cam.increment(offset), step)
    case.refuses(cam, offset, step - 1, step + 1)
    first, then = (
        case.open({**features, offset: at}, render=True, scene=Ramp()).grab()[0].picture for at in (0, step)
    )
    size = first.shape[axis]
    same = np.array_equal(np.take(then, range(size - step), axis), np.take(first, range(step, size), axis))
    case.that(f"one step shows the scene {step} pixels on", same)


@measurement("mirrors", heavy="pictures")
def mirrors(case: Case, feature: Literal["ReverseX", "ReverseY"], lit_ms: float, **features: Value) -> None:
    """The same frame of the same light is turned round exactly."""
    turned = np.s_[:, ::-1] if feature == "ReverseX" else np.s_[::-1, :]
    first, second = (
        case.open({**features, feature: on}, render=True, scene=ramp(lit_ms)).grab()[0].picture
        for on in (False, True)
    )
    case.that(f"{feature} turns the whole picture round", np.array_equal(second, first[turned]))


# -- binning -------------------------------------------------------------------------------------------
@measurement("joint_binning")
def joint_binning(case: Case, factor: int) -> None:
    """Either direction takes the other along: only 1 x 1 and this factor in both can be reached."""
    names, reached = ("BinningHorizontal", "BinningVertical"), set[tuple[int, int]]()
    for name in names:
        cam = case.open()
        for times in (factor, 1, factor):
            case.write(cam, **{name: times})
            pair = cam.BinningHorizontal, cam.BinningVertical
            case.equal(f"{name} {times} makes", pair, (times, times))
            reached.add(pair)
        case.refuses(cam, name, factor + 1, 2 * factor)
    case.equal("pairs that can be reached", sorted(reached), [(1, 1), (factor, factor)])


@measurement("binning_quiets", heavy="pictures")
def binning_quiets(case: Case, factor: int, columns: int, rows: int, **features: Value) -> None:
    """Binned pictures have so many columns and rows, and signal to noise rises by the factor, within 15 %."""
    ratio: dict[int, float] = {}
    for times in (1, factor):
        options = {**features, "BinningHorizontal": times}
        one, two = (
            f.picture[::2, ::2].astype(float)  # pixels of one colour
            for f in case.open(options, render=True, scene=Flat(6e5), link_speed=None).grab(2)
        )
        (black,) = case.open(options, render=True, scene=Flat(0.0), link_speed=None).grab()
        size = columns * factor // times, rows * factor // times
        case.equal(f"{times} x {times}: columns and rows", black.picture.shape[::-1], size)
        light = one.mean() - black.picture[::2, ::2].mean()
        ratio[times] = float(light / ((one - two).std() / np.sqrt(2)))
    case.near("signal to noise rises by", ratio[factor] / ratio[1], factor, 0.15 * factor)
