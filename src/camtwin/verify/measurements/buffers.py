"""Frames that wait while the link stalls, events and outputs that stay silent."""

from __future__ import annotations

from camtwin.units import MS, SEC
from camtwin.verify.case import Case
from camtwin.verify.measurements.signals import listen, times
from camtwin.verify.measures import Value, measurement


@measurement("none_kept")
def none_kept(case: Case, low: int, high: int) -> None:
    """A second in which the host takes nothing: what is exposed meanwhile is lost, but for one frame."""
    cam = case.open()
    cam.AcquisitionStart()
    cam.advance(SEC)
    case.within("frames in a second", len(cam.fetch()), low, high)
    cam.world.stall_link()
    cam.advance(SEC)
    cam.AcquisitionStop()
    cam.advance(100 * MS)
    cam.world.resume_link()
    cam.advance(SEC)
    case.within("of the frames of the second in which it was stalled come", len(cam.fetch()), 0, 1)


@measurement("one_kept_triggered")
def one_kept_triggered(case: Case, event: str) -> None:
    """Trigger frames on a stalled link: the claim's number is kept, and each more gives an event."""
    cam, kept = case.open(TriggerMode="On", TriggerSource="Software"), int(case.claim.number)
    listen(cam, event)
    cam.AcquisitionStart()
    cam.world.stall_link()
    for skipped in (*[0] * kept, 1, 2):
        cam.TriggerSoftware()
        cam.advance(300 * MS)
        case.equal(event, len(times(cam, event)), skipped)
    case.equal("frames while the link is stalled", len(cam.fetch()), 0)
    cam.world.resume_link()
    cam.advance(SEC)
    case.equal("frames when it goes on", len(cam.fetch()), kept)


@measurement("one_kept_free")
def one_kept_free(case: Case, event: str, end: str) -> None:
    """Take five frames freely on a stalled link: the claim's number is kept, each more gives an event."""
    cam = case.open(TriggerMode="Off", AcquisitionMode="MultiFrame", AcquisitionFrameCount=5)
    kept = int(case.claim.number)
    listen(cam, event, end)
    cam.world.stall_link()
    cam.AcquisitionStart()
    cam.advance(SEC)
    case.equal("frames read", len(times(cam, end)), 5)
    case.equal(event, len(times(cam, event)), 5 - kept)
    cam.world.resume_link()
    cam.advance(SEC)
    case.equal("frames when the link goes on", len(cam.fetch()), kept)


@measurement("sends_no_messages")
def sends_no_messages(case: Case, **features: Value) -> None:
    """No message comes during 100 frames."""
    cam = case.open(features)
    case.equal("frames", len(cam.grab(100)), 100)
    case.equal("messages meanwhile", len(cam.events), 0)


@measurement("outputs_stand_still")
def outputs_stand_still(case: Case, *lines: str) -> None:
    """By whatever these lines can be driven: they stand still while frames are exposed."""
    cam = case.open()
    for line in lines:
        case.write(cam, LineSelector=line)
        if cam.LineMode != "Output":
            case.write(cam, LineMode="Output")
        for source in cam.entries("LineSource"):
            if any(word in source for word in ("Flash", "Exposure", "Strobe", "Timer")):
                case.wrong(f"LineSource of {line} has {source}")
            case.write(cam, LineSource=source)
            cam.grab(2)
            case.equal(f"edges of {line}", len(cam.lines[line].edges), 0)
    case.saw(f"LineSource: {', '.join(cam.entries('LineSource'))}")
