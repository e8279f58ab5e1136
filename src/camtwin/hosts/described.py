"""A real camera's own words: its description, and what its registers say now."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from camtwin.genicam.foreign import read
from camtwin.genicam.foreign_features import ForeignFeature, features_of
from camtwin.genicam.formula import Value
from camtwin.genicam.node_map import NodeMap
from camtwin.hosts.aravis import AravisDevice
from camtwin.hosts.problem import CameraProblem

MAX_REGISTER_BYTES: Final = 256
"""Limit of the registers that are read; longer ones are files."""
UNDERSTOOD: Final = {"Integer", "Float", "Boolean", "Enumeration", "String"}


@dataclass(frozen=True)
class Described:
    """A camera as it is.

    xml       its description
    values    of its features, by name
    limits    by `Width.max`, `.min` and `.inc`
    registers bytes by address, with the names of their features
    refused   features that did not answer, and why
    live      whether a camera was asked
    """

    xml: bytes
    values: dict[str, Value | str] = field(default_factory=dict[str, "Value | str"])
    limits: dict[str, Value | str] = field(default_factory=dict[str, "Value | str"])
    registers: dict[int, tuple[str, bytes]] = field(default_factory=dict[int, tuple[str, bytes]])
    refused: dict[str, str] = field(default_factory=dict[str, str])
    live: bool = False


def described(device: AravisDevice) -> Described:
    """Read a camera's features: values, limits, and the registers they stand in. Nothing is written.

    Raises:
        ForeignInvalid: its description cannot be used
    """
    found = Described(device.xml(), live=True)
    features, _ = features_of(NodeMap(read(found.xml)))
    for name, feature in features.items():
        if feature.chunk is not None or feature.event is not None:
            continue
        try:
            if feature.access != "WO" and feature.kind in UNDERSTOOD and device.available(name):
                _ask(device, name, feature, found)
        except CameraProblem as problem:
            found.refused[name] = str(problem)
    return found


def _ask(device: AravisDevice, name: str, feature: ForeignFeature, found: Described) -> None:
    place = feature.place
    if place is not None and place.length <= MAX_REGISTER_BYTES:
        found.registers[place.address] = name, device.read(place.address, place.length)
    found.values[name] = device.value(name, feature.kind)
    if feature.kind in ("Integer", "Float"):
        low, high = device.bounds(name, feature.kind)
        found.limits.update({f"{name}.min": low, f"{name}.max": high})
        if feature.kind == "Integer" and (step := device.increment(name)) > 1:
            found.limits[f"{name}.inc"] = step
