"""Stock Aravis finds, sets and streams from a USB3 Vision twin through the libusb stand-in, without root.

Each check runs on the twin, and on a sabotaged one, where the very same function has to fail.
"""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import pytest

from compare import assert_same_bytes
from peers.netns import sabotaged
from peers.pictures import ROW, diagonal
from peers.usb import MODEL, UsbTwin

IMAGE = ("--set", "TestImageSelector=Testimage1")
FORMATS = ("Mono8", "Mono10", "Mono10p", "Mono12", "Mono12p")


def check_listed(twin: UsbTwin) -> None:
    found = twin.run("arv-tool-0.8")
    names = re.search(r"^Basler-2676([0-9A-F]{8})-(40\d{6}) \(USB3\)$", found, re.M)
    assert names, found
    assert int(names[1], 16) == int(names[2])


def check_every_feature(twin: UsbTwin) -> None:
    """Aravis walks the whole tree and evaluates every node of it."""
    values = twin.run("arv-tool-0.8", "values")
    for chapter in ("Device", "ImageFormat", "Acquisition", "Analog", "TransportLayer"):
        assert f"Category    : '{chapter}Control'" in values
    assert "'DeviceModelName' = 'acA4112-20um'" in values
    assert "'SensorWidth' = 4112 px" in values
    assert "'Width' = 4096 px" in values
    assert not re.search(r"error|not found|failed", values, re.I), values


def check_round_trips(twin: UsbTwin) -> None:
    asked = [
        ("DeviceUserID", "left of the door, 63 bytes it may have"),
        ("Width", 640),
        ("OffsetX", 32),
        ("Height", 336),
        ("ExposureTime", 1234.0),
        ("Gain", 12.5),
        ("PixelFormat", "Mono12p"),
        ("DeviceLinkThroughputLimit", 100_000_000),
        ("TriggerMode", "On"),
    ]
    answers = twin.steps(*[("set", *one) for one in asked], *[("get", name) for name, _ in asked])
    assert answers == [None] * len(asked) + [value for _, value in asked]
    assert twin.steps(*[("get", name) for name, _ in asked]) == [value for _, value in asked], "it forgot"


def check_refusals(twin: UsbTwin) -> None:
    refused = [("Width", 4128), ("Width", 17), ("ExposureTime", 27.0), ("Gain", 48.1), ("SensorWidth", 1)]
    answers = twin.steps(*[("set", *one) for one in refused])
    assert all(isinstance(answer, dict) for answer in answers), answers
    assert twin.steps(("get", "Width"), ("get", "ExposureTime"), ("get", "Gain")) == [4096, 10_000, 0]


def check_locked_while_acquiring(twin: UsbTwin) -> None:
    answers = twin.steps(
        ("execute", "AcquisitionStart"),
        ("set", "Width", 1024),
        ("get", "Width"),
        ("execute", "AcquisitionStop"),
        ("set", "Width", 1024),
        ("get", "Width"),
    )
    assert isinstance(answers[1], dict)
    assert answers[2:] == [4096, None, None, 1024]


def check_picture(twin: UsbTwin, pixel_format: str, tmp: Path, *args: str, width=4096, height=64) -> None:
    """Compare the bytes of a noise-free image with PFNC, and the geometry of the leader."""
    raw = tmp / "picture.raw"
    got = twin.grab("--raw", str(raw), *args, frames=2, PixelFormat=pixel_format, Width=width, Height=height)
    frame = got["frames"][-1]
    assert (frame["width"], frame["height"], frame["x"], frame["y"]) == (width, height, 0, 0)
    assert frame["pixel_format"] == ROW[pixel_format][0]
    assert_same_bytes(raw.read_bytes(), diagonal(pixel_format, width, height) * 2)


def check_frames_count(twin: UsbTwin) -> None:
    """Block ids from 0, each one more; timestamps at the sensor's period and no faster."""
    frames = twin.grab(frames=6, Height=304)["frames"]
    assert [f["id"] for f in frames] == [0, 1, 2, 3, 4, 5]
    periods = [b["timestamp_ns"] - a["timestamp_ns"] for a, b in pairwise(frames)]
    line_ns = 1041 / 74.25e6 * 1e9  # HMAX of the IMX304 over its clock
    assert all(p >= 304 * line_ns for p in periods)


