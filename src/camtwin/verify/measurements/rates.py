"""Frame rates: of the sensor, of the link behind it, and what they depend on."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from math import floor
from typing import Final

from camtwin.session.frame import Frame
from camtwin.session.session import Session
from camtwin.units import MS, SEC
from camtwin.verify.case import Case, shown
from camtwin.verify.measures import Value, measurement

FRAMES: Final = 50
RECEIVED_s: Final = 5
NONE: Final = "none"
"""A link that is not in the way."""
UNITS: Final = {"G": 1e9, "M": 1e6}


def interval_s(frames: Sequence[Frame]) -> float:
    """From one exposure to the next, by the camera's clock."""
    return (frames[-1].timestamp_ns - frames[0].timestamp_ns) / (len(frames) - 1) / SEC


def shortest(case: Case, features: Mapping[str, Value] | None = None, link: str = "sheet") -> Session:
    """Open a camera in free run with its shortest exposure, behind a link of a speed like `1G`."""
    cam = case.open(features, link_speed=None if link == NONE else link)
    case.write(cam, TriggerMode="Off", ExposureTime=cam.limits("ExposureTime")[0])
    return cam


def free_interval_s(
    case: Case, features: Mapping[str, Value], frames: int = FRAMES, link: str = NONE
) -> float:
    """From one exposure to the next in free run."""
    return interval_s(shortest(case, features, link).grab(frames))


def received(case: Case, cam: Session) -> float:
    """Frames per second at the host, over five seconds and ten frames at least."""
    frames = cam.grab(10)
    cam.AcquisitionStart()
    cam.advance(SEC)
    cam.fetch()
    start, count, first, last = cam.now, 0, None, None
    while cam.now - start < RECEIVED_s * SEC or count < len(frames):
        cam.advance(100 * MS)
        if cam.now - start > 100 * SEC:
            case.wrong(f"{count} frames came in 100 s")
        for frame in cam.fetch():
            first, last, count = first or frame, frame, count + 1
    cam.AcquisitionStop()
    assert first is not None
    assert last is not None
    return (count - 1) * SEC / (last.received_ns - first.received_ns)


def triggered(case: Case, cam: Session, every_ns: int = MS) -> float:
    """Frames per second at the host, triggered faster than the camera can."""
    case.write(cam, TriggerMode="On", TriggerSource="Software")
    cam.AcquisitionStart()
    begun, frames = cam.now, list[Frame]()
    while cam.now - begun < (RECEIVED_s + 1) * SEC:
        cam.TriggerSoftware()
        cam.advance(every_ns)
        frames += cam.fetch()
    cam.AcquisitionStop()
    case.saw(f"{len(frames)} frames received")
    return (len(frames) - 3) * SEC / (frames[-1].received_ns - frames[2].received_ns)


def whole(case: Case, rate: float, cam: Session) -> None:
    """The claim is a rate without what stands behind its point."""
    case.saw(f"{rate:.2f} fps at {cam.Width} x {cam.Height}")
    case.equal("integer part", floor(rate), int(case.claim.number))


# -- how fast it is ------------------------------------------------------------------------------------
@measurement("rate", heavy="rates")
def rate(case: Case, how: str, size: str = "full", link: str = NONE, **features: Value) -> None:
    """Frames a second are the claim's, rounded down: `free`, as exposed; `received`, at a host; `triggered`.

    size: a region, `640x480`."""
    if region := re.fullmatch(r"(\d+)x(\d+)", size):
        features = {**features, "Width": int(region[1]), "Height": int(region[2])}
    if how == "triggered":
        cam = case.open(features, link_speed=link)
        whole(case, triggered(case, cam), cam)
        return
    cam = shortest(case, features, link)
    whole(case, received(case, cam) if how == "received" else 1 / interval_s(cam.grab(FRAMES + 1)), cam)


@measurement("rate_near", heavy="rates")
def rate_near(case: Case, tolerance: float, fps: float = 0.0, **features: Value) -> None:
    """Frames a second in free run, on the link that it has, are the claim's, or `fps`, within a tolerance."""
    wanted = fps or case.claim.number
    found = 1 / free_interval_s(case, features, 201, "sheet")
    case.near("frames a second over 200 frames", found, wanted, tolerance)


@measurement("resulting_rate", heavy="rates")
def resulting_rate(case: Case, **features: Value) -> None:
    """The rate that the camera foretells is the one that it reaches, within 1 %."""
    cam = shortest(case, features)
    found = 1 / interval_s(cam.grab(FRAMES))
    case.near("ResultingFrameRate", cam.ResultingFrameRate, found, 0.01 * found, "fps")


@measurement("rate_above", heavy="rates")
def rate_above(case: Case, fps: float, **features: Value) -> None:
    """Frames a second in free run, on the link that it has, are more than that."""
    case.within("frames a second", 1 / free_interval_s(case, features, 100, "sheet"), fps, 1e3)


# -- what it depends on --------------------------------------------------------------------------------
@measurement("interval_ratio")
def interval_ratio(case: Case, ratio: float, tolerance: float, link: str = NONE, **features: Value) -> None:
    """With these features the time between frames changes by this ratio, within a tolerance."""
    found = free_interval_s(case, features, link=link) / free_interval_s(case, {}, link=link)
    what = ", ".join(f"{name} {value}" for name, value in features.items())
    case.near(f"{what}: interval over that without", found, ratio, tolerance)


@measurement("received_ratio")
def received_ratio(case: Case, slow: str, fast: str, tolerance: float) -> None:
    """Frames that a host receives go in proportion to the speed of the link, within a tolerance."""
    speeds = [float(speed[:-1]) * UNITS[speed[-1]] for speed in (slow, fast)]
    rates = [received(case, shortest(case, {}, speed)) for speed in (slow, fast)]
    case.near(f"rate at {slow} over that at {fast}", rates[0] / rates[1], speeds[0] / speeds[1], tolerance)


