"""Break what the camera keeps, and does to itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from camtwin.twins import Twin
from mutations.registry import mutate
from mutations.tools import Wrong, other, restarted, scaled, twins, written

mutate(
    "a power cycle forgets the user sets",
    "baumer.userset.1",
    "baumer.userset.2",
    "baumer.userset.3",
    "baumer.memory.nonvolatile",
    patch=other("", "power_cycle", lambda true: true.__self__.keeper.storage._records.clear() or true()),
)
mutate(
    "UserSet0 has 5 ms",
    "baumer.userset.0",
    patch=other(
        "keeper",
        "load",
        lambda true, name: {**true(name), **({"ExposureTime_ns": 5_000_000} if name == "UserSet0" else {})},
    ),
)
mutate(
    "kept settings lack the gain",
    "baumer.userset.parameters",
    patch=other("", "_restore", lambda true, kept: true({k: v for k, v in kept.items() if k != "Gain_dB"})),
)
mutate(
    "custom data are writable at any time",
    "baumer.custom_data.mode",
    sheet={"features.CustomDataConfigurationMode.default": "On"},
)
mutate("127 bytes of custom data", "baumer.custom_data", sheet={"features.CustomDataSelector.max": 126})
mutate("the record says 64 kb", "baumer.memory.nonvolatile", sheet={"facts": lambda facts: _halved(facts)})


def _halved(facts: Any) -> Any:
    return tuple(
        replace(f, value=f.value // 2) if f.path == "record.memory.nonvolatile" else f for f in facts
    )


# -- the image memory --------------------------------------------------------------------------------
mutate(
    "twice the memory",
    "baumer.memory.buffer_trigger",
    "baumer.memory.buffer_freerun",
    sheet={"memory.size_bytes": scaled(2)},
)

# -- temperature -------------------------------------------------------------------------------------
mutate(
    "Exceeded lets images through",
    "baumer.temp.cutoff",
    "baumer.temp.operating_max_internal",
    patch=other("transmitter", "stall", lambda true, why="link": None if why == "heat" else true(why)),
)
mutate(
    "the thermometer stands still",
    "baumer.temp.sensor",
    "baumer.temp.range",
    "baumer.temp.accuracy_low",
    "baumer.temp.accuracy_high",
    patch=twins(lambda twin: _stands_still(twin)),
)


def _stands_still(twin: Twin) -> None:
    camera = twin.camera
    shown = camera.temperature_reading_C
    camera.__class__ = type("Numb", (type(camera),), {"temperature_reading_C": shown})


def no_event(row: str) -> Wrong:
    """One change of the status is not told."""

    def alter(twin: Twin) -> None:
        camera: Any = twin.camera
        true = camera._status_changed

        def changed(new: str, old: str) -> None:
            if f"{old}_{new}".lower() == row:
                camera.__dict__["emit"] = lambda *_: None
            true(new, old)
            camera.__dict__.pop("emit", None)

        camera.housing._changed = changed

    return twins(alter)


for row in ("normal_high", "high_exceeded", "exceeded_normal"):
    mutate(f"no event on {row}", f"baumer.temp.event.{row}", patch=no_event(row))

# -- automatic functions -----------------------------------------------------------------------------


def measuring(wrong: Any) -> Wrong:
    """Let the camera measure frames as brighter or darker than they are: wrong(true measure, exposure)."""

    def alter(twin: Twin) -> None:
        brightness = twin.camera.brightness
        true = brightness.measure
        brightness.measure = lambda exposure: wrong(true, exposure)

    return twins(alter)


def off_by(exposing: bool) -> Wrong:
    def wrong(true: Any, exposure: Any) -> float:
        s = exposure.settings
        alone = (s.ExposureAuto != "Off") == exposing and (s.GainAuto["All"] != "Off") != exposing
        return true(exposure) * (0.9 if alone else 1)

    return measuring(wrong)


def whole(true: Any, exposure: Any) -> float:
    s = exposure.settings
    off = s.AutoFeatureRegionMode.replace("BrightnessAuto", "Off")
    return true(replace(exposure, settings=replace(s, AutoFeatureRegionMode=off)))


mutate("ExposureAuto aims 11 % too high", "baumer.auto.exposure", patch=off_by(exposing=True))
mutate("GainAuto aims 11 % too high", "baumer.auto.gain", patch=off_by(exposing=False))
mutate(
    "exposure always has priority",
    "baumer.auto.priority",
    patch=written(BrightnessAutoPriority=lambda _: "ExposureAuto"),
)
mutate("brightness is that of the whole picture", "baumer.auto.roi", patch=measuring(whole))

# -- the factory's settings --------------------------------------------------------------------------
FACTORY: dict[str, dict[str, Any]] = {
    "trigger_mode": {"TriggerMode": "On"},
    "exposure": {"ExposureTime": 5000.0},
    "gain": {"Gain": 1.0},
    "offset": {"BlackLevel": 1},
    "pixelformat": {"PixelFormat": "Mono12"},
    "partial_scan": {"Height": 2999},
    "frame_rate": {"AcquisitionFrameRateEnable": True},
    "timer": {"TimerTriggerSource": "ExposureStart"},
    "counter": {"CounterSelector": "Counter2", "CounterEventSource": "Line0"},
    "sequencer": {"SequencerMode": "On"},
    "defect": {"DefectPixelCorrection": False},
    "line_in": {"LineSelector": "Line0", "LineInverter": True},
    "line_out_invert": {"LineSelector": "Line3", "LineInverter": True},
    "line_out_source": {"LineSelector": "Line3", "LineSource": "ExposureActive"},
    "gpio_invert": {"LineSelector": "Line1", "LineInverter": True},
    "gpio_mode": {"LineSelector": "Line2", "LineMode": "Output"},
    "trigger_source": {"TriggerSource": "Software"},
}
for row, wrong in FACTORY.items():
    also = ("baumer.factory.line_in_invert",) if row == "line_in" else ()
    mutate(
        f"after a restart {' '.join(str(value) for pair in wrong.items() for value in pair)}",
        f"baumer.factory.{row}",
        *also,
        patch=restarted(**wrong),
    )
