"""Colour differences, matrices, charts and DNG: against published numbers and other software."""

from io import BytesIO

import numpy as np
import pytest

from camtwin import isp
from camtwin.hosts.calibration import of_model
from camtwin.isp import Calibration, IspProblem, NoiseModel, Raw, photon_transfer
from camtwin.isp.calibrate import (
    COLUMNS,
    NEUTRAL,
    balance_of,
    chart_patches,
    checker_colours,
    colour_point,
    differences,
    fit_matrix,
)
from camtwin.isp.colorimetry import D65, adapted, difference, lab_of, lab_of_srgb, temperature_K, xyz_of_lab
from camtwin.isp.colour_table import GREY, NODES, UNIT, fit_table, mapped
from camtwin.isp.dng import dng_bytes, read_dng
from camtwin.isp.mosaic import sampled
from camtwin.scene import cie

SHARMA = [
    ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
    ((50.0, -1.3802, -84.2814), (50.0, 0.0, -82.7485), 1.0000),
    ((50.0, 0.0, 0.0), (50.0, -1.0, 2.0), 2.3669),
    ((50.0, 2.4900, -0.0010), (50.0, -2.4900, 0.0011), 7.2195),
    ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
    ((50.0, 2.5, 0.0), (50.0, 3.2592, 0.3350), 1.0000),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ((22.7233, 20.0904, -46.6940), (23.0331, 14.9730, -42.5619), 2.0373),
    ((90.9257, -0.5406, -0.9208), (88.6381, -0.8985, -0.7239), 1.5381),
    ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
]
"""From the test data of Sharma, Wu and Dalal (2005)."""
M = ((1.6, -0.4, -0.2), (-0.2, 1.5, -0.3), (0.05, -0.5, 1.45))


@pytest.mark.parametrize(("first", "second", "wanted"), SHARMA)
def test_ciede2000_has_its_published_values(first, second, wanted):
    for a, b in ((first, second), (second, first)):
        assert float(difference(np.array([a]), np.array([b]))[0]) == pytest.approx(wanted, abs=1e-4)


def test_lab_and_adaptation_come_back():
    xyz = np.random.default_rng(1).random((20, 3))
    assert xyz_of_lab(lab_of(xyz, D65), D65) == pytest.approx(xyz)
    white = np.array([1.0985, 1.0, 0.3558])
    assert adapted(white, white) == pytest.approx(D65)
    assert adapted(adapted(xyz, D65, white), white, D65) == pytest.approx(xyz)


@pytest.mark.parametrize("kelvin", [4000, 5000, 6500, 8000])
def test_temperature_of_daylight(kelvin):
    xyz = cie.tristimulus(cie.OBSERVER_nm, cie.daylight(cie.OBSERVER_nm, kelvin))
    assert temperature_K(xyz) == pytest.approx(kelvin, rel=0.01)


def test_a_known_matrix_is_found():
    wanted = checker_colours()
    camera = np.clip(wanted @ np.linalg.inv(np.array(M)).T, 0.001, None)
    exact = np.linalg.inv(np.linalg.inv(np.array(M)))
    inside = (wanted @ np.linalg.inv(np.array(M)).T).min(axis=1) > 0.001
    found = fit_matrix(camera[inside] * 0.4, wanted[inside])
    assert np.asarray(found) == pytest.approx(exact, abs=0.02)
    assert np.sum(found, axis=1) == pytest.approx([1, 1, 1])
    with pytest.raises(IspProblem, match=r"matrix from \(2, 3\)"):
        fit_matrix(camera[:2], wanted[:2])


def bent(colours):
    """Return what a camera with other filters would see: no matrix undoes it, a table does."""
    light = colours.sum(axis=1, keepdims=True)
    share = colours / light
    return light * (share + 1.5 * (share - 1 / 3) * (share[:, [1]] - 1 / 3))


def test_a_table_finds_what_a_matrix_cannot():
    rng = np.random.default_rng(3)
    camera, unseen = (rng.random((count, 3)) * 0.6 + 0.2 for count in (200, 80))
    matrix = fit_matrix(camera * 0.4, bent(camera))
    table = fit_table(camera * 0.4, bent(camera), matrix)
    assert differences(matrix, unseen, bent(unseen)).mean() > 1
    assert differences(matrix, unseen, bent(unseen), table).mean() < 0.3
    assert mapped(matrix, 4 * unseen, table) == pytest.approx(4 * mapped(matrix, unseen, table))
    grey = np.full((1, 3), 0.4)
    assert mapped(matrix, grey, table) == pytest.approx(grey)


