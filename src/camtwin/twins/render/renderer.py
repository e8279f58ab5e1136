"""From light to bytes: scene -> sensor -> pixels, for one exposure at a time.

Light comes as space times time: what falls on each pixel in a second, and how much of a second the light was
on while a row looked. What moves is seen as the mean over moments of each row's light (scene/seen.py), made
some rows at a time as the kernel needs them.

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
from camtwin.scene import Scene, Spectrum, View, level_of, moments_needed, moments_ns, seen, spectra_of
from camtwin.scene.seen import Times
from camtwin.sensor import fast
from camtwin.sensor.binning import binned, binned_mosaic, binned_row
from camtwin.sensor.chain import FixedPattern
from camtwin.sensor.flaws import Flaws, flawed_pattern, hot_charge, shaded_rate
from camtwin.sensor.mosaic import steps_to
from camtwin.sensor.parameters import Readout, SensorParameters
from camtwin.sensor.patterns import test_pattern
from camtwin.sensor.processing import corrected, looked_up, mirrored, toned
from camtwin.units import SEC

MOST_ROWS = 32
"""Rows that the brightness of a frame is measured on."""
MOST_LAYERED = 1 << 22
"""Numbers of a scene's layers that are held at once (16 MB): each colour of light is a layer."""


@dataclass(frozen=True, eq=False)
class World:
    """What an exposure sees: the scene, and the flaws of the sensor. Replaced, never changed."""

    scene: Scene
    flaws: Flaws = field(default_factory=Flaws)


