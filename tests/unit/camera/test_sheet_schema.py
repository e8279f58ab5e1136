"""JSON Schema of data sheets: an outside judge takes the sheets that camtwin takes, and finds typos."""

from __future__ import annotations

import json
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from camtwin import models
from camtwin.camera.description import interface
from camtwin.camera.sheet_schema import Kind, json_schema
from unit.models.test_own_sheets import CHILD
from unit.test_cli import camtwin as cli

ROOM = files("camtwin.models")
INVENTED = Path(__file__).parents[1] / "verify" / "invented"
CAMERAS = [
    INVENTED / "box-1.toml",
    *(ROOM / "cameras").iterdir(),
]
SENSORS = [INVENTED / "plate.toml", *(ROOM / "sensors").iterdir()]
WRONG = [
    "readout.row_clock = { value = 1, source = 'x' }",
    "clock.tick_ns = { value = 1.5, source = 'x' }",
    "clock.tick_ns = { value = 1, source = 2 }",
    "clock.tick_ns = { value = 1 }",
    "clock.tick_ns = { value = 1, source = 'x', assumed = 'y' }",
    "clock.tick_ns = 8",
    "lins.filter_ns = { value = 1, source = 'x' }",
    "link = 'gig'",
    "features.Wdith = {}",
    "features.Height = { mx = 3, source = 'x' }",
    "features.Height = { max = 'x', source = 'x' }",
    "features.Height = { max = 3 }",
    "features.Height = { inc = 0, source = 'x' }",
    "features.PixelFormat = { entries = [], source = 'x' }",
    "features.PixelFormat = { words = { Mono8 = 'a b' }, source = 'x' }",
]


def faults(kind: Kind, text: str) -> list[str]:
    judge = Draft202012Validator(json_schema(kind))
    return [error.message for error in judge.iter_errors(tomllib.loads(text))]


@pytest.mark.parametrize("kind", ["camera", "sensor"])
def test_it_is_json_schema(kind):
    Draft202012Validator.check_schema(json_schema(kind))


@pytest.mark.parametrize("file", CAMERAS, ids=lambda file: file.name)
def test_the_sheets_of_cameras_are_as_it_says(file):
    assert faults("camera", file.read_text()) == []


@pytest.mark.parametrize("file", SENSORS, ids=lambda file: file.name)
def test_the_sheets_of_sensors_are_as_it_says(file):
    assert faults("sensor", file.read_text()) == []


def test_a_child_needs_only_what_it_changes():
    assert faults("camera", CHILD) == []
    assert faults("camera", CHILD.replace("like =", "title2 ="))


@pytest.mark.parametrize("row", WRONG)
def test_what_an_editor_marks_camtwin_refuses_too(row, tmp_path):
    assert faults("camera", CHILD + row)
    (tmp_path / "a.toml").write_text(CHILD + row)
    with pytest.raises(models.SheetInvalid):
        interface(models.load(str(tmp_path / "a.toml")))


def test_each_feature_has_its_description():
    rows = json.loads(cli("schema").stdout)["properties"]["features"]["properties"]
    assert rows["ExposureTime"]["description"].startswith("Sets the time for which")
    assert json.loads(cli("schema", "sensor").stdout)["properties"]["parameters"]["properties"]["prnu"]
