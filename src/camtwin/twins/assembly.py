"""Assembly: data sheet + scene + seed -> twin.

A twin's pictures are a pure function of (data sheet, scene, seed, exposure): `render` may be called early,
late, twice or from several threads at once, and gives the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from camtwin.camera import Camera
from camtwin.camera.frames.exposure import Exposure
from camtwin.camera.frames.transport import GigETiming, LinkTiming, NoLink, U3vTiming
from camtwin.camera.memory.user_sets import Storage
from camtwin.camera.reports import chunks
from camtwin.genicam import SheetError
from camtwin.models import CameraSheet, SheetInvalid
from camtwin.scene import Chart, Scene, spectra
from camtwin.scene.light import WAVELENGTH_nm
from camtwin.simtime import Scheduler
from camtwin.twins.render import Renderer

SHEET_SPEED: Final = 0
"""The link speed that the data sheet names."""
MIN_SPEED, MAX_SPEED = 10**7, 4 * 10**11
HIGH_SPEED, SUPER_SPEED = 480_000_000, 5_000_000_000
"""Of USB, in bits per second."""


def bits_per_s(speed: str | int | None) -> int | None:
    """A link's speed as people write it: "100M", "1G", "10G", "unlimited", "sheet", or bits per second.

    ValueError names what cannot be read."""
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
    """How long frames travel on the model's link; ValueError for a speed that this link does not have."""
    if sheet.gige:
        return GigETiming(
            sheet.gige.model_copy(update={"bits_per_s": bits_per_s}) if bits_per_s else sheet.gige
        )
    assert sheet.usb3, "the schema asks for one of them"
    if bits_per_s not in (SHEET_SPEED, HIGH_SPEED, SUPER_SPEED):
        raise ValueError(f"link speed {bits_per_s} bit/s: USB has 480M (HighSpeed) and 5G (SuperSpeed)")
    return U3vTiming(sheet.usb3, high_speed=bits_per_s == HIGH_SPEED)


@dataclass(frozen=True)
class Twin:
    """A running camera: its data sheet, the virtual time it lives in, what it does, and what it sees."""

    sheet: CameraSheet
    clock: Scheduler
    camera: Camera
    renderer: Renderer

    def prepare(self) -> None:
        """Do now what the first frame would wait for (a second or two)."""
        self.renderer.prepare()

    def image(self, exposure: Exposure) -> NDArray[np.uint16]:
        """DN of a frame, (Height, Width), at the bit depth of its pixel format."""
        return self.renderer.image(exposure)

    def render(self, exposure: Exposure) -> NDArray[np.uint8]:
        """The bytes of a frame as they travel."""
        if not exposure.settings.ChunkModeActive:
            return self.renderer.payload(exposure)
        tail = np.frombuffer(chunks.tail(exposure, self.camera.tree.order), np.uint8)
        return np.concatenate((self.renderer.payload(exposure), tail)) if exposure.has_image else tail


def build(
    sheet: CameraSheet,
    scene: Scene | None = None,
    *,
    seed: int = 0,
    serial: str | None = None,
    link_bits_per_s: int | None = SHEET_SPEED,
    storage: Storage | None = None,
    clock: Scheduler | None = None,
) -> Twin:
    """A twin, switched on now: at virtual time 0, or at that of the clock it shares with others.

    scene            what it looks at; the test chart if None
    seed             of its noise and of its fixed pattern, 0 to 2^64 - 1
    serial           its serial number; made from the seed if None
    link_bits_per_s  speed of the modelled link; None for no link in the way
    storage          its non-volatile memory; as long as it lives if None
    clock            the virtual time it lives in; one of its own if None
    """
    clock = clock or Scheduler()
    parameters = sheet.parameters
    light = spectra.d65() if parameters.cfa else WAVELENGTH_nm  # in one colour a mosaic shows nothing else
    renderer = Renderer(parameters, scene or Chart(wavelength_nm=light), seed)
    memory = sheet.memory
    if sheet.link == "none" or link_bits_per_s is None:
        link, memory = NoLink(), memory.model_copy(update={"size_bytes": None})
    else:
        link = timing(sheet, link_bits_per_s)
    serial = serial or f"7{seed % 10**11:011d}"  # 12 digits, as the family has them
    try:
        camera = Camera(
            sheet,
            clock,
            serial=serial,
            link=link,
            memory=memory,
            storage=storage,
            measure=renderer.brightness,
        )
    except SheetError as error:
        raise SheetInvalid(f"{sheet.name}: {error}") from None
    camera.world = renderer.world
    return Twin(sheet, clock, camera, renderer)
