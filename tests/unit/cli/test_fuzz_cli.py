"""A slice of `make fuzz`, and that it finds what is wrong."""

from __future__ import annotations

import pytest

import camtwin.cli.plan
from unit.cli import fuzz_cli, fuzz_processes
from unit.cli.words import COMMANDS

SLICE, SEED = 20_000, 20
PROCESSES = 200


@pytest.mark.timeout(600)
def test_whatever_is_typed_ends_in_a_line(tmp_path):
    typist, found = fuzz_cli.fuzz(SLICE, SEED, tmp_path)
    assert [(done.args, done.complaint) for done in found] == []
    assert fuzz_cli.untried(typist) == []
    assert min(typist.used[words] for words in COMMANDS) > SLICE / len(COMMANDS) / 2


def test_a_mistake_is_found(tmp_path, monkeypatch):
    def wrong(*_: object) -> None:
        raise KeyError("a mistake")

    monkeypatch.setattr(camtwin.cli.plan, "_tell", wrong)
    _, found = fuzz_cli.fuzz(2000, SEED, tmp_path)
    assert {done.args[0] for done in found} == {"wiring", "lens"}
    assert all("KeyError: 'a mistake'" in done.complaint for done in found)


def test_the_same_seed_types_the_same():
    one, two, other = (fuzz_cli.Typist(seed) for seed in (7, 7, 8))
    lines = [[typist.line() for _ in range(50)] for typist in (one, two, other)]
    assert lines[0] == lines[1] != lines[2]


@pytest.mark.timeout(600)
def test_processes_end_and_leave_none(tmp_path):
    ended = fuzz_processes.fuzz(PROCESSES, SEED, tmp_path)
    assert [(process, process.complaint) for process in ended if process.complaint] == []
    assert {process.how for process in ended} == {*fuzz_processes.HOWS}
    assert fuzz_processes.left() == []
