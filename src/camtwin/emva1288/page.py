"""The laboratory's report as one HTML file that needs nothing else: numbers, and the standard's plots.

The same results make the same bytes: no date, no place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape

import numpy as np

from camtwin.emva1288.results import QUANTITIES, STANDARD, Beside, Channel, Results
from camtwin.emva1288.spectra import Looks
from camtwin.emva1288.tell import told
from camtwin.emva1288.temporal import GAIN_RANGE, LINEARITY_RANGE, above_dark
from camtwin.report import PAGE
from camtwin.report.plot import Curve, plot

COLOURS = {"": 0, "R": 1, "Gr": 2, "Gb": 3, "B": 4}
BEHIND = 5
TILES = ("eta", "sigma_d", "mu_e_sat", "DR", "SNR_max", "DSNU", "PRNU")
ABOUT = (
    "0.415(27) is 0.415 with a standard error of 0.027: what the number of pixels and images leaves open, "
    "and how well the light was known, where that is stated. DSNU is in electrons, PRNU in percent of the "
    "signal at half the saturation."
)


def html(results: Results, beside: Beside | None, version: str) -> str:
    """The whole page. beside: what a data sheet says, if there is one."""
    s, channels = results.subject, results.channels
    style = "".join((PAGE / name).read_text("utf-8") for name in ("style.css", "emva.css"))
    conditions = {**s.conditions, "bits": str(s.bits), "standard": STANDARD}
    if s.photons_error:
        conditions["light known to"] = f"{s.photons_error:.1%}, one standard error"
    for c in channels:
        at = f"light of {c.wavelength_nm:g} nm, " if c.wavelength_nm else ""
        conditions[f"channel {c.name}".rstrip()] = f"{at}saturation by {c.rule}"
    listed = "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in conditions.items())
    doubts = dict.fromkeys(f"Doubtful: {reason}" for c in channels for reason in c.warnings)
    missing = dict.fromkeys(f"Not measured: {reason}" for c in channels for reason in c.missing)
    lacks = "".join(f'<p class="open"><em>{escape(said)}</em></p>' for said in (*doubts, *missing))
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(s.title)}: EMVA 1288</title><style>{style}</style></head><body>
<header><h1>{escape(s.title)}</h1>
<p class="lead">Measured after {escape(STANDARD)}</p>
<div class="tiles">{_tiles(channels)}</div><p class="dim">{ABOUT}</p>
<dl>{listed}</dl>{lacks}</header>
<section><h2>Results</h2>{_table(channels, beside)}</section>
{_section("Sensitivity, linearity and noise", "Sections 2 and 6", _temporal(channels))}
{_section("Nonuniformity", "Sections 4 and 8", _spatial(channels))}
{_section("Dark current", "Sections 3 and 7", _dark(channels))}
{_section("Spectral sensitivity", "Section 9", _spectral(channels, beside))}
<footer class="dim">camtwin {escape(version)}; made by <code>camtwin lab emva</code></footer></body></html>
"""


def _tiles(channels: Sequence[Channel]) -> str:
    best = max(channels, key=lambda c: c.figures["eta"].value)
    tiles = []
    for name in TILES:
        if name in best.figures:
            q, value = QUANTITIES[name], best.figures[name]
            number = q.told(value).value
            text = f"{number:#.3g}" if abs(number) < 1000 else f"{number:.0f}"
            tiles.append(f"<div><b>{text}</b> {escape(q.unit)} <small>{_symbol(q.symbol)}</small></div>")
    return "".join(tiles)


def _table(channels: Sequence[Channel], beside: Beside | None) -> str:
    sources = dict[str, int]()
    sheets = beside.numbers if beside else ()
    head = ["Symbol", "Quantity", *(c.name or "Measured" for c in channels), "Unit", "Section"]
    head += ["Data sheet, 0 dB"] if beside else []
    rows = []
    for name, q in QUANTITIES.items():
        values = [c.figures.get(name) for c in channels]
        if not any(values):
            continue
        cells = [f"<td>{_symbol(q.symbol)}</td><td>{escape(q.name)}{_at(name, channels)}</td>"]
        cells += [f'<td class="n">{"" if v is None else told(q.told(v))}</td>' for v in values]
        cells.append(f'<td class="n">{escape(q.unit)}</td><td>{q.section}</td>')
        if found := [s[name] for s in sheets if name in s]:
            number = sources.setdefault(found[0].source, len(sources) + 1)
            numbers = "/".join(dict.fromkeys(f"{said.value:.4g}" for said in found))
            cells.append(f'<td class="n">{numbers} <sup>{number}</sup></td>')
        elif beside:
            cells.append("<td></td>")
        rows.append(f"<tr>{''.join(cells)}</tr>")
    heads = "".join(f"<th>{escape(h)}</th>" for h in head)
    notes = "".join(f"<li>{number} {escape(source)}</li>" for source, number in sources.items())
    return (
        f'<div class="wide"><table class="emva"><thead><tr>{heads}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
        f'<ul class="dim">{notes}</ul>'
    )


