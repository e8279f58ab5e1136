"""Can a code be read, over f-number, distance and speed? Beside it: what contrast lens and pixel leave."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import cv2
from shared import answer, arguments, taken

from camtwin.models import load
from camtwin.report.plot import Curve, plot
from camtwin.scene import Lens

FOCAL_mm, FOCUS_mm = 16.0, 400.0
"""A lens that is focused at a distance; the object lies before or behind it."""
WAVELENGTH_mm = 550e-6
QUIET = 3
"""Modules of white around a code, which readers need."""


def lens_of(model: str, f_number: float, distance_mm: float) -> dict[str, float]:
    """Return blur by diffraction and defocus, for a thin lens: as the sweep's columns."""
    pixel_mm = load(model).sensor.parameters.pixel_um / 1e3
    m = FOCAL_mm / (FOCUS_mm - FOCAL_mm)
    mtf50 = (
        0.404 / (WAVELENGTH_mm * f_number * (1 + m)) * pixel_mm
    )  # of a perfect lens (Goodman, section 6.3)
    aperture_mm = FOCAL_mm / f_number
    disc_mm = aperture_mm * m * abs(distance_mm - FOCUS_mm) / distance_mm
    return {"lens_mtf50": min(mtf50, Lens().mtf50), "lens_defocus_px": min(disc_mm / pixel_mm, 32.0)}


def read(images: Any, record: dict[str, Any]) -> dict[str, Any]:
    """Return the module width, in pixels, of the finest code that OpenCV reads; 0 for none."""
    reader, found = cv2.QRCodeDetector(), [0]
    image = (images[0] >> max(record["bits"] - 8, 0)).astype("uint8")
    for code in record["frames"][0]["codes"]:
        width = int(code["text"].split()[1])
        (x0, y0), _, (x1, y1), _ = code["corners"]
        edge = QUIET * width
        part = image[max(int(y0) - edge, 0) : int(y1) + edge, max(int(x0) - edge, 0) : int(x1) + edge]
        if reader.detectAndDecode(part)[0] == code["text"]:
            found.append(width)
    finest = min(found[1:], default=0)
    return {"finest_px": finest, "codes_read": len(found) - 1}


def main(given: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """Return the rows of the table."""
    chosen = arguments(given, __doc__)
    distances, f_numbers = (
        ([400, 300], [2, 8]) if chosen.small else ([400, 340, 300, 260], [1.4, 2, 2.8, 4, 5.6, 8, 11])
    )
    pairs = [(n, d) for n in f_numbers for d in distances]
    lenses = [lens_of("flir-bfs-u3-04s2m", n, d) for n, d in pairs]
    together = {name: [lens[name] for lens in lenses] for name in lenses[0]}
    changes: dict[str, Any] = {"together": together}
    if chosen.small:
        changes["grid"] = {"speed": [0, 3500]}
    result = taken("codes", chosen, changes, read)
    rows = result.table.to_pylist()
    for row in rows:  # lenses walk in step, innermost
        row["f_number"], row["distance_mm"] = pairs[row["cell"] % len(pairs)]
        lens = Lens(mtf50=row["lens_mtf50"], defocus_px=row["lens_defocus_px"])
        row["contrast"] = lens.contrast(1 / 12)  # of modules that are 6 px wide
    curves, contrast = [], []
    for distance, colour in zip(distances, ("blue", "green", "red", "teal"), strict=False):
        still = sorted(
            (r for r in rows if r["distance_mm"] == distance and r["speed"] == 0), key=lambda r: r["f_number"]
        )
        x = [r["f_number"] for r in still]
        curves.append(Curve(x, [r["codes_read"] for r in still], f"{distance} mm", colour))
        contrast.append(Curve(x, [r["contrast"] for r in still], f"{distance} mm", colour))
    text = (
        f"{sum(r['codes_read'] == 3 for r in rows)} of {len(rows)} combinations let all three codes be read. "
    )
    text += f"The lens is focused at {FOCUS_mm:g} mm; nearer objects need a higher f-number."
    shown = [
        (plot("Codes that are read", "f-number", "codes", curves, x_log=True), "Of 3, without motion."),
        (
            plot("Contrast of the finest code", "f-number", "MTF at 1/12 cycles/px", contrast, x_log=True),
            "By lens and pixel. Below 0 black and white are exchanged: no reader can know.",
        ),
    ]
    answer(result, "Reading codes", text, shown, "codes.py")
    return rows


if __name__ == "__main__":
    main(sys.argv[1:])
