"""Processes of a sweep, which are killed: the same bytes in the end, and nothing is left running."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

import camtwin
from camtwin.sweeps import run
from camtwin.sweeps.api import Plan
from camtwin.sweeps.run import Progress
from unit.sweeps.kept import contents

MANY = {
    "models": "flir-bfs-u3-04s2m",
    "scene": "flat:{photons}@536",
    "frames": 4,
    "keep": ["frames", "statistics"],
    "grid": {"photons": {"from": 1e5, "to": 1e6, "steps": 60}},
}
TOML = """
models = "flir-bfs-u3-04s2m"
scene = "flat:{photons}@536"
frames = 4
keep = ["frames", "statistics"]
[grid]
photons = { from = 1e5, to = 1e6, steps = 60 }
"""


def workers() -> list[psutil.Process]:
    """Return the processes that take cells."""
    children = psutil.Process().children(recursive=True)
    return [each for each in children if "spawn_main" in " ".join(each.cmdline())]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Return what the sweep makes in one process."""
    out = tmp_path_factory.mktemp("undisturbed") / "out"
    camtwin.sweep(MANY).run(out)
    return contents(out)


@pytest.mark.timeout(600)
def test_killed_workers_change_nothing(kills, undisturbed, tmp_path, capfd, monkeypatch):
    """A tenth of --kills: a worker dies at cells that are spread over the run."""
    monkeypatch.setattr(run, "BATCH_s", 0.0)  # a cell at a time: some are always under way
    count = max(kills // 10, 1)
    at = {round((i + 1) * 60 / (count + 1)) for i in range(count)}
    killed = list[int]()

    def kill(progress: Progress) -> None:
        if progress.done in at and (alive := workers()):
            victim = alive[progress.done % len(alive)]
            killed.append(victim.pid)
            victim.kill()

    result = camtwin.sweep(MANY).run(tmp_path / "out", workers=2, told=kill)
    assert len({*killed}) == count
    assert result.made.failed == 0
    assert contents(tmp_path / "out") == undisturbed
    assert workers() == []
    said = capfd.readouterr()
    assert "Traceback" not in said.out + said.err


@pytest.mark.timeout(300)
def test_a_process_that_dask_gives_up_is_replaced(tmp_path, monkeypatch):
    """A busy computer starts processes so late that Dask waits for them no longer."""
    monkeypatch.setitem(run.LOCAL, "distributed.deploy.lost-worker-timeout", "1ms")
    monkeypatch.setattr(run, "BATCH_s", 0.0)

    def kill(progress: Progress) -> None:
        if progress.done == 2:
            workers()[0].kill()

    few = MANY | {"grid": {"photons": {"from": 1e5, "to": 1e6, "steps": 12}}, "keep": ["statistics"]}
    result = camtwin.sweep(few).run(tmp_path / "out", workers=1, told=kill)
    assert (result.made.done, result.made.failed) == (12, 0)


def dying(images, record):
    """Kill the process over one cell, always."""
    if record["columns"]["photons"] == 2e5:
        os.kill(os.getpid(), signal.SIGKILL)
    return {"top": int(images.max())}


@pytest.mark.timeout(600)
def test_a_cell_that_kills_its_process_fails_alone(tmp_path, monkeypatch):
    monkeypatch.setitem(run.LOCAL, "distributed.scheduler.allowed-failures", 0)
    few = MANY | {"grid": {"photons": [1e5, 2e5, 3e5]}, "frames": 1, "keep": []}
    result = camtwin.sweep(few, call="unit.sweeps.test_processes:dying").run(tmp_path / "out", workers=1)
    rows = result.table.to_pylist()
    assert [row["status"] for row in rows] == ["done", "failed", "done"]
    assert rows[1]["reason"].startswith("its process died, ")


def ended(tmp_path: Path, number: signal.Signals, wait: Callable[[Path], bool]) -> tuple[int, str, Path]:
    """Run the command until some cells are there, end it with a signal, and see that no process is left."""
    out, file = tmp_path / "out", tmp_path / "many.toml"
    file.write_text(TOML)
    command = [sys.executable, "-m", "camtwin", "sweep", str(file), "-o", str(out), "--workers", "2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        while not wait(out):
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(timeout=0.05)
        family = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(number)
        said, _ = process.communicate()
    _, alive = psutil.wait_procs(family, timeout=60)
    assert alive == []
    return process.returncode, said, out


def some(out: Path) -> bool:
    return len([*out.glob("cells/*/*.json")]) >= 3


@pytest.mark.timeout(600)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_ended_command_leaves_no_process_and_goes_on_where_it_was(number, undisturbed, tmp_path):
    code, said, out = ended(tmp_path, number, some)
    assert code == (130 if number is signal.SIGINT else -number)
    assert "Traceback" not in said
    there = {path: path.stat().st_mtime_ns for path in out.glob("cells/*/*.json")}
    assert 3 <= len(there) < 60
    plan: Plan = camtwin.sweep(tmp_path / "many.toml")
    taken = list[int]()
    plan.run(out, told=lambda progress: taken.append(progress.done))
    assert len(taken) == 60 - len(there)
    assert {path: path.stat().st_mtime_ns for path in there} == there
    assert contents(out) == undisturbed
