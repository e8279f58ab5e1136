"""Data sheets: every number has its source, and a wrong sheet is told in one line."""

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


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "value = 1598",
            "value = -3",
            "baumer-vcxg-124m: readout.row_clocks -3: Input should be greater than 0",
        ),
        ("value = 1598", 'value = "many"', "readout.row_clocks 'many': Input should be a valid integer"),
        (', assumed = "a room"', "", "baumer-vcxg-124m: thermal.ambient_C must say either source or assumed"),
        ("row_clocks =", "row_clock =", "readout.row_clock 1598: Extra inputs"),
        (ROW_CLOCKS, "", "baumer-vcxg-124m: Value error, neither readout.row_clocks nor drive modes"),
        ('sensor = "imx304"', 'sensor = "imx999"', "no data sheet of a sensor 'imx999'"),
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
    with pytest.raises(models.SheetInvalid, match=f"{NAME}: no such feature: Wdith"):
        build(sheet)
