"""The host's image pre-processing on raw frames of twins: host features, and two samples."""

from __future__ import annotations

from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

import camtwin
from camtwin import isp
from camtwin.isp import finish
from camtwin.isp.balance import BalanceController
from camtwin.isp.demosaic import TOE
from camtwin.isp.exposure import Exposure, ExposureController, Limits
from camtwin.isp.image import TOP
from camtwin.isp.pipeline import STAGES
from camtwin.isp.stage import Stage
from camtwin.scene import Dark, Flat, Scene, spectra
from camtwin.session.session import Session
from camtwin.verify.case import Case
from camtwin.verify.measures import measurement

BLACK_DN: Final = 64.0
WARM: Final = spectra.illuminant_a()
Codes = NDArray[Any]


def shot(cam: Session) -> isp.Raw:
    """A raw frame of the twin, 10 or 12 bits."""
    frame = cam.grab(2)[-1]
    fmt = frame.pixel_format
    return isp.raw_of(frame.picture, fmt, BLACK_DN * 2 ** (fmt.bits - 10))


def raw_of(case: Case, scene: Scene, exposure_us: float = 8000.0, sensor: str = "") -> isp.Raw:
    """Take a frame of the camera, or of the sensor of one that has no twin of its own."""
    if sensor:
        cam = camtwin.open(sensor, scene=scene, seed=1)
        cam.ExposureTime = exposure_us
        return shot(cam).crop(1200, 800, 360, 240)
    return shot(case.open(scene=scene, render=True, Width=360, Height=240, ExposureTime=exposure_us))


def flat(case: Case, sensor: str = "") -> isp.Raw:
    """Take a frame of an even, neutral surface."""
    return case.once("flat", lambda: raw_of(case, Flat(2e6, spectra.d65()), sensor=sensor))


def chart(case: Case, sensor: str = "") -> isp.Raw:
    """Take a frame with edges and colours."""
    scene = camtwin.scene.Checker(3e6)
    return case.once("chart", lambda: raw_of(case, scene, sensor=sensor))


def developed(raw: isp.Raw, *stages: Stage) -> Codes:
    """The picture that stages make of a frame."""
    return isp.Pipeline(stages).process(raw)[0]


def noise(image: Codes) -> float:
    """Mean over the colours of the standard deviation of an even picture."""
    return float(image.reshape(-1, image.shape[-1]).std(axis=0).mean())


# -- the host's software -------------------------------------------------------------------------------
@measurement("host_stages")
def host_stages(case: Case, *stages: str) -> None:
    """The host has each of these stages, and controllers of exposure and white balance."""
    for stage in stages:
        case.that(stage, stage in STAGES)
    for controller in (ExposureController, BalanceController):
        case.that(f"automatic: {controller.__name__}", callable(controller.step))


@measurement("host_denoiser")
def host_denoiser(case: Case) -> None:
    """Noise behind the denoiser is less, and the mean is what it was."""
    raw = flat(case)
    scale = 2.0 ** (raw.bits - 12)
    before = isp.BlackLevel(), isp.Demosaic()
    noisy = developed(raw, *before, isp.Tone(1.0, 16))
    quiet = developed(raw, *before, isp.NoiseReduction(isp.NoiseModel(0.47 * scale, 3.0)), isp.Tone(1.0, 16))
    case.within("noise behind it, of the noise before", noise(quiet) / noise(noisy), 0, 0.85)
    case.near("mean", float(quiet.mean() / noisy.mean()), 1, 0.005)


def driven(case: Case, limits: Limits, gained: bool) -> tuple[list[float], Exposure]:
    """Brightness over the target, frame by frame, while the host drives exposure, or its own gain."""
    controller = ExposureController(limits, target=0.2)
    cam = case.open(scene=Flat(2e6, spectra.d65()), render=True, Width=360, Height=240, ExposureTime=1000.0)
    now, seen = Exposure(1000.0), list[float]()
    for frame in cam.frames(10):
        fmt, used_us = frame.pixel_format, frame.settings.ExposureTime_ns / 1000
        raw = isp.raw_of(frame.picture, fmt, BLACK_DN * 2 ** (fmt.bits - 10))
        gain = 10 ** (now.gain_dB / 20) if gained else 1.0
        _, statistics = isp.Pipeline([isp.Measure()]).process(raw)
        assert statistics is not None
        bright = controller.brightness(statistics) * gain
        seen.append(bright / controller.target)
        used = Exposure(used_us, now.gain_dB if gained else 0.0)
        product = used.product * min(max(1 / max(seen[-1], 1e-3), 1 / 16), 16)
        new = now if abs(seen[-1] - 1) <= controller.tolerance else controller.split(product)
        if not gained and new != now:
            case.write(cam, ExposureTime=round(new.exposure_us))
        now = new
    return seen, now


