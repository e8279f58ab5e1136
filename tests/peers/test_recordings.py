"""Recorded through Aravis, played to Aravis: the same frames, and the same two missing."""

from __future__ import annotations

import hashlib
import os
import sys
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import camtwin
from camtwin.camera.reports.chunks import parse
from peers.netns import ADDRESS, BIN, CAMTWIN, HERE, MODEL, PLAIN_SCENE, Namespace, Running, sabotaged, twin

FRAMES, LOST = 200, (50, 120)
PACE = "4"
CHUNKS = ("FrameID", "ExposureTime", "Timestamp", "CounterValue", "Gain")
SMALL = ("Width=64", "Height=48", "Gain=3.5", "TestPattern=FrameCounter")
TRIGGERED = ("TriggerMode=On", "TriggerSource=Line0", "TriggerActivation=RisingEdge", "ChunkModeActive=true")
READ = ("integer:ChunkFrameID", "float:ChunkExposureTime", "integer:ChunkTimestamp", "float:ChunkGain")
PULSING: Sequence[str | Path] = (sys.executable, HERE / "pulsing.py")


@dataclass(frozen=True)
class Recorded:
    """A recording: its folder, what `camtwin record` said, and its frames by id."""

    folder: Path
    said: str
    frames: dict[int, dict[str, Any]]
    payloads: dict[int, bytes]


def record(folder: Path, net: Namespace, *args: str) -> Recorded:
    asked = [*SMALL, *TRIGGERED, *(t for c in CHUNKS for t in (f"ChunkSelector={c}", "ChunkEnable=true"))]
    options = [a for text in asked for a in ("--set", text)]
    done = net.run(BIN / "camtwin", "record", ADDRESS, "-o", folder, *options, *args, timeout=200)
    listed = tomllib.loads((folder / "frames.toml").read_text())["frames"]
    frames = {frame["id"]: frame for frame in listed}
    assert len(frames) == len(listed)
    return Recorded(
        folder, done.stdout, frames, {n: (folder / f["file"]).read_bytes() for n, f in frames.items()}
    )


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorded]:
    """Frames of a twin with a trigger line, chunks, events and two lost frames, recorded through Aravis."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(HERE.parent), os.environ.get("PYTHONPATH", "")]))
        places = [f"{block}:{packet}" for block in LOST for packet in ("leader", 1, 2, 3, 4, 5, "trailer")]
        drop = ("--fault", f"drop={','.join(places)}", "--pace", PACE)
        with twin(*drop, command=PULSING) as net:
            folder = tmp_path_factory.mktemp("recorded") / "run-1"
            count = str(FRAMES - len(LOST))
            yield record(folder, net, "--frames", count, "--event", "ExposureEnd")


def test_what_is_recorded_is_what_the_twin_took(recorded: Recorded) -> None:
    assert [*recorded.frames] == [n for n in range(1, FRAMES + 1) if n not in LOST]
    assert f"2 frames are missing, by id: {LOST[0]}, {LOST[1]}" in recorded.said
    assert "198 frames of 3156 bytes: 0.6 MB; " in recorded.said
    assert "GB free at" in recorded.said
    with camtwin.open(MODEL, scene=PLAIN_SCENE[1]) as cam:
        for text in SMALL:
            cam.set(text)
        ids, order = cam.twin.camera.chunk_ids, cam.twin.camera.tree.order
        for number, own in enumerate(cam.grab(3), 1):
            chunks = parse(recorded.payloads[number], ids, order)
            assert chunks["Image"] == own.payload
            assert (chunks["FrameID"], chunks["Gain"]) == (number, 3.5)
            assert chunks["Timestamp"] == recorded.frames[number]["timestamp_ns"]
    events = tomllib.loads((recorded.folder / "frames.toml").read_text())["events"]
    began = {frame["id"]: frame["timestamp_ns"] for frame in recorded.frames.values()}
    spans = {e["timestamp_ns"] - began[e["id"]] for e in events if e["id"] in began}
    assert {e["name"] for e in events} == {"ExposureEnd"}
    assert len(events) >= FRAMES - 1
    assert all(abs(span - 4_000_000) <= 8 for span in spans), spans


def check_played(recorded: Recorded, command: Sequence[str | Path] = CAMTWIN) -> None:
    """Play the recording to stock Aravis, and compare each frame with the files."""
    play = (*command, "run", recorded.folder, "--bind", ADDRESS, "--pace", PACE)
    with Namespace() as net, Running(net, *play):
        count = str(len(recorded.frames))  # a buffer each: this computer may be busy
        got = net.aravis("chunks", "--frames", count, "--buffers", count, *READ, timeout=120)["frames"]
    assert [frame["status"] for frame in got] == ["success"] * len(recorded.frames)
    assert [frame["frame_id"] for frame in got] == [*recorded.frames]
    assert [n for n in range(1, FRAMES + 1) if n not in {f["frame_id"] for f in got}] == [*LOST]
    ids = camtwin.open(MODEL, render=False).twin.camera.chunk_ids
    for frame in got:
        number = frame["frame_id"]
        payload = recorded.payloads[number]
        assert frame["timestamp_ns"] == recorded.frames[number]["timestamp_ns"]
        assert frame["sha256"] == hashlib.sha256(payload).hexdigest(), number
        chunks = parse(payload, ids)
        told = {name: frame[f"Chunk{name}"] for name in ("FrameID", "ExposureTime", "Timestamp", "Gain")}
        assert told == {name: chunks[name] for name in told}, number


def test_aravis_gets_the_same_frames_and_misses_the_same_two(recorded: Recorded) -> None:
    check_played(recorded)


@pytest.mark.parametrize("name", ["gaps-closed", "played-late", "frame-before", "chunks-of-the-twin"])
def test_a_recording_that_is_played_wrong_is_noticed(recorded: Recorded, name: str) -> None:
    with pytest.raises(AssertionError):
        check_played(recorded, sabotaged(name))