class Renderer:
    """Renders the frames of one twin; safe to call from several threads.

    world    what exposures see that bring no world of their own
    threads  that share the work of one frame
    """

    def __init__(self, parameters: SensorParameters, scene: Scene, seed: int, threads: int = 1) -> None:
        self.parameters, self.world, self.seed, self.threads = parameters, World(scene), seed, threads
        self._plain: FixedPattern | None = None
        self._pattern: tuple[Flaws, FixedPattern] | None = None
        self._known: tuple[tuple[Spectrum, ...], NDArray[np.float32]] | None = None
        self._still: tuple[View, World, NDArray[np.float32]] | None = None
        self._cut: tuple[View, World, NDArray[np.float32]] | None = None

    def prepare(self) -> None:
        """Do now what the first frame would wait for: load kernels, make the pattern, draw the scene."""
        fast.warm_up()
        self._fixed_pattern(self.world.flaws)
        p = self.parameters
        whole = View(0, 0, p.width, p.height, p.width, p.height, p.pixel_um)
        rate_e = self._electrons(whole, self.world, np.zeros((p.height, 1), np.int64))
        if callable(rate_e):
            rate_e(0, 1)

    def payload(self, exposure: Exposure) -> NDArray[np.uint8]:
        """The image's bytes as its pixel format lays them out; what needs no image is written at once."""
        s, fmt, readout = exposure.settings, exposure.pixel_format, self._readout(exposure)
        if s.TestPattern != "Off" or s.ReverseX or s.ReverseY or not self._direct(s, readout):
            return pack(self.image(exposure), fmt)
        rate_e, light_s, flaws = self._light(exposure, readout)
        pattern = self._fixed_pattern(flaws)
        sensor = self._converter(readout)
        return fast.expose_payload(rate_e, pattern, sensor, readout, fmt, self.threads, light_s)

    def image(self, exposure: Exposure) -> NDArray[np.uint16]:
        """DN at the pixel format's bit depth, (Height, Width)."""
        s, readout = exposure.settings, self._readout(exposure)
        if s.TestPattern != "Off":
            dn = self._test_pattern(s, readout)
        elif self._direct(s, readout):
            dn = self._codes(exposure, readout)
        else:
            dn = self._processed(exposure, readout)
        return mirrored(dn, s.ReverseX, s.ReverseY)

    def _processed(self, exposure: Exposure, readout: Readout) -> NDArray[np.uint16]:
        """The long way, over all codes of the converter; its order is that of sensor/processing.py."""
        s, adc_bits = exposure.settings, self._converter(readout).adc_bits
        codes = self._codes(exposure, replace(readout, bits=adc_bits))
        if defects := _listed(s, readout):
            codes = corrected(codes, defects)
        if _is_binned(s):
            columns, rows = s.BinningHorizontal, s.BinningVertical
            if self.parameters.cfa:
                codes = binned_mosaic(codes, columns, rows)
            else:
                averaged = columns if s.BinningHorizontalMode == "Average" else 1
                averaged *= rows if s.BinningVerticalMode == "Average" else 1
                codes = binned(codes, columns, rows, averaged, (1 << adc_bits) - 1)
        return _toned(codes, s, adc_bits) >> np.uint16(adc_bits - readout.bits)

    def _test_pattern(self, s: Settings, readout: Readout) -> NDArray[np.uint16]:
        """The pattern takes the place of the sensor's picture; table and mirrors come after it."""
        whole = 2 if self.parameters.cfa else 1  # a pattern does not move by a pixel for the mosaic
        x, y = readout.x // s.BinningHorizontal, readout.y // s.BinningVertical
        shown = replace(readout, x=x // whole * whole, y=y // whole * whole, width=s.Width, height=s.Height)
        dn = test_pattern(s.TestPattern, shown, readout.bits, readout.frame)
        if _is_toned(s):
            adc_bits = self._converter(readout).adc_bits
            missing = np.uint16(adc_bits - readout.bits)
            dn = _toned(dn << missing, s, adc_bits) >> missing
        return dn

    def _direct(self, s: Settings, readout: Readout) -> bool:
        """Nothing is done to codes but to reduce them: the kernel does that."""
        return not (_is_binned(s) or _is_toned(s) or _listed(s, readout))

    def _codes(self, exposure: Exposure, region: Readout) -> NDArray[np.uint16]:
        """DN of a part of the sensor's picture, noise and all."""
        rate_e, light_s, flaws = self._light(exposure, region)
        pattern, sensor = self._fixed_pattern(flaws), self._converter(region)
        return fast.expose(rate_e, pattern, sensor, region, threads=self.threads, light_s=light_s)

    def _light(self, exposure: Exposure, region: Readout) -> tuple[fast.Rate, NDArray[np.float32], Flaws]:
        """Electrons per second in each pixel of the region, how many seconds in each row, the flaws."""
        world = self._world(exposure)
        starts_ns, ends_ns, read_ns = self._windows(exposure, region)
        level = level_of(world.scene)
        view, exposure_s = self._view(region), exposure.windows.duration_ns / SEC
        count = moments_needed(world.scene, view, exposure.start_ns, exposure_s)
        rate_e = self._electrons(view, world, moments_ns(level, starts_ns, ends_ns, count))
        lit_s = level.lit_s(starts_ns, ends_ns)
        if self.parameters.parasitic:
            lit_s += self.parameters.parasitic * level.lit_s(ends_ns, read_ns)
        light_s = lit_s.astype(np.float32)
        if world.flaws.hot:
            whole = rate_e(0, region.height) if callable(rate_e) else rate_e
            rate_e, light_s = hot_charge(whole, light_s, world.flaws, region)
        return rate_e, light_s, world.flaws

    def _converter(self, region: Readout) -> SensorParameters:
        """The sensor with its conversion as deep as the picture, where it can be."""
        return self.parameters.converting(region.bits)

    def _world(self, exposure: Exposure) -> World:
        return exposure.world if isinstance(exposure.world, World) else self.world

    def _windows(self, exposure: Exposure, region: Readout) -> tuple[Times, Times, Times]:
        """From when to when each row gathers light, and when it is read; upside down from the bottom."""
        whole = self._readout(exposure)
        rows = np.arange(region.y - whole.y, region.y - whole.y + region.height)
        if exposure.settings.ReverseY:
            rows = whole.height - 1 - rows
        together = binned_row(rows, exposure.settings.BinningVertical, bool(self.parameters.cfa))
        windows = exposure.windows
        starts_ns = windows.starts_ns(together)
        return starts_ns, starts_ns + windows.duration_ns, windows.read_ns(rows)

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
        world, whole = self._world(exposure), self._readout(exposure)
        if not world.scene.moving:  # what is kept serves the frame, too
            self._electrons(self._view(whole), world, np.zeros((whole.height, 1), np.int64))
        part = self._brightness_region(exposure, whole)
        p, total = self._converter(whole), 0.0
        rows = np.linspace(part.y, part.y + part.height - 1, min(part.height, MOST_ROWS)).astype(int).tolist()
        for y in rows:
            total += float(self._codes(exposure, replace(part, y=y, height=1, bits=p.adc_bits)).mean())
        black_DN = p.pedestal_DN + whole.black_level_DN
        return (total / len(rows) - black_DN) / ((1 << p.adc_bits) - 1 - black_DN)

    def _brightness_region(self, exposure: Exposure, whole: Readout) -> Readout:
        """The rectangle of the sensor that the automatic functions look at."""
        s, key = exposure.settings, "BrightnessAuto"
        if s.AutoFeatureRegionMode[key] == "Off" and not s.AutoFunctionROIUseBrightness[key]:
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

        Offsets count in the mirrored picture: SFNC applies the region after ReverseX and ReverseY. Where the
        mosaic would begin otherwise than the pixel format says, the window moves by a pixel."""
        s, p = exposure.settings, self.parameters
        width, height = s.Width * s.BinningHorizontal, s.Height * s.BinningVertical
        x, y = s.OffsetX * s.BinningHorizontal, s.OffsetY * s.BinningVertical
        corner = (p.width - 1 - x if s.ReverseX else x, p.height - 1 - y if s.ReverseY else y)
        inwards, down = steps_to(exposure.pixel_format.mosaic, p.cfa, *corner)
        x, y = x + inwards, y + down
        return Readout(
            x=p.width - x - width if s.ReverseX else x,
            y=p.height - y - height if s.ReverseY else y,
            width=width,
            height=height,
            exposure_s=(exposure.end_ns - exposure.start_ns) / SEC,
            gain_dB=s.Gain_dB["All"],
            black_level_DN=s.BlackLevel_DN["All"],
            bits=exposure.pixel_format.bits,
            temperature_C=exposure.temperature_C,
            seed=self.seed,
            frame=exposure.frame_id + (exposure.part << 32),
        )

    def _electrons(self, view: View, world: World, moments: Times) -> fast.Rate:
        """Electrons per second that light frees in each pixel of the view; each row as of its moments."""
        if world.scene.moving:
            return lambda first, end: self._moved(view, world, moments, first, end)
        still, cut = self._still, self._cut
        if cut and cut[1] is world and cut[0] == view:
            return cut[2]
        if still and still[1] is world and (part := _within(view, still[0])):
            rate_e = still[2][part]
            if not rate_e.flags.c_contiguous:  # kernels want it so: copied once, and not for every frame
                rate_e = np.ascontiguousarray(rate_e)
                self._cut = (view, world, rate_e)
            return rate_e
        rate_e = self._freed(view, world, moments)
        self._still = (view, world, rate_e)
        return rate_e

    def _moved(self, view: View, world: World, moments: Times, first: int, end: int) -> NDArray[np.float32]:
        """Some rows of what moves."""
        rows = replace(view, y=view.y + first, height=end - first)
        return self._freed(rows, world, moments[first:end])

    def _freed(self, view: View, world: World, moments: Times) -> NDArray[np.float32]:
        """Electrons per second of the view; scenes of many layers some rows at a time."""
        layers = len(spectra_of(world.scene))
        most = max(1, MOST_LAYERED // (view.width * layers))
        if view.height > most and layers > 1:
            steps = range(0, view.height, most)
            bands = [self._moved(view, world, moments, y, min(y + most, view.height)) for y in steps]
            return np.concatenate(bands)
        efficiency = self._efficiency(spectra_of(world.scene))
        rate_e = fast.freed(seen(world.scene, view, moments), efficiency, view.x, view.y)
        return shaded_rate(rate_e, world.flaws, view.x, view.y)

    def _view(self, region: Readout) -> View:
        p = self.parameters
        return View(region.x, region.y, region.width, region.height, p.width, p.height, p.pixel_um)

    def _efficiency(self, spectra: tuple[Spectrum, ...]) -> NDArray[np.float32]:
        """Electrons per photon of each spectrum, (spectra,), or (spectra, 2, 2) behind a mosaic."""
        if self._known is None or self._known[0] != spectra:
            self._known = (spectra, self._integrated(spectra))
        return self._known[1]

    def _integrated(self, spectra: tuple[Spectrum, ...]) -> NDArray[np.float32]:
        p = self.parameters

        def mean(spectrum: Spectrum, colour: str = "") -> float:
            return spectrum.mean(lambda nm: p.quantum_efficiency(nm, colour))

        if not p.cfa:
            return np.array([mean(spectrum) for spectrum in spectra], np.float32)
        behind = [{colour: mean(spectrum, colour) for colour in p.cfa} for spectrum in spectra]
        return np.array([[by[c] for c in p.cfa] for by in behind], np.float32).reshape(-1, 2, 2)


def _within(part: View, whole: View) -> tuple[slice, slice] | None:
    """Where a view lies in another one, as slices of its rows and columns; None if not in it."""
    x, y = part.x - whole.x, part.y - whole.y
    if x < 0 or y < 0 or x + part.width > whole.width or y + part.height > whole.height:
        return None
    return slice(y, y + part.height), slice(x, x + part.width)


def _is_binned(settings: Settings) -> bool:
    return (settings.BinningHorizontal, settings.BinningVertical) != (1, 1)


def _is_toned(s: Settings) -> bool:
    return (s.DigitalShift, s.Gamma) != (0, 1.0) or s.LUTEnable["Luminance"]


def _toned(codes: NDArray[np.uint16], s: Settings, bits: int) -> NDArray[np.uint16]:
    """Codes after DigitalShift, Gamma and the table, as far as they are on."""
    if (s.DigitalShift, s.Gamma) != (0, 1.0):
        codes = toned(codes, bits, s.DigitalShift, s.Gamma)
    return looked_up(codes, s.LUTValueAll) if s.LUTEnable["Luminance"] else codes


def _listed(s: Settings, region: Readout) -> set[tuple[int, int]]:
    """Listed defects inside the region, counted from its corner."""
    if not s.DefectPixelCorrection:
        return set()
    x, y = s.DefectPixelListEntryPosX, s.DefectPixelListEntryPosY
    found = ((x[i] - region.x, y[i] - region.y) for i, on in s.DefectPixelListEntryActive.items() if on)
    return {(c, r) for c, r in found if 0 <= c < region.width and 0 <= r < region.height}
