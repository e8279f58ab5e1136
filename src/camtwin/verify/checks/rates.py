"""Frame rates: of the sensor, and of the link behind it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import floor
from typing import Any, Final

from camtwin.session.frame import Frame
from camtwin.session.session import Session
from camtwin.units import MS, SEC
from camtwin.verify.case import Case, check
from camtwin.verify.claims import load

JUMBO: Final = 9000
GIGABIT: Final = "1G"
FRAMES: Final = 50
RECEIVED_s: Final = 5
TABLE: Final = [
    c for c in load("baumer-vcxg-124m") if c.startswith(("baumer.acq.framerate.", "baumer.iface.framerate."))
]
BINNED: Final = {"bin2x2": (2, 2), "bin2x1": (2, 1), "bin1x2": (1, 2)}
TRIGGERED: Final = ("full", *BINNED)


def interval_s(frames: Sequence[Frame]) -> float:
    """From one exposure to the next, by the camera's clock."""
    return (frames[-1].timestamp_ns - frames[0].timestamp_ns) / (len(frames) - 1) / SEC


def received_per_s(frames: Sequence[Frame]) -> float:
    return (len(frames) - 1) * SEC / (frames[-1].received_ns - frames[0].received_ns)


def shortest(case: Case, **options: Any) -> Session:
    """A camera in free run with its shortest exposure, Mono8."""
    cam = case.open(PixelFormat="Mono8", TriggerMode="Off", **options)
    cam.ExposureTime = cam.limits("ExposureTime")[0]
    return cam


def region(case: Case, cam: Session) -> None:
    """The region that the claim speaks of."""
    if size := re.search(r"(\d+) x (\d+)", case.claim.claim):
        case.write(cam, Width=int(size[1]), Height=int(size[2]))


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
    begun, frames = cam.now, []
    while cam.now - begun < (RECEIVED_s + 1) * SEC:
        cam.TriggerSoftware()
        cam.advance(every_ns)
        frames += cam.fetch()
    cam.AcquisitionStop()
    case.saw(f"{len(frames)} frames received")
    return received_per_s(frames[2:])


@check(*(name for name in TABLE if name.startswith("baumer.acq.")), heavy="rates")
def acquisition(case: Case) -> None:
    cam = shortest(case, link_speed=None)
    region(case, cam)
    rate = 1 / interval_s(cam.grab(FRAMES + 1))
    case.saw(f"{rate:.2f} fps at {cam.Width} x {cam.Height}")
    case.equal("integer part", floor(rate), int(case.claim.number))


@check(
    *(name for name in TABLE if name.startswith("baumer.iface.") and name.split(".")[-1] not in TRIGGERED),
    heavy="rates",
)
def interface(case: Case) -> None:
    cam = shortest(case, link_speed=GIGABIT, GevSCPSPacketSize=JUMBO)
    region(case, cam)
    rate = received(case, cam)
    case.saw(f"{rate:.2f} fps at {cam.Width} x {cam.Height}")
    case.equal("integer part", floor(rate), int(case.claim.number))


@check(*(f"baumer.iface.framerate.{name}" for name in TRIGGERED), heavy="rates")
def interface_triggered(case: Case) -> None:
    across, down = BINNED.get(case.claim.id.rpartition(".")[2], (1, 1))
    cam = case.open(link_speed=GIGABIT, BinningHorizontal=across, BinningVertical=down, PixelFormat="Mono8")
    rate = triggered(case, cam)
    case.saw(f"{rate:.2f} fps in trigger mode, packets of {cam.GevSCPSPacketSize}")
    case.equal("integer part", floor(rate), int(case.claim.number))


@check("baumer.iface.condition")
def interface_condition(case: Case) -> None:
    """More triggers than the camera can take: the rate stays, so it is the limit."""
    rates = []
    for every in (MS, 2 * MS):
        cam = case.open(link_speed=GIGABIT)
        rates.append(triggered(case, cam, every))
        case.equal("TriggerMode", cam.TriggerMode, "On")
    case.near("rate at 1000 and 500 triggers a second", rates[0], rates[1], 0.02 * rates[1], "fps")


@check("baumer.iface.depends")
def interface_depends(case: Case) -> None:
    rates = {speed: received(case, shortest(case, link_speed=speed)) for speed in ("1G", "500M")}
    case.near("half the link, rate", rates["500M"] / rates["1G"], 0.5, 0.025)


@check("baumer.rates.footnote2")
def fast_ethernet(case: Case) -> None:
    wide = shortest(case, link_speed="1G")
    narrow = shortest(case, link_speed="100M", GevSCPSPacketSize=JUMBO)
    rate, size = received(case, narrow), narrow.PayloadSize
    case.within("bytes per second at 100 Mbit/s", rate * size / 1e6, 11.0, 12.5, "MB/s")
    narrow = shortest(case, link_speed="100M", GevSCPSPacketSize=JUMBO)
    first = [interval_s(cam.grab(2)) for cam in (wide, narrow)]
    case.near("first interval of the sensor", first[1], first[0], 1e-6, "s")


@check("baumer.net.fast")
def tenth(case: Case) -> None:
    rates = [received(case, shortest(case, link_speed=speed)) for speed in ("1G", "100M")]
    case.that("streams at 100 Mbit/s", rates[1] > 0)
    case.near("rate over that of gigabit", rates[1] / rates[0], 0.1, 0.005)


