"""Every command on every model that `camtwin list` names."""

import json
import os
from typing import Any

import pytest

from camtwin.camera.links import KINDS
from camtwin.cli import main
from camtwin.cli.common import app
from camtwin.models import load, names
from unit.test_cli import camtwin as cli

OPTIONS = {
    "run": ("--for", "0.05", "--port", "0"),
    "show": (),
    "xml": (),
    "snap": ("--set", "Width=96", "--set", "Height=64", "-o", "{folder}/a.png"),
    "verify": ("--only", "*id*", "--jobs", "1"),
    "lens": ("--focal", "25", "--distance", "500"),
    "lab emva": ("--set", "Width=96", "--set", "Height=64", "--json"),
}
"""Each command that takes a model, and what makes it short."""
REFUSED = {("run", "sony-imx412-aack"): "has no link"}


def commands(of: Any = None, before: str = "") -> set[str]:
    """Return the commands with an argument MODEL."""
    import typer

    found: set[str] = set()
    group: Any = of or typer.main.get_command(app)
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            found |= commands(command, f"{before}{name} ")
        elif any(
            str(p.metavar).startswith("MODEL") for p in command.params if p.param_type_name == "argument"
        ):
            found.add(f"{before}{name}")
    return found


def test_they_are_all_here():
    assert main
    assert commands() == OPTIONS.keys()


@pytest.mark.parametrize("model", names())
@pytest.mark.parametrize("command", OPTIONS)
def test_it_runs(command, model, tmp_path):
    words = [*command.split(), model, *(text.format(folder=tmp_path) for text in OPTIONS[command])]
    if command == "run" and KINDS[load(model).link].has_network:
        words += ["--bind", f"127.{os.getpid() % 250 + 1}.77.{names().index(model) + 1}"]  # nobody else's
    refusal = REFUSED.get((command, model))
    done = cli(*words, ok=not refusal)
    if refusal:
        assert done.returncode == 2
        assert refusal in done.stderr
    else:
        assert done.stdout or command == "snap"
    if command == "lab emva":
        report = json.loads(done.stdout)
        gain = load(model).parameters.converting(report["bits"]).gain_DN_per_e
        for channel in report["channels"]:
            measured = channel["figures"]["K"]
            assert abs(measured["value"] - gain) < 5 * measured["error"]
