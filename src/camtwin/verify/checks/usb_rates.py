"""How fast a camera on USB is, freely and triggered, and what its rate depends on."""

from __future__ import annotations

from typing import Any, Final

from camtwin.session.session import Session
from camtwin.units import MS, SEC
from camtwin.verify.case import Case, check
from camtwin.verify.checks.rates import interval_s

FRAMES: Final = 100
NAMED_fps: Final = 18.0
LEVEL: Final = 0.01
"""By how much a rate may be off: the share that the ledger gives."""


def fastest(case: Case, **features: Any) -> Session:
    """A camera in free run with its shortest exposure."""
    cam = case.open(TriggerMode="Off", **features)
    cam.ExposureTime = cam.limits("ExposureTime")[0]
    return cam


def fps(cam: Session, frames: int = FRAMES) -> float:
    return 1 / interval_s(cam.grab(frames))


@check("ids.acq.framerate.freerun", "ids.acq.freerun", heavy="rates")
def free_run(case: Case) -> None:
    for pixel_format in ("BayerGR10g40IDS", "BayerGR12g24IDS"):
        rate = fps(fastest(case, PixelFormat=pixel_format))
        case.near(f"{pixel_format}, frames a second", rate, NAMED_fps, LEVEL * NAMED_fps)


def triggered(case: Case, hertz: float, seconds: int) -> list[Any]:
    """Frames for pulses on Line0."""
    cam = fastest(case, TriggerSource="Line0")
    case.write(cam, TriggerMode="On")
    cam.AcquisitionStart()
    count = round(hertz * seconds)
    cam.lines["Line0"].pulse(100_000, period_ns=round(SEC / hertz), count=count, delay_ns=MS)
    cam.advance(seconds * SEC + 100 * MS)
    return cam.fetch()


@check("ids.acq.framerate.trigger_continuous", heavy="rates")
def each_trigger(case: Case) -> None:
    frames = triggered(case, case.claim.number, 10)
    case.equal("frames for 180 pulses at 18 Hz", len(frames), 180)
    case.near("frames a second", 1 / interval_s(frames), case.claim.number, LEVEL * case.claim.number)


@check("ids.acq.framerate.trigger_max", heavy="rates")
def triggered_too_fast(case: Case) -> None:
    for hertz in (19.0, 25.0, 47.0):
        frames = triggered(case, hertz, 5)
        case.that("frames come", len(frames) > 1)
        rate = 1 / interval_s(frames)
        case.near(f"at {hertz:g} Hz, frames a second", rate, case.claim.number, LEVEL * case.claim.number)


@check("ids.aoi.horizontal.rate", heavy="rates")
def columns_do_not_matter(case: Case) -> None:
    whole, half = fps(fastest(case)), fps(fastest(case, Width=2028))
    case.near("half the columns, rate over that of all", half / whole, 1, 0.01)


@check("ids.aoi.vertical.rate", heavy="rates")
def rows_do(case: Case) -> None:
    case.within("half the rows, frames a second", fps(fastest(case, Height=1520)), 1.1 * NAMED_fps, 1e3)


@check("ids.binning.horizontal.rate", "ids.binning.vertical.rate", heavy="rates")
def binned(case: Case) -> None:
    name = f"Binning{case.claim.id.split('.')[2].capitalize()}"
    cam = fastest(case, **{name: 2})
    case.equal("size", (cam.Width, cam.Height), (2028, 1520))
    case.within(f"{name} 2, frames a second", fps(cam), 1.1 * NAMED_fps, 1e3)


# -- triggers ----------------------------------------------------------------------------------------
@check("ids.acq.trigger.software")
def software(case: Case) -> None:
    cam = case.open(TriggerMode="On", TriggerSource="Software")
    cam.AcquisitionStart()
    case.equal("frames before", len(cam.fetch()), 0)
    for _ in range(5):
        cam.lines["Line0"].pulse(100_000)
        cam.advance(200 * MS)
        case.equal("frames for a pulse on Line0", len(cam.fetch()), 0)
        cam.TriggerSoftware()
        cam.advance(200 * MS)
        case.equal("frames for TriggerSoftware", len(cam.fetch()), 1)


@check("ids.acq.trigger.hardware")
def hardware(case: Case) -> None:
    """One edge of a pulse, as TriggerActivation says."""
    for edge, after in (("RisingEdge", 1), ("FallingEdge", 0)):
        cam = case.open(TriggerMode="On", TriggerSource="Line0", TriggerActivation=edge)
        cam.AcquisitionStart()
        for _ in range(3):
            cam.lines["Line0"].drive(True)
            cam.advance(200 * MS)
            case.equal(f"{edge}: frames as Line0 rises", len(cam.fetch()), after)
            cam.lines["Line0"].drive(False)
            cam.advance(200 * MS)
            case.equal(f"{edge}: frames as it falls", len(cam.fetch()), 1 - after)
