"""`camtwin diff`: two cameras side by side, wherever hosts or images see a difference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from pydantic import BaseModel

from camtwin.models import CameraSheet, load
from camtwin.planner.sheet_check import check
from camtwin.session.session import Session, connect

NONE: Final = "not there"
NOT_COMPARED: Final = {
    "name",
    "title",
    "document",
    "sensor",
    "features",
    "record",
    "facts",
    "rig",
    "documents",
    "assume",
}
"""Parts of a sheet that are words about it, or are compared as a host sees them."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing in which two cameras differ: its name, and what each of them has."""

    what: str
    one: str
    other: str


def differences(one: str, other: str) -> list[Difference]:
    """Return what differs between two models: sheet, sensor, features with limits and entries, rates.

    Raises:
        SheetInvalid: one of the sheets cannot be used
    """
    sheets = load(one), load(other)
    with connect(one, render=False) as a, connect(other, render=False) as b:
        both = [
            *of(*map(_numbers, sheets)),
            *of(_features(a), _features(b)),
        ]
    return [*both, *of(_rates(one), _rates(other))]


def of(one: Mapping[str, str], other: Mapping[str, str]) -> Iterator[Difference]:
    """Yield the words in which two descriptions differ."""
    for name in dict.fromkeys([*one, *other]):
        before, after = one.get(name, NONE), other.get(name, NONE)
        if before != after:
            yield Difference(name, before, after)


def _numbers(sheet: CameraSheet) -> dict[str, str]:
    """Return the numbers of the sheet's sections and of its sensor, by their rows."""
    found: dict[str, str] = {"shutter": sheet.sensor.shutter}
    for name in type(sheet).model_fields:
        value = getattr(sheet, name)
        if name in NOT_COMPARED or value is None:
            continue
        parts: Mapping[str, Any] = dict(value) if isinstance(value, BaseModel) else {"": value}
        found |= {f"{name}.{part}".rstrip("."): str(each) for part, each in parts.items()}
    found |= {f"parameters.{name}": str(each) for name, each in asdict(sheet.parameters).items()}
    clock = {"timing.clock_hz": str(sheet.sensor.timing.clock_hz)}
    return found | clock | {f"modes.{name}": str(mode) for name, mode in sheet.sensor.modes.items()}


def _features(cam: Session) -> dict[str, str]:
    """Return the camera's features as a host sees them: access, limits, step, entries, value."""
    found: dict[str, str] = {}
    for name in cam.features():
        try:
            found[name] = cam.access(name)
        except AttributeError:  # the link answers it, or it is a value of frames
            found[name] = "there"
            continue
        if cam.enumerated(name):
            found[f"{name}: entries"] = ", ".join(cam.entries(name))
        elif limits := _limits(cam, name):
            found |= step_and_limits(name, limits, cam.increment(name))
    return found


def step_and_limits(name: str, limits: tuple[float, float], step: float | None) -> dict[str, str]:
    """Return the words for a number's limits and step."""
    low, high = limits
    found = {f"{name}: limits": f"{low:.12g} to {high:.12g}"}
    return found | ({f"{name}: step": f"{step:.12g}"} if step else {})


def _limits(cam: Session, name: str) -> tuple[float, float] | None:
    try:
        low, high = cam.limits(name)
    except (AttributeError, TypeError, ValueError):
        return None
    return None if low is None or high is None else (low, high)


def _rates(model: str) -> dict[str, str]:
    rates = check(model).rates
    return {
        f"frames/s in {r.pixel_format or 'its mode'}": f"{r.fps:.2f}, limited by {r.limited_by}"
        for r in rates
    }
