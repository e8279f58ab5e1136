"""Events that the host is told of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from camtwin.session.session import Session
from camtwin.units import MS, SEC, US
from camtwin.verify.case import Case, check
from camtwin.verify.checks.signals import LINES, inputs, listen, times, waiting
from camtwin.verify.claims import load

ROWS: Final = {
    name: claim.value
    for name, claim in load("baumer-vcxg-124m").items()
    if name.startswith("baumer.event.") and not name.endswith("all_only")
}
WIRE: Final = {"GigEVisionHeartbeatTimeout": "GigEVisionHeartbeatTimeOut"}
"""Where the family spells it otherwise than the sheet."""
LINK: Final = ("GigEVisionError", "GigEVisionHeartbeatTimeout", "PrimaryApplicationSwitch")


def shoot(cam: Session) -> None:
    cam.lines["Line0"].pulse(10 * US)
    cam.advance(SEC)


def skip_trigger(cam: Session) -> None:
    cam.lines["Line0"].pulse(10 * US, period_ns=500 * US, count=2)
    cam.advance(SEC)


def overlap(cam: Session) -> None:
    """30 ms of exposure; the second one comes 50 ms into the readout of the first."""
    cam.ExposureTime = 30_000
    cam.lines["Line0"].pulse(10 * US, period_ns=80 * MS, count=2)
    cam.advance(SEC)


def fill(cam: Session) -> None:
    cam.world.stall_link()
    cam.lines["Line0"].pulse(10 * US)
    cam.advance(SEC)


def overfill(cam: Session) -> None:
    cam.world.stall_link()
    cam.lines["Line0"].pulse(10 * US, period_ns=300 * MS, count=2)
    cam.advance(SEC)


def become_ready(cam: Session) -> None:
    cam.AcquisitionStop()
    cam.advance(SEC)
    cam.events.clear()
    cam.AcquisitionStart()
    cam.advance(SEC)


def warm_up(cam: Session) -> None:
    """From Normal on, a quarter of a degree at a time, until the status changes."""
    for quarters in range(4 * 50, 4 * 80):
        cam.world.hold_internal_C(quarters / 4)
        cam.advance(SEC)
        if cam.DeviceTemperatureStatus != "Normal":
            return


def rise(line: str) -> Callable[[Session], None]:
    def up(cam: Session) -> None:
        cam.lines[line].drive(True)
        cam.advance(SEC)

    return up


def fall(line: str) -> Callable[[Session], None]:
    def down(cam: Session) -> None:
        cam.lines[line].drive(True)
        cam.advance(SEC)
        cam.events.clear()
        cam.lines[line].drive(False)
        cam.advance(SEC)

    return down


def flood(cam: Session) -> None:
    """Longer and longer bursts of edges, until one is too long for the queue."""
    for line in LINES:
        listen(cam, f"{line}RisingEdge", f"{line}FallingEdge")
    for count in range(1, 2000):
        for line in LINES:
            cam.lines[line].pulse(3 * US, period_ns=6 * US, count=count)
        cam.advance(SEC)
        edges = sum(event.name.startswith("Line") for event in cam.events)
        if edges < 2 * len(LINES) * count:
            return
        cam.events.clear()


MAKE: Final[dict[str, Callable[[Session], None]]] = {
    **dict.fromkeys(("ExposureStart", "ExposureEnd", "FrameStart", "FrameEnd"), shoot),
    "TriggerSkipped": skip_trigger,
    "TriggerOverlapped": overlap,
    "TriggerReady": become_ready,
    "TransferBufferFull": fill,
    "TransferBufferReady": shoot,
    "FrameTransferSkipped": overfill,
    "DeviceTemperatureStatusChanged": warm_up,
    "EventLost": flood,
    **{f"{line}RisingEdge": rise(line) for line in ("Line0", "Line1", "Line2")},
    **{f"{line}FallingEdge": fall(line) for line in ("Line0", "Line1", "Line2")},
}


@check("baumer.event.all_only")
def all_events(case: Case) -> None:
    case.entries(case.open(), "EventSelector", [WIRE.get(name, name) for name in ROWS.values()])


@check(*(row for row, name in ROWS.items() if name not in LINK))
def event(case: Case) -> None:
    """Once with EventNotification On, never with Off; the others stay Off."""
    name = case.claim.value
    for on in (True, False):
        line = "Off" if name.startswith("Line") else "Line0"
        cam = waiting(case, line, Height=3000, link_speed="sheet")
        inputs(cam)
        if on:
            listen(cam, name)
        if name == "ExposureEnd":
            listen(cam, "ExposureStart")
        cam.advance(MS)
        cam.events.clear()
        MAKE[name](cam)
        case.equal(f"{name} with EventNotification {'On' if on else 'Off'}", len(times(cam, name)), int(on))
        if name == "ExposureEnd" and on:
            lasted = times(cam, name)[0] - times(cam, "ExposureStart")[0]
            case.near("after ExposureStart by", lasted / US, cam.ExposureTime, 1, "us")
