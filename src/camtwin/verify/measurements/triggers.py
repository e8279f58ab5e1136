"""Triggers: how late the exposure is, how many triggers wait, how soon an acquisition is aborted."""

from __future__ import annotations

from camtwin.session.session import Session
from camtwin.units import MS, SEC, US
from camtwin.verify.case import Case
from camtwin.verify.measures import Value, measurement
from camtwin.verify.signals import listen, same_times, times, waiting


# -- delays ------------------------------------------------------------------------------------------
def started(case: Case, cam: Session, line: str, ns: int = MS) -> float:
    """Trigger now: how much later the exposure starts, us."""
    cam.events.clear()
    begun = cam.now
    cam.lines[line].pulse(10 * US)
    cam.advance(ns)
    starts = times(cam, "ExposureStart")
    case.equal("exposures for a trigger", len(starts), 1)
    return (starts[0] - begun) / US


@measurement("trigger_latency")
def trigger_latency(case: Case, line: str, tolerance_us: float) -> None:
    """Trigger an idle sensor fifty times: the exposure comes after the claimed time, without spread."""
    cam, delays = waiting(case, line), list[float]()
    listen(cam, "ExposureStart")
    for i in range(50):
        cam.advance(20 * MS + i * 1237)
        delays.append(started(case, cam, line))
    for delay in (min(delays), max(delays)):
        case.near("delay", delay, case.claim.number, tolerance_us, "us")


@measurement("trigger_latency_in_readout")
def trigger_latency_in_readout(case: Case, line: str, least_us: float, tolerance_us: float) -> None:
    """Trigger a thousand times, at moments of the readout of the frame before: spread up to the claim."""
    cam, delays = waiting(case, line, Height=1000, ExposureTime=30_000), list[float]()
    listen(cam, "ExposureStart", "ExposureEnd")
    cam.lines[line].pulse(10 * US)
    for i in range(1000):
        cam.advance(31 * MS)
        cam.advance(times(cam, "ExposureEnd")[-1] + 2 * MS + i * 7_919_113 % (20 * MS) - cam.now)
        delays.append(started(case, cam, line))
    case.within("least delay", min(delays), least_us - 0.2, least_us + tolerance_us, "us")
    case.near("greatest delay", max(delays), case.claim.number, tolerance_us, "us")


@measurement("trigger_delay")
def trigger_delay(case: Case, delay_us: float) -> None:
    """Require that this TriggerDelay moves the exposure by as much."""
    starts: list[int] = []
    for us in (0, delay_us):
        cam = waiting(case, "Software", TriggerDelay=us)
        cam.TriggerSoftware()
        cam.advance(2 * SEC)
        (frame,) = cam.fetch()
        starts.append(frame.timestamp_ns)
    case.near("exposure starts later by", (starts[1] - starts[0]) / US, delay_us, 1, "us")


@measurement("trigger_queue")
def trigger_queue(case: Case, line: str, latency_us: float, known_us: float) -> None:
    """Let as many wait as claimed. One more, while the first still waits, is skipped once it is a pulse."""
    count, pitch, wait = int(case.claim.number), 7 * MS, 2 * SEC
    cam = waiting(case, line, TriggerDelay=wait / US)
    listen(cam, "ExposureStart", "TriggerSkipped")
    begun = cam.now
    cam.lines[line].pulse(10 * US, period_ns=pitch, count=count + 1)
    cam.advance(count * pitch + MS)
    skipped = [begun + count * pitch + round(known_us * US)]
    same_times(case, "skipped triggers", times(cam, "TriggerSkipped"), skipped)
    cam.advance(3 * SEC)
    starts = [t - round(latency_us * US) for t in times(cam, "ExposureStart")]
    same_times(case, "exposures", starts, [begun + i * pitch + wait for i in range(count)])


@measurement("event_after")
def event_after(case: Case, line: str, before: str, feature: str, tolerance_us: float) -> None:
    """Require that the claimed event comes after another by the value of a feature, us."""
    cam, name = waiting(case, line), case.claim.value
    listen(cam, before, name)
    cam.lines[line].pulse(100 * US)
    cam.advance(SEC)
    lasted = (times(cam, name)[0] - times(cam, before)[0]) / US
    case.near(f"{name} after {before} by", lasted, getattr(cam, feature), tolerance_us, "us")


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
