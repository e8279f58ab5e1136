"""viva-genicam, a GigE Vision stack with no code of Aravis, finds, sets and streams from the twin."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import tifffile

from peers.netns import ADDRESS, Namespace, sabotaged, twin
from peers.session import Session

RAMP = ("--set", "TestPattern=GreyHorizontalRamp")
CAMERA = ("--ip", ADDRESS)
RATE = (
    ("AcquisitionFrameRateEnable", "true"),
    ("AcquisitionFrameRate", 25),
)  # at which a busy machine keeps up


def get(net: Namespace, name: str) -> str:
    return net.viva_json("get", *CAMERA, "--name", name)["value"]


def put(net: Namespace, name: str, value: str | int | float) -> bool:
    """Whether the camera took it."""
    return not net.viva("set", *CAMERA, "--name", name, "--value", str(value), ok=False).returncode


def check_listed(net: Namespace) -> None:
    (camera,) = net.viva_json("list")
    assert camera["manufacturer"].startswith("Baumer")
    assert camera["model"] == "VCXG-124M"
    assert re.fullmatch(r"(?i)[0-9a-f][26ae](:[0-9a-f]{2}){5}", camera["mac"]), (
        "locally administered, for one host"
    )


def check_features(net: Namespace) -> None:
    assert get(net, "DeviceModelName") == "VCXG-124M"
    for name, value in (("Width", 1024), ("ExposureTime", 2500.0), ("PixelFormat", "Mono12p"), ("Gain", 6.0)):
        assert put(net, name, value), name
        told = get(net, name)
        assert told == value if isinstance(value, str) else float(told) == value, (name, told)
    for name, value in (
        ("Width", 1000),
        ("Width", 5000),
        ("ExposureTime", 14.0),
        ("PixelFormat", "BayerRG8"),
    ):
        assert not put(net, name, value), f"{name} = {value} was taken"
    assert (get(net, "Width"), get(net, "PixelFormat")) == ("1024", "Mono12p")


def check_everything_is_read(net: Namespace) -> None:
    values = {entry["name"]: entry["value"] for entry in net.viva_json("dump", *CAMERA)}
    assert len(values) > 50
    assert values["SensorWidth"] == "4096"
    assert values["SensorHeight"] == "3000"


def check_saved_and_loaded(net: Namespace, tmp: Path) -> None:
    file = tmp / "saved"
    assert put(net, "Width", 1024)
    net.viva("save", *CAMERA, "--out", file)
    assert put(net, "Width", 2048)
    net.viva("load", *CAMERA, "--file", file)
    assert get(net, "Width") == "1024"


# A feature behind a selector, the entry it stands on; the value that is saved, and the sheet's after a reset.
SAVED = [
    ("", "", "ExposureTime", 1234, 4000),
    ("", "", "Gain", 4.5, 0),
    ("", "", "BlackLevel", 21, 0),
    ("", "", "PixelFormat", "Mono12", "Mono8"),
    ("", "", "BinningHorizontal", 2, 1),
    ("", "", "Width", 320, 4096),
    ("", "", "OffsetX", 48, 0),
    ("", "", "ReverseX", "true", "false"),
    ("", "", "ActionDeviceKey", 0x1234_5678, 0),
    ("LineSelector", "Line1", "LineMode", "Output", "Input"),
    ("LineSelector", "Line1", "LineSource", "ExposureActive", "Off"),
    ("LineSelector", "Line2", "LineDebouncerHighTimeAbs", 77, 0),
    ("LineSelector", "Line0", "LineInverter", "true", "false"),
    ("UserOutputSelector", "UserOutput2", "UserOutputValue", "true", "false"),
    ("CounterSelector", "Counter2", "CounterDuration", 7, 1),
    ("CounterSelector", "Counter2", "CounterEventSource", "Line0", "Off"),
    ("TimerSelector", "Timer1", "TimerDuration", 250, 4),
    ("EventSelector", "ExposureEnd", "EventNotification", "On", "Off"),
    ("ChunkSelector", "Gain", "ChunkEnable", "true", "false"),
    ("ActionSelector", "1", "ActionGroupMask", 0x30, 0),
]


def check_all_saved_and_loaded(net: Namespace, tmp: Path) -> None:
    """Everything that is streamable: changed, saved, reset, loaded; read one by one, and as a whole."""

    def read(host: Session, selector: str, entry: str, name: str) -> str | float:
        if selector:
            host("set", selector, entry)
        said = host("get", name)
        return float(said) if re.fullmatch(r"-?[\d.]+", said) else said

    changed, again = tmp / "changed", tmp / "again"
    with Session(net, "viva") as host:
        for selector, entry, name, value, _ in SAVED:
            if selector:
                assert host("set", selector, entry) is None
            assert host("set", name, str(value)) is None, name
        assert host("save", str(changed))["values"] > 1500
        host("set", "UserSetSelector", "UserSet0")
        host("execute", "UserSetLoad")
        reset = {row[2]: (read(host, *row[:3]), row[4]) for row in SAVED}
        assert all(told == wanted for told, wanted in reset.values()), reset
        assert host("load", str(changed))["failures"] == []
        loaded = {row[2]: (read(host, *row[:3]), row[3]) for row in SAVED}
        assert all(told == wanted for told, wanted in loaded.values()), loaded
        host("save", str(again))
    assert again.read_text() == changed.read_text()


def check_stream(net: Namespace, pixel_format: str, bits: int, tmp: Path) -> None:
    """Decode an image with its own decoder.

    The column, modulo the format's range, in the upper bits of 8 or 16.
    """
    for name, value in (*RATE, ("PixelFormat", pixel_format), ("Height", 16)):
        assert put(net, name, value)
    file = tmp / "frame_0001.tiff"
    said = net.viva("stream", *CAMERA, "--save-format", "tiff", "--duration-s", "2", cwd=tmp).stdout
    summary = re.search(r"Summary:.* complete=(\d+) incomplete=(\d+) missed=(\d+)", said)
    assert summary, said
    assert int(summary[1]) > 3
    assert (summary[2], summary[3]) == ("0", "0"), said
    picture = tifffile.imread(file)
    assert picture.shape == (16, 4096)
    shift = picture.dtype.itemsize * 8 - bits  # it fills the bits below with a copy of the upper ones
    assert all((row >> shift == [c % 2**bits for c in range(4096)]).all() for row in picture)


def alone(check):
    return lambda net, tmp: check(net)


HONEST = {
    "listed": alone(check_listed),
    "features": alone(check_features),
    "everything": alone(check_everything_is_read),
    "saved": check_saved_and_loaded,
    "all-saved": check_all_saved_and_loaded,
    "Mono8": lambda net, tmp: check_stream(net, "Mono8", 8, tmp),
    "Mono12": lambda net, tmp: check_stream(net, "Mono12", 12, tmp),
    "Mono12p": lambda net, tmp: check_stream(net, "Mono12p", 12, tmp),
}
SABOTAGED = [
    ("discovery-shifted", "listed"),
    ("writes-lost", "features"),
    ("writes-lost", "saved"),
    ("gain-unsaved", "all-saved"),
    ("xml-unindexed", "all-saved"),
    ("xml-little-endian", "everything"),
    ("pixels-big-endian", "Mono12"),
    ("packing-msb-first", "Mono12p"),
    ("payload-shifted", "Mono8"),
]


@pytest.mark.parametrize("name", HONEST)
def test_viva(name, tmp_path):
    with twin(*RAMP) as net:
        HONEST[name](net, tmp_path)


@pytest.mark.parametrize(("sabotage", "name"), SABOTAGED)
def test_turns_red(sabotage, name, tmp_path):
    with twin(*RAMP, command=sabotaged(sabotage)) as net, pytest.raises(AssertionError):
        HONEST[name](net, tmp_path)
