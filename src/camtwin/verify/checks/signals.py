"""What drives a camera in a check, and what is seen of it: triggers, wires, events, in virtual time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, Final

from camtwin.problem import Refused
from camtwin.session.session import Session
from camtwin.units import MS, US
from camtwin.verify.case import Case
from camtwin.verify.claims import load

LINES: Final = ("Line0", "Line1", "Line2")
KEYS: Final = (0x1234, 0x56, 0xF0)
"""Device key, group key and group mask of the action commands here."""
KNOWN_NS: Final = round(load("baumer-vcxg-124m")["baumer.io.in.pulse_min"].number * US)
"""A pulse must last so long to be one: so much later than its edge at the pin it is known."""
LATENCY_NS: Final = round(load("baumer-vcxg-124m")["baumer.trigger.fixed_delay"].number * US)
"""From an edge at the pin to the exposure, where the sensor is idle."""


def waiting(case: Case, source: str, **features: Any) -> Session:
    """A camera with few rows that waits for a trigger."""
    options: dict[str, Any] = {"Height": 16, "ExposureTime": 1000, "link_speed": None, **features}
    cam = case.open(TriggerMode="On", TriggerSource=source, **options)
    cam.AcquisitionStart()
    return cam


def inputs(cam: Session) -> None:
    for line in ("Line1", "Line2"):
        cam.LineSelector, cam.LineMode = line, "Input"
    cam.LineSelector = "Line0"


def listen(cam: Session, *events: str) -> None:
    for name in events:
        cam.EventSelector, cam.EventNotification = name, "On"


def times(cam: Session, name: str) -> list[int]:
    return [event.timestamp_ns for event in cam.events if event.name == name]


def source_of(cam: Session, line: str, source: str) -> None:
    cam.LineSelector = line
    if cam.access("LineMode") == "RW":
        cam.LineMode = "Output"
    cam.LineSource = source


def highs(edges: Iterable[tuple[int, bool]]) -> list[tuple[int, int]]:
    """(from, to) of each time that a line was high, of those that ended."""
    spans, begun = [], None
    for t, level in edges:
        if level and begun is None:
            begun = t
        elif not level and begun is not None:
            spans.append((begun, t))
            begun = None
    return spans


def same_times(case: Case, what: str, found: list[int], wanted: list[int], within_ns: int = US) -> None:
    """As many, and each where it should be."""
    case.equal(f"number of {what}", len(found), len(wanted))
    worst = max((abs(a - b) for a, b in zip(found, wanted, strict=True)), default=0)
    case.within(f"{what} off by at most", worst / US, 0, within_ns / US, "us")


def pulse(line: str, width_ns: int = 100 * US) -> Callable[[Session], object]:
    return lambda cam: cam.lines[line].pulse(width_ns)


def software(cam: Session) -> None:
    with suppress(Refused):  # where the source is another, the command is not there
        cam.TriggerSoftware()


def action(cam: Session) -> None:
    cam.action(*KEYS)


def keyed(cam: Session) -> None:
    cam.ActionDeviceKey, cam.ActionGroupKey, cam.ActionGroupMask = KEYS


STIMULI: Final[dict[str, Callable[[Session], object]]] = {
    **{line: pulse(line) for line in LINES},
    "Software": software,
    "Action1": action,
}


def frames_for(cam: Session, stimulus: Callable[[Session], object]) -> int:
    stimulus(cam)
    cam.advance(20 * MS)
    return len(cam.fetch())