def test_the_table_is_applied_as_its_formula_says_and_keeps_grey():
    slope = 0.005  # of a node, so half a step of the finer table is worth slope / 28 along each side
    red, blue = np.mgrid[:NODES, :NODES] - GREY
    table = np.stack([slope * red, -slope * blue, slope * (blue - red)], axis=-1).astype(np.float32)
    off = 0.95 * (slope / 14 + 0.5 / UNIT) + 1e-4
    stages = [isp.BlackLevel(), isp.Demosaic(toe=1e-5), isp.ColourTable(M, table), isp.Tone(1.0, 16)]
    for light in ((0.45, 0.3, 0.2), (0.3, 0.3, 0.3)):
        rgb = np.broadcast_to(np.rint(np.array(light) * 4095), (16, 24, 3)).astype(np.uint16)
        raw = Raw(sampled(rgb, "GRBG"), 12, "GRBG")
        image, _ = isp.Pipeline(stages).process(raw)
        wanted = mapped(M, np.array([light]), table)[0]
        assert np.abs(image[8, 8] / 65535 - wanted).max() < off
        small, _ = isp.Pipeline([*stages[:2], isp.Downscale(2), *stages[2:]]).process(raw)
        assert np.abs(small[4, 4].astype(int) - image[8, 8]).max() < off * 65535
    again = isp.Pipeline.from_json(isp.Pipeline(stages).to_json())
    assert again == isp.Pipeline(stages)
    with pytest.raises(IspProblem, match="colour table of 2 x 2 x 3 is not 19 x 19 x 3"):
        isp.ColourTable(M, table[:2, :2])


def test_all_presets_but_the_fast_one_take_the_table():
    known = of_model("ids-imx412")
    again = Calibration.from_json(known.to_json())
    for calibration in (known, again):
        best = isp.preset("best", "RGGB", calibration, kelvin=5000).stage(isp.ColourTable)
        usual = isp.preset("balanced", "RGGB", calibration, kelvin=5000).stage(isp.ColourTable)
        fast = isp.preset("fast", "RGGB", calibration, kelvin=5000)
        assert best is not None
        assert usual is not None
        assert best.table == pytest.approx(known.at(5000).table, abs=1e-5)
        assert np.array_equal(usual.table, best.table)
        assert fast.stage(isp.ColourMatrix) is not None
        assert fast.stage(isp.ColourTable) is None


def test_patches_of_a_chart_in_perspective_are_found():
    colours = np.clip(checker_colours(), 0.01, 1) * 0.8
    corners = [(40.0, 30.0), (560.0, 50.0), (540.0, 380.0), (60.0, 360.0)]
    rgb = np.full((420, 620, 3), 0.02)
    source = np.array([(0, 0), (6, 0), (6, 4), (0, 4)], float)
    rows = []
    for (u, v), (x, y) in zip(corners, source, strict=True):  # pixels to fields
        rows += [[u, v, 1, 0, 0, 0, -u * x, -v * x], [0, 0, 0, u, v, 1, -u * y, -v * y]]
    h = np.append(np.linalg.solve(np.array(rows), source.ravel()), 1).reshape(3, 3)
    y, x = np.mgrid[:420, :620]
    u, v, w = np.tensordot(h, np.stack([x, y, np.ones_like(x)]), 1)
    u, v = u / w, v / w
    inside = (u >= 0) & (v >= 0) & (u < 6) & (v < 4)
    rgb[inside] = colours[(v[inside].astype(int) * COLUMNS + u[inside].astype(int))]
    raw = Raw(np.rint(sampled(rgb, "GBRG") * 3839 + 256).astype(np.uint16), 12, "GBRG", 256.0)
    assert chart_patches(raw, corners) == pytest.approx(colours, abs=2e-4)
    gains = balance_of(chart_patches(raw, corners))
    assert gains == pytest.approx((1, 1, 1), abs=0.03)
    with pytest.raises(IspProblem, match="chart has 3 corners; it needs 4"):
        chart_patches(raw, corners[:3])
    with pytest.raises(IspProblem, match="is clipped in"):
        chart_patches(Raw(np.full((420, 620), 4095, np.uint16), 12, "RGGB"))


def test_a_calibration_of_the_sheet_keeps_grey_and_beats_the_raw_colours():
    known = of_model("sony-imx412-aack")
    assert known.calibrated
    assert known.noise == NoiseModel(0.47, 3.0)
    point = known.at(6500)
    assert np.sum(point.matrix, axis=1) == pytest.approx([1, 1, 1])
    assert known.at(2856).gains[2] > known.at(6500).gains[2]
    assert not of_model("baumer-vcxg-124m").calibrated


