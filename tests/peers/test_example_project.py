"""The example project's tests pass as its user runs them: with stock Aravis, on two workers."""

from __future__ import annotations

import shutil
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from peers.netns import Namespace

PROJECT = Path(__file__).parents[2] / "examples" / "pytest-project"
INSTALLED = any(point.value == "camtwin.testing.plugin" for point in entry_points(group="pytest11"))
PLUGIN = () if INSTALLED else ("-p", "camtwin.testing.plugin")


@pytest.mark.timeout(300)
def test_the_project(tmp_path):
    project = shutil.copytree(PROJECT, tmp_path / "project", ignore=shutil.ignore_patterns("__pycache__"))
    with Namespace() as net:
        done = net.run(sys.executable, "-m", "pytest", *PLUGIN, "-n", "2", ok=False, timeout=280, cwd=project)
    assert "10 passed" in done.stdout, done.stdout + done.stderr
