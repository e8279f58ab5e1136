"""Break what the camera offers: limits, entries and features."""

from __future__ import annotations

from typing import Any

from mutations.registry import mutate
from mutations.tools import Wrong, also_entry, answers, read, without, written

LIMITS: dict[str, tuple[str, Any, list[str]]] = {
    # name: (path, value, proves)
    "Width from 32": ("Width.min", 32, ["roi.width_min"]),
    "Width in steps of 8": ("Width.inc", 8, ["roi.width_step"]),
    "Height from 2": ("Height.min", 2, ["roi.height_min"]),
    "BinningHorizontal to 4": ("BinningHorizontal.max", 4, ["binning.horizontal"]),
    "BinningVertical to 3": ("BinningVertical.max", 3, ["binning.vertical"]),
    "BlackLevel to 254": ("BlackLevel.max", 254, ["offset.range"]),
    "Gain to 36": ("Gain.max", 36, ["gain.range"]),
    "ExposureTime from 2": ("ExposureTime.min", 2, ["exposure.min", "exposure.short.range"]),
    "ExposureTime from 16": ("ExposureTime.usual_min", 16, ["exposure.default.range"]),
    "ExposureTime from 1 always": ("ExposureTime.usual_min", 1, ["exposure.short.enable"]),
    "ExposureTime to 59 s": ("ExposureTime.max", 59e6, ["exposure.max"]),
    "TimestampIncrement 16": ("TimestampIncrement.value", 16, ["timestamp.increment"]),
    "packets from 560": ("GevSCPSPacketSize.min", 560, ["net.packet_min"]),
    "packets to 9004": ("GevSCPSPacketSize.max", 9004, ["net.packet_max"]),
    "TriggerDelay to 1 s": ("TriggerDelay.max", 1_000_000, ["trigger.delay_range"]),
    "AcquisitionFrameRate from 0.02": ("AcquisitionFrameRate.min", 0.02, ["acq.rate_min"]),
    "AcquisitionFrameRate to 60000": ("AcquisitionFrameRate.max", 60_000, ["acq.rate_max"]),
    "511 entries in the defect list": ("DefectPixelListIndex.max", 510, ["defect.count"]),
    "the temperature of the sensor": ("DeviceTemperatureSelector.entries", ["Sensor"], ["temp.inhouse"]),
    "Mono10 is not offered": ("PixelFormat.entries", without("Mono10"), ["pixelformat.mono10", "pixelformat.list"]),
}  # fmt: skip
DEFAULTS = {"Width": 4080, "Height": 2992}
for name, value in DEFAULTS.items():
    mutate(
        f"{name} is {value} at first",
        f"basler.roi.{name.lower()}_default",
        about=["pictures"],
        sheet={f"features.{name}.default": value},
    )
for name, (path, value, proves) in LIMITS.items():
    mutate(name, *(f"baumer.{row}" for row in proves), sheet={f"features.{path}": value})
mutate(
    "Height says that its step is 2",
    "baumer.roi.height_step",
    patch=answers("increment", lambda true, cam, name: 2 if name == "Height" else true(cam, name)),
)


mutate(
    "odd microseconds are rounded down",
    "baumer.exposure.step",
    patch=written(ExposureTime=lambda us: us - us % 2 if us > 100 else us),
)
mutate(
    "ExposureMode has TriggerWidth, too",
    "baumer.exposure.mode",
    patch=also_entry("ExposureMode", "TriggerWidth"),
)
mutate(
    "the shortest exposure is not kept",
    "baumer.rates.condition.full",
    patch=written(ExposureTime=lambda us: 16 if us == 15 else us),
)


# -- features that a mono camera lacks ---------------------------------------------------------------
def offering(feature: str) -> Wrong:
    """Let the camera offer an additional feature."""
    return answers("features", lambda true, cam: [*true(cam), feature])


for feature, row in {
    "BalanceWhiteAuto": "color.processing",
    "ColorTransformationEnable": "color.adjustment",
    "ColorEnhancementEnable": "color.enhancement",
    "ColorTolerance": "color.tolerance",
    "PtpEnable": "ptp",
    "FixedPatternNoiseCorrection": "fpn.correction",
}.items():
    mutate(f"there is a {feature}", f"baumer.{row}", patch=offering(feature))
mutate(
    "BayerRG8 is offered",
    "baumer.rates.condition.color",
    "baumer.color.models",
    "baumer.pixelformat.list",
    patch=also_entry("PixelFormat", "BayerRG8"),
)
mutate(
    "PayloadSize counts 200 bytes too many",
    "baumer.payload.max",
    patch=read(PayloadSize=lambda n: n + 200),
)
