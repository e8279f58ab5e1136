"""`camtwin diff`: a child differs from its parent in what it says, and in what follows from that."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from camtwin import models
from camtwin.planner.sheet_diff import NONE, differences
from unit.test_cli import camtwin as cli

BOX = Path(__file__).parents[1] / "verify" / "invented" / "box-1.toml"
CHILD = f"""
like = "{BOX}"
without = ["features.ReverseX"]
readout.row_clocks = {{ value = 1000, source = "x" }}
features.Width = {{ max = 320, default = 320, source = "x" }}
features.PixelFormat = {{ entries = ["Mono8"], source = "x" }}
"""


@pytest.fixture
def child(tmp_path) -> str:
    (tmp_path / "plate.toml").write_text(BOX.with_name("plate.toml").read_text())
    (tmp_path / "child.toml").write_text(CHILD)
    return str(tmp_path / "child.toml")


def test_a_camera_does_not_differ_from_itself():
    assert differences(str(BOX), str(BOX)) == []
    assert cli("diff", str(BOX), str(BOX)).stdout == "0 differences\n"


def test_a_child_differs_where_it_says_so_and_where_that_shows(child):
    found = {d.what: (d.one, d.other) for d in differences(str(BOX), child)}
    assert found["readout.row_clocks"] == ("500", "1000")
    assert found["ReverseX"] == ("RW", NONE)
    assert found["Width: limits"] == ("16 to 640", "16 to 320")
    assert found["PixelFormat: entries"] == ("Mono8, Mono10", "Mono8")
    assert found["frames/s in Mono8"] == ("200.00, limited by the sensor", "102.04, limited by the sensor")
    assert found.keys() == {
        *("readout.row_clocks", "ReverseX", "Width: limits", "PixelFormat: entries"),
        *("frames/s in Mono8", "frames/s in Mono10"),
        "OffsetX: limits",  # a narrower image has room to move on the same sensor
    }


def test_the_command_line_says_the_same(child):
    done = cli("diff", str(BOX), child, "--json", ok=False)
    assert done.returncode == 1
    assert {row["what"] for row in json.loads(done.stdout)} == {d.what for d in differences(str(BOX), child)}
    with pytest.raises(models.UnknownModel):
        differences(str(BOX), "nothing")
