"""Stock Harvesters takes a twin for a camera of a GenTL producer.

Each check is run on a sabotaged twin, too, and fails there.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from peers.gentl import MODELS, PYTHONPATH, GentlTwins, harvesters
from peers.netns import HERE, PeerError, sabotaged
from peers.pulsing import PERIOD_ns

PULSING: Sequence[str | Path] = (sys.executable, HERE / "pulsing.py")
TICK_ns = 8
EXPOSURE_ns = 400_000_000  # gentl_session.events
READWRITE = 1
CUSTOM = ("sony-imx412-aack", "framos-fsm-imx412")
"""A bare sensor and a module: devices without a camera's link."""
UNREAD = re.compile(
    r"Acquisition(Abort|Start|Stop)|CounterReset|SequencerSet(Load|Save)|Timestamp(Latch|Reset)"
    r"|TriggerSoftware|UserSet(Load|Save)"  # commands without a register that is read
    r"|Chunk(?!ModeActive|Selector|Enable)\w+|Event(?!Selector|Notification)\w+"  # none has come yet
    r"|LineSource|TimerTriggerActivation"  # the selected line is an input, the timer's trigger no line
)
"""The features that have no value in a fresh session."""


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("run")


@pytest.fixture(scope="module")
def twins(folder: Path) -> Iterator[GentlTwins]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(folder))
        with GentlTwins(models=(*MODELS, *CUSTOM)) as running:
            yield running


def check_list(twins: GentlTwins) -> None:
    first, second, *custom = harvesters("listed")
    assert first[:3] == ["Baumer", "VCXG-124M", "GEV"]
    assert second[:3] == ["Basler", "acA4112-20um", "U3V"]
    assert [first[3], second[3]] == twins.serials[:2]
    assert [first[4], second[4]] == [f"{v}-{m}-{s}" for v, m, _, s, *_ in (first, second)]
    assert [first[5], second[5]] == [READWRITE, READWRITE]
    names = [["Sony", "IMX412-AACK", "Custom"], ["FRAMOS", "FSM-IMX412C", "Custom"]]
    assert [each[:3] for each in custom] == names
    assert [each[3] for each in custom] == twins.serials[2:]


def check_features(_: GentlTwins) -> None:
    got = harvesters("features")
    assert got["written"] == [2500.0, 6.0, "Mono12", 640 * 480 * 2]
    assert [name for name in got["unread"] if not UNREAD.fullmatch(name)] == []
    assert set(got["unread"].values()) == {"AccessException"}
    assert got["above the limit"][:1] == ["OutOfRangeException"]
    assert got["no entry"][:1] == ["InvalidArgumentException"]
    assert got["no register"][:1] == ["InvalidAddressException"]
    assert "no register at 0x70000000" in got["no register"][1]
    assert got["read-only"][:1] == ["AccessDeniedException"]
    assert "SCDA is a register of the network" in "".join(got["network"])
    assert got["again"]
    assert got["stream"] == ["Stream0", "GigEVision", "OldestFirst"]
    assert got["device"] == ["GigEVision", "OpenReadWrite"]
    assert got["interface"] == ["camtwin-gev", 0]


def check_picture(_: GentlTwins) -> None:
    got = harvesters("picture")
    assert got["first"] == [x % 256 for x in range(640)]
    assert got["alike"]


def check_stream(_: GentlTwins) -> None:
    rate = ("AcquisitionFrameRateEnable=true", "AcquisitionFrameRate=20.0")
    got = harvesters(
        "streamed", "count=30", "buffers=10", "ExposureTime=2000", *rate, "Width=640", "Height=480"
    )
    assert got["ids"] == list(range(1, 31))
    assert got["shape"] == [640, 480, "Mono8", 640 * 480]
    assert (got["lost"], got["delivered"] >= 30) == (0, True)
    assert got["different"] == 30, "each frame has noise of its own"
    assert all(abs(b - a - 50_000_000) <= TICK_ns for a, b in pairwise(got["stamps"]))


def check_software(_: GentlTwins) -> None:
    assert harvesters("triggered") == {"ids": [1, 2, 3, 4, 5], "idle": [True] * 5}


def check_chunks(_: GentlTwins) -> None:
    """Check the values by the adapter of GenApi, and the number that DSGetBufferChunkData lists."""
    for model, exposure_us in (("VCXG-124M", 2500.0), ("acA4112-20um", 2500.0)):
        got = harvesters("chunks", f"model={model}")
        assert got["values"]["Timestamp"] == got["stamp"]
        assert got["values"]["ExposureTime"] == exposure_us
        assert (got["contains"], got["number"]) == (True, 4), "three, and the image"


