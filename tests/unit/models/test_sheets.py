"""Data sheets: every number has its source, and a wrong sheet is told in one line."""

import re
from importlib.resources import files

import pytest

from camtwin import models
from camtwin.twins import build

NAME = "baumer-vcxg-124m"
TEXT = (files("camtwin.models") / "cameras" / f"{NAME}.toml").read_text()
ROW_CLOCKS = next(line for line in TEXT.splitlines() if line.startswith("row_clocks"))


def test_numbers_are_the_sheets():
    sheet = models.load(NAME)
    p = sheet.sensor.parameters
    assert (p.width, p.height, p.pixel_um, p.read_noise_e) == (4096, 3000, 3.45, 2.0)
    assert p.quantum_efficiency(536) == 0.673
    assert sheet.clock.tick_ns == 8
    assert sheet.memory.size_bytes == 36_000_000


def test_every_fact_says_where_it_comes_from():
    sheet = models.load(NAME)
    facts = (*sheet.facts, *sheet.sensor.facts)
    assert len(facts) > 60
    assert all(f.source for f in facts)
    assumed = {f.path for f in facts if f.assumed}
    assert {"memory.stored_bits", "parameters.pedestal_DN", "features.TestPattern"} <= assumed
    assert "readout.row_clocks" not in assumed


@pytest.mark.parametrize("name", ["imx477", "imx577"])
def test_siblings_of_a_sensor_are_sheets_that_a_camera_of_ones_own_can_name(name, tmp_path):
    camera = (files("camtwin.models") / "cameras" / "sony-imx412-aack.toml").read_text()
    (tmp_path / "own.toml").write_text(camera.replace('sensor = "imx412"', f'sensor = "{name}"'))
    sensor = models.load(str(tmp_path / "own.toml")).sensor
    assert sensor.title == f"Sony {name.upper()}"
    assert all(fact.source for fact in sensor.facts)
    rates = {fact.path: re.search(r"([0-9.]+) frame/s", fact.source) for fact in sensor.facts}
    for mode, drive in sensor.modes.items():
        said = rates[f"modes.{mode}"]
        assert said
        fps = sensor.timing.clock_hz / drive.line_clocks / drive.frame_lines
        assert abs(fps - float(said[1])) < 0.06


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "value = 1598",
            "value = -3",
            "baumer-vcxg-124m: readout.row_clocks -3: must be greater than 0",
        ),
        ("value = 1598", 'value = "many"', "readout.row_clocks 'many': must be a valid integer"),
        (', assumed = "a room"', "", "baumer-vcxg-124m: thermal.ambient_C must say either source or assumed"),
        ("row_clocks =", "row_clock =", "readout.row_clock 1598: is no word of this file"),
        (ROW_CLOCKS, "", "baumer-vcxg-124m: neither readout.row_clocks nor drive modes"),
        ('sensor = "imx304"', 'sensor = "imx999"', "there is no data sheet of a sensor 'imx999'"),
        ("[clock]", "[clok]", "baumer-vcxg-124m: clock"),
        ("{ value = 1598,", "{ value = 1598", "baumer-vcxg-124m: "),
        (
            "Width = { min = 16,",
            "Width = { min = 16, assumed = 'x',",
            "features.Width must say either source or assumed, once",
        ),
    ],
)
def test_a_wrong_sheet_is_told_in_one_line(old, new, message):
    models.parse(NAME, TEXT)
    assert old in TEXT
    with pytest.raises(models.SheetInvalid) as problem:
        models.parse(NAME, TEXT.replace(old, new, 1))
    assert message in str(problem.value)
    assert "\n" not in str(problem.value)


def test_an_unknown_model_names_those_there_are():
    with pytest.raises(models.UnknownModel, match=r"no model 'x': there are .*baumer-vcxg-124m"):
        models.load("x")


def test_rows_that_no_feature_asks_for_are_told_with_the_sheets_name():
    sheet = models.parse(NAME, TEXT.replace("Width = { min", "Wdith = { min", 1))
    with pytest.raises(models.SheetInvalid, match=f"{NAME}: there are no features Wdith"):
        build(sheet)


def altered(name: str, **rows: dict) -> models.CameraSheet:
    """Return the data sheet with these words in rows of features."""
    sheet = models.load(name)
    rows = {feature: {**sheet.features[feature], **row} for feature, row in rows.items()}
    return sheet.model_copy(update={"features": {**sheet.features, **rows}})


