"""The example project's tests pass as its user runs them, and each fails on the fault that it is about.

Stock Aravis, viva-genicam, Harvesters, GStreamer and OpenCV, on two workers.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from peers.example_breaks import BREAKS
from peers.netns import Namespace

ROOT = Path(__file__).parents[2]
PROJECT = ROOT / "examples" / "pytest-project"
INSTALLED = any(point.value == "camtwin.testing.plugin" for point in entry_points(group="pytest11"))
PLUGIN = () if INSTALLED else ("-p", "camtwin.testing.plugin")
TESTS = 19
"""Ten things that go wrong with cameras, most of them on two clients, and four tests of other clients."""


def outcome(folder: Path, *options: str) -> str:
    """Run the project's tests; return what pytest prints."""
    project = shutil.copytree(PROJECT, folder / "project", ignore=shutil.ignore_patterns("__pycache__"))
    with Namespace() as net:
        for worker in (1, 2):
            net.run(
                "ip", "addr", "add", f"127.0.{worker}.1/8", "dev", "lo"
            )  # viva-genicam's, as the README has it
        command = (sys.executable, "-m", "pytest", *PLUGIN, "-n", "2", *options)
        done = net.run(*command, ok=False, timeout=280, cwd=project)
    return done.stdout + done.stderr


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    path = os.pathsep.join(filter(None, (str(ROOT / "tests"), os.environ.get("PYTHONPATH"))))
    monkeypatch.setenv("PYTHONPATH", path)


@pytest.mark.timeout(300)
def test_the_project(tmp_path):
    said = outcome(tmp_path)
    assert f"{TESTS} passed" in said, said


@pytest.mark.timeout(300)
def test_each_of_its_tests_is_red_on_the_fault_it_is_about(tmp_path):
    said = outcome(tmp_path, "-p", "peers.example_breaks", "--tb=line")
    assert f"{TESTS} failed" in said, said
    assert "error" not in said.lower().splitlines()[-1], said


def test_each_break_has_its_test():
    tests = {
        name
        for file in PROJECT.glob("tests/*.py")
        for name in re.findall(r"def (test_\w+)", file.read_text())
    }
    assert tests == {name.partition("[")[0] for name in BREAKS}
