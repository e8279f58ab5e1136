"""Electrons behind a mosaic: each pixel has its own colour's efficiency, wherever the region begins."""

import doctest

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camtwin.pixels import formats
from camtwin.sensor import SensorParameters, fast, mosaic, timing

COLOURS = np.array([[[0.1, 0.5], [0.4, 0.3]], [[0.0, 0.2], [0.2, 0.9]]], np.float32)


def test_examples():
    for module, least in ((mosaic, 1), (formats, 2), (timing, 1)):
        results = doctest.testmod(module)
        assert results.attempted >= least
        assert results.failed == 0


@pytest.mark.parametrize(
    ("x", "y", "width", "height"), [(0, 0, 8, 6), (1, 0, 7, 5), (2, 3, 1, 1), (5, 1, 2, 4)]
)
def test_a_region_is_a_cut_of_the_whole(x, y, width, height):
    photons = np.random.default_rng(1).uniform(0, 100, (2, 6, 8)).astype(np.float32)
    whole = mosaic.freed(photons, COLOURS, 0, 0)
    region = photons[:, y : y + height, x : x + width]
    assert np.array_equal(mosaic.freed(region, COLOURS, x, y), whole[y : y + height, x : x + width])
    assert whole[3, 5] == pytest.approx(0.3 * photons[0, 3, 5] + 0.9 * photons[1, 3, 5])
    assert whole[2, 5] == pytest.approx(0.5 * photons[0, 2, 5] + 0.2 * photons[1, 2, 5])


@settings(deadline=None)  # the first call compiles
@given(
    x=st.integers(0, 3),
    y=st.integers(0, 3),
    width=st.integers(1, 9),
    height=st.integers(1, 4),
    seed=st.integers(0, 99),
)
@pytest.mark.parametrize("shape", [(3, 2, 2), (3,), (1, 2, 2)])
def test_the_kernel_frees_the_same_bit_for_bit(shape, x, y, width, height, seed):
    rng = np.random.default_rng(seed)
    photons = rng.uniform(0, 1e6, (shape[0], height, width)).astype(np.float32)
    efficiency = rng.uniform(0, 1, shape).astype(np.float32)
    assert np.array_equal(fast.freed(photons, efficiency, x, y), mosaic.freed(photons, efficiency, x, y))


def test_without_a_mosaic_layers_add_up():
    photons = np.array([[[100, 200]], [[10, 20]]], np.float32)
    assert mosaic.freed(photons, np.array([0.5, 1], np.float32), 0, 0).tolist() == [[60, 120]]
    assert mosaic.freed(photons[0], np.array([0.5], np.float32), 0, 0).tolist() == [[50, 100]]


def sensor(**changes):
    numbers = (8, 6, 1.5, 12, 0.5, 8000.0, 256.0, 3.0, 1.0, 60.0, 7.0, 0.5, 0.005)
    return SensorParameters(*numbers, **{"qe": ((500.0, 0.5),), **changes})  # pyright: ignore[reportArgumentType]


CURVES = {colour: ((400.0, 0.1), (700.0, level)) for colour, level in (("R", 0.4), ("G", 0.2), ("B", 0.1))}


def test_a_colour_sensor_has_a_curve_for_each_colour():
    assert sensor(qe=CURVES, cfa="RGGB").quantum_efficiency(550, "R") == pytest.approx(0.25)
    for wrong in ({"qe": CURVES}, {"cfa": "RGGB"}, {"qe": CURVES, "cfa": "RGGE"}, {"qe": {}, "cfa": "RGGB"}):
        with pytest.raises(ValueError, match=r"qe of .* does not fit cfa"):
            sensor(**wrong)
    with pytest.raises(ValueError, match=r"cfa 'RGB' is not four letters, nor none"):
        sensor(qe=CURVES, cfa="RGB")


def test_a_conversion_of_fewer_bits_has_the_same_range():
    ten = sensor(other_bits=(10,)).converting(10)
    assert (ten.adc_bits, ten.gain_DN_per_e, ten.pedestal_DN) == (10, 0.125, 64)
    assert sensor(other_bits=(10,)).converting(8).adc_bits == 12
    assert sensor().converting(10).adc_bits == 12
