"""Read the record of a camera: facts of its sheet that do nothing, and sums of features."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import floor, hypot
from typing import Any, Literal

from camtwin.session.session import Session
from camtwin.verify.case import Case, shown
from camtwin.verify.measures import Value, measurement

PARTS = ("width", "height", "diagonal")


def _digits(text: str) -> int:
    """Count the digits that a number has behind its point."""
    return len(text.partition(".")[2])


def _claimed(case: Case, value: Any) -> object:
    """The claim's value in the shape that the record has: words, numbers, lists of either."""
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
    """A fact on record has the claim's value and unit, or the value that is given."""
    fact = case.record(path)
    value = list(fact.value) if isinstance(fact.value, (tuple, list)) else fact.value
    case.equal("record", value, wanted[0] if wanted else _claimed(case, value))
    unit = case.claim.unit
    if unit and not wanted:  # of a range the record may say more: `% RH`
        case.that(
            f"in {fact.unit}", fact.unit == unit or (".." in case.claim.value and fact.unit.startswith(unit))
        )


@measurement("record_part")
def record_part(case: Case, path: str, index: int) -> None:
    """One number of several on record is the claim's, in its unit."""
    fact = case.record(path)
    case.equal(
        f"{path}[{index}]", f"{fact.value[index]:g} {fact.unit}", f"{case.claim.number:g} {case.claim.unit}"
    )


@measurement("record_says")
def record_says(case: Case, path: str, place: Literal["begins", "ends", "has"], *words: str) -> None:
    """The words on record begin with, end with, or contain the claim's value, or each of the words given.

    Of a list exactly one entry does."""
    value = case.record(path).value
    entries = [value] if isinstance(value, str) else list(value)
    for word in words or (case.claim.value.split() if place == "has" else [case.claim.value]):
        fits = {"begins": str.startswith, "ends": str.endswith, "has": str.__contains__}[place]
        case.saw("; ".join(entries))
        if sum(fits(entry, word) for entry in entries) != 1:
            case.wrong(f"the record of {path} is {shown(value)}, wanted is one that {place} {word}")


@measurement("record_lists")
def record_lists(case: Case, path: str, *entries: str) -> None:
    """A list on record has the claim's value, or each entry that is given."""
    value = case.record(path).value
    case.saw(", ".join(value))
    if missing := set(entries or (case.claim.value,)) - set(value):
        case.wrong(f"the record lists {', '.join(value)}, and no {', '.join(sorted(missing))}")


@measurement("record_marks")
def record_marks(case: Case, path: str, mark: bool, *entries: str) -> None:
    """A table on record marks these entries so, and no others."""
    table: Mapping[str, object] = case.record(path).value
    case.equal(f"marked {mark}", sorted(e for e, m in table.items() if m is mark), sorted(entries))


@measurement("record_counts")
def record_counts(case: Case, path: str, count: int) -> None:
    """A list on record has so many entries."""
    case.equal(f"entries of {path}", len(case.record(path).value), count)


@measurement("record_source")
def record_source(case: Case, path: str, words: str) -> None:
    """The source that a fact on record names has these words."""
    source = case.record(path).source
    case.saw(source)
    case.that(f"its source says {words!r}", words in source)


@measurement("record_in_degF")
def record_in_degF(case: Case, path: str) -> None:
    """Temperatures on record, in degC, are the claim's in degF."""
    fact = case.record(path)
    case.equal("unit", fact.unit, "degC")
    case.equal("record in degF", tuple(round(32 + 1.8 * degC, 6) for degC in fact.value), case.claim.span)


# -- what features add up to ---------------------------------------------------------------------------
def extents_mm(case: Case, cam: Session) -> tuple[float, float, float]:
    """Width, height and diagonal of the area that is shown; pixels are those on record if it names none."""
    named = [
        getattr(cam, f"SensorPixel{side}")
        if cam.has(f"SensorPixel{side}")
        else case.record(f"sensor.pixel_{side.lower()}").value
        for side in ("Width", "Height")
    ]
    width, height = cam.SensorWidth * named[0] / 1000, cam.SensorHeight * named[1] / 1000
    return width, height, hypot(width, height)


@measurement("extent")
def extent(case: Case, part: Literal["width", "height", "diagonal"]) -> None:
    """Pixels times their pitch are the claim's length in mm, to its digits."""
    measured = extents_mm(case, case.open())[PARTS.index(part)]
    case.equal("pixels times pitch", round(measured, _digits(case.claim.value)), case.claim.number)


@measurement("megapixels")
def megapixels(case: Case, path: str = "", way: Literal["rounded", "cut"] = "rounded") -> None:
    """Columns times rows, of the sensor or on record, are the claim's Mpixel, to its digits."""
    cam = None if path else case.open()
    columns, rows = (cam.SensorWidth, cam.SensorHeight) if cam else case.record(path).value
    product, digits = columns * rows / 1e6, _digits(case.claim.value)
    found = round(product, digits) if way == "rounded" else floor(product * 10**digits) / 10**digits
    case.equal(f"{columns:g} x {rows:g} in Mpixel, {way}", found, case.claim.number)


@measurement("aspect")
def aspect(case: Case) -> None:
    """Width over Height is the claim's `a:b`, within 0.1 %."""
    cam, (across, down) = case.open(), map(float, case.claim.value.split(":"))
    case.near("Width / Height", cam.Width / cam.Height, across / down, across / down * 1e-3)


@measurement("contains")
def contains(case: Case, feature: str) -> None:
    """A feature's words contain the claim's value."""
    value = getattr(case.open(), feature)
    case.saw(f"{feature} {value}")
    if case.claim.value not in value:
        case.wrong(f"{feature} {value} does not contain {case.claim.value}")


@measurement("version")
def version(case: Case, *features: str) -> None:
    """The numbers of the claim, `SFNC 2.4`, are those of these features, one each."""
    cam = case.open()
    for feature, number in zip(features, re.findall(r"\d+", case.claim.value), strict=True):
        case.equal(feature, getattr(cam, feature), int(number))
