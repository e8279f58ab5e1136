"""Results of the laboratory for one camera: channel by channel, each number with its standard error."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import hypot, sqrt
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from camtwin.emva1288 import spatial, temporal
from camtwin.emva1288.dark import dark_currents, doubling_K
from camtwin.emva1288.errors import Value
from camtwin.emva1288.shots import LabProblem, Moments, Subject
from camtwin.emva1288.spectra import Looks, dsnu_looks, prnu_looks
from camtwin.emva1288.stacks import Point

STANDARD: Final = "EMVA Standard 1288, release 4.0 Linear"
RULES: Final = {
    "0.15 % of the pixels at the highest code": temporal.saturation_by_clipping,
    "highest temporal variance": temporal.saturation_by_variance,
}
"""Rules of saturation: release 4.0's, and that of earlier releases if the converter never saturates."""

MAX_ZEROS: Final = 0.005
"""Share of dark pixels that may show 0, so that the black level is high enough (section 6)."""
FEW_STEPS: Final = 50
"""Number of steps of light (section 6)."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """One line of the results: its symbol in the standard, a name, a unit, the section of its measurement.

    scale: the unit in that of the value.
    """

    symbol: str
    name: str
    unit: str
    section: int
    scale: float = 1.0

    def in_unit(self, value: Value) -> Value:
        """Convert a value to this quantity's unit."""
        return Value(value.value * self.scale, value.error * self.scale)


QUANTITIES: Final[Mapping[str, Quantity]] = {
    "eta": Quantity("η", "quantum efficiency", "%", 6, 100),
    "R": Quantity("R", "responsivity", "DN/photon", 6),
    "K": Quantity("K", "overall system gain", "DN/e-", 6),
    "mu_y_dark": Quantity("μ_y.dark", "black", "DN", 6),
    "sigma_d": Quantity("σ_d", "temporal dark noise", "e-", 6),
    "mu_e_min": Quantity("μ_e.min", "absolute sensitivity threshold", "e-", 6),
    "mu_p_min": Quantity("μ_p.min", "absolute sensitivity threshold", "photons", 6),
    "mu_e_sat": Quantity("μ_e.sat", "saturation capacity", "e-", 6),
    "mu_p_sat": Quantity("μ_p.sat", "saturation capacity", "photons", 6),
    "SNR_max": Quantity("SNR_max", "highest signal-to-noise ratio", "dB", 6),
    "DR": Quantity("DR", "dynamic range", "dB", 6),
    "LE": Quantity("LE", "linearity error, 5 to 95 %", "%", 6, 100),
    "DSNU": Quantity("DSNU", "dark signal nonuniformity", "e-", 8),
    "DSNU.col": Quantity("DSNU.col", "of columns", "e-", 8),
    "DSNU.row": Quantity("DSNU.row", "of rows", "e-", 8),
    "DSNU.pix": Quantity("DSNU.pix", "of pixels", "e-", 8),
    "PRNU": Quantity("PRNU", "photo response nonuniformity", "%", 8, 100),
    "PRNU.col": Quantity("PRNU.col", "of columns", "%", 8, 100),
    "PRNU.row": Quantity("PRNU.row", "of rows", "%", 8, 100),
    "PRNU.pix": Quantity("PRNU.pix", "of pixels", "%", 8, 100),
    "mu_I": Quantity("μ_I", "dark current, from the mean", "e-/s", 7),
    "mu_I_var": Quantity("μ_I.var", "dark current, from the variance", "e-/s", 7),
    "T_d": Quantity("T_d", "doubling temperature of the dark current", "K", 7),
}
"""Reported quantities of a channel, in the order of a data sheet."""


