"""The host's image pre-processing on raw frames of twins: host features, and two samples."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

import camtwin
from camtwin import isp
from camtwin.isp import finish
from camtwin.isp.balance import BalanceController
from camtwin.isp.demosaic import TOE, squared
from camtwin.isp.exposure import Exposure, ExposureController, Limits
from camtwin.isp.image import TOP
from camtwin.isp.pipeline import STAGES
from camtwin.isp.stage import Stage
from camtwin.scene import Checker, Dark, Flat, Scene, spectra
from camtwin.session.frame import Frame
from camtwin.verify.case import Case
from camtwin.verify.measures import Each, measurement

BLACK_DN: Final = 64.0
Codes = NDArray[Any]


def raw(frame: Frame) -> isp.Raw:
    """Make a raw frame of a twin's, 10 or 12 bits."""
    fmt = frame.pixel_format
    return isp.raw_of(frame.picture, fmt, BLACK_DN * 2 ** (fmt.bits - 10))


def raw_of(case: Case, scene: Scene, exposure_us: float = 8000.0, sensor: str = "") -> isp.Raw:
    """Take a frame of the camera, or of the sensor of one that has no twin of its own."""
    if sensor:
        cam = camtwin.open(sensor, scene=scene, seed=1)
        cam.ExposureTime = exposure_us
        return raw(cam.grab(2)[-1]).crop(1200, 800, 360, 240)
    cam = case.open(scene=scene, Width=360, Height=240, ExposureTime=exposure_us)
    return raw(cam.grab(2)[-1])


SURFACES: Final[Mapping[str, Scene]] = {"even": Flat(2e6, spectra.d65()), "chart": Checker(3e6)}
"""A neutral surface, and edges and colours."""


def seen(case: Case, surface: str, sensor: str = "") -> isp.Raw:
    """Take a frame of a surface."""
    return case.once(surface, lambda: raw_of(case, SURFACES[surface], sensor=sensor))


