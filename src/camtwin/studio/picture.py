"""Images for the page: previews, raw tiles, and numbers of raw data.

Previews are 8 bits, shown smaller, and for the eye alone. Every number comes from the frame itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import sqrt
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from camtwin import isp
from camtwin.camera import Exposure
from camtwin.isp import Calibration
from camtwin.problem import Problem
from camtwin.session.session import Session

PREVIEW_px: Final = 1280
QUALITY: Final = 88
ROWS: Final = 1 << 10
"""Rows that a histogram counts at a time: cv2 counts in floats, which are exact up to 2^24."""
PARTLY, WHOLLY = 1, 2
"""Values of a preview's mask: some, or all, of the pixels behind one of it. Black ones are 4 times that."""
MAX_TILE: Final = 1 << 22
"""Limit of a tile's pixels."""
Region = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Electrons:
    """The way from codes to electrons: (DN - offset_DN) / K_DN_per_e. `why` says why there is none."""

    K_DN_per_e: float
    offset_DN: float
    assumed: bool = False
    why: str = ""

    def of(self, code: float) -> float | None:
        """Return the electrons of a code; None if they do not follow from it."""
        return None if self.why else (code - self.offset_DN) / self.K_DN_per_e


def electrons_of(cam: Session, exposure: Exposure) -> Electrons:
    """Return how codes of a frame follow from electrons, by the sensor's K, the gain and the black level."""
    s, bits = exposure.settings, exposure.pixel_format.bits
    sensor = cam.twin.renderer.parameters.converting(bits)
    shift = 2.0 ** (sensor.adc_bits - bits)
    gain = 10 ** (s.Gain_dB["All"] / 20)
    offset = (sensor.pedestal_DN + s.BlackLevel_DN["All"]) / shift
    assumed = any(f.assumed for f in cam.twin.sheet.sensor.facts if f.path.endswith("gain_DN_per_e"))
    why = next(
        (
            text
            for on, text in (
                (s.TestPattern != "Off", "TestPattern is on"),
                (s.LUTEnable["Luminance"], "LUTEnable is on"),
                (s.Gamma != 1.0, "Gamma is not 1"),
                (s.BinningHorizontal * s.BinningVertical > 1, "pixels are binned"),
                (bool(s.DigitalShift), "DigitalShift is on"),
            )
            if on
        ),
        "",
    )
    return Electrons(sensor.gain_DN_per_e * gain / shift, offset, assumed, why)


@dataclass(frozen=True, eq=False)
class Shown:
    """A frame that the page shows: its exposure and its raw image."""

    exposure: Exposure
    image: NDArray[np.uint16]
    electrons: Electrons
    received_ns: int
    _once: dict[Any, Any] = field(default_factory=dict, repr=False)

    @property
    def white(self) -> int:
        """The highest code of the pixel format."""
        return (1 << self.exposure.pixel_format.bits) - 1

    @property
    def histogram(self) -> NDArray[np.uint32]:
        """Return how often each code occurs."""
        if "histogram" not in self._once:
            self._once["histogram"] = histogram(self.image, self.white + 1)
        return self._once["histogram"]

    @property
    def saturated(self) -> int:
        """Pixels at the highest code."""
        return int(self.histogram[self.white])

    def head(self) -> dict[str, Any]:
        """Return what the page says about the frame."""
        e, height, width = self.exposure, *self.image.shape
        return {
            "id": e.frame_id,
            "part": e.part,
            "width": width,
            "height": height,
            "format": e.pixel_format.name,
            "mosaic": bool(e.pixel_format.mosaic),
            "white": self.white,
            "start_ns": e.start_ns,
            "timestamp_ns": e.timestamp_ns,
            "exposure_ns": e.end_ns - e.start_ns,
            "saturated": self.saturated,
            "black": int(self.histogram[0]),
            "K": self.electrons.K_DN_per_e,
            "offset": self.electrons.offset_DN,
            "assumed": self.electrons.assumed,
            "no_electrons": self.electrons.why,
        }

    def pixel(self, x: int, y: int) -> dict[str, Any]:
        """Return the code and the electrons of one pixel."""
        height, width = self.image.shape
        if not (0 <= x < width and 0 <= y < height):
            raise Problem(f"pixel {x}, {y} is outside of the image, {width} x {height}")
        code = int(self.image[y, x])
        return {
            "frame": self.exposure.frame_id,
            "x": x,
            "y": y,
            "dn": code,
            "electrons": self.electrons.of(code),
            "saturated": code >= self.white,
        }

    def statistics(self, region: Region) -> dict[str, Any]:
        """Return mean and sigma of a region, and what shot noise alone would give there."""
        x, y, width, height = _within(region, self.image.shape)
        part = self.image[y : y + height, x : x + width]
        mean, sigma = float(part.mean(dtype=np.float64)), float(part.std(dtype=np.float64))
        electrons, K = self.electrons.of(mean), self.electrons.K_DN_per_e
        shot = None if electrons is None else sqrt(max(electrons, 0.0))
        return {
            "region": [x, y, width, height],
            "mean": mean,
            "sigma": sigma,
            "mean_e": electrons,
            "sigma_e": None if electrons is None else sigma / K,
            "shot": None if shot is None else shot * K,
            "shot_e": shot,
            "saturated": int((part >= self.white).sum()),
        }

    def profile(self, y: int) -> NDArray[np.uint16]:
        """Return the codes of a row."""
        return self.image[min(max(y, 0), self.image.shape[0] - 1)]


