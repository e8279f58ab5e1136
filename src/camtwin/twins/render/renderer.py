"""The renderer: one exposure after another down the rooms, scene -> sensor -> pixels.

Each frame asks the files beside it once, then goes down and does not come back up: geometry.py says which
pixels, codes.py what is asked of them, light.py what falls on them, and sensor/processing.py makes the codes
and the bytes. All of it is a pure function of (data sheet, Settings, row windows, seed, frame number), so a
frame may be rendered early, late or twice.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from camtwin.camera.frames.exposure import Exposure
from camtwin.scene import Scene
from camtwin.sensor import fast, processing
from camtwin.sensor.chain import FixedPattern
from camtwin.sensor.flaws import Flaws, flawed_pattern
from camtwin.sensor.parameters import Readout, SensorParameters
from camtwin.sensor.processing import Lit, Shot
from camtwin.twins.render import geometry
from camtwin.twins.render.codes import Asked, asked_by
from camtwin.twins.render.geometry import Window
from camtwin.twins.render.light import Light, World
from camtwin.units import SEC

MAX_BRIGHTNESS_ROWS = 32
"""Rows that the brightness of a frame is measured on."""


class Renderer:
    """Renders the frames of one twin; safe to call from several threads.

    world    what exposures see that bring no world of their own
    threads  that share the work of one frame
    """

    def __init__(self, parameters: SensorParameters, scene: Scene, seed: int, threads: int = 1) -> None:
        self.parameters, self.world, self.seed, self.threads = parameters, World(scene), seed, threads
        self._light = Light(parameters)
        self._known: Asked | None = None  # of the frame before: most have the same Settings
        self._plain: FixedPattern | None = None
        self._flawed: tuple[Flaws, FixedPattern] | None = None

    def prepare(self) -> None:
        """Load kernels, make the pattern and draw the scene, so that the first frame need not wait."""
        fast.warm_up()
        self._pattern(self.world.flaws)
        self._light.prepare(self.world)

    def payload(self, exposure: Exposure) -> NDArray[np.uint8]:
        """Return the image's bytes as its pixel format lays them out."""
        asked = self._asked(exposure)
        shot = self._shot(exposure, asked, asked.window, lit=not asked.processing.pattern)
        return processing.payload(shot, asked.processing, exposure.pixel_format)

    def image(self, exposure: Exposure) -> NDArray[np.uint16]:
        """Return the image, (Height, Width) DN at the pixel format's bit depth."""
        asked = self._asked(exposure)
        shot = self._shot(exposure, asked, asked.window, lit=not asked.processing.pattern)
        return processing.image(shot, asked.processing)

    def brightness(self, exposure: Exposure) -> float:
        """Return the mean of the frame's brightness region, 0 (black) .. 1 (the converter's highest code).

        It is measured on the very pixels of the frame, on rows spread over the region, before any step of
        processing.
        """
        asked, world = self._asked(exposure), self._world(exposure)
        if not world.scene.moving:  # what is kept serves the frame, too
            self._light.still(world, asked.window)
        p, part = asked.parameters, geometry.brightness_region(asked.settings, asked.window)
        last = part.y + part.height - 1
        rows = np.linspace(part.y, last, min(part.height, MAX_BRIGHTNESS_ROWS)).astype(int).tolist()
        total = 0.0
        for y in rows:
            shot = self._shot(exposure, asked, geometry.cut(part, 0, y - part.y, part.width, 1), lit=True)
            total += float(processing.exposed(shot, p.adc_bits).mean())
        black_DN = p.pedestal_DN + asked.black_level_DN
        return (total / len(rows) - black_DN) / ((1 << p.adc_bits) - 1 - black_DN)

    def _shot(self, exposure: Exposure, asked: Asked, window: Window, *, lit: bool) -> Shot:
        readout, light = self._readout(exposure, asked, window), None
        if lit:
            world = self._world(exposure)
            rate_e, light_s = self._light.gathered(world, exposure.windows, window)
            light = Lit(rate_e, light_s, self._pattern(world.flaws))
        return Shot(asked.parameters, readout, light, self.threads)

    def _readout(self, exposure: Exposure, asked: Asked, window: Window) -> Readout:
        return Readout(
            x=window.x,
            y=window.y,
            width=window.width,
            height=window.height,
            exposure_s=(exposure.end_ns - exposure.start_ns) / SEC,
            gain_dB=asked.gain_dB,
            black_level_DN=asked.black_level_DN,
            bits=asked.bits,
            temperature_C=exposure.temperature_C,
            seed=self.seed,
            frame=exposure.frame_id + (exposure.part << 32),
        )

    def _asked(self, exposure: Exposure) -> Asked:
        known = self._known
        if known is None or known.settings is not exposure.settings:
            self._known = known = asked_by(exposure.settings, exposure.pixel_format, self.parameters)
        return known

    def _world(self, exposure: Exposure) -> World:
        return exposure.world if isinstance(exposure.world, World) else self.world

    def _pattern(self, flaws: Flaws) -> FixedPattern:
        if self._plain is None:
            self._plain = fast.fixed_pattern(self.parameters, self.seed)
        known = self._flawed
        if known is None or known[0] is not flaws:
            self._flawed = known = (flaws, flawed_pattern(self._plain, flaws))
        return known[1]
