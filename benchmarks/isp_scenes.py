"""Test material of the pipeline: named images, rendered charts with known truth, and lights."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from math import pi

import isp_peers
import numpy as np

from camtwin.hosts.calibration import MIXTURES
from camtwin.isp import Raw
from camtwin.isp.calibrate import colour_point, differences, fit_matrix
from camtwin.isp.colorimetry import SRGB_OF_XYZ, adapted, temperature_K
from camtwin.isp.colour_table import ColourTable
from camtwin.isp.finish import IDENTITY
from camtwin.isp.image import TOP, Image, Kind
from camtwin.isp.mosaic import sampled
from camtwin.isp.presets import Calibration, ColourPoint, NoiseModel
from camtwin.models import load
from camtwin.scene import cie, spectra
from camtwin.scene.checker import PAINTS, mixed, reflectance
from camtwin.scene.spectra import Spectrum
from camtwin.sensor import FixedPattern, Readout, SensorParameters, expose

IMAGES = (
    "astronaut",
    "chelsea",
    "coffee",
    "rocket",
    "hubble_deep_field",
    "immunohistochemistry",
    "china",
    "flower",
)
"""Six of scikit-image's and two of scikit-learn's: all RGB photographs that come with the packages, but one
(retina, most of which is black)."""
MODEL = "sony-imx412-aack"


def image(name: str) -> np.ndarray:
    """Return an RGB photograph, uint8."""
    if name in ("china", "flower"):
        from sklearn.datasets import load_sample_image

        return np.asarray(load_sample_image(f"{name}.jpg"))
    import skimage.data

    return np.asarray(getattr(skimage.data, name)())[..., :3]


def linear(name: str) -> np.ndarray:
    """Return the photograph in linear light, (H, W, 3) uint16 of 12 bits."""
    code = image(name) / 255
    light = np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)
    return np.rint(light * 4095).astype(np.uint16)


def mosaic_of(rgb: np.ndarray, mosaic: str = "RGGB") -> Raw:
    """Return a raw frame of 12 bits without black level and noise."""
    return Raw(sampled(rgb, mosaic), 12, mosaic)


def parameters() -> SensorParameters:
    """Return the colour sensor of the twins."""
    return load(MODEL).sensor.parameters


LIGHTS: dict[str, Spectrum] = {
    "2400 K": spectra.black_body(2400),
    "A": spectra.illuminant_a(),
    "3400 K": spectra.black_body(3400),
    "day 4000 K": spectra.daylight(4000),
    "day 4500 K": spectra.daylight(4500),
    "day 5000 K": spectra.daylight(5000),
    "day 5500 K": spectra.daylight(5500),
    "D65": spectra.d65(),
    "day 7500 K": spectra.daylight(7500),
}


CALIBRATED = ("2400 K", "A", "3400 K", "day 4000 K", "day 5000 K", "D65", "day 7500 K")
"""Lights of the calibration; between them it is interpolated."""


def power(light: Spectrum) -> np.ndarray:
    """Relative power at its wavelengths: photons over wavelength."""
    return np.array(light.share) / np.array(light.nm)


def camera_of(light: Spectrum, reflectances: np.ndarray, p: SensorParameters | None = None) -> np.ndarray:
    """Electrons of red, green and blue a photon of the lamp, (n, 3); reflectances: (n, wavelengths)."""
    p = p or parameters()
    qe = np.array([[p.quantum_efficiency(nm, c) for nm in light.nm] for c in "RGB"])
    return (reflectances * np.array(light.share)) @ qe.T


def wanted_of(light: Spectrum, reflectances: np.ndarray) -> np.ndarray:
    """Linear sRGB as the colours look in that light to an adapted eye, (n, 3)."""
    nm, watts = np.array(light.nm), power(light)
    white = cie.tristimulus(nm, watts)
    xyz = np.stack([cie.tristimulus(nm, watts * r) for r in reflectances]) / white[1]
    return adapted(xyz, white / white[1]) @ SRGB_OF_XYZ.T


def kelvin_of(light: Spectrum) -> float:
    """Correlated colour temperature."""
    return temperature_K(cie.tristimulus(np.array(light.nm), power(light)))


def paints(light: Spectrum) -> np.ndarray:
    """Reflectances of the ColorChecker's 24 paints at the light's wavelengths."""
    return np.array([[reflectance(name, nm) for nm in light.nm] for name in PAINTS])


def mixtures(light: Spectrum, count: int = 120, seed: int = 7) -> np.ndarray:
    """Reflectances of mixed paints, which no fit has seen."""
    return mixed(paints(light), count, seed)


def other_chart(light: Spectrum) -> np.ndarray | None:
    """Reflectances of BabelColor's ColorChecker, a mean of 30 charts; None without colour-science."""
    try:
        return isp_peers.colour().ask("chart", np.array(light.nm))
    except isp_peers.MissingPeer:
        return None


