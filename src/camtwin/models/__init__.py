"""Data sheets of sensors and cameras, as data, each number with its source.

A camera is named by a data sheet in the package, or by the path of another, `./my-camera.toml`. Beside that
may lie the data sheet of its sensor, and `my-camera.rig.toml`, its connectors and circuits. The registers of
a sensor are a sheet by the sensor's name.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from camtwin.files import FileProblem, load_text
from camtwin.models.ecosystem_sheet import EcosystemSheet
from camtwin.models.mode_file import ImageMode, ModesInvalid, modes_text, parse_modes
from camtwin.models.provenance import Fact, SheetInvalid, rows, split
from camtwin.models.register_sheet import RegisterSheet
from camtwin.models.rig import RigSheet
from camtwin.models.schema import CameraSheet, SensorSheet
from camtwin.numbers import NumberInvalid, finite
from camtwin.problem import first_fault, nearest

__all__ = [
    "CameraSheet",
    "EcosystemSheet",
    "Fact",
    "ImageMode",
    "ModesInvalid",
    "RegisterSheet",
    "RigSheet",
    "SensorSheet",
    "SheetInvalid",
    "UnknownModel",
    "has_modes",
    "has_rig",
    "load",
    "load_ecosystem",
    "load_modes",
    "load_registers",
    "load_rig",
    "modes_text",
    "names",
    "parse",
    "parse_ecosystem",
    "parse_registers",
    "parse_rig",
    "read_modes",
    "register_names",
    "rig_names",
]

ROOM = files(__name__)
SUFFIX = ".toml"
MODES = ".dts"
T = TypeVar("T", bound=BaseModel)


class UnknownModel(SheetInvalid):
    """There is no data sheet of that name."""


def names() -> list[str]:
    """Return the names of the cameras with a data sheet."""
    return _names("cameras")


def rig_names() -> list[str]:
    """Return the names of the cameras with a rig sheet, whether there is a twin or not."""
    return _names("rigs")


def register_names() -> list[str]:
    """Return the names of the sensors with a register sheet."""
    return _names("registers")


def _names(folder: str) -> list[str]:
    return sorted(f.name.removesuffix(".toml") for f in (ROOM / folder).iterdir() if f.name.endswith(".toml"))


def _is_path(name: str) -> bool:
    return name.endswith(SUFFIX)


def _own_rig(name: str) -> str:
    """Return the path of the rig sheet beside a user's own data sheet."""
    return f"{name.removesuffix(SUFFIX)}.rig{SUFFIX}"


def has_rig(name: str) -> bool:
    """Tell whether a camera has a rig sheet."""
    return _text(_own_rig(name)) is not None if _is_path(name) else name in rig_names()


@cache
def load_rig(name: str) -> RigSheet:
    """Return the rig sheet of a camera, read once.

    Raises:
        UnknownModel: there is none
        SheetInvalid: it is wrong
    """
    if _is_path(name):
        return parse_rig(name, _own_text(name, _own_rig(name)))
    if name not in rig_names():
        raise _unknown(name, rig_names())
    return parse_rig(name, (ROOM / "rigs" / f"{name}.toml").read_text())


def parse_rig(name: str, text: str) -> RigSheet:
    """Parse a rig sheet. SheetInvalid says in one line what is wrong."""
    plain, facts = rows(name, _toml(name, text))
    return _check(RigSheet, name, {**plain, "name": _stem(name), "facts": facts})


@cache
def load_registers(name: str) -> RegisterSheet:
    """Return the registers of a sensor, read once.

    Raises:
        UnknownModel: there are none
        SheetInvalid: the sheet is wrong
    """
    if name not in register_names():
        raise UnknownModel(f"no registers of a sensor {name!r}: there are {', '.join(register_names())}")
    return parse_registers(name, (ROOM / "registers" / f"{name}.toml").read_text())


def parse_registers(name: str, text: str) -> RegisterSheet:
    """Parse a register sheet. SheetInvalid says in one line what is wrong."""
    plain, facts = rows(name, _toml(name, text))
    resets = {one: value for group in plain.pop("reset", {}).values() for one, value in group.items()}
    registers = plain.get("registers", {})
    if unknown := resets.keys() - registers.keys():
        raise SheetInvalid(f"{name}: reset has {', '.join(sorted(unknown))}, of which there is no register")
    plain["registers"] = {
        one: {**row, "name": one, "reset": resets.get(one, 0)} for one, row in registers.items()
    }
    plain["sensor"] = _sensor_sheet(name, plain.get("sensor"))
    return _check(RegisterSheet, name, {**plain, "facts": facts})


@cache
def load_ecosystem(name: str) -> EcosystemSheet:
    """Return an ecosystem of the package, read once. SheetInvalid if the sheet is wrong."""
    return parse_ecosystem(name, (ROOM / "ecosystems" / f"{name}.toml").read_text())


