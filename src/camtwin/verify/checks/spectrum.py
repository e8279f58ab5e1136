"""Light of several wavelengths: what a sensor makes of it."""

from __future__ import annotations

from camtwin.scene import Dark, Flat, Spectrum
from camtwin.verify.case import Case, check
from camtwin.verify.checks.exposure import mean_DN, signal_DN

PHOTONS_PER_S = 4e5
LINES = {460.0: 0.5, 540.0: 0.3, 650.0: 0.2}
"""A lamp of three lines, as shares of its photons."""
LENS = {460.0: 0.4, 540.0: 0.9, 650.0: 0.7}
"""What a coloured lens lets through."""


@check("basler.sensor.spectral", heavy="pictures")
def integral(case: Case) -> None:
    """The curve, line by line; then lamps of several lines, bare and behind a lens, against its integral."""
    curve = {nm: signal_DN(case, PHOTONS_PER_S, nm, ExposureTime=5000) / PHOTONS_PER_S for nm in LINES}
    case.saw("response over that at 540 nm: " + ", ".join(f"{r / curve[540.0]:.3f}" for r in curve.values()))
    lamp = Spectrum("three lines", tuple(LINES), tuple(LINES.values()))
    behind, left = lamp.filtered("behind the lens", LENS.__getitem__)
    black = mean_DN(case, Dark(), ExposureTime=5000)
    for what, light, share, passed in (
        ("bare lamp", lamp, 1.0, dict.fromkeys(LENS, 1.0)),
        ("behind the lens", behind, left, LENS),
    ):
        lit = mean_DN(case, Flat(PHOTONS_PER_S * share, light), ExposureTime=5000) - black
        wanted = PHOTONS_PER_S * sum(n * passed[nm] * curve[nm] for nm, n in LINES.items())
        case.near(what, lit, wanted, 0.005 * wanted, "DN")
