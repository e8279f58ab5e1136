"""From light to bytes: scene -> sensor -> pixels, for one exposure at a time.

Pure, but for what it remembers to be fast: the sensor's fixed pattern, and the electrons per second of a
scene that does not move. Both are functions of the twin alone, so remembering them changes no picture.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from camtwin.camera.exposure import Exposure
from camtwin.camera.settings import Settings
from camtwin.pixels.packing import pack
from camtwin.scene import Scene, View
from camtwin.sensor import fast
from camtwin.sensor.binning import binned
from camtwin.sensor.chain import FixedPattern
from camtwin.sensor.flaws import Flaws, flawed_pattern, flawed_rate
from camtwin.sensor.parameters import Readout, SensorParameters
from camtwin.sensor.patterns import test_pattern
from camtwin.sensor.processing import corrected, looked_up, mirrored
from camtwin.units import SEC, Ns

MOST_ROWS = 32
"""Rows that the brightness of a frame is measured on."""


@dataclass(frozen=True, eq=False)
class World:
    """What an exposure sees: the scene, and the flaws of the sensor. Replaced, never changed."""

    scene: Scene
    flaws: Flaws = field(default_factory=Flaws)


class Renderer:
    """Renders the frames of one twin; safe to call from several threads.

    world  what exposures see that bring no world of their own
    """

    def __init__(self, parameters: SensorParameters, scene: Scene, seed: int) -> None:
        self.parameters, self.world, self.seed = parameters, World(scene), seed
        self._plain: FixedPattern | None = None
        self._pattern: tuple[Flaws, FixedPattern] | None = None
        self._still: tuple[View, World, NDArray[np.float32]] | None = None

    def prepare(self) -> None:
        """Do now what the first frame would wait for: load kernels, make the pattern, draw the scene."""
        fast.warm_up()
        self._fixed_pattern(self.world.flaws)
        p = self.parameters
        self._electrons(View(0, 0, p.width, p.height, p.width, p.height, p.pixel_um), self.world, 0)

    def payload(self, exposure: Exposure) -> NDArray[np.uint8]:
        """The image's bytes as its pixel format lays them out; what needs no image is written at once."""
        s, fmt, readout = exposure.settings, exposure.pixel_format, self._readout(exposure)
        if s.TestPattern != "Off" or s.ReverseX or s.ReverseY or not self._direct(s, readout):
            return pack(self.image(exposure), fmt)
        return fast.expose_payload(*self._frame(exposure, readout), fmt)

    def image(self, exposure: Exposure) -> NDArray[np.uint16]:
        """DN at the pixel format's bit depth, (Height, Width)."""
        s, readout = exposure.settings, self._readout(exposure)
        if s.TestPattern != "Off":
            dn = self._test_pattern(s, readout)
        elif self._direct(s, readout):
            dn = fast.expose(*self._frame(exposure, readout))
        else:
            dn = self._processed(exposure, readout)
        return mirrored(dn, s.ReverseX, s.ReverseY)

    def _processed(self, exposure: Exposure, readout: Readout) -> NDArray[np.uint16]:
        """The long way, over all codes of the converter; its order is that of sensor/processing.py."""
        s, adc_bits = exposure.settings, self.parameters.adc_bits
        codes = fast.expose(*self._frame(exposure, replace(readout, bits=adc_bits)))
        if defects := _listed(s, readout):
            codes = corrected(codes, defects)
        if _is_binned(s):
            codes = binned(codes, s.BinningHorizontal, s.BinningVertical)
        if s.LUTEnable["Luminance"]:
            codes = looked_up(codes, s.LUTValueAll)
        return codes >> np.uint16(adc_bits - readout.bits)

    def _test_pattern(self, s: Settings, readout: Readout) -> NDArray[np.uint16]:
        """The pattern takes the place of the sensor's picture; table and mirrors come after it."""
        columns, rows = s.BinningHorizontal, s.BinningVertical
        shown = replace(readout, x=readout.x // columns, y=readout.y // rows, width=s.Width, height=s.Height)
        dn = test_pattern(s.TestPattern, shown, readout.bits, readout.frame)
        if s.LUTEnable["Luminance"]:
            missing = np.uint16(self.parameters.adc_bits - readout.bits)
            dn = looked_up(dn << missing, s.LUTValueAll) >> missing
        return dn

    def _direct(self, s: Settings, readout: Readout) -> bool:
        """Nothing is done to codes but to reduce them: the kernel does that."""
        return not (_is_binned(s) or s.LUTEnable["Luminance"] or _listed(s, readout))

    def _frame(
        self, exposure: Exposure, readout: Readout
    ) -> tuple[NDArray[np.float32], FixedPattern, SensorParameters, Readout]:
        """What `fast.expose` makes a frame of."""
        world = exposure.world if isinstance(exposure.world, World) else self.world
        rate_e = self._electrons(self._view(readout), world, (exposure.start_ns + exposure.end_ns) // 2)
        return rate_e, self._fixed_pattern(world.flaws), self.parameters, readout

    def _fixed_pattern(self, flaws: Flaws) -> FixedPattern:
        if self._plain is None:
            self._plain = fast.fixed_pattern(self.parameters, self.seed)
        known = self._pattern
        if known is None or known[0] is not flaws:
            self._pattern = known = (flaws, flawed_pattern(self._plain, flaws))
        return known[1]

    def brightness(self, exposure: Exposure) -> float:
        """Mean of the frame's brightness region, 0 black .. 1 the converter's highest code.

        Of the very pixels that the frame has, on rows spread over the region; before the look-up table."""
        world = exposure.world if isinstance(exposure.world, World) else self.world
        whole = self._readout(exposure)
        part = self._brightness_region(exposure, whole)
        middle_ns = (exposure.start_ns + exposure.end_ns) // 2
        pattern, p = self._fixed_pattern(world.flaws), self.parameters
        total = 0.0
        rows = np.linspace(part.y, part.y + part.height - 1, min(part.height, MOST_ROWS)).astype(int).tolist()
        for y in rows:
            row = replace(part, y=y, height=1, bits=p.adc_bits)
            if world.scene.moving:
                rate_e = self._electrons(self._view(row), world, middle_ns)
            else:
                from_x = part.x - whole.x
                all_e = self._electrons(self._view(whole), world, middle_ns)
                rate_e = all_e[y - whole.y : y - whole.y + 1, from_x : from_x + part.width]
            total += float(fast.expose(rate_e, pattern, p, row).mean())
        black_DN = p.pedestal_DN + whole.black_level_DN
        return (total / len(rows) - black_DN) / ((1 << p.adc_bits) - 1 - black_DN)

    def _brightness_region(self, exposure: Exposure, whole: Readout) -> Readout:
        """The rectangle of the sensor that the automatic functions look at."""
        s, key = exposure.settings, "BrightnessAuto"
        if s.AutoFeatureRegionMode[key] == "Off":
            return whole
        x, y = min(s.AutoFeatureOffsetX[key], s.Width - 1), min(s.AutoFeatureOffsetY[key], s.Height - 1)
        width = min(s.AutoFeatureWidth[key], s.Width - x)
        height = min(s.AutoFeatureHeight[key], s.Height - y)
        left = s.Width - x - width if s.ReverseX else x
        top = s.Height - y - height if s.ReverseY else y
        columns, rows = s.BinningHorizontal, s.BinningVertical
        return replace(
            whole,
            x=whole.x + left * columns,
            y=whole.y + top * rows,
            width=width * columns,
            height=height * rows,
        )

    def _readout(self, exposure: Exposure) -> Readout:
        """The region in the sensor's own pixels, binned or not, mirrored or not.

        Offsets count in the mirrored picture: SFNC applies the region after ReverseX and ReverseY."""
        s, p = exposure.settings, self.parameters
        columns, rows = s.BinningHorizontal, s.BinningVertical
        x = p.width // columns - s.OffsetX - s.Width if s.ReverseX else s.OffsetX
        y = p.height // rows - s.OffsetY - s.Height if s.ReverseY else s.OffsetY
        return Readout(
            x=x * columns,
            y=y * rows,
            width=s.Width * columns,
            height=exposure.sensor_rows,
            exposure_s=(exposure.end_ns - exposure.start_ns) / SEC,
            gain_dB=s.Gain_dB["All"],
            black_level_DN=s.BlackLevel_DN["All"],
            bits=exposure.pixel_format.bits,
            temperature_C=exposure.temperature_C,
            seed=self.seed,
            frame=exposure.frame_id,
        )

    def _electrons(self, view: View, world: World, t_ns: Ns) -> NDArray[np.float32]:
        """Electrons per second that are freed in each pixel at t_ns, the middle of the exposure."""
        scene, still = world.scene, self._still
        if not scene.moving and still and still[0] == view and still[1] is world:
            return still[2]
        efficiency = np.float32(self.parameters.quantum_efficiency(scene.wavelength_nm))
        rate_e = flawed_rate(scene.photon_rate(view, t_ns) * efficiency, world.flaws, view.x, view.y)
        if not scene.moving:
            self._still = (view, world, rate_e)
        return rate_e

    def _view(self, region: Readout) -> View:
        p = self.parameters
        return View(region.x, region.y, region.width, region.height, p.width, p.height, p.pixel_um)


def _is_binned(settings: Settings) -> bool:
    return (settings.BinningHorizontal, settings.BinningVertical) != (1, 1)


def _listed(s: Settings, region: Readout) -> set[tuple[int, int]]:
    """Listed defects inside the region, counted from its corner."""
    if not s.DefectPixelCorrection:
        return set()
    x, y = s.DefectPixelListEntryPosX, s.DefectPixelListEntryPosY
    found = ((x[i] - region.x, y[i] - region.y) for i, on in s.DefectPixelListEntryActive.items() if on)
    return {(c, r) for c, r in found if 0 <= c < region.width and 0 <= r < region.height}
