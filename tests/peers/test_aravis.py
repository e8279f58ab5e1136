"""Stock Aravis 0.8 finds, sets and streams from the twin.

Each check runs on the twin, and on a sabotaged one, where the very same function has to fail.
"""

from __future__ import annotations

import re
from contextlib import nullcontext
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from compare import assert_same_bytes
from peers.aravis import RATE_4, grab, steps
from peers.gvcp import CCP, CONTROL, Gvcp
from peers.netns import ADDRESS, Namespace, RunningTwin, sabotaged, settings, twin
from peers.pictures import ROW, ramp

RAMP = ("--set", "TestPattern=GreyHorizontalRamp")


def check_listed(net: Namespace) -> None:
    found = net.run("arv-tool-0.8").stdout
    assert re.fullmatch(r"Baumer.*-VCXG-124M-\S+ \(127\.0\.0\.1\)", found.strip()), found


def check_every_feature(net: Namespace) -> None:
    """Aravis walks the whole tree and evaluates every node of it."""
    tree = net.arv_tool("features")
    for category in (
        "DeviceControl",
        "ImageFormatControl",
        "AcquisitionControl",
        "AnalogControl",
        "DigitalIOControl",
        "CounterAndTimerControl",
        "EventControl",
        "ActionControl",
        "SequencerControl",
        "TransportLayerControl",
    ):
        assert f"Category    : '{category}'" in tree
    values = net.arv_tool("values")
    assert "'Width' = 4096 px" in values
    assert "'ExposureTime' = 4000 us" in values, "the factory setting of 4 ms"
    assert not [
        line for line in (tree + values).splitlines() if re.search(r"\berror|not found|failed", line, re.I)
    ]


def check_ramp(net: Namespace, pixel_format: str, width: int, height: int, *args: str, tmp: Path) -> None:
    """Compare the bytes of a noise-free image with PFNC, and the geometry in leader and trailer."""
    raw = tmp / "ramp.raw"
    got = grab(net, "--raw", str(raw), *args, PixelFormat=pixel_format, Width=width, Height=height)
    frame = got["frames"][-1]
    assert (frame["width"], frame["height"], frame["x"], frame["y"]) == (width, height, 0, 0)
    assert frame["pixel_format"] == ROW[pixel_format][0]
    assert_same_bytes(raw.read_bytes(), ramp(pixel_format, width, height) * len(got["frames"]))


def check_frames_count(net: Namespace) -> None:
    """Block ids from 1, timestamps in steps of 8 ns that only grow; the rate is at most the gigabit's."""
    frames = grab(net, frames=5)["frames"]
    assert [f["id"] for f in frames] == [1, 2, 3, 4, 5]
    times = [f["timestamp_ns"] for f in frames]
    periods = [b - a for a, b in pairwise(times)]
    assert all(t % 8 == 0 for t in times)
    assert all(p >= 4096 * 3000 * 8 for p in periods[1:]), "12.3 MB take at least 98.3 ms at 1 Gb/s"


