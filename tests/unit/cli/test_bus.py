"""The command line of bare sensors on their bus: which options there are, and which cannot be."""

from __future__ import annotations

import pytest

import warm

MODEL = "sony-imx412-aack"


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))


def run(*args: object, code: int = 0) -> str:
    done = warm.run("run", *args, "--scene", "flat", "--for", "0", timeout=60)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr if code else done.stdout


def test_where_each_sensor_is():
    said = run(
        MODEL, MODEL, "--bus", 12, "--bus-speed", "1M", "--inck", "27", "--xclr-at", "0x20"
    ).splitlines()
    assert said[0].endswith("at i2c-12, address 0x1a")
    assert said[1].endswith("ready at i2c-12, address 0x10")
    assert said[3] == "  camtwin exec -- i2ctransfer -y 12 w2@0x1a 0x00 0x16 r2"


def test_a_status_line_of_transfers():
    assert "IMX412-AACK | client none | 0 transfers | 0 frames | 25.0 C" in run(MODEL)


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--set", "ExposureTime=5"), "--set: not for sony-imx412-aack, which programs drive in another way"),
        (("--link-speed", "1G"), "--link-speed: not for"),
        (("--journal", "a.jsonl"), "--journal: not for"),
        (("--pace", "max"), "--pace max: not for"),
        (("--fault", "drop=0.1"), "--fault needs a GigE Vision link; sony-imx412-aack has CSI-2"),
        (("--bus-speed", "3M"), "--bus-speed 3M is none of 400k, 1M"),
        (("--xclr-at", "0x80"), "--xclr-at 0x80 is no address on the bus, 0x08 .. 0x77"),
        (("--xclr-at", "P0"), "--xclr-at P0 is no address"),
        (("--xclr-at", "0x10"), "an expander cannot be at 0x10"),
        (("--trace-bus", "/nowhere/bus.txt"), "/nowhere/bus.txt: there is no such folder"),
        ((MODEL, MODEL), "a bus has addresses for 2 sensors"),
    ],
)
def test_what_cannot_be(args, words):
    said = run(MODEL, *args, code=2)
    assert said.startswith(f"camtwin: {words}")
    assert len(said.splitlines()) == 1


def test_a_bus_needs_a_sensor():
    said = run("baumer-vcxg-124m", "--trace-bus", "bus.txt", code=2)
    assert "--trace-bus needs a CSI-2, I2C bus or V4L2, CSI-2 link; baumer-vcxg-124m has GigE Vision" in said