def histogram(image: NDArray[np.uint16], codes: int) -> NDArray[np.uint32]:
    """Return how often each code from 0 occurs."""
    counts = np.zeros(codes, np.int64)
    rows = max(1, ((1 << 24) - 1) // image.shape[1])
    for begin in range(0, len(image), rows):
        part = image[begin : begin + rows]
        counts += cv2.calcHist([part], [0], None, [codes], [0, codes]).ravel().astype(np.int64)
    return counts.astype(np.uint32)


def _within(region: Region, shape: tuple[int, ...]) -> Region:
    """Return the part of a region that is within an image, at least one pixel."""
    x, y, width, height = region
    x, y = min(max(x, 0), shape[1] - 1), min(max(y, 0), shape[0] - 1)
    return x, y, min(max(width, 1), shape[1] - x), min(max(height, 1), shape[0] - y)


def preview(shown: Shown, low: int, high: int) -> tuple[bytes, bytes, int, int]:
    """Return a frame as JPEG, between two codes, and its mask as PNG, both smaller; and their size."""
    if ("preview", low, high) not in shown._once:
        shown._once["preview", low, high] = _preview(shown, low, high)
    return shown._once["preview", low, high]


def _preview(shown: Shown, low: int, high: int) -> tuple[bytes, bytes, int, int]:
    image = shown.image
    scale = min(1.0, PREVIEW_px / max(image.shape))
    width, height = (max(1, round(side * scale)) for side in (image.shape[1], image.shape[0]))
    small = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA) if scale < 1 else image
    grey = cv2.convertScaleAbs(
        np.maximum(small, low) - low, alpha=255.0 / max(high - low, 1)
    )  # rounds, and holds at 255
    mask = _mask(image, width, height, shown.white, shown.saturated, int(shown.histogram[0]))
    return _encoded(".jpg", grey, QUALITY), mask, width, height