def test_photon_transfer_finds_gain_and_read_noise():
    rng = np.random.default_rng(3)
    pairs = []
    for mean_e in (0, 100, 500, 2000):
        two = [rng.poisson(mean_e, (300, 300)) + rng.normal(0, 4, (300, 300)) for _ in range(2)]
        pairs.append(tuple(np.rint(0.5 * e + 64).astype(np.uint16) for e in two))
    found = photon_transfer(pairs, 64.0)
    assert found.gain_DN_per_e == pytest.approx(0.5, rel=0.02)
    assert found.read_noise_e == pytest.approx(4.0, rel=0.03)
    with pytest.raises(IspProblem, match="photon transfer from 1 pair"):
        photon_transfer(pairs[:1], 64.0)


def shown(image):
    """Linear means of the patches of a chart that fills the picture, as bright as the published ones."""
    height, width = image.shape[:2]
    pitch = min(width / 6.4, height / 4.4)
    left, top = (width - 6 * pitch) / 2, (height - 4 * pitch) / 2
    out = []
    for i in range(24):
        x, y = int(left + (i % 6 + 0.35) * pitch), int(top + (i // 6 + 0.35) * pitch)
        size = int(0.3 * pitch)
        out.append(image[y : y + size, x : x + size].reshape(-1, 3).mean(axis=0))
    found, wanted = np.array(out), checker_colours()
    return found * np.sum(found[:, 1] * wanted[:, 1]) / np.sum(found[:, 1] ** 2)


def chart(camera_colours, width=330, height=220):
    """Return a raw frame of patches with these camera colours, (24, 3), black level 64 of 10 bits."""
    pitch = min(width / 6.4, height / 4.4)
    left, top = (width - 6 * pitch) / 2, (height - 4 * pitch) / 2
    rgb = np.full((height, width, 3), 0.02)
    for i, colour in enumerate(camera_colours):
        x, y = left + i % 6 * pitch, top + i // 6 * pitch
        rgb[int(y) : int(y + pitch), int(x) : int(x + pitch)] = colour
    return Raw(np.rint(sampled(rgb, "GRBG") * 959 + 64).astype(np.uint16), 10, "GRBG", 64.0)


def test_rawpy_opens_a_dng_with_the_right_colours():
    import rawpy

    gains = np.array((2.1, 1.0, 1.5))
    camera = np.clip(checker_colours() @ np.linalg.inv(np.array(M)).T, 0.002, 1) / gains * 0.9
    known = Calibration("chart", (colour_point(6504, camera, checker_colours()),), None, 10, 64.0)
    raw = chart(camera)
    data = dng_bytes(raw, known, known.points[0].gains)
    with rawpy.imread(BytesIO(data)) as file:
        assert np.array_equal(file.raw_image_visible, raw.data)
        assert file.black_level_per_channel == [64] * 4
        done = file.postprocess(
            use_camera_wb=True, no_auto_bright=True, output_bps=16, gamma=(1, 1), user_flip=0
        )
    theirs = difference(lab_of_srgb(shown(done / 65535)), lab_of_srgb(checker_colours()))
    pipeline = isp.preset("fast", "GRBG", known, bits=10, gains=known.points[0].gains).replace(
        isp.Tone(1.0, 16)
    )
    image, _ = pipeline.process(raw)
    mine = difference(lab_of_srgb(shown(image / 65535)), lab_of_srgb(checker_colours()))
    assert theirs.mean() < 1.0
    assert mine.mean() < 1.0


def test_a_dng_comes_back():
    for raw in (
        chart(np.full((24, 3), 0.5)),
        Raw(np.arange(400, dtype=np.uint16).reshape(20, 20), 12, "", 32.0),
    ):
        back, gains, model = read_dng(dng_bytes(raw, gains=(2.0, 1.0, 1.25), model="a camera"))
        assert np.array_equal(back.data, raw.data)
        assert (back.bits, back.mosaic, back.black_DN) == (raw.bits, raw.mosaic, raw.black_DN)
        assert model == "a camera"
        if raw.mosaic:
            assert gains == pytest.approx((2.0, 1.0, 1.25))
    for bad in (b"", b"II*\0 no picture", b"\x89PNG"):
        with pytest.raises(IspProblem, match=r"frame\.dng: "):
            read_dng(bad, "frame.dng")


def test_neutral_patches_are_neutral():
    lab = lab_of_srgb(checker_colours()[list(NEUTRAL)])
    assert np.hypot(lab[:, 1], lab[:, 2]).max() < 2
    assert (
        differences(((1.0, 0, 0), (0, 1.0, 0), (0, 0, 1.0)), checker_colours(), checker_colours()).max()
        < 1e-6
    )
