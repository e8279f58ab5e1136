"""Order, depth and mosaic are checked; JSON comes back as it was; presets are ready to use."""

import numpy as np
import pytest

from camtwin import isp
from camtwin.isp import (
    BlackLevel,
    Calibration,
    ColourMatrix,
    ColourPoint,
    DefectPixels,
    Demosaic,
    FalseColour,
    FlatField,
    IspProblem,
    Measure,
    NoiseModel,
    NoiseReduction,
    Pipeline,
    Raw,
    Root,
    Shading,
    Tone,
    WhiteBalance,
    preset,
)
from camtwin.isp.pipeline import STAGES
from camtwin.isp.presets import PRESETS

RAW = Raw(np.full((16, 16), 900, np.uint16), 12, "GRBG", 256.0)
M = ((1.5, -0.3, -0.2), (-0.2, 1.4, -0.2), (0.0, -0.4, 1.4))
MONO = Raw(np.full((16, 16), 900, np.uint16), 12, "", 256.0)


@pytest.mark.parametrize(
    ("stages", "said"),
    [
        ([], "pipeline has no stages; it needs 1 or more"),
        ([Tone(), BlackLevel()], "stage BlackLevel comes after Tone; it belongs before it"),
        ([BlackLevel(), BlackLevel()], "pipeline has the stage BlackLevel twice"),
        (
            [BlackLevel(), Tone()],
            "stage Tone gets LIGHT; it takes ROOT or LINEAR: a stage before it is missing",
        ),
        ([Demosaic()], "stage Demosaic gets RAW; it takes LIGHT: a stage before it is missing"),
        ([BlackLevel(), Root(), Demosaic()], "stage Demosaic comes after Root; it belongs before it"),
    ],
)
def test_what_cannot_work_is_told_in_one_line(stages, said):
    with pytest.raises(IspProblem) as told:
        Pipeline(stages)
    assert str(told.value) == said


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Demosaic("vng"), "demosaic method 'vng' is none of bilinear, malvar, directional"),
        (lambda: Tone(0.01), "tone gamma 0.01 is outside 0.1..10"),
        (lambda: Tone(2.2, 12), "tone bits 12 is neither 8 nor 16"),
        (
            lambda: ColourMatrix(((9.0, 0, 0), (0, 1, 0), (0, 0, 1))),
            "colour matrix entry 9 is outside -7.9..7.9",
        ),
        (lambda: Raw(np.zeros((4, 40), np.uint16), 12), "frame of 40 x 4 is outside 8..65536 pixels a side"),
        (lambda: Raw(np.zeros((8, 8), np.uint16), 7), "bit depth 7 is outside 8..16"),
        (
            lambda: Raw(np.zeros((8, 8), np.uint16), 12, "RGBG"),
            "mosaic 'RGBG' is none of RGGB, GRBG, GBRG, BGGR",
        ),
        (
            lambda: Raw(np.zeros((8, 8), np.uint16), 10, "", 900),
            "black level 900 DN is outside 0..511.5 of 10 bits",
        ),
        (
            lambda: Raw(np.zeros((8, 8), np.float32), 12),
            "raw frame of 8 x 8 float32 is not rows and columns of uint8",
        ),
        (lambda: preset("quick", "RGGB"), "preset 'quick' is none of fast, balanced, best"),
        (
            lambda: preset("fast", "RGGB").process(MONO),
            "stage WhiteBalance needs a colour frame; this one is mono",
        ),
        (
            lambda: preset("fast", "").process(RAW),
            "frame has the mosaic GRBG; it needs Demosaic and not Root",
        ),
        (lambda: preset("fast", "").process(MONO, threads=0), "threads 0 is below the minimum 1"),
    ],
)
def test_values_that_cannot_be_are_named(make, said):
    with pytest.raises(IspProblem) as told:
        make()
    assert str(told.value).startswith(said)


