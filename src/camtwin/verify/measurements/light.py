"""Measure images in known light: exposure, gain, black level, shutter, and the curve of the response."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import sqrt
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from camtwin.scene import Dark, Flat, Scene, Spectrum
from camtwin.session.frame import Frame
from camtwin.session.session import Session
from camtwin.units import MS, SEC, US
from camtwin.verify.case import Case, shown
from camtwin.verify.measurements.rates import interval_s
from camtwin.verify.measures import Value, measurement
from camtwin.verify.scenes import LENS, GREEN_nm, LINES_nm, Ramp, flash

SMALL: Final[Mapping[str, Value]] = {"Width": 240, "Height": 128}
PIXELS: Final = 240 * 128
SCALE_us: Final = {"s": 1e6, "ms": 1e3, "us": 1.0}


def claimed_us(case: Case) -> float:
    """Return the claim's time in microseconds, as features have it."""
    return case.claim.number * SCALE_us[case.claim.unit]


def camera(case: Case, scene: Scene, features: Mapping[str, Value], **more: Value) -> Session:
    """Open a camera that takes small pictures of a scene, with nothing between it and the host."""
    small = {name: pixels for name, pixels in SMALL.items() if name not in features}
    return case.open({**features, **small, **more}, scene=scene, link_speed=None)


def phases(picture: NDArray[Any]) -> NDArray[np.float64]:
    """Average each of the four pixels of a mosaic, row by row; without a mosaic they are alike."""
    return np.array([picture[r::2, c::2].mean() for r in (0, 1) for c in (0, 1)])


def level_DN(frame: Frame) -> float:
    """Average a picture, its green pixels where it has a mosaic."""
    green = [letter == "G" for letter in frame.pixel_format.mosaic or "GGGG"]
    return float(phases(frame.picture)[green].mean())


def mean_DN(case: Case, scene: Scene, features: Mapping[str, Value], **more: Value) -> float:
    """Measure the level of a small picture."""
    return level_DN(camera(case, scene, features, **more).grab()[0])


def signal_DN(case: Case, scene: Scene, features: Mapping[str, Value], **more: Value) -> float:
    """Measure the signal that a scene adds to the dark image."""
    return mean_DN(case, scene, features, **more) - mean_DN(case, Dark(), features, **more)


# -- figures -------------------------------------------------------------------------------------------
FIGURES: Final[dict[str, Callable[[Frame, Frame, Frame], float]]] = {
    "level": lambda one, two, dark: level_DN(one),
    "signal": lambda one, two, dark: level_DN(one) - level_DN(dark),
    "noise": lambda one, two, dark: temporal_DN(one, two),
    "snr": lambda one, two, dark: (level_DN(one) - level_DN(dark)) / temporal_DN(one, two),
    "spread": lambda one, two, dark: float(np.ptp(phases(one.picture)) / one.picture.mean()),
    "lowest": lambda one, two, dark: int(one.picture.min()),
    "highest": lambda one, two, dark: int(one.picture.max()),
    "rests": lambda one, two, dark: len(np.unique(one.picture % 4)),
}
"""Figures of two pictures of the same light, and one in the dark. spread: of the four phases of a mosaic;
rests: how many of the four that codes leave when they are divided by four."""


def temporal_DN(one: Frame, two: Frame) -> float:
    """Measure the temporal noise of pixels of one colour."""
    return float(np.std(one.picture[::2, ::2].astype(float) - two.picture[::2, ::2]) / sqrt(2))


def figure_of(case: Case, figure: str, settings: Mapping[str, Value]) -> float:
    """Measure a figure with these settings: features, and photons per second, nm and degC of the world."""
    features = dict(settings)
    rate, nm = float(features.pop("photons", 0)), float(features.pop("nm", GREEN_nm))
    degC, taken = features.pop("degC", None), list[Frame]()
    for photons, count in ((rate, 2), (0.0, 1)):
        cam = camera(case, Flat(photons, nm), features)
        if degC is not None:
            cam.world.hold_internal_C(float(degC))
        taken += cam.grab(count)
    return FIGURES[figure](*taken)


