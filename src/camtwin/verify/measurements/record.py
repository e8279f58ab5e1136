"""Read the record of a camera: facts of its sheet that nothing acts upon, and what features add up to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import floor, hypot
from typing import Any, Final, Literal

from camtwin.verify.case import Case, shown
from camtwin.verify.measures import Value, measurement

UNITS: Final = {"C": "degC", "V": "V", "m": "m"}
"""Units by which names of parts end."""


def looked_up(case: Case, path: str) -> tuple[Any, str]:
    """Look up value and unit of a fact on record, or of a part: `sensor.chip[0]`, `pins.io.1[name]`."""
    name, _, part = path.removesuffix("]").partition("[")
    fact = case.record(name)
    value = fact.value[int(part) if part.isdigit() else part] if part else fact.value
    return list(value) if isinstance(value, tuple) else value, fact.unit or UNITS.get(part.split("_")[-1], "")


def _claimed(case: Case, value: Any) -> object:
    """Return the claim's value in the shape that the record has: words, numbers, lists of either."""
    text = case.claim.value
    match value:
        case str():
            return re.sub(r"^(\d\d)\.(\d\d)\.(\d{4})$", r"\3-\2-\1", text)  # a day, as ISO 8601 has it
        case [str(), *_]:
            return list(case.claim.names)
        case [_, *_] if ".." in text:
            return list(case.claim.span)
        case [_, *_]:
            return [float(side) for side in text.split(" x ")]
        case _:
            return case.claim.number


@measurement("record")
def record(case: Case, path: str, *wanted: Value) -> None:
    """Compare a fact on record, or a part of it, with the claim's value and unit, or with a given value."""
    (value, unit), claim = looked_up(case, path), case.claim
    if (unit, claim.unit) == ("degC", "degF"):
        celsius, unit = value if isinstance(value, list) else [value], "degF"
        fahrenheit = [round(32 + 1.8 * degrees, 6) for degrees in celsius]
        value = fahrenheit if isinstance(value, list) else fahrenheit[0]
    case.equal("record", value, wanted[0] if wanted else _claimed(case, value))
    if claim.unit and not wanted:  # of a range the record may say more: `% RH`
        case.that(f"in {unit}", unit == claim.unit or (".." in claim.value and unit.startswith(claim.unit)))


@measurement("record_says")
def record_says(case: Case, path: str, place: Literal["is", "begins", "ends", "has"], *words: str) -> None:
    """Require that words on record are, begin with, end with or contain the claim's, or those given.

    Of a list exactly one entry does. The words of a claim are found each by itself.
    """
    value, _ = looked_up(case, path)
    entries = [value] if isinstance(value, str) else list(value)
    fits = {"is": str.__eq__, "begins": str.startswith, "ends": str.endswith, "has": str.__contains__}[place]
    case.saw("; ".join(entries))
    for word in words or (case.claim.value.split() if place == "has" else [case.claim.value]):
        if sum(bool(fits(entry, word)) for entry in entries) != 1:
            case.wrong(f"the record of {path} is {shown(value)}, wanted is one that {place} {word}")


@measurement("record_marks")
def record_marks(case: Case, path: str, mark: bool, *entries: str) -> None:
    """Require that a table on record marks these entries so, and no others."""
    table: Mapping[str, object] = case.record(path).value
    case.equal(f"marked {mark}", sorted(e for e, m in table.items() if m is mark), sorted(entries))


@measurement("record_counts")
def record_counts(case: Case, path: str, count: int) -> None:
    """Require that a list on record has so many entries."""
    case.equal(f"entries of {path}", len(case.record(path).value), count)


@measurement("record_source")
def record_source(case: Case, path: str, words: str) -> None:
    """Require that the source of a fact on record has these words; that of an assumption is `inferred`."""
    fact = case.record(path)
    source = "inferred" if fact.assumed else fact.source
    case.saw(source)
    case.that(f"its source says {words!r}", words in source)


# -- what features add up to ---------------------------------------------------------------------------
@measurement("extent")
def extent(case: Case, part: Literal["width", "height", "diagonal"]) -> None:
    """Compare pixels times their pitch, a feature or on record, with the claim's length, mm."""
    cam, sides = case.open(), list[float]()
    for side, pixels in (("Width", cam.SensorWidth), ("Height", cam.SensorHeight)):
        name = f"SensorPixel{side}"
        pitch_um = getattr(cam, name) if cam.has(name) else case.record(f"sensor.pixel_{side.lower()}").value
        sides.append(pixels * pitch_um / 1000)
    mm = {"width": sides[0], "height": sides[1], "diagonal": hypot(*sides)}[part]
    case.equal("pixels times pitch", case.claim.rounded(mm), case.claim.number)


@measurement("megapixels")
def megapixels(case: Case, path: str = "", way: Literal["rounded", "cut"] = "rounded") -> None:
    """Compare columns times rows, of the sensor or on record, with the claim's Mpixel, to its digits."""
    cam = None if path else case.open()
    columns, rows = (cam.SensorWidth, cam.SensorHeight) if cam else case.record(path).value
    digits = len(case.claim.value.partition(".")[2])
    found = floor(columns * rows / 10 ** (6 - digits)) / 10**digits
    if way == "rounded":
        found = case.claim.rounded(columns * rows / 1e6)
    case.equal(f"{columns:g} x {rows:g} in Mpixel, {way}", found, case.claim.number)
