"""Features as a host meets them: limits, steps, entries, values that are taken and refused."""

from __future__ import annotations

from typing import Literal

from camtwin.units import SEC
from camtwin.verify.case import Case
from camtwin.verify.measures import Value, measurement


@measurement("limits")
def limits(case: Case, feature: str, **features: Value) -> None:
    """A feature goes from the claim's lowest to its highest value."""
    low, high = case.claim.span
    case.limits(case.open(features), feature, low, high)


@measurement("range")
def range_held(case: Case, feature: str, **features: Value) -> None:
    """A feature goes from the claim's lowest to its highest value: it takes both, and refuses one beyond."""
    cam, (low, high) = case.open(features), case.claim.span
    case.limits(cam, feature, low, high)
    case.refuses(cam, feature, low - 1, high + 1)
    case.takes(cam, feature, low, high)


@measurement("limit")
def limit(
    case: Case, feature: str, end: Literal["lowest", "highest"], *, times: float = 1, **features: Value
) -> None:
    """One end of a feature's range is the claim's number, `times` so much in the feature's unit."""
    at = case.open(features).limits(feature)[end == "highest"]
    case.equal(f"{end} {feature}", at, case.claim.number * times)


@measurement("increment")
def increment(case: Case, feature: str, **features: Value) -> None:
    """A feature goes in steps of the claim's number."""
    case.equal(f"increment of {feature}", case.open(features).increment(feature), case.claim.number)


@measurement("reads")
def reads(case: Case, feature: str, *wanted: Value, **features: Value) -> None:
    """A feature has the claim's value, its number or its word, or the value that is given."""
    value = getattr(case.open(features), feature)
    if wanted:
        case.equal(feature, value, wanted[0])
    else:
        case.equal(feature, value, case.claim.value if isinstance(value, str) else case.claim.number)


@measurement("reads_within")
def reads_within(case: Case, feature: str, low: float, high: float, **features: Value) -> None:
    """A feature has a value between these two."""
    case.within(feature, getattr(case.open(features), feature), low, high)


@measurement("entries")
def entries(case: Case, feature: str, **features: Value) -> None:
    """An enumeration offers what the claim lists, and nothing else."""
    case.entries(case.open(features), feature, case.claim.names)


@measurement("offers")
def offers(case: Case, feature: str, *wanted: str) -> None:
    """An enumeration offers these entries, and nothing else."""
    case.entries(case.open(), feature, wanted)


@measurement("takes")
def takes(case: Case, feature: str, *values: Value, **features: Value) -> None:
    """A feature takes each of these values, and reads it back; without any, the claim's numbers."""
    case.takes(case.open(features), feature, *(values or map(float, case.claim.names)))


@measurement("refuses")
def refuses(case: Case, feature: str, *values: Value, **features: Value) -> None:
    """A feature refuses each of these values, and keeps what it had."""
    case.refuses(case.open(features), feature, *values)


@measurement("has")
def has(case: Case, *features: str) -> None:
    """The camera has these features."""
    cam = case.open()
    for feature in features:
        case.that(f"it has {feature}", cam.has(feature))


@measurement("lacks")
def lacks(case: Case, *names: str) -> None:
    """The camera has no feature of these names; `*` stands for any letters."""
    case.lacks(case.open(), *names)


@measurement("leaves_out")
def leaves_out(case: Case, *words: str) -> None:
    """Say which part of the claim's text is not measured."""
    case.leaves_out(",".join(words))


@measurement("settles_at")
def settles_at(case: Case, tolerance: float) -> None:
    """In a room DeviceTemperature settles at the claim's degC within an hour."""
    cam = case.open()
    cam.advance(3600 * SEC)
    case.near("DeviceTemperature after an hour", cam.DeviceTemperature, case.claim.number, tolerance, "degC")