def check_events(_: GentlTwins) -> None:
    for model in ("VCXG-124M", "acA4112-20um"):
        got = harvesters("events", f"model={model}")
        assert len(got["heard"]) == 3, got
        exposures_ns = [h - s for h, s in zip(got["heard"], got["stamps"], strict=True)]
        assert all(abs(e - EXPOSURE_ns) <= TICK_ns for e in exposures_ns), got


def check_two(_: GentlTwins) -> None:
    gev, usb = harvesters("two")
    assert gev == list(range(1, 11)), gev
    assert usb == list(range(10)), usb


def check_opened_again(_: GentlTwins) -> None:
    """Check 50 sessions, each of which streams, for threads and descriptors that they leave behind."""
    before, after = harvesters("opened_again", timeout=100)
    assert after == before


CHECKS: dict[Callable[[GentlTwins], None], str] = {
    check_list: "gentl-id-nameless",
    check_features: "gentl-refusals-lost",
    check_picture: "gentl-slots-shifted",
    check_stream: "gentl-frames-uncounted",
    check_software: "gentl-frames-uncounted",
    check_chunks: "gentl-chunks-unsaid",
    check_events: "gentl-events-unsaid",
    check_two: "gentl-frames-uncounted",
    check_opened_again: "gentl-session-stays",
}
"""Each check, and what is wrong with a twin that it has to find."""


@pytest.mark.parametrize("check", CHECKS)
def test_harvesters(check: Callable[[GentlTwins], None], twins: GentlTwins, folder, monkeypatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    check(twins)


@pytest.mark.parametrize("sabotage", sorted(set(CHECKS.values())))
def test_they_turn_red(sabotage: str) -> None:
    custom = CUSTOM if sabotage == CHECKS[check_list] else ()
    with GentlTwins(command=sabotaged(sabotage), models=(*MODELS, *custom)) as twins:
        for check, broken in CHECKS.items():
            if broken == sabotage:
                with pytest.raises((AssertionError, PeerError)):
                    check(twins)


def check_full_frames(count: int) -> None:
    got = harvesters("streamed", f"count={count}", "buffers=10", timeout=20 + count)
    assert got["ids"] == list(range(1, count + 1))
    assert (got["shape"], got["lost"]) == ([4096, 3000, "Mono8", 4096 * 3000], 0)
    assert got["different"] == count


def test_full_frames(request: pytest.FixtureRequest) -> None:
    """Take full frames and lose none at pace max; `make soak` takes 200, and as many at pace 1."""
    count = request.config.getoption("--frames")
    assert isinstance(count, int)
    for pace in ("max", "1") if count >= 200 else ("max",):
        with GentlTwins("--pace", pace, models=MODELS[:1]):
            check_full_frames(count)
    broken = GentlTwins("--pace", "max", models=MODELS[:1], command=sabotaged("gentl-frames-uncounted"))
    with broken, pytest.raises(AssertionError):
        check_full_frames(3)


def check_pulses() -> None:
    """Check for a frame at each rising edge, as far apart as the pulses, to a tick of the camera's clock."""
    stamps = harvesters("pulses")
    assert all(abs(b - a - PERIOD_ns) <= TICK_ns for a, b in pairwise(stamps)), stamps


@pytest.mark.parametrize("sabotage", ["", "pulses-early"])
def test_line_triggers(sabotage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", PYTHONPATH)
    command = (*PULSING, sabotage) if sabotage else PULSING
    with GentlTwins(command=command, models=["baumer-vcxg-124m"]):
        if sabotage:
            with pytest.raises(AssertionError):
                check_pulses()
        else:
            check_pulses()


def test_the_documentation() -> None:
    """Run the example of docs/gentl.md as it stands there."""
    page = (HERE.parents[1] / "docs/gentl.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", page, re.S)
    env = {**os.environ, "PYTHONPATH": PYTHONPATH}
    command = [sys.executable, "-c", example]
    with GentlTwins(models=["baumer-vcxg-124m"]):
        done = subprocess.run(command, env=env, text=True, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    width, height, mean = done.stdout.split()
    assert (int(width), int(height)) == (4096, 3000)
    assert 1 < float(mean) < 255
