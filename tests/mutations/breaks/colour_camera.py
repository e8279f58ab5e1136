"""A colour camera with a rolling shutter on USB, wrong one thing at a time."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any, Final

import numpy as np

from camtwin.sensor.timing import ALIKE
from mutations.breaks.offers import offering
from mutations.registry import mutate
from mutations.tools import (
    Picture,
    also_entry,
    always,
    deaf,
    exposed,
    picture,
    scaled,
    sensor,
    setting,
    twins,
)

PICTURES, RATES = ("pictures",), ("rates",)
PHASES: Final = tuple(product((0, 1), (0, 1)))

# -- features that it lacks --------------------------------------------------------------------------
LACKING: Final = {
    "SensorReadoutMode": "sensor.readout_mode",
    "Gain": "gain.master",
    "BalanceRatio": "gain.rgb",
    "DecimationHorizontal": "decimation.horizontal",
    "DecimationVertical": "decimation.vertical",
    "DecimationHorizontalMode": "decimation.method",
    "SubSamplingFactor": "decimation.factor",
    "DecimationRegion": "decimation.fpga",
    "SensorDecimation": "decimation.sensor",
    "BinningSelector": "binning.fpga",
    "BinningHorizontalMode": "binning.method",
    "ExposureAuto": "adjust.auto_exposure",
    "GainAuto": "adjust.auto_gain",
    "BalanceWhiteAuto": "adjust.auto_whitebalance",
    "ColorTransformationEnable": "adjust.color_correction",
    "Gamma": "adjust.gamma",
    "LUTEnable": "adjust.lut",
    "SequencerMode": "sequencer",
    "ChunkModeActive": "chunks",
    "EventSelector": "events",
    "TimerSelector": "flash.pwm",
    "LineScanMode": "acq.line_scan",
    "LongExposureEnable": "acq.long_exposure",
    "TransferSelector": "memory",
    "NoiseReduction": "proc.denoiser",
    "GlobalResetReleaseMode": "acq.global_start",
}
for feature, row in LACKING.items():
    mutate(f"a colour camera has a {feature}", f"ids.{row}", about=PICTURES, patch=offering(feature))

# -- what it offers ----------------------------------------------------------------------------------
LIMITS: Final[dict[str, tuple[str, Any, list[str]]]] = {
    # name: (path, value, proves)
    "regions from 36 columns": ("features.Width.min", 36, ["aoi.width_min"]),
    "columns in steps of 6": ("features.Width.inc", 6, ["aoi.width_step"]),
    "regions from 40 rows": ("features.Height.min", 40, ["aoi.height_min"]),
    "rows in steps of 4": ("features.Height.inc", 4, ["aoi.height_step"]),
    "regions at every column": ("features.OffsetX.inc", 1, ["aoi.offset_x_step"]),
    "regions at every other row": ("features.OffsetY.inc", 2, ["aoi.offset_y_step"]),
    "exposures from 64 us": ("features.ExposureTime.min", 64, ["exposure.min"]),
    "exposures to 1.5 s": ("features.ExposureTime.max", 1.5e6, ["exposure.max"]),
    "exposures to 1.95 s": ("features.ExposureTime.max", 1.95e6, ["acq.long_exposure", "exposure.max"]),
    "binning to 4": ("features.BinningHorizontal.max", 4, ["binning.factor", "binning.joint"]),
    "rows are binned alone": ("features.BinningVertical.joint", [], ["binning.factor", "binning.joint"]),
    "binning after the converter": ("readout.binned", "camera", ["binning.horizontal.rate", "binning.vertical.rate"]),
    "room for twenty frames": ("memory.size_bytes", 500_000_000, ["memory"]),
    "no trigger is held": ("trigger.held", 0, ["acq.framerate.trigger_max"]),
    "firmware 3.2": ("features.DeviceFirmwareVersion.value", "3.2", ["firmware.first_version"]),
}  # fmt: skip
for name, (path, value, proves) in LIMITS.items():
    mutate(name, *(f"ids.{row}" for row in proves), about=RATES, sheet={path: value})
mutate("Mono8 is offered", "ids.sensor.chromaticity", "ids.pixelformat.list", patch=also_entry("PixelFormat", "Mono8"))  # fmt: skip
mutate("pulses can set the exposure", "ids.acq.trigger_width", patch=also_entry("ExposureMode", "TriggerWidth"))  # fmt: skip
mutate("an output can follow the exposure", "ids.flash.flashing", patch=also_entry("LineSource", "ExposureActive"))  # fmt: skip

# -- rates and triggers ------------------------------------------------------------------------------
mutate(
    "lines take 2 % more",
    "ids.acq.framerate.freerun",
    "ids.acq.freerun",
    "ids.acq.framerate.trigger_max",
    "ids.acq.framerate.trigger_continuous",
    about=RATES,
    sheet={"readout.row_clocks": scaled(1.02)},
)
mutate(
    "columns are read one by one",
    "ids.aoi.horizontal.rate",
    about=RATES,
    patch=sensor(lambda rows, s: rows * s.Width * s.BinningHorizontal // 4056),
)
mutate("all rows are read", "ids.aoi.vertical.rate", about=RATES, patch=sensor(lambda rows, s: 3040))
mutate(
    "a colour camera is deaf to Line0",
    "ids.acq.trigger.hardware",
    about=RATES,
    patch=deaf("TriggerPath.edge", "Line0"),
)
mutate(
    "a colour camera is deaf to Software",
    "ids.acq.trigger.software",
    about=RATES,
    patch=deaf("TriggerPath.edge", "Software"),
)
mutate(
    "Line1 rises as frames are exposed",
    "ids.flash.flashing",
    patch=always(
        "ExposureStart", lambda camera: lambda: camera.lines["Line1"].follow(True), unless=lambda s: False
    ),
)

# -- firmware ----------------------------------------------------------------------------------------
mutate(
    "any firmware is taken",
    "ids.firmware.first_version",
    patch=twins(lambda twin: setattr(twin.camera.firmware, "first", "0.0")),
)


# -- pictures ----------------------------------------------------------------------------------------
def at_depth(bits: int, change: Any) -> Any:
    """Pictures of so many bits are changed."""
    return picture(lambda dn, e: change(dn) if e.pixel_format.bits == bits else dn)


def each_phase(dn: Picture, change: Any) -> Picture:
    """Break the four pixels of the mosaic one by one."""
    out = dn.copy()
    for r, c in PHASES:
        out[r::2, c::2] = np.clip(change(dn[r::2, c::2].astype(float)), 0, 4095)
    return out


def louder(dn: Picture) -> Picture:
    return each_phase(dn, lambda plane: plane.mean() + 2 * (plane - plane.mean()))


def grey(dn: Picture) -> Picture:
    """Each group of four has one value."""
    means = (dn[::2, ::2] // 4 + dn[::2, 1::2] // 4 + dn[1::2, ::2] // 4 + dn[1::2, 1::2] // 4).astype(
        np.uint16
    )
    return np.repeat(np.repeat(means, 2, 0), 2, 1)


def corrected(dn: Picture) -> Picture:
    """Red and blue are amplified, and lose a part of the greens beside them."""
    out = dn.copy()
    for r, c in ((0, 1), (1, 0)):
        beside = dn[::2, ::2].astype(float) + dn[1::2, 1::2]
        out[r::2, c::2] = np.clip(1.5 * dn[r::2, c::2] - 0.25 * beside, 0, 4095)
    return out


def smooth(dn: Picture) -> Picture:
    """Each pixel and the next of its colour become their mean."""
    return ((dn.astype(np.uint32) + np.roll(dn, 2, 1)) // 2).astype(np.uint16)


for bits, row in ((10, "bayergr10g40ids"), (12, "bayergr12g24ids")):
    top = 2**bits - 1
    mutate(
        f"codes of {bits} bits end at {top - 1}",
        f"ids.pixelformat.{row}",
        about=PICTURES,
        patch=at_depth(bits, lambda dn, top=top: np.minimum(dn, top - 1)),
    )
mutate(
    "deep codes end at 4000",
    "ids.sensor.color_depth",
    about=PICTURES,
    patch=at_depth(12, lambda dn: np.minimum(dn, 4000)),
)
mutate(
    "the last bit is stuck",
    "ids.sensor.adc_bits",
    about=PICTURES,
    patch=at_depth(12, lambda dn: np.where(dn < 4095, dn & ~np.uint16(1), dn)),
)
mutate(
    "the response bends",
    "ids.sensor.characteristic",
    about=PICTURES,
    patch=at_depth(12, lambda dn: np.where(dn < 4095, dn - (dn.astype(float) ** 2 / 5e4), dn).astype(np.uint16)),
)  # fmt: skip
mutate(
    "pictures are grey",
    "ids.sensor.chromaticity",
    about=PICTURES,
    patch=picture(lambda dn, e: grey(dn)),
)
mutate(
    "binned pictures are grey",
    "ids.binning.method",
    about=PICTURES,
    patch=picture(lambda dn, e: grey(dn) if e.settings.BinningVertical == 2 else dn),
)
mutate(
    "binning leaves the noise",
    "ids.binning.sensor",
    about=PICTURES,
    patch=picture(lambda dn, e: louder(dn) if e.settings.BinningVertical == 2 else dn),
)
mutate(
    "colours are corrected",
    "ids.adjust.color_correction",
    about=PICTURES,
    patch=picture(lambda dn, e: corrected(dn)),
)
mutate(
    "a filter takes noise out",
    "ids.proc.denoiser",
    about=PICTURES,
    patch=picture(lambda dn, e: smooth(dn) if (e.settings.Width, e.settings.OffsetX) == (1200, 0) else dn),
)
mutate(
    "regions to the right are two columns off",
    "ids.aoi.supported",
    about=PICTURES,
    patch=setting(OffsetX=lambda x: x - 2 * (x > 500)),
)
for axis, name in (("x", "ReverseX"), ("y", "ReverseY")):
    mutate(
        f"a colour camera's {name} does nothing",
        f"ids.adjust.mirror_{axis}",
        about=PICTURES,
        patch=setting(**{name: lambda on: False}),
    )
mutate(
    "all rows are exposed at once",
    "ids.sensor.shutter",
    "framos.sensor.shutter",
    "ids.acq.global_start",
    about=PICTURES,
    patch=exposed(lambda e: replace(e, row_times=ALIKE)),
)
mutate(
    "exposures are 5 us longer",
    "ids.exposure.min",
    about=PICTURES,
    patch=exposed(lambda e: replace(e, end_ns=e.end_ns + 5000)),
)