def test_a_sheet_names_lines_events_and_ids_of_its_own():
    sheet = altered(
        NAME,
        LineSelector={"entries": {"Line0": 0, "Line7": 7}},
        LineMode={"inputs": ["Line0", "Line7"], "outputs": [], "default": "Input"},
        LineFormat={"formats": {"Line0": "OptoCoupled", "Line7": "TTL"}},
        EventSelector={"entries": {"Line7FallingEdge": 40, "EventLost": 17}, "ids": IDS},
    )
    camera = build(sheet).camera
    told: list = []
    camera.events.subscribe(lambda event: bool(told.append(event)))
    camera.tree.set(camera, "EventNotification", "On", "Line7FallingEdge")
    camera.lines["Line7"].pulse(100_000)
    camera.clock.advance_to(10_000_000)
    assert [(event.name, event.number) for event in told] == [("Line7FallingEdge", 0x9123)]
    assert "<EventID>9123</EventID>" in camera.xml


IDS = {"Line7FallingEdge": 0x9123, "EventLost": 0x9011}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ({"EventSelector": {"ids": IDS}}, "EventSelector: the data sheet gives no id for ExposureStart, "),
        (
            {"ChunkSelector": {"ids": {"Image": 1}}},
            "ChunkBinningHorizontal: the data sheet gives no id",
        ),
        ({"PixelFormat": {"entries": {"Mono8": 1, "Mono9": 2}}}, "PixelFormat has no entry Mono9"),
        ({"LineSource": {"entries": ["Off", "Line9"]}}, "LineSource has no entry Line9"),
    ],
)
def test_a_wrong_row_is_told(rows, message):
    with pytest.raises(models.SheetInvalid, match=message):
        build(altered(NAME, **rows))


def test_a_table_is_as_long_as_the_sheet_says():
    camera = build(altered(NAME, LUTValueAll={"count": 256, "highest": 255})).camera
    assert camera.settings.LUTValueAll == b"".join(bytes((0, code)) for code in range(256))
    length, highest = models.load(NAME).features["LUTValueAll"].values()
    assert (len(build(models.load(NAME)).camera.settings.LUTValueAll), highest) == (2 * length, 4095)


def test_a_drive_mode_converts_as_its_sensor_can():
    sensor = models.load("sony-imx412-aack").sensor
    modes = {**sensor.modes, "Odd": sensor.modes["Full10"].model_copy(update={"bits": 11})}
    with pytest.raises(ValueError, match=r"mode Odd converts to 11 bits, the sensor to \(12, 10\)"):
        models.SensorSheet(**{**dict(sensor), "modes": modes})


def test_a_sheet_of_ones_own_goes_by_its_path(tmp_path):
    own = tmp_path / "my-camera.toml"
    own.write_text(TEXT.replace('sensor = "imx304"', 'sensor = "my-sensor"'))
    with pytest.raises(
        models.SheetInvalid, match=rf"^{own}: there is no data sheet of a sensor 'my-sensor' \(line 6\)$"
    ):
        models.load(str(own))
    sensor = (files("camtwin.models") / "sensors" / "imx304.toml").read_text()
    (tmp_path / "my-sensor.toml").write_text(sensor.replace('"Sony IMX304"', '"Mine"'))
    sheet = models.load(str(own))
    assert (sheet.name, sheet.sensor.title, sheet.rig) == ("my-camera", "Mine", None)
    assert build(sheet).camera.settings.Width == 4096


def test_what_surrounds_a_camera_lies_beside_its_sheet(tmp_path):
    own = tmp_path / "my-camera.toml"
    own.write_text(TEXT)
    assert not models.has_rig(str(own))
    rig = (files("camtwin.models") / "rigs" / f"{NAME}.toml").read_text()
    (tmp_path / "my-camera.rig.toml").write_text(rig)
    assert models.has_rig(str(own))
    assert models.load_rig(str(own)).name == "my-camera"
    assert models.load(str(own)).rig == models.load_rig(str(own))


def test_a_wrong_sheet_of_ones_own_is_told_with_its_file(tmp_path):
    own = tmp_path / "my-camera.toml"
    with pytest.raises(models.UnknownModel, match=f"^no model '{own}': there is no file {own}$"):
        models.load(str(own))
    own.write_text(TEXT.replace("value = 1598", "value = -3"))
    wrong = rf"^{own}: readout.row_clocks -3: must be greater than 0 \(line 9\)$"
    with pytest.raises(models.SheetInvalid, match=wrong):
        models.load(str(own))
