"""From light to bytes: scene -> sensor -> pixels, for one exposure at a time.

Pure, but for what it remembers to be fast: the sensor's fixed pattern, and the electrons per second of a
scene that does not move. Both are functions of the twin alone, so remembering them changes no picture.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from camtwin.camera.exposure import Exposure
from camtwin.camera.settings import Settings
from camtwin.pixels.packing import pack
from camtwin.scene import Scene, View
from camtwin.sensor import fast
from camtwin.sensor.binning import binned
from camtwin.sensor.chain import FixedPattern
from camtwin.sensor.parameters import Readout, SensorParameters
from camtwin.sensor.patterns import test_pattern
from camtwin.units import SEC, Ns


class Renderer:
    """Renders the frames of one twin; safe to call from several threads."""

    def __init__(self, parameters: SensorParameters, scene: Scene, seed: int) -> None:
        self.parameters, self.scene, self.seed = parameters, scene, seed
        self._efficiency = np.float32(parameters.quantum_efficiency(scene.wavelength_nm))
        self._pattern: FixedPattern | None = None
        self._still: tuple[View, NDArray[np.float32]] | None = None

    def prepare(self) -> None:
        """Do now what the first frame would wait for: load kernels, make the pattern, draw the scene."""
        fast.warm_up()
        self._fixed_pattern()
        p = self.parameters
        self._electrons(View(0, 0, p.width, p.height, p.width, p.height, p.pixel_um), 0)

    def payload(self, exposure: Exposure) -> NDArray[np.uint8]:
        """The frame's bytes as its pixel format lays them out; what needs no image is written at once."""
        s, fmt = exposure.settings, exposure.pixel_format
        if s.TestPattern != "Off" or _is_binned(s):
            return pack(self.image(exposure), fmt)
        return fast.expose_payload(*self._frame(exposure, self._readout(exposure)), fmt)

    def image(self, exposure: Exposure) -> NDArray[np.uint16]:
        """DN at the pixel format's bit depth, (Height, Width)."""
        s, bits, readout = exposure.settings, exposure.pixel_format.bits, self._readout(exposure)
        if (pattern := s.TestPattern) != "Off":
            shown = replace(readout, x=s.OffsetX, y=s.OffsetY, width=s.Width, height=s.Height)
            return test_pattern(pattern, shown, bits, readout.frame)
        if not _is_binned(s):
            return fast.expose(*self._frame(exposure, readout))
        adc_bits = self.parameters.adc_bits
        codes = fast.expose(*self._frame(exposure, replace(readout, bits=adc_bits)))
        return binned(codes, s.BinningHorizontal, s.BinningVertical) >> np.uint16(adc_bits - bits)

    def _frame(
        self, exposure: Exposure, readout: Readout
    ) -> tuple[NDArray[np.float32], FixedPattern, SensorParameters, Readout]:
        """What `fast.expose` makes a frame of."""
        rate_e = self._electrons(self._view(readout), (exposure.start_ns + exposure.end_ns) // 2)
        return rate_e, self._fixed_pattern(), self.parameters, readout

    def _fixed_pattern(self) -> FixedPattern:
        if self._pattern is None:
            self._pattern = fast.fixed_pattern(self.parameters, self.seed)
        return self._pattern

    def _readout(self, exposure: Exposure) -> Readout:
        """The region in the sensor's own pixels, binned or not."""
        s = exposure.settings
        return Readout(
            x=s.OffsetX * s.BinningHorizontal,
            y=s.OffsetY * s.BinningVertical,
            width=s.Width * s.BinningHorizontal,
            height=exposure.sensor_rows,
            exposure_s=(exposure.end_ns - exposure.start_ns) / SEC,
            gain_dB=s.Gain_dB["All"],
            black_level_DN=s.BlackLevel_DN["All"],
            bits=exposure.pixel_format.bits,
            temperature_C=exposure.temperature_C,
            seed=self.seed,
            frame=exposure.frame_id,
        )

    def _electrons(self, view: View, t_ns: Ns) -> NDArray[np.float32]:
        """Electrons per second that the light frees in each pixel at t_ns, the middle of the exposure."""
        still = self._still
        if not self.scene.moving and still and still[0] == view:
            return still[1]
        rate_e = self.scene.photon_rate(view, t_ns) * self._efficiency
        if not self.scene.moving:
            self._still = (view, rate_e)
        return rate_e

    def _view(self, region: Readout) -> View:
        p = self.parameters
        return View(region.x, region.y, region.width, region.height, p.width, p.height, p.pixel_um)


def _is_binned(settings: Settings) -> bool:
    return (settings.BinningHorizontal, settings.BinningVertical) != (1, 1)
