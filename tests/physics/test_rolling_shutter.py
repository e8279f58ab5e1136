"""A rolling shutter: each row has its own window, and what changes while rows take turns shows it."""

import numpy as np
import pytest

import camtwin
from camtwin.scene import Flat, Flicker, Lit, Pan, Picture, Pulses

SONY = "sony-imx412-aack"
LINE_ns = 4512 / 840e6 * 1e9
BLACK_DN = 64


def session(scene, **features):
    cam = camtwin.open(SONY, scene=scene, seed=4)
    for name, value in features.items():
        setattr(cam, name, value)
    return cam


def greens(picture):
    """(rows, columns / 2) of the green pixels, above black: every row of the mosaic RGGB has some."""
    out = np.empty((picture.shape[0], picture.shape[1] // 2))
    out[0::2], out[1::2] = picture[0::2, 1::2], picture[1::2, 0::2]
    return out - BLACK_DN


def edge_places(picture):
    """Column of the middle of the bright band in each row: what its two edges do, the middle does."""
    return 2 * middles(greens(picture))


def middles(picture):
    bright = picture > picture.max() / 2
    return (bright * np.arange(picture.shape[1])).sum(axis=1) / bright.sum(axis=1)


def slope(values):
    return np.polyfit(np.arange(values.size), values, 1)[0]


def band():
    picture = np.zeros((304, 406), np.uint8)
    picture[:, 150:250] = 255
    return Picture(picture, 5e7)


@pytest.mark.parametrize("speed", [20_000.0, 5000.0])
@pytest.mark.parametrize("direction", [0, 180])
def test_an_edge_that_moves_leans_by_speed_times_line_time(speed, direction):
    scene = Pan(band(), speed, direction)
    picture = session(scene, ExposureTime=100.0).grab()[0].picture
    lean = speed * LINE_ns / 1e9 * (1 if direction == 0 else -1)
    assert slope(edge_places(picture)) == pytest.approx(lean, rel=0.01)


def test_upside_down_it_leans_the_same_way_as_the_first_row_sent_is_the_first_exposed():
    scene = Pan(band(), 20_000)
    picture = session(scene, ExposureTime=100.0, ReverseY=True).grab()[0].picture
    g = picture[1::2, 1::2]  # GBRG: greens are at (0, 0) and (1, 1)
    assert slope(2 * middles(g.astype(float))) == pytest.approx(2 * 20_000 * LINE_ns / 1e9, rel=0.01)


def test_under_a_global_shutter_it_stands_upright():
    cam = camtwin.open("baumer-vcxg-124m", scene=Pan(band(), 20_000), link_speed=None)
    cam.ExposureTime, cam.PixelFormat = 100.0, "Mono12"
    picture = cam.grab()[0].picture.astype(float)
    assert abs(slope(middles(picture))) < 1e-4


@pytest.mark.parametrize(("mode", "line_clocks"), [("Full10", 4512), ("Full12", 6224), ("FullHd", 2976)])
@pytest.mark.parametrize("hz", [100, 1000])
def test_a_lamp_gives_bands_of_its_period_and_depth(mode, line_clocks, hz):
    exposure_s, depth = 400e-6, 0.6
    scene = Lit(Flat(2e7), Flicker(hz, depth))
    cam = session(scene, SensorMode=mode, Width=512, OffsetX=0, ExposureTime=exposure_s * 1e6)
    (frame,) = cam.grab()
    g = greens(frame.picture) if mode != "Full12" else greens(frame.picture) - 192
    rows = g.mean(axis=1)
    line_s = line_clocks / 840e6
    # The wave of the very rows, by the middle of their windows; its depth is what the exposure leaves of it.
    phase = 2 * np.pi * hz * (exposure_s / 2 + line_s * np.arange(rows.size))
    waves = np.stack((np.ones(rows.size), np.sin(phase), np.cos(phase)))
    mean, in_phase, off_phase = np.linalg.lstsq(waves.T, rows, rcond=None)[0]
    left = np.sinc(hz * exposure_s)
    assert in_phase / mean == pytest.approx(depth * left, abs=0.01)
    assert abs(off_phase / mean) < 0.01
    residual = rows - waves.T @ (mean, in_phase, off_phase)
    assert residual.std() < 0.02 * mean


@pytest.mark.parametrize("at_us", [500, 6000, 15_000])
@pytest.mark.parametrize("reverse", [False, True])
def test_a_strobe_lights_exactly_the_rows_whose_windows_it_touches(at_us, reverse):
    begin, end, exposure_ns = at_us * 1000, (at_us + 100) * 1000, 2_000_000
    scene = Lit(Flat(1e9), Pulses(((begin, end),)))
    cam = session(scene, Width=128, OffsetX=0, ExposureTime=exposure_ns / 1000, ReverseY=reverse)
    (frame,) = cam.grab()
    rows = greens(frame.picture if not reverse else frame.picture[:, ::-1]).mean(axis=1)
    starts = LINE_ns * np.arange(rows.size)
    overlap_ns = np.minimum(starts + exposure_ns, end) - np.maximum(starts, begin)
    sure = abs(overlap_ns) > 500  # half a microsecond of this light is above the noise
    assert np.array_equal((rows > 8)[sure], (overlap_ns > 0)[sure])
    assert sure.sum() >= rows.size - 4
    assert (rows > 8).sum() > 100


def test_binned_rows_are_read_together():
    """1080p: 1112 rows of 2976 clocks, each the mean of two rows of the sensor in one window."""
    scene = Lit(Flat(1e9), Pulses(((2_000_000, 2_100_000),)))
    (frame,) = session(scene, SensorMode="FullHd", ExposureTime=500.0).grab()
    assert frame.picture.shape == (1112, 2028)
    rows = greens(frame.picture).mean(axis=1)
    starts = 2976 / 840e6 * 1e9 * np.arange(1112)
    overlap_ns = np.minimum(starts + 500_000, 2_100_000) - np.maximum(starts, 2_000_000)
    sure = abs(overlap_ns) > 500
    assert np.array_equal((rows > 8)[sure], (overlap_ns > 0)[sure])


def test_a_global_shutter_shows_no_bands():
    scene = Lit(Flat(5e6), Flicker(1000, 1.0))
    cam = camtwin.open("baumer-vcxg-124m", scene=scene, link_speed=None)
    cam.Width, cam.ExposureTime, cam.PixelFormat = 512, 300.0, "Mono12"
    rows = cam.grab()[0].picture.mean(axis=1)
    assert rows.std() < 0.02 * rows.mean()


def test_dol_gives_two_exposures_of_the_right_ratio():
    cam = session(Flat(1e6), SensorMode="Dol", ExposureTime=8000.0, ExposureTimeShort=500.0)
    frames = cam.grab(4)
    assert [(f.frame_id, f.part) for f in frames] == [(1, 0), (1, 1), (2, 0), (2, 1)]
    long, short = (greens(f.picture).mean() for f in frames[:2])
    assert long / short == pytest.approx(16, rel=0.01)
    noise = [greens(f.picture)[:200, :200] for f in frames[:2]]
    correlation = np.corrcoef([(n - n.mean()).ravel() for n in noise])[0, 1]
    assert abs(correlation) < 0.1, "each exposure has its own noise; the fixed pattern is small"


def test_dol_leans_by_two_lines_a_row_and_the_short_exposure_comes_later():
    """The short exposure of a row begins 22 lines after its long one has ended."""
    speed, long_us, short_us = 10_000, 400.0, 200.0
    cam = session(Pan(band(), speed), SensorMode="Dol", ExposureTime=long_us, ExposureTimeShort=short_us)
    long, short = (edge_places(f.picture) for f in cam.grab(2))
    assert slope(long) == pytest.approx(2 * speed * LINE_ns / 1e9, rel=0.01)
    assert slope(short) == pytest.approx(2 * speed * LINE_ns / 1e9, rel=0.01)
    later_us = long_us / 2 + 22 * LINE_ns / 1000 + short_us / 2
    assert (short - long).mean() == pytest.approx(speed * later_us / 1e6, abs=0.1)


CAMERA_LINE_ns = 15092 / 840e6 * 1e9  # 18 frames a second of 3092 lines


def camera(scene, **features):
    """Return a camera around the same sensor with longer lines, whose images begin GR."""
    cam = camtwin.open("ids-imx412", scene=scene, seed=4)
    for name, value in features.items():
        setattr(cam, name, value)
    return cam


def test_in_a_camera_an_edge_leans_by_the_cameras_line_time():
    speed = 5000.0
    picture = camera(Pan(band(), speed), ExposureTime=100.0).grab()[0].picture[:, ::-1]
    assert slope(edge_places(picture)) == pytest.approx(-speed * CAMERA_LINE_ns / 1e9, rel=0.01)


@pytest.mark.parametrize(
    "features",
    [{}, {"ReverseY": True}, {"Height": 800, "OffsetY": 400}, {"BinningHorizontal": 2}],
    ids=["whole", "reversed", "region", "binned"],
)
def test_in_a_camera_a_strobe_lights_the_rows_of_the_picture_whose_windows_it_touches(features):
    """Counted from the first row that is sent, whichever rows of the sensor those are."""
    begin, end, exposure_ns = 6_000_000, 6_300_000, 2_000_000
    scene = Lit(Flat(1e9), Pulses(((begin, end),)))
    cam = camera(scene, Width=120, ExposureTime=exposure_ns / 1000, **features)
    rows = greens(cam.grab()[0].picture[:, ::-1]).mean(axis=1)
    starts = CAMERA_LINE_ns * np.arange(rows.size)
    overlap_ns = np.minimum(starts + exposure_ns, end) - np.maximum(starts, begin)
    sure = abs(overlap_ns) > 500
    assert np.array_equal((rows > 8)[sure], (overlap_ns > 0)[sure])
    assert sure.sum() >= rows.size - 4
    assert (rows > 8).sum() > 100
