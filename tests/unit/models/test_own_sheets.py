"""Sheets of users: where they are found, what they take over from others, and what is told of wrong ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import camtwin
from camtwin import models
from camtwin.camera.description import interface
from camtwin.models import places
from camtwin.twins import build
from unit.test_cli import camtwin as cli

PARENT = "baumer-vcxg-124m"
CHILD = f"""
like = "{PARENT}"
title = "Mine"
readout.row_clocks = {{ value = 2000, source = "my sheet" }}
features.Width = {{ max = 2048, default = 2048, source = "my sheet" }}
"""
Write = Callable[..., str]


@pytest.fixture
def sheets(tmp_path, monkeypatch) -> Write:
    """Write a sheet into a folder of the search path; return its path."""
    monkeypatch.setenv(places.VARIABLE, str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))

    def write(name: str, text: str, folder: Path = tmp_path) -> str:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
        return str(folder / name)

    return write


def test_a_child_has_what_it_says_and_the_rest_of_its_parent(sheets):
    child, parent = models.load(sheets("mine.toml", CHILD)), models.load(PARENT)
    assert (child.name, child.title, child.link) == ("mine", "Mine", parent.link)
    assert child.features["Width"] == {"min": 16, "max": 2048, "inc": 8, "default": 2048} | {
        key: parent.features["Width"][key] for key in ("min", "inc")
    }
    assert child.features["Height"] == parent.features["Height"]
    assert (child.readout.row_clocks, child.trigger) == (2000, parent.trigger)
    assert child.rig is not None
    assert child.rig.connectors == (parent.rig and parent.rig.connectors)


def test_each_number_of_a_child_has_the_source_that_it_is_from(sheets):
    facts = [(f.path, f.value, f.source) for f in models.load(sheets("mine.toml", CHILD)).facts]
    width = [(value, source) for path, value, source in facts if path == "features.Width"]
    before = next(f for f in models.load(PARENT).facts if f.path == "features.Width")
    rest = {key: value for key, value in before.value.items() if key not in ("max", "default")}
    assert width == [(rest, f"as {PARENT}: {before.source}"), ({"max": 2048, "default": 2048}, "my sheet")]
    assert [f for f in facts if f[0] == "readout.row_clocks"] == [("readout.row_clocks", 2000, "my sheet")]


def test_the_source_of_a_grandparent_is_named_once(sheets):
    sheets("mine.toml", CHILD)
    facts = models.load(sheets("yours.toml", 'like = "mine"')).facts
    sources = {f.path: f.source for f in facts}
    assert sources["readout.row_clocks"] == "as mine: my sheet"
    assert sources["clock.tick_ns"].startswith(f"as {PARENT}: ")
    assert sources["clock.tick_ns"].count("as ") == 1


def test_rows_and_sections_are_left_out(sheets):
    path = sheets("mine.toml", CHILD + 'without = ["features.TestPattern*", "record"]')
    with pytest.raises(models.SheetInvalid, match="without"):  # behind dotted keys it is one of their table
        models.load(sheets("odd.toml", CHILD + "[record]\nwithout = 1"))
    sheet = models.load(path)
    assert not [name for name in sheet.features if name.startswith("TestPattern")]
    assert not sheet.record
    assert not [f for f in sheet.facts if f.path.startswith(("record.", "features.TestPattern"))]


def test_another_link_brings_its_usual_rows_and_takes_those_of_the_old_one(sheets):
    sheet = models.load(sheets("mine.toml", CHILD + 'link = "usb3"'))
    assert (sheet.gige, sheet.features["DeviceTLType"]["value"]) == (None, "USB3Vision")
    assert not [name for name in sheet.features if name.startswith("Gev")]
    added = [f for f in sheet.facts if f.path.startswith("usb3.")]
    assert added
    assert all(f.assumed for f in added)
    back = models.load(sheets("back.toml", f'like = "{Path(sheet.documents[0].label)}"\nlink = "gige"'))
    assert back.usb3 is None
    assert build(back).camera.tree.nodes["GevCCP"].here


def test_a_sheet_is_found_by_its_name_in_each_folder(sheets, tmp_path):
    sheets("mine.toml", CHILD)
    sheets("theirs.toml", CHILD.replace("Mine", "Theirs"), tmp_path / "data" / "camtwin" / "sheets")
    sheets("mine.toml", CHILD.replace("Mine", "Hidden"), tmp_path / "data" / "camtwin" / "sheets")
    assert {"mine", "theirs", PARENT} <= {*models.names()}
    assert [models.load(name).title for name in ("mine", "theirs")] == ["Mine", "Theirs"]
    assert {name: shelf.origin for name, (_, shelf) in models.cameras().items()} == {
        "mine": places.VARIABLE,
        "theirs": "your data folder",
        **dict.fromkeys(places.packaged("camera"), "camtwin"),
    }


def test_a_package_brings_sheets_by_an_entry_point(sheets, tmp_path, monkeypatch):
    sheets("theirs.toml", CHILD, tmp_path / "lib" / "their_sheets")
    sheets(
        "entry_points.txt",
        f"[{places.GROUP}]\ntheir-cameras = their_sheets\nbroken = no_such_package.at_all\n",
        tmp_path / "lib" / "theirs-1.0.dist-info",
    )
    sheets("METADATA", "Name: theirs\nVersion: 1.0\n", tmp_path / "lib" / "theirs-1.0.dist-info")
    monkeypatch.syspath_prepend(tmp_path / "lib")
    places._packages.cache_clear()  # pyright: ignore[reportPrivateUsage]
    try:
        place, shelf = models.cameras()["theirs"]
        assert shelf.origin == "package their-cameras"
        assert models.load("theirs").documents[0].label == place
    finally:
        places._packages.cache_clear()  # pyright: ignore[reportPrivateUsage]


def test_a_sheet_that_changes_is_read_anew(sheets):
    path = sheets("mine.toml", CHILD)
    first = models.load(path)
    assert models.load(path) is first
    sheets("mine.toml", CHILD.replace("2048", "1024"))
    assert models.load(path).features["Width"]["max"] == 1024
    sheets("mine.toml", CHILD)
    assert models.load(path) is first


def test_a_sensor_is_like_another_one(sheets):
    sheets(
        "my-sensor.toml", 'like = "imx304"\nparameters.read_noise_e = { value = 5.0, source = "measured" }'
    )
    sheet = models.load(sheets("mine.toml", CHILD + 'sensor = "my-sensor"'))
    assert (sheet.sensor.name, sheet.parameters.read_noise_e) == ("my-sensor", 5.0)
    assert sheet.parameters.qe == models.load(PARENT).parameters.qe
    assert "my-sensor" not in models.names()


def test_a_sheet_of_the_same_name_is_like_the_one_it_hides(sheets):
    sheets(f"{PARENT}.toml", CHILD)
    assert models.load(PARENT).title == "Mine"
    assert camtwin.open(PARENT, render=False).grab()[0].settings.Width == 2048


def test_list_shows_where_each_sheet_is_and_what_is_wrong_with_it(sheets, tmp_path):
    sheets("mine.toml", CHILD)
    sheets("broken.toml", "like = 3")
    said = cli("list").stdout.splitlines()
    assert [line.split()[-1] for line in said if line.startswith("mine ")] == [places.VARIABLE]
    wrong = f"cannot be used: {tmp_path}/broken.toml: like 3: must be the name or path of a sheet (line 1)"
    assert [line.split(maxsplit=1)[1] for line in said if line.startswith("broken ")] == [wrong]
    assert f"  {tmp_path} ({places.VARIABLE})" in said


WRONG = [
    ('like = "baumer-vcxg-124"', "like 'baumer-vcxg-124': there is no such sheet; do you mean "),
    ('like = "./nowhere.toml"', "like './nowhere.toml': there is no such sheet (line 1)"),
    ('like = "mine"', "like 'mine': there is no such sheet"),
    ("like = []", "like []: must be the name or path of a sheet (line 1)"),
    ("schema = 2", "schema 2 is newer than 1, the newest that this camtwin reads: update"),
    ("schema = 0", "schema 0 is older than 1, the oldest that this camtwin reads: see what"),
    ('schema = "1"', "schema '1': must be a whole number, 1 (line 1)"),
]
"""Whole sheets, and what is told of each."""
WRONG_ROWS = [
    ('without = ["features.TestPatern"]', "without features.TestPatern: there is no such row; do you mean"),
    ("without = 3", "without must be a list of rows"),
    (
        "readout.row_clock = { value = 1, source = 'x' }",
        "readout.row_clock 1: is no word of this file; do you mean row_clocks? (line 6)",
    ),
    (
        "lins.filter_ns = { value = 1, source = 'x' }",
        "lins: is no word of this file; do you mean lines? (line 6)",
    ),
    ("clock.tick_ns = { value = 1.5, source = 'x' }", "clock.tick_ns 1.5: must be a valid integer"),
    ("clock.tick_ns = { value = 1, source = 2 }", "clock.tick_ns.source 2: must be words in quotes"),
    ('sensor = "imx3044"', "there is no data sheet of a sensor 'imx3044'; do you mean imx304?"),
    ("features.DeviceModelName = false", "features.DeviceModelName must be a table, not False (line 6)"),
    ('without = ["features.DeviceModelName"]', "features.DeviceModelName has no value: hosts ask each"),
]
"""Rows of a child, and what is told of each when it is read."""
WRONG_FEATURES = [
    ("Wdith = {}", "there are no features Wdith; do you mean Width? (line 6)"),
    ("Height = { mx = 3, source = 'x' }", "Height: no rule uses mx; do you mean max? (line 6)"),
    ("Height = { max = 'x', source = 'x' }", "Height.max 'x': must be a whole number (line 6)"),
    ("Height = { max = 1, source = 'x' }", "Height 3000: is above its maximum 1 (line 6)"),
    ("Height = { min = 9000, source = 'x' }", "Height.min 9000: must be at most its max, 3000 (line 6)"),
    ("GevHeartbeatTimeout = { default = 1, source = 'x' }", "GevHeartbeatTimeout 1: is below its minimum"),
    (
        "PixelFormat = { entries = ['Mono8', 'Mno12'], source = 'x' }",
        "PixelFormat has no entry Mno12; do you mean Mono12? (line 6)",
    ),
    ("LineMode = { default = { Lin0 = 'Input' }, source = 'x' }", "LineMode.default has Lin0, of which"),
    ("PixelFormat = { entries = { Mono8 = 1, Mono12 = 1 }, source = 'x' }", "PixelFormat: two entries have"),
    (
        "PixelFormat = { words = { Mono8 = 'a b' }, source = 'x' }",
        "PixelFormat.words: must be a table, each a",
    ),
]
"""Rows of features of a child, and what is told of each when a twin is made."""


@pytest.mark.parametrize(("text", "message"), [*WRONG, *((CHILD + row, told) for row, told in WRONG_ROWS)])
def test_a_wrong_sheet_is_told_in_one_line(sheets, text, message):
    path = sheets("mine.toml", text)
    with pytest.raises(models.SheetInvalid) as wrong:
        models.load(path)
    assert str(wrong.value).startswith(f"{path}: {message}")
    assert "\n" not in str(wrong.value)


@pytest.mark.parametrize(("row", "message"), WRONG_FEATURES)
def test_a_wrong_feature_is_told_in_one_line(sheets, row, message):
    path = sheets("mine.toml", f"{CHILD}features.{row}")
    with pytest.raises(models.SheetInvalid) as wrong:
        interface(models.load(path))
    assert str(wrong.value).startswith(f"{path}: {message}")
    assert "\n" not in str(wrong.value)


def test_a_circle_names_its_sheets(sheets):
    one = sheets("one.toml", 'like = "two"')
    two = sheets("two.toml", 'like = "three.toml"')
    three = sheets("three.toml", f'like = "{two}"')
    with pytest.raises(models.SheetInvalid, match=rf"circle: {two} -> {three} -> {two} \(line 1\)$"):
        models.load(one)


def test_a_chain_has_an_end(sheets):
    path, *_ = [sheets(f"c{number}.toml", f'like = "c{number - 1}"') for number in reversed(range(20))]
    with pytest.raises(models.SheetInvalid, match="like has more than 15 sheets behind it"):
        models.load(path)
