"""Does the CSI-2 stream of a bare sensor say what the twin saw, to a decoder that shares nothing with it?

The numbers of the sensor are typed from the public facts of the IMX412 and its siblings: 840 Mpx/s,
clocks a line, lines a frame, addresses of MIPI CCS.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import floor
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import csi2_decoder as decoder
from camtwin import open as camtwin_open
from camtwin.files import load_picture
from camtwin.scene import parse
from csi2_judge import FULL, Sent, judge

PIXELS_PER_S = 840_000_000


def words(values: dict[int, int]) -> dict[int, int]:
    """Return registers of two bytes as bytes by address, the high one first."""
    return {at + n: value >> 8 - 8 * n & 0xFF for at, value in values.items() for n in (0, 1)}


@dataclass(frozen=True)
class Mode:
    """A drive mode, and what the twin is set to in it."""

    name: str
    bits: int
    line_clocks: int
    frame_lines: int
    exposure_lines: int
    images: int
    short_us: float | None = None

    @property
    def line_ns(self) -> Fraction:
        return Fraction(self.line_clocks * 10**9, PIXELS_PER_S)

    @property
    def exposure_us(self) -> float:
        return float(self.exposure_lines * self.line_ns / 1000)

    def dumped(self, folder: Path, *options: str) -> bytes:
        """Return the dump that the command line makes, at 6.02 dB."""
        file = folder / "a.csi2"
        command = [sys.executable, "-m", "camtwin", "csi2", "dump", "sony-imx412-aack", "-o", str(file)]
        features = {"SensorMode": self.name, "ExposureTime": self.exposure_us, "Gain": 6.0206}
        if self.short_us:
            features["ExposureTimeShort"] = self.short_us
        settings = [f"--set={name}={value}" for name, value in features.items()]
        subprocess.run([*command, "-n", str(self.images), *settings, *options], check=True)
        return file.read_bytes()

    def pictures(self) -> list[NDArray[np.uint16]]:
        """Return what a user of the session gets, image after image, the long exposure of each first."""
        with camtwin_open("sony-imx412-aack", scene=parse("chart", load_picture)) as cam:
            cam.SensorMode, cam.ExposureTime, cam.Gain = self.name, self.exposure_us, 6.0206
            if self.short_us:
                cam.ExposureTimeShort = self.short_us
            return [image.picture for image in cam.grab(self.images * (2 if self.short_us else 1))]


@pytest.mark.parametrize(
    ("mode", "size", "options"),
    [
        (Mode("FullHd", 10, 2976, 1176, 560, images=2), (1112, 2028), ()),
        (Mode("Full12", 12, 6224, 3374, 1050, images=1), (3040, 4056), ("--line-numbers",)),
    ],
    ids=["FullHd", "Full12"],
)
def test_one_exposure(tmp_path: Path, mode: Mode, size: tuple[int, int], options: tuple[str, ...]):
    encoded = mode.dumped(tmp_path, *options)
    frames = decoder.frames(decoder.read(encoded))
    starts = [frame.packets[0].enter_ns for frame in frames]
    for start, following in pairwise(starts):
        assert abs(following - start - mode.frame_lines * mode.line_ns) < 1
    typed = words(
        {
            0x0112: mode.bits * 0x0101,  # data format
            0x0202: mode.exposure_lines,
            0x0204: 512,  # analogue gain: 1024 / (1024 - 512)
            0x0340: mode.frame_lines,
            0x0342: mode.line_clocks,
            0x034C: size[1],
            0x034E: size[0],
        }
    )
    for frame in frames:
        assert {at: frame.registers[at] for at in typed} == typed
    registers = frames[0].registers  # which others a sensor tells is not public
    sent = [
        Sent(codes, mode.bits, start, mode.line_ns, n, registers, line_numbers=bool(options))
        for n, (codes, start) in enumerate(zip(mode.pictures(), starts, strict=True), 1)
    ]
    assert {s.codes.shape for s in sent} == {size}
    judge(encoded, sent, FULL)


def test_two_exposures(tmp_path: Path):
    # RHS1 is the short exposure and 22 lines: 100 + 22; the lines of channel 1 begin one later, in the gaps
    mode = Mode("Dol", 10, 4512, 2 * 3102, 1050, images=2, short_us=100 * 4512 / 840 - 0.1)
    encoded = mode.dumped(tmp_path)
    frames = decoder.frames(decoder.read(encoded))
    starts = [f.packets[0].enter_ns for f in frames if f.channel == 0]
    assert abs(starts[1] - starts[0] - mode.frame_lines * mode.line_ns) < 1
    typed = {0x00E3: 1, 0x00E4: 1}  # DOL, of two frames
    typed |= words(
        {0x00E6: 122, 0x00EA: 1050, 0x00EC: 100, 0x00F0: 512, 0x00F2: 512, 0x0340: 3102, 0x034C: 4060}
    )
    for frame in frames:
        assert {at: frame.registers[at] for at in typed} == typed
    told = frames[0].registers  # which others a sensor tells is not public: the same on both
    sent = [
        Sent(codes, 10, floor(start + part * 123 * mode.line_ns), 2 * mode.line_ns, n, told, channel=part)
        for n, part, start, codes in zip(
            (1, 1, 2, 2), (0, 1, 0, 1), np.repeat(starts, 2).tolist(), mode.pictures(), strict=True
        )
    ]
    judge(encoded, sent, FULL)
