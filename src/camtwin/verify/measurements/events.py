"""Events that the host is told of: what makes each happen, and that it comes once."""

from __future__ import annotations

from typing import Final

from camtwin.session.session import Session
from camtwin.units import MS, SEC, US
from camtwin.verify.case import Case
from camtwin.verify.measurements.signals import Happens, inputs, listen, times, waiting
from camtwin.verify.measures import measurement


def shots(period_ns: int = 0, count: int = 1, *, stalled: bool = False, exposure_us: float = 1000) -> Happens:
    """Trigger frames, on a link that takes none if it is stalled."""

    def shoot(cam: Session) -> None:
        cam.ExposureTime = exposure_us
        if stalled:
            cam.world.stall_link()
        cam.lines["Line0"].pulse(10 * US, period_ns=period_ns, count=count)
        cam.advance(SEC)

    return shoot


def become_ready(cam: Session) -> None:
    """Stop, and start again."""
    cam.AcquisitionStop()
    cam.advance(SEC)
    cam.events.clear()
    cam.AcquisitionStart()
    cam.advance(SEC)


def warm_up(cam: Session) -> None:
    """Warm from Normal on, a quarter of a degree at a time, until the status changes."""
    for quarters in range(4 * 50, 4 * 80):
        cam.world.hold_internal_C(quarters / 4)
        cam.advance(SEC)
        if cam.DeviceTemperatureStatus != "Normal":
            return


def edge(line: str, level: bool) -> Happens:
    """Drive a line to a level from the other."""

    def drive(cam: Session) -> None:
        if not level:
            cam.lines[line].drive(True)
            cam.advance(SEC)
            cam.events.clear()
        cam.lines[line].drive(level)
        cam.advance(SEC)

    return drive


def flood(cam: Session) -> None:
    """Send longer and longer bursts of edges, until one is too long for the queue."""
    lines = inputs(cam)
    for line in lines:
        listen(cam, f"{line}RisingEdge", f"{line}FallingEdge")
    for count in range(1, 2000):
        for line in lines:
            cam.lines[line].pulse(3 * US, period_ns=6 * US, count=count)
        cam.advance(SEC)
        edges = sum(event.name.startswith("Line") for event in cam.events)
        if edges < 2 * len(lines) * count:
            return
        cam.events.clear()


MAKE: Final[dict[str, Happens]] = {
    **dict.fromkeys(
        ("ExposureStart", "ExposureEnd", "FrameStart", "FrameEnd", "TransferBufferReady"), shots()
    ),
    "TriggerSkipped": shots(500 * US, 2),
    "TriggerOverlapped": shots(80 * MS, 2, exposure_us=30_000),  # 50 ms into the readout of the first
    "TriggerReady": become_ready,
    "TransferBufferFull": shots(stalled=True),
    "FrameTransferSkipped": shots(300 * MS, 2, stalled=True),
    "DeviceTemperatureStatusChanged": warm_up,
    "EventLost": flood,
}


def maker(event: str) -> Happens:
    """Tell what makes an event happen; of a line, its edge."""
    if event.endswith("Edge"):
        line, rising, _ = event.partition("Rising")
        return edge(line.removesuffix("FallingEdge"), bool(rising))
    return MAKE[event]


@measurement("event")
def event(case: Case) -> None:
    """Made to happen, the claimed event comes once with EventNotification On, never with Off."""
    name = case.claim.value
    for on in (True, False):
        cam = waiting(case, "Off" if name.startswith("Line") else "Line0", Height=3000, link_speed="sheet")
        listen(cam, *([name] if on else []))
        cam.advance(MS)
        cam.events.clear()
        maker(name)(cam)
        case.equal(f"{name} with EventNotification {'On' if on else 'Off'}", len(times(cam, name)), int(on))


@measurement("event_after")
def event_after(case: Case, before: str, feature: str, tolerance_us: float) -> None:
    """The claimed event comes after another by the value of a feature, us."""
    name = case.claim.value
    cam = waiting(case, "Line0", Height=3000, link_speed="sheet")
    listen(cam, before, name)
    maker(name)(cam)
    lasted = (times(cam, name)[0] - times(cam, before)[0]) / US
    case.near(f"{name} after {before} by", lasted, getattr(cam, feature), tolerance_us, "us")
