"""The tutorial for a camera of one's own does what it says, as written."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

import pytest

import camtwin
import warm
from unit.genicam.small_camera import DESCRIPTION, VALUES

TEXT = (Path(__file__).parents[2] / "docs" / "your-camera.md").read_text(encoding="utf-8")


def blocks(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", TEXT, re.S)


def spoken(block: str) -> list[tuple[list[str], list[str]]]:
    """Commands of a block, each with the lines that it is to print."""
    parts = [part.splitlines() for part in re.split(r"^\$ ", block, flags=re.M) if part]
    return [(shlex.split(first)[1:], rest) for first, *rest in parts]


def test_each_step_does_as_it_says(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "camera.xml").write_text(DESCRIPTION)
    (tmp_path / "values.txt").write_text(VALUES)
    (tmp_path / "wrong.toml").write_text('like = "my-camera.toml"\nfeatures.Widht = {}\n')
    for block in blocks("console"):
        for words, printed in spoken(block):
            done = warm.run(*words, timeout=110)
            said = [*done.stdout.splitlines(), *done.stderr.splitlines()]
            assert done.returncode == (2 if "wrong.toml" in words else 0), said
            assert said[: len(printed)] == printed or not printed
            assert said or "snap" in words
    (example,) = blocks("python")
    exec(compile(example, "your-camera.md", "exec"), {})
    assert capsys.readouterr().out == "SM-23M 1936\n"
    assert camtwin.open("adopted.toml", render=False).DeviceVendorName == "Acme Optics"
    (child,) = blocks("toml")
    (tmp_path / "usb.toml").write_text(child)
    cam = camtwin.open("usb.toml", render=False)
    assert (cam.DeviceModelName, cam.twin.sheet.link) == ("SM-23MU", "usb3")
    cam.ExposureTime = 100.0
    steps = [frame.timestamp_ns for frame in cam.grab(3)]
    assert 1e9 / (steps[2] - steps[1]) == pytest.approx(164, rel=0.003)
    assert {"my-camera.toml", "my-camera-sensor.toml", "frame.tiff"} <= {*os.listdir(tmp_path)}
