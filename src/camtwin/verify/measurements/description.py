"""The description that a camera gives of itself, GenApi XML."""

from __future__ import annotations

from typing import Final
from xml.etree import ElementTree

from camtwin.verify.case import Case
from camtwin.verify.measures import measurement

PFNC: Final = {
    "Mono8": 0x01080001,
    "Mono10": 0x01100003,
    "Mono10p": 0x010A0046,
    "Mono12": 0x01100005,
    "Mono12p": 0x010C0047,
}
"""Codes of the Pixel Format Naming Convention 2."""


@measurement("description_schema")
def description_schema(case: Case, *versions: str) -> None:
    """The description is of a GenApi schema of one of these versions."""
    root = ElementTree.fromstring(case.open().xml)
    case.equal("root", root.tag.rpartition("}")[2], "RegisterDescription")
    schema = f"{root.get('SchemaMajorVersion')}.{root.get('SchemaMinorVersion')}"
    case.that(f"schema {schema} is one of {', '.join(versions)}", schema in versions)


@measurement("pixel_format_codes")
def pixel_format_codes(case: Case) -> None:
    """Each pixel format in the description has the code of the naming convention."""
    cam = case.open()
    root = ElementTree.fromstring(cam.xml)
    node = next(n for n in root.iter() if n.get("Name") == "PixelFormat")
    codes = {e.get("Name", ""): int(e[0].text or "0", 0) for e in node if e.tag.endswith("EnumEntry")}
    case.equal("entries", sorted(codes), sorted(cam.entries("PixelFormat")))
    for name, code in codes.items():
        case.equal(f"code of {name}", f"{code:#010x}", f"{PFNC.get(name, 0):#010x}")
