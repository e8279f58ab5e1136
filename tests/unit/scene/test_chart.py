"""The chart's values, measured on its pixels as a laboratory would measure them on a print."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from camtwin.scene import Chart, View, ink
from camtwin.scene.chart import GREY_STEPS, draw_chart, grey_patches, slanted_edges
from camtwin.scene.ink import bars, disc, half_plane, siemens_star, slanted_square
from camtwin.scene.lens import SHARP

W, H = 4096, 3000
WHOLE = View(0, 0, W, H, W, H, 3.45)


@pytest.fixture(scope="module")
def chart() -> NDArray[np.float32]:
    return Chart().photon_rate(WHOLE, 0)


def test_grey_steps_give_their_reflectance_times_the_light(chart: NDArray[np.float32]):
    assert [round(np.log2(a / b), 1) for a, b in pairwise(GREY_STEPS)] == [0.5] * 11
    for reflectance, (x, y, width, height) in grey_patches(W, H):
        inside = chart[y + 5 : y + height - 5, x + 5 : x + width - 5].astype(np.float64)
        assert inside.size > 30_000
        assert inside.mean() == pytest.approx(reflectance * 2.8e6, rel=0.002)
        assert np.ptp(inside) <= 2.8e6 / 65535 * 1.01  # even to the last step of the 16 bits


@pytest.mark.parametrize(("width", "height"), [(640, 480), (1920, 1080), (4056, 3040)])
def test_grey_steps_on_other_sensors(width: int, height: int):
    view = View(0, 0, width, height, width, height, 1.55)
    rate = Chart(1.0).photon_rate(view, 0)
    for reflectance, (x, y, w, h) in grey_patches(width, height):
        inside = rate[y + 4 : y + h - 4, x + 4 : x + w - 4]
        assert inside.size > 300
        assert inside.mean() == pytest.approx(reflectance, rel=0.002)


def test_light_scales_the_whole_chart(chart: NDArray[np.float32]):
    half = Chart(1.4e6).photon_rate(View(900, 700, 300, 200, W, H, 3.45), 0)
    np.testing.assert_allclose(half, chart[700:900, 900:1200] / 2, rtol=1e-6)


def test_all_reflectances_are_printable(chart: NDArray[np.float32]):
    assert chart.min() >= 0.0199 * 2.8e6
    assert chart.max() <= 0.9001 * 2.8e6


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_a_crop_is_a_crop_of_the_whole(data: st.DataObject):
    x, y = data.draw(st.integers(0, W - 1)), data.draw(st.integers(0, H - 1))
    width, height = data.draw(st.integers(1, W - x)), data.draw(st.integers(1, H - y))
    whole = Chart().photon_rate(WHOLE, 0)
    crop = Chart().photon_rate(View(x, y, width, height, W, H, 3.45), data.draw(st.integers(0, 10**12)))
    np.testing.assert_array_equal(crop, whole[y : y + height, x : x + width])


def test_drawing_again_gives_the_same_chart():
    np.testing.assert_array_equal(draw_chart(640, 480, 3.45), draw_chart(640, 480, 3.45))


def test_bands_leave_no_seams(monkeypatch: pytest.MonkeyPatch):
    whole = draw_chart(640, 480, 3.45).astype(int)
    monkeypatch.setattr(ink, "BAND_px", 7)
    assert np.abs(draw_chart(640, 480, 3.45) - whole).max() <= 1  # of 65535
    monkeypatch.setattr(ink, "BAND_px", 480)
    assert np.abs(draw_chart(640, 480, 3.45) - whole).max() <= 1


def test_the_ruler_counts_sensor_pixels(chart: NDArray[np.float32]):
    """Edges between black and white blocks lie at whole hundreds of pixels, along all four sides."""
    middle = (0.9 + 0.02) / 2 * 2.8e6
    for line in (chart[8], chart[-8], chart[:, 8], chart[:, -8]):
        line = line[: len(line) // 100 * 100][22:-22]
        crossings = np.flatnonzero(np.diff(line > middle)) + 1 + 22
        np.testing.assert_array_equal(crossings, np.arange(100, crossings[-1] + 1, 100))


@pytest.mark.parametrize(("width", "height"), [(1, 1), (2, 3), (1, 50), (300, 2), (33, 400), (64, 48)])
def test_sensors_too_small_for_a_chart_get_what_fits(width: int, height: int):
    chart = draw_chart(width, height, 3.45)
    assert chart.shape == (height, width)
    assert 0.0199 * 65535 <= chart.min() <= chart.max() <= 0.9001 * 65535


def spatial_frequency_response(
    edge: NDArray[np.float32], frequencies: list[float]
) -> tuple[float, list[float]]:
    """Tilt (degrees) and contrast of a nearly upright edge, as ISO 12233 finds them."""
    picture = edge.astype(np.float64)
    rows, columns = picture.shape
    x = np.arange(columns - 1) + 0.5
    slope = np.abs(np.diff(picture, axis=1))
    place = (slope * x).sum(axis=1) / slope.sum(axis=1)
    gradient, start = np.polyfit(np.arange(rows), place, 1)
    tilt = np.arctan(gradient)
    distance = (np.arange(columns) - start - gradient * np.arange(rows)[:, None]) * np.cos(tilt)
    bins = np.floor(distance * 8).astype(int)
    keep = np.abs(bins) < 8 * 12
    at = bins[keep] + 8 * 12 - 1
    profile = np.bincount(at, picture[keep]) / np.bincount(at)
    line = np.diff(profile)
    where = np.arange(line.size) / 8
    response = [abs(np.sum(line * np.exp(-2j * np.pi * f * where))) for f in frequencies]
    binning = [np.sinc(f / 8) ** 2 for f in frequencies]  # of the bins, and of the difference between two
    return np.degrees(tilt), [r / abs(line.sum()) / b for r, b in zip(response, binning, strict=True)]


@pytest.mark.parametrize("side", ["left", "right", "top", "bottom"])
def test_slanted_edges_have_the_tilt_contrast_and_sharpness_they_claim(chart: NDArray[np.float32], side: str):
    for x, y, width, height in slanted_edges(W, H):
        square = chart[y : y + height, x : x + width]
        turned = {"left": square, "right": square[:, ::-1], "top": square.T, "bottom": square.T[:, ::-1]}[
            side
        ]
        edge = turned[110:230, 65 - 32 : 65 + 32]
        frequencies = [0.05, 0.1, 0.2, 0.3, 0.4, 0.5]
        tilt, response = spatial_frequency_response(edge, frequencies)
        assert abs(tilt) == pytest.approx(5, abs=0.01)
        assert edge[:, :8].mean() / edge[:, -8:].mean() == pytest.approx(4, rel=0.002)
        lens_and_pixel = [np.exp(-2 * (np.pi * 0.6 * f) ** 2) * np.sinc(f) for f in frequencies]
        assert response == pytest.approx(lens_and_pixel, abs=0.01)
        assert [SHARP.contrast(f) for f in frequencies] == pytest.approx(lens_and_pixel)


def test_the_star_is_as_sharp_as_the_edges_and_has_no_moire(chart: NDArray[np.float32]):
    """Contrast of 72 line pairs on circles around the middle; beyond what pixels resolve it must be gone."""
    angles = np.arange(4096) / 4096 * 2 * np.pi
    for radius, tolerance in ((300, 0.01), (120, 0.01), (60, 0.02), (40, 0.02), (26, 0.02), (20, 0.03)):
        # Linear interpolation between pixels lowers the contrast too, by sinc(f)^2 on average.
        ring = sample(chart, 2047.5 + radius * np.cos(angles), 1489.5 + radius * np.sin(angles))
        amplitude = 2 * abs(np.fft.rfft(ring)[72]) / 4096
        f = 72 / (2 * np.pi * radius)
        expected = (0.9 - 0.02) * 2.8e6 * 2 / np.pi * SHARP.contrast(f)
        assert amplitude / expected == pytest.approx(1, abs=1 - np.sinc(f) ** 2 + tolerance)
        assert ring.mean() == pytest.approx(0.46 * 2.8e6, rel=0.005)


def sample(
    picture: NDArray[np.float32], x: NDArray[np.float64], y: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Bilinear samples."""
    column, row = np.floor(x).astype(int), np.floor(y).astype(int)
    u, v = x - column, y - row
    above = picture[row, column] * (1 - u) + picture[row, column + 1] * u
    below = picture[row + 1, column] * (1 - u) + picture[row + 1, column + 1] * u
    return above * (1 - v) + below * v


def test_half_plane_is_the_area_of_the_cut_square():
    """Against a count of 400 x 400 points in a cell."""
    x, y = np.meshgrid(*[(np.arange(400) + 0.5) / 400 - 0.5] * 2)
    for angle in (0.01, 0.0873, 0.7, 2.5, -1.2):
        for distance in (-0.8, -0.51, -0.3, 0.0, 0.2, 0.49, 0.6, 0.9):
            counted = np.mean(x * np.cos(angle) + y * np.sin(angle) + distance > 0)
            assert half_plane(np.array(distance), angle) == pytest.approx(counted, abs=0.003)


def test_shapes_cover_their_area():
    assert slanted_square(100.0, 5.0).sum() == pytest.approx(100**2, rel=1e-4)
    assert disc(50.0).sum() / 255 == pytest.approx(np.pi * 50**2, rel=1e-3)
    assert siemens_star(200.0, 36).sum() / 255 == pytest.approx(np.pi * 200**2 / 2, rel=2e-3)
    assert bars(1000, 2.5).sum() == pytest.approx(500)
    np.testing.assert_allclose(bars(6, 3.0), [1, 0.5, 0, 1, 0.5, 0], atol=1e-6)
