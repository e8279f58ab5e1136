"""Sampled noise against exact Poisson and normal noise, level by level, in electrons.

The gain is as fine as 12 bits allow for the level, so each code's upper edge is a number of electrons
and quantization adds 1/12 DN^2. `make test` takes 4e6 pixels a level, `make statistics` 1e8.

The expansion behind the noise (stages.noisy_charge) is not exact, so the distance of the distribution
functions (Kolmogorov and Smirnov) has a bound of its own: 3e-4 from a read noise of 1.5 e- on, 1e-3 down to
1 e-. Below 1 e- electrons are counted (poisson.py) and it is 4e-6. Where n samples cannot tell so little,
what n of the exact distribution would show takes its place, 1.63/sqrt(n) at 1 %.
"""

from dataclasses import replace
from math import erf, exp, floor, lgamma, log, sqrt

import numpy as np
import pytest

from camtwin.sensor import SensorParameters, expose, fixed_pattern
from physics.small_sensor import UNIFORM, light, readout

LEVELS_E = [0, 0.5, 1, 5, 20, 100, 1000, 9000]
WIDTH, HEIGHT = 2000, 1000
Z = np.linspace(-9, 9, 180_001)
NORMAL_CDF = np.array([0.5 * (1 + erf(z / sqrt(2))) for z in Z])


@pytest.fixture(scope="module")
def count(request):
    """Frames that hold the samples asked for, at least two."""
    return max(2, round(request.config.getoption("--samples") / (WIDTH * HEIGHT)))


def sensor(mean_e: float, read_noise_e: float = 2.0, **changes: float) -> SensorParameters:
    """Return a sensor whose 12 bits hold eight deviations to both sides of this level, and little more."""
    wide = 8 * sqrt(mean_e + read_noise_e**2) + (not read_noise_e)
    low = min(mean_e - wide, 0) if read_noise_e else 0
    gain = 4095 / (mean_e + wide - low)
    if not read_noise_e and gain > 1:
        gain = floor(gain)  # a whole number of codes an electron: then counts are seen as they are
    return replace(
        replace(UNIFORM, width=WIDTH, height=HEIGHT, full_well_e=1e6, read_noise_e=read_noise_e),
        gain_DN_per_e=gain,
        pedestal_DN=-low * gain,
        **changes,
    )


def stream(mean_e: float, p: SensorParameters, count: int):
    """`count` frames of uniform light, uint16, one after the other."""
    r, pattern = readout(p, seed=2026), fixed_pattern(p, 2026)
    rate_e = light(mean_e, r)
    for frame in range(count):
        yield expose(rate_e, pattern, p, replace(r, frame=frame))


def exact_cdf(x: np.ndarray, mean_e: float, read_noise_e: float) -> np.ndarray:
    """P(N + R <= x), N Poisson of this mean, R normal of this deviation."""
    spread = 9 * sqrt(mean_e) + 30
    total = np.zeros(x.shape)
    for k in range(max(0, int(mean_e - spread)), int(mean_e + spread) if mean_e else 1):
        weight = exp(k * log(mean_e) - mean_e - lgamma(k + 1)) if mean_e else 1.0
        if weight > 1e-13:
            total += weight * np.interp((x - k) / (read_noise_e or 1e-9), Z, NORMAL_CDF, left=0, right=1)
    return total


@pytest.mark.parametrize(
    ("read_noise_e", "bound"),
    [(0.0, 4e-6), (0.3, 4e-6), (1.0, 1e-3), (1.5, 3e-4), (2.0, 3e-4), (4.0, 3e-4)],
)
@pytest.mark.parametrize("mean_e", LEVELS_E)
def test_moments_and_distribution(mean_e, read_noise_e, bound, count):
    p = sensor(mean_e, read_noise_e)
    seen = np.zeros(4096, np.int64)
    for dn in stream(mean_e, p, count):
        seen += np.bincount(dn.reshape(-1), minlength=4096)
    n = int(seen.sum())
    assert n == count * WIDTH * HEIGHT
    code_e = (np.arange(4096) - p.pedestal_DN) / p.gain_DN_per_e
    mean = (seen * code_e).sum() / n
    variance = (seen * (code_e - mean) ** 2).sum() / n
    expected = mean_e + read_noise_e**2
    if read_noise_e or p.gain_DN_per_e < 1:
        expected += 1 / 12 / p.gain_DN_per_e**2
    assert abs(mean - mean_e) <= 4 * sqrt(expected / n)
    # The fourth cumulant of Poisson is its mean: so wide is the spread of a variance.
    assert abs(variance - expected) <= 4 * sqrt((2 * expected**2 + mean_e) / n)
    edge_e = code_e + 0.5 / p.gain_DN_per_e
    distance = np.abs(np.cumsum(seen) / n - exact_cdf(edge_e, mean_e, read_noise_e))[:-1].max()
    print(f"{mean_e:6g} e-, read noise {read_noise_e:3g} e-: distance {distance:.1e}")
    assert distance < max(bound, 1.63 / sqrt(n))


@pytest.mark.parametrize("mean_e", LEVELS_E)
def test_no_correlation_at_any_lag(mean_e, count):
    p = sensor(mean_e)
    sums, sizes = np.zeros(4), np.zeros(4)
    square, before = 0.0, None
    for dn in stream(mean_e, p, count):
        noise = dn.astype(np.float32)
        noise -= np.float32(p.pedestal_DN + p.gain_DN_per_e * mean_e)  # the true mean
        square += float(np.vdot(noise, noise))
        pairs = [
            (noise[:, 1:], noise[:, :-1]),
            (noise[1:], noise[:-1]),
            (noise[:, WIDTH // 2 :], noise[:, : WIDTH // 2]),
            *([] if before is None else [(noise, before)]),
        ]
        for i, (a, b) in enumerate(pairs):
            sums[i] += float((a * b).sum(dtype=np.float64))
            sizes[i] += a.size
        before = noise
    variance_DN2 = square / (count * WIDTH * HEIGHT)
    z = sums / variance_DN2 / np.sqrt(sizes)
    assert np.abs(z).max() < 4, z


def test_the_fixed_pattern_is_the_same_in_every_frame(count):
    mean_e, prnu = 1000.0, 0.02
    p = sensor(mean_e, dsnu_e=0.0, prnu=prnu)
    p = replace(p, gain_DN_per_e=p.gain_DN_per_e / 2)  # room for the pattern, too
    response = fixed_pattern(p, 2026).gain.astype(np.float64) - 1
    response -= response.mean()
    error = sqrt((mean_e + 4) / (response**2).sum())  # of a slope, electrons a unit of response
    for dn in stream(mean_e, p, min(count, 10)):
        slope_e = (response * dn).sum() / (response**2).sum() / p.gain_DN_per_e
        assert abs(slope_e - mean_e) < 4 * error
        # And nothing of it is elsewhere: shifted by a column, the map explains nothing.
        shifted_e = (response[:, 1:] * dn[:, :-1]).sum() / (response**2).sum() / p.gain_DN_per_e
        assert abs(shifted_e) < 4 * sqrt((mean_e + 4 + (mean_e * prnu) ** 2) / (response**2).sum())
