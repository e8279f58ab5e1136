"""Limits of the frame rate: a period for each, the longest of them, and what to change for more.

    rates_of(cam.twin.camera, wanted_Hz=10.0)
    plan("baumer-vcxg-124m", ["Width=1024"], wanted_Hz=60.0)

Exposure, readout, link and AcquisitionFrameRate each need their time for a frame; the longest one is the
period. Unlike the frame rate that cameras report, it counts that the link waits for the first row of the next
image where the memory holds only one. Changes are tried on a copy of the settings, never on the camera.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Final

from camtwin.camera import Camera
from camtwin.camera.features.rates import asked_ns, free_running, payload_bytes, readout_ns
from camtwin.camera.registers.driver import Driver
from camtwin.genicam import Shown
from camtwin.models import load
from camtwin.pixels import FORMATS
from camtwin.planner import modules
from camtwin.planner.limits import GAIN, MAX_CHANGES, Change, Limit, Rates, longest
from camtwin.planner.trial import Trial, Tried
from camtwin.problem import Problem
from camtwin.session.session import connect
from camtwin.units import MS, SEC, US, Ns

COSTS: Final[Mapping[str, str]] = {
    "GevSCPSPacketSize": "every switch on the way must pass jumbo frames",
    "Height": "costs field of view",
    "BinningVertical": "costs vertical resolution",
    "BinningHorizontal": "costs horizontal resolution",
    "ExposureTime": "costs light",
    "AcquisitionFrameRateEnable": "frames follow as fast as they can",
    "DeviceLinkThroughputLimit": "takes more of the link, which other cameras may need",
    "DeviceLinkThroughputLimitMode": "takes more of the link, which other cameras may need",
    "ReadoutMode": "exposes while the frame before is read",
    "SensorMode": "another window, depth or binning",
    "FrameLength": "the fewest lines of this mode",
}


def limits_of(device: Tried) -> tuple[Limit, ...]:
    """Return the limits of a camera with its present settings."""
    s, size = device.settings, payload_bytes(device.settings)
    driver = device.modes.driver
    sensor = _of_sensor(driver, device) if driver else _of_camera(device)
    link_ns = device.transmitter.timing.transfer_ns(s, size)
    waits_ns = _waits_ns(device)
    asked = asked_ns(s, device.trigger_timing)
    rate = f"AcquisitionFrameRate {s.AcquisitionFrameRate_Hz:g} Hz" if asked else "off"
    return (
        *sensor,
        Limit("link", link_ns + waits_ns, _of_link(size, s.PixelFormat, link_ns, waits_ns), "PixelFormat"),
        Limit("frame rate setting", asked, rate, "AcquisitionFrameRate"),
    )


def _of_camera(device: Tried) -> tuple[Limit, ...]:
    """Return the limits by exposure and readout."""
    s, read_ns = device.settings, readout_ns(device)
    exposure_ns, rows = s.ExposureTime_ns, f"{device.modes.rows_read(s)} rows"
    if s.ReadoutMode == "Overlapped":
        return (
            Limit("exposure", exposure_ns, f"{exposure_ns / MS:.3f} ms of light", "ExposureTime"),
            Limit("readout", read_ns, f"{rows}, while the next frame is exposed", "Height"),
        )
    both = f"{exposure_ns / MS:.3f} ms of light, then {rows}: they do not overlap"
    return (Limit("exposure and readout", read_ns + exposure_ns, both, "ReadoutMode"),)


def _of_sensor(driver: Driver, device: Tried) -> tuple[Limit, ...]:
    """Return the limits of a sensor by itself: exposures and FrameLength ask for lines of a frame."""
    s = device.settings

    def frame_ns(**changes: Ns) -> Ns:
        return round(driver.configuration(replace(s, **changes)).frame_ns)

    two = driver.modes[s.SensorMode].exposures > 1
    long_ns = frame_ns(FrameLength=0, ExposureTimeShort_ns=0)
    limits = [Limit("exposure", long_ns, f"{s.ExposureTime_ns / MS:.3f} ms of light", "ExposureTime")]
    if two:
        short_ns, light = frame_ns(FrameLength=0, ExposureTime_ns=0), s.ExposureTimeShort_ns / MS
        text = f"{light:.3f} ms of light before each row is read again"
        limits.append(Limit("short exposure", short_ns, text, "ExposureTimeShort"))
    length_ns = frame_ns(ExposureTime_ns=0, ExposureTimeShort_ns=0)
    line_us = driver.configuration(s).line_ns / US
    lines = f"{s.FrameLength} lines of {float(line_us):.3f} us"
    fewest = s.FrameLength <= device.modes.fewest_lines(s.SensorMode)
    text = f"{lines}, the fewest of {s.SensorMode}" if fewest else lines
    return (*limits, Limit("frame length", length_ns, text, "SensorMode" if fewest else "FrameLength"))


def _waits_ns(device: Tried) -> Ns:
    """Return how long the link waits for the first row after each frame, as memory holds one image."""
    s, memory = device.settings, device.transmitter.memory
    stored = s.Width * s.Height * memory.stored_bits // 8
    sized = memory.size_bytes is not None and 2 * stored > memory.size_bytes
    counted = memory.free_run_images is not None and memory.free_run_images < 2 and free_running(s)
    return device.shutter(s).base_ns if sized or counted else 0


def _of_link(size: int, name: str, link_ns: Ns, waits_ns: Ns) -> str:
    if not link_ns:
        return "leaves as it is read"
    text = f"{size / 1e6:.1f} MB of {name}"
    return (
        f"{text}, and {waits_ns / MS:.1f} ms for the first row, as memory holds one image"
        if waits_ns
        else text
    )


def reached_Hz(device: Tried) -> float:
    """Return the rate that a camera reaches with its present settings, when its memory has filled."""
    return SEC / max(limit.period_ns for limit in limits_of(device))


def rates_of(camera: Camera, wanted_Hz: float | None = None) -> Rates:
    """Return the rate that the camera can reach, and why; wanted_Hz is one that changes should reach."""
    limits = limits_of(camera)
    changes = sorted(_changes(camera, wanted_Hz), key=lambda change: -change.fps)
    return Rates(reached_Hz(camera), limits, longest(limits), tuple(changes[:MAX_CHANGES]), wanted_Hz)


def plan(model: str, settings: Iterable[str] = (), wanted_Hz: float | None = None) -> Rates:
    """Return what limits the frame rate of a model with settings, NAME=VALUE; nothing runs.

    The settings of a sensor module are the controls of its driver, `exposure=5000`.

    Raises:
        Problem: there is no such model, or it refuses a setting
    """
    sheet = load(model)
    if modules.is_module(sheet):
        return modules.plan(model, settings, wanted_Hz)
    with connect(model, render=False) as cam:
        for text in settings:
            cam.set(text)
        return rates_of(cam.twin.camera, wanted_Hz)


def _changes(camera: Camera, wanted_Hz: float | None) -> Iterator[Change]:
    """Yield changes that raise the rate."""
    now = reached_Hz(camera)
    seen = set[float]()
    for settings in _candidates(camera, wanted_Hz):
        trial = Trial(camera)
        with suppress(Problem):
            for name, value in settings.items():
                trial.set(name, value)
            fps = reached_Hz(trial)
            if fps > now * GAIN and round(fps, 6) not in seen:
                seen.add(round(fps, 6))
                then = longest(limits_of(trial))
                yield Change(settings, fps, _cost(camera, settings), " and ".join(then))


def _candidates(camera: Camera, wanted_Hz: float | None) -> Iterator[Mapping[str, Shown]]:
    """Yield settings that are worth a try."""
    here = {node.feature.name for node in camera.tree.here if not node.feature.elsewhere}
    trial, s = Trial(camera), camera.settings
    smaller = next(iter(_formats(camera)), None) if "PixelFormat" in here else None
    jumbo = trial.top("GevSCPSPacketSize") if "GevSCPSPacketSize" in here else 0
    format_, packets = {"PixelFormat": smaller}, {"GevSCPSPacketSize": min(jumbo, 9000)}
    if smaller:
        yield format_  # pyright: ignore[reportReturnType]
    if jumbo > s.GevSCPSPacketSize:
        yield packets
        if smaller:
            yield {**format_, **packets}  # pyright: ignore[reportReturnType]
    if "Height" in here and (rows := _rows(camera, wanted_Hz or 2 * reached_Hz(camera))):
        yield {"Height": rows}
    for name, value in (
        ("BinningVertical", 2 * s.BinningVertical),
        ("AcquisitionFrameRateEnable", False),
        ("ReadoutMode", "Overlapped"),
        ("DeviceLinkThroughputLimitMode", "Off"),
    ):
        if name in here:
            yield {name: value}
    if camera.modes.driver:
        yield {"FrameLength": camera.modes.fewest_lines(s.SensorMode)}
        for mode in camera.modes.driver.modes:
            yield {"SensorMode": mode}
    if "DeviceLinkThroughputLimit" in here:
        yield {"DeviceLinkThroughputLimit": trial.top("DeviceLinkThroughputLimit")}
    others = [limit.period_ns for limit in limits_of(camera) if not limit.name.startswith("exposure")]
    if "ExposureTime" in here and (shorter := max(others)) < s.ExposureTime_ns:
        yield {"ExposureTime": shorter / 1000}


def _formats(camera: Camera) -> list[str]:
    """Return the formats with the fewest bits on the link below the present one's."""
    bits = FORMATS[camera.settings.PixelFormat].bits_per_pixel
    entries = [name for name in camera.tree.find("PixelFormat").words if name in FORMATS]
    lower = [name for name in entries if FORMATS[name].bits_per_pixel < bits]
    return sorted(lower, key=lambda name: FORMATS[name].bits_per_pixel)


def _rows(camera: Camera, wanted_Hz: float) -> int | None:
    """Return the greatest Height with which the camera reaches a rate; None if none does."""
    node = camera.tree.find("Height")
    step, low = int(node.inc or 1), int(node.low or 1)
    found, least, most = None, 0, (camera.settings.Height - low) // step
    while least <= most:
        middle = (least + most) // 2
        trial = Trial(camera)
        try:
            trial.set("Height", low + middle * step)
            reaches = reached_Hz(trial) >= wanted_Hz
        except Problem:
            return found
        if reaches:
            found, least = low + middle * step, middle + 1
        else:
            most = middle - 1
    return found


def _cost(camera: Camera, settings: Mapping[str, Shown]) -> str:
    """Return what the changes cost, in words."""
    words = list[str]()
    for name, value in settings.items():
        if name == "PixelFormat":
            bits = FORMATS[camera.settings.PixelFormat].bits - FORMATS[str(value)].bits
            words.append(f"costs {bits} bits" if bits > 0 else "packs the bits closer")
        elif name == "Height" and isinstance(value, int):
            words.append(f"costs {100 - 100 * value / camera.settings.Height:.0f} % of the field of view")
        else:
            words.append(COSTS.get(name, ""))
    return "; ".join(filter(None, words))
