"""One normal number a pixel against exact Poisson and normal noise, by calculation and not by sampling."""

from math import erf, exp, lgamma, log, sqrt

import numpy as np
import pytest

from camtwin.sensor import stages

Z = np.linspace(-6, 6, 1201)
NORMAL_CDF = np.array([0.5 * (1 + erf(z / sqrt(2))) for z in Z])


def exact_cdf(x, mean_e, read_noise_e):
    """P(N + R <= x), N Poisson of this mean, R normal of this deviation."""
    spread = 12 * sqrt(mean_e) + 30
    total = np.zeros_like(x)
    for k in range(max(0, int(mean_e - spread)), int(mean_e + spread)):
        weight = exp(k * log(mean_e) - mean_e - lgamma(k + 1))
        if weight > 1e-12:
            total += weight * np.array([0.5 * (1 + erf(v / sqrt(2))) for v in (x - k) / read_noise_e])
    return total


# The bounds are the distances published with the noise model, rounded up in their last digit.
@pytest.mark.parametrize(
    ("read_noise_e", "bound"), [(1.0, 5.9e-4), (1.5, 2.1e-4), (2.0, 8e-5), (3.0, 2.5e-5)]
)
@pytest.mark.parametrize("mean_e", [0.1, 0.5, 1, 2, 5, 8, 20, 100])
def test_distance_to_the_exact_distribution(mean_e, read_noise_e, bound):
    x = stages.noisy_charge(
        np.full_like(Z, mean_e, np.float32), np.float32(read_noise_e**2), Z.astype(np.float32)
    ).astype(float)
    assert np.all(np.diff(x) > 0)  # else a number would not stand for its quantile
    assert np.abs(exact_cdf(x, mean_e, read_noise_e) - NORMAL_CDF).max() < bound


def test_a_plain_gaussian_would_fail():
    mean_e, read_noise_e = 2.0, 2.0
    gaussian = mean_e + sqrt(mean_e + read_noise_e**2) * Z
    assert np.abs(exact_cdf(gaussian, mean_e, read_noise_e) - NORMAL_CDF).max() > 9e-3


@pytest.mark.parametrize("mean_e", [0.5, 2.0, 20.0, 500.0])
def test_first_three_cumulants(mean_e):
    """Poisson's cumulants are all its mean; the normal adds its variance to the second."""
    x = stages.noisy_charge(np.full_like(Z, mean_e, np.float32), np.float32(4), Z.astype(np.float32)).astype(
        float
    )
    weight = np.exp(-(Z**2) / 2)
    weight /= weight.sum()
    mean = (weight * x).sum()
    central = [(weight * (x - mean) ** n).sum() for n in (2, 3)]
    assert mean == pytest.approx(mean_e, rel=1e-5)
    assert central[0] == pytest.approx(mean_e + 4, rel=2e-4)
    assert central[1] == pytest.approx(mean_e, rel=2e-2)
