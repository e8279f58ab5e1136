"""JSON Schema of data sheets, by which editors complete and check them.

It is made from the classes and declarations that read a sheet, so it says what they take. An editor checks
types and words with it; what rows say together is checked by `camtwin check`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final, Literal, get_args

from pydantic import BaseModel, TypeAdapter

from camtwin.camera.links import KINDS
from camtwin.camera.settings import Settings
from camtwin.genicam.nodes import Feature
from camtwin.genicam.row_words import HELD_ROW, words_of
from camtwin.models.documents import SCHEMA
from camtwin.models.schema import CameraSheet, DriveMode, SensorSheet
from camtwin.sensor.parameters import SensorParameters

Kind = Literal["camera", "sensor"]
Json = dict[str, Any]
TEXT: Final[Json] = {"type": "string"}
SAID: Final[Json] = {
    "source": {
        **TEXT,
        "minLength": 1,
        "description": "Where the row is from: a page, a table, a measurement.",
    },
    "assumed": {**TEXT, "minLength": 1, "description": "Why the row is as it is, where no source says it."},
}
ONE_OF: Final = [{"required": ["source"]}, {"required": ["assumed"]}]
COMMON: Final[Json] = {
    "schema": {"const": SCHEMA, "description": "Version of what sheets say and how."},
    "like": {**TEXT, "description": "Sheet whose rows are taken over: a name, or a path from this file."},
    "without": {
        "type": "array",
        "items": TEXT,
        "description": "Rows and sections of the other sheet that are left out; * stands for any letters.",
    },
    "title": {**TEXT, "description": "Name for people."},
    "document": {**TEXT, "description": "The data sheet that the sources are chapters of."},
}
LINK: Final = CameraSheet.model_fields["link"].annotation


def json_schema(kind: Kind) -> Json:
    """Return the JSON Schema (2020-12) of a kind of data sheet."""
    properties = COMMON | (_camera() if kind == "camera" else _sensor())
    needed = ["title", "document", "link", "sensor", "features"]
    if kind == "sensor":
        needed = ["title", "document", "shutter", "timing", "parameters"]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"camtwin data sheet of a {kind}",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        "anyOf": [{"required": ["like"]}, {"required": needed}],
    }


def _camera() -> Json:
    sections: Json = {}
    for name, field in CameraSheet.model_fields.items():
        if section := _section_of(field.annotation):
            sections[name] = _section(section)
    for name in ("sensor", "rig"):
        sections.pop(name, None)
    return {
        "link": {"enum": [*get_args(LINK)], "description": "Link to the host."},
        "sensor": {**TEXT, "description": "Sheet of the sensor: one beside this file, or of camtwin."},
        "frames": {
            **TEXT,
            "description": "File of recorded frames beside this file, which the camera plays.",
        },
        "assume": {"type": "boolean", "description": "Whether guesses for unknown rows are accepted."},
        **sections,
        "record": {
            "type": "object",
            "additionalProperties": _entry({}),
            "description": "Facts without effect: weight, approvals, connectors.",
        },
        "features": {
            "type": "object",
            "properties": {f.name: _row(f.doc, words_of(_longest(f))) for f in Settings.features.values()},
            "additionalProperties": _row("Feature that holds what is written.", HELD_ROW)
            | {"required": ["holds"]},
            "description": "Features that the camera has, by the names of SFNC.",
        },
    }


def _longest(feature: Feature[Any]) -> Feature[Any]:
    """Return a feature as it is on the link that gives it most bytes."""
    return max((feature.on(link) for link in KINDS), key=lambda there: there.length)


def _sensor() -> Json:
    known = TypeAdapter(SensorParameters).json_schema()["properties"]
    parameters = {field.name: _entry(_bare(known[field.name])) for field in fields(SensorParameters)}
    mode = {key: _bare(one) for key, one in DriveMode.model_json_schema()["properties"].items()}
    drive = {"type": "object", "properties": mode, "additionalProperties": False}
    return {
        "shutter": SensorSheet.model_json_schema()["properties"]["shutter"],
        "timing": _section(SensorSheet.model_fields["timing"].annotation),
        "parameters": {
            "type": "object",
            "properties": parameters,
            "additionalProperties": False,
            "description": _text(SensorParameters),
        },
        "modes": {"type": "object", "additionalProperties": _entry(drive)},
    }


def _section_of(annotation: Any) -> type[BaseModel] | None:
    """Return the class of a section, of `Class` or `Class | None`."""
    for one in (annotation, *getattr(annotation, "__args__", ())):
        if isinstance(one, type) and issubclass(one, BaseModel):
            return one
    return None


def _section(section: Any) -> Json:
    known = section.model_json_schema()["properties"]
    return {
        "type": "object",
        "properties": {name: _entry(_bare(one)) for name, one in known.items()},
        "additionalProperties": False,
        "description": _text(section),
    }


def _entry(value: Mapping[str, Any]) -> Json:
    """Return the schema of `{ value = ..., unit = ..., source = ... }`."""
    return {
        "type": "object",
        "properties": {"value": dict(value), "unit": TEXT, **SAID},
        "required": ["value"],
        "oneOf": ONE_OF,
        "additionalProperties": False,
    }


def _row(doc: str, words: Mapping[str, Any]) -> Json:
    """Return the schema of a feature's row: empty, or several words with one source."""
    return {
        "type": "object",
        "properties": {**words, **SAID},
        "additionalProperties": False,
        "description": doc,
        "anyOf": [{"maxProperties": 0}, {"oneOf": ONE_OF}],
    }


def _bare(schema: Mapping[str, Any]) -> Json:
    """Return the schema of a value without title and default, which say nothing to whoever writes a sheet."""
    return {key: value for key, value in schema.items() if key not in ("title", "default")}


def _text(documented: type) -> str:
    return re.sub(r"\s+", " ", documented.__doc__ or "").strip()
