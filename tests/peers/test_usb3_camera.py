"""Stock Aravis, through the libusb stand-in, on the Basler's camera.

Features of every category are read and written: user sets, triggers, chunks. Each check is run on a sabotaged
twin, too, and fails there.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from peers.netns import HERE, SYSTEM_PYTHON, sabotaged
from peers.usb import UsbTwin

WRITTEN: dict[str, tuple[Any, Any]] = {
    "DeviceUserID": ("", "by the door"),
    "DeviceLinkThroughputLimit": (360_000_000, 200_000_000),
    "CenterX": (False, True),
    "PixelFormat": ("Mono8", "Mono10p"),
    "TestImageSelector": ("Off", "Testimage2"),
    "AcquisitionBurstFrameCount": (1, 17),
    "ExposureOverlapTimeMode": ("Automatic", "Manual"),
    "TriggerSource": ("Line1", "Line4"),
    "TriggerActivation": ("RisingEdge", "FallingEdge"),
    "Gain": (0.0, 12.5),
    "Gamma": (1.0, 0.5),
    "DigitalShift": (0, 3),
    "AutoFunctionProfile": ("MinimizeGain", "MinimizeExposureTime"),
    "AutoTargetBrightness": (0.3, 0.5),
    "AutoFunctionROIWidth": (4112, 800),
    "LUTEnable": (False, True),
    "ChunkModeActive": (False, True),
    "LineDebouncerTime": (0.0, 250.0),
    "UserOutputValue": (False, True),
    "TimerDuration": (1.0, 1500.0),
    "CounterDuration": (1, 250),
    "SoftwareSignalSelector": ("SoftwareSignal1", "SoftwareSignal2"),
    "EventNotification": ("Off", "On"),
    "UserDefinedValue": (0, 4711),
    "SequencerConfigurationMode": ("Off", "On"),
}
"""One of each category or more: the factory's value, and another one."""
FRAME = {"Width": 320, "Height": 240, "ExposureTime": 1234.0, "Gain": 3.5}
CHUNKS = ("ExposureTime", "Gain", "Timestamp", "LineStatusAll", "CounterValue", "SequencerSetActive")


def check_features(twin: UsbTwin) -> None:
    asked = {name: new for name, (_, new) in WRITTEN.items()}
    answers = twin.steps(
        *(("get", name) for name in WRITTEN),
        *(("set", name, new) for name, new in asked.items()),
        *(("get", name) for name in WRITTEN),
        ("locked", "OffsetX"),
        ("entries", "UserSetSelector"),
        ("set", "LineSelector", "Line2"),
        ("get", "LineMode"),
    )
    assert answers[: len(WRITTEN)] == [factory for factory, _ in WRITTEN.values()]
    assert answers[len(WRITTEN) : 3 * len(WRITTEN)] == [None] * len(WRITTEN) + list(asked.values())
    assert answers[-4] is True
    assert answers[-1] == "Output"
    assert answers[-3] == ["AutoFunctions", "Default", "HighGain", "UserSet1", "UserSet2", "UserSet3"]


def check_user_sets(twin: UsbTwin) -> None:
    answers = twin.steps(
        ("set", "Gain", 7.5),
        ("set", "TriggerSource", "Line4"),
        ("set", "UserSetSelector", "UserSet2"),
        ("execute", "UserSetSave"),
        ("set", "UserSetSelector", "Default"),
        ("execute", "UserSetLoad"),
        ("get", "Gain"),
        ("get", "TriggerSource"),
        ("set", "UserSetSelector", "UserSet2"),
        ("execute", "UserSetLoad"),
        ("get", "Gain"),
        ("get", "TriggerSource"),
        ("set", "UserSetSelector", "HighGain"),
        ("available", "UserSetSave"),
    )
    assert answers[6:8] == [0.0, "Line1"]
    assert answers[10:12] == [7.5, "Line4"]
    assert answers[-1] is False


def grabbed(twin: UsbTwin, *settings: str, frames: int, software: bool = False) -> dict[str, Any]:
    """Return the chunks of so many frames, as Aravis' parser reads them."""
    texts = [f"{name}={value}" for name, value in FRAME.items()] + ["ChunkModeActive=true"]
    texts += [text for name in CHUNKS for text in (f"ChunkSelector={name}", "ChunkEnable=true")]
    names = ["float:ChunkExposureTime", "float:ChunkGain", *(f"integer:Chunk{name}" for name in CHUNKS[2:])]
    script = HERE / "aravis_chunks.py"
    args = ["--address", "usb", "--frames", str(frames), *(["--software"] if software else [])]
    args += [a for text in (*texts, *settings) for a in ("--set", text)]
    return json.loads(twin.run(SYSTEM_PYTHON, script, *args, *names))


def check_chunks(twin: UsbTwin) -> None:
    got = grabbed(twin, frames=3)
    tags = (1 + len(CHUNKS)) * 8
    assert got["payload"] == 320 * 240 + tags + 2 * 8 + 8 + 3 * 4
    for frame in got["frames"]:
        assert (frame["status"], frame["has_chunks"]) == ("success", True)
        assert (frame["ChunkExposureTime"], frame["ChunkGain"]) == (1234.0, 3.5)
        assert frame["ChunkTimestamp"] == frame["timestamp_ns"]
        assert frame["ChunkSequencerSetActive"] == 0


def check_software_trigger(twin: UsbTwin) -> None:
    """Check for one frame per command, and no other; the counter counts them."""
    got = grabbed(
        twin, "TriggerMode=On", "TriggerSource=Software", "CounterEventSource=FrameTrigger",
        "CounterDuration=100", frames=4, software=True,
    )  # fmt: skip
    assert [f["status"] for f in got["frames"]] == ["success"] * 4
    assert [f["frame_id"] for f in got["frames"]] == [0, 1, 2, 3]
    assert [f["ChunkCounterValue"] for f in got["frames"]] == [1, 2, 3, 4]
    assert got["extra"] is False


HONEST = {
    "features": check_features,
    "user sets": check_user_sets,
    "chunks": check_chunks,
    "software trigger": check_software_trigger,
}


@pytest.mark.parametrize("name", HONEST)
def test_aravis(name):
    with UsbTwin() as twin:
        HONEST[name](twin)


@pytest.mark.parametrize(
    ("sabotage", "name"),
    [
        ("words-declared", "features"),
        ("writes-lost", "features"),
        ("xml-unindexed", "features"),
        ("gain-unsaved", "user sets"),
        ("usb-chunks-big-endian", "chunks"),
        ("usb-chunks-unsaid", "chunks"),
        ("triggers-doubled", "software trigger"),
    ],
)
def test_turns_red(sabotage, name):
    with UsbTwin(command=sabotaged(sabotage)) as twin, pytest.raises(AssertionError):
        HONEST[name](twin)