def _symbol(text: str) -> str:
    """What follows an underscore stands below."""
    return re.sub(r"_([\w.]+)", r"<sub>\1</sub>", escape(text))


def _at(name: str, channels: Sequence[Channel]) -> str:
    rows = channels[0].dark_rows
    known = name.startswith("mu_I") and rows and rows[0].temperature_C is not None
    return f", at {rows[0].temperature_C:g} °C" if known else ""


def _section(title: str, where: str, figures: Iterable[tuple[str, str]]) -> str:
    drawn = "".join(
        f"<figure>{svg}<figcaption>{escape(words)}</figcaption></figure>" for svg, words in figures
    )
    return (
        f'<section><h2>{title} <span>{where}</span></h2><div class="plots">{drawn}</div></section>'
        if drawn
        else ""
    )


# -- the standard's plots --------------------------------------------------------------------------
def _temporal(channels: Sequence[Channel]) -> Iterable[tuple[str, str]]:
    sensed, transfer, straight, bent, noisy = ([] for _ in range(5))
    for c in channels:
        colour = COLOURS[c.name]
        s, full_p = c.sensitivity, c.figures["mu_p_sat"].value
        mu_p, signal_DN, noise_DN2 = above_dark(c.dark, c.light)
        full_DN = float(np.interp(full_p, mu_p, signal_DN))
        sensed += [
            Curve(mu_p, signal_DN, c.name, colour, points=True),
            Curve(
                fit := np.array([0, GAIN_RANGE[1] * full_p]), s.responsivity_DN_per_photon * fit, "", colour
            ),
        ]
        transfer += [
            Curve(signal_DN, noise_DN2, c.name, colour, points=True),
            Curve(fit := np.array([0, GAIN_RANGE[1] * full_DN]), s.K_DN_per_e * fit, "", colour),
        ]
        line = s.linearity.offset_DN + s.linearity.slope_DN_per_photon * mu_p
        straight += [
            Curve(mu_p, signal_DN, c.name, colour, points=True),
            Curve(mu_p, line, "", colour, dashed=True),
        ]
        judged = (signal_DN > LINEARITY_RANGE[0] * full_DN) & (signal_DN <= LINEARITY_RANGE[1] * full_DN)
        deviation = 100 * (signal_DN / line - 1)
        bent += [Curve(mu_p[judged], deviation[judged], c.name, colour, points=True)]
        photons = np.geomspace(max(1.0, c.figures["mu_p_min"].value / 3), full_p, 100)
        ratios = np.array([c.snr(float(p)) for p in photons]).T
        below = mu_p <= full_p
        sigma_DN = np.sqrt([p.var_y_DN2 for p in c.light])[below]
        noisy += [
            Curve(photons, np.sqrt(photons), "" if noisy else "ideal", BEHIND, dashed=True),
            Curve(photons, ratios[0], "", colour),
            Curve(photons, ratios[1], "", colour, dashed=True),
            Curve(mu_p[below], signal_DN[below] / sigma_DN, c.name or "measured", colour, points=True),
        ]
    yield (
        plot("Sensitivity", "photons per pixel, μ_p", "μ_y − μ_y.dark, DN", sensed),
        "Mean above black over light. The line, through 0 up to 70 % of saturation, is the responsivity R.",
    )
    yield (
        plot("Photon transfer", "μ_y − μ_y.dark, DN", "σ²_y − σ²_y.dark, DN²", transfer),
        "Temporal variance over mean. The slope up to 70 % of saturation is the overall system gain K.",
    )
    yield (
        plot("Linearity", "photons per pixel, μ_p", "μ_y − μ_y.dark, DN", straight),
        "The line is fitted from 5 to 95 % of saturation, its relative deviations least.",
    )
    yield (
        plot("Deviation from linearity", "photons per pixel, μ_p", "deviation, %", bent),
        "From that line; LE is the mean of its magnitude.",
    )
    yield (
        plot("Signal-to-noise ratio", "photons per pixel, μ_p", "SNR", noisy, x_log=True, y_log=True),
        "Points: as measured. Line: by the model, temporal noise. Dashed: in total, with DSNU and PRNU. "
        "Grey: a sensor that counts every photon.",
    )


