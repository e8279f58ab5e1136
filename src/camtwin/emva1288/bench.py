"""A twin before an integrating sphere: the images that the standard asks for, shot by shot (sections 5 to 9).

The lamp is set from step to step and the exposure time stays, so one set of dark images serves all steps.
Behind a mosaic each colour is measured in light of its own, where its sensor responds best. The light that
saturates the camera is found by trial, because the laboratory does not know what it measures.

The sphere's light is exactly even and its photons are counted; a real one is calibrated to some percent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from camtwin.emva1288.shots import LabProblem, Part, Shot, Subject
from camtwin.emva1288.stacks import Image
from camtwin.pixels import FORMATS
from camtwin.scene import Dark, Flat, Scene
from camtwin.session.frame import Frame
from camtwin.session.session import Session

FIRST_PHOTONS: Final = 64.0
MAX_DOUBLINGS: Final = 24
"""Doublings of the light, from there on, until nothing becomes brighter: 1e9 photons fill every pixel."""
RISES: Final = 1.02
"""Relative increase below which a pixel counts as full."""
LINEAR: Final = 0.6
"""Share of the way from black to full from which the filling light is extrapolated by a straight line."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Extent of the measurement.

    side           of the square in the middle that is read; None for all pixels
    steps          of light, evenly from dark to beyond saturation; the standard asks for 50 or more
    beyond         end of the steps, relative to the light that saturates the camera
    pairs_dark     pairs of dark images
    stack          images of each stack
    dark_times     exposure times of the dark current, evenly up to longest_s or the camera's maximum
    temperatures_C of the dark current's measurements
    wavelengths_nm of the efficiency's measurements
    """

    side: int | None = None
    steps: int = 54
    beyond: float = 1.1
    pairs_dark: int = 8
    stack: int = 64
    dark_times: int = 7
    longest_s: float = 2.0
    temperatures_C: tuple[float, ...] = (30.0, 40.0, 50.0, 60.0, 70.0)
    wavelengths_nm: tuple[float, ...] = tuple(np.arange(400.0, 1001.0, 25.0).tolist())

    def images(self, lights: int) -> int:
        """Count the images for a number of colours of light."""
        each = 2 * self.steps + self.stack
        dark = 2 * self.pairs_dark + self.stack + 2 * self.dark_times * len(self.temperatures_C)
        return lights * each + dark + 2 * len(self.wavelengths_nm)


@dataclass(frozen=True, slots=True)
class DeviceUnderTest:
    """The camera on the bench.

    title, model   for people, and of the data sheet to compare with
    pixel_um       pitch
    temperature_C  of the sensor, unless a measurement sets another
    lights_nm      of the lamps: where each of its colours responds best
    mode           SensorMode to measure in, if it has modes
    """

    title: str
    model: str
    pixel_um: float
    temperature_C: float
    lights_nm: tuple[float, ...]
    mode: str = ""


FULL: Final = Plan()
QUICK: Final = Plan(side=512, stack=32)


class Bench:
    """One twin on the bench, set up: deepest conversion, a square in the middle, its exposure time kept.

    subject      the camera and its settings
    lights_nm    of the lamps
    image_bytes  of one image
    binned       pixels of the sensor per pixel of the image, whose light adds up
    """

    def __init__(
        self,
        cam: Session,
        device: DeviceUnderTest,
        plan: Plan,
        settings: list[str] | None = None,
        temperature_C: float | None = None,
    ) -> None:
        """Set the camera up by `settings`, `Name=Value`, whose region replaces the plan's.

        LabProblem: the camera sends no image.
        """
        self.cam, self.plan = cam, plan
        self.temperature_C = device.temperature_C if temperature_C is None else temperature_C
        cam.world.hold_internal_C(self.temperature_C)
        self._deepest(device.mode)
        for text in settings or ():
            cam.set(text)
        if not any(text.startswith(("Width", "Height", "Offset")) for text in settings or ()):
            self._centre()
        self.exposure_s = cam.ExposureTime / 1e6
        (frame,) = self._frames(Dark(), self.exposure_s, 1)
        self.binned = frame.settings.BinningHorizontal * frame.settings.BinningVertical
        self.lights_nm, self.image_bytes = device.lights_nm, frame.picture.nbytes
        size = f"{frame.picture.shape[1]} x {frame.picture.shape[0]} pixels"
        self.subject = Subject(
            title=device.title,
            bits=frame.pixel_format.bits,
            mosaic=frame.pixel_format.mosaic,
            pixel_um=device.pixel_um * self.binned**0.5,
            model=device.model,
            conditions={
                "what": f"digital twin, seed {frame.seed}",
                "pixels": size,
                "pixel format": frame.pixel_format.name,
                "exposure time": f"{self.exposure_s * 1e3:g} ms",
                **({"gain": f"{cam.Gain:g} dB"} if cam.has("Gain") else {}),
                "sensor temperature": f"{self.temperature_C:g} degC",
            },
        )

    @property
    def images(self) -> int:
        """Number of images of `shots`."""
        return self.plan.images(len(self.lights_nm))

    def shots(self) -> Iterator[Shot]:
        """Yield all shots in turn; the images of each are taken when they are read."""
        plan, exposure_s = self.plan, self.exposure_s
        yield self._dark("light", 2 * plan.pairs_dark, exposure_s)
        yield self._dark("stack", plan.stack, exposure_s)
        full: dict[float, float] = {}
        for nm in self.lights_nm:
            full[nm] = self._filling(nm)
            for part in np.linspace(0, plan.beyond, plan.steps + 1)[1:].tolist():
                yield self._lit("light", part * full[nm], nm, 2)
            yield self._lit("stack", full[nm] / 2, nm, plan.stack)
        for nm in plan.wavelengths_nm:
            yield self._lit("spectrum", min(full.values()) / 2, nm, 2)
        longest_s = min(plan.longest_s, self.cam.limits("ExposureTime")[1] / 1e6)
        for degrees in plan.temperatures_C:
            self.cam.world.hold_internal_C(degrees)
            for time_s in np.linspace(0, longest_s, plan.dark_times + 1)[1:].tolist():
                yield self._dark("dark current", 2, round(time_s, 6), degrees)

    def _dark(self, part: Part, images: int, exposure_s: float, degrees: float | None = None) -> Shot:
        pictures = (frame.picture for frame in self._frames(Dark(), exposure_s, images))
        degrees = self.temperature_C if degrees is None else degrees
        return Shot(part, 0.0, exposure_s, pictures, temperature_C=degrees)

    def _lit(self, part: Part, mu_p: float, nm: float, images: int) -> Shot:
        return Shot(part, mu_p, self.exposure_s, self._pictures(mu_p, nm, images), nm, self.temperature_C)

    def _pictures(self, mu_p: float, nm: float, images: int) -> Iterator[Image]:
        light = Flat(mu_p / self.exposure_s / self.binned, nm)
        return (frame.picture for frame in self._frames(light, self.exposure_s, images))

    def _frames(self, scene: Scene, exposure_s: float, count: int) -> Iterator[Frame]:
        """Yield frames in this light, after those that a camera needs to apply an exposure time."""
        cam = self.cam
        cam.world.scene = scene
        cam.ExposureTime = exposure_s * 1e6
        wanted = cam.twin.camera.settings.ExposureTime_ns
        for frame in cam.frames(2 * (count + MAX_LATE)):
            if frame.settings.ExposureTime_ns == wanted and not frame.part:  # of two exposures, the long one
                yield frame
                count -= 1
            if not count:
                return
        raise LabProblem(f"no frame came with ExposureTime {exposure_s * 1e6:g} us")

    def _filling(self, nm: float) -> float:
        """Return the photons that saturate the brightest colour.

        Double the light until nothing becomes brighter.
        """
        black, seen = self._brightest(0.0, nm), []
        for doubling in range(MAX_DOUBLINGS):
            mu_p = FIRST_PHOTONS * 2**doubling
            seen.append((mu_p, self._brightest(mu_p, nm) - black))
            if doubling and seen[-1][1] > 1 and seen[-1][1] < RISES * seen[-2][1]:
                full_DN = seen[-1][1]
                mu_p, signal_DN = max(s for s in seen if s[1] < LINEAR * full_DN)
                return mu_p * full_DN / signal_DN
        raise LabProblem(
            f"light of {nm:g} nm does not saturate the camera: its signal does not rise with the light"
        )

    def _brightest(self, mu_p: float, nm: float) -> float:
        """Return the mean of the brightest colour of the mosaic."""
        (image,) = self._pictures(mu_p, nm, 1)
        return max(float(image[row::2, column::2].mean()) for row in (0, 1) for column in (0, 1))

    def _deepest(self, mode: str) -> None:
        cam = self.cam
        if cam.has("SensorMode"):  # a camera may drive its sensor in one mode of its own
            cam.SensorMode = mode
        elif cam.has("PixelFormat"):
            formats = [FORMATS[name] for name in cam.entries("PixelFormat")]
            cam.PixelFormat = max(formats, key=lambda f: (f.bits, not f.packed)).name

    def _centre(self) -> None:
        """Set a square region in the middle, on the region's grid; a mosaic keeps its phase."""
        cam, side = self.cam, self.plan.side
        for length, offset in (("Width", "OffsetX"), ("Height", "OffsetY")) if side else ():
            whole = int(cam.limits(length)[1])
            wanted = min(side or whole, whole)
            setattr(cam, length, _on_grid(wanted, cam.increment(length)))
            setattr(cam, offset, _on_grid((whole - wanted) // 2, cam.increment(offset)))


MAX_LATE: Final = 8
"""Limit of frames that a camera may take with earlier settings."""


def _on_grid(value: int, step: float | None) -> int:
    """Return the next value below that is even and on the grid: a mosaic keeps its phase."""
    grid = np.lcm(2, int(step or 1))
    return value // int(grid) * int(grid)