def shrunk(image: NDArray[np.uint16], width: int, height: int) -> NDArray[np.uint16]:
    """Return a mosaic of about that size, each of its colours averaged by itself."""
    w, h = max(1, width // 2), max(1, height // 2)
    small = np.empty((2 * h, 2 * w), np.uint16)
    for y in (0, 1):
        for x in (0, 1):
            plane = np.ascontiguousarray(image[y::2, x::2])
            small[y::2, x::2] = cv2.resize(plane, (w, h), interpolation=cv2.INTER_AREA)
    return small


def coloured(shown: Shown, calibration: Calibration) -> tuple[bytes, bytes, int, int]:
    """Return a mosaic as a colour image, smaller, as JPEG, its mask as PNG, and their size."""
    e, image = shown.exposure, shown.image
    scale = min(1.0, PREVIEW_px / max(image.shape))
    small = shrunk(image, round(image.shape[1] * scale), round(image.shape[0] * scale))
    raw = isp.raw_of(small, e.pixel_format, shown.electrons.offset_DN)
    rgb, _ = isp.preset("fast", raw.mosaic, calibration, bits=raw.bits).process(raw)
    height, width = rgb.shape[:2]
    mask = _mask(image, width, height, shown.white, shown.saturated, int(shown.histogram[0]))
    return _encoded(".jpg", np.ascontiguousarray(rgb[..., ::-1]), QUALITY), mask, width, height


@dataclass(frozen=True, slots=True)
class Difference:
    """A frame less the one before it, as codes around `middle`: noise that is not the same in both.

    span  codes from the middle to black and to white, four times their sigma
    """

    image: NDArray[np.uint16]
    before: int
    middle: int
    span: int

    @classmethod
    def of(cls, shown: Shown, before: Shown | None) -> Difference:
        """Return the difference of two frames.

        Raises:
            Problem: there is no frame before, or it has other settings or another scene
        """
        e, other = shown.exposure, before and before.exposure
        if before is None or other is None or other.settings != e.settings or other.world is not e.world:
            raise Problem("the noise view needs two frames with the same settings, of the same scene")
        middle = (shown.white + 1) // 2
        codes = shown.image.astype(np.int32) - before.image
        sigma = float(codes[:: max(1, len(codes) // 256)].std())
        image = np.clip(codes + middle, 0, shown.white).astype(np.uint16)
        return cls(image, before.exposure.frame_id, middle, min(max(4, round(4 * sigma)), middle))

    def preview(self) -> tuple[bytes, bytes, int, int]:
        """Return it as JPEG, an empty mask as PNG, and their size; pixels are left out, not averaged."""
        scale = min(1.0, PREVIEW_px / max(self.image.shape))
        height, width = (max(1, round(side * scale)) for side in self.image.shape)
        small = cv2.resize(self.image, (width, height), interpolation=cv2.INTER_NEAREST)
        low = self.middle - self.span
        grey = cv2.convertScaleAbs(np.maximum(small, low) - low, alpha=255.0 / (2 * self.span))
        return _encoded(".jpg", grey, QUALITY), _encoded(".png", np.zeros_like(grey), 1), width, height

    def sigma(self, region: Region) -> float:
        """Return the sigma of the noise in one frame of a region: the difference has that of two."""
        x, y, width, height = _within(region, self.image.shape)
        return float(self.image[y : y + height, x : x + width].std(dtype=np.float64)) / sqrt(2)

    def head(self) -> dict[str, Any]:
        """Return what the page says about it."""
        return {"before": self.before, "low": self.middle - self.span, "top": self.middle + self.span}


def _mask(
    image: NDArray[np.uint16], width: int, height: int, white: int, saturated: int, black: int
) -> bytes:
    """Return the mask of a preview: where pixels are saturated or black."""
    mask = np.zeros((height, width), np.uint8)
    for count, code, weight in ((saturated, white, 1), (black, 0, 4)):
        if not count:
            continue
        at = cv2.compare(image, np.full(1, code, np.float64), cv2.CMP_EQ)  # 255 where it is
        share: NDArray[Any] = cv2.resize(at, (width, height), interpolation=cv2.INTER_AREA)
        if count < image.size // 1000:  # so few that an area's mean may round to nothing
            y, x = np.nonzero(at)
            at_least = y * height // image.shape[0], x * width // image.shape[1]
            share[at_least] = np.maximum(share[at_least], 1)
        mask += np.where(share >= 250, WHOLLY, np.where(share > 0, PARTLY, 0)).astype(np.uint8) * weight
    return _encoded(".png", mask, 1)


def _encoded(kind: str, image: NDArray[Any], quality: int) -> bytes:
    flag = cv2.IMWRITE_JPEG_QUALITY if kind == ".jpg" else cv2.IMWRITE_PNG_COMPRESSION
    good, data = cv2.imencode(kind, image, [flag, quality])
    if not good:
        raise Problem(f"an image of {image.shape[1]} x {image.shape[0]} could not be encoded as {kind}")
    return data.tobytes()


def tile(image: NDArray[np.uint16], region: Region) -> tuple[bytes, Region]:
    """Return the codes of a region, 16 bits little-endian, and the part that is within the image."""
    x, y, width, height = _within(region, image.shape)
    if width * height > MAX_TILE:
        raise Problem(f"a tile of {width} x {height} is above the maximum of {MAX_TILE} pixels")
    part = image[y : y + height, x : x + width]
    return part.astype("<u2").tobytes(), (x, y, width, height)


def packed(head: Mapping[str, Any], parts: Mapping[str, bytes]) -> bytes:
    """Return a message of a head and named parts: length of the head, head as JSON, the parts.

    The head's `parts` has the name and the length of each; each begins at a multiple of 4 bytes.
    """
    text = json.dumps({**head, "parts": [[name, len(data)] for name, data in parts.items()]}).encode()
    text += b" " * (-len(text) % 4)
    padded = (data + b"\0" * (-len(data) % 4) for data in parts.values())
    return b"".join((len(text).to_bytes(4, "little"), text, *padded))