@measurement("host_auto_exposure")
def host_auto_exposure(case: Case) -> None:
    """The host drives ExposureTime until the brightness is the target."""
    seen, now = driven(case, Limits(32, 50_000), False)
    case.that("ExposureTime has changed", now.exposure_us != 1000.0)
    case.near("brightness over the target", seen[-1], 1, 0.05)


@measurement("host_auto_gain")
def host_auto_gain(case: Case) -> None:
    """The host drives its own gain until the brightness is the target."""
    seen, now = driven(case, Limits(1000, 1000, 0, 40), True)
    case.that("the host's gain has changed", now.gain_dB > 0)
    case.near("brightness over the target", seen[-1], 1, 0.05)


def balanced(case: Case, sensor: str) -> tuple[float, float]:
    """Return how far the means of the colours of a grey card in warm light differ, before and after."""
    raw = raw_of(case, Flat(3e6, WARM), sensor=sensor)
    _, statistics = isp.Pipeline([isp.Measure()]).process(raw)
    assert statistics is not None
    gains = BalanceController(speed=1).step(statistics, (1.0, 1.0, 1.0))
    stages = isp.BlackLevel(), isp.WhiteBalance(gains), isp.Demosaic(), isp.Tone(1.0, 16)
    spread = []
    for image in (developed(raw, stages[0], *stages[2:]), developed(raw, *stages)):
        means = image.reshape(-1, 3).mean(axis=0)
        spread.append(float(np.ptp(means) / means.mean()))
    return spread[0], spread[1]


@measurement("host_white_balance")
def host_white_balance(case: Case, within: float, sensor: str = "") -> None:
    """Red, green and blue of a grey card in warm light end so close to each other."""
    before, after = balanced(case, sensor)
    case.within("red, green and blue differ before by", before, 0.2, 3)
    case.within("and after by", after, 0, within)


MATRIX: Final = ((1.5, -0.3, -0.2), (-0.2, 1.4, -0.2), (0.0, -0.4, 1.4))


@measurement("host_colour_matrix")
def host_colour_matrix(case: Case) -> None:
    """A matrix is applied exactly: within a code of the float reference."""
    raw = chart(case)
    image = developed(raw, isp.BlackLevel(), isp.Demosaic(), isp.ColourMatrix(MATRIX), isp.Tone(1.0))
    plain = developed(raw, isp.BlackLevel(), isp.Demosaic(), isp.Tone(1.0, 16)) / 65535
    wanted = np.clip(plain @ np.array(MATRIX).T, 0, 1) * 255
    case.within(
        "greatest difference from the float reference in codes", float(np.abs(image - wanted).max()), 0, 1
    )


@measurement("host_gamma")
def host_gamma(case: Case) -> None:
    """Gamma 2.2 is the formula within a code."""
    raw = chart(case)
    before = isp.BlackLevel(), isp.Demosaic()
    linear = developed(raw, *before, isp.Tone(1.0, 16)) / 65535
    bent = developed(raw, *before, isp.Tone(2.2))
    case.within("greatest difference in codes", float(np.abs(bent - 255 * linear ** (1 / 2.2)).max()), 0, 1)


@measurement("host_table")
def host_table(case: Case) -> None:
    """An inverted table inverts the image exactly."""
    raw = chart(case)
    before = isp.BlackLevel(), isp.Demosaic(), isp.Tone()
    inverted = developed(raw, *before, isp.LookUp.of(range(255, -1, -1)))
    case.that("the image is inverted exactly", np.array_equal(inverted, 255 - developed(raw, *before)))


@measurement("host_mirror")
def host_mirror(case: Case) -> None:
    """Mirrored images are those of the camera turned round exactly."""
    raw = chart(case)
    before = isp.BlackLevel(), isp.Demosaic(), isp.Tone()
    straight = developed(raw, *before)
    case.that("columns", np.array_equal(developed(raw, *before, isp.Mirror(True)), straight[:, ::-1]))
    case.that("rows", np.array_equal(developed(raw, *before, isp.Mirror(False, True)), straight[::-1]))


@measurement("host_region")
def host_region(case: Case) -> None:
    """A region is that slice of the frame."""
    raw = chart(case)
    cut = developed(raw, isp.Crop(13, 8, 101, 60))
    case.that("it equals the slice", np.array_equal(cut, raw.data[8:68, 13:114]))


