"""Photon transfer of the cameras with 12 bits: the noise of an image tells how many electrons made it."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import numpy as np
from shared import answer, arguments, taken

from camtwin.report.plot import Curve, plot

COLOURS = ("blue", "green", "red", "teal", "grey")


def main(given: Sequence[str] | None = None) -> dict[str, tuple[float, float]]:
    """Return, by model, the gain in DN/e that the noise tells, and the sheet's."""
    chosen = arguments(given, __doc__)
    models = ["baumer-vcxg-124m", "flir-bfs-u3-04s2m", "flir-bfs-u3-32s4m"]
    small = {"models": models, "grid": {"photons": [2e4, 6e4, 2e5]}} if chosen.small else {}
    result, gains, curves = taken("transfer", chosen, small), dict[str, tuple[float, float]](), []
    table = result.table.to_pylist()
    for number, model in enumerate(dict.fromkeys(row["model"] for row in table)):
        rows = [row for row in table if row["model"] == model]
        top = 0.8 * ((1 << rows[0]["bits"]) - 1)
        used = [row for row in rows if row["mean_DN"] < top]
        x = np.array([row["mean_DN"] - row["black_DN"] for row in used])
        y = np.array([row["temporal_DN"] ** 2 for row in used])
        gains[model] = float(np.polyfit(x, y, 1, w=1 / y)[0]), rows[0]["DN_per_e"]
        colour = COLOURS[number % len(COLOURS)]
        curves += [
            Curve(x, y, "", colour, points=True),
            Curve(x, y, model.split("-", 1)[1][:9] if number < 4 else "", colour),
        ]
    text = "Gain that the noise tells, and the data sheet's, in DN/e-: "
    text += "; ".join(f"{model} {found:.4f}, {sheet:.4f}" for model, (found, sheet) in gains.items()) + "."
    drawing = plot(
        "Photon transfer", "mean above black, DN", "variance, DN^2", curves, x_log=True, y_log=True
    )
    answer(
        result, "Photon transfer", text, [(drawing, "Mono12, EMVA 1288's pairs of images.")], "transfer.py"
    )
    return gains


if __name__ == "__main__":
    main(sys.argv[1:])
