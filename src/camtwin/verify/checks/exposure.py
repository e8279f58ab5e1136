"""Exposure, gain and offset, and the modes of acquisition."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np

from camtwin.scene import Dark, Flat, Scene
from camtwin.units import MS, SEC
from camtwin.verify.case import Case, check
from camtwin.verify.checks.rates import interval_s
from camtwin.verify.scenes import Lamp, flash

PIXELS = 256 * 128


def mean_DN(case: Case, scene: Scene, frames: int = 1, **features: Any) -> float:
    """Mean of small Mono12 pictures."""
    cam = case.open(
        render=True, scene=scene, PixelFormat="Mono12", Width=256, Height=128, link_speed=None, **features
    )
    return float(np.mean([f.picture.mean() for f in cam.grab(frames)]))


def signal_DN(case: Case, photons_per_s: float, wavelength_nm: float = 536, **features: Any) -> float:
    """What the light adds to the dark picture."""
    lit = mean_DN(case, Flat(photons_per_s, wavelength_nm), **features)
    return lit - mean_DN(case, Dark(wavelength_nm), **features)


# -- exposure --------------------------------------------------------------------------------------
@check("baumer.exposure.min", heavy="pictures")
def exposure_min(case: Case) -> None:
    cam = case.open(ShortExposureTimeEnable=True)
    case.equal("lowest ExposureTime", cam.limits("ExposureTime")[0], case.claim.number)
    short: dict[str, Any] = {"ShortExposureTimeEnable": True}
    black = mean_DN(case, Dark(), **short, ExposureTime=5.0)
    light = flash(0, 10_000, 1e9)  # 280 DN a us, and soon over: rows that wait to be read gather little
    signal = {us: mean_DN(case, light, **short, ExposureTime=float(us)) - black for us in (1, 2, 5)}
    for us, DN in signal.items():
        noise = 5 * sqrt(2 * (DN + 1) / PIXELS)
        case.near(f"signal at {us} us", DN, us * signal[5] / 5, noise + us * signal[5] * 0.002, "DN")


@check("baumer.exposure.max", heavy="pictures")
def exposure_max(case: Case) -> None:
    """The same photons in 60 s and in 6 s."""
    cam = case.open()
    most = case.claim.number * 1e6
    case.equal("highest ExposureTime", cam.limits("ExposureTime")[1], most)
    case.refuses(cam, "ExposureTime", most + 1)
    long = signal_DN(case, 100.0, ExposureTime=most)
    short = signal_DN(case, 1000.0, ExposureTime=most / 10)
    case.near("signal of 60 s over that of a tenth of it in tenfold light", long / short, 1, 0.01)


@check("baumer.exposure.step")
def exposure_step(case: Case) -> None:
    cam = case.open(ReadoutMode="Sequential", Height=100, link_speed=None)
    case.equal("increment of ExposureTime", cam.increment("ExposureTime"), case.claim.number)
    found = []
    for us in (1000.0, 1001.0):
        case.takes(cam, "ExposureTime", us)
        found.append(interval_s(cam.grab(3)) * 1e6)
    case.near("longer by", found[1] - found[0], 1, 0.01, "us")


@check("baumer.exposure.short.enable")
def short_enable(case: Case) -> None:
    cam = case.open()
    low = []
    for on in (False, True, False):
        case.takes(cam, "ShortExposureTimeEnable", on)
        low.append(cam.limits("ExposureTime")[0])
    case.saw(f"lowest ExposureTime {low[0]:g}, {low[1]:g}, {low[2]:g} us")
    case.that("it changes the lower limit", low[1] < low[0] == low[2])


@check("baumer.exposure.short.range", "baumer.exposure.default.range")
def exposure_range(case: Case) -> None:
    short = "short" in case.claim.id
    cam = case.open(ShortExposureTimeEnable=short)
    low, high = case.claim.span
    case.limits(cam, "ExposureTime", low, high)
    case.refuses(cam, "ExposureTime", low - 1, high + 1)
    case.takes(cam, "ExposureTime", low, high)


@check("baumer.exposure.mode")
def exposure_mode(case: Case) -> None:
    """Pulses of 10 us and 3 ms on the trigger line, exposures alike."""
    cam = case.open(TriggerMode="On", TriggerSource="Line0", ExposureTime=1000, Height=100, link_speed=None)
    case.entries(cam, "ExposureMode", case.claim.names)
    cam.LineSelector, cam.LineSource = "Line3", "ExposureActive"
    cam.AcquisitionStart()
    for width in (10_000, 3 * MS):
        cam.lines["Line0"].pulse(width, delay_ns=MS)
        cam.advance(50 * MS)
    edges = [t for t, _ in cam.lines["Line3"].inner]
    widths = [b - a for a, b in zip(edges[-4::2], edges[-3::2], strict=True)]
    case.equal("frames", len(cam.fetch()), 2)
    case.equal("exposures, ns", widths, [MS, MS])


@check("basler.exposure.api", heavy="pictures")
def exposure_by_program(case: Case) -> None:
    for us in (1000.0, 2500.0):
        once, twice = (signal_DN(case, 1e6, ExposureMode="Timed", ExposureTime=k * us) for k in (1, 2))
        case.near(f"signal of {2 * us:g} us over that of {us:g} us", twice / once, 2, 0.02)


@check("basler.exposure.hardware", heavy="pictures")
def exposure_by_trigger(case: Case) -> None:
    """Pulses of 5 and 10 ms: the light of each goes by how long it is high."""
    signal = {}
    for ms in (5, 10):
        cam = case.open(
            render=True, scene=Flat(2e5), PixelFormat="Mono12", Width=256, Height=128, TriggerMode="On"
        )
        case.write(cam, TriggerSource="Line1", ExposureMode="TriggerWidth")
        black = mean_DN(case, Dark())
        cam.AcquisitionStart()
        cam.lines["Line1"].pulse(ms * MS, delay_ns=MS)
        cam.advance(SEC)
        frames = cam.fetch()
        case.equal(f"frames for a pulse of {ms} ms", len(frames), 1)
        signal[ms] = frames[0].picture.mean() - black
    case.near("signal of 5 ms over that of 10 ms", signal[5] / signal[10], 0.5, 0.01)


# -- gain and offset -------------------------------------------------------------------------------
@check("baumer.gain.range", heavy="pictures")
def gain(case: Case) -> None:
    """What light adds between two levels, so that black need not be known."""
    cam = case.open(
        render=True, scene=(lamp := Lamp()), PixelFormat="Mono12", Width=512, Height=256, link_speed=None
    )
    low, high = case.claim.span
    case.limits(cam, "Gain", low, high)
    case.write(cam, BlackLevel=255, ExposureTime=4000)
    response = {}
    for dB in (0.0, 6.02, high):
        cam.Gain = dB
        factor, mean = 10 ** (dB / 20), []
        for part in (0.15, 0.5):
            lamp.photons_per_s = part * 9500 / 0.673 / 0.004 / factor
            mean.append(float(np.mean([f.picture.mean() for f in cam.grab(2)])))
        response[dB] = (mean[1] - mean[0]) * factor
    case.near("6.02 dB is", response[6.02] / response[0.0], 2, 0.02)
    case.near(f"{high:g} dB is", response[high] / response[0.0], 251, 0.02 * 251)


@check("baumer.offset.range", heavy="pictures")
def offset(case: Case) -> None:
    low, high = case.claim.span
    case.limits(case.open(), "BlackLevel", low, high)
    dark = mean_DN(case, Dark())
    for value in (1, 100, int(high)):
        case.near(
            f"BlackLevel {value} moves dark by",
            mean_DN(case, Dark(), BlackLevel=value) - dark,
            value,
            1,
            "DN",
        )


# -- light -----------------------------------------------------------------------------------------
@check("baumer.optics.filter", heavy="pictures")
def no_filter(case: Case) -> None:
    near_infrared = signal_DN(case, 1e6, 850.0, ExposureTime=4000)
    case.saw(f"4000 photons of 850 nm give {near_infrared:.0f} DN of 12 bit")
    case.that("near-infrared light gives a signal", near_infrared > 20)


@check("baumer.sensor.shutter", "basler.sensor.shutter", heavy="pictures")
def global_shutter(case: Case) -> None:
    """A pulse of 100 us at the beginning, in the middle, at the end of 10 ms, and after them."""
    black = mean_DN(case, Dark())
    for at_us, lit in ((100, True), (4950, True), (9800, True), (10_100, False)):
        scene = flash(at_us * 1000, 100_000)
        cam = case.open(render=True, scene=scene, PixelFormat="Mono12", ExposureTime=10_000, link_speed=None)
        rows = np.round(cam.grab()[0].picture.mean(axis=1) - black, 1) + 0.0  # no -0
        case.saw(f"pulse at {at_us} us: rows {rows.min():.0f} to {rows.max():.0f} DN")
        if (rows.min() > 100) != lit or rows.max() - rows.min() > 0.05 * max(rows.max(), 100):
            case.wrong(f"a pulse {at_us} us into 10 ms gives rows of {rows.min():.0f} to {rows.max():.0f} DN")
