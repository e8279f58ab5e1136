"""Pictures: from sRGB codes to light on the sensor."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from camtwin.scene import Picture, Sequence, Target, View, spectra
from camtwin.scene.printed import code_places
from camtwin.scene.targets import cover, linear_light


def on_sensor(image: NDArray, width: int, height: int) -> NDArray[np.float32]:
    """Reflectance, 1 for white, of an image in front of a whole sensor."""
    return Picture(image, 1.0).photon_rate(View(0, 0, width, height, width, height, 3.45), 0)


def noise(shape: tuple[int, ...], seed: int = 1) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


@pytest.mark.parametrize(
    ("code", "linear"),
    # The last two from the curve's definition: 10/255/12.92, and ((128/255 + 0.055) / 1.055)^2.4.
    [(0, 0.0), (255, 1.0), (188, 0.5029), (10, 0.003035), (128, 0.21586)],
)
def test_srgb_codes_become_linear_light(code: int, linear: float):
    image = np.full((30, 40), code, np.uint8)
    rate = Picture(image, 2.8e6).photon_rate(View(0, 0, 40, 30, 40, 30, 3.45), 0)
    np.testing.assert_allclose(rate, linear * 2.8e6, rtol=2e-4, atol=2.8e6 / 65535)


def test_white_is_all_of_the_light_whatever_the_kind():
    for shape in ((3, 4), (3, 4, 1), (3, 4, 3), (3, 4, 4)):
        for kind in (np.uint8, np.uint16):
            white = np.full(shape, np.iinfo(kind).max, kind)
            assert (on_sensor(white, 8, 6) == 1).all()


def test_16_bits_are_the_same_codes_with_finer_steps():
    image = noise((30, 40, 3))
    np.testing.assert_allclose(
        on_sensor(image.astype(np.uint16) * 257, 40, 30), on_sensor(image, 40, 30), atol=2e-5
    )


def test_colours_become_their_luminance():
    image = np.zeros((1, 4, 3), np.uint8)
    image[0, 0, 0] = image[0, 1, 1] = image[0, 2, 2] = 255
    image[0, 3] = 100, 150, 200
    mixed = 0.2126 * 0.12744 + 0.7152 * 0.30499 + 0.0722 * 0.57758
    np.testing.assert_allclose(on_sensor(image, 4, 1)[0], [0.2126, 0.7152, 0.0722, mixed], atol=3e-5)


def test_what_is_transparent_gives_no_light():
    image = np.full((1, 3, 4), 255, np.uint8)
    image[0, :, 3] = 255, 51, 0
    np.testing.assert_allclose(on_sensor(image, 3, 1)[0], [1, 0.2, 0], atol=2e-5)


def test_a_picture_of_the_sensors_size_is_not_touched():
    image = noise((30, 40))
    np.testing.assert_array_equal(cover(linear_light(image)[0], 40, 30), linear_light(image)[0])


def test_reducing_takes_means_of_light():
    """Average light, not codes: a fine black and white pattern is half of the light, code 188."""
    image = np.zeros((60, 80), np.uint8)
    image[::2, ::2] = image[1::2, 1::2] = 255
    np.testing.assert_allclose(on_sensor(image, 40, 30), 0.5, atol=2e-5)
    patches = noise((30, 40)).repeat(3, axis=0).repeat(3, axis=1)
    np.testing.assert_array_equal(on_sensor(patches, 40, 30), on_sensor(noise((30, 40)), 40, 30))


@pytest.mark.parametrize(
    ("columns", "rows", "seen"),
    # A ramp of light from 0 to 10 across the picture: from where to where does a 40 x 30 sensor see it?
    [
        (400, 300, (0, 10)),
        (400, 150, (2.5, 7.5)),
        (100, 30, (3, 7)),
        (20, 60, (0, 10)),
        (3, 1, (2.778, 7.222)),
    ],
)
def test_a_picture_covers_the_sensor_around_its_middle(columns: int, rows: int, seen: tuple[float, float]):
    ramp = np.linspace(0, 65535, 1000)
    codes = np.interp(np.arange(columns) + 0.5, np.arange(1000) * columns / 999, ramp)
    light = np.broadcast_to(codes, (rows, columns)).round().astype(np.uint16)
    got = cover(light, 40, 30)
    assert got.shape == (30, 40)
    first, last = (got[15, [0, 39]] / 65535 * 10).round(1)
    step = (seen[1] - seen[0]) / 40
    blur = 0 if columns > 10 else 1.4  # the outermost pixels of an enlarged picture end half a pixel early
    assert first == pytest.approx(seen[0] + step / 2, abs=0.1 + blur)
    assert last == pytest.approx(seen[1] - step / 2, abs=0.1 + blur)
    assert got[15].mean() / 65535 == pytest.approx(0.5, abs=0.01)
    lying = cover(np.ascontiguousarray(light.T), 30, 40)
    np.testing.assert_allclose(lying, got.T, atol=1)


def test_enlarging_is_smooth_and_stays_within_the_light():
    image = noise((12, 16))
    large = on_sensor(image, 400, 300)
    assert large.min() >= 0
    assert large.max() <= 1
    assert np.abs(np.diff(large, axis=1)).max() < 0.1  # 25 sensor pixels a pixel: no step is seen
    assert large.mean() == pytest.approx(on_sensor(image, 16, 12).mean(), abs=0.01)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 60), st.integers(1, 60))
def test_any_picture_covers_any_sensor(columns: int, rows: int, width: int, height: int):
    got = cover(np.full((rows, columns), 40_000, np.uint16), width, height)
    assert got.shape == (height, width)
    assert (np.abs(got.astype(int) - 40_000) <= 1).all()


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_crop_is_a_crop_of_the_whole(data: st.DataObject):
    picture = Picture(noise((50, 70, 3)))
    whole = picture.photon_rate(View(0, 0, 128, 96, 128, 96, 3.45), 0)
    x, y = data.draw(st.integers(0, 127)), data.draw(st.integers(0, 95))
    width, height = data.draw(st.integers(1, 128 - x)), data.draw(st.integers(1, 96 - y))
    crop = picture.photon_rate(View(x, y, width, height, 128, 96, 3.45), 7)
    np.testing.assert_array_equal(crop, whole[y : y + height, x : x + width])


def test_one_picture_serves_sensors_of_different_sizes():
    picture = Picture(noise((50, 70)), 1.0)
    for width, height in ((70, 50), (35, 25), (70, 50)):
        rate = picture.photon_rate(View(0, 0, width, height, width, height, 3.45), 0)
        np.testing.assert_array_equal(rate, on_sensor(noise((50, 70)), width, height))


def test_a_picture_keeps_no_hold_on_the_array_it_was_given():
    image = noise((30, 40))
    picture = Picture(image, 1.0)
    image[:] = 0
    view = View(0, 0, 40, 30, 40, 30, 3.45)
    np.testing.assert_array_equal(picture.photon_rate(view, 0), on_sensor(noise((30, 40)), 40, 30))


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.zeros((0, 5), np.uint8), "image 'p' has 5 x 0 pixels; allowed are 1..32767 a side"),
        (np.zeros((5, 0, 3), np.uint8), "image 'p' has 0 x 5 pixels; allowed are 1..32767 a side"),
        (np.zeros((1, 40_000), np.uint8), "image 'p' has 40000 x 1 pixels; allowed are 1..32767 a side"),
        (
            np.zeros(5, np.uint8),
            "image 'p' has the shape (5,); allowed are (h, w), (h, w, 3) and (h, w, 4)",
        ),
        (
            np.zeros((2, 2, 2), np.uint8),
            "image 'p' has the shape (2, 2, 2); allowed are (h, w), (h, w, 3) and (h, w, 4)",
        ),
        (np.zeros((2, 2)), "image 'p' holds float64; allowed are arrays of uint8, uint16 and float32"),
        (np.zeros((2, 2), bool), "image 'p' holds bool; allowed are arrays of uint8, uint16 and float32"),
        (None, "image 'p' holds NoneType; allowed are arrays of uint8, uint16 and float32"),
    ],
)
def test_what_is_no_picture_is_refused_in_a_line(image: NDArray, message: str):
    with pytest.raises(ValueError) as error:
        Picture(image, name="p")
    assert str(error.value) == message


def test_its_name_and_not_its_pixels_stand_in_the_repr():
    assert repr(Picture(noise((5, 5)), 1e6, name="x.png")) == (
        "Picture(photons_per_s=1000000.0, wavelength_nm=536.0, name='x.png')"
    )


def test_codes_are_read_by_a_reader_that_is_not_ours():
    """Each from its part of the sensor, small ones enlarged as readers want them."""
    width, height = 1600, 400
    rate = Target("codes", 200.0).photon_rate(View(0, 0, width, height, width, height, 3.45), 0)
    picture = np.clip(rate, 0, 255).astype(np.uint8)
    places = code_places(width, height)
    assert [module for _, _, _, module, _ in places] == [12, 8, 6, 5, 4, 3]
    for text, left, top, module, modules in places:
        side = len(modules) * module
        margin = ((20, 20), (20, 20))
        part = np.pad(picture[top : top + side, left : left + side], margin, constant_values=200)
        part = cv2.resize(part, None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC)
        assert cv2.QRCodeDetector().detectAndDecode(part)[0] == text


def test_a_linear_picture_has_lamps_far_above_white():
    image = np.full((40, 60, 3), 0.5, np.float32)
    image[10:20, 10:20] = 200.0
    view = View(0, 0, 60, 40, 60, 40, 3.45)
    rate = Picture(image, 1000.0).photon_rate(view, 0)
    assert rate[30, 40] == pytest.approx(500, rel=0.01)
    assert rate[15, 15] == pytest.approx(200_000, rel=1e-3)
    coloured = Picture(image, 1000.0, spectra.d65()).photon_rate(view, 0)
    assert coloured[:, 15, 15] / coloured[:, 30, 40] == pytest.approx(400, rel=0.01)


@pytest.mark.parametrize("light", [-1.0, np.nan, np.inf])
def test_light_that_is_none_is_refused(light):
    with pytest.raises(ValueError, match=r"^image 'lamp' holds values that are below 0 or no numbers"):
        Picture(np.full((2, 2), light, np.float32), name="lamp")


def test_a_sequence_shows_its_pictures_in_turn():
    view = View(0, 0, 8, 8, 8, 8, 3.45)
    pictures = tuple(Picture(np.full((8, 8), level, np.uint8), 1000.0) for level in (0, 255))
    scene = Sequence(pictures, hz=10.0)
    shown = [scene.photon_rate(view, ms * 1_000_000)[0, 0] for ms in (0, 99, 100, 199, 200, 1050)]
    assert shown == [0, 0, 1000, 1000, 0, 0]
    assert scene.moving
    assert not Sequence(pictures[:1]).moving
    with pytest.raises(ValueError, match="a sequence of 0 images"):
        Sequence(())
    with pytest.raises(ValueError, match="some images are grey"):
        Sequence((pictures[0], Picture(np.zeros((8, 8, 3), np.uint8), 1.0, spectra.d65())))
    with pytest.raises(ValueError, match=r"hz 0 is outside 0\.\.1e\+06 Hz"):
        Sequence(pictures, 0)
