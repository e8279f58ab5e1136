"""A USB camera, recorded through Aravis and played to Aravis, with a chunk that camtwin does not know."""

from __future__ import annotations

import hashlib
import json
import re
import struct
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from camtwin.wire.chunks import tag
from peers.netns import BIN, CAMTWIN, HERE, SYSTEM_PYTHON, sabotaged
from peers.usb import UsbTwin

FRAMES = 12
CHUNKS = ("ExposureTime", "Timestamp", "Gain")
READ = ("float:ChunkExposureTime", "integer:ChunkTimestamp", "float:ChunkGain")
SETTINGS = ("Width=64", "Height=48", "ExposureTime=2000", "Gain=3.5", "ChunkModeActive=true")
WET = "ChunkWetness"
WET_ID, WET_BYTES = 0x7777, 8
WET_ROW = f'{WET} = {{ holds = "Integer", chunk = [{WET_ID}, 4], length = 2, source = "its description" }}\n'


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a USB camera's frames, to each of which a chunk of its maker is added."""
    folder = tmp_path_factory.mktemp("recorded") / "run-1"
    each = [*SETTINGS, *(word for name in CHUNKS for word in (f"ChunkSelector={name}", "ChunkEnable=true"))]
    settings = [word for setting in each for word in ("--set", setting)]
    with UsbTwin() as twin:
        camera = re.findall(r"^(\S+) \(USB3\)", twin.run("arv-tool-0.8"), re.M)
        assert len(camera) == 1
        said = twin.run(
            BIN / "camtwin", "record", camera[0], "-o", folder, "--frames", str(FRAMES), *settings
        )
    assert f"{FRAMES} frames in " in said
    for number, entry in enumerate(frames_of(folder)):
        file = folder / entry["file"]
        wet = struct.pack("<IHH", 0, number, 0) + tag(WET_ID, WET_BYTES, "little")
        file.write_bytes(file.read_bytes() + wet)
    with (folder / "camera.toml").open("a", encoding="utf-8") as sheet:
        sheet.write(WET_ROW)  # its last table are the features
    return folder


def frames_of(folder: Path) -> list[dict[str, Any]]:
    return tomllib.loads((folder / "frames.toml").read_text())["frames"]


def check_played(folder: Path, command: Sequence[str | Path] = CAMTWIN) -> None:
    """Play the recording to stock Aravis, and compare each frame with the files."""
    with UsbTwin(model=str(folder), command=command) as twin:
        asked = (
            "--address",
            "usb",
            "--frames",
            str(FRAMES),
            "--buffers",
            str(FRAMES),
            *READ,
            f"integer:{WET}",
        )
        got = json.loads(twin.run(SYSTEM_PYTHON, HERE / "aravis_chunks.py", *asked))
    listed = frames_of(folder)
    assert got["payload"] == (folder / listed[0]["file"]).stat().st_size
    assert [f["status"] for f in got["frames"]] == ["success"] * FRAMES
    assert [f["frame_id"] for f in got["frames"]] == [entry["id"] for entry in listed] == [*range(FRAMES)]
    for number, (frame, entry) in enumerate(zip(got["frames"], listed, strict=True)):
        payload = (folder / entry["file"]).read_bytes()
        assert frame["timestamp_ns"] == frame["ChunkTimestamp"] == entry["timestamp_ns"]
        assert frame["sha256"] == hashlib.sha256(payload).hexdigest(), number
        assert (frame["ChunkExposureTime"], frame["ChunkGain"], frame[WET]) == (2000, 3.5, number)


def test_aravis_gets_the_frames_and_chunks_that_it_recorded(recorded: Path) -> None:
    check_played(recorded)


@pytest.mark.parametrize("name", ["played-late", "frame-before", "chunks-of-the-twin"])
def test_a_recording_that_is_played_wrong_is_noticed(recorded: Path, name: str) -> None:
    with pytest.raises(AssertionError):
        check_played(recorded, sabotaged(name))