def check_round_trips(net: Namespace) -> None:
    asked = [
        ("OffsetX", 32),
        ("Width", 640),
        ("Height", 333),
        ("ExposureTime", 1234.0),
        ("Gain", 12.5),
        ("PixelFormat", "Mono12p"),
        ("GevSCPSPacketSize", 1400),
    ]
    answers = steps(
        net,
        ("set", "Width", 640),
        *[s for name, value in asked for s in (("set", name, value), ("get", name))],
    )
    assert answers == [None, *[a for _, value in asked for a in (None, value)]]
    assert steps(net, ("get", "PayloadSize"), ("bounds", "OffsetX")) == [640 * 333 * 12 // 8, [0, 4096 - 640]]


def check_refusals(net: Namespace) -> None:
    """Write values beyond the data sheet.

    The camera refuses (Aravis checks no range), and nothing changes.
    """
    refused = [
        ("Width", 8),
        ("Width", 4112),
        ("Width", 1000),
        ("Height", 0),
        ("Height", 3001),
        ("ExposureTime", 14.0),
        ("ExposureTime", 60_000_001.0),
        ("Gain", 48.1),
        ("Gain", -0.1),
        ("GevSCPSPacketSize", 572),
        ("GevSCPSPacketSize", 9004),
        ("PixelFormat", "BayerRG8"),
    ]
    names = sorted({name for name, _ in refused})
    before = steps(net, *[("get", name) for name in names])
    for (name, value), answer in zip(refused, steps(net, *[("set", *r) for r in refused]), strict=True):
        assert isinstance(answer, dict), f"{name} = {value} was taken"
    assert steps(net, *[("get", name) for name in names]) == before


def check_locked_while_acquiring(net: Namespace) -> None:
    answers = steps(
        net,
        ("execute", "AcquisitionStart"),
        ("set", "Width", 1024),
        ("get", "Width"),
        ("execute", "AcquisitionStop"),
        ("set", "Width", 1024),
        ("get", "Width"),
    )
    assert isinstance(answers[1], dict)
    assert answers[2:] == [4096, None, None, 1024]


def check_line_triggers(net: Namespace) -> None:
    """Set up a trigger from a line, and a flash on another."""
    asked = [
        ("TriggerMode", "On"),
        ("TriggerSource", "Line1"),
        ("TriggerActivation", "FallingEdge"),
        ("TriggerDelay", 1234.0),
        ("LineSelector", "Line1"),
        ("LineInverter", True),
        ("LineDebouncerHighTimeAbs", 1000.0),
        ("LineDebouncerLowTimeAbs", 20.0),
        ("LineSelector", "Line3"),
        ("LineSource", "ExposureActive"),
    ]
    answers = steps(net, *[s for name, value in asked for s in (("set", name, value), ("get", name))])
    assert answers == [a for _, value in asked for a in (None, value)]
    answers = steps(
        net,
        ("entries", "TriggerSource"),
        ("get", "LineMode"),
        ("get", "LineInverter"),
        ("available", "LineDebouncerHighTimeAbs"),
        ("set", "LineSelector", "Line1"),
        ("get", "LineMode"),
        ("get", "LineInverter"),
        ("get", "LineDebouncerLowTimeAbs"),
        ("bounds", "LineDebouncerLowTimeAbs"),
        ("get", "LineStatusAll"),
    )
    sources = ["Action1", "All", "Counter1End", "Counter2End", "Line0", "Line1", "Line2", "Off", "Software"]
    assert answers == [sources, "Output", False, False, None, "Input", True, 20.0, [0, 5000], 0b0010]


def check_sequencer(net: Namespace) -> None:
    """Three sets that an exposure each moves on, seen by where in the sensor the frames begin."""
    sets = [s for number in range(3) for s in (
        ("set", "SequencerSetSelector", number),
        ("set", "SequencerSetNext", (number + 1) % 3),
        ("set", "SequencerTriggerSource", "ExposureActive"),
        ("set", "OffsetX", 1024 * number),
        ("set", "OffsetY", 10 * number),
        ("execute", "SequencerSetSave"),
    )]  # fmt: skip
    answers = steps(
        net,
        ("set", "Width", 512),
        ("set", "Height", 100),
        ("set", "SequencerConfigurationMode", "On"),
        *sets,
        ("set", "SequencerConfigurationMode", "Off"),
        ("set", "SequencerMode", "On"),
        ("get", "SequencerSetActive"),
    )
    assert answers == [None] * (len(answers) - 1) + [0]
    frames = net.aravis("grab", "--frames", "9", *RATE_4)["frames"]
    assert [f["status"] for f in frames] == ["success"] * 9
    assert [(f["x"], f["y"]) for f in frames] == [(1024 * (k % 3), 10 * (k % 3)) for k in range(9)]


def check_one_controller(net: Namespace) -> None:
    """While another holds control Aravis may look but not touch; a silent holder loses it in its timeout."""
    with net.socket() as sock:
        other = Gvcp(sock, ADDRESS)
        other.write_register(CCP, CONTROL)
        other.write_register(0x0938, 1000)  # heartbeat timeout, ms
        denied = net.arv_tool("control", "Width=640")
        other.read_register(CCP)
        assert "access-denied" in denied, denied
        kept = net.arv_tool("control", "Width")
        assert "Width = 4096" in kept, kept
        other.read_register(CCP)
    net.run("sleep", "1.5")
    assert "Width = 640" in net.arv_tool("control", "Width=640", "Width")


def check_photon_transfer(net: Namespace, tmp: Path) -> None:
    """Noise is that of light: variance grows with the mean, by the gain of 9500 e- (the sheet) over 12 bits.

    Variance from the difference of two frames, so that the fixed pattern cancels (EMVA 1288). Its relative
    standard error is sqrt(2 / pixels), 0.3 %; a slope of 0.40 to 0.44 DN/e- is 5 % either side.
    """
    side, points = 512, []
    for exposure_us in (500.0, 4000.0):
        raw = tmp / "flat.raw"
        grab(net, "--raw", str(raw), frames=2, PixelFormat="Mono12", Width=side, Height=side,
             ExposureTime=exposure_us)  # fmt: skip
        first, second = np.fromfile(raw, "<u2").reshape(2, side, side).astype(float)
        assert abs(first.mean() - second.mean()) < 1
        points.append((first.mean(), (first - second).var() / 2))
    (mean_0, var_0), (mean_1, var_1) = points
    assert 0.40 < (var_1 - var_0) / (mean_1 - mean_0) < 0.44


def check_resend(net: Namespace) -> None:
    """Lost packets are asked for and sent again, while the frame is still the last one in memory."""
    got = net.aravis("grab", "--frames", "6", *RATE_4, "--set", "Width=1024", "--set", "Height=1024",
                     "--packet-size", "1500")  # fmt: skip
    assert [f["status"] for f in got["frames"]] == ["success"] * 6
    assert got["stream"]["n_resent_packets"] > 20  # of 6 x 717, one in fifty is lost: 86 +- 9


def check_loss_heals(net: Namespace, running: RunningTwin, packet_size: int, frames: int = 20) -> None:
    """Every full frame is whole though one packet in fifty is lost, resends too; the twin counts them."""
    got = net.aravis("grab", "--frames", str(frames), *RATE_4, "--packet-size", str(packet_size), timeout=90)
    assert [f["status"] for f in got["frames"]] == ["success"] * frames
    assert got["stream"]["n_resent_packets"] > frames * 12_288_000 / packet_size * 0.01
    running.__exit__()
    (told,) = re.findall(r"faults: (\d+) drop of (\d+) packets", running.said[-1])
    lost, sent = map(int, told)
    assert sent > frames * 12_288_000 / packet_size
    assert abs(lost - 0.02 * sent) < 5 * (0.02 * 0.98 * sent) ** 0.5
    print(f"{frames} of {frames} frames whole, {got['stream']['n_resent_packets']} packets resent;", end=" ")
    print(f"{lost} of {sent} packets lost, {lost / sent:.3%}")


def check_hundred_frames(net: Namespace, pixel_format: str, width: int, height: int) -> None:
    """Grab a hundred frames in a row, every one of them complete."""
    features = {"PixelFormat": pixel_format, "Width": width, "Height": height}
    got = net.aravis("grab", "--frames", "100", *settings(features), timeout=90)
    assert [f["status"] for f in got["frames"]] == ["success"] * 100
    assert got["stream"]["n_failures"] == 0


HONEST = {
    "listed": (check_listed, ()),
    "every-feature": (check_every_feature, ()),
    "frames-count": (check_frames_count, ()),
    "round-trips": (check_round_trips, ()),
    "refusals": (check_refusals, ()),
    "locked": (check_locked_while_acquiring, ()),
    "line-triggers": (check_line_triggers, ()),
    "sequencer": (check_sequencer, ()),
    "one-controller": (check_one_controller, ()),
}


FLAT = ("--scene", "flat:1.2e6@536")  # 4 ms of it: 4800 photons, a third of full well


def test_photon_transfer(tmp_path):
    with twin(*FLAT) as net:
        check_photon_transfer(net, tmp_path)


@pytest.mark.parametrize(
    ("damage", "works"),
    [("wire-lossy", nullcontext()), ("wire-lossy+resend-deaf", pytest.raises(AssertionError))],
)
def test_resend(damage, works):
    with twin(command=sabotaged(damage)) as net, works:
        check_resend(net)


@pytest.mark.parametrize(
    ("pixel_format", "width", "height"), [("Mono8", 4096, 3000), ("Mono12p", 1920, 1080)]
)
def test_hundred_frames(pixel_format, width, height):
    with twin() as net:
        check_hundred_frames(net, pixel_format, width, height)


def test_hundred_frames_turns_red():
    with twin(command=sabotaged("wire-lossy+resend-deaf")) as net, pytest.raises(AssertionError):
        check_hundred_frames(net, "Mono12p", 1920, 1080)


@pytest.mark.parametrize("name", HONEST)
def test_aravis(name):
    check, args = HONEST[name]
    with twin(*args) as net:
        check(net)


@pytest.mark.parametrize(
    ("pixel_format", "width", "height", "args"),
    [
        ("Mono8", 4096, 3000, []),  # all of it, packet size negotiated by test packets
        ("Mono8", 16, 1, ["--packet-size", "576"]),  # the smallest picture
        ("Mono10", 2048, 31, ["--packet-size", "1500"]),
        ("Mono12", 4096, 16, ["--packet-size", "9000"]),  # every code once a row
        ("Mono12p", 4096, 17, ["--packet-size", "1500", "--plain-socket"]),
        ("Mono12p", 4080, 3, ["--packet-size", "1404"]),  # a last packet that is nearly empty
    ],
)
def test_ramp(pixel_format, width, height, args, tmp_path):
    with twin(*RAMP) as net:
        check_ramp(net, pixel_format, width, height, *args, tmp=tmp_path)


def ramp_of(pixel_format: str):
    return lambda net, tmp: check_ramp(net, pixel_format, 4096, 16, tmp=tmp)


@pytest.mark.parametrize(
    ("sabotage", "check"),
    [
        ("pixels-big-endian", ramp_of("Mono12")),
        ("packing-msb-first", ramp_of("Mono12p")),
        ("leader-narrow", ramp_of("Mono8")),
        ("payload-shifted", ramp_of("Mono8")),
        ("trailer-early", ramp_of("Mono8")),
        ("discovery-shifted", lambda net, tmp: check_listed(net)),
        ("xml-little-endian", lambda net, tmp: check_every_feature(net)),
        ("xml-little-endian", lambda net, tmp: check_round_trips(net)),
        ("block-ids-skip", lambda net, tmp: check_frames_count(net)),
        ("limits-ignored", lambda net, tmp: check_refusals(net)),
        ("locks-ignored", lambda net, tmp: check_locked_while_acquiring(net)),
        ("xml-unindexed", lambda net, tmp: check_line_triggers(net)),
        ("sequencer-stuck", lambda net, tmp: check_sequencer(net)),
        ("control-for-all", lambda net, tmp: check_one_controller(net)),
        ("heartbeat-endless", lambda net, tmp: check_one_controller(net)),
    ],
)
def test_turns_red(sabotage, check, tmp_path):
    with twin(*RAMP, command=sabotaged(sabotage)) as net, pytest.raises(AssertionError):
        check(net, tmp_path)


def test_frozen_noise_turns_red(tmp_path):
    with twin(*FLAT, command=sabotaged("noise-frozen")) as net, pytest.raises(AssertionError):
        check_photon_transfer(net, tmp_path)
