"""Each stage does what it says, on frames small enough to be checked by hand."""

import numpy as np
import pytest

from camtwin.isp import (
    Bin,
    BlackLevel,
    ColourMatrix,
    Crop,
    Decimate,
    DefectPixels,
    Demosaic,
    Downscale,
    EdgeEnhancement,
    FalseColour,
    FlatField,
    IspProblem,
    LookUp,
    Measure,
    Mirror,
    NoiseModel,
    NoiseReduction,
    Pipeline,
    Raw,
    Root,
    Shading,
    Tone,
    WhiteBalance,
    flat_field_of,
    shading_of,
)
from camtwin.isp.finish import encoded, matrix_of
from camtwin.isp.image import Kind, begin
from camtwin.isp.mosaic import MOSAICS, colour_at, mirrored, moved, sampled

RNG = np.random.default_rng(1)
M = ((1.6, -0.4, -0.2), (-0.2, 1.5, -0.3), (0.05, -0.5, 1.45))


def noise(height, width, mosaic="RGGB", bits=12, black=256.0, low=0, high=None):
    top = (1 << bits) if high is None else high
    return Raw(RNG.integers(low, top, (height, width)).astype(np.uint16), bits, mosaic, black)


def flat(value, mosaic="RGGB", bits=12, black=0.0, size=(24, 32)):
    """Return a frame of one grey, or of one colour as red, green, blue."""
    rgb = np.broadcast_to(np.asarray(value), (*size, 3)).astype(np.uint16)
    return Raw(sampled(rgb, mosaic) if mosaic else rgb[..., 0].copy(), bits, mosaic, black)


