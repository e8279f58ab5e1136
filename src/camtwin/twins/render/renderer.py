"""The renderer: one exposure after another down the rooms, scene -> sensor -> pixels.

Each frame uses the files beside it once, then goes down and does not come back up: geometry.py selects the
pixels, codes.py the demands on them, light.py the light on them, and sensor/processing.py makes the codes
and the bytes. All of it is a pure function of (data sheet, Settings, row windows, seed, frame number), so a
frame may be rendered early, late or twice.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from camtwin.camera.frames.exposure import Exposure
from camtwin.scene import Scene
from camtwin.sensor import fast, processing, stages
from camtwin.sensor.chain import FixedPattern, frame_constants
from camtwin.sensor.fast import PatternMaker
from camtwin.sensor.flaws import Flaws, flawed_pattern
from camtwin.sensor.parameters import Readout, SensorParameters
from camtwin.sensor.processing import Lit, Shot
from camtwin.twins.render import geometry
from camtwin.twins.render.codes import Demands, demands_of
from camtwin.twins.render.geometry import Window
from camtwin.twins.render.light import Light, World
from camtwin.twins.render.targets import board_in, targets_in
from camtwin.twins.render.truth import Truth, mask_of
from camtwin.units import SEC

MAX_BRIGHTNESS_ROWS = 32
"""Limit of rows on which a frame's brightness is measured."""


class Renderer:
    """Renders the frames of one twin; safe to call on several threads.

    world    seen by exposures that bring no world of their own
    threads  that share the work of one frame
    """

    def __init__(self, parameters: SensorParameters, scene: Scene, seed: int, threads: int = 1) -> None:
        self.parameters, self.world, self.seed, self.threads = parameters, World(scene), seed, threads
        self._light = Light(parameters)
        self._cached: Demands | None = None  # demands of the frame before: most frames have the same Settings
        self._maker: PatternMaker | None = None
        self._flawed: tuple[Flaws, FixedPattern] | None = None

    def prepare(self) -> None:
        """Load kernels, make the pattern and draw the scene, so that the first frame need not wait."""
        fast.warm_up()
        self._pattern(self.world.flaws, geometry.whole(self.parameters))
        self._light.prepare(self.world)

    def payload(self, exposure: Exposure, out: NDArray[np.uint8] | None = None) -> NDArray[np.uint8]:
        """Return the image's bytes as its pixel format lays them out; in `out` if that is given."""
        demands = self._demands(exposure)
        shot = self._shot(exposure, demands, demands.window, lit=not demands.processing.pattern)
        return processing.payload(shot, demands.processing, exposure.pixel_format, out)

    def image(self, exposure: Exposure) -> NDArray[np.uint16]:
        """Return the image, (Height, Width) DN at the pixel format's bit depth."""
        demands = self._demands(exposure)
        shot = self._shot(exposure, demands, demands.window, lit=not demands.processing.pattern)
        return processing.image(shot, demands.processing)

    def truth(self, exposure: Exposure) -> Truth:
        """Return what the frame shows, before chance: by the very steps that render it."""
        demands, world = self._demands(exposure), self._world(exposure)
        window, p, on = demands.window, demands.parameters, demands.processing
        constants = frame_constants(p, self._readout(exposure, demands, window))
        rate_e, light_s = self._light.gathered(world, exposure.windows, window)
        rate = rate_e(0, window.height) if callable(rate_e) else rate_e
        whole = self._pattern(world.flaws, window)
        region = slice(window.y, window.y + window.height), slice(window.x, window.x + window.width)
        pattern = FixedPattern(whole.gain[region], whole.offset_e[region])
        mean_e = stages.photo_response(stages.photo_charge(rate, light_s[:, None]), pattern.gain)
        starts_ns = exposure.windows.starts_ns(window.exposed)
        return Truth(
            electrons=stages.full_well(stages.dark_charge(mean_e, constants.dark_e), constants.full_well_e),
            photons=self._light.photons(world, exposure.windows, window),
            gain=pattern.gain,
            offset_e=pattern.offset_e,
            defects=mask_of(world.flaws, window),
            rows_ns=np.stack((starts_ns, starts_ns + exposure.windows.duration_ns), axis=1),
            targets=targets_in(world.scene, p, window, exposure.windows),
            board=board_in(world.scene, p, window, exposure.windows),
        ).mirrored(on.reverse_x, on.reverse_y)

    def brightness(self, exposure: Exposure) -> float:
        """Return the mean of the frame's brightness regions, 0 (black) .. 1 (the converter's highest code).

        Regions count by their area; what two of them share counts twice (assumed). It is measured on the very
        pixels of the frame, on rows spread over each region, before any step of processing.
        """
        demands, world = self._demands(exposure), self._world(exposure)
        if not world.scene.moving:  # the cached scene serves the frame, too
            self._light.still(world, demands.window)
        p, parts = demands.parameters, geometry.brightness_regions(demands.settings, demands.window)
        areas = [part.width * part.height for part in parts]
        means_DN = [self._mean_DN(exposure, demands, part) for part in parts]
        black_DN = p.pedestal_DN + demands.black_level_DN
        return (np.average(means_DN, weights=areas) - black_DN) / ((1 << p.adc_bits) - 1 - black_DN)

    def _mean_DN(self, exposure: Exposure, demands: Demands, part: Window) -> float:
        last, bits = part.y + part.height - 1, demands.parameters.adc_bits
        rows = np.linspace(part.y, last, min(part.height, MAX_BRIGHTNESS_ROWS)).astype(int).tolist()
        total = 0.0
        for y in rows:
            shot = self._shot(exposure, demands, geometry.cut(part, 0, y - part.y, part.width, 1), lit=True)
            total += float(processing.exposed(shot, bits).mean())
        return total / len(rows)

    def _shot(self, exposure: Exposure, demands: Demands, window: Window, *, lit: bool) -> Shot:
        readout, light = self._readout(exposure, demands, window), None
        if lit:
            world = self._world(exposure)
            rate_e, light_s = self._light.gathered(world, exposure.windows, window)
            light = Lit(rate_e, light_s, self._pattern(world.flaws, window))
        return Shot(demands.parameters, readout, light, self.threads)

    def _readout(self, exposure: Exposure, demands: Demands, window: Window) -> Readout:
        return Readout(
            x=window.x,
            y=window.y,
            width=window.width,
            height=window.height,
            exposure_s=(exposure.end_ns - exposure.start_ns) / SEC,
            gain_dB=demands.gain_dB,
            black_level_DN=demands.black_level_DN,
            bits=demands.bits,
            temperature_C=exposure.temperature_C,
            seed=self.seed,
            frame=exposure.frame_id + (exposure.part << 32),
        )

    def _demands(self, exposure: Exposure) -> Demands:
        cached = self._cached
        if cached is None or cached.settings is not exposure.settings:
            self._cached = cached = demands_of(exposure.settings, exposure.pixel_format, self.parameters)
        return cached

    def _world(self, exposure: Exposure) -> World:
        return exposure.world if isinstance(exposure.world, World) else self.world

    def _pattern(self, flaws: Flaws, window: Window) -> FixedPattern:
        """Return the fixed pattern, in the window at least: a small one waits for no whole sensor's."""
        if self._maker is None:
            self._maker = fast.pattern_maker(self.parameters, self.seed)
        if not flaws.columns:
            return self._maker.region(window.x, window.y, window.width, window.height)
        cached = self._flawed
        if cached is None or cached[0] is not flaws:
            self._flawed = cached = (flaws, flawed_pattern(self._maker.whole(), flaws))
        return cached[1]