def even(frame: isp.Raw, colour: tuple[int, int, int]) -> isp.Raw:
    """Make a noise-free frame of one colour, red, green, blue DN above black, in the frame's mosaic."""
    data = np.empty_like(frame.data)
    for i, letter in enumerate(frame.mosaic):
        data[i // 2 :: 2, i % 2 :: 2] = colour["RGB".index(letter)] + int(frame.black_DN)
    return isp.Raw(data, frame.bits, frame.mosaic, frame.black_DN)


def edged(frame: isp.Raw) -> isp.Raw:
    """Make a noise-free slanted edge, black and white, in the frame's mosaic."""
    y, x = np.mgrid[: frame.height, : frame.width]
    grey = 450 + 400 * np.tanh(x - frame.width / 2 + 0.3 * (y - frame.height / 2)) + frame.black_DN
    return isp.Raw(np.rint(grey).astype(np.uint16), frame.bits, frame.mosaic, frame.black_DN)


def developed(frame: isp.Raw, *stages: Stage) -> Codes:
    """Return the picture that stages make of a frame."""
    return isp.Pipeline(stages).process(frame)[0]


def statistics(frame: isp.Raw, pipeline: isp.Pipeline) -> isp.Statistics:
    """Measure a frame as the host does."""
    found = pipeline.process(frame)[1]
    assert found is not None
    return found


def noise(image: Codes) -> float:
    """Average over the colours the standard deviation of an even picture."""
    return float(image.reshape(-1, image.shape[-1]).std(axis=0).mean())


# -- stages that are formulas --------------------------------------------------------------------------
LINEAR: Final = (isp.BlackLevel(), isp.Demosaic())
SHOWN: Final = (*LINEAR, isp.Tone())
MATRIX: Final = ((1.5, -0.3, -0.2), (-0.2, 1.4, -0.2), (0.0, -0.4, 1.4))


def light(frame: isp.Raw) -> Codes:
    """Return the colours of a frame as parts of white."""
    return developed(frame, *LINEAR, isp.Tone(1.0, 16)) / 65535


def thinned(frame: isp.Raw) -> Codes:
    """Keep every second group of the mosaic."""
    groups = frame.data.reshape(frame.height // 4, 4, frame.width // 4, 4)
    return groups[:, :2, :, :2].reshape(frame.height // 2, frame.width // 2)


def averaged(frame: isp.Raw) -> Codes:
    """Average pixels of one colour, two by two."""
    groups = frame.data.astype(float).reshape(frame.height // 4, 2, 2, frame.width // 4, 2, 2)
    return groups.mean(axis=(1, 4)).reshape(frame.height // 2, frame.width // 2)


FORMULAS: Final[dict[str, tuple[tuple[Stage, ...], Callable[[isp.Raw], Codes], float]]] = {
    "matrix": (
        (*LINEAR, isp.ColourMatrix(MATRIX), isp.Tone(1.0)),
        lambda frame: np.clip(light(frame) @ np.array(MATRIX).T, 0, 1) * 255,
        1,
    ),
    "gamma": ((*LINEAR, isp.Tone(2.2)), lambda frame: 255 * light(frame) ** (1 / 2.2), 1),
    "table": ((*SHOWN, isp.LookUp.of(range(255, -1, -1))), lambda frame: 255.0 - developed(frame, *SHOWN), 0),
    "columns": ((*SHOWN, isp.Mirror(True)), lambda frame: developed(frame, *SHOWN)[:, ::-1], 0),
    "rows": ((*SHOWN, isp.Mirror(False, True)), lambda frame: developed(frame, *SHOWN)[::-1], 0),
    "region": ((isp.Crop(13, 8, 101, 60),), lambda frame: frame.data[8:68, 13:114], 0),
    "decimation": ((isp.Decimate(2),), thinned, 0),
    "binning": ((isp.Bin(),), averaged, 1),
}
"""Stages, the same by numpy, and the greatest difference in codes: one where it is rounded."""


@measurement("host_formula", heavy="pictures")
def host_formula(case: Case, name: Each) -> None:
    """Compare what a stage of the host makes of a frame with its formula, within a code or exactly."""
    stages, formula, codes = FORMULAS[name]
    frame = seen(case, "chart")
    image, wanted = developed(frame, *stages).astype(float), formula(frame)
    case.equal(f"{name}: size", image.shape, wanted.shape)
    case.within("greatest difference in codes", float(np.abs(image - wanted).max()), 0, codes)


# -- the host's software -------------------------------------------------------------------------------
@measurement("host_denoiser", heavy="pictures")
def host_denoiser(case: Case) -> None:
    """Compare the noise behind the denoiser, which is less, and the mean, which is what it was."""
    frame = seen(case, "even")
    model = isp.NoiseModel(0.47 * 2.0 ** (frame.bits - 12), 3.0)
    noisy = developed(frame, *LINEAR, isp.Tone(1.0, 16))
    quiet = developed(frame, *LINEAR, isp.NoiseReduction(model), isp.Tone(1.0, 16))
    case.within("noise behind it, of the noise before", noise(quiet) / noise(noisy), 0, 0.85)
    case.near("mean", float(quiet.mean() / noisy.mean()), 1, 0.005)


@measurement("host_auto", heavy="pictures")
def host_auto(case: Case, what: Literal["exposure", "gain"]) -> None:
    """Let the host drive ExposureTime, or its own gain, until the brightness is the target."""
    gained, first = what == "gain", Exposure(1000.0)
    limits = Limits(1000, 1000, 0, 40) if gained else Limits(32, 50_000)
    controller, now, seen = ExposureController(limits, target=0.2), first, 0.0
    cam = case.open(scene=Flat(2e6, spectra.d65()), Width=360, Height=240, ExposureTime=1000.0)
    for frame in cam.frames(10):
        gain_dB, used_us = now.gain_dB if gained else 0.0, frame.settings.ExposureTime_ns / 1000
        bright = controller.brightness(statistics(raw(frame), isp.Pipeline([isp.Measure()])))
        seen = bright * 10 ** (gain_dB / 20) / controller.target
        product = Exposure(used_us, gain_dB).product * min(max(1 / max(seen, 1e-3), 1 / 16), 16)
        new = now if abs(seen - 1) <= controller.tolerance else controller.split(product)
        if not gained and new != now:
            case.write(cam, ExposureTime=round(new.exposure_us))
        now = new
    case.that(f"{what} has changed", now.gain_dB > 0 if gained else now.exposure_us != first.exposure_us)
    case.near("brightness over the target", seen, 1, 0.05)


@measurement("host_white_balance", heavy="pictures")
def host_white_balance(case: Case, within: float, sensor: str = "") -> None:
    """Require that red, green and blue of a grey card in warm light end so close to each other."""
    frame, spread = raw_of(case, Flat(3e6, spectra.illuminant_a()), sensor=sensor), list[float]()
    measured = statistics(frame, isp.Pipeline([isp.Measure()]))
    gains = BalanceController(speed=1).step(measured, (1.0, 1.0, 1.0))
    for balance in ((), (isp.WhiteBalance(gains),)):
        image = developed(frame, isp.BlackLevel(), *balance, isp.Demosaic(), isp.Tone(1.0, 16))
        means = image.reshape(-1, 3).mean(axis=0)
        spread.append(float(np.ptp(means) / means.mean()))
    case.within("red, green and blue differ before by", spread[0], 0.2, 3)
    case.within("and after by", spread[1], 0, within)


# -- samples -------------------------------------------------------------------------------------------
def steps(frame: isp.Raw) -> dict[str, Codes]:
    """Return the image after each stage of the full pipeline, by name."""
    found = isp.full_pipeline(frame.bits).process(frame, intermediates=True)[2]
    return {name: image.data for name, image in found}


@measurement("full_pipeline", heavy="pictures")
def full_pipeline(case: Case, sensor: str, *stages: str) -> None:
    """Find these stages in the full pipeline, whose image is displayed."""
    names = [type(stage).__name__ for stage in isp.full_pipeline(10).stages]
    for stage in stages:
        case.that(stage, stage in names)
    image, _ = isp.full_pipeline(10).process(seen(case, "chart", sensor))
    case.equal("displayed", image.shape[2:], (3,))


@measurement("default_configuration")
def default_configuration(case: Case) -> None:
    """Find no lens correction in the full pipeline, and a matrix that is marked uncalibrated."""
    pipeline = isp.full_pipeline(10)
    case.that("no lens correction", pipeline.stage(isp.Shading) is None)
    matrix = pipeline.stage(isp.ColourMatrix)
    case.that("the matrix is marked uncalibrated", matrix is not None and not matrix.calibrated)
    case.equal("matrix", matrix and matrix.matrix, isp.ColourMatrix().matrix)


CHANGES: Final[dict[str, tuple[Callable[[isp.Raw], isp.Raw], Callable[[Codes], float], float, float]]] = {
    "NoiseReduction": (lambda frame: frame, lambda image: noise(np.moveaxis(image, 0, -1)), 0, 0.9),
    "FalseColour": (edged, lambda image: np.ptp(image, axis=0).mean(), 0, 0.8),
    "EdgeEnhancement": (edged, lambda image: np.diff(image[1], axis=1).max(), 1.05, 3),
}
"""Frames, what is measured before and behind a stage: noise, false colour, the steepest step; its ratio."""


@measurement("stage_changes", heavy="pictures")
def stage_changes(case: Case, stage: str, sensor: str) -> None:
    """Compare a figure of the image behind a stage with that before; flat values are unchanged."""
    frame_of, figure, low, high = CHANGES[stage]
    surface = seen(case, "even", sensor)
    frames = frame_of(surface), even(surface, (300, 300, 300))
    changed, level = (
        next(pair for pair in pairwise(steps(frame).items()) if pair[1][0] == stage) for frame in frames
    )
    before, after = (float(figure(image.astype(float))) for _, image in changed)
    case.within("behind it, of that before", after / before, low, high)
    case.that("flat values are unchanged", np.array_equal(level[0][1], level[1][1]))


@measurement("hot_pixel_gone", heavy="pictures")
def hot_pixel_gone(case: Case, sensor: str) -> None:
    """Require that a hot pixel is gone behind the stage."""
    frame = seen(case, "even", sensor)
    data = frame.data.copy()
    data[101, 151] = frame.highest_DN
    found = steps(isp.Raw(data, frame.bits, frame.mosaic, frame.black_DN))["DefectPixels"]
    around = np.delete(found[97:106:2, 147:156:2].ravel(), 12)
    case.within("the hot pixel over its neighbours' greatest", float(found[101, 151]) / around.max(), 0, 1.1)


@measurement("black_level_taken_off", heavy="pictures")
def black_level_taken_off(case: Case, sensor: str) -> None:
    """Require that a dark frame has mean 0 behind the stage."""
    dark = steps(raw_of(case, Dark(), 100.0, sensor))["BlackLevel"]
    case.near("mean of a dark frame in codes", float(dark.mean()) * (1023 - BLACK_DN), 0, 0.2)


@measurement("exposure_follows", heavy="pictures")
def exposure_follows(case: Case, sensor: str) -> None:
    """Double the light: the brightness returns to the target."""
    cam = camtwin.open(sensor, scene=Flat(1e6, spectra.d65()), seed=1)
    controller, now, bright = ExposureController(Limits(50, 16_000, 0, 20)), Exposure(4000.0), 0.0
    for photons in (1e6, 2e6):
        cam.world.scene = Flat(photons, spectra.d65())
        for _ in range(4):
            cam.ExposureTime, cam.Gain = now.exposure_us, now.gain_dB
            frame = raw(cam.grab(2)[-1]).crop(1200, 800, 240, 160)
            measured = statistics(frame, isp.full_pipeline(10))
            bright, now = controller.brightness(measured), controller.step(measured, now, now)
        case.near(f"brightness over the target at {photons:g} photons/s", bright / controller.target, 1, 0.1)


@measurement("flat_colour_kept", heavy="pictures")
def flat_colour_kept(case: Case, way: Literal["full", "sample"], sensor: str) -> None:
    """Require that the full pipeline's stage, or the sample, makes RGB of a flat colour, within a code."""
    colour = (600, 300, 150)
    frame = even(seen(case, "even", sensor), colour)
    if way == "sample":
        image = isp.demosaic_and_display(frame.black_DN).process(frame)[0] / 255
    else:
        image = np.moveaxis(finish.squared(steps(frame)["Demosaic"]), 0, -1) / TOP
        image = image * (1 + TOE) - TOE
    case.equal("displayed", image.shape, (frame.height, frame.width, 3))
    codes = np.abs(image - np.array(colour) / (1023 - BLACK_DN)).max() * 255
    case.within("greatest difference of a flat colour in codes of 8 bits", float(codes), 0, 1)


@measurement("grey_stays", heavy="pictures")
def grey_stays(case: Case, sensor: str) -> None:
    """Require that rows of the matrix sum to 1, and that grey stays grey."""
    stage = next(s for s in isp.full_pipeline(10).stages if isinstance(s, isp.ColourMatrix))
    case.near("sum of each row", float(np.abs(np.sum(stage.matrix, axis=1) - 1).max()), 0, 1e-9)
    image = isp.full_pipeline(10).process(even(seen(case, "even", sensor), (300, 300, 300)))[0]
    case.equal("grey is grey", int(np.ptp(image.reshape(-1, 3).astype(int), axis=1).max()), 0)


@measurement("downscaled", heavy="pictures")
def downscaled(case: Case, sensor: str) -> None:
    """Require that the image is half as wide and high, and that flat values are unchanged."""
    frame = even(seen(case, "even", sensor), (400, 300, 200))
    small, whole = steps(frame)["Downscale"], steps(frame)["EdgeEnhancement"]
    case.equal("size", small.shape[1:], (frame.height // 2, frame.width // 2))
    case.that("flat values are unchanged", np.array_equal(small[:, 9, 9], squared(whole[:, 18, 18])))


@measurement("not_in_sample")
def not_in_sample(case: Case, *absent: str) -> None:
    """Require that the sample demosaics and displays, and has no such stage. BlackLevel(0) only scales."""
    stages = [type(one).__name__ for one in isp.demosaic_and_display().stages if one != isp.BlackLevel(0.0)]
    case.equal("stages", stages, ["Demosaic", "Tone"])
    for stage in absent:
        case.that(f"{stage} is a stage of the host", stage in STAGES)
        case.that("it is absent", stage not in stages)
