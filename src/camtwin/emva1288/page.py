"""The laboratory's report as one HTML file that needs nothing else: numbers, and the standard's plots.

The same results make the same bytes: no date, no place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from camtwin.emva1288.results import QUANTITIES, STANDARD, Channel, Comparison, Results
from camtwin.emva1288.spectra import Looks
from camtwin.emva1288.summary import HOW_TO_READ, conditions, reservations, rows
from camtwin.emva1288.temporal import GAIN_RANGE, LINEARITY_RANGE, above_dark
from camtwin.report.canvas import Canvas, inline
from camtwin.report.markup import Html, symbol, tag
from camtwin.report.page import figures, made_by, page, section, table
from camtwin.report.plot import Curve, plot

COLOURS = {"": "blue", "R": "red", "Gr": "green", "Gb": "teal", "B": "blue"}
BEHIND = "grey"
TILES = ("eta", "sigma_d", "mu_e_sat", "DR", "SNR_max", "DSNU", "PRNU")
ABOUT = (
    f"{HOW_TO_READ}: what the number of pixels and images leaves open, and how well the light was known, "
    "where that is stated. DSNU is in electrons, PRNU in percent of the signal at half the saturation."
)


def html(results: Results, beside: Comparison | None, version: str) -> str:
    """Return the whole page. beside: a data sheet's numbers, if there is one."""
    subject, channels = results.subject, results.channels
    listed = [Html(tag("dt", name) + tag("dd", value)) for name, value in conditions(results).items()]
    doubts = (f"{why.capitalize()}: {what}" for why, what in reservations(channels))
    header = tag(
        "header",
        tag("h1", subject.title),
        tag("p", f"Measured after {STANDARD}", cls="lead"),
        tag("div", *_tiles(channels), cls="tiles"),
        tag("p", ABOUT, cls="dim"),
        tag("dl", *listed),
        *(tag("p", tag("em", doubt), cls="open") for doubt in doubts),
    )
    return page(
        f"{subject.title}: EMVA 1288",
        header,
        section("Results", None, *_table(channels, beside)),
        _plots("Sensitivity, linearity and noise", "Sections 2 and 6", _temporal(channels)),
        _plots("Nonuniformity", "Sections 4 and 8", _spatial(channels)),
        _plots("Dark current", "Sections 3 and 7", _dark(channels)),
        _plots("Spectral sensitivity", "Section 9", _spectral(channels, beside)),
        made_by=made_by(version, "camtwin lab emva"),
    )


def _tiles(channels: Sequence[Channel]) -> Iterator[Html]:
    best = max(channels, key=lambda c: c.figures["eta"].value)
    for name in TILES:
        if name in best.figures:
            q, value = QUANTITIES[name], best.figures[name]
            number = q.in_unit(value).value
            text = f"{number:#.3g}" if abs(number) < 1000 else f"{number:.0f}"
            yield tag("div", tag("b", text), f" {q.unit} ", tag("small", symbol(q.symbol)))


def _table(channels: Sequence[Channel], beside: Comparison | None) -> tuple[Html, Html]:
    """Return the table of results, and the sources of the numbers beside them."""
    sources = dict[str, int]()
    head = ["Symbol", "Quantity", *(c.name or "Measured" for c in channels), "Unit", "Section"]
    head += ["Data sheet, 0 dB"] if beside else []
    lines = []
    for row in rows(channels, beside.numbers if beside else ()):
        cells = [tag("td", symbol(row.quantity.symbol)), tag("td", row.name)]
        cells += [tag("td", text, cls="n") for text in (*row.values, row.quantity.unit)]
        cells.append(tag("td", row.quantity.section))
        if row.reference:
            number = sources.setdefault(row.source, len(sources) + 1)
            cells.append(tag("td", f"{row.reference} ", tag("sup", number), cls="n"))
        elif beside:
            cells.append(tag("td"))
        lines.append(tag("tr", *cells))
    notes = [tag("li", f"{number} {source}") for source, number in sources.items()]
    return tag("div", table(head, lines, cls="numbers"), cls="wide"), tag("ul", *notes, cls="dim")


def _plots(title: str, where: str, shown: Iterable[tuple[Canvas, str]]) -> Html:
    drawn = figures((inline(drawing), words) for drawing, words in shown)
    return section(title, tag("span", where), drawn) if drawn else Html()


# -- the standard's plots --------------------------------------------------------------------------
def _temporal(channels: Sequence[Channel]) -> Iterable[tuple[Canvas, str]]:
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


def _spatial(channels: Sequence[Channel]) -> Iterable[tuple[Canvas, str]]:
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


def _logarithmic(looks: Sequence[tuple[Channel, Looks]], what: str, unit: str) -> tuple[Canvas, str]:
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


def _accumulated(looks: Sequence[tuple[Channel, Looks]], what: str, unit: str) -> tuple[Canvas, str]:
    curves = [
        Curve(look.histogram.beyond, 100 * look.histogram.share, c.name, COLOURS[c.name]) for c, look in looks
    ]
    return (
        plot(
            f"{what}: accumulated histogram", f"deviation at least, {unit}", "% of pixels", curves, y_log=True
        ),
        "How many pixels deviate by that or more, either way.",
    )


def _dark(channels: Sequence[Channel]) -> Iterable[tuple[Canvas, str]]:
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
        points = [(row.temperature_C, row.mean.value) for row in c.dark_rows if row.temperature_C is not None]
        degrees, means = [at for at, _ in points], [dark for _, dark in points]
        doubling.append(Curve(degrees, means, c.name, colour, points=True))
        doubling.append(Curve(degrees, means, "", colour))
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


def _spectral(channels: Sequence[Channel], beside: Comparison | None) -> Iterable[tuple[Canvas, str]]:
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