def test_json_comes_back_as_it_was():
    shading = Shading(np.random.default_rng(1).random((4, 3, 4)).astype(np.float32) + 1)
    field = FlatField(np.ones((16, 16), np.float32), np.zeros((16, 16), np.float32))
    stages = [
        *(
            DefectPixels(((3, 4),), 0.05),
            Measure((4, 4)),
            BlackLevel(250),
            field,
            shading,
            WhiteBalance((2.0, 1.0, 1.5)),
        ),
        *(
            Demosaic(),
            FalseColour(),
            NoiseReduction(NoiseModel(0.4, 2.5), 2.0),
            ColourMatrix(),
            Tone(1.8, 16),
        ),
    ]
    pipeline = Pipeline(stages)
    back = Pipeline.from_json(pipeline.to_json())
    assert back == pipeline
    assert hash(back) == hash(pipeline)
    assert np.array_equal(back.process(RAW)[0], pipeline.process(RAW)[0])
    assert back.stage(NoiseReduction) == stages[8]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "pipeline: no JSON list of stages"),
        ('{"stages": [{"stage": "Sepia"}]}', "stage 'Sepia' is unknown; known are Crop, DefectPixels"),
        (
            '{"stages": [{"stage": "Tone", "colour": 1}]}',
            "stage Tone has no colour; it has bits, gain, gamma",
        ),
        ('{"stages": [{"stage": "Crop", "x": 1}]}', "stage Crop: "),
    ],
)
def test_json_that_cannot_be_read_is_told(text, said):
    with pytest.raises(IspProblem) as told:
        Pipeline.from_json(text)
    assert str(told.value).startswith(said)


def test_a_stage_takes_its_place():
    pipeline = preset("balanced", "GRBG")
    names = [type(stage).__name__ for stage in pipeline.replace(NoiseReduction(NoiseModel(0.5, 3))).stages]
    assert names == sorted(names, key=list(STAGES).index)
    assert pipeline.without(FalseColour).stage(FalseColour) is None
    assert pipeline.replace(Tone(1.0)).stage(Tone) == Tone(1.0)


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("mosaic", ["GRBG", ""])
def test_presets_work_with_and_without_a_calibration(name, mosaic):
    points = (
        ColourPoint(2856, (1.3, 1.0, 2.5), M),
        ColourPoint(6500, (2.0, 1.0, 1.5), M),
    )
    known = Calibration("test", points, NoiseModel(0.5, 3), 12, 256.0)
    raw = RAW if mosaic else MONO
    for calibration in (known, Calibration()):
        pipeline = preset(name, mosaic, calibration, kelvin=4000)
        image, _ = pipeline.process(raw)
        assert image.shape == ((16, 16, 3) if mosaic else (16, 16))
        matrix = pipeline.stage(ColourMatrix)
        assert matrix is None or matrix.calibrated == calibration.calibrated
    assert preset("fast", "GRBG", known, bits=10).stage(BlackLevel) == BlackLevel(64.0)


def test_calibration_is_interpolated_over_reciprocal_temperature():
    points = tuple(
        ColourPoint(kelvin, (gain, 1.0, 3 - gain), ((gain, 1 - gain, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)))
        for kelvin, gain in ((2500, 1.0), (5000, 2.0))
    )
    known = Calibration("two", points)
    middle = known.at(1e6 / 300)  # 400 and 200 mired
    assert middle.gains == pytest.approx((1.5, 1.0, 1.5))
    assert middle.matrix[0] == pytest.approx((1.5, -0.5, 0.0))
    assert known.at(1000).gains == points[0].gains
    assert known.at(9000).matrix == points[1].matrix
    assert known.kelvin_of((1.5, 1.0, 1.5)) == pytest.approx(1e6 / 300, rel=0.01)
    back = Calibration.from_json(known.to_json())
    assert back == known
    with pytest.raises(IspProblem, match="calibration cannot be read"):
        Calibration.from_json('{"points": [1]}')


def test_framos_samples_have_the_stages_of_its_tables():
    full = [type(stage).__name__ for stage in isp.full_pipeline().stages]
    assert {"DefectPixels", "NoiseReduction", "BlackLevel", "Measure", "WhiteBalance"} < set(full)
    assert {"Demosaic", "ColourMatrix", "FalseColour", "Downscale", "EdgeEnhancement"} < set(full)
    assert [type(stage).__name__ for stage in isp.demosaic_and_display().stages] == [
        "BlackLevel",
        "Demosaic",
        "Tone",
    ]
