"""Colours of a mosaic, and what a flyer promises of a sensor's signal."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from camtwin.scene import Dark, Flat, Scene, spectra
from camtwin.session.frame import Frame
from camtwin.units import SEC
from camtwin.verify.case import Case, check
from camtwin.verify.measurements.drive import small

NARROW_nm: Final = {"R": 620.0, "G": 530.0, "B": 455.0}


def phases(lit: Frame, dark: Frame) -> dict[str, float]:
    """Mean above dark of each of the four pixels of the mosaic: R, G, g of the blue rows, B."""
    names = dict(zip(range(4), "RGgB", strict=True))
    mosaic = lit.pixel_format.mosaic
    if mosaic != "RGGB":
        raise ValueError(f"the mosaic is {mosaic}")
    return {
        name: float(
            lit.picture[i // 2 :: 2, i % 2 :: 2].mean() - dark.picture[i // 2 :: 2, i % 2 :: 2].mean()
        )
        for i, name in names.items()
    }


def in_light(case: Case, scene: Scene) -> dict[str, float]:
    lit, dark = (small(case, "Full10", s).grab(2)[-1] for s in (scene, Dark()))
    return phases(lit, dark)


@check("sony.ident.color", "sony.desc.color_filter", heavy="pictures")
def mosaic(case: Case) -> None:
    """Narrow light of each colour is brightest in its own pixels, and both greens agree."""
    for color, nm in NARROW_nm.items():
        means = in_light(case, Flat(4e6, nm))
        case.saw(f"{nm:g} nm: " + ", ".join(f"{name} {mean:.0f}" for name, mean in means.items()))
        brightest = max(means, key=means.__getitem__).upper()
        case.equal(f"brightest at {nm:g} nm", brightest, color)
        if color == "G":
            case.near("the two greens", means["g"] / means["G"], 1, 0.01)
    frame = small(case, "Full10", Dark()).grab()[0]
    case.that("the format is one of a mosaic", bool(frame.pixel_format.mosaic))


# -- what the flyer promises ---------------------------------------------------------------------------
GLASS: Final = {400: 0.83, 450: 0.86, 500: 0.89, 550: 0.86, 600: 0.70, 650: 0.40, 700: 0.14, 780: 0.02}
"""An infrared cut filter, over nm. The flyer names neither light nor filter: 706 cd/m2 at 3200 K behind such
a one is what the maker's other sheets have."""


def standard_light(f_number: float = 2.8) -> tuple[Any, float]:
    """Light of that lamp behind filter and lens, and its photons per pixel and second."""
    lamp = spectra.black_body(3200)
    nm, passed = list(GLASS), list(GLASS.values())
    light, share = lamp.filtered("behind glass", lambda at: float(np.interp(at, nm, passed)))
    lux = spectra.illuminance_behind(706, f_number)
    return light, spectra.photons_from_lux(lux, 1.55, lamp) * share


def green(case: Case, times: float, exposure_us: float) -> float:
    """Signal of green pixels at Tj 60 degC, in so many times the standard light."""
    light, photons = standard_light()
    pictures = []
    for scene in (Flat(times * photons, light), Dark()):
        cam = small(case, "Full10", scene, ExposureTime=exposure_us)
        cam.world.hold_internal_C(60)
        pictures.append(cam.grab(2)[-1])
    return phases(*pictures)["G"]


@check("sony.char.sensitivity", "sony.char.sensitivity_time", heavy="pictures")
def sensitivity(case: Case) -> None:
    signal = green(case, 1, 1e6 / 120)
    if case.claim.id.endswith("time"):
        case.near("signal of 1/60 s over that of 1/120 s", green(case, 1, 1e6 / 60) / signal, 2, 0.04)
    else:
        case.within("green above black at F2.8, 1/120 s", signal, case.claim.number, 1023, "LSB")


@check("sony.char.saturation", heavy="pictures")
def saturation(case: Case) -> None:
    light, photons = standard_light()
    cam = small(case, "Full10", Flat(50 * photons, light), ExposureTime=1e6 / 120)
    cam.world.hold_internal_C(60)
    case.equal("lowest code of all pixels", int(cam.grab(2)[-1].picture.min()), case.claim.number)


@check("sony.char.tj")
def junction(case: Case) -> None:
    """Where it settles in a room, which is where its characteristics are stated."""
    cam = case.open()
    cam.advance(3600 * SEC)
    case.near("DeviceTemperature after an hour", cam.DeviceTemperature, case.claim.number, 3, "degC")
