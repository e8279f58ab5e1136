"""The host's image pre-processing on raw frames of twins: IDS' host features, FRAMOS' two samples."""

from __future__ import annotations

from typing import Any, Final

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
from camtwin.verify.case import Case, check

SENSOR: Final = "sony-imx412-aack"
SENSOR_OF: Final = {"framos-fsm-imx412": SENSOR}
"""The twin whose frames the samples of a module get that has no twin of its own yet."""
BLACK_DN: Final = 64.0
WARM: Final = spectra.illuminant_a()
Codes = NDArray[Any]


def shot(cam: Session) -> isp.Raw:
    """A raw frame of the twin, 10 or 12 bits."""
    frame = cam.grab(2)[-1]
    fmt = frame.pixel_format
    return isp.raw_of(frame.picture, fmt, BLACK_DN * 2 ** (fmt.bits - 10))


def raw_of(case: Case, scene: Scene, exposure_us: float = 8000.0) -> isp.Raw:
    """A frame of the camera that the ledger is of, or of FRAMOS' sensor."""
    if sensor := SENSOR_OF.get(case.model):
        cam = camtwin.open(sensor, scene=scene, seed=1)
        cam.ExposureTime = exposure_us
        raw = shot(cam)
        return raw.crop(1200, 800, 360, 240)
    return shot(case.open(scene=scene, render=True, Width=360, Height=240, ExposureTime=exposure_us))


def flat(case: Case) -> isp.Raw:
    """A frame of an even, neutral surface."""
    return case.once("flat", lambda: raw_of(case, Flat(2e6, spectra.d65())))


def chart(case: Case) -> isp.Raw:
    """A frame with edges and colours."""
    scene = camtwin.scene.Checker(3e6)
    return case.once("chart", lambda: raw_of(case, scene))


def developed(raw: isp.Raw, *stages: Stage) -> Codes:
    """The picture that stages make of a frame."""
    return isp.Pipeline(stages).process(raw)[0]


def noise(image: Codes) -> float:
    """Mean over the colours of the standard deviation of an even picture."""
    return float(image.reshape(-1, image.shape[-1]).std(axis=0).mean())


# -- IDS' host software -------------------------------------------------------------------------------
TABLE: Final = {
    "denoiser": "NoiseReduction",
    "color correction": "ColourMatrix",
    "gamma": "Tone",
    "LUT": "LookUp",
    "mirror": "Mirror",
    "ROI": "Crop",
    "decimation": "Decimate",
    "binning": "Bin",
    "white balance": "WhiteBalance",
}


@check("ids.host.all_features")
def all_features(case: Case) -> None:
    for feature, stage in TABLE.items():
        case.that(f"{feature}: {stage}", stage in STAGES)
    for controller in (ExposureController, BalanceController):
        case.that(f"automatic: {controller.__name__}", callable(controller.step))


@check("ids.host.denoiser")
def denoiser(case: Case) -> None:
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


@check("ids.host.auto_exposure")
def auto_exposure(case: Case) -> None:
    seen, now = driven(case, Limits(32, 50_000), False)
    case.that("ExposureTime has changed", now.exposure_us != 1000.0)
    case.near("brightness over the target", seen[-1], 1, 0.05)


@check("ids.host.auto_gain")
def auto_gain(case: Case) -> None:
    seen, now = driven(case, Limits(1000, 1000, 0, 40), True)
    case.that("the host's gain has changed", now.gain_dB > 0)
    case.near("brightness over the target", seen[-1], 1, 0.05)


def balanced(case: Case) -> tuple[float, float]:
    """How far the means of red, green and blue of a grey card in warm light differ, before and after."""
    raw = raw_of(case, Flat(3e6, WARM))
    _, statistics = isp.Pipeline([isp.Measure()]).process(raw)
    assert statistics is not None
    gains = BalanceController(speed=1).step(statistics, (1.0, 1.0, 1.0))
    stages = isp.BlackLevel(), isp.WhiteBalance(gains), isp.Demosaic(), isp.Tone(1.0, 16)
    spread = []
    for image in (developed(raw, stages[0], *stages[2:]), developed(raw, *stages)):
        means = image.reshape(-1, 3).mean(axis=0)
        spread.append(float(np.ptp(means) / means.mean()))
    return spread[0], spread[1]


GREY_WITHIN: Final = {"ids.host.auto_whitebalance": 0.03, "framos.libargus.imx412.awb": 0.05}
"""By row: how far apart red, green and blue of a grey card may be in the end."""


@check(*GREY_WITHIN)
def white_balance(case: Case) -> None:
    before, after = balanced(case)
    case.within("red, green and blue differ before by", before, 0.2, 3)
    case.within("and after by", after, 0, GREY_WITHIN[case.claim.id])


MATRIX: Final = ((1.5, -0.3, -0.2), (-0.2, 1.4, -0.2), (0.0, -0.4, 1.4))


