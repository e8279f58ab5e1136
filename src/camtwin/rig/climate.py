"""Climate: temperature and humidity against a data sheet's limits, and a camera's lifetime.

Readings have the data sheet's names: `ambient`, `measurement_point`, `internal`, `housing`, `device`,
`storage`, `humidity`. A reading without a limit on the sheet is ignored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from camtwin.models import RigSheet
from camtwin.rig.wiring.judge import Finding, span


class NoRating(ValueError):
    """The data sheet has no such figure; one line that names it."""


def climate(sheet: RigSheet, *, heat_sink: bool = False, **readings: float) -> list[Finding]:
    """Judge readings by a data sheet's limits: degC, and % of relative humidity."""
    return list(_climate(sheet.environment, heat_sink, readings))


def _climate(
    limits_by_name: Mapping[str, Any], heat_sink: bool, readings: dict[str, float]
) -> Iterator[Finding]:
    for name, value in readings.items():
        unit = "%" if name == "humidity" else "degC"
        limits = limits_by_name.get(name) or limits_by_name.get(f"operating_{name}")
        if limits and not limits[0] <= value <= limits[1]:
            what = "outside of storage limits" if name == "storage" else "outside of limits"
            why = f"{name} {value:g} {unit} is {what}, {span(tuple(limits), unit)}"
            yield Finding(name, "wrong", what, why, value, unit, span(tuple(limits), unit))
        best = limits_by_name.get(f"performance_{name}")
        if best is not None and value > best:
            why = f"{name} {value:g} degC: the sensor's performance is guaranteed up to {best:g} degC"
            yield Finding(name, "marginal", "performance not guaranteed", why, value, unit, f"{best:g} degC")
        bare = limits_by_name.get(f"uncooled_{name}")
        if bare is not None and value > bare and not heat_sink:
            why = f"{name} {value:g} degC: above {bare:g} degC it needs heat dissipation"
            fix = "a heat sink, or a mount that takes the heat"
            yield Finding(name, "marginal", "needs cooling", why, value, unit, f"{bare:g} degC", fix)


def measurement_point_C(sheet: RigSheet, internal_C: float) -> float:
    """Return the temperature at the housing's measurement point, on the line through the sheet's two pairs.

    Raises:
        NoRating: the sheet lacks them
    """
    e = sheet.environment
    try:
        low, high = e["performance_internal"], e["operating_internal"][1]
        low_mp, high_mp = e["performance_measurement_point"], e["operating_measurement_point"][1]
    except KeyError as missing:
        raise NoRating(f"{sheet.title}: no {missing.args[0]} on the sheet") from None
    return low_mp + (internal_C - low) * (high_mp - low_mp) / (high - low)


def mtbf_years(sheet: RigSheet, measurement_point_C: float) -> float:
    """Return the mean time between failures, exponential in temperature through the sheet's figures.

    The exponential is assumed.

    Raises:
        NoRating: the sheet has none
    """
    r = sheet.reliability
    if not {"mtbf_45C", "mtbf_60C"} <= r.keys():
        raise NoRating(f"{sheet.title}: no MTBF on the sheet")
    return r["mtbf_45C"] * (r["mtbf_60C"] / r["mtbf_45C"]) ** ((measurement_point_C - 45) / 15)
