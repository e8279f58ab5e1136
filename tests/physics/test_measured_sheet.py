"""The laboratory's round trip: hidden camera -> folder of images -> sensor's sheet -> twin -> laboratory.

Whatever the first laboratory found within its errors, the second one finds again within both: figures of the
twin of the measured sheet are compared with the numbers of the hidden camera.
"""

from __future__ import annotations

import json
from math import hypot
from pathlib import Path

import pytest

from camtwin import models
from unit.test_cli import camtwin as cli

BOX = Path(__file__).parents[1] / "unit" / "verify" / "invented" / "box-1.toml"
HIDDEN = """
like = "{plate}"
parameters.read_noise_e = {{ value = {read}, source = "hidden" }}
parameters.gain_DN_per_e = {{ value = {gain}, source = "hidden" }}
parameters.full_well_e = {{ value = {well}, source = "hidden" }}
parameters.pedestal_DN = {{ value = {pedestal}, source = "hidden" }}
parameters.dsnu_e = {{ value = {dsnu}, source = "hidden" }}
parameters.prnu = {{ value = {prnu}, source = "hidden" }}
parameters.qe = {{ value = [[400, 0.3], [536, {qe}], [700, 0.3]], source = "hidden" }}
"""
CAMERAS = {
    "clipped by its converter": {
        "read": 6.5, "gain": 0.12, "well": 12_000.0, "pedestal": 24.0, "dsnu": 2.1, "prnu": 0.011, "qe": 0.52,
    },
    "clipped by its pixels": {
        "read": 9.0, "gain": 0.11, "well": 7_000.0, "pedestal": 20.0, "dsnu": 3.0, "prnu": 0.008, "qe": 0.71,
    },
}  # fmt: skip
FIGURES = ("eta", "K", "sigma_d", "mu_e_sat", "DSNU", "PRNU", "mu_y_dark")


def laboratory(*args: object) -> dict:
    """Run `camtwin lab emva`; return the figures of its one channel."""
    done = cli("lab", "emva", *map(str, args), "--json")
    return json.loads(done.stdout)["channels"][0]["figures"]


def box(folder: Path, name: str, sensor: str) -> Path:
    (folder / f"{name}.toml").write_text(f'like = "{BOX}"\nsensor = "{sensor}"\n')
    return folder / f"{name}.toml"


@pytest.mark.parametrize("hidden", CAMERAS.values(), ids=CAMERAS)
@pytest.mark.parametrize("sheet", [True, False], ids=["like another", "by itself"])
def test_a_measured_sheet_measures_the_same(hidden, sheet, tmp_path):
    (tmp_path / "secret.toml").write_text(HIDDEN.format(plate=BOX.with_name("plate.toml"), **hidden))
    (tmp_path / "plate.toml").write_text(BOX.with_name("plate.toml").read_text())
    first = box(tmp_path, "hidden", "secret")
    laboratory(first, "--save", tmp_path / "images", "--seed", 3)
    like = ("--sheet", box(tmp_path, "known", "plate")) if sheet else ()
    found = laboratory(tmp_path / "images", "--sensor-sheet", tmp_path / "measured.toml", *like)
    second = box(tmp_path, "twin", "measured")
    again = laboratory(second, "--seed", 4)
    p = models.load(str(first)).parameters
    true = {
        "eta": 100 * p.quantum_efficiency(536),
        "K": p.gain_DN_per_e,
        "DSNU": p.dsnu_e,
        "PRNU": 100 * p.prnu,
    }
    for name in FIGURES:
        error = hypot(found[name]["error"], again[name]["error"])
        assert abs(again[name]["value"] - found[name]["value"]) < 3 * error, name
        if name in true:
            assert abs(again[name]["value"] - true[name]) < 3 * error, name
    facts = {fact.path: fact for fact in models.load(str(second)).sensor.facts}
    assert facts["parameters.prnu"].source.startswith("the laboratory: PRNU, ")
    assert not facts["parameters.read_noise_e"].assumed
