"""Pictures of a camera behind a mosaic: colours, region, mirrors, binning, bytes."""

from __future__ import annotations

from itertools import product
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from camtwin.pixels import FORMATS, unpack
from camtwin.scene import Flat, Scene
from camtwin.session.session import Session
from camtwin.verify.case import Case, check
from camtwin.verify.scenes import GREEN_nm, Ramp

DEEP: Final = "BayerGR12g24IDS"
RED_nm: Final = 640.0
PHASES: Final = tuple(product((0, 1), (0, 1)))
RED_PHASE: Final = PHASES.index((0, 1))
"""Where GR has red: in the first row, the second column."""
SMALL: Final = {"Width": 240, "Height": 240, "PixelFormat": DEEP}
TURNED: Final = {"x": ("ReverseX", 1), "y": ("ReverseY", 0)}


def camera(case: Case, scene: Scene, **features: Any) -> Session:
    return case.open(render=True, scene=scene, link_speed=None, **features)


def shoot(case: Case, scene: Scene, **features: Any) -> NDArray[np.float64]:
    return camera(case, scene, **features).grab()[0].picture.astype(float)


def phases(picture: NDArray[Any]) -> NDArray[np.float64]:
    """Means of the four pixels of the mosaic, row by row."""
    return np.array([picture[r::2, c::2].mean() for r, c in PHASES])


def signals(case: Case, scene: Scene, **features: Any) -> NDArray[np.float64]:
    """What light adds to the four phases."""
    return phases(shoot(case, scene, **features)) - phases(shoot(case, Flat(0.0), **features))


