"""`camtwin compare`: a real camera and a twin side by side, each as a host sees it."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any, Final

from camtwin.genicam.foreign import read
from camtwin.genicam.foreign_features import ForeignFeature, features_of
from camtwin.genicam.formula import Value
from camtwin.genicam.node_map import NodeMap
from camtwin.hosts.aravis import AravisDevice
from camtwin.hosts.described import described
from camtwin.planner.sheet_diff import Difference, of, step_and_limits
from camtwin.problem import Problem
from camtwin.session.session import NoFrame, Session, connect

PASSES: Final = 2
"""Times that the twin gets the camera's values: some can be written only when others have been."""
OF_THE_HOST: Final = ("Gev", "Device", "U3v")
"""Features that tell of one camera, its link and its host rather than of its model."""


def compare(device: AravisDevice, model: str, *, frames: int = 20) -> list[Difference]:
    """Return where a twin is not the camera: features, access, selectors, entries, limits, steps, rate.

    The twin is given the camera's present settings first, so that limits that follow from them agree. The
    camera takes `frames` frames to measure its rate; none if 0.

    Raises:
        CameraProblem: the camera does not answer
        ForeignInvalid: its description cannot be used
        UnknownModel, SheetInvalid: there is no such twin
    """
    camera = described(device)
    theirs, _ = features_of(NodeMap(read(camera.xml)))
    with connect(model, render=False, assume=True) as cam:
        ours, _ = features_of(NodeMap(read(cam.xml.encode())))
        for _ in range(PASSES):
            _follow(cam, camera.values)
        found = [
            *of(_seen(theirs, camera.limits), _seen(ours, _limits(cam, ours))),
            *of(_model(camera.values), _model(_values(cam, camera.values))),
        ]
        if frames:
            rates = _rate(_times(device, frames)), _rate(_twin_times(cam, frames))
            found += of({"frames/s as it is set": rates[0]}, {"frames/s as it is set": rates[1]})
    return found


def _follow(cam: Session, values: Mapping[str, Value | str]) -> None:
    """Give the twin the camera's values, where it takes them."""
    for name, value in values.items():
        if not name.startswith(OF_THE_HOST) and value is not None:
            with contextlib.suppress(Problem, AttributeError, ValueError, TypeError):
                cam.set(f"{name}={value}")


def _seen(features: Mapping[str, ForeignFeature], limits: Mapping[str, Value | str]) -> dict[str, str]:
    """Return features as a host sees them, in words."""
    found: dict[str, str] = {}
    for name, feature in features.items():
        found[name] = f"{feature.kind}, {feature.access}"
        if feature.by:
            found[f"{name}: selected by"] = ", ".join(feature.by)
        if feature.entries:
            found[f"{name}: entries"] = ", ".join(sorted(feature.entries))
        if feature.unit:
            found[f"{name}: unit"] = feature.unit
        if feature.access == "RO" or name.startswith(OF_THE_HOST):
            continue
        low, high, step = (limits.get(f"{name}.{word}") for word in ("min", "max", "inc"))
        if isinstance(low, int | float) and isinstance(high, int | float):
            found |= step_and_limits(name, (low, high), step if isinstance(step, int | float) else None)
    return found


def _limits(cam: Session, features: Mapping[str, ForeignFeature]) -> dict[str, Value | str]:
    found: dict[str, Value | str] = {}
    for name, feature in features.items():
        if feature.kind not in ("Integer", "Float"):
            continue
        with contextlib.suppress(AttributeError, TypeError, ValueError):
            low, high = cam.limits(name)
            found |= {f"{name}.min": low, f"{name}.max": high}
            if feature.kind == "Integer" and (step := cam.increment(name)) and step > 1:
                found[f"{name}.inc"] = step
    return found


def _values(cam: Session, names: Mapping[str, object]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in names:
        with contextlib.suppress(AttributeError, Problem):
            found[name] = getattr(cam, name)
    return found


def _model(values: Mapping[str, Any]) -> dict[str, str]:
    """Return the values that belong to a model, and not to one camera of it."""
    names = ("DeviceVendorName", "DeviceModelName", "SensorWidth", "SensorHeight", "WidthMax", "HeightMax")
    return {f"{name}: value": str(values[name]) for name in names if values.get(name) is not None}


def _times(device: AravisDevice, count: int) -> list[int]:
    with device:
        taken = iter(device.next, None)
        return [frame.timestamp_ns for _, frame in zip(range(count), taken, strict=False)]


def _twin_times(cam: Session, count: int) -> list[int]:
    try:
        return [frame.timestamp_ns for frame in cam.grab(count)]
    except NoFrame:
        return []


def _rate(times_ns: list[int]) -> str:
    """Return frames per second by the camera's clock, to a thousandth of it: clocks differ by less."""
    if len(times_ns) < 2 or times_ns[-1] <= times_ns[0]:
        return "no frames"
    return f"{(len(times_ns) - 1) * 1e9 / (times_ns[-1] - times_ns[0]):.4g}"
