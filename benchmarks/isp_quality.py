"""Quality of images: demosaic, false colour, noise and sharpness, white balance, against known truth."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec

import isp_peers
import numpy as np
from isp_scenes import IMAGES, LIGHTS, camera_of, edge, linear, mosaic_of, rendered, star

from camtwin.isp import (
    BlackLevel,
    Calibration,
    ColourMatrix,
    Demosaic,
    FalseColour,
    NoiseModel,
    NoiseReduction,
    Pipeline,
    Raw,
    Tone,
    WhiteBalance,
)
from camtwin.isp.balance import BalanceController, angle_deg
from camtwin.isp.colorimetry import lab_of_srgb
from camtwin.isp.mosaic import sampled
from camtwin.isp.statistics import measured

BORDER = 8


def cpsnr(image: np.ndarray, truth: np.ndarray, white: float = 4095) -> float:
    """Colour PSNR in dB over the inner pixels; both in linear light."""
    inner = slice(BORDER, -BORDER)
    error = image[inner, inner].astype(float) - truth[inner, inner]
    return float(10 * np.log10(white**2 / np.mean(error**2)))


def ours(method: str, *more: object) -> Callable[[Raw], np.ndarray]:
    """Linear 12 bit colours of the pipeline's demosaic."""
    pipeline = Pipeline([BlackLevel(), Demosaic(method), *more, ColourMatrix(), Tone(1.0, 16)])  # type: ignore[list-item]
    return lambda raw: pipeline.process(raw)[0] / 65535 * 4095


def plain_malvar(raw: Raw) -> np.ndarray:
    """Malvar's filters on linear light, as published."""
    import cv2

    m = raw.data.astype(np.float64)

    def by(rows: list[list[float]]) -> np.ndarray:
        return cv2.filter2D(m, -1, np.array(rows) / 8, borderType=cv2.BORDER_REFLECT_101)

    green = by([[0, 0, -1, 0, 0], [0, 0, 2, 0, 0], [-1, 2, 4, 2, -1], [0, 0, 2, 0, 0], [0, 0, -1, 0, 0]])
    along_rows = [
        [0, 0, 0.5, 0, 0],
        [0, -1, 0, -1, 0],
        [-1, 4, 5, 4, -1],
        [0, -1, 0, -1, 0],
        [0, 0, 0.5, 0, 0],
    ]
    along = by(along_rows)
    across = by(np.array(along_rows).T.tolist())
    cross = by(
        [[0, 0, -1.5, 0, 0], [0, 2, 0, 2, 0], [-1.5, 0, 6, 0, -1.5], [0, 2, 0, 2, 0], [0, 0, -1.5, 0, 0]]
    )
    out = np.empty((*m.shape, 3))
    r, b = (slice(0, None, 2), slice(0, None, 2)), (slice(1, None, 2), slice(1, None, 2))
    gr, gb = (slice(0, None, 2), slice(1, None, 2)), (slice(1, None, 2), slice(0, None, 2))
    for part, planes in (
        (r, (m, green, cross)),
        (gr, (along, m, across)),
        (gb, (across, m, along)),
        (b, (cross, green, m)),
    ):
        for i, plane in enumerate(planes):
            out[part][..., i] = plane[part]
    return np.clip(out, 0, 4095)


def opencv(code: str) -> Callable[[Raw], np.ndarray]:
    """OpenCV's demosaic of an RGGB mosaic, red first."""
    import cv2

    return lambda raw: cv2.cvtColor(raw.data, getattr(cv2, code))


def colour_demosaicing(name: str) -> Callable[[Raw], np.ndarray]:
    """colour-demosaicing's methods. MissingPeer without it."""
    peer = isp_peers.colour()
    return lambda raw: np.clip(peer.ask(name, raw.data.astype(float)), 0, 4095)


