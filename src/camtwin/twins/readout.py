"""The readout of a bare sensor: from the light on its window to the pixels that it sends, by its registers.

The window of the array is rendered as a camera's is. What the sensor does with it on the way to its link is
done here, in the order of camera/registers/configuration.py.

The scaler takes the mean of the area that becomes a pixel, colour by colour (assumed).
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from camtwin.camera.frames.exposure import Exposure
from camtwin.camera.registers.configuration import PEDESTAL, Configuration, Integration
from camtwin.camera.registers.geometry import UNSCALED, Extent, Geometry
from camtwin.camera.settings import Settings
from camtwin.sensor.binning import binned_mosaic
from camtwin.sensor.timing import RowTimes
from camtwin.twins.defects import without_singles
from camtwin.twins.patterns import pattern
from camtwin.twins.render import Renderer

Image = NDArray[np.uint16]


class Readout:
    """Makes the images of one sensor; safe to call on several threads."""

    def __init__(self, renderer: Renderer) -> None:
        self.renderer = renderer
        self._latest: tuple[Configuration, Settings, tuple[Settings, ...]] | None = None

    def image(self, one: Configuration, exposure: Exposure) -> Image:
        """Return what is sent of an exposure, (height, width) DN at the bits that are sent.

        exposure: its `part` is the integration; its times are those of the first row that is read; of its
        settings only those count that no register decides.
        """
        integration = one.integrations[exposure.part]
        if one.test_pattern:
            return pattern(one.test_pattern, one.geometry, one.bits, one.test_colours)
        array, windows = one.geometry.y, exposure.windows
        start_ns, step_ns = windows.start_ns, len(one.integrations) * one.line_ns
        if array.reverse:  # the bottom row is read first
            start_ns, step_ns = start_ns + round(step_ns * (array.read - 1)), -step_ns
        read = self.renderer.image(
            replace(
                exposure,
                settings=self._window_settings(one, exposure.settings)[exposure.part],
                start_ns=start_ns,
                end_ns=start_ns + windows.duration_ns,
                row_times=RowTimes(step_ns=step_ns, pair=array.even + array.odd, binned=array.binned),
            )
        )
        if one.corrects_defects:
            black, gain = PEDESTAL >> 12 - one.adc_bits, float(integration.analogue_gain)
            read = without_singles(read, one.adc_bits, black, gain)
        return _amplified(_way(read, one.geometry), one, integration)

    def _window_settings(self, one: Configuration, base: Settings) -> tuple[Settings, ...]:
        """Return the settings by which each exposure's window is rendered, as read from the array."""
        latest = self._latest
        if latest is None or latest[0] != one or latest[1] is not base:
            settings = tuple(self._settings_of(one, each, base) for each in one.integrations)
            self._latest = latest = (one, base, settings)
        return latest[2]

    def _settings_of(self, one: Configuration, integration: Integration, base: Settings) -> Settings:
        x, y = one.geometry.x, one.geometry.y
        cfa = self.renderer.parameters.cfa
        first = cfa[y.start % 2 * 2 + x.start % 2] + cfa[y.start % 2 * 2 + 1 - x.start % 2]
        code = float(20 * np.log10(float(integration.analogue_gain)))
        return replace(
            base,
            Width=x.end - x.start + 1,
            Height=y.end - y.start + 1,
            OffsetX=x.start,
            OffsetY=y.start,
            BinningHorizontal=1,
            BinningVertical=1,
            ReverseX=False,
            ReverseY=False,
            TestPattern="Off",
            PixelFormat=f"Bayer{first}{one.adc_bits}",
            Gain_dB=base.Gain_dB.replace("All", code),
            BlackLevel_DN=base.BlackLevel_DN.replace("All", 0),
            ExposureTime_ns=round(one.exposure_ns(integration)),
        )


def _kept(line: Extent) -> NDArray[np.int64]:
    """Return the places, in the window, of the pixels that are read."""
    pairs = np.arange(0, line.end - line.start + 1, line.even + line.odd)[:, None] + np.array([0, line.even])
    places = pairs.ravel()
    return places[places <= line.end - line.start]


def _way(window: Image, geometry: Geometry) -> Image:
    """Return what is sent of the pixels of the window: sub-sampling, binning, mirrors, crop, scale, size."""
    x, y = geometry.x, geometry.y
    image = window
    if x.even + x.odd > 2 or y.even + y.odd > 2:
        image = image[np.ix_(_kept(y), _kept(x))]
    if x.binned * y.binned > 1:
        image = _binned(image, x, y)
    image = image[:: -1 if y.reverse else 1, :: -1 if x.reverse else 1]
    image = image[y.crop : y.crop + y.cropped, x.crop : x.crop + x.cropped]
    if max(x.scale, y.scale) > UNSCALED:
        image = _scaled(image, x, y)
    return np.ascontiguousarray(image[: y.sent, : x.sent])


def _binned(image: Image, x: Extent, y: Extent) -> Image:
    """Return the image with the pixels of each colour combined, as many as there are whole groups."""
    rows = image.shape[0] // (2 * y.binned) * 2 * y.binned if y.binned > 1 else image.shape[0]
    columns = image.shape[1] // (2 * x.binned) * 2 * x.binned if x.binned > 1 else image.shape[1]
    return binned_mosaic(image[:rows, :columns], x.binned, y.binned)


def _scaled(image: Image, x: Extent, y: Extent) -> Image:
    """Return the image made smaller, each of its four colours by itself."""
    height = y.cropped * UNSCALED // y.scale // 2 * 2 if y.scale > UNSCALED else image.shape[0] // 2 * 2
    width = x.cropped * UNSCALED // x.scale // 2 * 2 if x.scale > UNSCALED else image.shape[1] // 2 * 2
    out = np.empty((height, width), np.uint16)
    for row in (0, 1):
        for column in (0, 1):
            plane = np.ascontiguousarray(image[row::2, column::2])
            size = (width // 2, height // 2)
            out[row::2, column::2] = cv2.resize(plane, size, interpolation=cv2.INTER_AREA)
    return out


def _amplified(image: Image, one: Configuration, integration: Integration) -> Image:
    """Return the image with its black level and digital gains, at the bits that are sent."""
    black, usual = one.black_level, PEDESTAL >> 12 - one.bits
    shift = one.bits - one.adc_bits
    gains = integration.digital_gains
    if shift == 0 and black == usual and set(gains) == {1}:
        return image
    light = image.astype(np.float32) * 2.0**shift - usual
    for place, colour in enumerate(_colours(one.geometry.cfa)):
        light[place // 2 :: 2, place % 2 :: 2] *= float(gains[colour])
    top = (1 << one.bits) - 1
    return np.clip(np.rint(light + black), 0, top).astype(np.uint16)


def _colours(cfa: str) -> list[int]:
    """Return the index of each of four pixels' colour: red, green in red rows, green in blue rows, blue."""
    rows = cfa[:2], cfa[2:]
    return [{"R": 0, "B": 3}.get(colour, 1 if "R" in row else 2) for row in rows for colour in row]
