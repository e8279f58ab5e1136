"""Streams of modules to stock programs: several readers, several modules, slow ones, and those that die."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from camtwin.models import load_modes
from camtwin.models.mode_file import modes_text
from peers.netns import CAMTWIN, HERE, sabotaged
from peers.test_v4l2 import LINE_us, ModuleTwin, executed

SMALL = ("--set-fmt-video=width=1280,height=720,pixelformat=RG10", "--stream-mmap")
FASTEST_us = 3092 * LINE_us
"""Interval of frames of 1280 x 720 at the highest rate."""


@dataclass(frozen=True)
class Frames:
    """Frames that v4l2-ctl has received: their numbers, and their times in microseconds."""

    numbers: list[int]
    times_us: list[int]

    @classmethod
    def of(cls, said: str) -> Frames:
        found = re.findall(r"cap dqbuf: .* seq: +(\d+) .* ts: (\d+)\.(\d{6}) ", said)
        return cls([int(n) for n, _, _ in found], [int(s) * 10**6 + int(us) for _, s, us in found])


def read(number: str | int, *args: str, count: int) -> Frames:
    """Stream frames to v4l2-ctl."""
    node = ("v4l2-ctl", "-d", f"/dev/video{number}")
    done = executed(*node, *args, "--verbose", f"--stream-count={count}", timeout=100)
    assert done.returncode == 0, done.stderr
    return Frames.of(done.stderr)


def together(readers: Sequence[tuple[str | int, Sequence[str]]], count: int) -> list[Frames]:
    """Stream to several readers at once."""
    with ThreadPoolExecutor(len(readers)) as pool:
        return list(pool.map(lambda one: read(one[0], *one[1], count=count), readers))


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))


# -- several readers, several modules ------------------------------------------------------------------
def check_lossless(some: Sequence[Frames], count: int, interval_us: float) -> None:
    for frames in some:
        assert frames.numbers == list(range(count))
        assert np.diff(frames.times_us) == pytest.approx([interval_us] * (count - 1), abs=1.1)


def shared(command: Sequence[str | Path] = CAMTWIN) -> tuple[list[Frames], str]:
    """Stream to two readers while a third program sets a control and reads it back."""
    options = ("--still", "--pace", "max", "--shared")
    with ModuleTwin(*options, command=command) as twin, ThreadPoolExecutor(1) as pool:
        both = pool.submit(together, [(twin.number, SMALL)] * 2, 60)
        node = ("v4l2-ctl", "-d", f"/dev/video{twin.number}")
        told = [twin.run(*node, "-c", f"exposure={us}", "-C", "exposure") for us in (3000, 4000)]
        return both.result(), told[-1]


def check_shared(said: tuple[list[Frames], str]) -> None:
    frames, told = said
    check_lossless(frames, 60, FASTEST_us)
    assert told == "exposure: 3998\n"  # 744 lines


def four(command: Sequence[str | Path] = CAMTWIN) -> list[Frames]:
    """Stream from four modules at once, to one program."""
    with ModuleTwin("--still", "--pace", "max", models=4, command=command) as twin:
        told = twin.run(sys.executable, HERE / "v4l2_four.py", *twin.numbers, timeout=100)
        return [Frames(one["numbers"], one["times_us"]) for one in json.loads(told)]


def check_four(frames: Sequence[Frames]) -> None:
    assert len(frames) == 4
    check_lossless(frames, 45, 9405 * 2976 / 839.7)  # 30.0008 frames/s: the lines that fit into 1/30 s


def test_two_readers_and_a_controller():
    check_shared(shared())


def test_four_modules_lose_nothing():
    check_four(four())


def test_lost_frames_turn_them_red():
    with pytest.raises(AssertionError):
        check_shared(shared(sabotaged("video-frames-skipped")))
    with pytest.raises(AssertionError):
        check_four(four(sabotaged("video-frames-skipped")))


# -- linuxpy -------------------------------------------------------------------------------------------
def linuxpy(command: Sequence[str | Path] = CAMTWIN) -> dict:
    with ModuleTwin("--still", "--pace", "max", command=command) as twin:
        told = twin.run(sys.executable, HERE / "v4l2_linuxpy.py", twin.number, timeout=100)
        return json.loads(told) | {"number": twin.number}


def check_linuxpy(told: dict) -> None:
    """Check what it finds, 50 starts and stops, an event through epoll, and frames."""
    assert told["found"] == [f"/dev/video{told['number']}"]
    assert told["card"] == "FRAMOS FSM-IMX412"
    assert told["sizes"] == [[1280, 720], [1920, 1080], [3840, 2160], [4056, 3040]]
    assert told["gain"] == 1000
    assert told["fps"] == pytest.approx(30, abs=0.005)
    assert told["starts"] == [[0, 1]] * 50
    assert told["event"] == [3, 0x009A2009, 7014]
    assert told["bytes"] == 1280 * 720 * 2
    assert np.diff(told["stamps"]) == pytest.approx([1 / told["fps"]] * 3, abs=2e-6)


def test_linuxpy():
    check_linuxpy(linuxpy())


def test_linuxpy_turns_red():
    with pytest.raises(AssertionError):
        check_linuxpy(linuxpy(sabotaged("video-frames-recounted")))


# -- v4l2-compliance with streams ----------------------------------------------------------------------
def compliance(folder: Path, command: Sequence[str | Path] = CAMTWIN) -> str:
    """Let v4l2-compliance stream in all ways, in all formats of a mode file of small sizes."""
    full = load_modes("framos-fsm-imx412-4-lanes", "imx412")[0]
    small = [full.model_copy(update={"active_w": 64 * n, "active_h": 48 * n}) for n in (1, 2)]
    (folder / "small.dts").write_text(modes_text([small[0], small[1], full]))
    with ModuleTwin(
        "--still", "--pace", "max", "--modes", str(folder / "small.dts"), command=command
    ) as twin:
        return executed(
            "v4l2-compliance", "-d", f"/dev/video{twin.number}", "-s", "4", "-f", "3", timeout=110
        ).stdout


def check_streaming_compliance(said: str) -> None:
    """Check that all is well, and that it did stream, in each way and each format."""
    (total,) = re.findall(
        r"^Total for .*: (\d+), Succeeded: (\d+), Failed: (\d+), Warnings: (\d+)$", said, re.M
    )
    assert total[0] == total[1]
    assert total[2:] == ("0", "0")
    for way in (
        "read/write",
        "blocking wait",
        "MMAP (no poll)",
        "MMAP (select)",
        "MMAP (epoll)",
        "USERPTR (select)",
    ):
        assert f"test {way}: OK" in said
    assert (
        len(re.findall(r"test MMAP for Format RG10, Frame Size \d+x\d+@", said)) == 6
    )  # the ends of the rates
    assert len(re.findall(r"Field None: OK", said)) == 6


def test_compliance_with_streams(tmp_path):
    check_streaming_compliance(compliance(tmp_path))


def test_compliance_turns_red(tmp_path):
    with pytest.raises(AssertionError):
        check_streaming_compliance(compliance(tmp_path, sabotaged("video-frames-recounted")))


# -- the clock of the wall ------------------------------------------------------------------------------
def rate(command: Sequence[str | Path] = CAMTWIN) -> float:
    """Return the frames a second that come in real time, by the times at which v4l2-ctl tells of them."""
    with ModuleTwin("--still", command=command) as twin:
        program = (
            *CAMTWIN,
            "exec",
            "--",
            "v4l2-ctl",
            "-d",
            f"/dev/video{twin.number}",
            *SMALL,
            "--set-parm=30",
        )
        came: list[tuple[int, float]] = []
        with subprocess.Popen(
            [*map(str, program), "--verbose", "--stream-count=90"], stderr=subprocess.PIPE, text=True
        ) as started:
            assert started.stderr
            for line in started.stderr:
                if found := re.search(r"dqbuf: .* seq: +(\d+)", line):
                    came.append((int(found[1]), time.perf_counter()))
    numbers, seconds = np.transpose(came[10:])
    return float(1 / np.polyfit(numbers, seconds, 1)[0])


@pytest.mark.alone
def test_thirty_frames_a_second_are_thirty():
    assert rate() == pytest.approx(30, rel=0.01)


@pytest.mark.alone
def test_a_slow_clock_turns_it_red():
    assert rate(sabotaged("video-time-slow")) != pytest.approx(30, rel=0.01)


# -- readers that are slow, or die ---------------------------------------------------------------------
def slow(command: Sequence[str | Path] = CAMTWIN) -> Frames:
    """Stream in real time to a reader that sleeps for a second after six frames."""
    with ModuleTwin("--still", command=command) as twin:
        return read(twin.number, *SMALL, "--stream-sleep=6", count=12)


def check_slow(frames: Frames) -> None:
    """Check that frames for which there was no buffer are gaps in the numbers, as long as the times say."""
    steps = np.diff(frames.numbers)
    assert steps.min() >= 1
    assert steps.max() > 20
    assert np.diff(frames.times_us) == pytest.approx(steps * FASTEST_us, abs=1.1)


def test_frames_that_a_slow_reader_loses_are_gaps():
    check_slow(slow())


def test_gaps_that_are_hidden_turn_red():
    with pytest.raises(AssertionError):
        check_slow(slow(sabotaged("video-frames-renumbered")))


def reader(twin: ModuleTwin) -> subprocess.Popen[str]:
    """Start a reader of frames; return it once frames come."""
    program = (*CAMTWIN, "exec", "--", "v4l2-ctl", "-d", f"/dev/video{twin.number}", *SMALL)
    started = subprocess.Popen(
        [*map(str, program), "--verbose"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    assert started.stderr
    next(line for line in started.stderr if "dqbuf" in line)
    return started


def test_readers_that_are_killed_others_and_the_server_itself():
    with ModuleTwin("--still") as twin:
        node = ("v4l2-ctl", "-d", f"/dev/video{twin.number}")
        first = reader(twin)
        busy = executed(*node, "--stream-mmap", "--stream-count=1")
        assert "Device or resource busy" in busy.stderr
        first.kill()
        first.communicate(timeout=10)
        for _ in range(3):
            twin.run(*node, *SMALL, "--stream-count=2")
        last = reader(twin)
        twin.kill()
        _, said = last.communicate(timeout=10)
    assert re.search("No such device|error", said)  # of the program's own, and no hang


# -- modes that change, and whoever is not the user ------------------------------------------------------
def test_a_mode_file_that_changes(tmp_path):
    modes = load_modes("framos-fsm-imx412-4-lanes", "imx412")
    file = tmp_path / "own.dts"
    file.write_text(modes_text(modes[:3]))
    with ModuleTwin("--still", "--pace", "max", "--modes", str(file)) as twin:
        sizes = ("v4l2-ctl", "-d", f"/dev/video{twin.number}", "--list-framesizes", "RG10")
        assert re.findall(r"Discrete (\S+)", twin.run(*sizes)) == ["4056x3040", "3840x2160"]
        file.write_text(modes_text([modes[4], modes[0], modes[3]]))
        assert re.findall(r"Discrete (\S+)", twin.run(*sizes)) == ["1280x720", "4056x3040", "1920x1080"]
        assert [len(read(twin.number, "--stream-mmap", count=2).numbers)] == [2]
        file.write_text("/ { mode0 { }; };")
        assert re.findall(r"Discrete (\S+)", twin.run(*sizes)) == ["1280x720", "4056x3040", "1920x1080"]
        refused = [line for line in twin.said if "own.dts" in line]
    assert len(refused) == 1
    assert refused[0].endswith("1 modes, a device tree has room for 3 to 5; the modes stay as they are\n")


NOBODY = 65534
CONNECT = """
import socket, sys
with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as client:
    client.settimeout(20)
    client.connect(sys.argv[1])
    try:
        print(client.recv(1) == b"")
    except ConnectionResetError:
        print(True)
"""


def test_nobody_else_is_served():
    """The folder keeps other users out; where root lets them in, the server hangs up."""
    with ModuleTwin("--still") as twin:
        folder = Path(os.environ["XDG_RUNTIME_DIR"]) / "camtwin"
        assert folder.stat().st_mode & 0o777 == 0o700
        node = folder / f"video{twin.number}"
        assert node.stat().st_mode & 0o777 == 0o600

        inside = os.open(folder, os.O_PATH)
        command = ["/usr/bin/python3", "-c", CONNECT, f"/proc/self/fd/{inside}/{node.name}"]

        def other() -> subprocess.CompletedProcess[str]:
            """Connect as another user, whom the folders above do not keep out."""
            options = {"user": NOBODY, "group": NOBODY, "extra_groups": [], "pass_fds": (inside,)}
            return subprocess.run(command, capture_output=True, text=True, timeout=30, cwd="/", **options)

        assert "PermissionError" in other().stderr
        folder.chmod(0o711)
        node.chmod(0o666)
        assert other().stdout == "True\n"
        folder.chmod(0o700)
        os.close(inside)
        assert len(read(twin.number, *SMALL, count=2).numbers) == 2
