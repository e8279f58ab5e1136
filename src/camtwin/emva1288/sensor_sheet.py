"""A sensor's data sheet from what the laboratory measured: each row with its standard error as its source.

A twin's parameters are not the standard's figures: of those what an exposure adds is taken out again. So the
dark noise is without the shot noise of the dark current, the pedestal without the dark current's mean, and
the full well lies above the saturation capacity that the standard finds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from math import hypot, sqrt
from typing import Final

from camtwin.emva1288.errors import Value
from camtwin.emva1288.results import STANDARD, Channel, Results
from camtwin.emva1288.shots import LabProblem

ROOM_C: Final = 25.0
MAX_PRNU: Final = 0.1
"""Limit of a twin's PRNU, beyond which a pixel's gain could be negative."""
COLOURS: Final = {"R": ("R",), "G": ("Gr", "Gb"), "B": ("B",)}


def sensor_text(found: Results, *, width: int, height: int, like: str = "") -> str:
    """Return the text of a sensor's sheet.

    Args:
        found: results of the laboratory.
        width: pixels of the sensor, as the images have them.
        height: rows of the sensor.
        like: the sensor whose sheet says what was not measured; without one it is assumed.

    Raises:
        LabProblem: something is missing that no sheet can do without
    """
    channels = found.channels
    for name in ("K", "sigma_d", "mu_y_dark", "eta", "mu_e_sat"):
        if any(name not in channel.figures for channel in channels):
            raise LabProblem(f"no {name} was measured, which a sensor's sheet needs")
    title = f"Sensor of {found.subject.title}"
    head = [
        f"# Measured by the laboratory of camtwin, {STANDARD}. Errors are standard errors.",
        "schema = 1",
        *([f"like = {_text(like)}"] if like else []),
        f"title = {_text(title)}",
        f"document = {_text(f'{STANDARD}, measured')}",
    ]
    if not like:
        head += [
            'shutter = "Global" # assumed: the laboratory does not see how rows are read',
            "",
            "[timing]",
            _assumed("clock_hz", 10**9, "Hz", "lines are counted in ns: the laboratory measures no clock"),
        ]
    return "\n".join((*head, "", "[parameters]", *_rows(found, width, height, bool(like)), ""))


def _rows(found: Results, width: int, height: int, like: bool) -> list[str]:
    subject, channels = found.subject, found.channels
    rows = [
        _row("width", width, "px", "columns of the images"),
        _row("height", height, "px", "rows of the images"),
        _row("adc_bits", subject.bits, "bit", "bits of the images"),
    ]
    if like:
        rows = rows[2:]
    elif subject.pixel_um:
        rows.append(_row("pixel_um", float(subject.pixel_um), "um", "description of the images"))
    else:
        rows.append(_assumed("pixel_um", 3.45, "um", "the description of the images names none"))
    if subject.mosaic:
        rows.append(_row("cfa", _text(subject.mosaic), "", "description of the images"))
    gain, dark = _mean(channels, "K"), _dark_currents(channels)
    rows.append(_measured("gain_DN_per_e", gain, "DN/e-", "K, overall system gain"))
    rows += _dark(channels, dark)
    rows.append(_full_well(channels, subject.highest_DN))
    rows += _current(channels)
    rows += _nonuniformity(channels, like=like)
    if not like:
        rows.append(_assumed("analogue_dB", 24.0, "dB", "measured at one gain"))
    rows.append(_efficiency(channels))
    return rows


def _dark_currents(channels: Sequence[Channel]) -> float:
    """Return the dark current at the temperature of the photon transfer, in e-/s; 0 if it is unknown."""
    known = [c.figures["mu_I"].value for c in channels if "mu_I" in c.figures]
    return max(sum(known) / len(known), 0.0) if known else 0.0


def _dark(channels: Sequence[Channel], current_e_per_s: float) -> list[str]:
    noise, pedestal = _mean(channels, "sigma_d"), _mean(channels, "mu_y_dark")
    exposure_s = channels[0].dark[0].exposure_s if channels[0].dark else 0.0
    electrons = current_e_per_s * exposure_s
    gain = _mean(channels, "K").value
    read = Value(sqrt(max(noise.value**2 - electrons, 0.01**2)), noise.error)
    black = Value(max(pedestal.value - gain * electrons, 0.0), pedestal.error)
    return [
        _measured("pedestal_DN", black, "DN", "mu_y.dark, without the dark current"),
        _measured("read_noise_e", read, "e-", "sigma_d, without the dark current's noise"),
    ]


def _full_well(channels: Sequence[Channel], highest_DN: int) -> str:
    sat = _mean(channels, "mu_e_sat")
    end_e = (highest_DN - _mean(channels, "mu_y_dark").value) / _mean(channels, "K").value
    if "highest code" in channels[0].rule:
        return _assumed(
            "full_well_e", _digits(1.06 * end_e), "e-", "the converter ends before: nothing is seen of it"
        )
    full = sat.value
    for _ in range(8):  # the variance peaks 2.9 sigma below the pixel's end
        full = sat.value + 2.9 * sqrt(full)
    return _measured(
        "full_well_e", Value(full, sat.error), "e-", "mu_e.sat, where the variance peaks, and 2.9 sigma"
    )


def _current(channels: Sequence[Channel]) -> list[str]:
    rows: list[str] = []
    if all("mu_I" in c.figures for c in channels):
        current = _mean(channels, "mu_I")
        low = Value(max(current.value, 0.0), current.error)
        rows.append(_measured("dark_current_e_per_s", low, "e-/s", "mu_I, dark current"))
    else:
        rows.append(
            _assumed("dark_current_e_per_s", 0.0, "e-/s", "not measured, and a part of the dark noise")
        )
    at = channels[0].dark_rows[0].temperature_C if channels[0].dark_rows else None
    if at is None:
        rows.append(_assumed("dark_reference_C", ROOM_C, "C", "the description names no temperature"))
    else:
        rows.append(_row("dark_reference_C", float(at), "C", "temperature of the dark images"))
    if all("T_d" in c.figures and c.figures["T_d"].value > 0 for c in channels):
        rows.append(_measured("dark_doubling_K", _mean(channels, "T_d"), "K", "T_d, doubling temperature"))
    else:
        rows.append(_assumed("dark_doubling_K", 7.0, "K", "not measured; 5 to 8 K are usual"))
    return rows


def _nonuniformity(channels: Sequence[Channel], *, like: bool) -> list[str]:
    rows: list[str] = []
    for figure, name, unit, most in (("DSNU", "dsnu_e", "e-", 1e9), ("PRNU", "prnu", "", MAX_PRNU)):
        if not all(figure in c.figures for c in channels):
            if not like:
                rows.append(_assumed(name, 0.0, unit, "no stacks of images were taken"))
            continue
        total = _mean(channels, figure)
        columns, lines = (max(_mean(channels, f"{figure}.{part}").value, 0.0) for part in ("col", "row"))
        both = hypot(columns, lines)
        share = min(1.0, 0.999 * total.value / both) if both else 1.0
        rows.append(_measured(name, Value(min(total.value, most), total.error), unit, figure))
        for part, value in (("column", columns), ("row", lines)):
            said = f"{figure}.{'col' if part == 'column' else 'row'}"
            rows.append(_row(f"{part}_{name}", _digits(value * share), unit, f"the laboratory: {said}"))
    return rows


def _efficiency(channels: Sequence[Channel]) -> str:
    by_name = {channel.name: channel for channel in channels}
    if "" in by_name:
        return _row("qe", _curve([by_name[""]]), "e-/photon over nm", _said_of(channels))
    curves = (f"{c} = {_curve([by_name[name] for name in names])}" for c, names in COLOURS.items())
    return _row("qe", f"{{ {', '.join(curves)} }}", "e-/photon over nm", _said_of(channels))


def _said_of(channels: Sequence[Channel]) -> str:
    etas = ", ".join(
        f"{c.name} {c.figures['eta'].text} at {c.wavelength_nm or 0:g} nm".strip() for c in channels
    )
    return f"the laboratory: eta, quantum efficiency: {etas}; straight lines between, 0 outside"


def _curve(channels: Sequence[Channel]) -> str:
    points: dict[float, list[float]] = {}
    for channel in channels:
        own: Mapping[float, Value] = dict(channel.efficiency)
        if channel.wavelength_nm is not None:
            own = {**own, channel.wavelength_nm: channel.figures["eta"]}
        for nm, value in own.items():
            points.setdefault(nm, []).append(min(max(value.value, 0.0), 1.0))
    if not points:
        points = {550.0: [min(max(c.figures["eta"].value, 0.0), 1.0) for c in channels]}
    return str([[nm, _digits(sum(points[nm]) / len(points[nm]))] for nm in sorted(points)])


def _mean(channels: Sequence[Channel], name: str) -> Value:
    """Return the mean over channels, each weighted alike."""
    values = [channel.figures[name] for channel in channels]
    count = len(values)
    return Value(sum(v.value for v in values) / count, sqrt(sum(v.error**2 for v in values)) / count)


def _digits(value: float) -> float:
    return float(f"{value:.7g}")


def _text(words: str) -> str:
    return json.dumps(words, ensure_ascii=False)


def _measured(name: str, value: Value, unit: str, what: str) -> str:
    return _row(name, _digits(value.value), unit, f"the laboratory: {what}, {value.text} {unit}".rstrip())


def _row(name: str, value: object, unit: str, source: str) -> str:
    return f"{name} = {{ value = {value}, unit = {_text(unit)}, source = {_text(source)} }}"


def _assumed(name: str, value: object, unit: str, why: str) -> str:
    return f"{name} = {{ value = {value}, unit = {_text(unit)}, assumed = {_text(why)} }}"
