"""A sensor by itself: modes, converter, colours, wrong one thing at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from camtwin.scene import Picture as Scene
from camtwin.units import MS
from mutations.breaks.pictures import PICTURES
from mutations.breaks.rig import wrong
from mutations.registry import mutate
from mutations.tools import GONE, Picture, Wrong, exposed, framed, picture, scaled, without, written

# -- modes -------------------------------------------------------------------------------------------
MODES = {"Full10": "full10", "Full12": "full12", "Uhd": "4k2k", "FullHd": "1080p", "Dol": "dol"}
for mode, row in MODES.items():
    mutate(
        f"lines of {mode} take 2 % more",
        f"sony.mode.{row}.fps",
        sheet={f"sensor.modes.{mode}.line_clocks": scaled(1.02)},
    )
mutate(
    "FrameLength gets 200 lines more", "sony.feature.4k2k_fps", patch=written(FrameLength=lambda n: n + 200)
)
mutate(
    "there is no DOL mode",
    "sony.mode.list",
    about=PICTURES,
    sheet={"features.SensorMode.entries": without("Dol")},
)
mutate(
    "frames skip a number as the mode changes",
    "sony.fast_transition",
    about=PICTURES,
    patch=framed(lambda f: replace(f, frame_id=f.frame_id + (f.settings.SensorMode == "FullHd"))),
)
mutate(
    "1080p is a cut",
    "sony.binning",
    "sony.mode.1080p.binning",
    about=PICTURES,
    sheet={"sensor.modes.FullHd.binning": 1},
)


# -- exposures ---------------------------------------------------------------------------------------
def longer(by: Callable[[Any, int], int]) -> Wrong:
    """Exposures last longer: by(exposure, ns) -> ns."""
    return exposed(lambda e: replace(e, end_ns=e.end_ns + by(e, e.end_ns - e.start_ns)))


mutate(
    "all exposures are 5 us longer",
    "sony.desc.electronic_shutter",
    about=PICTURES,
    patch=longer(lambda e, ns: 5000),
)
mutate(
    "exposures of 4 ms gather 3 % more",
    "sony.mode.normal",
    about=PICTURES,
    patch=longer(lambda e, ns: (3.5 * MS < ns < 4.5 * MS) * ns // 33),
)
mutate(
    "exposures above 12 ms gather 2 ms more",
    "sony.char.sensitivity_time",
    about=PICTURES,
    patch=longer(lambda e, ns: (ns > 12 * MS) * 2 * MS),
)
mutate(
    "the short exposure is 10 % longer",
    "sony.dol.supported",
    "sony.feature.dol_frames",
    about=PICTURES,
    patch=longer(lambda e, ns: bool(e.part) * ns // 10),
)


# -- pixels ------------------------------------------------------------------------------------------
def ending(bits: int) -> Wrong:
    """Leave the highest code of so many bits unreached."""
    top = 2**bits - 2
    return picture(lambda dn, e: np.minimum(dn, top) if e.pixel_format.bits == bits else dn)


mutate(
    "10 bits end at 1022",
    "sony.adc.10",
    "sony.char.saturation",
    *(f"sony.mode.{row}.adc" for mode, row in MODES.items() if mode != "Full12"),
    about=PICTURES,
    patch=ending(10),
)
mutate("12 bits end at 4094", "sony.adc.12", "sony.mode.full12.adc", about=PICTURES, patch=ending(12))


def wider(dn: Picture, exposure: Any) -> Picture:
    """Pictures, as against even light, are stretched."""
    if not isinstance(exposure.world.scene, Scene):
        return dn
    return dn[:, np.minimum(np.arange(dn.shape[1]) * 100 // 102, dn.shape[1] - 1)]


mutate("pictures are 2 % wider", "sony.ident.square_pixel", about=PICTURES, patch=picture(wider))
mutate(
    "all pixels see as green ones do",
    "sony.ident.color",
    "sony.desc.color_filter",
    "framos.sensor.chromaticity",
    about=PICTURES,
    sheet={"sensor.parameters.qe": lambda qe: dict.fromkeys(qe, qe["G"])},
)
mutate(
    "the colours see 30 % less",
    "sony.char.sensitivity",
    about=PICTURES,
    sheet={
        "sensor.parameters.qe": lambda qe: {
            name: tuple((nm, 0.7 * eta) for nm, eta in curve) for name, curve in qe.items()
        }
    },
)
mutate("it settles at 70 degC", "sony.char.tj", sheet={"thermal.rise_K": 45.0})

# -- rails -------------------------------------------------------------------------------------------
for label, volts in (("analog", 3.0), ("digital", 1.2), ("io", 2.0)):
    rails: dict[str, Any] = {f"rails__{label}__volts": volts}
    wrong(f"the rail {label} wants {volts:g} V", f"sony.supply.{label}", **rails)
wrong("there is no digital rail", "sony.supply.count", rails__digital=GONE)
