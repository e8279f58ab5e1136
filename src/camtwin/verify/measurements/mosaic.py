"""Colours of a mosaic, or that there are none; and that codes leave the camera as the converter made them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from camtwin.scene import Dark, Flat, Scene
from camtwin.sensor.flaws import Flaws
from camtwin.session.frame import Frame
from camtwin.verify.case import Case
from camtwin.verify.measurements.light import level_DN, phases
from camtwin.verify.measures import Value, measurement
from camtwin.verify.scenes import GREEN_nm, Ramp, behind_glass

NARROW_nm: Final = {"R": 640.0, "G": 530.0, "B": 450.0}
PHASES: Final = ((0, 0), (0, 1), (1, 0), (1, 1))


def shots(case: Case, scene: Scene, features: Mapping[str, Value], frames: int = 1) -> list[Frame]:
    """Take pictures of a scene, with nothing between the camera and the host."""
    return case.open(features, scene=scene, link_speed=None).grab(frames)


def signals(case: Case, scene: Scene, features: Mapping[str, Value]) -> NDArray[np.float64]:
    """Measure the signal that light adds to each of the four phases of the mosaic."""
    lit, dark = (phases(shots(case, light, features)[0].picture) for light in (scene, Dark()))
    return lit - dark


def in_red(case: Case, what: str, features: Mapping[str, Value]) -> None:
    """Require that in red light the pixels are brightest where the frame's format has red."""
    frame = shots(case, Flat(5e5, NARROW_nm["R"]), features)[0]
    brightest, red = int(np.argmax(phases(frame.picture))), frame.pixel_format.mosaic.index("R")
    case.equal(f"{what}, brightest pixel of four in red light", brightest, red)


@measurement("red_in_its_place", heavy="pictures")
def red_in_its_place(case: Case, **features: Value) -> None:
    """Require the format that is set, and that red light is brightest where that has red."""
    frame = shots(case, Dark(), features)[0]
    if "PixelFormat" in features:
        case.equal("pixel format as sent", frame.pixel_format.name, features["PixelFormat"])
    in_red(case, ", ".join(f"{k} {v}" for k, v in features.items()), features)


@measurement("colours_in_place", heavy="pictures")
def colours_in_place(case: Case, photons_per_s: float, **features: Value) -> None:
    """Require that narrow light of each colour is brightest in its own pixels, and that both greens agree."""
    mosaic = shots(case, Dark(), features)[0].pixel_format.mosaic
    case.that("the format is one of a mosaic", bool(mosaic))
    for colour, nm in NARROW_nm.items():
        found = signals(case, Flat(photons_per_s, nm), features)
        case.saw(f"{nm:g} nm: " + ", ".join(f"{c} {DN:.0f}" for c, DN in zip(mosaic, found, strict=True)))
        case.equal(f"brightest at {nm:g} nm", mosaic[int(np.argmax(found))], colour)
        if colour == "G":
            one, other = (DN for c, DN in zip(mosaic, found, strict=True) if c == "G")
            case.near("the two greens", one / other, 1, 0.01)


