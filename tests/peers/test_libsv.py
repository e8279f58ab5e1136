"""LibSV's examples in C, C++ and Python, compiled as users compile them, on a module's video device."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from camtwin.links import native
from peers.netns import CAMTWIN, sabotaged
from peers.test_v4l2 import ModuleTwin

EXAMPLES = Path(__file__).parents[2] / "examples/libsv"
LANGUAGES = ("c", "cpp", "py")
WIDTH, HEIGHT = 4056, 3040
PERIOD_us = 16_690
"""Interval of frames in the first mode: 3106 lines, of 59.9 frames/s."""
COLUMNS = 40
Said = Mapping[str, tuple[str, bytes, str]]
"""By language: lines of acquire_image, the file of save_image, lines of display_image."""


@pytest.fixture(scope="module")
def programs(tmp_path_factory) -> dict[str, dict[str, list[str]]]:
    """Return how each example is run, by language and name."""
    folder = tmp_path_factory.mktemp("built")
    told = subprocess.run(
        [*CAMTWIN, "libsv", "--flags"], capture_output=True, text=True, timeout=60, check=True
    )
    flags, found = shlex.split(told.stdout), {}
    for language in LANGUAGES:
        found[language] = {}
        for name in ("acquire_image", "save_image", "display_image"):
            source, program = EXAMPLES / f"{name}.{language}", folder / f"{name}-{language}"
            found[language][name] = [sys.executable, str(source)] if language == "py" else [str(program)]
            if language != "py":
                compiler = ["cc", "-std=c11"] if language == "c" else ["c++", "-std=c++17"]
                strict = ("-Wall", "-Wextra", "-Werror", source, *flags, "-o", program)
                subprocess.run([*compiler, *strict], check=True, timeout=60)
    return found


def run(
    programs: dict[str, dict[str, list[str]]], folder: Path, command: Sequence[str | Path] = CAMTWIN
) -> Said:
    """Run all examples on one module."""
    said: dict[str, tuple[str, bytes, str]] = {}
    with ModuleTwin("--still", "--pace", "max", command=command) as twin:
        node = f"/dev/video{twin.number}"
        for language, words in programs.items():
            acquired = twin.run(*words["acquire_image"], node, "3")
            twin.run(*words["save_image"], node, folder / "image.pgm")
            shown = twin.run(*words["display_image"], node, "1", str(COLUMNS))
            said[language] = acquired, (folder / "image.pgm").read_bytes(), shown
    return said


@pytest.fixture
def own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))


def check(said: Said) -> None:
    """Check numbers and times of images, controls, codes, and the picture in the terminal."""
    for acquired, saved, shown in said.values():
        images = re.findall(r"image (\d+): 4056x3040 RG10, at (\d+)\.(\d{6}) s", acquired)
        assert [int(number) for number, *_ in images] == [0, 1, 2]
        times_us = [int(s) * 1_000_000 + int(us) for _, s, us in images]
        assert np.diff(times_us) == pytest.approx([PERIOD_us] * 2, abs=2)
        assert re.search(r"^Exposure +10000 \(7 \.\. 16571\)$", acquired, re.M)
        assert re.search(r"^Frame size +0 \(0 \.\. 3\)$", acquired, re.M)
        header = f"P5\n{WIDTH} {HEIGHT}\n65535\n".encode()
        assert saved.startswith(header)
        codes = np.frombuffer(saved[len(header) :], ">u2").reshape(HEIGHT, WIDTH)
        assert codes.max() <= 1023
        assert codes[::2, ::2].mean() != pytest.approx(codes[::2, 1::2].mean(), rel=0.05)  # red, and green
        assert shown.count("▀") == COLUMNS * (COLUMNS * HEIGHT // WIDTH // 2)
    saved = {image for _, image, _ in said.values()}
    assert len(saved) == 1, "one frame is repeated"


def test_the_examples(programs, tmp_path, own_folder):
    check(run(programs, tmp_path))


@pytest.mark.parametrize("sabotage", ["video-frames-recounted"])
def test_they_turn_red(programs, tmp_path, own_folder, sabotage):
    with pytest.raises(AssertionError):
        check(run(programs, tmp_path, sabotaged(sabotage)))


def test_without_a_camera_they_say_so(programs, tmp_path, own_folder):
    for words in programs.values():
        for name, more in (
            ("acquire_image", []),
            ("save_image", [tmp_path / "x.pgm"]),
            ("display_image", []),
        ):
            done = subprocess.run(
                [*CAMTWIN, "exec", "--", *words[name], "/dev/video77", *more],
                capture_output=True,
                text=True,
                timeout=60,
            )
            assert done.returncode != 0
            assert "/dev/video77" in done.stderr


def test_the_library_stands_alone():
    """It needs the C library alone, and exports its own names alone."""
    library = native.build(native.SV) / native.SV.file
    needed = subprocess.run(["readelf", "-d", library], capture_output=True, text=True, check=True).stdout
    assert re.findall(r"NEEDED.*\[(.*)\]", needed) == ["libc.so.6"]
    names = subprocess.run(
        ["nm", "-D", "--defined-only", library], capture_output=True, text=True, check=True
    )
    assert all(line.split()[-1].startswith("sv_") for line in names.stdout.splitlines())
