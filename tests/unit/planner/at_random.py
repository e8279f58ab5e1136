"""Settings at random that a frame rate depends on, and the rate that a twin then reaches."""

from __future__ import annotations

from math import exp, log
from random import Random
from typing import Any

from camtwin.problem import Problem
from camtwin.session.session import Session
from camtwin.twins.module import Module

FILLED, COUNTED = 50, 200
"""Frames until the memory has filled, and those that are counted."""
FEATURES = (
    "SensorMode", "ReadoutMode", "PixelFormat", "BinningHorizontal", "BinningVertical", "Width", "Height",
    "OffsetY", "FrameLength", "ExposureTime", "ExposureTimeShort", "ReverseX", "ReverseY", "ChunkModeActive",
    "AcquisitionFrameRateEnable", "AcquisitionFrameRate", "GevSCPSPacketSize", "GevSCPD",
    "DeviceLinkThroughputLimitMode", "DeviceLinkThroughputLimit",
)  # fmt: skip
RANGES = {
    "AcquisitionFrameRate": (1.0, 500.0),
    "ExposureTime": (0.0, 1e5),
    "ExposureTimeShort": (0.0, 1e5),
    "FrameLength": (0, 20_000),
    "GevSCPD": (0, 100_000),
    "exposure": (0, 100_000),
    "frame_rate": (5_000_000, 1 << 40),
}
"""Limits that keep a run short."""


def drawn(random: Random, low: float, high: float, name: str, step: float = 0) -> float:
    """Return a value, low ones as often as high ones."""
    least, most = RANGES.get(name, (low, high))
    low, high = max(low, least), min(high, most)
    value = exp(random.uniform(log(max(low, 1e-3)), log(max(high, 1e-3))))
    return min(high, max(low, low + (value - low) // step * step if step else value))


def disarrange(cam: Session, random: Random) -> list[str]:
    """Write features at random; return those that the camera took."""
    tree, written = cam.twin.camera.tree, list[str]()
    for name in FEATURES:
        if not cam.has(name) or cam.access(name) != "RW" or random.random() < 0.4:
            continue
        kind = tree.find(name).feature.node
        value: Any = random.random() < 0.5
        if kind == "Enumeration":
            value = random.choice(cam.entries(name))
        elif kind in ("Integer", "Float"):
            value = drawn(random, *cam.limits(name), name, cam.increment(name) or 0)
            value = round(value) if kind == "Integer" else value
        try:
            setattr(cam, name, value)
        except Problem:
            continue
        written.append(f"{name}={getattr(cam, name)}")
    return written


def tolerance(cam: Session, rate_Hz: float) -> float:
    """Return what a rate may be off by, as a fraction: 0.1 %, or the time of a row if that is more."""
    camera = cam.twin.camera
    shutter = camera.shutter(camera.settings)
    return max(1e-3, (shutter.readout_ns(2) - shutter.readout_ns(1)) * rate_Hz / 1e9)


def disarrange_module(module: Module, random: Random) -> list[str]:
    """Set the mode, the rate and the exposure of a module at random; return what was set."""
    driver, written = module.driver, list[str]()
    for key in ("sensor_mode", "frame_rate", "exposure"):
        control = driver.control(key)
        limits = driver.limits(control.id)
        value = round(drawn(random, limits.min, limits.max, key, limits.step))
        driver.set({control.id: value})
        written.append(f"{key}={driver.get(control.id)}")
    return written


def steady_Hz(cam: Session) -> float:
    """Return the rate at which frames arrive once the memory has filled, both exposures of one together."""
    ends: dict[int, int] = {}
    leave = cam.twin.camera.transmitter.on_delivery.subscribe(
        lambda transfer: ends.setdefault(transfer.exposure.frame_id, transfer.end_ns)
    )
    clock = cam.twin.clock
    cam.twin.camera.start()
    while len(ends) <= FILLED + COUNTED and (due := clock.next_time()) is not None:
        clock.advance_to(due)
    cam.twin.camera.abort()
    leave()
    times = [*ends.values()]
    return COUNTED * 1e9 / (times[FILLED + COUNTED] - times[FILLED])


def module_Hz(module: Module) -> float:
    """Return the rate of a module's stream by the times of its frames."""
    module.driver.start()
    frames = module.grab(FILLED + COUNTED + 1, timeout_ns=10**12)
    module.driver.stop()
    return COUNTED * 1e9 / (frames[-1].timestamp_ns - frames[FILLED].timestamp_ns)


def lifted(cam: Session, limit: str) -> bool:
    """Lift a limit by 10 %, or by a step of its feature if that is more; return whether there is room."""
    wanted = {
        "exposure": {"ExposureTime": 0.9},
        "short exposure": {"ExposureTimeShort": 0.9},
        "readout": {"Height": 0.9},
        "exposure and readout": {"ExposureTime": 0.9, "Height": 0.9},
        "frame length": {"FrameLength": 0.9},
        "link": {"Width": 0.9, "Height": 0.9},
        "frame rate setting": {"AcquisitionFrameRate": 1.1},
    }[limit]
    done = False
    for name, times in wanted.items():
        before, (low, high) = getattr(cam, name), cam.limits(name)
        step = cam.increment(name) or 0
        value = before * times if not step else low + (before * times - low) // step * step
        value = min(max(value, low), high)
        if value != before:
            setattr(cam, name, type(before)(value))
            done = True
    return done
