"""A sensor small enough to be measured quickly, and frames of it."""

from dataclasses import replace

import numpy as np

from camtwin.sensor import FixedPattern, Readout, SensorParameters, expose, fixed_pattern

PARAMETERS = SensorParameters(
    width=256,
    height=128,
    pixel_um=3.45,
    adc_bits=12,
    gain_DN_per_e=0.405,
    full_well_e=9785.0,
    pedestal_DN=20.0,
    read_noise_e=2.0,
    dark_current_e_per_s=2.0,
    dark_reference_C=20.0,
    dark_doubling_K=6.5,
    dsnu_e=0.8,
    prnu=0.007,
    qe=((400.0, 0.42), (500.0, 0.66), (536.0, 0.673), (550.0, 0.66)),
)
UNIFORM = replace(PARAMETERS, dsnu_e=0.0, prnu=0.0, dark_current_e_per_s=0.0)
"""The same without fixed pattern and dark current."""


def readout(parameters: SensorParameters = PARAMETERS, **changes) -> Readout:
    """Return a readout of the whole sensor, changed by name.

    By default 10 ms, 0 dB, 12 bits, 20 degC, seed 1, frame 0.
    """
    whole = Readout(0, 0, parameters.width, parameters.height, 0.01, 0.0, 0.0, 12, 20.0, seed=1, frame=0)
    return replace(whole, **changes)


def light(mean_e: float, r: Readout) -> np.ndarray:
    """Return the rate that gives mean_e electrons in this readout's exposure, the same in every pixel."""
    return np.full((r.height, r.width), mean_e / r.exposure_s, np.float32)


def frames(
    parameters: SensorParameters,
    mean_e: float,
    count: int,
    pattern: FixedPattern | None = None,
    **changes,
) -> np.ndarray:
    """`count` frames of uniform light, (count, height, width) float64 DN, from the readout's number on."""
    first = readout(parameters, **changes)
    pattern = pattern or fixed_pattern(parameters, first.seed)
    rate_e = light(mean_e, first)
    stack = np.empty((count, first.height, first.width))
    for i in range(count):
        stack[i] = expose(rate_e, pattern, parameters, replace(first, frame=first.frame + i))
    return stack
