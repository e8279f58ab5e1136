"""From light to bytes: scene -> sensor -> pixels, for one exposure at a time.

Pure, but for what it remembers to be fast: the sensor's fixed pattern, and the electrons per second of a
scene that does not move. Both are functions of the twin alone, so remembering them changes no picture.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from camtwin.camera.exposure import Exposure
from camtwin.camera.settings import Settings
from camtwin.pixels.packing import pack
from camtwin.scene import Scene, View
from camtwin.sensor import fast
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
        """The frame's bytes as its pixel format lays them out; Mono8 is written as bytes at once."""
        if exposure.pixel_format.bits_per_pixel == 8 and exposure.settings.TestPattern == "Off":
            readout = self._readout(exposure)
            out = np.empty((readout.height, readout.width), np.uint8)
            self._expose(exposure, readout, out)
            return out.reshape(-1)
        return pack(self.image(exposure), exposure.pixel_format)

    def image(self, exposure: Exposure) -> NDArray[np.uint16]:
        """DN at the pixel format's bit depth, (Height, Width)."""
        readout = self._readout(exposure)
        if (pattern := exposure.settings.TestPattern) != "Off":
            return test_pattern(pattern, readout, readout.bits, readout.frame)
        out = np.empty((readout.height, readout.width), np.uint16)
        self._expose(exposure, readout, out)
        return out

    def _expose(self, exposure: Exposure, readout: Readout, out: NDArray[np.unsignedinteger]) -> None:
        """Writes the exposure's DN into `out`."""
        rate_e = self._electrons(self._view(exposure.settings), (exposure.start_ns + exposure.end_ns) // 2)
        fast.expose(rate_e, self._fixed_pattern(), self.parameters, readout, out)

    def _fixed_pattern(self) -> FixedPattern:
        if self._pattern is None:
            self._pattern = fast.fixed_pattern(self.parameters, self.seed)
        return self._pattern

    def _readout(self, exposure: Exposure) -> Readout:
        s = exposure.settings
        return Readout(
            x=s.OffsetX,
            y=s.OffsetY,
            width=s.Width,
            height=s.Height,
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

    def _view(self, s: Settings) -> View:
        p = self.parameters
        return View(s.OffsetX, s.OffsetY, s.Width, s.Height, p.width, p.height, p.pixel_um)
