"""Assembly: data sheet + scene + seed -> twin.

A twin's images are a pure function of (data sheet, scene, seed, exposure): `render` may be called early,
late, twice or on several threads at once, and returns the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from camtwin.camera import Camera
from camtwin.camera.frames.acquisition import Acquisition
from camtwin.camera.frames.exposure import Exposure
from camtwin.camera.links import KINDS, NONE, SHEET_SPEED, LinkTiming
from camtwin.camera.memory.user_sets import Storage
from camtwin.camera.reports import chunks
from camtwin.models import CameraSheet
from camtwin.pixels import pack
from camtwin.problem import Problem
from camtwin.scene import Chart, Scene, spectra
from camtwin.scene.light import WAVELENGTH_nm
from camtwin.simtime import Scheduler
from camtwin.twins.readout import Readout
from camtwin.twins.render import Renderer
from camtwin.twins.render.truth import Truth

MIN_SPEED, MAX_SPEED = 10**7, 4 * 10**11


def bits_per_s(speed: str | int | None) -> int | None:
    """Parse a link's speed: "100M", "1G", "10G", "unlimited", "sheet", or bits per second.

    ValueError names a speed that cannot be parsed.
    """
    if speed is None or speed == "unlimited":
        return None
    if speed in ("sheet", SHEET_SPEED):
        return SHEET_SPEED
    text = str(speed)
    scale = {"M": 10**6, "G": 10**9}.get(text[-1:].upper(), 1)
    digits = text[:-1] if scale > 1 else text
    if not digits.isdigit() or not MIN_SPEED <= (bits := int(digits) * scale) <= MAX_SPEED:
        raise ValueError(f"link speed {text!r} is none of 100M, 1G, 10G, unlimited, or 10M to 400G")
    return bits


def timing(sheet: CameraSheet, bits_per_s: int = SHEET_SPEED) -> LinkTiming:
    """Return the timing of the model's link; ValueError for a speed that it does not have."""
    return KINDS[sheet.link].timing(sheet, bits_per_s)


class NoTruth(Problem):
    """A camera whose images have no truth."""


@dataclass(frozen=True)
class Twin:
    """A running camera: its data sheet, its virtual time, its behaviour, and its renderer."""

    sheet: CameraSheet
    clock: Scheduler
    camera: Camera
    renderer: Renderer

    @cached_property
    def readout(self) -> Readout:
        """The readout of a camera that is a sensor by itself, and is driven by its registers."""
        return Readout(self.renderer)

    def prepare(self) -> None:
        """Do the first frame's preparations now (a second or two)."""
        self.renderer.prepare()

    def image(self, exposure: Exposure) -> NDArray[np.uint16]:
        """Return the DN of a frame, (Height, Width), at the bit depth of its pixel format."""
        if driver := self.camera.modes.driver:
            return self.readout.image(driver.configuration(exposure.settings), exposure)
        return self.renderer.image(exposure)

    def truth(self, exposure: Exposure) -> Truth:
        """Return what a frame shows, before chance. NoTruth for a sensor that is driven by its registers."""
        if self.camera.modes.driver:
            raise NoTruth(
                f"{self.sheet.name}: its registers decide its images, and there is no truth of them"
            )
        return self.renderer.truth(exposure)

    def render(self, exposure: Exposure, out: NDArray[np.uint8] | None = None) -> NDArray[np.uint8]:
        """Return the bytes of a frame as sent.

        out  memory for the frame, of its size; None: memory of its own
        """
        if self.camera.modes.driver:
            return placed(pack(self.image(exposure), exposure.pixel_format), out)
        if not exposure.settings.ChunkModeActive:
            return self.renderer.payload(exposure, out)
        image = self.renderer.payload(exposure) if exposure.has_image else np.zeros(0, np.uint8)
        return placed(np.concatenate((image, np.frombuffer(self.tail(exposure, image.data), np.uint8))), out)

    def tail(self, exposure: Exposure, image: bytes | memoryview = b"") -> bytes:
        """Return the bytes of a frame behind its image: its chunks. `image` is for their checksum."""
        return chunks.tail(exposure, self.camera.chunk_ids, self.camera.tree.order, image)


def placed(payload: NDArray[np.uint8], out: NDArray[np.uint8] | None) -> NDArray[np.uint8]:
    """Return the payload, in `out` if that is given."""
    if out is None:
        return payload
    out[:] = payload
    return out


def build(
    sheet: CameraSheet,
    scene: Scene | None = None,
    *,
    seed: int = 0,
    serial: str | None = None,
    link_bits_per_s: int | None = SHEET_SPEED,
    storage: Storage | None = None,
    clock: Scheduler | None = None,
    acquisition: Callable[[Camera], Acquisition] = Acquisition,
) -> Twin:
    """Return a twin, switched on now: at virtual time 0, or at that of a shared clock.

    scene            in front of it; the test chart if None
    seed             of its noise and of its fixed pattern, 0 to 2^64 - 1
    serial           its serial number; made from the seed if None
    link_bits_per_s  speed of the modelled link; None for no link in the way
    storage          its non-volatile memory; None: kept only as long as the twin
    clock            the virtual time it lives in; one of its own if None
    acquisition      makes the machine that takes its frames
    """
    sheet.refuse_unknown()
    clock = clock or Scheduler()
    parameters = sheet.parameters
    light = spectra.d65() if parameters.cfa else WAVELENGTH_nm  # in one colour a mosaic shows nothing else
    renderer = Renderer(parameters, scene or Chart(wavelength_nm=light), seed)
    memory = sheet.memory
    kind = NONE if link_bits_per_s is None else KINDS[sheet.link]
    link = kind.timing(sheet, link_bits_per_s or SHEET_SPEED)
    if kind.takes_all:
        memory = memory.model_copy(update={"size_bytes": None})
    serial = serial or sheet.serial.number(seed)
    camera = Camera(
        sheet,
        clock,
        serial=serial,
        link=link,
        memory=memory,
        storage=storage,
        measure=renderer.brightness,
        acquisition=acquisition,
    )
    camera.world = renderer.world
    return Twin(sheet, clock, camera, renderer)
