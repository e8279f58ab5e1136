"""A rolling shutter, its exposure, and the converter behind it."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from camtwin.scene import Flat
from camtwin.session.session import Session
from camtwin.units import MS, US
from camtwin.verify.case import Case, check
from camtwin.verify.checks.colour_camera import DEEP, SMALL, camera, greens, shoot
from camtwin.verify.scenes import GREEN_nm, Ramp, flash

TOP_DN: Final = 4095
PULSE_ns: Final = 100 * US
LINE_us: Final = 1e6 / 18 / 3092
"""Of 18 frames a second with the fewest blank lines that the sensor takes."""


def lit(case: Case, cam: Session) -> NDArray[np.int64]:
    """Rows of the next picture that have seen light."""
    rows = greens(cam.grab()[0].picture).mean(axis=1)
    return np.flatnonzero(rows > np.median(rows) + 50)


def band(case: Case, delay_ns: int, **features: Any) -> NDArray[np.int64]:
    """Rows that a pulse of 100 us lights, so long after the begin of an exposure of 1 ms."""
    cam = camera(case, flash(delay_ns, PULSE_ns, 5e8), Width=240, PixelFormat=DEEP, ExposureTime=1000.0)
    case.write(cam, **features)
    if features:  # triggered: exposed at once
        cam.AcquisitionStart()
        cam.TriggerSoftware()
    return lit(case, cam)


@check("ids.sensor.shutter", "ids.acq.global_start", heavy="pictures")
def rows_in_turn(case: Case) -> None:
    """A pulse lights a band of rows, which moves as the pulse is later."""
    triggered = case.claim.id.endswith("start")
    trigger = {"TriggerMode": "On", "TriggerSource": "Software"} if triggered else {}
    if triggered:
        case.entries(case.open(), "SensorShutterMode", ["Rolling"])
        case.lacks(case.open(), "*GlobalReset*", "*GlobalStart*")
    delays = [10 * MS, 20 * MS, 30 * MS]
    bands = [band(case, delay, **trigger) for delay in delays]
    for rows in bands:
        case.within("rows lit", len(rows), 30, 100)
        case.equal("rows between first and last", int(rows[-1] - rows[0]) + 1, len(rows))
    middles = [float(rows.mean()) for rows in bands]
    steps = np.diff(middles)
    case.within("rows later for 10 ms", float(steps[0]), 0.9 * 1e4 / LINE_us, 1.1 * 1e4 / LINE_us)
    case.near("for the next 10 ms", float(steps[1]), float(steps[0]), 1)


# -- exposure ----------------------------------------------------------------------------------------
def signal_DN(case: Case, photons_per_s: float, us: float) -> float:
    """What light adds to green pixels in this time."""
    picture, dark = (
        shoot(case, Flat(rate, GREEN_nm), **SMALL, ExposureTime=us) for rate in (photons_per_s, 0.0)
    )
    return float(greens(picture).mean() - greens(dark).mean())


@check("ids.exposure.min", heavy="pictures")
def shortest(case: Case) -> None:
    cam, least = case.open(), case.claim.number * 1000
    case.near("lowest ExposureTime", cam.limits("ExposureTime")[0], least, LINE_us, "us")
    case.refuses(cam, "ExposureTime", 20.0)
    case.takes(cam, "ExposureTime", least)
    short, double = (signal_DN(case, 2e8, us) for us in (least, 2 * least))
    case.near("signal over that of twice the time", short / double, 0.5, 0.01)


@check("ids.exposure.max", heavy="pictures")
def longest(case: Case) -> None:
    cam, most = case.open(), case.claim.number * 1000
    case.near("highest ExposureTime", cam.limits("ExposureTime")[1], most, 1e-3 * most, "us")
    case.refuses(cam, "ExposureTime", 2e6)
    case.takes(cam, "ExposureTime", most)
    long, short = signal_DN(case, 4000.0, most), signal_DN(case, 40_000.0, most / 10)
    case.near("signal over that of a tenth in tenfold light", long / short, 1, 0.01)


@check("ids.acq.trigger_width", heavy="pictures")
def width_of_pulses(case: Case) -> None:
    case.entries(case.open(), "ExposureMode", ["Timed"])
    means = []
    for width_ns in (10 * US, 30 * MS):
        cam = camera(case, Flat(5e5, GREEN_nm), **SMALL, ExposureTime=5000.0)
        case.write(cam, TriggerMode="On", TriggerSource="Line0")
        cam.AcquisitionStart()
        cam.lines["Line0"].pulse(width_ns)
        cam.advance(200 * MS)
        (frame,) = cam.fetch()
        means.append(float(greens(frame.picture).mean()))
    case.near("mean for a pulse of 30 ms over that of 10 us", means[1] / means[0], 1, 1e-3)


# -- response ----------------------------------------------------------------------------------------
@check("ids.sensor.characteristic", heavy="pictures")
def linear(case: Case) -> None:
    """Exposures from 5 to 90 % of saturation, against the line through them and zero."""
    full_us = 10_000.0
    rate = 1e6
    rate *= 0.9 * (TOP_DN - 256) / signal_DN(case, rate / 2, full_us) / 2
    times = np.linspace(0.05 / 0.9, 1, 10) * full_us
    found = np.array([signal_DN(case, rate, round(us)) for us in times])
    times = np.array([round(us) for us in times])
    slope = float((found / times).mean())
    case.within("from", found[0] / TOP_DN, 0.03, 0.06)
    case.within("to", found[-1] / TOP_DN, 0.8, 0.95)
    worst = float(np.abs(found / (slope * times) - 1).max())
    case.within("off the line by at most", 100 * worst, 0, 1, "%")


@check("ids.sensor.adc_bits", heavy="pictures")
def every_code(case: Case) -> None:
    """A ramp of light over the columns: in each span of 64 codes odd and even ones come as often."""
    scene = Ramp(row=0, column=450, base=0)
    picture = shoot(case, scene, PixelFormat=DEEP, Height=800)
    codes = greens(picture).astype(int).ravel()
    black = int(np.median(greens(shoot(case, Flat(0.0), **SMALL))))
    counts = np.bincount(codes, minlength=TOP_DN + 1)
    case.saw(f"codes {codes.min()} to {codes.max()}")
    case.equal("highest code", int(codes.max()), TOP_DN)
    for start in range(64 * (black // 64 + 1), TOP_DN - 127, 64):
        span = counts[start : start + 64].reshape(-1, 2)
        even, odd = (int(n) for n in span.sum(axis=0))
        if abs(even - odd) > 5 * np.sqrt(even + odd) or not span.all():
            case.wrong(f"codes {start} to {start + 63}: {even} even, {odd} odd")
    case.saw(f"odd and even from {black} on")
    case.leaves_out(f"codes below black, {black}, which no light gives")
