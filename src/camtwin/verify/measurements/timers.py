"""Timers: what starts them, and how exactly; counters are measured by steps."""

from __future__ import annotations

from typing import Final

from camtwin.units import MS, SEC, US
from camtwin.verify.case import Case
from camtwin.verify.measurements.signals import (
    Happens,
    action,
    highs,
    listen,
    pulse,
    same_times,
    show,
    stalled,
    times,
    waiting,
)
from camtwin.verify.measures import measurement

DELAY_us, DURATION_us = 50, 200


# -- timers ------------------------------------------------------------------------------------------
@measurement("timer_times")
def timer_times(case: Case, line: str, feature: str, shortest: float, *us: float) -> None:
    """Measure the timer's pulses after a line's edge, to 1 us, as a feature of it has these values.

    Compared is the shortest, and the claim's highest is among the others.
    """
    found: dict[float, tuple[int, int]] = {}
    for value in (shortest, *us, case.claim.span[1]):
        settings = {"TimerDelay": 0, "TimerDuration": 100, feature: value}
        cam = case.open(settings, TimerTriggerSource=line)
        output = show(cam, "Timer1Active")
        cam.advance(MS)
        begun = cam.now
        cam.lines[line].pulse(10 * US)
        cam.advance(5 * SEC)
        spans = highs(cam.lines[output].inner)
        case.equal("pulses", len(spans), 1)
        found[value] = spans[0][0] - begun, spans[0][1] - spans[0][0]
    for value, (later, wider) in found.items():
        if feature == "TimerDelay":
            case.near("delayed by", (later - found[shortest][0]) / US, value, 1, "us")
        else:
            case.near("pulse", wider / US, value, 1, "us")


SHOT: Final = pulse("Line1")
TIMER_SOURCES: Final[dict[str, tuple[str, Happens]]] = {
    # name on the wire: event that comes with it, what makes it happen
    "Line0": ("Line0RisingEdge", pulse("Line0")),
    "Software": ("", lambda cam: cam.TriggerSoftware()),
    "ExposureStart": ("ExposureStart", SHOT),
    "ExposureEnd": ("ExposureEnd", SHOT),
    "FrameTransferSkipped": (
        "FrameTransferSkipped",
        stalled(pulse("Line1", period_ns=200 * MS, count=3)),
    ),
    "TriggerSkipped": ("TriggerSkipped", pulse("Line1", period_ns=500 * US, count=2)),
    "Action1": ("", action),
}
EXPOSING: Final = ("ExposureStart", "ExposureEnd", "TriggerSkipped", "FrameTransferSkipped")
"""Sources whose stimulus exposes a frame: it starts a timer that follows the exposure, too."""


@measurement("timer_source")
def timer_source(case: Case, own: str) -> None:
    """Require that the pulse follows this source by TimerDelay, and that nothing else makes one."""
    for name, (event, happens) in TIMER_SOURCES.items():
        if name == "Software" != own:
            continue  # the command is there where something listens to it
        cam = waiting(case, "Line1", Height=3000, link_speed="sheet", TimerTriggerSource=own)
        case.write(cam, TimerDelay=DELAY_us, TimerDuration=DURATION_us)
        line = show(cam, "Timer1Active")
        listen(cam, *filter(None, [event]))
        cam.advance(MS)
        begun = cam.now
        happens(cam)
        cam.advance(SEC)
        rises = [a - DELAY_us * US for a, _ in highs(cam.lines[line].inner)]
        if name == own:
            wanted = times(cam, event) if event else [begun]
            case.that(f"{name} happened", wanted)
            same_times(case, f"pulses by {name}", rises, wanted)
        elif not (own.startswith("Exposure") and name in EXPOSING):
            case.equal(f"pulses by {name}", len(rises), 0)
