"""A camera whose pixel format names one mosaic sends that one: through every region, mirror and binning."""

from itertools import product

import numpy as np
import pytest

import camtwin
from camtwin.scene import Flat

MODEL = "ids-imx412"
PHASES = tuple(product((0, 1), (0, 1)))
SIDES = [(x, y) for x in (0, 2, 4, 1000, 3986) for y in (0, 4, 1500, 2976)]


class Slope:
    """Light that is different in every sensor pixel, so that a picture says which of them it shows."""

    wavelength_nm, moving = 550.0, False

    def photon_rate(self, view, t_ns):
        rows = np.arange(view.y, view.y + view.height, dtype=np.float32)[:, None]
        columns = np.arange(view.x, view.x + view.width, dtype=np.float32)[None, :]
        return (2e5 + 40 * rows + 30 * columns).astype(np.float32)


def camera(scene, **features):
    cam = camtwin.open(MODEL, scene=scene, seed=3)
    for name, value in features.items():
        setattr(cam, name, value)
    return cam


def region(cam, x, y, width=60, height=64):
    cam.OffsetX = cam.OffsetY = 0
    cam.Width, cam.Height, cam.OffsetX, cam.OffsetY = width, height, x, y
    return cam.grab()[0]


def phases(picture):
    return [picture[r::2, c::2].mean() for r, c in PHASES]


@pytest.mark.parametrize(("nm", "brightest"), [(640, 1), (450, 2)])  # red is second in GR, blue third
@pytest.mark.parametrize("mirrors", PHASES)
def test_green_red_blue_green_whatever_the_region_and_the_mirrors(nm, brightest, mirrors):
    cam = camera(Flat(5e5, nm), ReverseX=bool(mirrors[0]), ReverseY=bool(mirrors[1]))
    for binning, pixel_format in product((1, 2), cam.entries("PixelFormat")):
        cam.BinningHorizontal, cam.PixelFormat = binning, pixel_format
        for x, y in SIDES[:: 1 if binning == 1 else 5]:
            frame = region(cam, min(x, cam.WidthMax - 60), min(y, cam.HeightMax - 64))
            means = phases(frame.picture)
            assert int(np.argmax(means)) == brightest
            assert abs(means[0] - means[3]) < 0.05 * means[brightest]  # both greens
            assert frame.pixel_format.name == pixel_format


def test_a_region_is_that_cut_of_the_whole():
    cam = camera(Slope())
    whole = cam.grab()[0]
    for x, y in SIDES:
        cam = camera(Slope())
        part = region(cam, x, y)
        assert np.array_equal(part.picture, whole.picture[y : y + 64, x : x + 60])


@pytest.mark.parametrize("mirrors", PHASES[1:])
def test_a_mirrored_picture_is_the_same_light_the_other_way_round_but_for_the_window(mirrors):
    """The same frame of the same sensor: each pixel that both show has the very same code."""
    plain = camera(Slope()).grab()[0].picture
    turned = camera(Slope(), ReverseX=bool(mirrors[0]), ReverseY=bool(mirrors[1])).grab()[0].picture
    back = turned[:: -1 if mirrors[1] else 1, :: -1 if mirrors[0] else 1]
    if mirrors[0]:  # its window begins a column before
        back, plain = back[:, 1:], plain[:, :-1]
    if mirrors[1]:  # ... and a row after
        back, plain = back[:-1], plain[1:]
    assert np.array_equal(back, plain)


@pytest.mark.parametrize("pixel_format", ["BayerGR10g40IDS", "BayerGR12g24IDS"])
def test_ramps_count_the_pictures_columns(pixel_format):
    cam = camera(Slope(), PixelFormat=pixel_format, TestPattern="GreyHorizontalRamp")
    assert region(cam, 24, 8, 48, 32).picture[0].tolist() == list(range(24, 72))
    cam.BinningHorizontal = 2
    assert region(cam, 24, 8, 48, 32).picture[0].tolist() == list(range(24, 72))


def test_the_unmirrored_window_is_the_sensors_from_its_second_column():
    """RGGB is what the sensor has at its corner: GR is a column further."""
    frame = region(camera(Slope(), PixelFormat="BayerGR12g24IDS"), 0, 0)
    again = camtwin.open("sony-imx412-aack", scene=Slope(), seed=3)
    again.SensorMode, again.ExposureTime = "Full12", 10_000.0
    corner = again.grab()[0].picture[:64, 1:61]
    assert phases(frame.picture) == pytest.approx(phases(corner), rel=0.02)
