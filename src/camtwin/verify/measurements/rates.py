"""Frame rates: of the sensor, of the link behind it, and what they depend on."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from math import floor
from typing import Final, Literal

from camtwin.session.frame import Frame
from camtwin.session.session import Session
from camtwin.units import MS, SEC
from camtwin.verify.case import Case
from camtwin.verify.measures import Value, measurement

FRAMES: Final = 50
RECEIVED_s: Final = 5
NONE: Final = "none"
"""A link that is not in the way."""
How = Literal["free", "received", "triggered"]


def interval_s(frames: Sequence[Frame]) -> float:
    """Measure from one exposure to the next, by the camera's clock."""
    return (frames[-1].timestamp_ns - frames[0].timestamp_ns) / (len(frames) - 1) / SEC


def shortest(case: Case, features: Mapping[str, Value] | None = None, link: str = "sheet") -> Session:
    """Open a camera in free run with its shortest exposure, behind a link of a speed like `1G`."""
    cam = case.open({"TriggerMode": "Off", **(features or {})}, link_speed=None if link == NONE else link)
    if "ExposureTime" not in (features or {}):
        case.write(cam, ExposureTime=cam.limits("ExposureTime")[0])
    return cam


def received(case: Case, cam: Session, trigger_ns: int = 0) -> float:
    """Count frames per second at the host, over five seconds and ten frames at least, after one to settle.

    trigger_ns: between triggers, if there are any.
    """
    if trigger_ns:
        case.write(cam, TriggerMode="On", TriggerSource="Software")
    cam.AcquisitionStart()
    times, settled = list[int](), cam.now + SEC
    while cam.now - settled < RECEIVED_s * SEC or len(times) < 10:
        if trigger_ns:
            cam.TriggerSoftware()
        cam.advance(trigger_ns or 100 * MS)
        if cam.now - settled > 100 * SEC:
            case.wrong(f"{len(times)} frames came in 100 s")
        times += [frame.received_ns for frame in cam.fetch() if frame.received_ns > settled]
    cam.AcquisitionStop()
    return (len(times) - 1) * SEC / (times[-1] - times[0])


def rate_of(case: Case, cam: Session, how: How, frames: int = FRAMES) -> float:
    """Measure frames a second: as exposed in free run, at a host, or triggered too fast."""
    if how == "free":
        return 1 / interval_s(cam.grab(frames + 1))
    return received(case, cam, MS if how == "triggered" else 0)


# -- how fast it is ------------------------------------------------------------------------------------
@measurement("rate", heavy="rates")
def rate(
    case: Case,
    how: How,
    size: str = "full",
    link: str = NONE,
    *,
    within: float = 0.0,
    fps: float = 0.0,
    above: float = 0.0,
    **features: Value,
) -> None:
    """Measure the claim's frames a second, rounded down: as exposed, received at a host, triggered.

    size    a region, `640x480`
    within  not rounded, but so near to the claim, or to `fps`
    above   more than that
    """
    if region := re.fullmatch(r"(\d+)x(\d+)", size):
        features = {**features, "Width": int(region[1]), "Height": int(region[2])}
    cam = case.open(features, link_speed=link) if how == "triggered" else shortest(case, features, link)
    found = rate_of(case, cam, how, 4 * FRAMES if within or above else FRAMES)
    case.saw(f"{found:.2f} fps at {cam.Width} x {cam.Height}")
    if above:
        case.within("frames a second", found, above, 1e3)
    elif within:
        case.near("frames a second", found, fps or case.claim.number, within)
    else:
        case.equal("integer part", floor(found), int(case.claim.number))


# -- what it depends on --------------------------------------------------------------------------------
@measurement("interval_ratio")
def interval_ratio(
    case: Case,
    ratio: float,
    tolerance: float,
    how: How = "free",
    link: str = NONE,
    base_link: str = "",
    frames: int = FRAMES,
    **features: Value,
) -> None:
    """Compare the time between frames with these features, or on a link, with that without, or on another."""
    base = rate_of(case, shortest(case, {}, base_link or link), how, frames)
    found = base / rate_of(case, shortest(case, features, link), how, frames)
    what = ", ".join([*(f"{name} {value}" for name, value in features.items()), *[link] * bool(base_link)])
    before = f"on {base_link}" if base_link else "without"
    case.near(f"{what}: interval over that {before}", found, ratio, tolerance)


@measurement("throughput", heavy="rates")
def throughput(case: Case, link: str, low_MB_per_s: float, high_MB_per_s: float, **features: Value) -> None:
    """Measure the bytes that a host receives a second through a link of this speed."""
    cam = case.open(features, link_speed=link)
    MB_per_s = received(case, cam) * cam.PayloadSize / 1e6
    case.within(f"streamed at {link}", MB_per_s, low_MB_per_s, high_MB_per_s, "MB/s")


@measurement("triggered_limit")
def triggered_limit(case: Case, link: str) -> None:
    """Give more triggers than the camera can take: the rate stays, so it is the limit."""
    rates = [received(case, case.open(link_speed=link), every) for every in (MS, 2 * MS)]
    case.near("rate at 1000 and 500 triggers a second", rates[0], rates[1], 0.02 * rates[1], "fps")


# -- the rate that is asked for ------------------------------------------------------------------------
@measurement("set_rate")
def set_rate(case: Case, *wanted: float) -> None:
    """Require frames at the AcquisitionFrameRate that is written, the claim's or these."""
    for fps in wanted or (case.claim.number,):
        cam = shortest(case, {"AcquisitionFrameRateEnable": True}, NONE)
        case.takes(cam, "AcquisitionFrameRate", fps)
        case.near(f"interval at {fps:g} Hz", interval_s(cam.grab(2)), 1 / fps, 1e-6, "s")


@measurement("pulsed_rate", heavy="rates")
def pulsed_rate(case: Case, line: str, tolerance: float, *hertz: float) -> None:
    """Require the claim's frames a second within a part of it for so many pulses on a line, or as many.

    Where they are as many as claimed, each gives a frame.
    """
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
