"""The stages between photons and DN, one function each: arrays and constants in, a new array out.

This is EMVA 1288's linear model with the non-ideal parts of a real sensor. chain.py strings the stages
together in their one order, kernels.py fuses them. All arithmetic is float32, one rounding an operation, and
comparisons are written so that light that is not a number counts as darkness and infinite light saturates.

Source: EMVA Standard 1288, release 4.0 Linear, its model of signal and noise.
"""

import numpy as np
from numpy.typing import NDArray

from camtwin.sensor import poisson

Floats = NDArray[np.floating]  # float32 always; numpy's annotations lose the width in products


def photo_charge(rate_e: Floats, light_s: Floats) -> Floats:
    """Mean photoelectrons (e-). First: light, already times quantum efficiency, gathered in a row's window.

    light_s: integral of the light's level over it, (rows, 1): the exposure time, in steady light.

    >>> photo_charge(np.float32([[1000, 0], [1000, 0]]), np.float32([[0.01], [0.02]]))
    array([[10.,  0.],
           [20.,  0.]], dtype=float32)
    """
    return rate_e * light_s


def photo_response(charge_e: Floats, gain: Floats) -> Floats:
    """Mean photoelectrons (e-) with each pixel's own response, 1 + PRNU. After the exposure.

    >>> photo_response(np.float32([100, 100]), np.float32([1.0, 1.25]))
    array([100., 125.], dtype=float32)
    """
    return charge_e * gain


def dark_charge(charge_e: Floats, dark_e: np.float32) -> Floats:
    """Mean electrons (e-), dark signal included, never below 0. After the response: it is not light.

    >>> dark_charge(np.float32([100, np.nan]), np.float32(0.5))
    array([100.5,   0. ], dtype=float32)
    """
    mean_e = charge_e + dark_e
    return np.where(mean_e > 0, mean_e, np.float32(0))


def noisy_charge(mean_e: Floats, read_variance_e2: np.float32, z: Floats) -> Floats:
    """Electrons (e-) with shot and read noise, from one standard normal number z a pixel. After the mean.

    The third-order Cornish-Fisher expansion of Poisson(mean) convolved with N(0, sigma_r): with variance
    s^2 = mean + sigma_r^2, skewness g1 = mean / s^3 and excess kurtosis g2 = mean / s^4,

        mean + s (z + g1/6 (z^2-1) + g2/24 (z^3-3z) - g1^2/36 (2z^3-5z)),

    ordered by powers of z with a = s g1/6, b = s g2/24, k = s g1^2/36. At any mean its distribution
    is within 6e-4 of the exact one from sigma_r = 1 e- upwards, within 8e-5 from 2 e-; below 1 e- it fails
    and `counted_charge` takes over.

    Source: E. A. Cornish, R. A. Fisher, Moments and cumulants in the specification of distributions, 1938.

    >>> noisy_charge(np.float32([0, 100]), np.float32(4), np.float32([1, 0])).round(3)
    array([ 2.  , 99.84], dtype=float32)
    """
    one = np.float32(1)
    variance_e2 = mean_e + read_variance_e2
    sigma_e = np.sqrt(variance_e2)
    inverse = one / sigma_e
    a = mean_e * inverse * inverse * np.float32(1 / 6)
    b = a * inverse * np.float32(0.25)
    k = a * a * inverse
    z2 = z * z
    linear = sigma_e - np.float32(3) * b + np.float32(5) * k
    return mean_e + a * (z2 - one) + z * (linear + z2 * (b - np.float32(2) * k))


def counted_charge(
    mean_e: Floats, read_noise_e: np.float32, u: NDArray[np.float64], w: Floats, z: Floats
) -> Floats:
    """Electrons (e-) with shot and read noise, one by one: instead of `noisy_charge` below 1 e-.

    Whole electrons of Poisson(mean) by a uniform u and a normal w (see poisson.py), and a normal z's read
    noise.

    >>> w, z = np.float32([0, 0]), np.float32([1, 1])
    >>> counted_charge(np.float32([2, 100]), np.float32(0.5), np.full(2, 0.4), w, z)
    array([  1.5, 100.5], dtype=float32)
    """
    return poisson.counts(mean_e, u, w) + read_noise_e * z


def full_well(charge_e: Floats, full_well_e: np.float32) -> Floats:
    """Electrons (e-), clipped at the full well. After the noise, so that noise dies away in saturation.

    >>> full_well(np.float32([9000, 9900, np.nan]), np.float32(9785))
    array([9000., 9785., 9785.], dtype=float32)
    """
    return np.where(charge_e < full_well_e, charge_e, full_well_e)


def pixel_offset(charge_e: Floats, offset_e: Floats) -> Floats:
    """Electrons (e-) with each pixel's own offset, DSNU. After the full well, before the gain.

    The offset is the pixel amplifier's: it neither fills the well nor carries shot noise, yet gain multiplies
    it, as EMVA 1288 has it when it refers DSNU to the input (s_dark / K).

    >>> pixel_offset(np.float32([10, 10]), np.float32([-0.5, 0.5]))
    array([ 9.5, 10.5], dtype=float32)
    """
    return charge_e + offset_e


def amplified(charge_e: Floats, gain_DN_per_e: np.float32, offset_DN: Floats) -> Floats:
    """Signal (DN at adc_bits, not yet whole): K and analogue gain, then what its row is lifted by, (rows, 1).

    >>> amplified(np.float32([[100], [100]]), np.float32(0.5), np.float32([[16], [17]]))
    array([[66.],
           [67.]], dtype=float32)
    """
    return charge_e * gain_DN_per_e + offset_DN


def digitized(signal_DN: Floats, highest_DN: np.float32) -> NDArray[np.int32]:
    """Code (DN at adc_bits), clipped to 0 .. highest_DN and rounded, halves upwards. After the gain.

    >>> digitized(np.float32([-3, 0.49, 0.5, 5000]), np.float32(4095))
    array([   0,    0,    1, 4095], dtype=int32)
    """
    signal_DN = np.where(signal_DN > 0, signal_DN, np.float32(0))
    signal_DN = np.where(signal_DN < highest_DN, signal_DN, highest_DN)
    return (signal_DN + np.float32(0.5)).astype(np.int32)


def multiplied(
    code_DN: NDArray[np.int32], digital_gain: np.float32, offset_DN: np.float32, highest_DN: np.float32
) -> NDArray[np.int32]:
    """Code (DN at adc_bits) after digital gain: what is above black, times it. After the conversion.

    It makes no new codes: some DN are never reached, the noise of the conversion grows with the rest.

    >>> multiplied(np.int32([16, 17, 4000]), np.float32(2), np.float32(16), np.float32(4095))
    array([  16,   18, 4095], dtype=int32)
    """
    return digitized((code_DN.astype(np.float32) - offset_DN) * digital_gain + offset_DN, highest_DN)


def reduced(code_DN: NDArray[np.int32], shift: np.int32) -> NDArray[np.uint16]:
    """Code (DN at output bits): the lower `shift` bits fall away. Last.

    >>> reduced(np.int32([4095, 17]), np.int32(4))
    array([255,   1], dtype=uint16)
    """
    return (code_DN >> shift).astype(np.uint16)
