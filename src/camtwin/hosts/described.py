"""A real camera's own words: its description, and what its registers say now."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import Final

from camtwin.genicam.foreign import read
from camtwin.genicam.foreign_features import ForeignFeature, features_of
from camtwin.genicam.formula import Value
from camtwin.genicam.node_map import NodeMap, with_entries
from camtwin.genicam.unowned import MAX_REGISTER_BYTES, registers_of
from camtwin.hosts.aravis import AravisDevice
from camtwin.hosts.problem import CameraProblem

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


def described(device: AravisDevice, *, registers: bool = False) -> Described:
    """Read a camera's features: values, limits, and the registers they stand in. Nothing is written.

    registers: read all those that its description has, too

    Raises:
        ForeignInvalid: its description cannot be used
    """
    found = Described(device.xml(), live=True)
    foreign = read(found.xml)
    features, _ = features_of(NodeMap(foreign))
    for name, feature in features.items():
        if feature.chunk is not None or feature.event is not None:
            continue
        try:
            if feature.access != "WO" and feature.kind in UNDERSTOOD and device.available(name):
                _ask(device, name, feature, found)
        except CameraProblem as problem:
            found.refused[name] = str(problem)
    if registers:
        numbers = {name: value for name, value in found.values.items() if not isinstance(value, str)}
        for each in registers_of(NodeMap(foreign, with_entries(foreign.nodes, found.values, numbers))):
            if each.address not in found.registers:
                with contextlib.suppress(CameraProblem):  # it may answer later, or to nobody
                    found.registers[each.address] = each.name, device.read(each.address, each.length)
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