def greens(picture: NDArray[Any]) -> NDArray[Any]:
    """Of a picture that begins GR: one column a pair of them."""
    out = np.empty((picture.shape[0], picture.shape[1] // 2))
    out[0::2], out[1::2] = picture[0::2, 0::2], picture[1::2, 1::2]
    return out


def begins_GR(case: Case, what: str, picture: NDArray[Any]) -> None:
    """Of a picture in red light."""
    brightest = int(np.argmax(phases(picture)))
    case.equal(f"{what}, brightest pixel of four in red light", brightest, RED_PHASE)


@check("ids.sensor.chromaticity", heavy="pictures")
def mosaic(case: Case) -> None:
    cam = camera(case, Flat(5e5, RED_nm), **SMALL)
    plain = [name for name in cam.entries("PixelFormat") if name.startswith(("Mono", "RGB", "BGR", "YUV"))]
    case.equal("formats without a mosaic", plain, [])
    means = phases(cam.grab()[0].picture)
    case.within("spread of the four phases in red light", (max(means) - min(means)) / means.mean(), 0.2, 9)


# -- region ------------------------------------------------------------------------------------------
@check("ids.aoi.supported", heavy="pictures")
def cut(case: Case) -> None:
    whole = shoot(case, Ramp(), PixelFormat=DEEP)
    region = {"Width": 1200, "Height": 800, "OffsetX": 1002, "OffsetY": 644}
    part = shoot(case, Ramp(), PixelFormat=DEEP, **region)
    same = np.array_equal(part, whole[644 : 644 + 800, 1002 : 1002 + 1200])
    case.that("1200 x 800 at (1002, 644) is that cut of the whole", same)


@check("ids.aoi.width_min", "ids.aoi.height_min", "ids.aoi.width_step", "ids.aoi.height_step")
def sides(case: Case) -> None:
    """The least side and one step more are taken; half of either is not."""
    side, asked = case.claim.id.rpartition(".")[2].split("_")
    name, number = side.capitalize(), int(case.claim.number)
    cam = camera(case, Flat(1e5), PixelFormat=DEEP)
    least = int(cam.limits(name)[0])
    if asked == "min":
        case.equal(f"lowest {name}", least, number)
        case.takes(cam, name, number)
        case.equal("picture", cam.grab()[0].picture.shape[name == "Width"], number)
        case.refuses(cam, name, number // 2, number - 1)
    else:
        case.equal(f"increment of {name}", cam.increment(name), number)
        case.takes(cam, name, least + number)
        case.refuses(cam, name, least + number // 2, least + number + 1)


@check("ids.aoi.offset_x_step", "ids.aoi.offset_y_step", heavy="pictures")
def offsets(case: Case) -> None:
    axis, step = (1, 0)["_y_" in case.claim.id], int(case.claim.number)
    name = "OffsetX" if axis else "OffsetY"
    case.equal(f"increment of {name}", camera(case, Flat(0.0)).increment(name), step)
    first, then = (shoot(case, Ramp(), **SMALL, **{name: at}) for at in (0, step))
    moved = np.take(first, range(step, 240), axis)
    same = np.array_equal(np.take(then, range(240 - step), axis), moved)
    case.that(f"one step shows the scene {step} pixels on", same)
    begins_GR(case, f"{name} {step}", shoot(case, Flat(5e5, RED_nm), **SMALL, **{name: step}))
    case.refuses(camera(case, Flat(0.0), **SMALL), name, step - 1, step + 1)


# -- mirrors -----------------------------------------------------------------------------------------
@check("ids.adjust.mirror_x", "ids.adjust.mirror_y", heavy="pictures")
def mirror(case: Case) -> None:
    """Means of bands along the axis, of a scene that becomes brighter along both; then the mosaic."""
    name, axis = TURNED[case.claim.id[-1]]
    along = []
    for on in (False, True):
        green = greens(shoot(case, Ramp(row=150, column=100, base=2e5), PixelFormat=DEEP, **{name: on}))
        bands = np.split(green, 4, axis)  # of the same size
        along.append(np.array([band.mean() for band in bands]))
    case.that("brighter towards the end", bool(np.all(np.diff(along[0]) > 0)))
    worst = float(np.abs(along[1][::-1] / along[0] - 1).max())
    case.within(f"{name}: bands the other way round differ by at most", 100 * worst, 0, 0.2, "%")
    cam = camera(case, Flat(5e5, RED_nm), **SMALL, **{name: True})
    (frame,) = cam.grab()
    case.equal("pixel format as sent", frame.pixel_format.name, DEEP)
    begins_GR(case, f"{name} on", frame.picture)


# -- formats -----------------------------------------------------------------------------------------
@check("ids.pixelformat.list")
def formats(case: Case) -> None:
    case.entries(case.open(), "PixelFormat", case.claim.names)


@check("ids.pixelformat.bayergr10g40ids", "ids.pixelformat.bayergr12g24ids", heavy="pictures")
def bytes_of(case: Case) -> None:
    """Saturated: the highest code. In red light: where red is. Unpacked: what the camera has."""
    fmt = FORMATS[case.claim.value]
    cam = camera(case, Flat(1e8), PixelFormat=fmt.name)
    case.equal("PayloadSize", cam.PayloadSize, 4056 * 3040 * fmt.bits // 8)
    (frame,) = cam.grab()
    case.equal("bytes", len(frame.payload), cam.PayloadSize)
    case.equal("highest code", int(unpack(frame.payload, fmt, 4056, 3040).max()), 2**fmt.bits - 1)
    case.equal("a saturated group", set(frame.payload), {0xFF})
    small = {**SMALL, "PixelFormat": fmt.name}
    (frame,) = camera(case, Flat(5e5, RED_nm), **small).grab()
    begins_GR(case, fmt.name, unpack(frame.payload, fmt, 240, 240))
    high = np.frombuffer(frame.payload, np.uint8).reshape(240, -1, fmt.group[1])[:, :, :-1].reshape(240, 240)
    case.that("high bytes come first", np.array_equal(high, frame.picture >> (fmt.bits - 8)))


@check("ids.sensor.color_depth", heavy="pictures")
def depth(case: Case) -> None:
    highest = int(shoot(case, Flat(1e8), **SMALL).max())
    case.equal("highest code", highest, 2 ** int(case.claim.number) - 1)


# -- binning -----------------------------------------------------------------------------------------
@check("ids.binning.factor", "ids.binning.joint")
def pairs(case: Case) -> None:
    names = ("BinningHorizontal", "BinningVertical")
    found = set()
    for name in names:
        cam = case.open()
        for factor in (2, 1, 2):
            case.write(cam, **{name: factor})
            found.add((cam.BinningHorizontal, cam.BinningVertical))
            if case.claim.id.endswith("joint"):
                case.equal(
                    f"{name} {factor} makes", (cam.BinningHorizontal, cam.BinningVertical), (factor,) * 2
                )
        case.refuses(cam, name, 3, 4)
    case.equal("pairs that can be reached", sorted(found), [(1, 1), (2, 2)])


@check("ids.binning.method", heavy="pictures")
def binned_colours(case: Case) -> None:
    """What light of a colour adds to the four phases, over what it adds to all: binned and not."""
    case.lacks(case.open(), "Binning*Mode")
    for nm in (450.0, GREEN_nm, RED_nm):
        shares = []
        for factor in (1, 2):
            light = signals(
                case, Flat(5e5, nm), PixelFormat=DEEP, BinningHorizontal=factor, Width=480, Height=480
            )
            shares.append(light / light.sum())
        worst = float(np.abs(shares[1] / shares[0] - 1).max())
        case.within(f"phases at {nm:g} nm differ by at most", 100 * worst, 0, 2, "%")
    begins_GR(case, "binned", shoot(case, Flat(5e5, RED_nm), **SMALL, BinningVertical=2))


@check("ids.binning.sensor", heavy="pictures")
def binned_noise(case: Case) -> None:
    ratio = {}
    for factor in (1, 2):
        cam = camera(case, Flat(6e5), PixelFormat=DEEP, BinningHorizontal=factor)
        wanted = (3040 // factor, 4056 // factor)
        one, two = (greens(frame.picture.astype(float)) for frame in cam.grab(2))
        case.equal(f"{factor}x{factor}: rows and columns of greens", one.shape, (wanted[0], wanted[1] // 2))
        dark = greens(shoot(case, Flat(0.0), PixelFormat=DEEP, BinningHorizontal=factor)).mean()
        ratio[factor] = (one.mean() - dark) / ((one - two).std() / np.sqrt(2))
    case.near("signal to noise rises by", ratio[2] / ratio[1], 2, 0.3)


# -- untouched codes ---------------------------------------------------------------------------------
@check("ids.proc.denoiser", heavy="pictures")
def noise_is_white(case: Case) -> None:
    """Two pictures' difference: temporal noise alone, of neighbours of one colour."""
    cam = camera(case, Flat(3e5), Width=1200, Height=800, PixelFormat=DEEP)
    case.lacks(cam, "*Denois*", "*NoiseReduction*", "*NoiseFilter*")
    one, two = (frame.picture.astype(float) for frame in cam.grab(2))
    noise = one - two
    for what, a, b in (
        ("column", noise[:, 2:], noise[:, :-2]),
        ("row", noise[2:], noise[:-2]),
    ):
        for r, c in PHASES:
            x, y = a[r::2, c::2], b[r::2, c::2]
            found = float(np.corrcoef(x.ravel(), y.ravel())[0, 1])
            case.within(f"correlation with the next {what}", found, -0.01, 0.01)


@check("ids.adjust.color_correction", heavy="pictures")
def colours_are_raw(case: Case) -> None:
    """Variance over mean is one gain behind all four phases, however much of the light each of them sees:
    what is mixed from several pixels, or amplified after them, has another."""
    large = {"Width": 960, "Height": 800, "PixelFormat": DEEP}
    case.lacks(case.open(), "ColorTransformation*", "ColorCorrection*", "*Saturation*", "*Hue*")
    dark_DN, dark_DN2 = moments(camera(case, Flat(0.0), **large))
    for nm in (450.0, RED_nm):
        mean_DN, var_DN2 = moments(camera(case, Flat(6e5, nm), **large))
        gains = (var_DN2 - dark_DN2) / (mean_DN - dark_DN)
        for gain in gains / gains.max():
            case.near(f"at {nm:g} nm, gain of a phase over the highest", float(gain), 1, 0.06)


def moments(cam: Session) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and temporal variance of each phase, of two pictures."""
    one, two = (frame.picture.astype(float) for frame in cam.grab(2))
    variances = [np.var((one - two)[r::2, c::2]) / 2 for r, c in PHASES]
    return (phases(one) + phases(two)) / 2, np.array(variances, np.float64)