def _spatial(channels: Sequence[Channel]) -> Iterable[tuple[str, str]]:
    for name, unit, what in (("dsnu", "e-", "DSNU"), ("prnu", "%", "PRNU")):
        looks = [(c, found) for c in channels if (found := getattr(c, name)) is not None]
        if not looks:
            continue
        for way in ("horizontal", "vertical"):
            curves = []
            for c, look in looks:
                seen = getattr(look, way)
                curves.append(Curve(seen.cycles_per_pixel[1:], seen.amplitude[1:], c.name, COLOURS[c.name]))
            yield (
                plot(f"{what}: {way} spectrogram", "cycles per pixel", unit, curves, y_log=True),
                "A level line is white; peaks are periodic stripes. It holds what averaging left of the "
                "temporal noise, too.",
            )
        yield _logarithmic(looks, what, unit)
        yield _accumulated(looks, what, unit)


def _logarithmic(looks: Sequence[tuple[Channel, Looks]], what: str, unit: str) -> tuple[str, str]:
    curves = []
    for c, look in looks:
        h = look.histogram
        curves += [
            Curve(h.deviation, np.where(h.normal >= 0.5, h.normal, np.nan), "", BEHIND, dashed=True),
            Curve(h.deviation, np.maximum(h.pixels, 0.5), c.name, COLOURS[c.name]),
        ]
    shading = " Shading of the light is taken off by a high pass of 5 x 5 pixels." if what == "PRNU" else ""
    return (
        plot(f"{what}: histogram", f"deviation, {unit}", "pixels", curves, y_log=True),
        f"Dashed: a normal distribution of the same deviation; what lies beyond it are defects.{shading}",
    )


def _accumulated(looks: Sequence[tuple[Channel, Looks]], what: str, unit: str) -> tuple[str, str]:
    curves = [
        Curve(look.histogram.beyond, 100 * look.histogram.share, c.name, COLOURS[c.name]) for c, look in looks
    ]
    return (
        plot(
            f"{what}: accumulated histogram", f"deviation at least, {unit}", "% of pixels", curves, y_log=True
        ),
        "How many pixels deviate by that or more, either way.",
    )


def _dark(channels: Sequence[Channel]) -> Iterable[tuple[str, str]]:
    if not any(c.dark_rows for c in channels):
        return
    mean, variance, doubling = [], [], []
    for c in channels:
        colour = COLOURS[c.name]
        for row in c.dark_rows[-1:]:
            times = np.array([p.exposure_s for p in row.points])
            for curves, values in (
                (mean, [p.mu_y_DN for p in row.points]),
                (variance, [p.var_y_DN2 for p in row.points]),
            ):
                slope, offset = np.polyfit(times, values, 1)
                curves += [
                    Curve(times, values, c.name, colour, points=True),
                    Curve(times, offset + slope * times, "", colour),
                ]
        known = [row for row in c.dark_rows if row.temperature_C is not None]
        degrees = [row.temperature_C for row in known]
        doubling.append(Curve(degrees, [row.mean.value for row in known], c.name, colour, points=True))
        doubling.append(Curve(degrees, [row.mean.value for row in known], "", colour))
    rows = channels[0].dark_rows
    at = "" if rows[-1].temperature_C is None else f" at {rows[-1].temperature_C:g} °C"
    yield (
        plot(f"Dark signal{at}", "exposure time, s", "μ_y.dark, DN", mean),
        "The slope is the dark current from the mean.",
    )
    yield (
        plot(f"Variance in the dark{at}", "exposure time, s", "σ²_y.dark, DN²", variance),
        "The slope is the dark current from the variance; it holds where a camera keeps its black level.",
    )
    if len(rows) > 1:
        yield (
            plot("Dark current over temperature", "temperature, °C", "μ_I, e-/s", doubling, y_log=True),
            "It doubles every T_d.",
        )


def _spectral(channels: Sequence[Channel], beside: Beside | None) -> Iterable[tuple[str, str]]:
    curves = []
    for i, c in enumerate(channels):
        nm = [at for at, _ in c.efficiency]
        percent = [100 * value.value for _, value in c.efficiency]
        colour = COLOURS[c.name]
        if beside:
            curves.append(Curve(nm, [100 * eta for _, eta in beside.efficiency[i]], "", BEHIND, dashed=True))
        curves += [Curve(nm, percent, "", colour), Curve(nm, percent, c.name, colour, points=True)]
    if any(c.efficiency for c in channels):
        behind = " Dashed: the data sheet's." if beside else ""
        yield (
            plot("Quantum efficiency", "wavelength, nm", "η, %", curves),
            f"Electrons by the gain of the photon transfer.{behind}",
        )
