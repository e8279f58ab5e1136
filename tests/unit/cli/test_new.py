"""`camtwin new`: the sheets that it writes run, and give back what was given."""

from __future__ import annotations

import json
import re

import pytest

import camtwin
from camtwin import models
from camtwin.planner.new_sheet import Given, NewProblem, camera_text, sensor_text
from camtwin.planner.sheet_check import check
from unit.test_cli import camtwin as cli

WORDS = (
    *("--resolution", "1936x1216", "--pixel", "3.45", "--shutter", "global", "--fps", "41.5", "--bits", "12"),
    *("--link", "gige", "--qe", "70@530", "--read-noise", "2.4", "--full-well", "10500", "--prnu", "0.5"),
    *(
        "--exposure",
        "25",
        "5e6",
        "--max-gain",
        "36",
        "--input",
        "Line0",
        "--output",
        "Line2",
        "--model",
        "M 1",
    ),
)
PLAIN = {
    "name": "a",
    "width": 640,
    "height": 480,
    "pixel_um": 5.0,
    "shutter": "Global",
    "fps": 100.0,
    "bits": 10,
}


def test_a_new_sheet_has_what_was_given(tmp_path):
    cli("new", "mine", "-o", str(tmp_path), *WORDS)
    found = check(str(tmp_path / "mine.toml"))
    p = found.sheet.parameters
    assert found.missing == ()
    assert (p.width, p.height, p.pixel_um, p.adc_bits, p.read_noise_e, p.full_well_e, p.prnu) == (
        *(1936, 1216, 3.45, 12, 2.4, 10500.0, 0.005),
    )
    assert p.quantum_efficiency(530) == 0.7
    assert max(fraction for _, fraction in p.qe) == 0.7
    assert found.rates[0].fps == pytest.approx(41.5, rel=1e-6)
    cam = camtwin.open(str(tmp_path / "mine.toml"), render=False)
    assert (cam.DeviceModelName, cam.limits("ExposureTime"), cam.limits("Gain")) == (
        "M 1",
        (25, 5e6),
        (0, 36),
    )
    given = {fact.path for _, fact in found.to_fill}
    assert {"parameters.full_well_e", "readout.row_clocks", "features.Gain"} <= given
    assert "parameters.dsnu_e" in {fact.path for _, fact in found.assumed}


@pytest.mark.parametrize("link", ["gige", "usb3"])
@pytest.mark.parametrize("shutter", ["Global", "Rolling"])
@pytest.mark.parametrize("cfa", ["", "GRBG"])
def test_what_is_not_given_is_assumed_and_runs(link, shutter, cfa, tmp_path):
    given = Given(**{**PLAIN, "link": link, "shutter": shutter, "cfa": cfa})
    (tmp_path / "a.toml").write_text(camera_text(given))
    (tmp_path / "a-sensor.toml").write_text(sensor_text(given))
    sheet = models.load(str(tmp_path / "a.toml"))
    assert sheet.sensor.shutter == shutter
    frame = camtwin.open(str(tmp_path / "a.toml")).grab()[0]
    assert frame.image is not None
    assert frame.image.shape == (480, 640)
    assert frame.image.std() > 1


def test_without_a_terminal_it_says_which_option_it_needs(tmp_path):
    done = cli("new", "mine", "-o", str(tmp_path), "--resolution", "640x480", ok=False)
    assert done.returncode == 2
    assert done.stderr.startswith("camtwin: --pixel is needed, and there is no terminal to ask in")
    assert not [*tmp_path.iterdir()]


def test_a_sheet_that_is_there_stays(tmp_path):
    (tmp_path / "mine.toml").write_text("mine")
    assert "mine.toml: exists" in cli("new", "mine", "-o", str(tmp_path), *WORDS, ok=False).stderr
    assert (tmp_path / "mine.toml").read_text() == "mine"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"name": "../a"}, "name '../a': must be letters"),
        ({"width": 0}, "width 0 px is below the minimum 16 px"),
        ({"fps": float("nan")}, "fps nan is not a finite number"),
        ({"bits": 14}, "bits 14: must be 8, 10 or 12"),
        ({"cfa": "RGB"}, "cfa 'RGB': must be one of"),
        ({"vendor": "a\nb"}, "must be 1 to 32 bytes of text"),
        ({"inputs": ("Line9",)}, "line 'Line9': must be one of Line0 to Line4"),
        ({"outputs": ("Line0",)}, "line Line0: is an input and an output"),
        ({"prnu": 0.5}, "prnu 0.5 is above the maximum 0.1"),
    ],
)
def test_what_no_camera_has_is_refused(wrong, message):
    with pytest.raises((NewProblem, ValueError), match=re.escape(message)):
        Given(**{**PLAIN, "link": "gige", **wrong})


def test_odd_names_stay_texts(tmp_path):
    given = Given(**{**PLAIN, "link": "usb3", "vendor": 'A "B" \\ <C> & é', "model": "# ] ="})
    (tmp_path / "a.toml").write_text(camera_text(given))
    (tmp_path / "a-sensor.toml").write_text(sensor_text(given))
    cam = camtwin.open(str(tmp_path / "a.toml"), render=False)
    assert (cam.DeviceVendorName, cam.DeviceModelName) == ('A "B" \\ <C> & é', "# ] =")
    assert json.loads(cli("check", str(tmp_path / "a.toml"), "--json").stdout)["missing"] == []
