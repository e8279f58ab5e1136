"""Limits of the frame rate of a sensor module: the mode that its driver selects, and the rate that is set."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from camtwin.camera.module.plan import ModePlan
from camtwin.models import CameraSheet
from camtwin.planner.limits import GAIN, MAX_CHANGES, Change, Limit, Rates, longest
from camtwin.problem import Problem
from camtwin.units import MS, SEC, US

if TYPE_CHECKING:
    from camtwin.twins.module import Module

LINK: Final = "v4l2"
PER_RATE: Final = 1_000_000
"""Units of the control frame_rate in a frame per second."""


def is_module(sheet: CameraSheet) -> bool:
    """Tell whether a model is a sensor module behind a driver."""
    return sheet.link == LINK


def plan(model: str, settings: Iterable[str] = (), wanted_Hz: float | None = None) -> Rates:
    """Return what limits the frame rate of a module with controls of its driver, NAME=VALUE.

    Raises:
        Problem: there is no such control, or the driver refuses a value
    """
    from camtwin.session.module import open_module

    module = open_module(model)
    for text in settings:
        name, _, value = text.partition("=")
        control = module.driver.control(name)
        if not value.lstrip("-").isdigit():
            raise Problem(f"{control.name}: {value!r:.40} is no whole number")
        module.driver.set({control.id: int(value)})
    return rates_of(module, wanted_Hz)


def rates_of(module: Module, wanted_Hz: float | None = None) -> Rates:
    """Return the rate of a module's stream, and why."""
    driver = module.driver
    one, lines = driver.plan, driver.drive.lines
    slower = lines > one.settled(one.min_lines)
    exposed_ms = float(driver.drive.exposure * one.line_ns) / MS
    lanes = f"{one.mode.num_lanes} lanes of {float(one.lane_bps) / 1e6:.0f} Mbit/s"
    asked = (round(lines * one.line_ns), f"{lines} lines") if slower else (0, "the highest of the mode")
    limits = (
        Limit("exposure", 0, f"{exposed_ms:.3f} ms of light, which end with the frame", "exposure"),
        _of_mode(one),
        Limit("link", round(_link_ns(one)), lanes),
        Limit("frame rate setting", *asked, "frame_rate"),
    )
    fps = float(SEC / (lines * one.line_ns))
    changes = sorted(_changes(module, fps), key=lambda change: -change.fps)
    return Rates(fps, limits, longest(limits), tuple(changes[:MAX_CHANGES]), wanted_Hz)


def _of_mode(one: ModePlan) -> Limit:
    lines = one.settled(one.min_lines)
    line_us = float(one.line_ns) / US
    text = f"{one.mode.size}, {one.mode.csi_pixel_bit_depth} bits: {lines} lines of {line_us:.3f} us"
    return Limit("mode", round(lines * one.line_ns), text, "sensor_mode")


def _link_ns(one: ModePlan) -> float:
    """Return the time of a frame's pixels on the lanes."""
    mode = one.mode
    bits = mode.active_w * mode.active_h * mode.csi_pixel_bit_depth
    return float(bits * SEC / (mode.num_lanes * one.lane_bps))


def _changes(module: Module, fps: float) -> Iterator[Change]:
    """Yield the highest rate of this mode, and those of others, where they are higher."""
    driver = module.driver
    for number, other in enumerate(driver.plans):
        reached = float(SEC / (other.settled(other.min_lines) * other.line_ns))
        if reached <= fps * GAIN:
            continue
        if number == driver.mode:
            settings, cost = {"frame_rate": int(other.mode.fps * PER_RATE)}, "shortens the longest exposure"
        else:
            binned = ", binned" * (other.mode.binning > 1)
            settings = {"sensor_mode": number}
            cost = f"{other.mode.size}{binned}, {other.mode.csi_pixel_bit_depth} bits"
        yield Change(settings, reached, cost, "mode")