@measurement("throughput")
def throughput(case: Case, link: str, low_MB_per_s: float, high_MB_per_s: float, **features: Value) -> None:
    """A host receives so many bytes a second through a link of this speed."""
    cam = case.open(features, link_speed=link)
    MB_per_s = received(case, cam) * cam.PayloadSize / 1e6
    case.within(f"streamed at {link}", MB_per_s, low_MB_per_s, high_MB_per_s, "MB/s")


@measurement("bus_speed", heavy="rates")
def bus_speed(case: Case, slow: str, slow_MB_per_s: float, **features: Value) -> None:
    """The speed named and the bytes received are the claim's Gbit/s less coding, half of it at least.

    So they are on a slow bus: at most `slow_MB_per_s`."""
    fast_MB_per_s = case.claim.number * 1e3 / 10  # 8 bits of 10 are data
    for link, low, high in (("sheet", fast_MB_per_s / 2, fast_MB_per_s), (slow, 1, slow_MB_per_s)):
        named = case.open(features, link_speed=link).DeviceLinkSpeed
        case.within(f"DeviceLinkSpeed, {link}", named / 1e6, low, high, "MB/s")
        throughput(case, link, low, high, **features)


@measurement("rate_conditions", heavy="rates")
def rate_conditions(case: Case, link: str, **others: Value) -> None:
    """A host receives most in free run at the shortest exposure: less with each of these other settings."""
    cam = shortest(case, {}, link)
    case.equal("TriggerMode", cam.TriggerMode, "Off")
    case.equal("ExposureTime", cam.ExposureTime, cam.limits("ExposureTime")[0])
    best = received(case, cam)
    for name, value in others.items():
        cam = shortest(case, {}, link)
        case.write(cam, **{name: value})
        case.within(f"{name} {shown(value)}: rate over that without", received(case, cam) / best, 0, 0.9)


@measurement("sensor_rate_kept")
def sensor_rate_kept(case: Case, slow: str, fast: str) -> None:
    """The first two frames are as far apart behind a slow link as behind a fast one."""
    first = [interval_s(shortest(case, {}, speed).grab(2)) for speed in (slow, fast)]
    case.near("first interval of the sensor", first[0], first[1], 1e-6, "s")


@measurement("triggered_limit")
def triggered_limit(case: Case, link: str) -> None:
    """More triggers than the camera can take: the rate stays, so it is the limit."""
    rates = [triggered(case, case.open(link_speed=link), every) for every in (MS, 2 * MS)]
    case.near("rate at 1000 and 500 triggers a second", rates[0], rates[1], 0.02 * rates[1], "fps")


# -- the rate that is asked for ------------------------------------------------------------------------
@measurement("set_rate")
def set_rate(case: Case, *wanted: float) -> None:
    """Frames come at the AcquisitionFrameRate that is written, the claim's or these."""
    for fps in wanted or (case.claim.number,):
        cam = shortest(case, {"AcquisitionFrameRateEnable": True}, NONE)
        case.takes(cam, "AcquisitionFrameRate", fps)
        case.near(f"interval at {fps:g} Hz", interval_s(cam.grab(2)), 1 / fps, 1e-6, "s")


@measurement("highest_rate")
def highest_rate(case: Case) -> None:
    """At the highest AcquisitionFrameRate frames come as fast as they can without any."""
    free = interval_s(shortest(case, {}, NONE).grab(3))
    cam = shortest(case, {"AcquisitionFrameRateEnable": True}, NONE)
    case.write(cam, AcquisitionFrameRate=cam.limits("AcquisitionFrameRate")[1])
    case.near("interval at the highest rate", interval_s(cam.grab(3)), free, 1e-6, "s")


@measurement("rate_off")
def rate_off(case: Case, fps: float) -> None:
    """A low rate, `fps`, is kept while it is on; switched off, frames come as fast as at the highest."""
    highest_rate(case)
    free = interval_s(shortest(case, {}, NONE).grab(3))
    cam = shortest(case, {"AcquisitionFrameRateEnable": True, "AcquisitionFrameRate": fps}, NONE)
    case.near(f"interval at {fps:g} Hz", interval_s(cam.grab(3)), 1 / fps, 1e-6, "s")
    case.write(cam, AcquisitionFrameRateEnable=False)
    case.near("interval, off", interval_s(cam.grab(3)), free, 1e-6, "s")


# -- pulses --------------------------------------------------------------------------------------------
@measurement("pulsed_rate", heavy="rates")
def pulsed_rate(case: Case, line: str, tolerance: float, *hertz: float) -> None:
    """Pulses on a line give the claim's frames a second within a part of it: `hertz` of them, or as many.

    Where they are as many as claimed, each gives a frame."""
    for often in hertz or (case.claim.number,):
        cam = shortest(case, {"TriggerSource": line})
        case.write(cam, TriggerMode="On")
        cam.AcquisitionStart()
        count = round(often * 2 * RECEIVED_s)
        cam.lines[line].pulse(100_000, period_ns=round(SEC / often), count=count, delay_ns=MS)
        cam.advance(2 * RECEIVED_s * SEC + 100 * MS)
        frames = cam.fetch()
        if not hertz:
            case.equal(f"frames for {count} pulses at {often:g} Hz", len(frames), count)
        case.that("frames come", len(frames) > 1)
        wanted = case.claim.number
        case.near(f"at {often:g} Hz, frames a second", 1 / interval_s(frames), wanted, tolerance * wanted)
