"""`camtwin develop` and `camtwin snap --develop`: files in, pictures out, and what goes wrong in one line."""

import json

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from camtwin import isp
from camtwin.cli import app
from camtwin.isp.dng import dng_bytes
from camtwin.pixels import FORMATS, pack
from camtwin.problem import Problem

RAW = isp.Raw(np.random.default_rng(1).integers(300, 3000, (40, 48)).astype(np.uint16), 12, "GRBG", 256.0)


def run(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def folder(tmp_path):
    """Write the same frame to every kind of file that can be read."""
    import tifffile

    said = {"pixel_format": "BayerGR12", "black_DN": 256.0}
    raws = tmp_path / "raws"
    raws.mkdir()
    tifffile.imwrite(raws / "a.tiff", RAW.data, description=json.dumps(said), metadata=None)
    np.save(raws / "b.npy", RAW.data)
    (raws / "b.npy.json").write_text(json.dumps(said))
    (raws / "c.dng").write_bytes(dng_bytes(RAW))
    (raws / "d.raw").write_bytes(pack(RAW.data, FORMATS["BayerGR12g24IDS"]).tobytes())
    packed = {**said, "pixel_format": "BayerGR12g24IDS", "width": 48, "height": 40}
    (raws / "d.raw.json").write_text(json.dumps(packed))
    return raws


def test_every_kind_of_file_becomes_the_same_picture(folder, tmp_path):
    done = run("develop", folder, "-o", tmp_path / "out", "--white", "2,1,1.5", "--preset", "fast")
    assert done.exit_code == 0, done.output
    pictures = [np.asarray(Image.open(tmp_path / "out" / f"{name}.png")) for name in "abcd"]
    wanted, _ = isp.preset("fast", "GRBG", gains=(2.0, 1.0, 1.5), black_DN=256.0).process(RAW)
    assert all(np.array_equal(picture, wanted) for picture in pictures)
    assert not [path for path in (tmp_path / "out").iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize(("kind", "dtype"), [("tiff", np.uint16), ("npy", np.uint8)])
def test_other_kinds_of_pictures(folder, tmp_path, kind, dtype):
    import tifffile

    assert run("develop", folder / "a.tiff", "-o", tmp_path, "--to", kind).exit_code == 0
    path = tmp_path / f"a.{kind}"
    image = tifffile.imread(path) if kind == "tiff" else np.load(path)
    assert (image.shape, image.dtype) == ((40, 48, 3), dtype)


def test_a_pipeline_of_ones_own(folder, tmp_path):
    own = isp.Pipeline([isp.BlackLevel(256), isp.Demosaic(), isp.Downscale(2), isp.Tone(1.0)])
    (tmp_path / "own.json").write_text(own.to_json())
    done = run("develop", folder / "a.tiff", "-o", tmp_path, "--pipeline", tmp_path / "own.json")
    assert done.exit_code == 0, done.output
    assert np.array_equal(np.asarray(Image.open(tmp_path / "a.png")), own.process(RAW)[0])


def test_what_a_file_does_not_say_the_command_line_does(tmp_path):
    np.save(tmp_path / "x.npy", RAW.data)
    out = ("-o", tmp_path / "out", "--preset", "fast")
    silent = run("develop", tmp_path / "x.npy", *out)
    assert isinstance(silent.exception, Problem)
    given = ("--mosaic", "GRBG", "--bits", 12, "--black", 256, "--white", "2,1,1.5")
    assert run("develop", tmp_path / "x.npy", *out, *given).exit_code == 0
    wanted, _ = isp.preset("fast", "GRBG", gains=(2.0, 1.0, 1.5), black_DN=256.0).process(RAW)
    assert np.array_equal(np.asarray(Image.open(tmp_path / "out" / "x.png")), wanted)
    assert run("develop", tmp_path / "x.npy", *out, "--mosaic", "mono").exit_code == 0
    with Image.open(tmp_path / "out" / "x.png") as image:
        assert image.mode == "L"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["none.tiff"], "none.tiff: no such file"),
        (["a.tiff", "--to", "bmp"], "--to bmp is none of png, tiff, npy, dng"),
        (["a.tiff", "--size", "12"], "--size 12 is not WIDTHxHEIGHT, as in 4056x3040"),
    ],
)
def test_errors_are_one_line(folder, tmp_path, monkeypatch, words, said):
    monkeypatch.chdir(folder)
    done = run("develop", *words, "-o", tmp_path / "out")
    assert str(done.exception) == said


def test_one_bad_file_does_not_stop_the_others(folder, tmp_path):
    (folder / "bad.png").write_bytes(b"no picture")
    done = run("develop", folder, "-o", tmp_path / "out")
    assert str(done.exception) == "1 of 5 raw images could not be developed"
    assert len(list((tmp_path / "out").iterdir())) == 4


def test_snap_develops_with_the_calibration_of_the_sheet(tmp_path):
    size = ("--set", "Width=240", "--set", "Height=160", "--scene", "checker")
    for name in ("a.png", "a.dng", "raw.tiff"):
        more = ("--develop", "fast") if name == "a.png" else ()
        done = run("snap", "ids-imx412", "-o", tmp_path / name, *size, *more)
        assert done.exit_code == 0, done.output
    for name in ("a.dng", "raw.tiff"):
        done = run("develop", tmp_path / name, "-o", tmp_path / "out", "--preset", "fast")
        assert done.exit_code == 0, done.output
    snapped = np.asarray(Image.open(tmp_path / "a.png")).astype(int)
    for name in ("a", "raw"):  # DNG states its gains in millionths
        found = np.asarray(Image.open(tmp_path / "out" / f"{name}.png")).astype(int)
        assert np.abs(found - snapped).max() <= 1
