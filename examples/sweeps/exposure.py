"""Which exposure and gain reach a signal-to-noise ratio, and how far does a conveyor move meanwhile?"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from math import sqrt

from shared import answer, arguments, taken

import camtwin
from camtwin.report.plot import Curve, plot

SNR, SPEED_px_per_s, BLUR_px = 40.0, 1500.0, 1.0
FULL = 0.9
"""Share of the highest code up to which noise is not cut off."""
COLOURS = ("blue", "green", "red")


def theory(exposure_us: float, gain_dB: float, photons_per_s: float, model: str) -> float:
    """Return the signal-to-noise ratio by EMVA 1288's model, with the numbers of the data sheet."""
    sensor = camtwin.open(model, render=False).twin.renderer.parameters
    electrons = sensor.quantum_efficiency(536) * photons_per_s * exposure_us / 1e6
    gain = sensor.gain_DN_per_e * 10 ** (gain_dB / 20)
    noise_DN2 = gain**2 * (sensor.read_noise_e**2 + electrons) + 1 / 12
    return gain * electrons / sqrt(noise_DN2)


def main(given: Sequence[str] | None = None) -> list[tuple[float, float, float, float]]:
    """Return rows of gain, exposure, signal-to-noise ratio as measured and by theory."""
    chosen = arguments(given, __doc__)
    small = {"grid": {"Gain": [0, 12], "ExposureTime": [100, 500, 2000]}} if chosen.small else {}
    result, rows, curves = taken("exposure", chosen, small), [], []
    for each in result.table.to_pylist():
        if each["mean_DN"] > FULL * ((1 << each["bits"]) - 1):
            continue  # pixels are full, and have no noise to see
        snr = (each["mean_DN"] - each["black_DN"]) / each["temporal_DN"]
        model = theory(each["ExposureTime"], each["Gain"], each["photons"], each["model"])
        rows.append((each["Gain"], each["ExposureTime"], snr, model))
    for gain, colour in zip(sorted({row[0] for row in rows}), COLOURS, strict=False):
        _, x, y, model = zip(*(row for row in rows if row[0] == gain and row[2] > 1), strict=True)
        curves += [Curve(x, y, f"{gain} dB", colour, points=True), Curve(x, model, "", colour)]
    enough = [row for row in rows if row[2] >= SNR and row[0] == 0]
    limit_us = BLUR_px / SPEED_px_per_s * 1e6
    text = f"At {SPEED_px_per_s:g} px/s an exposure of {limit_us:.0f} us moves {BLUR_px:g} px. "
    text += f"A ratio of {SNR:g} " + (
        f"needs {min(row[1] for row in enough):.0f} us." if enough else "is not reached."
    )
    snr = plot("Signal-to-noise ratio", "exposure, us", "SNR", curves, x_log=True, y_log=True)
    x = sorted({row[1] for row in rows})
    blur = plot(
        "Blur on the conveyor",
        "exposure, us",
        "px",
        [Curve(x, [SPEED_px_per_s * t / 1e6 for t in x])],
        x_log=True,
    )
    words = "Points: measured on the twin's images. Lines: EMVA 1288's model with the data sheet's numbers."
    shown = [(snr, words), (blur, f"At {SPEED_px_per_s:g} px/s.")]
    answer(result, "Exposure and gain", text, shown, "exposure.py")
    return rows


if __name__ == "__main__":
    main(sys.argv[1:])
