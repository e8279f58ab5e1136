"""Data sheets: what is known of a sensor and of a camera, as data, each number with its source."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from camtwin.models.provenance import Fact, SheetInvalid, rows, split
from camtwin.models.rig import RigSheet
from camtwin.models.schema import CameraSheet, SensorSheet

__all__ = [
    "CameraSheet",
    "Fact",
    "RigSheet",
    "SensorSheet",
    "SheetInvalid",
    "UnknownModel",
    "load",
    "load_rig",
    "names",
    "parse",
    "parse_rig",
    "rig_names",
]

ROOM = files(__name__)
T = TypeVar("T", bound=BaseModel)


class UnknownModel(SheetInvalid):
    """There is no data sheet of that name."""


def names() -> list[str]:
    """Names of the cameras there are data sheets of."""
    return _names("cameras")


def rig_names() -> list[str]:
    """Names of the cameras whose connectors and circuits there are sheets of, twin or not."""
    return _names("rigs")


def _names(folder: str) -> list[str]:
    return sorted(f.name.removesuffix(".toml") for f in (ROOM / folder).iterdir() if f.name.endswith(".toml"))


@cache
def load_rig(name: str) -> RigSheet:
    """What surrounds a camera, read once. UnknownModel if there is no sheet, SheetInvalid if it is wrong."""
    if name not in rig_names():
        raise UnknownModel(f"no model {name!r}: there are {', '.join(rig_names())}")
    return parse_rig(name, (ROOM / "rigs" / f"{name}.toml").read_text())


def parse_rig(name: str, text: str) -> RigSheet:
    """A rig sheet from its text. SheetInvalid says in one line what is wrong."""
    try:
        plain, facts = rows(name, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise SheetInvalid(f"{name}: {error}") from None
    return _check(RigSheet, name, {**plain, "name": name, "facts": facts})


@cache
def load(name: str) -> CameraSheet:
    """The data sheet of a camera, read once. UnknownModel if there is none, SheetInvalid if it is wrong."""
    if name not in names():
        raise UnknownModel(f"no model {name!r}: there are {', '.join(names())}")
    return parse(name, (ROOM / "cameras" / f"{name}.toml").read_text())


def parse(name: str, text: str) -> CameraSheet:
    """A camera's data sheet from its text. SheetInvalid says in one line what is wrong."""
    plain, facts = _read(name, text)
    sensor = plain.get("sensor")
    found = ROOM / "sensors" / f"{sensor}.toml"
    if not isinstance(sensor, str) or not found.is_file():
        raise SheetInvalid(f"{name}: no data sheet of a sensor {sensor!r}")
    sensor_plain, sensor_facts = _read(sensor, found.read_text())
    sheet = _check(SensorSheet, sensor, {**sensor_plain, "facts": sensor_facts})
    around = {"rig": load_rig(name)} if name in rig_names() else {}
    return _check(CameraSheet, name, {**plain, "name": name, "sensor": sheet, "facts": facts, **around})


def _read(name: str, text: str) -> tuple[dict[str, Any], tuple[Fact, ...]]:
    try:
        return split(name, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise SheetInvalid(f"{name}: {error}") from None


def _check(schema: type[T], name: str, data: dict[str, Any]) -> T:
    try:
        return schema.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        path = ".".join(str(step) for step in first["loc"])
        where = f"{path} {first['input']!r:.60}: " if path else ""
        raise SheetInvalid(f"{name}: {where}{first['msg']}") from None
