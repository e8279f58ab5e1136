"""Chunks of real frames, read by parsers we did not write: stock Aravis, and the reference GenApi."""

from __future__ import annotations

from pathlib import Path

import pytest
from genicam.genapi import ChunkAdapterGEV, GenericException

from peers.netns import Namespace, sabotaged, twin
from peers.test_genapi import nodes_of

DATA = [
    "Binning",
    "BlackLevel",
    "CounterValue",
    "DeviceTemperature",
    "ExposureTime",
    "FrameID",
    "Gain",
    "Height",
    "ImageControl",
    "LineStatusAll",
    "OffsetX",
    "OffsetY",
    "PixelFormat",
    "SequencerSetActive",
    "Timestamp",
    "Width",
]
SET = {
    "BinningHorizontal": 2,
    "Width": 320,
    "Height": 240,
    "OffsetX": 48,
    "OffsetY": 7,
    "ExposureTime": 1234.0,
    "Gain": 3.5,
    "BlackLevel": 21,
    "PixelFormat": "Mono12",
    "ReverseY": "true",
    "LineInverter": "true",  # of Line0, the first of them
    "CounterEventSource": "ExposureActive",  # of Counter1
    "TestPattern": "GreyHorizontalRamp",
    "ChunkModeActive": "true",
}
EXPECTED = {
    "integer:ChunkBinningHorizontal": 2,
    "integer:ChunkBinningVertical": 1,
    "float:ChunkBlackLevel": 21,
    "float:ChunkExposureTime": 1234.0,
    "float:ChunkGain": 3.5,
    "integer:ChunkHeight": 240,
    "integer:ChunkImageControl": 0b1010,
    "integer:ChunkOffsetX": 48,
    "integer:ChunkOffsetY": 7,
    "string:ChunkPixelFormat": "Mono12",
    "integer:ChunkWidth": 320,
}
RUNNING = (
    "integer:ChunkFrameID",
    "integer:ChunkTimestamp",
    "float:ChunkDeviceTemperature",
    "integer:ChunkCounterValue",
    "integer:ChunkLineStatusAll",
    "integer:ChunkSequencerSetActive",
)
IMAGE_BYTES = 320 * 240 * 2


def grab(net: Namespace, *args: str, chunks=DATA, names=(*EXPECTED, *RUNNING)) -> dict:
    asked = [f"{name}={value}" for name, value in SET.items()]
    asked += [text for chunk in chunks for text in (f"ChunkSelector={chunk}", "ChunkEnable=true")]
    got = net.aravis("chunks", *[a for text in asked for a in ("--set", text)], *args, *names)
    assert [f["status"] for f in got["frames"]] == ["success"] * 2
    return got


def check_aravis(net: Namespace) -> None:
    """Every chunk of the sheet, with the values that were set, and those of the running camera."""
    got = grab(net)
    assert got["payload"] == IMAGE_BYTES + 224
    first, second = got["frames"]
    for frame in (first, second):
        assert frame["has_chunks"]
        assert {name: frame[name.partition(":")[2]] for name in EXPECTED} == EXPECTED
        assert frame["ChunkTimestamp"] == frame["timestamp_ns"]
        assert frame["ChunkTimestamp"] % 8 == 0
        assert 15 < frame["ChunkDeviceTemperature"] < 60
        assert (frame["ChunkLineStatusAll"], frame["ChunkSequencerSetActive"]) == (1, 0)
    for name in ("ChunkFrameID", "ChunkCounterValue"):
        assert second[name] == first[name] + 1, name


def test_the_checks_know_every_chunk_of_the_sheet():
    """All but the image itself, whose bytes the size tells of; two of them make the chunk Binning."""
    features = {name.partition(":Chunk")[2] for name in (*EXPECTED, *RUNNING)}
    assert features - {"BinningHorizontal", "BinningVertical"} | {"Binning"} == set(DATA)
    assert len(DATA) + 1 == 17


def check_only_enabled(net: Namespace) -> None:
    got = grab(net, chunks=["Gain"], names=("float:ChunkGain", "integer:ChunkWidth"))
    assert got["payload"] == IMAGE_BYTES + 8 + 8 + 8
    frame = got["frames"][-1]
    assert frame["ChunkGain"] == 3.5
    assert isinstance(frame["ChunkWidth"], dict), "a chunk that is off is missing"


def check_genapi(net: Namespace, tmp: Path) -> None:
    """Parse the same bytes through GenApi's ChunkAdapterGEV and its Chunk features."""
    raw = tmp / "frame.raw"
    grab(net, "--raw", str(raw))
    payload = raw.read_bytes()
    with nodes_of(net) as nodes:
        assert nodes.get_node("PayloadSize").value == len(payload)
        adapter = ChunkAdapterGEV(nodes)
        assert adapter.check_buffer_layout(payload, len(payload))
        adapter.attach_buffer(payload, len(payload))
        try:
            names = [name.partition(":")[2] for name in EXPECTED]
            assert [nodes.get_node(name).value for name in names] == list(EXPECTED.values())
        finally:
            adapter.detach_buffer()


def test_aravis_parses_every_chunk():
    with twin() as net:
        check_aravis(net)


def test_a_chunk_that_is_off_is_missing():
    with twin() as net:
        check_only_enabled(net)


def test_genapi_parses_every_chunk(tmp_path):
    with twin() as net:
        check_genapi(net, tmp_path)


@pytest.mark.parametrize("break_", ["chunks-little-endian", "chunks-swapped"])
def test_wrong_chunks_turn_red(break_, tmp_path):
    with twin(command=sabotaged(break_)) as net:
        with pytest.raises((AssertionError, GenericException)):
            check_aravis(net)
        with pytest.raises((AssertionError, GenericException)):
            check_genapi(net, tmp_path)


def test_chunks_that_come_unasked_turn_red():
    with twin(command=sabotaged("chunks-all")) as net, pytest.raises(AssertionError):
        check_only_enabled(net)