@check("baumer.rates.condition.full")
def table_condition(case: Case) -> None:
    cam = shortest(case)
    case.equal("PixelFormat", cam.PixelFormat, "Mono8")
    case.equal("TriggerMode", cam.TriggerMode, "Off")
    case.equal("ExposureTime", cam.ExposureTime, cam.limits("ExposureTime")[0])
    case.that("streams so", len(cam.grab(2)) == 2)


@check("baumer.binning.no_speedup")
def binned_rate(case: Case) -> None:
    full = interval_s(shortest(case, link_speed=None).grab(FRAMES))
    for name, (across, down) in BINNED.items():
        cam = shortest(case, link_speed=None, BinningHorizontal=across, BinningVertical=down)
        interval = interval_s(cam.grab(FRAMES))
        case.near(f"interval {name}", interval * 1e3, full * 1e3, 0.01 * full * 1e3, "ms")
        case.equal("integer part of the rate", floor(1 / interval), int(case.claim.number))


@check("baumer.acq.format_independent")
def format_independent(case: Case) -> None:
    intervals = []
    for name in ("Mono8", "Mono12"):
        cam = case.open(link_speed=None, PixelFormat=name, ExposureTime=100)
        intervals.append(interval_s(cam.grab(FRAMES)))
    case.near("Mono12 over Mono8", intervals[1] / intervals[0], 1, 0.001)


@check("baumer.roi.true_partial_scan")
def partial_scan(case: Case) -> None:
    def interval(width: int, height: int) -> float:
        return interval_s(shortest(case, link_speed=None, Width=width, Height=height).grab(FRAMES))

    full = interval(4096, 3000)
    case.near("half the rows, interval", interval(4096, 1500) / full, 0.5, 0.03)
    case.near("half the columns, interval", interval(2048, 3000) / full, 1, 0.01)


@check("baumer.acq.rate_enable_off")
def rate_off(case: Case) -> None:
    """Off: as fast as with the highest rate that can be asked for, and other than with a low one."""
    free = shortest(case, link_speed=None, AcquisitionFrameRateEnable=True, AcquisitionFrameRate=5.0)
    case.write(free, AcquisitionFrameRateEnable=False)
    off = interval_s(free.grab(3))
    low = shortest(case, link_speed=None, AcquisitionFrameRateEnable=True, AcquisitionFrameRate=5.0)
    high = shortest(case, link_speed=None, AcquisitionFrameRateEnable=True)
    high.AcquisitionFrameRate = high.limits("AcquisitionFrameRate")[1]
    case.near("interval, off and highest", off, interval_s(high.grab(3)), 1e-6, "s")
    case.near("interval at 5 Hz", interval_s(low.grab(3)), 0.2, 1e-6, "s")


@check("baumer.acq.rate_min")
def rate_min(case: Case) -> None:
    cam = case.open(AcquisitionFrameRateEnable=True)
    case.equal("lowest AcquisitionFrameRate", cam.limits("AcquisitionFrameRate")[0], case.claim.number)
    cam.AcquisitionFrameRate = case.claim.number
    case.near("interval", interval_s(cam.grab(2)), 1 / case.claim.number, 1e-6, "s")


@check("baumer.acq.rate_max")
def rate_max(case: Case) -> None:
    cam = shortest(case, link_speed=None, AcquisitionFrameRateEnable=True)
    case.equal("highest AcquisitionFrameRate", cam.limits("AcquisitionFrameRate")[1], case.claim.number)
    case.takes(cam, "AcquisitionFrameRate", case.claim.number)
    free = interval_s(shortest(case, link_speed=None).grab(3))
    case.near("interval", interval_s(cam.grab(3)), free, 1e-6, "s")


# -- USB ---------------------------------------------------------------------------------------------
@check("basler.acq.framerate.full", heavy="rates")
def full_rate(case: Case) -> None:
    """As it is delivered: the default region, 8 bits, no trigger; on the link that it has."""
    cam = shortest(case)
    case.equal("region", (cam.Width, cam.Height), (4096, 3000))
    rate = 1 / interval_s(cam.grab(201))
    case.near("rate over 200 frames", rate, case.claim.number, 0.1, case.claim.unit)
    case.near("ResultingFrameRate", cam.ResultingFrameRate, rate, 0.01 * rate, case.claim.unit)


@check("basler.link.speed_max", heavy="rates")
def super_speed(case: Case) -> None:
    """Rows of the whole sensor at 16 bits want more than the bus: what it carries is the bus's limit."""
    most = case.claim.number * 1e9 * 8 / 10 / 8
    streamed, told = {}, {}
    for speed in ("sheet", "480M"):
        cam = case.open(link_speed=speed, PixelFormat="Mono12", DeviceLinkThroughputLimitMode="Off")
        told[speed] = cam.DeviceLinkSpeed
        streamed[speed] = received(case, cam) * cam.PayloadSize
    case.within("DeviceLinkSpeed", told["sheet"] / 1e6, 0.5 * most / 1e6, most / 1e6, "MB/s")
    case.within("streamed", streamed["sheet"] / 1e6, 0.5 * most / 1e6, most / 1e6, "MB/s")
    case.within("at 480 Mbit/s", told["480M"] / 1e6, 1, 480 / 8, "MB/s")
    case.within("streamed so", streamed["480M"] / 1e6, 1, 480 / 8, "MB/s")
