"""Features as a host meets them: limits, entries, values that are taken and refused; the description."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Final, Literal
from xml.etree import ElementTree

from camtwin.verify.case import Case
from camtwin.verify.measures import Value, measurement


# -- numbers -----------------------------------------------------------------------------------------
@measurement("limits")
def limits(case: Case, feature: str, times: float = 1, **features: Value) -> None:
    """Require that a feature goes from the claim's lowest to its highest, `times` so much in its unit."""
    low, high = case.claim.span
    case.limits(case.open(features), feature, times * low, times * high)


@measurement("limit")
def limit(
    case: Case, feature: str, end: Literal["lowest", "highest"], *, times: float = 1, **features: Value
) -> None:
    """Require that one end of a feature's range is the claim's number, `times` so much in its unit."""
    at = case.open(features).limits(feature)[end == "highest"]
    case.equal(f"{end} {feature}", at, case.claim.number * times)


@measurement("increment")
def increment(case: Case, feature: str, **features: Value) -> None:
    """Require that a feature goes in steps of the claim's number."""
    case.equal(f"increment of {feature}", case.open(features).increment(feature), case.claim.number)


# -- values ------------------------------------------------------------------------------------------
@measurement("reads")
def reads(case: Case, feature: str, *wanted: Value, **features: Value) -> None:
    """Require that a feature has the claim's value, its number or its word, or the value that is given."""
    value = getattr(case.open(features), feature)
    claimed = case.claim.value if isinstance(value, str) else None
    case.equal(feature, value, wanted[0] if wanted else claimed or case.claim.number)


@measurement("takes")
def takes(case: Case, feature: str, *values: Value, **features: Value) -> None:
    """Require that a feature takes each of these values, or the claim's numbers, and reads it back."""
    case.takes(case.open(features), feature, *(values or map(float, case.claim.names)))


@measurement("refuses")
def refuses(case: Case, feature: str, *values: Value, **features: Value) -> None:
    """Require that a feature refuses each of these values, and keeps what it had."""
    case.refuses(case.open(features), feature, *values)


# -- what there is -----------------------------------------------------------------------------------
@measurement("offers")
def offers(case: Case, feature: str, *entries: str) -> None:
    """Require that an enumeration offers these entries, or the claim's, and nothing else."""
    case.entries(case.open(), feature, entries or case.claim.names)


@measurement("offers_no")
def offers_no(case: Case, feature: str, *patterns: str) -> None:
    """Require that an enumeration has no entry like these; `*` stands for any letters."""
    entries = case.open().entries(feature)
    case.saw(f"{feature}: {', '.join(entries)}")
    if found := [entry for entry in entries if any(fnmatchcase(entry, pattern) for pattern in patterns)]:
        case.wrong(f"{feature} has {', '.join(found)}")


@measurement("lacks")
def lacks(case: Case, *names: str) -> None:
    """Require that the camera has no feature of these names; `*` stands for any letters."""
    case.lacks(case.open(), *names)


@measurement("identity")
def identity(case: Case, *words: str) -> None:
    """Say that the twin is made of the claim's number: what is measured is that number again."""
    case.saw(f"identity: {','.join(words)}")


@measurement("leaves_out")
def leaves_out(case: Case, *words: str) -> None:
    """Say which part of the claim's text is not measured."""
    case.leaves_out(",".join(words))


# -- the description ---------------------------------------------------------------------------------
PFNC: Final = {
    "Mono8": 0x01080001,
    "Mono10": 0x01100003,
    "Mono10p": 0x010A0046,
    "Mono12": 0x01100005,
    "Mono12p": 0x010C0047,
}
"""Codes of the Pixel Format Naming Convention 2."""


@measurement("description_schema")
def description_schema(case: Case, *versions: str, standard: str = "") -> None:
    """Require that the description's header names a GenApi schema of one of these versions.

    standard: and this name space, `GEV`, without names of SFNC 1; no header has SFNC's number.
    """
    root = ElementTree.fromstring(case.open().xml)
    case.equal("root", root.tag.rpartition("}")[2], "RegisterDescription")
    schema = f"{root.get('SchemaMajorVersion')}.{root.get('SchemaMinorVersion')}"
    case.that(f"schema {schema} is one of {', '.join(versions)}", schema in versions)
    if standard:
        case.equal("StandardNameSpace", root.get("StandardNameSpace"), standard)
        names = [str(node.get("Name")) for node in root.iter() if node.get("NameSpace") == "Standard"]
        case.that(f"{len(names)} features are of the standard", names)
        old = [name for name in names if name.endswith(("Abs", "Raw"))]
        case.equal("of them with a name of SFNC 1", ", ".join(old) or "none", "none")


@measurement("pixel_format_codes")
def pixel_format_codes(case: Case) -> None:
    """Require that each pixel format in the description has the code of the naming convention."""
    cam = case.open()
    node = next(n for n in ElementTree.fromstring(cam.xml).iter() if n.get("Name") == "PixelFormat")
    codes = {e.get("Name", ""): int(e[0].text or "0", 0) for e in node if e.tag.endswith("EnumEntry")}
    case.equal("entries", sorted(codes), sorted(cam.entries("PixelFormat")))
    for name, code in codes.items():
        case.equal(f"code of {name}", f"{code:#010x}", f"{PFNC.get(name, 0):#010x}")