def parse_ecosystem(name: str, text: str) -> EcosystemSheet:
    """Parse an ecosystem sheet. SheetInvalid says in one line what is wrong."""
    plain, facts = rows(name, _toml(name, text))
    return _check(EcosystemSheet, name, {**plain, "name": name, "facts": facts})


def has_modes(name: str) -> bool:
    """Tell whether the package has a mode file of this name."""
    return (ROOM / "modes" / f"{name}{MODES}").is_file()


def load_modes(name: str, sensor: str) -> tuple[ImageMode, ...]:
    """Return the modes of a mode file: of the package by its name, or of the path `FILE.dts`.

    The file is read each time, so that one that has changed gives other modes.

    Raises:
        ModesInvalid: the file is wrong
        UnknownModel: there is none, or no such sensor
    """
    if not name.endswith(MODES) and not has_modes(name):
        raise UnknownModel(
            f"no mode file {name!r}: name one of the package, or a path that ends with {MODES}"
        )
    own = name.endswith(MODES)
    text = _own_text(name, name) if own else (ROOM / "modes" / f"{name}{MODES}").read_text()
    return read_modes(name, text, sensor)


def read_modes(name: str, text: str, sensor: str) -> tuple[ImageMode, ...]:
    """Parse the text of a mode file; `name` is the file's, for messages. ModesInvalid names what is wrong."""
    return parse_modes(name, text, load_registers(sensor))


@cache
def load(name: str) -> CameraSheet:
    """Return the data sheet of a camera, read once.

    Raises:
        UnknownModel: there is none
        SheetInvalid: it is wrong
    """
    if _is_path(name):
        return parse(name, _own_text(name, name))
    if name not in names():
        raise _unknown(name)
    return parse(name, (ROOM / "cameras" / f"{name}.toml").read_text())


def parse(name: str, text: str) -> CameraSheet:
    """Parse a camera's data sheet. SheetInvalid says in one line what is wrong."""
    plain, facts = _read(name, text)
    sheet = _sensor_sheet(name, plain.get("sensor"))
    around = {"rig": load_rig(name)} if has_rig(name) else {}
    plain |= {"name": _stem(name), "sensor": sheet, "facts": facts, **around}
    return _check(CameraSheet, name, plain)


def _sensor_sheet(name: str, sensor: object) -> SensorSheet:
    """Return the sensor's sheet that the sheet `name` refers to; SheetInvalid if there is none."""
    if not isinstance(sensor, str) or (text := _sensor(name, sensor)) is None:
        raise SheetInvalid(f"{name}: there is no data sheet of a sensor {sensor!r}")
    plain, facts = _read(sensor, text)
    return _check(SensorSheet, sensor, {**plain, "name": sensor, "facts": facts})


def _unknown(name: str, known: Sequence[str] = ()) -> UnknownModel:
    """Return the problem with a name; a camera may have a rig sheet alone."""
    if not known and name in rig_names():
        return UnknownModel(f"{name} has no twin yet: only its surroundings are known, to `camtwin verify`")
    known = known or names()
    return UnknownModel(f"no model {name!r}: there are {', '.join(known)}{nearest(name, known)}")


def _sensor(name: str, sensor: str) -> str | None:
    """Return the text of a sensor's data sheet: beside the camera's own, else in the package."""
    folder, slash, _ = name.rpartition("/")
    own = _text(f"{folder}{slash}{sensor}{SUFFIX}") if _is_path(name) else None
    file = ROOM / "sensors" / f"{sensor}{SUFFIX}"
    return own if own is not None or not file.is_file() else file.read_text()


def _stem(name: str) -> str:
    return name.rpartition("/")[2].removesuffix(SUFFIX)


def _own_text(name: str, path: str) -> str:
    """Return the text of a user's own sheet. UnknownModel if there is none."""
    if (text := _text(path)) is None:
        raise UnknownModel(f"no model {name!r}: there is no file {path}")
    return text


def _text(path: str) -> str | None:
    try:
        return load_text(path)
    except FileProblem as problem:
        raise SheetInvalid(str(problem)) from None


def _read(name: str, text: str) -> tuple[dict[str, Any], tuple[Fact, ...]]:
    return split(name, _toml(name, text))


def _toml(name: str, text: str) -> dict[str, Any]:
    """Parse TOML, in which each number is finite."""
    try:
        return finite(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, NumberInvalid, RecursionError) as error:
        raise SheetInvalid(f"{name}: {error}") from None


def _check(schema: type[T], name: str, data: dict[str, Any]) -> T:
    try:
        return schema.model_validate(data)
    except ValidationError as error:
        raise SheetInvalid(f"{name}: {first_fault(error)}") from None