@pytest.mark.parametrize("mosaic", MOSAICS)
@pytest.mark.parametrize(("x", "y"), [(0, 0), (1, 0), (0, 1), (3, 5)])
def test_a_crop_begins_with_the_colour_that_is_there(mosaic, x, y):
    raw = noise(20, 24, mosaic)
    cut = raw.crop(x, y, 11, 9)
    assert np.array_equal(cut.data, raw.data[y : y + 9, x : x + 11])
    assert [colour_at(cut.mosaic, i % 2, i // 2) for i in range(4)] == [
        colour_at(mosaic, x + i % 2, y + i // 2) for i in range(4)
    ]
    image, _ = Pipeline([Crop(x, y, 11, 9), BlackLevel()]).process(raw, reference=True)
    assert image.shape == (9, 11)


@pytest.mark.parametrize("mosaic", MOSAICS)
@pytest.mark.parametrize(("width", "height"), [(24, 20), (23, 20), (24, 19)])
def test_a_mirrored_frame_is_the_mirrored_picture(mosaic, width, height):
    raw = noise(height, width, mosaic, low=800, high=1000)
    pipeline = Pipeline([BlackLevel(), Demosaic(), FalseColour(), EdgeEnhancement(), Tone()])
    straight, _ = pipeline.process(raw)
    for columns, rows in ((True, False), (False, True), (True, True)):
        turned = raw.mirror(columns, rows)
        assert turned.mosaic == mirrored(mosaic, width, height, columns, rows)
        image, _ = pipeline.process(turned)
        back = image[:: -1 if rows else 1, :: -1 if columns else 1]
        assert np.array_equal(back, straight)
        direct, _ = Pipeline([*pipeline.stages, Mirror(columns, rows)]).process(raw)
        assert np.array_equal(direct, image)


def test_moving_twice_is_back():
    for mosaic in MOSAICS:
        assert moved(moved(mosaic, 1, 1), 1, 1) == mosaic
        assert {moved(mosaic, x, y) for x in (0, 1) for y in (0, 1)} == set(MOSAICS)


def test_hot_and_dead_pixels_are_gone_and_the_rest_is_as_it_was():
    data = np.full((16, 16), 1000, np.uint16)
    data[5, 6], data[10, 3], data[0, 0] = 4095, 0, 4095
    out = DefectPixels().apply(begin(Raw(data, 12, "RGGB")), {}).data
    assert out.max() <= 1000 + round(0.02 * 4095)
    assert out.min() >= 1000 - round(0.02 * 4095)
    assert np.count_nonzero(out != 1000) == 3


def test_listed_defects_take_neighbours_of_their_colour_that_are_not_listed():
    raw = noise(12, 12)
    out = DefectPixels(((4, 4), (6, 4), (0, 0)), None).apply(begin(raw), {}).data.astype(int)
    dn = raw.data.astype(int)
    assert out[4, 4] == dn[4, 2]
    assert out[4, 6] == dn[4, 8]
    assert out[0, 0] == dn[0, 2]
    assert np.count_nonzero(out != dn) <= 3
    with pytest.raises(IspProblem, match=r"defect pixel \(12, 0\) is outside the frame's 12 x 12"):
        DefectPixels(((12, 0),)).apply(begin(raw), {})


@pytest.mark.parametrize("mosaic", [*MOSAICS, ""])
def test_binning_is_the_mean_of_pixels_of_one_colour(mosaic):
    raw = noise(16, 24, mosaic)
    out = Bin().apply(begin(raw), {}).data
    step = 2 if mosaic else 1
    for y in range(8):
        for x in range(12):
            top, left = y // step * 2 * step + y % step, x // step * 2 * step + x % step
            four = raw.data[top : top + 2 * step : step, left : left + 2 * step : step].astype(int)
            assert out[y, x] == (four.sum() + 2) // 4


def test_decimation_halves_and_keeps_the_phase():
    raw = noise(18, 26, "GBRG")
    image = Decimate(2).apply(begin(raw), {})
    assert image.data.shape == (8, 12)
    assert image.mosaic == "GBRG"
    assert np.array_equal(image.data[:2, :4], raw.data[:2, [0, 1, 4, 5]])


def test_a_dark_frame_has_the_mean_0_after_the_black_level():
    dn = np.clip(np.rint(RNG.normal(64, 3, (200, 200))), 0, 1023).astype(np.uint16)
    light = BlackLevel().apply(begin(Raw(dn, 10, "RGGB", 64.0)), {}).data
    assert light.min() < 0
    assert abs(float(light.mean()) * (1023 - 64)) < 6 * 3 / 200
    with pytest.raises(IspProblem, match=r"black level 600 DN is outside 0\.\.511"):
        BlackLevel(600).apply(begin(Raw(dn, 10, "RGGB")), {})


@pytest.mark.parametrize("mosaic", MOSAICS)
@pytest.mark.parametrize(("bits", "black"), [(8, 0.0), (10, 64.0), (12, 256.0)])
def test_flat_grey_stays_grey_in_every_phase_and_depth(mosaic, bits, black):
    gains, top = (2.0, 1.0, 1.6), (1 << bits) - 1
    grey = np.array([round((top - black) * 0.3 / g + black) for g in gains])
    pipeline = Pipeline(
        [
            *(DefectPixels(), Measure(), BlackLevel(), WhiteBalance(gains), Demosaic(), FalseColour()),
            *(NoiseReduction(NoiseModel(0.5, 3)), EdgeEnhancement(), ColourMatrix(M), Tone(1.0)),
        ]
    )
    for method in ("malvar", "bilinear", "directional"):
        image, _ = pipeline.replace(Demosaic(method)).process(flat(grey, mosaic, bits, black))
        code = 255 * 0.3
        rounding = 255 * max(gains) * max(abs(v) for row in M for v in row) / (top - black)
        assert np.ptp(image.reshape(-1, 3).astype(int), axis=0).max() == 0
        assert np.abs(image[0, 0] - code).max() <= 1 + rounding


def test_highlights_are_white_and_not_pink():
    raw = flat((4095, 4095, 4095), black=256.0)
    for method in ("malvar", "directional"):
        stages = [BlackLevel(), WhiteBalance((2.0, 1.0, 1.7)), Demosaic(method), ColourMatrix(M), Tone()]
        image, _ = Pipeline(stages).process(raw)
        assert image.min() == 255
    with pytest.raises(IspProblem, match=r"white balance gain G 0\.9 is outside 1\.\.64"):
        WhiteBalance((1.0, 0.9, 1.0))
    assert WhiteBalance.of((0.5, 0.25, 0.5)).gains == (2.0, 1.0, 2.0)


@pytest.mark.parametrize("method", ["malvar", "bilinear", "directional"])
@pytest.mark.parametrize("mosaic", MOSAICS)
def test_a_flat_colour_is_reproduced(method, mosaic):
    colour = np.array([3000, 1200, 500])
    image, _ = Pipeline([BlackLevel(), Demosaic(method), Tone(1.0, 16)]).process(flat(colour, mosaic))
    assert np.abs(image / 65535 * 4095 - colour).max() < 1


def test_the_matrix_is_applied_exactly():
    colour = np.array([2000, 1500, 900]) / 4095
    stages = [BlackLevel(), Demosaic(), ColourMatrix(M), Tone(1.0)]
    image, _ = Pipeline(stages).process(flat(np.rint(colour * 4095)))
    assert np.abs(image[0, 0] - 255 * np.asarray(M) @ colour).max() <= 1
    scaled = matrix_of(0.5 * np.asarray(M))  # rows that do not sum to 1: the toe has its share
    image, _ = Pipeline([*stages[:2], ColourMatrix(scaled), Tone(1.0)]).process(flat(np.rint(colour * 4095)))
    assert np.abs(image[0, 0] - 127.5 * np.asarray(M) @ colour).max() <= 1
    matrix, _ = ColourMatrix(M).numbers(1 / 512)
    assert matrix.sum(axis=1).tolist() == [4096, 4096, 4096]


@pytest.mark.parametrize("bits", [10, 12])
def test_gamma_is_its_formula(bits):
    dn = np.tile(np.arange(1 << bits, dtype=np.uint16)[: 1 << bits], (8, 1))
    image, _ = Pipeline([BlackLevel(), Root(1 / 65536), Tone(2.2)]).process(Raw(dn, bits, ""))
    wanted = 255 * (dn[0] / ((1 << bits) - 1)) ** (1 / 2.2)
    assert np.abs(image[0] - wanted).max() <= 1
    image, _ = Pipeline([BlackLevel(), Root(), Tone("srgb", 16)]).process(Raw(dn, bits, ""))
    assert np.abs(image[0] / 65535 - encoded(dn[0] / ((1 << bits) - 1))).max() < 0.002


def test_an_inverted_table_gives_the_inverted_image():
    raw = noise(16, 24)
    straight, _ = Pipeline([BlackLevel(), Demosaic(), Tone()]).process(raw)
    turned, _ = Pipeline([BlackLevel(), Demosaic(), Tone(), LookUp.of(range(255, -1, -1))]).process(raw)
    assert np.array_equal(turned, 255 - straight)
    with pytest.raises(IspProblem, match="look-up table of 3 entries; codes of 8 bits need 256"):
        Pipeline([BlackLevel(), Demosaic(), Tone(), LookUp((1, 2, 3))]).process(raw)


def test_downscaling_keeps_flat_values_and_takes_means():
    raw = noise(17, 21)
    full, _ = Pipeline([BlackLevel(), Demosaic(), Tone(1.0, 16)]).process(raw)
    for factor in (2, 3):
        small, _ = Pipeline([BlackLevel(), Demosaic(), Downscale(factor), Tone(1.0, 16)]).process(raw)
        height, width = 17 // factor, 21 // factor
        assert small.shape == (height, width, 3)
        block = full[:factor, factor : 2 * factor].reshape(-1, 3).mean(axis=0)
        assert small[0, 1] == pytest.approx(block, abs=8)  # 14 bits of light in codes of 16


def test_downscaled_stripes_have_the_mean_light():
    stripes = np.full((16, 32), 400, np.uint16)
    stripes[:, ::2] = 3600
    image, _ = Pipeline([BlackLevel(), Root(), Downscale(2), Tone()]).process(Raw(stripes, 12, ""))
    even, _ = Pipeline([BlackLevel(), Root(), Tone()]).process(Raw(np.full((16, 32), 2000, np.uint16), 12))
    assert np.ptp(image) == 0
    assert abs(int(image[0, 0]) - int(even[0, 0])) <= 1


def test_the_matrix_takes_light_as_it_takes_roots():
    rgb = np.broadcast_to(np.array([2000, 1200, 700], np.uint16), (16, 24, 3))
    raw = Raw(sampled(rgb, "GRBG"), 12, "GRBG")
    stages = [BlackLevel(), Demosaic(), Downscale(2), ColourMatrix(M), Tone(1.0, 16)]
    small, _ = Pipeline(stages).process(raw)
    whole, _ = Pipeline([s for s in stages if not isinstance(s, Downscale)]).process(raw)
    assert np.abs(small[4, 4].astype(int) - whole[8, 8]).max() <= 8


def test_an_edge_is_steeper_and_flat_values_are_as_they_were():
    step = np.full((24, 32), 600, np.uint16)
    step[:, 16:] = 2400
    step[:, 15] = 1400
    soft, _ = Pipeline([BlackLevel(), Root(), Tone(1.0)]).process(Raw(step, 12, ""))
    hard, _ = Pipeline([BlackLevel(), Root(), EdgeEnhancement(), Tone(1.0)]).process(Raw(step, 12, ""))
    assert hard[12, 16] - int(hard[12, 14]) > soft[12, 16] - int(soft[12, 14])
    assert np.array_equal(hard[:, :10], soft[:, :10])
    assert np.array_equal(hard[:, 24:], soft[:, 24:])


def test_false_colour_at_a_black_and_white_edge_falls():
    away = np.arange(64) - 32 + 0.3 * (np.arange(48)[:, None] - 24)
    grey = 1900 + 1700 * np.tanh(away)
    raw = Raw(grey.astype(np.uint16), 12, "RGGB")
    with_it, without = (
        Pipeline([BlackLevel(), Demosaic(), *more, Tone()]).process(raw)[0].astype(int)
        for more in ([FalseColour()], [])
    )
    spread = [np.ptp(image[4:-4, 4:-4], axis=2).mean() for image in (with_it, without)]
    assert spread[0] < 0.6 * spread[1]


def test_noise_of_a_flat_field_falls_and_the_mean_stays():
    model = NoiseModel(0.47, 3.0)
    mean_e = 200.0
    dn = np.rint(RNG.poisson(mean_e, (200, 200)) * 0.47 + RNG.normal(0, 3 * 0.47, (200, 200)) + 256)
    raw = Raw(dn.astype(np.uint16), 12, "RGGB", 256.0)
    stages = [BlackLevel(), Demosaic(), Tone(1.0, 16)]
    noisy, _ = Pipeline(stages).process(raw)
    quiet, _ = Pipeline([*stages[:2], NoiseReduction(model), stages[2]]).process(raw)
    assert quiet.std(axis=(0, 1)).max() < 0.8 * noisy.std(axis=(0, 1)).min()
    assert quiet.mean() == pytest.approx(noisy.mean(), rel=0.005)


def test_shading_of_a_flat_field_makes_it_even():
    y, x = np.mgrid[-1:1:120j, -1:1:160j]
    fall = 1 - 0.4 * (x**2 + y**2) / 2
    light = {"R": 0.3 * fall**1.2, "G": 0.5 * fall, "B": 0.4 * fall**0.8}
    rgb = np.stack([light[c] for c in "RGB"], -1)
    raw = Raw(np.rint(sampled(rgb, "GRBG") * 3839 + 256).astype(np.uint16), 12, "GRBG", 256.0)
    black = BlackLevel().apply(begin(raw), {})
    even = shading_of(black).apply(black, {}).data
    for row in (0, 1):
        for column in (0, 1):
            plane = even[row::2, column::2]
            assert np.ptp(plane) / plane.mean() < 0.04
    exact = flat_field_of(black).apply(black, {}).data
    assert all(np.ptp(exact[r::2, c::2]) < 1e-5 for r in (0, 1) for c in (0, 1))
    with pytest.raises(IspProblem, match="shading has 1 grids, the frame's mosaic is GRBG"):
        Shading(np.ones((1, 2, 2), np.float32)).apply(black, {})
    with pytest.raises(IspProblem, match="flat field's gain is 2 x 2, the frame 120 x 160"):
        FlatField(np.ones((2, 2), np.float32)).apply(black, {})


def test_statistics_count_what_is_there():
    raw = noise(40, 64, "GBRG")
    _, found = Pipeline([Measure((4, 3)), BlackLevel(), Demosaic(), Tone()]).process(raw)
    assert found is not None
    assert found.cells.sum() == 20 * 32
    blue = raw.data[0::2, 1::2]
    assert found.bright[2].sum() == blue.sum()
    assert found.bright[2, 0, 0] == blue[:6, :8].sum()
    assert found.histogram.sum() == 5 * 32
    assert found.brightness().mean() == pytest.approx((raw.data.mean() - 256) / 3839, abs=0.05)
    clipped = np.maximum.reduce([raw.data[r::2, c::2] for r in (0, 1) for c in (0, 1)]) >= round(0.98 * 4095)
    assert found.unclipped.sum() == np.count_nonzero(~clipped)
    assert found.percentile(0.5) == pytest.approx(float(np.median(raw.data) - 256) / 3839, abs=0.06)


def test_kinds_say_what_the_numbers_are():
    raw = noise(16, 16)
    _, _, steps = Pipeline([BlackLevel(), Demosaic(), ColourMatrix(M), Tone()]).process(
        raw, intermediates=True
    )
    assert [(name, image.kind) for name, image in steps] == [
        ("BlackLevel", Kind.LIGHT),
        ("Demosaic", Kind.ROOT),
        ("ColourMatrix", Kind.LINEAR),
        ("Tone", Kind.CODES),
    ]
