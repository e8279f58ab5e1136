"""The words that a feature's row of a data sheet may have, and what each must be.

They are said once, in JSON Schema, for editors that complete a sheet and for `check_row`, which knows the few
keywords of JSON Schema that are used here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from inspect import signature
from typing import Any, Final

from camtwin.genicam.bound import SheetError
from camtwin.genicam.held import KINDS, Held
from camtwin.genicam.nodes import Boolean, Enumeration, Feature, Integer, Numeric, Register, Selector, String
from camtwin.problem import nearest

Schema = Mapping[str, Any]
NAME: Final[Schema] = {"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]{0,127}$"}
NAMES: Final[Schema] = {"type": "array", "items": NAME, "uniqueItems": True, "maxItems": 1024}
WORDS: Final[Schema] = {"type": "object", "additionalProperties": NAME}
WIRE: Final[Schema] = {"type": "integer", "minimum": 0, "maximum": 0xFFFF_FFFF}
NUMBERS: Final[Schema] = {"type": "object", "additionalProperties": WIRE}
PLACE: Final[Mapping[str, Schema]] = {
    "at": NUMBERS,
    "apart": {"type": "array", "items": {"type": "integer", "minimum": 0}, "maxItems": 8},
    "length": {"type": "integer", "minimum": 1, "maximum": 65536},
    "bits": {
        "type": "array",
        "items": {"type": "integer", "minimum": 0, "maximum": 64},
        "minItems": 2,
        "maxItems": 2,
    },
    "signed": {"type": "boolean"},
    "access": {"type": "string", "enum": ["RO", "RW", "WO"]},
}
"""Words that say where the registers of a feature are, and how they hold its values."""
TEXTS: Final[Schema] = {"type": "string", "maxLength": 4096}
HELD: Final[Mapping[str, Schema]] = {
    "holds": {"type": "string", "enum": list(KINDS)},
    "by": NAMES,
    "chapter": NAME,
    "visibility": {"type": "string", "enum": ["Beginner", "Expert", "Guru", "Invisible"]},
    "standard": {"type": "boolean"},
    "doc": TEXTS,
    "unit": TEXTS,
    "form": TEXTS,
    "chunk": {"type": "array", "items": WIRE, "minItems": 2, "maxItems": 2},
}
"""Words of a feature that no declaration knows, and that holds what is written."""
HELD_ROW: Final[Mapping[str, Schema]] = {
    **HELD,
    **PLACE,
    "name": NAME,
    "entries": NUMBERS,
    **{word: {"type": "number"} for word in ("min", "max", "inc")},
    "default": {},
}
"""All words of such a row, whatever it holds."""
OF_RULES: Final[Mapping[str, Schema]] = {
    "inputs": NAMES,
    "outputs": NAMES,
    "formats": WORDS,
    "fixed": {"type": "object", "additionalProperties": {"type": "object"}},
}
"""Words that rules of one feature ask for; the others are numbers."""
TEXT: Final = {
    "integer": "a whole number",
    "number": "a number",
    "string": "words in quotes",
    "boolean": "true or false",
    "array": "a list",
    "object": "a table",
}


def words_of(feature: Feature[Any]) -> dict[str, Schema]:
    """Return the words of a feature's row, each with what it must be."""
    value = _value(feature)
    default: Schema = {"anyOf": [value, {"type": "object", "additionalProperties": value}]}
    words: dict[str, Schema] = {"name": NAME, "hidden": {"type": "boolean"}, **PLACE}
    if feature.stored:
        words["default"] = default if feature.by else value
    if isinstance(feature, Numeric):
        number = _value(feature)
        words |= {"min": number, "max": number, "inc": {**number, "exclusiveMinimum": 0}, "joint": NAMES}
    if isinstance(feature, Enumeration):
        some = [{**NAMES, "minItems": 1}, {**NUMBERS, "minProperties": 1}]
        words |= {"entries": {"anyOf": some}, "words": WORDS, "same": WORDS}
    if isinstance(feature, Selector):
        words["ids"] = NUMBERS
    if isinstance(feature, Register) and feature.fill:
        words["count"] = {"type": "integer", "minimum": 1, "maximum": 65536}
        words["highest"] = {"type": "integer", "minimum": 1, "maximum": (1 << 8 * feature.width) - 1}
    if isinstance(feature, Held):
        words |= HELD
    return words | {name: value if name == "value" else _of_rule(name) for name in _asked(feature)}