@measurement("mirrors_mosaic", heavy="pictures")
def mirrors_mosaic(case: Case, feature: Literal["ReverseX", "ReverseY"], **features: Value) -> None:
    """Turn bands of green along the axis the other way round: the mosaic stays as the format says."""
    axis, along = int(feature == "ReverseX"), list[NDArray[np.float64]]()
    for on in (False, True):
        frame = shots(case, Ramp(row=150, column=100, base=2e5), {**features, feature: on})[0]
        rows, columns = frame.picture.shape
        greens = np.empty((rows, columns // 2))
        for row in (0, 1):
            first = frame.pixel_format.mosaic[2 * row : 2 * row + 2].index("G")
            greens[row::2] = frame.picture[row::2, first::2]
        along.append(np.array([band.mean() for band in np.split(greens, 4, axis)]))
    case.that("brighter towards the end", bool(np.all(np.diff(along[0]) > 0)))
    worst = float(np.abs(along[1][::-1] / along[0] - 1).max())
    case.within(f"{feature}: bands the other way round differ by at most", 100 * worst, 0, 0.2, "%")
    in_red(case, f"{feature} on", {**features, feature: True, "Width": 240, "Height": 240})


@measurement("binning_keeps_colours", heavy="pictures")
def binning_keeps_colours(case: Case, factor: int, **features: Value) -> None:
    """Compare shares of the four phases in light of three colours with those of pictures without binning."""
    for nm in (NARROW_nm["B"], GREEN_nm, NARROW_nm["R"]):
        one, other = (
            signals(case, Flat(5e5, nm), {"BinningHorizontal": times, **features}) for times in (1, factor)
        )
        worst = float(np.abs(other / other.sum() / (one / one.sum()) - 1).max())
        case.within(f"phases at {nm:g} nm differ by at most", 100 * worst, 0, 2, "%")
    in_red(case, "binned", {"BinningVertical": factor, **features})


# -- untouched codes -----------------------------------------------------------------------------------
@measurement("noise_is_white", heavy="pictures")
def noise_is_white(case: Case, **features: Value) -> None:
    """Require less than 1 % correlation of the noise of neighbours of one colour, in rows and columns."""
    one, two = (frame.picture.astype(float) for frame in shots(case, Flat(3e5), features, 2))
    noise = one - two
    for what, a, b in (("column", noise[:, 2:], noise[:, :-2]), ("row", noise[2:], noise[:-2])):
        for r, c in PHASES:
            found = float(np.corrcoef(a[r::2, c::2].ravel(), b[r::2, c::2].ravel())[0, 1])
            case.within(f"correlation with the next {what}", found, -0.01, 0.01)


@measurement("one_gain", heavy="pictures")
def one_gain(case: Case, **features: Value) -> None:
    """Require that variance over mean is one gain behind all four phases, whatever light each of them sees.

    What is mixed from several pixels, or amplified after them, has another.
    """

    def moments(scene: Scene) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        one, two = (frame.picture.astype(float) for frame in shots(case, scene, features, 2))
        variances = [np.var((one - two)[r::2, c::2]) / 2 for r, c in PHASES]
        return (phases(one) + phases(two)) / 2, np.array(variances, np.float64)

    dark_DN, dark_DN2 = moments(Dark())
    for nm in (NARROW_nm["B"], NARROW_nm["R"]):
        mean_DN, var_DN2 = moments(Flat(6e5, nm))
        gains = (var_DN2 - dark_DN2) / (mean_DN - dark_DN)
        for gain in gains / gains.max():
            case.near(f"at {nm:g} nm, gain of a phase over the highest", float(gain), 1, 0.06)


@measurement("column_pattern_stays", heavy="pictures")
def column_pattern_stays(case: Case, **features: Value) -> None:
    """Add electrons to every second column, in the dark: the steps between columns stay in the picture."""
    cam = case.open(features, scene=Dark())
    columns, step = range(1, cam.Width, 2), dict[float, float]()
    for electrons in (0.0, 200.0, 400.0):
        cam.world.flaws = Flaws(columns=dict.fromkeys(columns, electrons))
        picture = cam.grab(4)[-1].picture.astype(float)
        step[electrons] = float(picture[:, 1::2].mean() - picture[:, 0::2].mean())
    case.near("columns without a pattern brighter by", step[0], 0, 1, "DN")
    case.within("by 200 e-", step[200], 50, 200, "DN")  # 12 bit stand for some 9500 e-
    case.near("by 400 e-", step[400], 2 * step[200], 2, "DN")


@measurement("standard_light", heavy="pictures")
def standard_light(
    case: Case,
    figure: Literal["signal", "time", "saturation"],
    *,
    times: float = 1,
    f_number: float = 2.8,
    **features: Value,
) -> None:
    """Compare pictures at 60 degC, in so many times that lamp behind filter and lens, in 1/120 s.

    signal: green pixels have at least the claim's codes above black; time: in twice the claim's time,
    `1/120`, they have twice as many; saturation: every pixel has the claim's code.
    """
    lamp, us = behind_glass(f_number, times), 1e6 / 120

    def picture(scene: Scene, us: float) -> Frame:
        cam = case.open(features, scene=scene, ExposureTime=us)
        cam.world.hold_internal_C(60)
        return cam.grab(2)[-1]

    def signal(us: float) -> float:
        lit, dark = (level_DN(picture(scene, us)) for scene in (lamp, Dark()))
        return lit - dark

    if figure == "signal":
        case.within("green above black at F2.8, 1/120 s", signal(us), case.claim.number, 1023, "LSB")
    elif figure == "time":
        over, _, below = case.claim.value.partition("/")
        once, twice = (signal(k * 1e6 * float(over) / float(below)) for k in (1, 2))
        case.within("signal of the time itself", once, 150, 500, "LSB")
        case.near("signal of twice the time over that of once", twice / once, 2, 0.04)
    else:
        lowest = int(picture(lamp, us).picture.min())
        case.equal("lowest code of all pixels", lowest, case.claim.number)
