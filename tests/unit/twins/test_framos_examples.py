"""The samples of a sensor module do what they say."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import cv2
import pytest

HERE = Path(__file__).parents[3] / "examples/framos"


@pytest.fixture
def sample(monkeypatch):
    """Return a sample by its name, as a module."""

    def loaded(name):
        monkeypatch.setattr(sys, "argv", [name])
        spec = spec_from_file_location(f"sample_{name}", HERE / f"{name}.py")
        assert spec
        assert spec.loader
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return loaded


def test_every_sample_is_tried():
    tried = {"initialise", "stream", "extend_driver", "preprocess"}
    assert {path.stem for path in HERE.glob("*.py")} == tried


def test_initialise_is_a_trace_that_ends_with_stream_on(sample, capsys):
    sample("initialise").main()
    text = capsys.readouterr().out
    assert text.startswith("camtwin-0 [000] 0.008000000: i2c_write: i2c-10 #0 a=020 f=0000 l=1 [fe]\n")
    assert text.splitlines()[-2].endswith("a=01a f=0000 l=3 [01-00-01]")
    assert "l=4 [03-06-01-37]" in text  # the multiplier of the PLL, 311


def test_stream_tells_the_rates_of_all_modes(sample, capsys):
    sample("stream").main()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "4056x3040 RG10: 59.917 frames/s, 0 lost"
    assert [line.split()[2] for line in lines] == ["59.917", "43.633", "84.134", "249.256", "60.189"]


def test_a_control_is_added_by_a_row(sample, capsys):
    sample("extend_driver").main()
    assert capsys.readouterr().out.splitlines()[3] == "turned: image_orientation 3, mosaic BGGR"


def test_pre_processing_makes_a_picture(sample, tmp_path):
    sample("preprocess").main(tmp_path / "a.png")
    picture = cv2.imread(str(tmp_path / "a.png"))
    assert picture is not None
    assert picture.shape == (540, 960, 3)
    assert picture[:400].std() > 5
