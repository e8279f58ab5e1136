"""The GitHub Action's steps and the compose example's do what they say, with Aravis as their client."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from peers.netns import BIN, CAMTWIN, SYSTEM_PYTHON, Namespace, RunningTwin

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "examples" / "compose"


def read(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@pytest.fixture
def runner(tmp_path, monkeypatch) -> Path:
    """Return a folder like that of GitHub's runner: what a step writes is in `output`."""
    monkeypatch.setenv("RUNNER_TEMP", str(tmp_path))
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    monkeypatch.setenv("PATH", str(BIN), prepend=":")
    return tmp_path


def step(net: Namespace, monkeypatch: pytest.MonkeyPatch, **given: str):
    """Run the action's step that runs a camera."""
    action = read(ROOT / "action.yml")
    inputs = {name: row["default"] for name, row in action["inputs"].items()} | given
    (run,) = (each for each in action["runs"]["steps"] if each.get("id") == "run")
    for name, expression in run["env"].items():
        monkeypatch.setenv(name, inputs[expression.removeprefix("${{ inputs.").removesuffix(" }}")])
    return net.run("bash", "-e", "-c", run["run"], ok=False, timeout=100)


@pytest.mark.timeout(200)
def test_the_action_runs_a_camera_for_later_steps(runner, monkeypatch):
    with Namespace() as net:
        done = step(net, monkeypatch, options="--set Width=1024 --set Height=64 --bind 127.0.0.7")
        assert done.returncode == 0, done.stdout + done.stderr
        assert (runner / "output").read_text() == "address=127.0.0.7\n"
        assert "Width = 1024" in net.arv_tool("control", "Width", address="127.0.0.7")


@pytest.mark.timeout(200)
def test_the_action_fails_with_what_the_program_said(runner, monkeypatch):
    with Namespace() as net:
        done = step(net, monkeypatch, model="baumer-vcxg-124", options="; touch $RUNNER_TEMP/pwned")
    assert done.returncode == 1
    assert "baumer-vcxg-124m" in done.stdout
    assert not (runner / "output").exists()
    assert not (runner / "pwned").exists()


def test_the_compose_example(tmp_path):
    services = read(COMPOSE / "compose.yaml")["services"]
    program, *options = services["camera"]["command"].split()
    _, interpreter, *check = services["camera"]["healthcheck"]["test"]
    assert (program, interpreter) == ("run", "python3")
    with Namespace() as net:
        assert net.run(sys.executable, *check, ok=False).returncode  # nobody answers yet
        with RunningTwin(net, CAMTWIN, *options[1:]):
            net.run(sys.executable, *check)
            said = net.run(SYSTEM_PYTHON, COMPOSE / "grab.py").stdout
    assert said.splitlines()[0].startswith("Baumer VCXG-124M ")
    assert said.splitlines()[1] == "success success success success success"
