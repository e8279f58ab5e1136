"""Temperature and humidity against what a sheet allows, and how long a camera lasts.

Readings go by the names that the sheet has for them: `ambient`, `measurement_point`, `internal`, `housing`,
`device`, `storage`, `humidity`. One that a sheet says nothing of is of no concern to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from camtwin.models import RigSheet
from camtwin.rig.wiring.judge import Finding, span


class NoRating(ValueError):
    """The sheet has no such figure; one line that names it."""


def climate(sheet: RigSheet, *, heat_sink: bool = False, **readings: float) -> list[Finding]:
    """What a sheet says of these readings: degC, and % of relative humidity."""
    return list(_climate(sheet.environment, heat_sink, readings))


def _climate(said: Mapping[str, Any], heat_sink: bool, readings: dict[str, float]) -> Iterator[Finding]:
    for name, value in readings.items():
        unit = "%" if name == "humidity" else "degC"
        limits = said.get(name) or said.get(f"operating_{name}")
        if limits and not limits[0] <= value <= limits[1]:
            what = "outside of storage limits" if name == "storage" else "outside of limits"
            why = f"{name} {value:g} {unit} is {what}, {span(tuple(limits), unit)}"
            yield Finding(name, "wrong", what, why, value, unit, span(tuple(limits), unit))
        best = said.get(f"performance_{name}")
        if best is not None and value > best:
            why = f"{name} {value:g} degC: the sensor's performance is guaranteed up to {best:g} degC"
            yield Finding(name, "marginal", "performance not guaranteed", why, value, unit, f"{best:g} degC")
        bare = said.get(f"uncooled_{name}")
        if bare is not None and value > bare and not heat_sink:
            why = f"{name} {value:g} degC: above {bare:g} degC it needs heat dissipation"
            fix = "a heat sink, or a mount that takes the heat"
            yield Finding(name, "marginal", "needs cooling", why, value, unit, f"{bare:g} degC", fix)


def measurement_point_C(sheet: RigSheet, internal_C: float) -> float:
    """Temperature at the housing's measurement point: on the line through the sheet's two pairs.

    NoRating if it does not have them."""
    e = sheet.environment
    try:
        low, high = e["performance_internal"], e["operating_internal"][1]
        low_mp, high_mp = e["performance_measurement_point"], e["operating_measurement_point"][1]
    except KeyError as missing:
        raise NoRating(f"{sheet.title}: no {missing.args[0]} on the sheet") from None
    return low_mp + (internal_C - low) * (high_mp - low_mp) / (high - low)


def mtbf_years(sheet: RigSheet, measurement_point_C: float) -> float:
    """Mean time between failures: exponential in temperature through the sheet's figures (assumed).

    NoRating if it has none."""
    r = sheet.reliability
    if not {"mtbf_45C", "mtbf_60C"} <= r.keys():
        raise NoRating(f"{sheet.title}: no MTBF on the sheet")
    return r["mtbf_45C"] * (r["mtbf_60C"] / r["mtbf_45C"]) ** ((measurement_point_C - 45) / 15)
