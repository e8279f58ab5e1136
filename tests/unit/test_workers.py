"""Modules keep to one worker; those that wait have workers of their own, beside those of the cores."""

import re
import subprocess
import sys
from pathlib import Path

import conftest

TEST = "import pytest\n@pytest.mark.parametrize('n', range(4))\ndef test_it(n): pass\n"
WAITING = conftest.WAITING[:6]
CLOCK = [f"peers/{name}" for name in conftest.BY_THE_CLOCK[:2]]
LATE = "import os, time\ntime.sleep(os.environ.get('PYTEST_XDIST_WORKER') == 'gw1')\n"
OTHERS = ("peers/test_one", "peers/test_two", "test_three", "test_four")


def workers(folder: Path, *arguments: str) -> dict[str, set[str]]:
    """Run small modules under the project's own scheduler; the workers that each was run by.

    The second worker starts last, as any of them may.
    """
    folder.mkdir()
    (folder / "conftest.py").write_text(Path(conftest.__file__).read_text() + LATE)
    (folder / "pytest.ini").write_text("[pytest]\nmarkers = alone\n")
    for name in (*WAITING, *CLOCK, *OTHERS):
        module = folder / f"{name}.py"
        module.parent.mkdir(exist_ok=True)
        module.write_text(TEST)
    command = (sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", *arguments)
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)
    assert not done.returncode, done.stdout
    ran: dict[str, set[str]] = {}
    for worker, name in re.findall(r"\[(gw\d)\].* PASSED ([\w/]+)\.py", done.stdout):
        ran.setdefault(name, set()).add(worker)
    assert done.stdout.count("PASSED") == 4 * (len(WAITING) + len(CLOCK) + len(OTHERS))
    return ran


def test_the_last_workers_take_only_what_waits(tmp_path):
    ran = workers(tmp_path / "it", "-n", "4", "--waiters", "2", "--import-mode=importlib")
    taken = {worker: {name for name, by in ran.items() if worker in by} for worker in ("gw2", "gw3")}
    assert taken["gw2"] | taken["gw3"] <= {*WAITING}
    assert all(len(names) >= 2 for names in taken.values())
    assert all(len(by) == 1 for by in ran.values())
    assert ran[CLOCK[0]] == ran[CLOCK[1]]


def test_without_it_all_workers_take_what_comes(tmp_path):
    ran = workers(tmp_path / "it", "-n", "2", "--import-mode=importlib")
    assert {worker for by in ran.values() for worker in by} == {"gw0", "gw1"}
    assert all(len(by) == 1 for by in ran.values())
    assert ran[CLOCK[0]] == ran[CLOCK[1]]
