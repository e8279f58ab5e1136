"""Stock Aravis with triggers and with a sequencer: what it finds in the chunks of real frames."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from peers.netns import HERE, Namespace, sabotaged, twin
from peers.pulsing import PERIOD_ns

SMALL = ("Width=64", "Height=48", "ChunkModeActive=true")
TICK_ns = 8
SETS = (1000.0, 2500.0, 4321.0)
"""Exposure times of a sequence, us."""


def chunks(*names: str) -> list[str]:
    return [text for name in names for text in (f"ChunkSelector={name}", "ChunkEnable=true")]


def grab(net: Namespace, settings: Sequence[str], frames: int, names: Sequence[str], *args: str) -> dict:
    asked = [a for text in (*SMALL, *settings) for a in ("--set", text)]
    got = net.aravis("chunks", *asked, "--frames", str(frames), *args, *names)
    assert [f["status"] for f in got["frames"]] == ["success"] * frames
    return got


def check_software(net: Namespace) -> None:
    """Check for one frame per trigger, and no other."""
    settings = ("TriggerMode=On", "TriggerSource=Software", *chunks("FrameID", "ExposureTime"))
    got = grab(net, settings, 4, ("integer:ChunkFrameID", "float:ChunkExposureTime"), "--software")
    assert [f["ChunkFrameID"] for f in got["frames"]] == [1, 2, 3, 4]
    assert [f["ChunkExposureTime"] for f in got["frames"]] == [4000.0] * 4
    assert got["extra"] is False


def check_line(net: Namespace) -> None:
    """Check for a frame at each rising edge, as far apart as the pulses, to a tick of the camera's clock."""
    settings = ("TriggerMode=On", "TriggerSource=Line0", "TriggerActivation=RisingEdge", *chunks("Timestamp"))
    frames = grab(net, settings, 6, ["integer:ChunkTimestamp"])["frames"]
    gaps = [b["ChunkTimestamp"] - a["ChunkTimestamp"] for a, b in pairwise(frames)]
    assert all(abs(gap - PERIOD_ns) <= TICK_ns for gap in gaps), gaps


def check_sequencer(net: Namespace) -> None:
    """Check three sets that follow one another with each exposure, from the first on.

    They show in the chunks' exposure times, sets and region, in order.
    """
    settings = ["TriggerMode=On", "TriggerSource=Software", "SequencerConfigurationMode=On"]
    for number, exposure in enumerate(SETS):
        settings += [f"ExposureTime={exposure}", f"OffsetX={16 * number}"]
        settings += [f"SequencerSetSelector={number}", "SequencerPathSelector=0"]
        settings += [f"SequencerSetNext={(number + 1) % len(SETS)}", "SequencerTriggerSource=ExposureActive"]
        settings += ["SequencerTriggerActivation=RisingEdge", "SequencerSetSave"]
    settings += ["SequencerSetStart=0", *chunks("ExposureTime", "SequencerSetActive", "OffsetX")]
    settings += ["SequencerConfigurationMode=Off", "SequencerMode=On"]
    names = ("float:ChunkExposureTime", "integer:ChunkSequencerSetActive", "integer:ChunkOffsetX")
    frames = grab(net, settings, 7, names, "--software")["frames"]
    told = [(f["ChunkSequencerSetActive"], f["ChunkExposureTime"], f["ChunkOffsetX"]) for f in frames]
    assert told == [(i % 3, SETS[i % 3], 16 * (i % 3)) for i in range(7)]


PULSING: Sequence[str | Path] = (sys.executable, HERE / "pulsing.py")
HONEST = {"software": check_software, "line": check_line, "sequencer": check_sequencer}


@pytest.fixture(autouse=True)
def importable(monkeypatch):
    """Let the pulsing twin import this folder's modules."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(HERE.parent), os.environ.get("PYTHONPATH", "")]))


@pytest.mark.parametrize("name", ["software", "sequencer"])
def test_aravis(name):
    with twin() as net:
        HONEST[name](net)


def test_aravis_takes_a_frame_for_each_pulse_of_a_line():
    with twin(command=PULSING) as net:
        check_line(net)


@pytest.mark.parametrize(
    ("sabotage", "name"),
    [("triggers-doubled", "software"), ("sequencer-stuck", "sequencer"), ("sets-misnumbered", "sequencer")],
)
def test_turns_red(sabotage, name):
    with twin(command=sabotaged(sabotage)) as net, pytest.raises(AssertionError):
        HONEST[name](net)


def test_pulses_that_come_early_turn_red():
    with twin(command=(*PULSING, "pulses-early")) as net, pytest.raises(AssertionError):
        check_line(net)
