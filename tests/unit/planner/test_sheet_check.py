"""`camtwin check`: what is missing, what is assumed, and what the twin does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from camtwin.models import SheetInvalid
from camtwin.planner.sheet_check import check
from unit.test_cli import camtwin as cli

BOX = Path(__file__).parents[1] / "verify" / "invented" / "box-1.toml"
CHILD = f'like = "{BOX}"\nsensor = "plate"\n'


def test_rates_are_the_readouts_and_the_links():
    found = check(str(BOX))
    row_ns = 500 / 50e6 * 1e9
    fps = 1e9 / (480 * row_ns + 200_000)
    assert [(r.pixel_format, r.payload_bytes, r.limited_by) for r in found.rates] == [
        ("Mono8", 640 * 480, "the sensor"),
        ("Mono10", 2 * 640 * 480, "the link"),
    ]
    eight, ten = found.rates
    assert eight.fps == pytest.approx(fps, rel=1e-3)
    assert ten.without_link_fps == pytest.approx(fps, rel=1e-3)
    assert 125e6 / (640 * 480 * 2) / ten.fps == pytest.approx(1.06, abs=0.03)  # headers and gaps of packets


def test_what_is_assumed_and_what_lies_not_beside_it():
    found = check(str(BOX))
    assert {"features.DeviceVersion", "parameters.pedestal_DN"} <= {fact.path for _, fact in found.assumed}
    assert found.missing == ()
    assert [what.partition(":")[0] for what in found.not_beside] == ["box-1.rig.toml"]


def test_what_is_missing(tmp_path):
    own = tmp_path / "mine.toml"
    own.write_text(
        f'like = "{BOX}"\nwithout = ["features.AcquisitionStop"]\n'
        'events.queue = { value = 4, source = "to fill: chapter on events" }'
    )
    found = check(str(own))
    assert found.missing == ("feature AcquisitionStop, which hosts ask each camera for",)
    assert [(of, fact.path) for of, fact in found.to_fill] == [("mine", "events.queue")]
    done = cli("check", str(own), "--json", ok=False)
    assert done.returncode == 1
    assert json.loads(done.stdout)["missing"] == [*found.missing]
    assert "Missing" in cli("check", str(own), ok=False).stdout


def test_a_sheet_that_cannot_be_used_is_told_with_its_line(tmp_path):
    own = tmp_path / "mine.toml"
    own.write_text(f'like = "{BOX}"\nfeatures.Width = {{ max = 641, source = "x" }}')
    with pytest.raises(SheetInvalid, match=r"mine.toml: .*641.*\(line 2\)$"):
        check(str(own))