@check("ids.host.color_correction")
def colour_correction(case: Case) -> None:
    raw = chart(case)
    image = developed(raw, isp.BlackLevel(), isp.Demosaic(), isp.ColourMatrix(MATRIX), isp.Tone(1.0))
    plain = developed(raw, isp.BlackLevel(), isp.Demosaic(), isp.Tone(1.0, 16)) / 65535
    wanted = np.clip(plain @ np.array(MATRIX).T, 0, 1) * 255
    case.within(
        "greatest difference from the float reference in codes", float(np.abs(image - wanted).max()), 0, 1
    )


@check("ids.host.gamma")
def gamma(case: Case) -> None:
    raw = chart(case)
    before = isp.BlackLevel(), isp.Demosaic()
    linear = developed(raw, *before, isp.Tone(1.0, 16)) / 65535
    bent = developed(raw, *before, isp.Tone(2.2))
    case.within("greatest difference in codes", float(np.abs(bent - 255 * linear ** (1 / 2.2)).max()), 0, 1)


@check("ids.host.lut")
def look_up(case: Case) -> None:
    raw = chart(case)
    before = isp.BlackLevel(), isp.Demosaic(), isp.Tone()
    inverted = developed(raw, *before, isp.LookUp.of(range(255, -1, -1)))
    case.that("the image is inverted exactly", np.array_equal(inverted, 255 - developed(raw, *before)))


@check("ids.host.mirror")
def mirror(case: Case) -> None:
    raw = chart(case)
    before = isp.BlackLevel(), isp.Demosaic(), isp.Tone()
    straight = developed(raw, *before)
    case.that("columns", np.array_equal(developed(raw, *before, isp.Mirror(True)), straight[:, ::-1]))
    case.that("rows", np.array_equal(developed(raw, *before, isp.Mirror(False, True)), straight[::-1]))


@check("ids.host.roi")
def region(case: Case) -> None:
    raw = chart(case)
    cut = developed(raw, isp.Crop(13, 8, 101, 60))
    case.that("it equals the slice", np.array_equal(cut, raw.data[8:68, 13:114]))


