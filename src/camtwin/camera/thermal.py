"""Temperature: a housing that warms up from its surroundings after it is switched on."""

from __future__ import annotations

from math import exp

from camtwin.models.schema import Thermal
from camtwin.units import SEC, Ns


def temperature_C(thermal: Thermal, now: Ns) -> float:
    """degC at the internal sensor, `now` after the camera was switched on: one body, one time constant."""
    return thermal.ambient_C + thermal.rise_K * (1 - exp(-now / SEC / thermal.time_constant_s))
