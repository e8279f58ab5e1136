"""Calibration of a sensor from its data sheet, as from photographs of charts in several lights.

The charts are a ColorChecker and as many mixtures of its paints as one needs to tell where a matrix errs.

Colours follow from the quantum efficiency of each filter, the paints' reflectances and the lights' spectra;
noise and black level are the sheet's.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from camtwin.isp.calibrate import colour_point
from camtwin.isp.colorimetry import SRGB_OF_XYZ, adapted, temperature_K
from camtwin.isp.noise import NoiseModel
from camtwin.isp.presets import Calibration, ColourPoint
from camtwin.models import load
from camtwin.scene import cie, spectra
from camtwin.scene.checker import PAINTS, mixed, reflectance
from camtwin.scene.spectra import Spectrum
from camtwin.sensor import SensorParameters

MIXTURES = 240


def lights() -> tuple[Spectrum, ...]:
    """Return the lights that are calibrated in, from a weak lamp to shade."""
    day = (4000.0, 5000.0)
    return (
        *(spectra.black_body(2400), spectra.illuminant_a(), spectra.black_body(3400)),
        *(*(spectra.daylight(kelvin) for kelvin in day), spectra.d65(), spectra.daylight(8000)),
    )


def point_of(parameters: SensorParameters, light: Spectrum) -> ColourPoint:
    """Return gains and matrix of a colour sensor in a light."""
    nm, share = np.array(light.nm), np.array(light.share)
    paints = np.array([[reflectance(name, at) for at in nm] for name in PAINTS])
    paints = np.concatenate([paints, mixed(paints, MIXTURES, seed=201)])
    efficiency = np.array([[parameters.quantum_efficiency(at, colour) for at in nm] for colour in "RGB"])
    camera = (paints * share) @ efficiency.T
    watts = share / nm
    white = cie.tristimulus(nm, watts)
    seen = np.stack([cie.tristimulus(nm, watts * paint) for paint in paints]) / white[1]
    return colour_point(
        temperature_K(white), camera / camera.max(), adapted(seen, white / white[1]) @ SRGB_OF_XYZ.T
    )


@lru_cache(maxsize=8)
def of_model(name: str) -> Calibration:
    """Return the calibration of a model's sensor; a mono sensor's has no colours."""
    parameters = load(name).sensor.parameters
    noise = NoiseModel(parameters.gain_DN_per_e, parameters.read_noise_e)
    points = tuple(point_of(parameters, light) for light in lights()) if parameters.cfa else ()
    return Calibration(name, points, noise, parameters.adc_bits, parameters.pedestal_DN)