def training(light: Spectrum) -> np.ndarray:
    """Reflectances of the patches that are fitted: a ColorChecker, and other mixtures than are judged."""
    return np.concatenate([paints(light), mixtures(light, MIXTURES, seed=201)])


def noisy_patches(light: Spectrum, full: float = 0.8, pixels: int = 1000, seed: int = 5) -> np.ndarray:
    """Means of rendered patches, (n, 3), of full well: shot noise, read noise, quantisation."""
    p = parameters()
    clean = camera_of(light, training(light), p)
    electrons = clean / clean.max() * full * 4095 / p.gain_DN_per_e
    rng = np.random.default_rng(seed)
    counts = rng.poisson(electrons[..., None], (*electrons.shape, pixels)) + rng.normal(
        0, p.read_noise_e, (*electrons.shape, pixels)
    )
    return np.rint(counts * p.gain_DN_per_e).mean(axis=2) / 4095


def calibrated(lights: dict[str, Spectrum] | None = None) -> Calibration:
    """Gains and matrices fitted on noisy rendered patches in several lights, and the twin's noise."""
    p = parameters()
    points: list[ColourPoint] = []
    for light in (lights or {name: LIGHTS[name] for name in CALIBRATED}).values():
        points.append(colour_point(kelvin_of(light), noisy_patches(light), wanted_of(light, training(light))))
    noise = NoiseModel(p.gain_DN_per_e, p.read_noise_e)
    return Calibration(MODEL, tuple(points), noise, 12, p.pedestal_DN)


def colour_error(
    calibration: Calibration, light: Spectrum, reflectances: np.ndarray, table: bool = False
) -> np.ndarray:
    """CIEDE2000 of surfaces in a light, white balance by a white surface in it, matrix by its temperature.

    table: by the stage ColourTable itself, in its whole numbers, instead of the matrix.
    """
    point = calibration.at(kelvin_of(light))
    camera, wanted = _balanced(light, reflectances), wanted_of(light, reflectances)
    if not table:
        return differences(point.matrix, camera, wanted)
    assert point.table is not None
    codes = np.rint(camera.T[..., None] / camera.max() * 0.9 * TOP).astype(np.int32)
    lit = Image(codes, Kind.LINEAR, 14, "RGGB", toe=0.0)
    shown = ColourTable(point.matrix, point.table).apply(lit, {}).data[..., 0].T / TOP
    return differences(IDENTITY, shown, wanted)


def colour_floor(light: Spectrum, reflectances: np.ndarray) -> float:
    """Mean CIEDE2000 of a matrix fitted to least squares of CIEDE2000 on these very surfaces, noise-free."""
    camera, wanted = _balanced(light, reflectances), wanted_of(light, reflectances)
    return float(differences(fit_matrix(camera, wanted), camera, wanted).mean())


def _balanced(light: Spectrum, reflectances: np.ndarray) -> np.ndarray:
    return camera_of(light, reflectances) / camera_of(light, np.ones((1, len(light.nm))))[0]


@lru_cache(maxsize=2)
def _pattern(shape: tuple[int, int]) -> FixedPattern:
    return FixedPattern(np.ones(shape, np.float32), np.zeros(shape, np.float32))


def rendered(electrons: np.ndarray, seed: int, gain_dB: float = 0.0) -> Raw:
    """Return a raw frame of 12 bits of mean electrons a pixel of an RGGB mosaic, with noise, (H, W)."""
    p = replace(parameters(), width=electrons.shape[1], height=electrons.shape[0], row_noise_e=0.0)
    readout = Readout(0, 0, p.width, p.height, 1.0, gain_dB, 0.0, 12, 20.0, seed=seed, frame=0)
    dn = expose(electrons.astype(np.float32), _pattern(electrons.shape), p, readout)
    return Raw(dn, 12, "RGGB", p.pedestal_DN)


def star(size: int = 512, spokes: int = 72, lens_px: float = 0.6) -> np.ndarray:
    """Return a grey Siemens star, (size, size) of reflectance 0.05..0.9, through a Gaussian lens."""
    import cv2

    fine = 4
    y, x = (np.mgrid[: size * fine, : size * fine] + 0.5) / fine - size / 2
    drawn = np.where(np.sin(spokes * np.arctan2(y, x)) > 0, 0.9, 0.05).astype(np.float32)
    blurred = cv2.GaussianBlur(drawn, (0, 0), lens_px * fine)
    return cv2.resize(blurred, (size, size), interpolation=cv2.INTER_AREA)


def edge(size: int = 256, contrast: float = 0.1, degrees: float = 5.0, lens_px: float = 0.6) -> np.ndarray:
    """Return a slanted grey edge of this Michelson contrast about 1.

    Shape: (size, size), through a Gaussian lens.
    """
    from scipy.special import erf

    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    away = x * np.cos(degrees * pi / 180) + y * np.sin(degrees * pi / 180)
    sigma = np.hypot(lens_px, 12**-0.5)  # the pixel's window as a Gaussian of the same variance
    return 1 + contrast * erf(away / sigma / np.sqrt(2))