def libraw(raw: Raw) -> np.ndarray:
    """LibRaw's AHD by rawpy, of our own DNG, in the camera's colours. ImportError without it."""
    from io import BytesIO

    import rawpy

    from camtwin.isp.dng import dng_bytes

    with rawpy.imread(BytesIO(dng_bytes(raw))) as file:
        done = file.postprocess(
            gamma=(1, 1), no_auto_bright=True, output_bps=16, user_wb=[1, 1, 1, 1], user_flip=0,
            output_color=rawpy.ColorSpace.raw, demosaic_algorithm=rawpy.DemosaicAlgorithm.AHD,
        )  # fmt: skip
    return done / 65535 * 4095


def demosaics() -> tuple[dict[str, Callable[[Raw], np.ndarray]], list[str]]:
    """Methods by name, and a line for each peer that is missing."""
    found: dict[str, Callable[[Raw], np.ndarray]] = {
        "bilinear": ours("bilinear"),
        "plain Malvar": plain_malvar,
        "malvar (default)": ours("malvar"),
        "default, false colour": ours("malvar", FalseColour()),
        "directional (best)": ours("directional"),
        "OpenCV bilinear": opencv("COLOR_BAYER_RGGB2RGB"),
        "OpenCV EA": opencv("COLOR_BAYER_RGGB2RGB_EA"),
    }
    with suppress(isp_peers.MissingPeer):
        found["colour-demosaicing Malvar"] = colour_demosaicing("Malvar2004")
        found["colour-demosaicing Menon"] = colour_demosaicing("Menon2007")
    if find_spec("rawpy"):
        found["rawpy AHD"] = libraw
    return found, isp_peers.missing()


def demosaic_table(names: tuple[str, ...] = IMAGES) -> tuple[dict[str, list[float]], list[str]]:
    """CPSNR in dB of each method on each image; and what is missing."""
    methods, missing = demosaics()
    table: dict[str, list[float]] = {name: [] for name in methods}
    for name in names:
        truth = linear(name)
        raw = mosaic_of(truth)
        for method, run in methods.items():
            table[method].append(cpsnr(run(raw), truth))
    return table, missing


def false_colour(run: Callable[[Raw], np.ndarray]) -> float:
    """Mean chroma, CIELAB, of a grey Siemens star: all of it is false."""
    grey = np.rint(star() * 4095).astype(np.uint16)
    image = run(Raw(grey, 12, "RGGB"))[16:-16, 16:-16]
    lab = lab_of_srgb(np.clip(image, 0, None) / 4095)
    return float(np.hypot(lab[..., 1], lab[..., 2]).mean())


NOISE = NoiseModel(0.47, 3.0)
GAINS = (2.3, 1.0, 1.5)


def dim_pipeline(reduced: bool, white_DN: float = 3839) -> Pipeline:
    """Return the pipeline for judging noise: linear colours of 16 bits, balanced, without a matrix."""
    stages = [
        BlackLevel(),
        WhiteBalance(GAINS),
        Demosaic("malvar", NOISE.toe(white_DN, GAINS)),
        FalseColour(),
    ]
    if reduced:
        stages.append(NoiseReduction(NOISE))
    return Pipeline([*stages, Tone(1.0, 16, 1.0)])


def electrons_of(rgb: np.ndarray, green_e: float) -> np.ndarray:
    """Mean electrons behind an RGGB mosaic of balanced colours, whose mean green is `green_e`."""
    scaled = rgb / rgb[..., 1].mean() * green_e
    return sampled(scaled / np.array(GAINS), "RGGB")


def noise_gain(
    names: tuple[str, ...] = ("coffee", "astronaut"), green_e: float = 20.0
) -> list[tuple[float, float, float]]:
    """PSNR in dB against truth without and with noise reduction, and with the true chroma besides.

    Of photographs in this light.

    A photograph is reduced to half its size first: the truth shall not be noisy, nor sharper than a lens.
    """
    import cv2

    out = []
    for name in names:
        rgb = linear(name).astype(np.float32)
        rgb = cv2.GaussianBlur(
            cv2.resize(rgb, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), (0, 0), 0.5
        )
        height, width = rgb.shape[0] // 2 * 2, rgb.shape[1] // 2 * 2
        rgb = rgb[:height, :width]
        raw = rendered(electrons_of(rgb, green_e), seed=11)
        truth = rgb / rgb[..., 1].mean() * green_e * NOISE.gain_DN_per_e / 3839
        peak = float(truth.max())
        noisy, quiet = (dim_pipeline(on).process(raw)[0] / 65535 for on in (False, True))
        out.append((cpsnr(noisy, truth, peak), cpsnr(quiet, truth, peak), noise_bound(quiet, truth)))
    return out


