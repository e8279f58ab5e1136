"""The help as it prints: it fits the terminal, its options say a sentence, and its examples can be typed."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator

import pytest
import typer

from camtwin.cli import app

ROOT = typer.main.get_command(app)


def commands(group, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], object]]:
    """Yield each command, with the words that call it."""
    yield words, group
    for name, command in getattr(group, "commands", {}).items():
        yield from commands(command, (*words, name))


COMMANDS = dict(commands(ROOT))


def printed(words: tuple[str, ...], columns: int = 80, flag: str = "--help") -> str:
    run = [sys.executable, "-m", "camtwin", *words, flag]
    env = {**os.environ, "COLUMNS": str(columns)}
    return subprocess.run(run, capture_output=True, text=True, check=True, env=env).stdout


@pytest.mark.parametrize("columns", [80, 40])
@pytest.mark.parametrize("words", [(), ("run",), ("play",), ("lab", "emva")])
def test_help_fits_the_terminal(words, columns):
    lines = printed(words, columns).splitlines()
    long = [line for line in lines if len(line) > columns and len(shlex.split(line.rstrip("\\"))) > 1]
    assert long == []  # but for a word that is as long, a path or a quoted one
    assert lines[0].startswith("Usage: ")


def test_h_is_help():
    assert printed(("run",), flag="-h") == printed(("run",))


def test_commands_and_options_stand_in_groups():
    headings = re.findall(r"^(\w.*):$", printed(()), re.M)
    assert headings == [
        "Options",
        "Run cameras",
        "Look at models",
        "Make images",
        "Plan and check",
        "Examples",
    ]
    headings = re.findall(r"^(\w.*):$", printed(("run",)), re.M)
    assert headings[:5] == ["Arguments", "Camera", "GigE cameras", "USB cameras", "Bare sensors"]
    assert headings[5:] == ["Sensor modules", "Time", "Output", "Options", "Examples"]


@pytest.mark.parametrize("words", COMMANDS)
def test_each_text_is_a_sentence(words):
    command = COMMANDS[words]
    texts = [command.help, *(param.help for param in command.params if param.name != "help")]  # pyright: ignore
    for text in texts:
        first = text.partition("  [")[0]
        assert re.match(r"(?!What |Of |Whose |Where |In |From )[A-Z]", first), first
        assert first.rstrip().endswith("."), first
        assert len(first.split()) > 2, first


@pytest.mark.parametrize("words", COMMANDS)
def test_examples_can_be_typed(words):
    epilog = COMMANDS[words].epilog  # pyright: ignore[reportAttributeAccessIssue]
    examples = [line.partition(" > ")[0] for line in epilog.splitlines() if not line.startswith("#")]
    assert examples
    assert any(tuple(shlex.split(line)[1 : 1 + len(words)]) == words for line in examples)
    for line in examples:
        program, *arguments = shlex.split(line)
        assert program == "camtwin"
        command, context, name = ROOT, None, program
        while hasattr(command, "commands"):  # a group, whose next word is a command
            context = command.make_context("camtwin", [], parent=context, resilient_parsing=True)
            name, *arguments = arguments or ["--help"]
            command = command.commands[name]  # pyright: ignore[reportAttributeAccessIssue]
        if "-h" not in arguments:
            command.make_context(name, arguments, parent=context)


@pytest.mark.parametrize(
    ("typed", "word", "offered"),
    [("camtwin wi", 1, "wiring"), ("camtwin show ids", 2, "ids-imx412"), ("camtwin run --pc", 2, "--pcap")],
)
def test_the_shell_completes(typed, word, offered):
    env = {**os.environ, "_CAMTWIN_COMPLETE": "complete_bash", "COMP_WORDS": typed, "COMP_CWORD": str(word)}
    run = [
        sys.executable,
        "-c",
        "import sys; sys.argv[0] = 'camtwin'; from camtwin.__main__ import main; main()",
    ]
    done = subprocess.run(run, capture_output=True, text=True, env=env)
    assert offered in done.stdout