class ReferenceValue(NamedTuple):
    """A number to compare with one of QUANTITIES, in its unit, and its source."""

    value: float
    source: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Numbers of others to compare with a camera's results, channel by channel in their order.

    numbers     by the names of QUANTITIES
    efficiency  (nm, electrons a photon), at the wavelengths that were measured
    """

    numbers: tuple[Mapping[str, ReferenceValue], ...]
    efficiency: tuple[list[tuple[float, float]], ...]


@dataclass(frozen=True, slots=True)
class DarkRow:
    """Dark current at one temperature, and the points that it comes from."""

    temperature_C: float | None
    mean: Value
    variance: Value
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Channel:
    """Results of one channel.

    name           R, Gr, Gb or B; empty of a monochrome camera
    wavelength_nm  of its light
    rule           of its saturation
    limited        rounding dominates the dark noise: sigma_d is an upper bound
    figures        by name, as in QUANTITIES, in the units of the estimators
    dark, light    points of the photon transfer
    dsnu, prnu     their spectrograms and histograms, if stacks were taken
    dark_rows      by temperature
    efficiency     (wavelength in nm, electrons per photon)
    missing        figures without a result, and why
    warnings       reasons to doubt a number
    """

    name: str
    wavelength_nm: float | None
    rule: str
    limited: bool
    figures: Mapping[str, Value]
    sensitivity: temporal.Sensitivity
    dark: tuple[Point, ...]
    light: tuple[Point, ...]
    dsnu: Looks | None = None
    prnu: Looks | None = None
    dark_rows: tuple[DarkRow, ...] = ()
    efficiency: tuple[tuple[float, Value], ...] = ()
    missing: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def snr(self, mu_p: float) -> tuple[float, float]:
        """Return the temporal (22) and the total (43) signal-to-noise ratio at a number of photons.

        The total one includes DSNU and PRNU, as they are in one image.
        """
        value = {name: v.value for name, v in self.figures.items()}
        signal_e = value["eta"] * mu_p
        noise_e2 = value["sigma_d"] ** 2 + temporal.QUANTIZATION_DN2 / value["K"] ** 2 + signal_e
        pattern_e2 = value.get("DSNU", 0.0) ** 2 + (value.get("PRNU", 0.0) * signal_e) ** 2
        return signal_e / sqrt(noise_e2), signal_e / sqrt(noise_e2 + pattern_e2)


@dataclass(frozen=True, slots=True, eq=False)
class Results:
    """The results of one camera."""

    subject: Subject
    channels: tuple[Channel, ...] = field(default=())

    def row(self) -> dict[str, Any]:
        """Return the results as a table for programs."""
        s = self.subject
        return {
            "standard": STANDARD,
            "camera": s.title,
            "model": s.model,
            "bits": s.bits,
            "mosaic": s.mosaic,
            "photons_error": s.photons_error,
            "conditions": dict(s.conditions),
            "channels": [_channel_row(c) for c in self.channels],
        }


def results(subject: Subject, moments: Mapping[str, Moments]) -> Results:
    """Evaluate the moments. LabProblem names the channel and what its images lack."""
    channels = []
    for name, of in moments.items():
        try:
            channels.append(_channel(subject, name, of))
        except ValueError as error:
            raise LabProblem(f"channel {name}: {error}" if name else str(error)) from None
    return Results(subject, tuple(channels))


def _channel(subject: Subject, name: str, of: Moments) -> Channel:
    if not of.dark:
        raise LabProblem("there are no dark images: the photon transfer needs two or more")
    if not of.light:
        raise LabProblem(
            "there are no images in light: the photon transfer needs steps of light, 50 by the standard"
        )
    nm = max(of.light, key=lambda nm: _response(of.dark, of.light[nm]))
    dark, light = of.dark, sorted(of.light[nm], key=lambda point: point.mu_p)
    rule = _rule(light)
    sensitivity = temporal.sensitivity(dark, light, RULES[rule])
    figures = temporal.figures(dark, light, RULES[rule])
    missing: list[str] = []
    dsnu = prnu = None
    half = of.stacks.get(nm)
    if of.dark_stack and half:
        figures |= spatial.figures(of.dark_stack, half, figures["K"])
        _of_a_part(figures, half.mean_DN.shape)
        dsnu, prnu = dsnu_looks(of.dark_stack, sensitivity.K_DN_per_e), prnu_looks(of.dark_stack, half)
    else:
        missing.append("nonuniformity: there is no stack in the dark and at half the saturation")
    rows = _dark_rows(of, figures, missing)
    efficiency = _efficiency(of, figures, missing)
    for figure in ("eta", "R", "mu_p_min", "mu_p_sat"):  # figures that depend on the light's calibration
        figures[figure] = figures[figure].also(subject.photons_error)
    return Channel(
        name,
        nm,
        rule,
        sensitivity.quantization_limited,
        figures,
        sensitivity,
        tuple(dark),
        tuple(light),
        dsnu,
        prnu,
        rows,
        tuple((at, value.also(subject.photons_error)) for at, value in efficiency),
        tuple(missing),
        tuple(_warnings(dark, light, sensitivity.quantization_limited)),
    )


def _warnings(dark: list[Point], light: list[Point], limited: bool) -> Iterable[str]:
    if limited:
        yield (
            "rounding rules the dark noise (54): σ_d is an upper bound, and K, η, DSNU, dark current and "
            "what follows from them can be off by more than their errors; measure with more bits"
        )
    if (share := max(point.zero_share for point in dark)) > MAX_ZEROS:
        yield (
            f"{share:.1%} of the pixels show 0 in the dark, above the {MAX_ZEROS:.1%} allowed: their noise "
            "is cut off, and σ_d, DSNU and what follows from them are too low; raise the black level"
        )
    if len(light) < FEW_STEPS:
        yield f"{len(light)} steps of light are below the {FEW_STEPS} that the standard asks for"


def _of_a_part(figures: dict[str, Value], shape: tuple[int, ...]) -> None:
    """Add the errors of means that come from measuring only a part of the sensor's pixels."""

    def mean_of(name: str) -> float:
        parts = (figures[name + part].value for part in spatial.SHORT[1:])
        counts = (shape[1], shape[0], shape[0] * shape[1])  # columns, rows, pixels
        return sqrt(sum(s**2 / n for s, n in zip(parts, counts, strict=True)))

    for figure in ("eta", "R", "mu_p_min", "mu_p_sat"):
        figures[figure] = figures[figure].also(mean_of("PRNU"))
    black = figures["mu_y_dark"]
    figures["mu_y_dark"] = Value(black.value, hypot(black.error, mean_of("DSNU") * figures["K"].value))