@measurement("picture", heavy="pictures")
def picture(case: Case, figure: str, low: float, high: float, **settings: Value) -> None:
    """Require a figure of small pictures between two numbers, with features, `photons`, `nm` and `degC`."""
    what = ", ".join(f"{name} {value}" for name, value in settings.items())
    case.within(f"{figure} with {what}", figure_of(case, figure, settings), low, high)


@measurement("picture_ratio", heavy="pictures")
def picture_ratio(
    case: Case,
    figure: str,
    wanted: float,
    tolerance: float,
    name: str,
    first: Value,
    second: Value,
    *,
    less: bool = False,
    **settings: Value,
) -> None:
    """Compare a figure with two values of a setting: the first over the second, or `less` the second."""
    one, other = (figure_of(case, figure, {name: value, **settings}) for value in (first, second))
    what = f"{figure} with {name} {shown(first)} {'less' if less else 'over'} that with {shown(second)}"
    case.near(what, one - other if less else one / other, wanted, tolerance)


# -- exposure ------------------------------------------------------------------------------------------
@measurement("exposures_proportional", heavy="pictures")
def exposures_proportional(
    case: Case, photons_per_s: float, within: float, *us: float, lit_us: float = 0.0, **features: Value
) -> None:
    """Require signals in proportion to these exposure times, within a part of the last one's and the noise.

    lit_us: the light goes out then, so that rows that wait to be read gather little.
    """
    scene = flash(0, round(lit_us * US), photons_per_s) if lit_us else Flat(photons_per_s, GREEN_nm)
    signals = [signal_DN(case, scene, features, ExposureTime=t) for t in us]
    for t, DN in zip(us, signals, strict=True):
        wanted, noise = t * signals[-1] / us[-1], 5 * sqrt(2 * (DN + 1) / PIXELS)
        case.near(f"signal at {t:g} us", DN, wanted, noise + within * wanted, "DN")


@measurement("exposure_step")
def exposure_step(case: Case, us: float, **features: Value) -> None:
    """Require that an exposure longer by the claim's step makes frames come later by as much."""
    cam = case.open(features, link_speed=None)
    step, intervals_us = claimed_us(case), list[float]()
    for exposure in (us, us + step):
        case.takes(cam, "ExposureTime", exposure)
        intervals_us.append(interval_s(cam.grab(3)) * 1e6)
    case.near("longer by", intervals_us[1] - intervals_us[0], step, 0.01, "us")


@measurement("pulse_width", heavy="pictures")
def pulse_width(
    case: Case, line: str, short_us: float, long_us: float, ratio: float, within: float, **features: Value
) -> None:
    """Compare the signals for pulses of two widths on a line: the ratio is 1 where width does nothing."""
    signals, black = list[float](), mean_DN(case, Dark(), features)
    for us in (short_us, long_us):
        cam = camera(case, Flat(2e5, GREEN_nm), features, TriggerMode="On", TriggerSource=line)
        cam.AcquisitionStart()
        cam.lines[line].pulse(round(us * US), delay_ns=MS)
        cam.advance(SEC)
        frames = cam.fetch()
        case.equal(f"frames for a pulse of {us:g} us", len(frames), 1)
        signals.append(level_DN(frames[0]) - black)
    what = f"signal of {short_us:g} us over that of {long_us:g} us"
    case.near(what, signals[0] / signals[1], ratio, within)


# -- shutter -------------------------------------------------------------------------------------------
@measurement("rows_together", heavy="pictures")
def rows_together(case: Case, **features: Value) -> None:
    """Pulse the light for 100 us at the beginning, in the middle, at the end of 10 ms, and after them."""
    black = mean_DN(case, Dark(), features)
    for at_us, lit in ((100, True), (4950, True), (9800, True), (10_100, False)):
        cam = camera(case, flash(at_us * US, 100 * US), features, ExposureTime=10_000)
        rows = np.round(cam.grab()[0].picture.mean(axis=1) - black, 1) + 0.0  # no -0
        case.saw(f"pulse at {at_us} us: rows {rows.min():.0f} to {rows.max():.0f} DN")
        if (rows.min() > 100) != lit or rows.max() - rows.min() > 0.05 * max(rows.max(), 100):
            case.wrong(f"a pulse {at_us} us into 10 ms gives rows of {rows.min():.0f} to {rows.max():.0f} DN")


