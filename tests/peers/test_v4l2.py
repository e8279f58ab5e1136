"""Stock programs on a sensor module's video device, through `camtwin exec`.

What the programs say: v4l2_tools.sh and v4l2_converted.sh.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from peers.netns import CAMTWIN, HERE, PLAIN_SCENE, PeerError, Running, sabotaged

MODEL = "framos-fsm-imx412"
LINE_us = 4512 / 839.7
DARK = ("--scene", "flat:2e5")
BYTES = {"4056": 4056 * 3040 * 2, "3840": 3840 * 2160 * 2, "1920": 1920 * 1080 * 2, "1280": 1280 * 720 * 2}


class ModuleTwin(Running):
    """`camtwin run` of a module, or of several, whose sockets are in a folder of the test's own."""

    def __init__(self, *args: str, models: int = 1, command: Sequence[str | Path] = CAMTWIN) -> None:
        super().__init__(
            None, *command, "run", *[MODEL] * models, *(() if "--scene" in args else PLAIN_SCENE), *args
        )

    def __enter__(self) -> Self:
        super().__enter__()
        self.numbers = re.findall(r" at /dev/video(\d+)", "".join(self.said))
        self.number = self.numbers[0]
        return self

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        if self.traceback:
            raise PeerError(f"the twin printed a traceback\n{''.join(self.said)}")

    def run(self, *args: str | Path, timeout: float = 60) -> str:
        done = executed(*args, timeout=timeout)
        assert done.returncode == 0, done.stderr
        return done.stdout


def executed(*args: str | Path, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    """Run a program under `camtwin exec`, whatever becomes of it."""
    command = [*map(str, CAMTWIN), "exec", "--", *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout)


@dataclass(frozen=True)
class Said:
    """Output of programs on a node: lines by their names in v4l2_tools.sh, images, and numbers.

    opencv: of OpenCV's; exposure: of the host's automatic exposure.
    """

    lines: dict[str, list[str]]
    images: dict[str, NDArray[np.uint8]]
    opencv: dict[str, float]
    exposure: dict[str, list[Any]]


def programs(folder: Path, command: Sequence[str | Path] = CAMTWIN) -> Said:
    """Run all programs, on a twin without conversions and on one with them."""
    lines: dict[str, list[str]] = {}
    with ModuleTwin("--still", "--pace", "max", command=command) as twin:
        for line in twin.run("sh", HERE / "v4l2_tools.sh", twin.number, folder).splitlines():
            if line.startswith("== "):
                lines[line[3:]] = []
            else:
                [*lines.values()][-1].append(line)
    with ModuleTwin("--still", "--pace", "max", "--convert", *DARK, command=command) as twin:
        said = twin.run("sh", HERE / "v4l2_converted.sh", twin.number, folder, sys.executable)
    with ModuleTwin("--still", "--pace", "max", *DARK, command=command) as twin:
        exposure = twin.run(sys.executable, HERE / "v4l2_exposure.py", twin.number, str(LINE_us))
    images = {}
    for name in ("gst", "ffmpeg"):
        with Image.open(folder / f"{name}.png") as image:
            images[name] = np.asarray(image)
    return Said(lines, images, json.loads(said.splitlines()[-1]), json.loads(exposure))


@pytest.fixture(scope="module")
def said(tmp_path_factory) -> Said:
    folder = tmp_path_factory.mktemp("run")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(folder))
        return programs(folder)


def check_compliance(said: Said) -> None:
    for node, counts in (("video", (46,)), ("subdevice", (51,)), ("media", (8, 51, 46))):
        totals = [line for line in said.lines[node] if line.startswith("Total for")]
        ends = [f": {count}, Succeeded: {count}, Failed: 0, Warnings: 0" for count in counts]
        assert [line.endswith(end) for line, end in zip(totals, ends, strict=True)] == [True] * len(ends)


def check_topology(said: Said) -> None:
    text = "\n".join(said.lines["topology"])
    assert re.findall(r"- entity \d: (.*) \((\d) pads?, (\d) links?\)", text) == [
        ("imx412 10-001a", "1", "1"),
        ("camtwin csi2", "2", "2"),
        ("camtwin capture", "1", "1"),
    ]
    assert "[fmt:SRGGB10_1X10/4056x3040 field:none" in text
    assert text.count("[ENABLED,IMMUTABLE]") == 4


def check_controls(said: Said) -> None:
    told = dict(line.split(": ") for line in said.lines["get"] if ": " in line)
    assert told == {
        "gain": "4000",
        "exposure": "1999",  # 372 lines
        "analogue_gain": "768",
        "exposure_time_absolute": "20",
    }


