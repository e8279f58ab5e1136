"""Pairs of noisy and clean images for a noise model, and the noise that is in them."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import numpy as np
from shared import answer, arguments, taken

from camtwin.report.plot import Curve, plot

BINS = 12


def main(given: Sequence[str] | None = None) -> list[tuple[int, float, float]]:
    """Return rows of gain, slope of the variance over the clean code, and the sheet's DN_per_e."""
    chosen = arguments(given, __doc__)
    result, rows, curves = taken("training", chosen, {"draws": 8} if chosen.small else {}), [], []
    (arrays,) = result.arrays().values()
    table = result.table.to_pylist()
    for gain, colour in zip(sorted({row["Gain"] for row in table}), ("blue", "green", "red"), strict=False):
        cells = [row for row in table if row["Gain"] == gain]
        at = [row["first"] + n for row in cells for n in range(row["frames"])]
        noisy, clean = (arrays[kind][at].compute().astype(float).ravel() for kind in ("frame", "clean"))
        top, black = 0.9 * 4095, cells[0]["black_DN"]
        edges = np.linspace(black, min(float(clean.max()), top), BINS + 1)
        which = np.digitize(clean, edges)
        bins = [noisy[which == n] - clean[which == n] for n in range(1, BINS + 1) if (which == n).sum() > 500]
        x = np.array(
            [clean[which == n].mean() - black for n in range(1, BINS + 1) if (which == n).sum() > 500]
        )
        y = np.array([each.var() for each in bins])
        slope, offset = np.polyfit(x, y, 1, w=1 / y)
        rows.append((gain, float(slope), cells[0]["DN_per_e"]))
        curves += [Curve(x, y, f"{gain} dB", colour, points=True), Curve(x, slope * x + offset, "", colour)]
    test = sum(row["split"] == "test" for row in table)
    text = f"{2 * len(table)} pairs, {test} of {len(table)} cells for tests. Variance over clean code: "
    text += (
        "; ".join(f"{slope:.3f} DN at {gain} dB, {sheet:.3f} by the sheet" for gain, slope, sheet in rows)
        + "."
    )
    drawing = plot("Noise", "clean code above black, DN", "variance, DN^2", curves)
    answer(
        result,
        "Training set",
        text,
        [(drawing, "Of noisy less clean, in bins of the clean code.")],
        "training.py",
    )
    return rows


if __name__ == "__main__":
    main(sys.argv[1:])