def _value(feature: Feature[Any]) -> Schema:
    if isinstance(feature, Numeric):
        return {"type": "integer" if isinstance(feature, Integer) else "number"}
    if isinstance(feature, Boolean):
        return {"type": "boolean"}
    if isinstance(feature, String):
        return {"type": "string", "maxLength": feature.length}
    if isinstance(feature, Enumeration):
        return NAME
    return {}


def _of_rule(name: str) -> Schema:
    return OF_RULES.get(name, {"type": "number"})


def _asked(feature: Feature[Any]) -> list[str]:
    """Return the words that the feature's rules ask for, in their order."""
    planes = (getattr(feature, plane, None) for plane in ("value", "min", "max", "available", "locked"))
    rules = [*planes, *getattr(feature, "only", {}).values()]
    asked = dict.fromkeys(name for rule in rules if callable(rule) for name in signature(rule).parameters)
    return [name for name in asked if name[0].islower() and name != "device"]


def check_row(feature: Feature[Any], row: Mapping[str, Any]) -> None:
    """Check what a feature's row says by itself.

    Raises:
        SheetError: names the feature, the word, its value and what it must be
    """
    name, words = feature.name, words_of(feature)
    for word, value in row.items():
        if word not in words:
            raise SheetError(f"{name}: no rule uses {word}{nearest(word, words)}", name)
        if wrong := fault(value, words[word]):
            shown = "" if isinstance(value, dict | list) else f" {value!r:.60}"
            raise SheetError(f"{name}.{word}{shown}: must be {wrong}", name)
    low, high = row.get("min"), row.get("max")
    if low is not None and high is not None and low > high:
        raise SheetError(f"{name}.min {low}: must be at most its max, {high}", name)


def fault(value: object, schema: Schema) -> str:
    """Return what a value should be and is not, "" if it is as the schema says."""
    if choices := schema.get("anyOf"):
        wrong = [fault(value, one) for one in choices]
        return "" if "" in wrong else " or ".join(dict.fromkeys(wrong))
    kind = schema.get("type")
    if kind and not _is(value, kind):
        return TEXT[kind]
    if (choices := schema.get("enum")) and value not in choices:
        return f"one of {', '.join(choices)}"
    if isinstance(value, str):
        if (most := schema.get("maxLength")) is not None and len(value.encode()) > most:
            return f"at most {most} bytes of text"
        if "pattern" in schema and not re.fullmatch(schema["pattern"], value):
            return "a name of letters, digits and underscores"
    if isinstance(value, list):
        return _of_list(value, schema)
    if isinstance(value, Mapping):
        return _of_table(value, schema)
    return _of_number(value, schema) if isinstance(value, int | float) else ""


def _is(value: object, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    kinds = {"string": str, "array": list, "object": Mapping, "boolean": bool, "number": int | float}
    return whole if kind == "integer" else isinstance(value, kinds[kind])


def _of_list(value: list[Any], schema: Schema) -> str:
    low, high = schema.get("minItems", 0), schema.get("maxItems", len(value))
    if not low <= len(value) <= high:
        return f"a list of at least {low}" if len(value) < low else f"a list of at most {high}"
    if wrong := next(filter(None, (fault(one, schema.get("items", {})) for one in value)), ""):
        return f"a list, each {wrong}"
    return "a list without doubles" if schema.get("uniqueItems") and len(set(value)) < len(value) else ""


def _of_table(value: Mapping[str, Any], schema: Schema) -> str:
    if len(value) < schema.get("minProperties", 0):
        return f"a table of at least {schema['minProperties']}"
    inside = schema.get("additionalProperties", {})
    names = (fault(name, NAME) for name in value)
    wrong = next(filter(None, (*names, *(fault(one, inside) for one in value.values()))), "")
    return f"a table, each {wrong}" if wrong else ""


def _of_number(value: float, schema: Schema) -> str:
    if (low := schema.get("minimum")) is not None and value < low:
        return f"at least {low}"
    if (high := schema.get("maximum")) is not None and value > high:
        return f"at most {high}"
    if (above := schema.get("exclusiveMinimum")) is not None and value <= above:
        return f"above {above}"
    return ""
