"""A sheet of five lines of one's own: stock Aravis sees another resolution, link and rate."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from peers.netns import ADDRESS, CAMTWIN, PLAIN_SCENE, Namespace, Running, sabotaged

PARENT = "basler-aca4112-20um"
CHILD = f"""like = "{PARENT}"
link = "gige"
readout.row_clocks = {{ value = 5000, source = "67.34 us a row" }}
features.Width = {{ max = 1024, default = 1024, source = "its sheet" }}
features.Height = {{ max = 512, default = 512, source = "its sheet" }}
"""
PERIOD_ns = 512 * 5000 / 74.25e-3 + 672_970
"""Rows of 5000 clocks of 74.25 MHz, and its parent's overhead of a frame."""


@contextlib.contextmanager
def served(sheet: Path, command: Sequence[str | Path]) -> Iterator[Namespace]:
    """Run the camera of a sheet in a network of its own."""
    sheet.write_text(CHILD)
    with (
        Namespace() as namespace,
        Running(namespace, *command, "run", str(sheet), "--bind", ADDRESS, *PLAIN_SCENE),
    ):
        yield namespace


def check_child(folder: Path, command: Sequence[str | Path] = CAMTWIN) -> None:
    with served(folder / "my-camera.toml", command) as net:
        asked = [
            ("bounds", "Width"),
            ("bounds", "Height"),
            ("get", "DeviceTLType"),
            ("get", "DeviceModelName"),
        ]
        answers = net.aravis("features", json.dumps(asked))
        assert answers == [[16, 1024], [8, 512], "GigEVision", "acA4112-20um"]
        taken = net.aravis("grab", "--frames", "8", "--set", "ExposureTime=100")
        frames = [frame for frame in taken["frames"] if frame["status"] == "success"]
        assert {(frame["width"], frame["height"], frame["bytes"]) for frame in frames} == {
            (1024, 512, 1024 * 512)
        }
        steps = [b["timestamp_ns"] - a["timestamp_ns"] for a, b in pairwise(frames)]
        assert all(abs(step - PERIOD_ns) < 20 for step in steps), (steps, PERIOD_ns)


def test_stock_aravis_sees_the_child(tmp_path):
    check_child(tmp_path)


@pytest.mark.parametrize("name", ["Width from 32", "rows take 7 % more"])
def test_a_child_that_is_another_is_noticed(name, tmp_path):
    with pytest.raises(AssertionError):
        check_child(tmp_path, sabotaged(name))
