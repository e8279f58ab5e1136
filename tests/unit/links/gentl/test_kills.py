"""Programs and servers that are killed: nothing stays behind, the next one works, the other side is told."""

from __future__ import annotations

import os
import random
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import pytest

from camtwin.links import native
from unit.links.gentl.calls import IO, Library, Opened
from unit.links.gentl.sanitized import built, consumed
from unit.links.gentl.serving import Serving
from warm import Program

SOON_ns = 200_000_000
"""Time within which a program hears that the server has died."""
RUN = [
    *("run", "baumer-vcxg-124m", "--gentl-only", "--scene", "flat"),
    *("--set", "Width=64", "--set", "Height=64"),
]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Compile the consumer; the producer is the one that users have."""
    first, _ = built("", tmp_path_factory.mktemp("consumer"))
    return [first, native.build(native.GENTL) / native.GENTL.file]


@pytest.fixture(scope="module", autouse=True)
def small(library: Library, serving: Serving) -> None:
    opened = Opened(library)
    for feature, value in {"TriggerMode": 0, "Width": 64, "Height": 64}.items():
        assert serving.write(opened, feature, value) == 0
    opened.close()


def consumer(program: list[Path], serving: Serving) -> subprocess.Popen[str]:
    addresses = [str(serving.address(f"Acquisition{end}")) for end in ("Start", "Stop")]
    return subprocess.Popen(
        [*program, "streams", "1", "1", *addresses],
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def held() -> tuple[int, int]:
    """Return how many descriptors and maps of frames this process has, in which the server runs."""
    return len(os.listdir("/proc/self/fd")), Path("/proc/self/maps").read_text().count("camtwin-frames")


def shared() -> list[str]:
    return [name for name in os.listdir("/dev/shm") if "camtwin" in name]


def test_killed_programs(program: list[Path], serving: Serving, kills: int) -> None:
    """Kill programs at any moment, while they open and while they stream; the next one has the camera."""
    chance = random.Random(1)
    consumed(program, "orders", 1, serving)
    _until(lambda: not serving.server.connections)
    before = held()
    for _ in range(kills // 2):
        killed = consumer(program, serving)
        assert killed.stdout
        if chance.random() < 0.5:
            killed.stdout.readline()
        time.sleep(chance.uniform(0, 0.03))
        killed.kill()
        killed.communicate()
        assert "1 frames" in consumed(program, "orders", 1, serving)
    _until(lambda: not serving.server.connections)
    assert (held(), shared()) == (before, [])


def _until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not true() and time.monotonic() < end:
        time.sleep(0.01)


def test_killed_servers(
    program: list[Path], serving: Serving, kills: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kill a server at any moment: its program has an error with a text; the next server works."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))  # `serving` only knows addresses here
    chance, late_ns = random.Random(2), []
    for _ in range(kills // 2):
        server = Program(RUN)
        assert server.stdout
        assert any("ready" in line for line in iter(server.stdout.readline, ""))
        left = consumer(program, serving)
        assert left.stdout
        streams = chance.random() < 0.7
        if streams:
            assert left.stdout.readline() == "streams\n"
        time.sleep(chance.uniform(0, 0.03))
        server.kill()
        killed_ns = time.monotonic_ns()
        told, _ = left.communicate(timeout=30)
        server.wait()
        server.stdout.close()
        told = told.removeprefix("streams\n")
        if streams:
            lost_ns, code, closed, _, text = told.splitlines()[0].split(" ", 4)
            assert (int(code), int(closed)) == (IO, 0)
            assert re.fullmatch(r"Baumer-VCXG-124M-\d+: its server (has gone|does not answer)", text)
            late_ns.append(int(lost_ns) - killed_ns)
        else:  # whatever it was about to do, it ended, and said why
            assert re.search(r"server|twin|IFGetDeviceID|open_device|\d+ ", told), told
    assert median(late_ns) < SOON_ns, late_ns
    assert shared() == []
    assert len(list((tmp_path / "camtwin").glob("gentl*"))) == 1, "each server has removed the one before"
