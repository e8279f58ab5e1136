"""When frames are taken: modes, status, triggers, the end of an acquisition."""

from __future__ import annotations

from typing import Any

from camtwin.units import MS, SEC
from camtwin.verify.case import Case
from camtwin.verify.measurements.rates import NONE, interval_s, shortest
from camtwin.verify.measures import Value, measurement

SETTLED_ns = 200 * MS


@measurement("free_run")
def free_run(case: Case, **features: Value) -> None:
    """With TriggerMode Off frames come without triggers, as it is switched on and after On."""
    for before in ((), ("On",)):
        cam = case.open(features)
        for mode in (*before, "Off"):
            case.takes(cam, "TriggerMode", mode)
        cam.AcquisitionStart()
        cam.advance(SEC)
        case.within("frames in a second without triggers", len(cam.fetch()), 5, 500)


@measurement("each_software_trigger")
def each_software_trigger(case: Case, *lines: str, **features: Value) -> None:
    """No frame comes in a minute, nor for pulses on these lines; then one for each TriggerSoftware."""
    cam = case.open(features, TriggerMode="On", TriggerSource="Software")
    cam.AcquisitionStart()
    cam.advance(60 * SEC)
    case.equal("frames without trigger", len(cam.fetch()), 0)
    for _ in range(5):
        for line in lines:
            cam.lines[line].pulse(100_000)
            cam.advance(SETTLED_ns)
            case.equal(f"frames for a pulse on {line}", len(cam.fetch()), 0)
        cam.TriggerSoftware()
        cam.advance(SETTLED_ns)
        case.equal("frames for one trigger", len(cam.fetch()), 1)


@measurement("each_edge")
def each_edge(case: Case, line: str, **features: Value) -> None:
    """One edge of each pulse gives a frame, as TriggerActivation says."""
    for edge, after in (("RisingEdge", 1), ("FallingEdge", 0)):
        cam = case.open(features, TriggerMode="On", TriggerSource=line, TriggerActivation=edge)
        cam.AcquisitionStart()
        for _ in range(3):
            for level, frames in ((True, after), (False, 1 - after)):
                cam.lines[line].drive(level)
                cam.advance(SETTLED_ns)
                what = "rises" if level else "falls"
                case.equal(f"{edge}: frames as {line} {what}", len(cam.fetch()), frames)


@measurement("streams_until_stop")
def streams_until_stop(case: Case) -> None:
    """One frame a minute, for two hours, and none after AcquisitionStop."""
    cam = shortest(case, {"AcquisitionMode": case.claim.value, "AcquisitionFrameRateEnable": True})
    case.write(cam, AcquisitionFrameRate=1 / 60)
    cam.AcquisitionStart()
    for when in ("first", "second"):
        cam.advance(3600 * SEC)
        case.within(f"frames in the {when} hour", len(cam.fetch()), 59, 61)
    cam.AcquisitionStop()
    cam.advance(SEC)
    cam.fetch()
    cam.advance(3600 * SEC)
    case.equal("frames in the hour after AcquisitionStop", len(cam.fetch()), 0)


@measurement("frames_a_start")
def frames_a_start(case: Case, count: int, **features: Value) -> None:
    """In the claim's acquisition mode each AcquisitionStart gives so many frames."""
    cam = shortest(case, {"AcquisitionMode": case.claim.value.replace(" ", ""), **features})
    for _ in range(2):
        cam.AcquisitionStart()
        cam.advance(SEC)
        case.equal("frames", len(cam.fetch()), count)


@measurement("status_while_acquiring")
def status_while_acquiring(case: Case, **features: Value) -> None:
    """The claim's AcquisitionStatus is true from AcquisitionStart to the end of the last frame."""
    cam = case.open(features, AcquisitionStatusSelector=case.claim.value)
    states = [cam.AcquisitionStatus]
    cam.AcquisitionStart()
    for _ in range(3):
        cam.advance(7 * MS)
        states.append(cam.AcquisitionStatus)
    cam.AcquisitionStop()
    cam.advance(SEC)
    case.equal("before, while and after", [*states, cam.AcquisitionStatus], [False, True, True, True, False])


@measurement("status_while_waiting")
def status_while_waiting(case: Case, **features: Value) -> None:
    """The claim's AcquisitionStatus is true while the camera waits for a trigger, and at no other time."""
    cam = case.open(features, link_speed=None, TriggerMode="On", TriggerSource="Software", ExposureTime=1000)
    case.write(cam, AcquisitionStatusSelector=case.claim.value)
    steps: tuple[tuple[Any, int, bool], ...] = (
        (lambda: None, 0, False),
        (cam.AcquisitionStart, MS, True),
        (cam.TriggerSoftware, MS // 2, False),  # exposing
        (lambda: None, 10 * MS, False),  # reading
        (lambda: None, 100 * MS, True),
        (cam.AcquisitionStop, MS, False),
    )
    states = []
    for act, ns, _ in steps:
        act()
        cam.advance(ns)
        states.append(cam.AcquisitionStatus)
    case.equal("idle, waiting, exposing, reading, waiting, idle", states, [state for *_, state in steps])


@measurement("abort_delay", heavy="rates")
def abort_delay(case: Case, **features: Value) -> None:
    """AcquisitionAbort, at a hundred moments spread over three frames, is done within the claim's ms.

    Nothing is exposed and nothing comes after it."""
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
    """In the claim's ReadoutMode a long exposure fits into the readout, or comes before it."""
    readout_ms = 1e3 * interval_s(shortest(case, {}, NONE).grab(10))
    cam = case.open(ReadoutMode=case.claim.value, ExposureTime=exposure_ms * 1e3, link_speed=None)
    interval_ms, what = 1e3 * interval_s(cam.grab(10)), f"interval at {exposure_ms:g} ms"
    if case.claim.value == "Overlapped":
        case.near(what, interval_ms, readout_ms, 0.02 * readout_ms, "ms")
    else:
        both_ms = exposure_ms + readout_ms
        case.within(what, interval_ms, both_ms - 0.1, 1.2 * both_ms, "ms")
