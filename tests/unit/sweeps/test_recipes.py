"""Recipes of examples/sweeps, small: their answers, which theory and data sheets have, too."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

from camtwin.models import load
from camtwin.planner.rates import rates_of
from camtwin.session.session import connect

RECIPES = Path(__file__).parents[3] / "examples" / "sweeps"


@pytest.fixture
def recipe(tmp_path, monkeypatch):
    """Run a recipe into a folder of the test; check that its report is there, and return its rows."""
    monkeypatch.syspath_prepend(str(RECIPES))

    def run(name: str) -> Any:
        rows = runpy.run_path(str(RECIPES / f"{name}.py"))["main"](["-o", str(tmp_path), "--small"])
        page = (tmp_path / name / "report.html").read_text()
        assert "<svg" in page
        assert "nan" not in page
        return rows

    return run


def test_exposure_has_the_signal_to_noise_ratio_of_theory(recipe):
    rows = recipe("exposure")
    assert len(rows) == 6
    for gain, exposure_us, measured, theory in rows:
        assert measured == pytest.approx(theory, rel=0.02), (gain, exposure_us)


def test_codes_are_read_where_the_lens_leaves_contrast(recipe):
    rows = {(r["f_number"], r["distance_mm"], r["speed"]): r for r in recipe("codes")}
    assert rows[8, 400, 0]["codes_read"] == 3
    near, stopped = rows[2, 300, 0], rows[8, 300, 0]
    assert near["codes_read"] < stopped["codes_read"]
    assert near["contrast"] < 0.2 < stopped["contrast"]
    assert rows[8, 400, 3500]["codes_read"] < 3  # 14 px of motion: black and white of 6 px are exchanged


def test_rates_are_those_that_the_plan_says(recipe):
    rates = recipe("rates")
    for (model, cameras), rate in rates.items():
        speed = {1: 1_000_000_000, 2: 500_000_000, 3: 333_333_333, 4: 250_000_000}[cameras]
        with connect(model, render=False, link_speed=speed) as cam:
            assert rate == pytest.approx(rates_of(cam.twin.camera).fps, rel=0.01), (model, cameras)


def test_training_pairs_have_the_noise_of_the_sheet(recipe):
    for gain, slope, sheet in recipe("training"):
        assert slope == pytest.approx(sheet, rel=0.1), gain


def test_transfer_tells_the_gain_of_the_sheet(recipe):
    gains = recipe("transfer")
    assert len(gains) == 3
    for model, (found, sheet) in gains.items():
        assert found == pytest.approx(sheet, rel=0.05), model
        assert load(model)