@measurement("rows_in_turn", heavy="pictures")
def rows_in_turn(case: Case, line_us: float, triggered: bool = False, **features: Value) -> None:
    """Light a band of rows by a pulse of 100 us: it moves by a row for every `line_us` of delay."""
    step_ns = round(556 * line_us) * US
    middles: list[float] = []
    expected = (1000 + 100) / line_us  # rows whose exposure of 1000 us meets the pulse
    for delay in (1, 2, 3):
        scene = flash(delay * step_ns, 100 * US, 5e8)
        cam = case.open(features, scene=scene, link_speed=None, ExposureTime=1000.0)
        if triggered:
            case.write(cam, TriggerMode="On", TriggerSource="Software")
            cam.AcquisitionStart()
            cam.TriggerSoftware()
        means = cam.grab()[0].picture.astype(float).mean(axis=1)
        pairs = np.repeat((means[0::2] + means[1::2]) / 2, 2)  # rows of a mosaic see other colours
        rows = np.flatnonzero(pairs > np.median(pairs) + 25)
        case.within("rows lit", len(rows), expected / 2, 1.6 * expected)
        case.equal("rows between first and last", int(rows[-1] - rows[0]) + 1, len(rows))
        middles.append(float(rows.mean()))
    first, second = np.diff(middles).tolist()
    case.within(f"rows later for {step_ns / MS:g} ms", first, 0.9 * 556, 1.1 * 556)
    case.near("for the next", second, first, 1)


# -- response ------------------------------------------------------------------------------------------
@measurement("every_code", heavy="pictures")
def every_code(case: Case, column: float, **features: Value) -> None:
    """Find each code of the claim's bits above black in a ramp of light over the columns.

    In each span of 64 codes odd and even ones come as often.
    """
    top_DN = 2 ** int(case.claim.number) - 1
    codes = case.shot(features, Ramp(row=0, column=column, base=0), None).picture.ravel()
    black = int(np.median(camera(case, Dark(), {**features, **SMALL}).grab()[0].picture))
    counts = np.bincount(codes, minlength=top_DN + 1)
    case.saw(f"codes {codes.min()} to {codes.max()}")
    case.equal("highest code", int(codes.max()), top_DN)
    odd_and_even(case, counts, 64 * (black // 64 + 1), top_DN - 127)


def odd_and_even(case: Case, counts: NDArray[np.int64], first: int, end: int) -> None:
    """Require that each code comes, and odd ones as often as even ones in each span of 64 codes."""
    for start in range(first, end, 64):
        span = counts[start : start + 64].reshape(-1, 2)
        even, odd = (int(n) for n in span.sum(axis=0))
        if abs(even - odd) > 5 * np.sqrt(even + odd) or not span.all():
            case.wrong(f"codes {start} to {start + 63}: {even} even, {odd} odd")
    case.saw(f"odd and even from {first} on")


@measurement("sums_over_spectrum", heavy="pictures")
def sums_over_spectrum(case: Case, photons_per_s: float, **features: Value) -> None:
    """Compare lamps of several lines, bare and behind a lens, with the sum of what their lines give alone."""
    curve = {nm: signal_DN(case, Flat(photons_per_s, nm), features) / photons_per_s for nm in LINES_nm}
    case.saw("response over that at 540 nm: " + ", ".join(f"{r / curve[540.0]:.3f}" for r in curve.values()))
    lamp = Spectrum("three lines", tuple(LINES_nm), tuple(LINES_nm.values()))
    behind, left = lamp.filtered("behind the lens", LENS.__getitem__)
    bare = ("bare lamp", lamp, 1.0, dict.fromkeys(LENS, 1.0))
    for what, light, share, passed in (bare, ("behind the lens", behind, left, LENS)):
        DN = signal_DN(case, Flat(photons_per_s * share, light), features)
        wanted = photons_per_s * sum(n * passed[nm] * curve[nm] for nm, n in LINES_nm.items())
        case.near(what, DN, wanted, 0.005 * wanted, "DN")