def _response(dark: list[Point], light: list[Point]) -> float:
    """Return an estimate of DN per photon, from a step a quarter of the way up."""
    point = sorted(light, key=lambda p: p.mu_p)[len(light) // 4]
    return (point.mu_y_DN - dark[0].mu_y_DN) / point.mu_p


def _rule(light: list[Point]) -> str:
    """Return the name of the first saturation rule that applies to these steps, or of the last one."""
    for name, rule in RULES.items():
        try:
            rule(light)
        except ValueError:
            continue
        return name
    return list(RULES)[-1]


def _dark_rows(of: Moments, figures: dict[str, Value], missing: list[str]) -> tuple[DarkRow, ...]:
    """Return dark currents by temperature; the figures get the lowest temperature's, and the doubling."""
    rows = []
    series = of.dark_current
    if not series and len({point.exposure_s for point in of.dark}) > 1:  # those of the photon transfer
        series = {None: of.dark}
    for degrees, points in series.items():
        try:
            mean, variance = dark_currents(points, figures["K"])
        except ValueError as error:
            missing.append(f"dark current: {error}")
            continue
        rows.append(DarkRow(degrees, mean, variance, tuple(points)))
    rows.sort(key=lambda row: row.temperature_C or 0.0)
    if not series:
        missing.append("dark current: there are no dark images of several exposure times")
    if not rows:
        return ()
    figures["mu_I"], figures["mu_I_var"] = rows[0].mean, rows[0].variance
    by_temperature = [(row.temperature_C, row.mean) for row in rows if row.temperature_C is not None]
    if not by_temperature:
        missing.append("doubling temperature: no dark current has a known temperature")
        return tuple(rows)
    try:
        K = figures["K"].relative  # common to all temperatures, so it does not affect the slope
        currents = [
            Value(v.value, sqrt(max(v.error**2 - (K * v.value) ** 2, 0.0))) for _, v in by_temperature
        ]
        figures["T_d"] = doubling_K([t for t, _ in by_temperature], currents)
    except ValueError as error:
        missing.append(f"doubling temperature: {error}")
    return tuple(rows)


def _efficiency(of: Moments, figures: Mapping[str, Value], missing: list[str]) -> list[tuple[float, Value]]:
    """Return electrons per photon at each wavelength, by the gain of the photon transfer (section 9)."""
    efficiencies = []
    for nm, point in sorted(of.spectrum, key=lambda row: row[0]):
        black = next((b for b in of.dark if b.exposure_s == point.exposure_s), None)
        if black is None:
            missing.append(f"efficiency at {nm:g} nm: no dark step has its exposure time")
            continue
        signal = Value(point.mu_y_DN - black.mu_y_DN, hypot(point.mu_error_DN, black.mu_error_DN))
        eta_per = 1 / (figures["K"].value * point.mu_p)
        efficiencies.append(
            (nm, Value(signal.value * eta_per, signal.error * eta_per).also(figures["K"].relative))
        )
    if not of.spectrum:
        missing.append("efficiency over wavelength: there are no images in other light")
    return efficiencies


# -- for programs ----------------------------------------------------------------------------------
def _channel_row(c: Channel) -> dict[str, Any]:
    figures = {name: QUANTITIES[name].in_unit(value) for name, value in _ordered(c.figures)}
    return {
        "channel": c.name,
        "wavelength_nm": c.wavelength_nm,
        "saturation_by": c.rule,
        "quantization_limited": c.limited,
        "figures": {
            name: {"value": v.value, "error": v.error, "unit": QUANTITIES[name].unit}
            for name, v in figures.items()
        },
        "dark": [_point_row(p) for p in c.dark],
        "light": [_point_row(p) for p in c.light],
        "dark_current": [
            {
                "temperature_C": row.temperature_C,
                "mean_e_per_s": row.mean._asdict(),
                "variance_e_per_s": row.variance._asdict(),
                "points": [_point_row(p) for p in row.points],
            }
            for row in c.dark_rows
        ],
        "efficiency": [{"wavelength_nm": nm, **v._asdict()} for nm, v in c.efficiency],
        "dsnu": c.dsnu and _looks_row(c.dsnu),
        "prnu": c.prnu and _looks_row(c.prnu),
        "missing": list(c.missing),
        "warnings": list(c.warnings),
    }


def _ordered(figures: Mapping[str, Value]) -> Iterable[tuple[str, Value]]:
    return ((name, figures[name]) for name in QUANTITIES if name in figures)


def _point_row(p: Point) -> dict[str, Any]:
    return {
        "mu_p": p.mu_p,
        "exposure_s": p.exposure_s,
        "mu_y_DN": p.mu_y_DN,
        "var_y_DN2": p.var_y_DN2,
        "clipped_share": p.clipped_share,
    }


def _looks_row(looks: Looks) -> dict[str, Any]:
    def numbers(values: ArrayLike) -> list[float]:
        return [float(f"{v:.6g}") for v in np.asarray(values).tolist()]

    spectrograms = {
        name: {"cycles_per_pixel": numbers(s.cycles_per_pixel), "amplitude": numbers(s.amplitude)}
        for name, s in (("horizontal", looks.horizontal), ("vertical", looks.vertical))
    }
    h = looks.histogram
    return {
        **spectrograms,
        "histogram": {"deviation": numbers(h.deviation), "pixels": h.pixels.tolist()},
        "accumulated": {"deviation": numbers(h.beyond), "share": numbers(h.share)},
    }
