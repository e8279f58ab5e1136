"""The manual page has every command, option and example of the help, and groff formats it as it is."""

from __future__ import annotations

import shutil
import subprocess

import pytest
import typer
from typer.core import TyperGroup

import warm
from camtwin.cli import app
from camtwin.cli.manual import entries

ROOT = typer.main.get_command(app)
assert isinstance(ROOT, TyperGroup)
ENTRIES = [*entries(ROOT)]


@pytest.fixture(scope="module")
def page():
    return warm.run("--man").stdout


def test_every_command_is_there(page):
    assert {"camtwin run", "camtwin lab emva", "camtwin csi2 check"} <= {entry.words for entry in ENTRIES}
    plain = page.replace("\\-", "-").replace("\\e", "\\").replace("\\(dq", '"')
    for entry in ENTRIES[1:]:
        assert f'.SS "{entry.words} ' in plain
        assert all(f".B {name}\n" in plain for rows in entry.sections.values() for name, _ in rows)
        assert all(f"\n{example}\n" in plain for example in entry.examples)


def test_help_is_under_every_command():
    assert all(any("-h, --help" in dict(rows) for rows in e.sections.values()) for e in ENTRIES)


def test_groff_takes_it(page):
    groff = shutil.which("groff")
    if not groff:
        assert page.startswith('.TH CAMTWIN 1 "" "camtwin ')
        return
    done = subprocess.run(
        [groff, "-man", "-Tutf8", "-ww", "-z"], input=page, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
