"""Fused kernels give the readable stages' results, bit for bit: sizes, phases, offsets, depths, threads."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camtwin.isp import (
    BlackLevel,
    ColourMatrix,
    ColourTable,
    DefectPixels,
    Demosaic,
    Downscale,
    EdgeEnhancement,
    FalseColour,
    Measure,
    Mirror,
    NoiseModel,
    NoiseReduction,
    Payload,
    Pipeline,
    Raw,
    Root,
    Shading,
    Tone,
    WhiteBalance,
)
from camtwin.isp.colour_table import NODES
from camtwin.isp.image import MIN_SIDE
from camtwin.isp.mosaic import MOSAICS
from camtwin.isp.planner import STRIP
from camtwin.pixels import FORMATS, pack

M = ((1.6, -0.4, -0.2), (-0.2, 1.5, -0.3), (0.05, -0.5, 1.45))
TABLE = np.random.default_rng(2).normal(0, 0.2, (NODES, NODES, 3)).astype(np.float32)
NOISE = NoiseModel(0.47, 3.0)


def picture(rng, height, width, bits):
    """Smooth parts, noise, and pixels at both ends of the range."""
    top = (1 << bits) - 1
    y, x = np.mgrid[:height, :width]
    smooth = (0.5 + 0.4 * np.sin(x / 7 + rng.random()) * np.cos(y / 5)) * top
    data = smooth + rng.normal(0, rng.choice([0, top / 200, top / 4]), (height, width))
    data[rng.random((height, width)) < 0.02] = rng.choice([0, top])
    return np.clip(np.rint(data), 0, top).astype(np.uint16)


def same(pipeline, frame, threads=1):
    fast, found = pipeline.process(frame, threads=threads)
    slow, wanted = pipeline.process(frame, reference=True)
    assert fast.dtype == slow.dtype
    assert np.array_equal(fast, slow)
    assert (found is None) == (wanted is None)
    if found is not None and wanted is not None:
        for name in ("cells", "bright", "unclipped", "sums", "histogram"):
            assert np.array_equal(getattr(found, name), getattr(wanted, name)), name


SIDES = st.integers(MIN_SIDE, 70)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.data())
def test_colour_frames(data):
    draw = data.draw
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    bits = draw(st.sampled_from([8, 10, 12, 16]))
    raw = Raw(
        picture(rng, draw(SIDES) + 3, draw(SIDES) + 3, bits),
        bits,
        draw(st.sampled_from(MOSAICS)),
        2.0**bits / 16,
    )
    x, y = draw(st.integers(0, 3)), draw(st.integers(0, 3))
    raw = raw.crop(x, y, raw.width - 3, raw.height - 3)
    maybe = [
        DefectPixels(
            ((1, 2), (raw.width - 1, raw.height - 1), (1, 4)), draw(st.sampled_from([None, 0.0, 0.02]))
        ),
        Measure((draw(st.integers(1, 7)), draw(st.integers(1, 7)))),
        Shading((1 + rng.random((4, 3, 5))).astype(np.float32)),
        WhiteBalance((1.0 + rng.random() * 2, 1.0, 1.0 + rng.random())),
        FalseColour(),
        NoiseReduction(NOISE, draw(st.sampled_from([0.0, 1.0, 4.0]))),
        EdgeEnhancement(draw(st.sampled_from([0.5, 3.0])), draw(st.sampled_from([0.0, 0.01]))),
        draw(st.sampled_from([ColourMatrix(M), ColourTable(M, TABLE)])),
        Downscale(draw(st.integers(1, 4))),
        Mirror(draw(st.booleans()), draw(st.booleans())),
    ]
    chosen = [stage for stage in maybe if draw(st.booleans())]
    always = [
        BlackLevel(),
        Demosaic(toe=draw(st.sampled_from([1 / 512, 0.03]))),
        Tone(2.2, draw(st.sampled_from([8, 16]))),
    ]
    pipeline = Pipeline(sorted([*always, *chosen], key=lambda stage: stage.place))
    same(pipeline, raw, draw(st.integers(1, 3)))


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.data())
def test_mono_frames(data):
    draw = data.draw
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    bits = draw(st.sampled_from([8, 10, 12]))
    raw = Raw(picture(rng, draw(SIDES), draw(SIDES), bits), bits, "", 2.0**bits / 64)
    maybe = [
        DefectPixels(((1, 2), (1, 3)), draw(st.sampled_from([None, 0.01]))),
        Measure((3, 5)),
        Shading((1 + rng.random((1, 3, 5))).astype(np.float32)),
        NoiseReduction(NOISE),
        EdgeEnhancement(),
        Downscale(draw(st.integers(1, 3))),
        Mirror(draw(st.booleans()), draw(st.booleans())),
    ]
    chosen = [stage for stage in maybe if draw(st.booleans())]
    same(
        Pipeline(sorted([BlackLevel(), Root(), Tone(), *chosen], key=lambda s: s.place)),
        raw,
        draw(st.integers(1, 3)),
    )


@pytest.mark.parametrize(
    "name",
    ["BayerRG10", "BayerGR12", "BayerGR10g40IDS", "BayerGR12g24IDS", "Mono8", "Mono10p", "Mono12p", "Mono12"],
)
@pytest.mark.parametrize("width", [40, 42, 37])
def test_every_pixel_format_is_unpacked_on_the_way(name, width):
    fmt = FORMATS[name]
    dn = picture(np.random.default_rng(5), 21, width, fmt.bits)
    centre = Demosaic() if fmt.mosaic else Root()
    pipeline = Pipeline([DefectPixels(), Measure(), BlackLevel(), centre, EdgeEnhancement(), Tone()])
    payload = Payload(np.frombuffer(pack(dn, fmt).tobytes(), np.uint8), fmt, width, 21)
    packed, _ = pipeline.process(payload)
    unpacked, _ = pipeline.process(Raw(dn, fmt.bits, fmt.mosaic), reference=True)
    assert np.array_equal(packed, unpacked)


def test_wide_frames_are_cut_into_strips_without_a_seam(monkeypatch):
    monkeypatch.setattr("camtwin.isp.planner.STRIP", 64)
    assert STRIP != 64
    raw = Raw(picture(np.random.default_rng(6), 90, 203, 12), 12, "BGGR", 256.0)
    stages = [
        *(DefectPixels(((64, 7), (63, 8), (202, 89))), Measure((5, 4)), BlackLevel()),
        *(
            Shading((1 + np.random.default_rng(1).random((4, 3, 4))).astype(np.float32)),
            WhiteBalance((2.0, 1.0, 1.5)),
        ),
        *(Demosaic(), FalseColour(), NoiseReduction(NOISE), EdgeEnhancement(), ColourMatrix(M), Tone()),
    ]
    same(Pipeline(stages), raw, 2)
    same(Pipeline([BlackLevel(), Demosaic(), ColourMatrix(M), Tone()]), raw, 2)


def test_the_bytes_do_not_depend_on_the_threads():
    raw = Raw(picture(np.random.default_rng(7), 300, 200, 12), 12, "RGGB", 256.0)
    pipeline = Pipeline(
        [DefectPixels(), BlackLevel(), Demosaic(), FalseColour(), NoiseReduction(NOISE), Tone()]
    )
    images = [pipeline.process(raw, threads=threads)[0].tobytes() for threads in (1, 2, 5)]
    assert len(set(images)) == 1