@check("ids.host.decimation")
def decimation(case: Case) -> None:
    raw = chart(case)
    image = isp.Decimate(2).apply(isp.Image(raw.data, isp.Kind.RAW, raw.bits, raw.mosaic), {})
    case.equal("size", image.data.shape, (raw.height // 2, raw.width // 2))
    case.equal("mosaic", image.mosaic, raw.mosaic)
    case.that("its pixels are the raw frame's", np.array_equal(image.data[:2, :2], raw.data[:2, :2]))
    case.that("every second group", np.array_equal(image.data[:2, 2:4], raw.data[:2, 4:6]))


@check("ids.host.binning")
def binning(case: Case) -> None:
    raw = chart(case)
    image = developed(raw, isp.Bin()).astype(float)
    dn, worst = raw.data.astype(float), 0.0
    for row in (0, 1):
        for column in (0, 1):
            plane = dn[row::2, column::2]
            mean = (plane[::2, ::2] + plane[1::2, ::2] + plane[::2, 1::2] + plane[1::2, 1::2]) / 4
            worst = max(worst, float(np.abs(image[row::2, column::2] - mean).max()))
    case.within("greatest difference from the mean in codes", worst, 0, 1)


# -- FRAMOS' samples ----------------------------------------------------------------------------------
STAGE_OF: Final = {
    "bad_pixel": "DefectPixels",
    "noise_reduction": "NoiseReduction",
    "black_level": "BlackLevel",
    "ae_gain": "Measure",
    "awb": "WhiteBalance",
    "demosaic": "Demosaic",
    "color_correction": "ColourMatrix",
    "color_artifact": "FalseColour",
    "downscaling": "Downscale",
    "edge": "EdgeEnhancement",
}


def steps(raw: isp.Raw) -> dict[str, isp.Image]:
    """What each stage of the full pipeline gives, by name."""
    return dict(isp.full_pipeline(raw.bits).process(raw, intermediates=True)[2])


@check("framos.libargus.example")
def full_example(case: Case) -> None:
    names = [type(stage).__name__ for stage in isp.full_pipeline(10).stages]
    for stage in STAGE_OF.values():
        case.that(stage, stage in names)
    image, _ = isp.full_pipeline(10).process(chart(case))
    case.equal("displayed", image.shape[2:], (3,))


@check("framos.libargus.calibration", "framos.libargus.default_config")
def default_configuration(case: Case) -> None:
    stages = isp.full_pipeline(10).stages
    case.that("no lens correction", not any(isinstance(stage, isp.Shading) for stage in stages))
    matrix = next(stage for stage in stages if isinstance(stage, isp.ColourMatrix))
    case.that("the matrix is marked uncalibrated", not matrix.calibrated)
    case.equal("matrix", matrix.matrix, isp.ColourMatrix().matrix)


@check("framos.libargus.imx412.bad_pixel")
def bad_pixel(case: Case) -> None:
    raw = flat(case)
    data = raw.data.copy()
    data[101, 151] = raw.highest_DN
    found = steps(isp.Raw(data, raw.bits, raw.mosaic, raw.black_DN))["DefectPixels"].data
    around = np.delete(found[97:106:2, 147:156:2].ravel(), 12)
    case.within("the hot pixel over its neighbours' greatest", float(found[101, 151]) / around.max(), 0, 1.1)


@check("framos.libargus.imx412.noise_reduction")
def noise_reduction(case: Case) -> None:
    found = steps(flat(case))
    before, after = (
        np.moveaxis(found[name].data, 0, -1).astype(float) for name in ("FalseColour", "NoiseReduction")
    )
    case.within("noise behind it, of the noise before", noise(after) / noise(before), 0, 0.9)


@check("framos.libargus.imx412.black_level")
def black_level(case: Case) -> None:
    light = steps(raw_of(case, Dark(), 100.0))["BlackLevel"].data
    case.near("mean of a dark frame in codes", float(light.mean()) * (1023 - BLACK_DN), 0, 0.2)


@check("framos.libargus.imx412.ae_gain")
def exposure_and_gain(case: Case) -> None:
    cam = camtwin.open(SENSOR, scene=Flat(1e6, spectra.d65()), seed=1)
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


@check("framos.libargus.imx412.demosaic", "framos.opencv.imx412.demosaic")
def demosaic(case: Case) -> None:
    colour = (600, 300, 150)
    raw = even(flat(case), colour)
    if case.claim.id.startswith("framos.opencv"):
        image = isp.demosaic_and_display(raw.black_DN).process(raw)[0] / 255
    else:
        image = np.moveaxis(finish.squared(steps(raw)["Demosaic"].data), 0, -1) / TOP
        image = image * (1 + TOE) - TOE
    codes = np.abs(image - np.array(colour) / (1023 - BLACK_DN)).max() * 255
    case.within("greatest difference of a flat colour in codes of 8 bits", float(codes), 0, 1)


@check("framos.libargus.imx412.color_correction")
def grey_stays(case: Case) -> None:
    stage = next(s for s in isp.full_pipeline(10).stages if isinstance(s, isp.ColourMatrix))
    case.near("sum of each row", float(np.abs(np.sum(stage.matrix, axis=1) - 1).max()), 0, 1e-9)
    image = isp.full_pipeline(10).process(even(flat(case), (300, 300, 300)))[0]
    case.equal("grey is grey", int(np.ptp(image.reshape(-1, 3).astype(int), axis=1).max()), 0)


def edged(raw: isp.Raw) -> isp.Raw:
    """A noise-free slanted edge, black and white, in the frame's mosaic."""
    y, x = np.mgrid[: raw.height, : raw.width]
    grey = 450 + 400 * np.tanh(x - raw.width / 2 + 0.3 * (y - raw.height / 2))
    return isp.Raw(np.rint(grey + raw.black_DN).astype(np.uint16), raw.bits, raw.mosaic, raw.black_DN)


@check("framos.libargus.imx412.color_artifact")
def false_colour(case: Case) -> None:
    found = steps(edged(flat(case)))
    spread = [float(np.ptp(found[name].data, axis=0).mean()) for name in ("Demosaic", "FalseColour")]
    case.within("false colour behind it, of that before", spread[1] / spread[0], 0, 0.8)


@check("framos.libargus.imx412.downscaling")
def downscaling(case: Case) -> None:
    raw = even(flat(case), (400, 300, 200))
    found = steps(raw)
    case.equal("size", found["Downscale"].data.shape[:2], (raw.height // 2, raw.width // 2))
    case.that(
        "flat values are unchanged", np.array_equal(found["Downscale"].data[9, 9], found["Tone"].data[18, 18])
    )


@check("framos.libargus.imx412.edge")
def edges(case: Case) -> None:
    found = steps(edged(flat(case)))
    rise = [
        float(np.diff(found[name].data[1].astype(float), axis=1).max())
        for name in ("NoiseReduction", "EdgeEnhancement")
    ]
    case.within("steepest step behind it, of that before", rise[1] / rise[0], 1.05, 3)
    level = steps(even(flat(case), (300, 300, 300)))
    unchanged = np.array_equal(level["NoiseReduction"].data, level["EdgeEnhancement"].data)
    case.that("flat values are unchanged", unchanged)


@check("framos.opencv.example")
def demosaic_example(case: Case) -> None:
    raw = even(flat(case), (300, 200, 100))
    image = isp.demosaic_and_display(raw.black_DN).process(raw)[0]
    wanted = np.array((300, 200, 100)) / (1023 - BLACK_DN) * 255
    case.within("flat areas differ by codes", float(np.abs(image - wanted).max()), 0, 1)
    case.equal("displayed", image.shape, (raw.height, raw.width, 3))


@check(*(f"framos.opencv.imx412.{row}" for row in STAGE_OF if row != "demosaic"))
def absent(case: Case) -> None:
    """BlackLevel(0) only scales: nothing is taken off."""
    stages = isp.demosaic_and_display().stages
    names = [type(stage).__name__ for stage in stages if stage != isp.BlackLevel(0.0)]
    case.equal("stages", names, ["Demosaic", "Tone"])
    case.that("it is absent", STAGE_OF[case.claim.id.rpartition(".")[2]] not in names)


@check("framos.opencv.no_plan")
def no_plan(case: Case) -> None:
    case.equal("stages", len(isp.demosaic_and_display().stages), 3)
