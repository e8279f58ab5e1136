"""Pictures and their noise, wrong one thing at a time."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from camtwin.scene import Spectrum
from camtwin.sensor.flaws import Flaws
from camtwin.sensor.timing import RowTimes
from camtwin.units import MS
from mutations.registry import mutate
from mutations.tools import Picture, exposed, other, picture, setting, written

PICTURES = ("pictures",)

# -- codes -------------------------------------------------------------------------------------------
for name in ("Mono8", "Mono10", "Mono12"):
    top = 2 ** int(name.removeprefix("Mono")) - 1
    mutate(
        f"codes of {name} end at {top - 1}",
        f"baumer.pixelformat.{name.lower()}",
        about=PICTURES,
        patch=picture(
            lambda dn, e, name=name, top=top: np.minimum(dn, top - 1) if e.pixel_format.name == name else dn
        ),
    )
mutate(
    "packed codes have their bits swapped",
    "baumer.pixelformat.mono12p",
    about=PICTURES,
    patch=picture(
        lambda dn, e: (dn >> 4 | (dn & 15) << 8).astype(np.uint16) if e.pixel_format.packed else dn
    ),
)
mutate(
    "the table is shifted by a code",
    "baumer.lut.luminance",
    about=PICTURES,
    patch=picture(lambda dn, e: dn + np.uint16(e.settings.LUTEnable["Luminance"])),
)

# -- shape -------------------------------------------------------------------------------------------
mutate(
    "ReverseX does nothing",
    "baumer.flip.horizontal",
    "sony.mirror",
    "sony.flip_mirror_independent",
    about=PICTURES,
    patch=setting(ReverseX=lambda on: False),
)
mutate(
    "ReverseY does nothing",
    "baumer.flip.vertical",
    "sony.flip",
    about=PICTURES,
    patch=setting(ReverseY=lambda on: False),
)
mutate(
    "a region is a row too low",
    "baumer.roi.arbitrary",
    "basler.roi.changes_resolution",
    about=PICTURES,
    patch=setting(OffsetY=lambda y: y - (y > 0)),
)
mutate(
    "binned pictures lack a column",
    "baumer.binning.size.2x1",
    "baumer.binning.size.2x2",
    about=PICTURES,
    patch=picture(lambda dn, e: dn[:, e.settings.BinningHorizontal - 1 :]),
)
mutate(
    "binned pictures lack a row",
    "baumer.binning.size.1x2",
    "baumer.binning.size.2x2",
    about=PICTURES,
    patch=picture(lambda dn, e: dn[e.settings.BinningVertical - 1 :]),
)

# -- light -------------------------------------------------------------------------------------------
mutate(
    "6 dB are 5.8",
    "baumer.gain.range",
    about=PICTURES,
    patch=setting(Gain_dB=lambda by: by.replace("All", by["All"] * 0.97)),
)
mutate(
    "the offset counts half",
    "baumer.offset.range",
    about=PICTURES,
    patch=setting(BlackLevel_DN=lambda by: by.replace("All", by["All"] // 2)),
)
mutate(
    "exposures are 1 us longer",
    "baumer.exposure.min",
    about=PICTURES,
    patch=exposed(lambda e: replace(e, end_ns=e.end_ns + 1000)),
)
mutate(
    "exposures end after 50 s",
    "baumer.exposure.max",
    about=PICTURES,
    patch=exposed(lambda e: replace(e, end_ns=min(e.end_ns, e.start_ns + 50_000 * MS))),
)
mutate(
    "light is gathered 1 ms late",
    "baumer.sensor.shutter",
    "basler.sensor.shutter",
    about=PICTURES,
    patch=exposed(lambda e: replace(e, start_ns=e.start_ns + MS, end_ns=e.end_ns + MS)),
)
mutate(
    "rows are exposed one after the other",
    "baumer.sensor.shutter",
    "basler.sensor.shutter",
    about=PICTURES,
    patch=exposed(lambda e: replace(e, row_times=RowTimes(step_ns=Fraction(21_522)))),
)
mutate(
    "a filter cuts the near infrared",
    "baumer.optics.filter",
    about=PICTURES,
    sheet={"sensor.parameters.qe": lambda qe: tuple((nm, eta if nm < 750 else 0.0) for nm, eta in qe)},
)
mutate(
    "red light is darker on every fourth pixel",
    "baumer.color.models",
    "basler.sensor.mono",
    about=PICTURES,
    patch=picture(lambda dn, e: _mosaic(dn) if e.world.scene.wavelength_nm == 650 else dn),
)
mutate(
    "listed pixels stay as they are",
    "baumer.defect.list",
    about=PICTURES,
    patch=setting(DefectPixelCorrection=lambda _: False),
)
mutate(
    "offsets of columns are taken out",
    "baumer.fpn.correction",
    about=PICTURES,
    patch=exposed(lambda e: replace(e, world=replace(e.world, flaws=Flaws(hot=e.world.flaws.hot)))),
)
mutate(
    "light of several colours counts 3 % more",
    "basler.sensor.spectral",
    about=PICTURES,
    patch=picture(lambda dn, e: (dn * 1.03).astype(dn.dtype) if _colourful(e) else dn),
)
mutate(
    "exposures of TriggerWidth are 1 ms longer",
    "basler.exposure.hardware",
    about=PICTURES,
    patch=exposed(lambda e: replace(e, end_ns=e.end_ns + MS * (e.settings.ExposureMode == "TriggerWidth"))),
)
mutate(
    "exposures above 1.5 ms gather 2 % more",
    "basler.exposure.api",
    about=PICTURES,
    patch=exposed(lambda e: replace(e, end_ns=e.end_ns + (e.end_ns - e.start_ns > 1.5 * MS) * 40_000)),
)


def _colourful(exposure: Any) -> bool:
    return isinstance(exposure.world.scene.wavelength_nm, Spectrum)


def _mosaic(dn: Picture) -> Picture:
    out = dn.copy()
    out[::2, ::2] = out[::2, ::2] * 0.9
    return out


# -- noise -------------------------------------------------------------------------------------------
SENSOR = "sensor.parameters"
mutate(
    "the well holds 8300 e-",
    "baumer.noise.saturation",
    "baumer.noise.snr",
    sheet={f"{SENSOR}.full_well_e": 8300.0},
)
mutate(
    "2.6 e- of read noise",
    "baumer.noise.dark",
    "baumer.noise.dynamic_range",
    sheet={f"{SENSOR}.read_noise_e": 2.6},
)
mutate(
    "the efficiency is 4 % higher",
    "baumer.noise.qe",
    sheet={f"{SENSOR}.qe": lambda qe: tuple((nm, eta * 1.04) for nm, eta in qe)},
)
mutate(
    "red light counts for more than green",
    "baumer.noise.qe_wavelength",
    sheet={f"{SENSOR}.qe": lambda qe: tuple((nm, 0.7 if nm >= 600 else eta) for nm, eta in qe)},
)
# the conditions: a camera that does not keep what it is told
mutate(
    "4 ms of exposure become 3.9",
    "baumer.noise.condition.exposure",
    patch=written(ExposureTime=lambda us: 3900 if us == 4000 else us),
)
mutate(
    "0 dB become 0.3",
    "baumer.noise.condition.gain",
    patch=written(Gain=lambda dB: dB or 0.3),
)
mutate(
    "the camera is 3 K warmer than it is held",
    "baumer.noise.condition.temperature",
    patch=other("housing", "hold", lambda true, C: true(C + 3)),
)
