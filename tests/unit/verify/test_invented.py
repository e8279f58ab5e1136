"""A camera that nobody makes, by the paths of its sheet and its ledger: its claims need no Python."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from camtwin.verify import claims, measures
from camtwin.verify.proven import proven_by_measurement
from camtwin.verify.verdicts import groups, measure
from unit.test_cli import camtwin as cli

HERE = Path(__file__).parent / "invented"
SHEET, LEDGER = HERE / "box-1.toml", HERE / "box-1.tsv"
ROWS = claims.parse(LEDGER.name, LEDGER.read_text())

WRONG_SHEETS = [
    ('value = "Box 1"', 'value = "Crate"', {"ident.model"}),
    ("value = 45", "value = 54", {"housing.weight"}),
    ('value = "aluminum"', 'value = "zinc"', {"housing.material"}),
    ('["CE", "FCC"]', '["CE"]', {"housing.fcc"}),
    ("value = [-20, 70]", "value = [-20, 60]", {"housing.storage"}),
    ("SensorPixelWidth = { value = 5.0", "SensorPixelWidth = { value = 5.5", {"pixels.side"}),
    ("max = 640, inc = 8", "max = 640, inc = 4", {"pixels.width_step"}),
    ("Height = { min = 2", "Height = { min = 4", {"pixels.height_min"}),
    ('["Mono8", "Mono10"]', '["Mono8", "Mono10", "Mono12"]', {"pixels.formats"}),
    ("max = 1_000_000, inc = 1", "max = 900_000, inc = 1", {"exposure.range"}),
    ("Gain = { min = 0, max = 24", "Gain = { min = 0, max = 23", {"gain.range"}),
    ("row_clocks = { value = 500", "row_clocks = { value = 600", {"rate.full"}),
]
"""What a sheet may say wrong, and the rows that must turn red."""

WRONG_CLAIMS = {
    "box.ident.model": "Box 2", "box.housing.weight": "44", "box.housing.material": "zinc",
    "box.housing.fcc": "UL", "box.housing.storage": "-20..60", "box.pixels.mpix": "0.30",
    "box.pixels.side": "3.3", "box.pixels.width_step": "16", "box.pixels.height_min": "1",
    "box.pixels.formats": "Mono8", "box.pixels.mono10": "Mono8", "box.exposure.range": "1..1000000",
    "box.gain.range": "0..48", "box.rate.full": "100",
}  # fmt: skip


def red(sheet, rows):
    """Names of the rows that fail, without the family."""
    measures.load()
    results = [r for group in groups(rows) for r in measure(str(sheet), group)]
    return {r.claim.id.removeprefix("box.") for r in results if r.verdict == "fail"}


def test_all_claims_hold_and_are_proven_by_their_measurements():
    assert red(SHEET, ROWS.values()) == set()
    assert proven_by_measurement(ROWS.values()) >= {"box.pixels.formats", "box.rate.full"}


@pytest.mark.parametrize(("old", "new", "rows"), WRONG_SHEETS, ids=lambda value: str(value)[:30])
def test_a_wrong_sheet_turns_exactly_its_rows_red(old, new, rows, tmp_path):
    text = SHEET.read_text()
    assert text.count(old) == 1
    (tmp_path / SHEET.name).write_text(text.replace(old, new))
    (tmp_path / "plate.toml").write_text((HERE / "plate.toml").read_text())
    assert red(tmp_path / SHEET.name, ROWS.values()) == rows


def test_a_wrong_claim_turns_exactly_its_row_red():
    for name, value in WRONG_CLAIMS.items():
        wrong = [replace(row, value=value) if row.id == name else row for row in ROWS.values()]
        assert red(SHEET, wrong) == {name.removeprefix("box.")}


def test_on_the_command_line(tmp_path):
    said = json.loads(cli("verify", str(SHEET), "--ledger", str(LEDGER), "--jobs", "1", "--json").stdout)
    assert said["model"] == "box-1"
    assert len(said["claims"]) == len(ROWS)
    assert "fail" not in {row["verdict"] for row in said["claims"]}
    broken = tmp_path / "broken.tsv"
    broken.write_text(LEDGER.read_text().replace("limits:Gain", "limts:Gain"))
    done = cli("verify", str(SHEET), "--ledger", str(broken), ok=False)
    assert done.stderr.strip().endswith(
        "broken.tsv: box.gain.range: measure 'limts:Gain': "
        "there is no measurement 'limts', the nearest is 'limits'"
    )
