"""Which frame rate do several cameras on one link reach?"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from shared import answer, arguments, taken

from camtwin.report.plot import Curve, plot


def main(given: Sequence[str] | None = None) -> dict[tuple[str, int], float]:
    """Return frames per second of each camera, by model and number of cameras."""
    chosen = arguments(given, __doc__)
    result = taken("rates", chosen, {})
    frames, rates = result.frames.to_pylist(), dict[tuple[str, int], float]()
    for row in result.table.to_pylist():
        times = [frame["received_ns"] for frame in frames if frame["cell"] == row["cell"]][2:]
        cameras = round(1e9 / row["link_speed"])
        rates[row["model"], cameras] = (len(times) - 1) * 1e9 / (times[-1] - times[0])
    models = sorted({model for model, _ in rates})
    curves = [
        Curve(x, [rates[model, n] for n in x], model, colour)
        for model, colour in zip(models, ("blue", "red"), strict=True)
        if (x := sorted(n for name, n in rates if name == model))
    ]
    said = "; ".join(f"{model} {rates[model, 1]:.1f}, {rates[model, 4]:.1f}" for model in models)
    text = f"Frames a second of one camera alone, and of each of four on 1 Gbit/s: {said}."
    drawing = plot("Frame rate of each camera", "cameras on one link", "frames/s", curves)
    answer(result, "Cameras that share a link", text, [(drawing, "Full frames, free run.")], "rates.py")
    return rates


if __name__ == "__main__":
    main(sys.argv[1:])