def check_streams(said: Said) -> None:
    streams = {name: lines for name, lines in said.lines.items() if name.startswith("stream")}
    assert len(streams) == 5
    for name, lines in streams.items():
        width = re.findall(r"\d+", name)[0]
        assert int(lines[-1]) == 3 * BYTES[width]
        frames = [line for line in lines if line.startswith("cap dqbuf")]
        assert [int(re.findall(r"seq: +(\d+)", line)[0]) for line in frames] == [0, 1, 2]


def check_rates(said: Said) -> None:
    """Rates from timestamps, at the modes' highest rates; a frame is a whole number of lines."""
    lines = said.lines["stream 4056,height=3040,pixelformat=RG10"]
    deltas = [float(one) for line in lines for one in re.findall(r"delta: ([\d.]+) ms", line)]
    assert deltas == [pytest.approx(1000 / 59.917, abs=0.002)] * 2  # 3106 lines, of 59.9 frames/s


def check_nodes(said: Said) -> None:
    devices = [line for line in said.lines["devices"] if "/dev/" in line]
    assert all(line.startswith("crw") for line in devices)
    assert sorted(line.split("/dev/")[1][:4] for line in devices) == ["medi", "v4l-", "vide"]
    assert said.lines["devices"][-1] == "exit 0"


def check_mosaic(said: Said) -> None:
    """In the red bar of the test pattern only the pixels of even rows and columns are bright."""
    mosaic = said.images["gst"]
    assert mosaic.shape == (720, 1280)
    red, green, also_green, blue = (mosaic[y::2, x::2] for y in (0, 1) for x in (0, 1))
    bar = (red > 180) & (green < 60) & (also_green < 60) & (blue < 60)
    assert bar[50:300].all(axis=0).sum() > 50


def check_colours(said: Said) -> None:
    """ffmpeg makes colours of the mosaic: a red bar is red."""
    image = said.images["ffmpeg"].astype(int)
    assert image.shape == (720, 1280, 3)
    red = (image[..., 0] > 180) & (image[..., 1] < 60) & (image[..., 2] < 60)
    assert red[100:600].all(axis=0).sum() > 100


def check_opencv(said: Said) -> None:
    told = said.opencv
    assert told["opened"]
    assert told["pixels"] == 1280 * 720
    assert told["40 1000"] / told["20 1000"] == pytest.approx(2, rel=0.05)
    assert told["40 2000"] / told["40 1000"] == pytest.approx(2, rel=0.05)


def check_exposure(said: Said) -> None:
    low_us, high_us, low_dB, high_dB = said.exposure["limits"]
    assert low_us < 100 < 10_000 < high_us
    assert (low_dB, high_dB) == (0, pytest.approx(26.95, abs=0.01))  # code 978: 1024 / 46
    first, *_, last = said.exposure["steps"]
    assert first[0] < 0.1
    assert last[0] == pytest.approx(0.25, rel=0.04)
    assert last[1] > 10 * first[1]
    assert last[1] == pytest.approx(high_us, rel=1e-3)
    assert last[2] < 1  # time comes before gain, which began at 12 dB


CHECKS = (
    check_compliance,
    check_topology,
    check_controls,
    check_streams,
    check_rates,
    check_nodes,
    check_mosaic,
    check_colours,
    check_opencv,
    check_exposure,
)


@pytest.mark.parametrize("check", CHECKS)
def test_stock_programs(check, said):
    check(said)


BREAKS = (
    "video-frames-recounted+video-images-shifted+video-colours-undefined"
    "+video-controls-dropped+video-parts-misnamed"
)


def test_they_turn_red(tmp_path, own_folder):
    """Each check on a twin with a thing wrong for it, all in one."""
    said = programs(tmp_path, sabotaged(BREAKS))
    green = []
    for check in CHECKS:
        try:
            check(said)
            green.append(check.__name__)
        except AssertionError:
            pass
    assert green == []


@pytest.fixture
def own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))


def test_a_static_program_is_told_why(tmp_path, own_folder):
    (tmp_path / "a.c").write_text("int main(void) { return 0; }")
    subprocess.run(["cc", "-static", "-o", tmp_path / "a", tmp_path / "a.c"], check=True)
    done = executed(tmp_path / "a")
    assert done.returncode == 2
    assert "is linked statically, so no library can give it devices" in done.stderr
    assert len(done.stderr.splitlines()) == 1
