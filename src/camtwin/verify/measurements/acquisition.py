"""The readout between frames, and how soon an acquisition ends."""

from __future__ import annotations

from camtwin.units import MS, SEC
from camtwin.verify.case import Case
from camtwin.verify.measurements.rates import NONE, interval_s, shortest
from camtwin.verify.measures import Value, measurement


@measurement("abort_delay", heavy="rates")
def abort_delay(case: Case, **features: Value) -> None:
    """Abort at a hundred moments spread over three frames: it is done within the claim's ms.

    Nothing is exposed and nothing comes after it.
    """
    worst = 0
    for i in range(100):
        cam = case.open(features, link_speed=None, AcquisitionStatusSelector="AcquisitionActive")
        cam.AcquisitionStart()
        cam.advance((i * 7919 % 211) * MS + i * 3571)
        cam.AcquisitionAbort()
        begun = cam.now
        while cam.AcquisitionStatus:
            cam.advance(MS // 20)
            if cam.now - begun > SEC:
                case.wrong("still active a second after AcquisitionAbort")
        worst = max(worst, cam.now - begun)
        cam.fetch()
        cam.advance(SEC)
        if late := len(cam.fetch()):
            case.wrong(f"{late} frames come after the abort")
    case.within("longest of 100", worst / MS, 0, case.claim.number + 0.05, "ms")


@measurement("readout_overlaps")
def readout_overlaps(case: Case, exposure_ms: float) -> None:
    """Expose for long in the claim's ReadoutMode: that fits into the readout, or comes before it."""
    readout_ms = 1e3 * interval_s(shortest(case, {}, NONE).grab(10))
    cam = case.open(ReadoutMode=case.claim.value, ExposureTime=exposure_ms * 1e3, link_speed=None)
    interval_ms, what = 1e3 * interval_s(cam.grab(10)), f"interval at {exposure_ms:g} ms"
    if case.claim.value == "Overlapped":
        case.near(what, interval_ms, readout_ms, 0.02 * readout_ms, "ms")
    else:
        both_ms = exposure_ms + readout_ms
        case.within(what, interval_ms, both_ms - 0.1, 1.2 * both_ms, "ms")
