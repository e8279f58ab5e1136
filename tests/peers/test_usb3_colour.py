"""Stock Aravis with the twin of a colour camera, whose pixel formats it does not know: bytes are compared.

Each check runs on the twin, and on a sabotaged one, where the very same function has to fail.
"""

from __future__ import annotations

import re
from itertools import pairwise, product
from pathlib import Path

import numpy as np
import pytest

from compare import assert_same_bytes
from peers.netns import sabotaged
from peers.pictures import ROW, diagonal
from peers.usb import UsbTwin

MODEL = "ids-imx412"
FORMATS = ("BayerGR10g40IDS", "BayerGR12g24IDS")
LINE_ns = 1e9 / 18 / 3092
RED = "flat:5e5@640"
LACKING = (
    "Gain",
    "BlackLevel",
    "Chunk",
    "Event",
    "Sequencer",
    "Decimation",
    "LUT",
    "Gamma",
    "Timer",
    "ExposureAuto",
)


def colour_twin(*args: str, **options) -> UsbTwin:
    return UsbTwin(*args, model=MODEL, **options)


def check_listed(twin: UsbTwin) -> None:
    found = twin.run("arv-tool-0.8")
    assert re.search(r"^IDS.*1409[0-9A-F]{8}-41\d{8} \(USB3\)$", found, re.M), found


def check_every_feature(twin: UsbTwin) -> None:
    """Aravis walks the whole tree; what the sheet says is not there is not."""
    values = twin.run("arv-tool-0.8", "values")
    assert "'DeviceModelName' = 'IMX412 USB3'" in values
    assert "'DeviceFirmwareVersion' = '3.3'" in values
    assert "'SensorShutterMode' = 'Rolling'" in values
    assert not re.search(r"error|not found|failed", values, re.I), values
    assert not [name for name in LACKING if re.search(rf"'{name}\w*' =", values)]


def check_binning_is_joint(twin: UsbTwin) -> None:
    both = (("get", "BinningHorizontal"), ("get", "BinningVertical"), ("get", "WidthMax"), ("get", "Height"))
    answers = twin.steps(*both, ("set", "BinningVertical", 2), *both, ("set", "BinningHorizontal", 1), *both)
    assert answers == [1, 1, 4056, 3040, None, 2, 2, 2028, 1520, None, 1, 1, 4056, 1520]


def check_refusals(twin: UsbTwin) -> None:
    refused = [
        ("Width", 30),
        ("Height", 36),
        ("OffsetX", 1),
        ("ExposureTime", 31.0),
        ("ExposureTime", 1.91e6),
    ]
    answers = twin.steps(*[("set", *one) for one in refused])
    assert all(isinstance(answer, dict) for answer in answers), answers


def check_picture(twin: UsbTwin, pixel_format: str, tmp: Path, *args: str, width=4056, height=64) -> None:
    """Compare the bytes of a noise-free image with PFNC, and the geometry of the leader."""
    raw = tmp / "picture.raw"
    got = twin.grab(
        "--raw", str(raw), *args, frames=2,
        PixelFormat=pixel_format, TestPattern="GreyDiagonalRamp", Width=width, Height=height,
    )  # fmt: skip
    frame = got["frames"][-1]
    assert (frame["width"], frame["height"], frame["x"], frame["y"]) == (width, height, 0, 0)
    assert frame["pixel_format"] == ROW[pixel_format][0]
    assert_same_bytes(raw.read_bytes(), diagonal(pixel_format, width, height) * 2)


def check_mosaic(twin: UsbTwin, tmp: Path) -> None:
    """Look at a red scene: the second pixel of the first row is the brightest of four, mirrored or not."""
    for x, y in product(("false", "true"), repeat=2):
        raw = tmp / "red.raw"
        twin.grab(
            "--raw", str(raw), frames=1,
            PixelFormat=FORMATS[1], Width=240, Height=240, ReverseX=x, ReverseY=y, OffsetX=1000, OffsetY=1000,
        )  # fmt: skip
        high = np.frombuffer(raw.read_bytes(), np.uint8).reshape(240, 120, 3)[:, :, :2].reshape(240, 240)
        means = [high[r::2, c::2].mean() for r, c in product((0, 1), repeat=2)]
        assert int(np.argmax(means)) == 1, (x, y, means)


def check_frames_count(twin: UsbTwin) -> None:
    """Block ids from 0, each one more; timestamps at the sensor's period and no faster."""
    frames = twin.grab(frames=6, Height=304)["frames"]
    assert [f["id"] for f in frames] == [0, 1, 2, 3, 4, 5]
    assert all(b["timestamp_ns"] - a["timestamp_ns"] >= 356 * LINE_ns * 0.999 for a, b in pairwise(frames))


def test_sequence(tmp_path):
    """One twin, hosts one after the other."""
    with colour_twin("--scene", RED) as twin:
        check_listed(twin)
        check_every_feature(twin)
        check_refusals(twin)
        check_frames_count(twin)
        check_mosaic(twin, tmp_path)
        twin.steps(
            ("set", "OffsetX", 0), ("set", "OffsetY", 0), ("set", "Width", 4056), ("set", "Height", 3040)
        )
        check_binning_is_joint(twin)


@pytest.mark.parametrize("pixel_format", FORMATS)
@pytest.mark.parametrize("mode", ["sync", "async"])
def test_pictures(pixel_format, mode, tmp_path):
    with colour_twin() as twin:
        check_picture(twin, pixel_format, tmp_path, "--usb-mode", mode)
        check_picture(twin, pixel_format, tmp_path, "--usb-mode", mode, height=3040)
        check_picture(twin, pixel_format, tmp_path, "--usb-mode", mode, width=24, height=32)


def test_whole_frames_at_the_rate_of_a_slow_computer():
    with colour_twin() as twin:
        got = twin.grab(
            "--times-only", frames=40, timeout=110,
            AcquisitionFrameRateEnable="true", AcquisitionFrameRate=4,
        )  # fmt: skip
        assert got["payload"] == 4056 * 3040 * 10 // 8
        assert [f["id"] for f in got["frames"]] == list(range(40))


@pytest.mark.parametrize(
    ("sabotage", "check"),
    [
        ("usb-guid-short", check_listed),
        ("xml-big-endian", check_every_feature),
        ("limits-ignored", check_refusals),
        ("usb-blocks-from-1", check_frames_count),
        ("joint-ignored", check_binning_is_joint),
        ("groups-low-first", lambda twin: check_picture(twin, FORMATS[0], Path("/tmp"))),
        ("packing-msb-first", lambda twin: check_picture(twin, FORMATS[1], Path("/tmp"))),
        ("usb-leader-narrow", lambda twin: check_picture(twin, FORMATS[1], Path("/tmp"))),
        ("mosaic-moves", lambda twin: check_mosaic(twin, Path("/tmp"))),
    ],
)
def test_turns_red(sabotage, check):
    with colour_twin("--scene", RED, command=sabotaged(sabotage)) as twin, pytest.raises(AssertionError):
        check(twin)