@measurement("host_decimation")
def host_decimation(case: Case) -> None:
    """Every second group of the mosaic is left, and the mosaic is the same."""
    raw = chart(case)
    image = isp.Decimate(2).apply(isp.Image(raw.data, isp.Kind.RAW, raw.bits, raw.mosaic), {})
    case.equal("size", image.data.shape, (raw.height // 2, raw.width // 2))
    case.equal("mosaic", image.mosaic, raw.mosaic)
    case.that("its pixels are the raw frame's", np.array_equal(image.data[:2, :2], raw.data[:2, :2]))
    case.that("every second group", np.array_equal(image.data[:2, 2:4], raw.data[:2, 4:6]))


@measurement("host_binning")
def host_binning(case: Case) -> None:
    """Pixels of one colour are averaged within a code."""
    raw = chart(case)
    image = developed(raw, isp.Bin()).astype(float)
    dn, worst = raw.data.astype(float), 0.0
    for row in (0, 1):
        for column in (0, 1):
            plane = dn[row::2, column::2]
            mean = (plane[::2, ::2] + plane[1::2, ::2] + plane[::2, 1::2] + plane[1::2, 1::2]) / 4
            worst = max(worst, float(np.abs(image[row::2, column::2] - mean).max()))
    case.within("greatest difference from the mean in codes", worst, 0, 1)


# -- samples ----------------------------------------------------------------------------------
def steps(raw: isp.Raw) -> dict[str, isp.Image]:
    """Return the image after each stage of the full pipeline, by name."""
    return dict(isp.full_pipeline(raw.bits).process(raw, intermediates=True)[2])


@measurement("full_pipeline")
def full_pipeline(case: Case, sensor: str, *stages: str) -> None:
    """The full pipeline has these stages, and its image is displayed."""
    names = [type(stage).__name__ for stage in isp.full_pipeline(10).stages]
    for stage in stages:
        case.that(stage, stage in names)
    image, _ = isp.full_pipeline(10).process(chart(case, sensor))
    case.equal("displayed", image.shape[2:], (3,))


@measurement("default_configuration")
def default_configuration(case: Case) -> None:
    """The full pipeline has no lens correction, and a matrix that is marked uncalibrated."""
    stages = isp.full_pipeline(10).stages
    case.that("no lens correction", not any(isinstance(stage, isp.Shading) for stage in stages))
    matrix = next(stage for stage in stages if isinstance(stage, isp.ColourMatrix))
    case.that("the matrix is marked uncalibrated", not matrix.calibrated)
    case.equal("matrix", matrix.matrix, isp.ColourMatrix().matrix)


@measurement("hot_pixel_gone")
def hot_pixel_gone(case: Case, sensor: str) -> None:
    """A hot pixel is gone behind the stage."""
    raw = flat(case, sensor)
    data = raw.data.copy()
    data[101, 151] = raw.highest_DN
    found = steps(isp.Raw(data, raw.bits, raw.mosaic, raw.black_DN))["DefectPixels"].data
    around = np.delete(found[97:106:2, 147:156:2].ravel(), 12)
    case.within("the hot pixel over its neighbours' greatest", float(found[101, 151]) / around.max(), 0, 1.1)


@measurement("noise_reduced")
def noise_reduced(case: Case, sensor: str) -> None:
    """Noise behind the stage is less."""
    found = steps(flat(case, sensor))
    before, after = (
        np.moveaxis(found[name].data, 0, -1).astype(float) for name in ("FalseColour", "NoiseReduction")
    )
    case.within("noise behind it, of the noise before", noise(after) / noise(before), 0, 0.9)


@measurement("black_level_taken_off")
def black_level_taken_off(case: Case, sensor: str) -> None:
    """A dark frame has mean 0 behind the stage."""
    light = steps(raw_of(case, Dark(), 100.0, sensor))["BlackLevel"].data
    case.near("mean of a dark frame in codes", float(light.mean()) * (1023 - BLACK_DN), 0, 0.2)


@measurement("exposure_follows")
def exposure_follows(case: Case, sensor: str) -> None:
    """When the light doubles the brightness returns to the target."""
    cam = camtwin.open(sensor, scene=Flat(1e6, spectra.d65()), seed=1)
    controller, now, bright = ExposureController(Limits(50, 16_000, 0, 20)), Exposure(4000.0), 0.0
    for photons in (1e6, 2e6):
        cam.world.scene = Flat(photons, spectra.d65())
        for _ in range(4):
            cam.ExposureTime, cam.Gain = now.exposure_us, now.gain_dB
            _, statistics = isp.full_pipeline(10).process(shot(cam).crop(1200, 800, 240, 160))
            assert statistics is not None
            bright = controller.brightness(statistics)
            now = controller.step(statistics, now, now)
        case.near(f"brightness over the target at {photons:g} photons/s", bright / controller.target, 1, 0.1)


def even(raw: isp.Raw, colour: tuple[int, int, int]) -> isp.Raw:
    """A noise-free frame of one colour, red, green, blue DN above black, in the frame's mosaic."""
    data = np.empty_like(raw.data)
    for i, letter in enumerate(raw.mosaic):
        data[i // 2 :: 2, i % 2 :: 2] = colour["RGB".index(letter)] + int(raw.black_DN)
    return isp.Raw(data, raw.bits, raw.mosaic, raw.black_DN)


@measurement("flat_colour_kept")
def flat_colour_kept(case: Case, way: Literal["full", "sample"], sensor: str) -> None:
    """The full pipeline's stage, or the sample, makes RGB of the mosaic: a flat colour within a code."""
    colour = (600, 300, 150)
    raw = even(flat(case, sensor), colour)
    if way == "sample":
        image = isp.demosaic_and_display(raw.black_DN).process(raw)[0] / 255
    else:
        image = np.moveaxis(finish.squared(steps(raw)["Demosaic"].data), 0, -1) / TOP
        image = image * (1 + TOE) - TOE
    codes = np.abs(image - np.array(colour) / (1023 - BLACK_DN)).max() * 255
    case.within("greatest difference of a flat colour in codes of 8 bits", float(codes), 0, 1)


@measurement("grey_stays")
def grey_stays(case: Case, sensor: str) -> None:
    """Rows of the matrix sum to 1, and grey stays grey."""
    stage = next(s for s in isp.full_pipeline(10).stages if isinstance(s, isp.ColourMatrix))
    case.near("sum of each row", float(np.abs(np.sum(stage.matrix, axis=1) - 1).max()), 0, 1e-9)
    image = isp.full_pipeline(10).process(even(flat(case, sensor), (300, 300, 300)))[0]
    case.equal("grey is grey", int(np.ptp(image.reshape(-1, 3).astype(int), axis=1).max()), 0)


def edged(raw: isp.Raw) -> isp.Raw:
    """A noise-free slanted edge, black and white, in the frame's mosaic."""
    y, x = np.mgrid[: raw.height, : raw.width]
    grey = 450 + 400 * np.tanh(x - raw.width / 2 + 0.3 * (y - raw.height / 2))
    return isp.Raw(np.rint(grey + raw.black_DN).astype(np.uint16), raw.bits, raw.mosaic, raw.black_DN)


@measurement("false_colour_reduced")
def false_colour_reduced(case: Case, sensor: str) -> None:
    """False colour at an edge is less behind the stage."""
    found = steps(edged(flat(case, sensor)))
    spread = [float(np.ptp(found[name].data, axis=0).mean()) for name in ("Demosaic", "FalseColour")]
    case.within("false colour behind it, of that before", spread[1] / spread[0], 0, 0.8)


@measurement("downscaled")
def downscaled(case: Case, sensor: str) -> None:
    """The image is half as wide and high, and flat values are unchanged."""
    raw = even(flat(case, sensor), (400, 300, 200))
    found = steps(raw)
    case.equal("size", found["Downscale"].data.shape[:2], (raw.height // 2, raw.width // 2))
    case.that(
        "flat values are unchanged", np.array_equal(found["Downscale"].data[9, 9], found["Tone"].data[18, 18])
    )


@measurement("edges_steeper")
def edges_steeper(case: Case, sensor: str) -> None:
    """An edge is steeper behind the stage, and flat values are unchanged."""
    found = steps(edged(flat(case, sensor)))
    rise = [
        float(np.diff(found[name].data[1].astype(float), axis=1).max())
        for name in ("NoiseReduction", "EdgeEnhancement")
    ]
    case.within("steepest step behind it, of that before", rise[1] / rise[0], 1.05, 3)
    level = steps(even(flat(case, sensor), (300, 300, 300)))
    unchanged = np.array_equal(level["NoiseReduction"].data, level["EdgeEnhancement"].data)
    case.that("flat values are unchanged", unchanged)


@measurement("sample_displays")
def sample_displays(case: Case, sensor: str) -> None:
    """The sample makes RGB of the mosaic, flat areas within a code, and shows it."""
    raw = even(flat(case, sensor), (300, 200, 100))
    image = isp.demosaic_and_display(raw.black_DN).process(raw)[0]
    wanted = np.array((300, 200, 100)) / (1023 - BLACK_DN) * 255
    case.within("flat areas differ by codes", float(np.abs(image - wanted).max()), 0, 1)
    case.equal("displayed", image.shape, (raw.height, raw.width, 3))


@measurement("not_in_sample")
def not_in_sample(case: Case, stage: str) -> None:
    """The sample demosaics and displays, without such a stage. BlackLevel(0) only scales."""
    stages = isp.demosaic_and_display().stages
    names = [type(one).__name__ for one in stages if one != isp.BlackLevel(0.0)]
    case.equal("stages", names, ["Demosaic", "Tone"])
    case.that("it is a stage of the host", stage in STAGES)
    case.that("it is absent", stage not in names)


@measurement("sample_stages")
def sample_stages(case: Case, count: int) -> None:
    """The sample has so many stages and no more."""
    case.equal("stages", len(isp.demosaic_and_display().stages), count)