def test_sequence():
    """One twin, hosts one after the other, in the order in which a user would come."""
    with UsbTwin() as twin:
        check_listed(twin)
        check_every_feature(twin)
        check_refusals(twin)
        check_locked_while_acquiring(twin)
        twin.steps(("set", "Width", 4096))
        check_frames_count(twin)
        check_round_trips(twin)


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_two_hundred_frames(mode):
    """Stream frames of 12 MP, with live noise, as fast as this computer can."""
    with UsbTwin("--pace", "max") as twin:
        got = twin.grab("--usb-mode", mode, "--times-only", frames=200, timeout=110)
        assert got["payload"] == 4096 * 3000
        ids = [f["id"] for f in got["frames"]]
        assert ids == list(range(200))


@pytest.mark.parametrize("pixel_format", FORMATS)
@pytest.mark.parametrize("mode", ["sync", "async"])
def test_pictures(pixel_format, mode, tmp_path):
    with UsbTwin(*IMAGE) as twin:
        check_picture(twin, pixel_format, tmp_path, "--usb-mode", mode)
        check_picture(twin, pixel_format, tmp_path, "--usb-mode", mode, width=4112, height=3008)
        check_picture(twin, pixel_format, tmp_path, "--usb-mode", mode, width=16, height=8)


def test_high_speed(tmp_path):
    with UsbTwin(*IMAGE, "--link-speed", "480M") as twin:
        check_picture(twin, "Mono8", tmp_path, "--usb-mode", "async", height=304)
        frames = twin.grab("--times-only", frames=6, Height=2000)["frames"]
        took_s = (frames[-1]["arrived_ns"] - frames[0]["arrived_ns"]) / 1e9
        assert took_s > 5 * 4096 * 2000 / 40e6 * 0.9, "40 MB/s"


def test_two_twins():
    with UsbTwin("--seed", "1") as one, UsbTwin("--seed", "2") as other:
        found = one.run("arv-tool-0.8", others=[other])
        assert len(set(re.findall(r"Basler-\S+", found))) == 2, found


def test_two_twins_on_one_port():
    """As two bus ids, each with a host of its own."""
    with UsbTwin(MODEL) as twins:
        assert re.findall(r"bus id (\S+)", "".join(twins.said)) == ["1-1", "1-2"]
        found = re.findall(r"Basler-\S+", twins.run("arv-tool-0.8"))
        assert len(set(found)) == 2, found
        with ThreadPoolExecutor(2) as pool:
            grabs = list(pool.map(lambda name: twins.grab("--name", name, frames=4, Height=304), found))
        assert [[f["id"] for f in got["frames"]] for got in grabs] == [[0, 1, 2, 3]] * 2


def test_a_twin_that_vanishes_and_comes_back():
    with UsbTwin() as twin:
        twin.grab(frames=2, Height=304)
        port = twin.port
        twin.kill()
        assert "Basler" not in twin.run("arv-tool-0.8")
    with UsbTwin(port=port) as twin:
        twin.grab(frames=2, Height=304)


@pytest.mark.parametrize(
    ("sabotage", "check"),
    [
        ("usb-guid-short", check_listed),
        ("xml-big-endian", check_every_feature),
        ("xml-big-endian", check_round_trips),
        ("manifest-lies", check_every_feature),
        ("writes-lost", check_round_trips),
        ("limits-ignored", check_refusals),
        ("locks-ignored", check_locked_while_acquiring),
        ("usb-blocks-from-1", check_frames_count),
        ("usb-leader-narrow", lambda twin: check_picture(twin, "Mono8", Path("/tmp"))),
        ("usb-trailer-lost", check_frames_count),
        ("usb-transfers-joined", check_frames_count),
        ("usb-ack-ids", check_every_feature),
    ],
)
def test_turns_red(sabotage, check):
    with UsbTwin(*IMAGE, command=sabotaged(sabotage)) as twin, pytest.raises(AssertionError):
        check(twin)


@pytest.mark.parametrize(
    ("sabotage", "pixel_format"),
    [("pixels-big-endian", "Mono12"), ("packing-msb-first", "Mono12p"), ("payload-shifted", "Mono8")],
)
def test_pictures_turn_red(sabotage, pixel_format, tmp_path):
    with UsbTwin(*IMAGE, command=sabotaged(sabotage)) as twin, pytest.raises(AssertionError):
        check_picture(twin, pixel_format, tmp_path)