def noise_bound(image: np.ndarray, truth: np.ndarray) -> float:
    """PSNR in dB of a developed image whose chroma is the truth's: what no better chroma can add to."""
    toe = NOISE.toe(3839, GAINS)
    own, true = (np.sqrt(np.maximum(each, 0) + toe) for each in (image, truth))
    bright, chroma = own @ np.array([0.125, 0.75, 0.125]), true - true[..., 1:2]
    green = bright - (chroma[..., 0] + chroma[..., 2]) / 8
    return cpsnr((green[..., None] + chroma) ** 2 - toe, truth, float(truth.max()))


def mtf50(image: np.ndarray, degrees: float = 5.0) -> float:
    """Cycles a pixel at which a slanted edge has half of its contrast; image: (H, W), a mean of frames."""
    size = image.shape[0]
    y, x = np.mgrid[:size, : image.shape[1]] - (size - 1) / 2
    away = x * np.cos(np.radians(degrees)) + y * np.sin(np.radians(degrees))
    inner = (np.abs(away) < 24) & (np.abs(y) < size / 2 - 12)
    place = np.floor((away[inner] + 24) * 4).astype(int)
    counts = np.bincount(place, minlength=192)
    spread = np.bincount(place, image[inner], minlength=192) / counts
    line = np.diff(spread)
    line *= np.hanning(len(line))
    contrast = np.abs(np.fft.rfft(line, 4096))
    contrast /= contrast[0]
    frequency = np.fft.rfftfreq(4096, 0.25)
    contrast /= (
        np.sinc(np.minimum(frequency * 0.25, 0.9)) ** 2
    )  # bins and differences of a quarter of a pixel
    below = int(np.argmax(contrast < 0.5))
    a, b = contrast[below - 1], contrast[below]
    return float(frequency[below - 1] + (a - 0.5) / (a - b) * (frequency[below] - frequency[below - 1]))


def sharpness(green_e: float = 20.0, frames: int = 300) -> tuple[float, float]:
    """MTF50 without and with noise reduction of an edge of 10 % contrast in this light."""
    grey = np.repeat(edge()[..., None], 3, axis=2)
    electrons = electrons_of(grey, green_e)
    total = np.zeros((2, *electrons.shape))
    pipelines = dim_pipeline(False), dim_pipeline(True)
    for seed in range(frames):
        raw = rendered(electrons, seed)
        for i, pipeline in enumerate(pipelines):
            image = pipeline.process(raw)[0].astype(float)
            total[i] += image @ np.array([0.25, 0.5, 0.25])
    return mtf50(total[0]), mtf50(total[1])


def white_balance(
    controller: BalanceController, names: tuple[str, ...] = IMAGES, card: bool = False
) -> list[float]:
    """Angles in degrees between found and true white, of each image in each of nine lights."""
    out = []
    for name in names:
        rgb = linear(name) / 4095
        if card:
            height, width = rgb.shape[:2]
            rgb[: height // 4, : width // 4] = 0.4
        for light in LIGHTS.values():
            white = camera_of(light, np.ones((1, len(light.nm))))[0]
            white = white / white.max()
            dn = np.rint(rgb * white * 0.95 * 4095).astype(np.uint16)
            statistics = measured(sampled(dn, "RGGB"), 12, "RGGB", 0.0, (16, 12))
            found = controller.estimate(statistics) or (1.0, 1.0, 1.0)
            red, green, blue = (float(v) for v in 1 / white)
            out.append(angle_deg(found, (red, green, blue)))
    return out


def controllers(calibration: Calibration) -> dict[str, BalanceController]:
    """Methods of white balance by name."""
    return {m: BalanceController(m, speed=1, calibration=calibration) for m in ("auto", "shades", "grey")}
