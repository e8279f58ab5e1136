"""Timers and counters: what starts, counts and resets them, and how exactly."""

from __future__ import annotations

from typing import Final

from camtwin.session.session import Session
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
    skipped_transfer,
    skipped_trigger,
    times,
    waiting,
)
from camtwin.verify.measures import Value, measurement

DELAY_us, DURATION_us = 50, 200


# -- timers ------------------------------------------------------------------------------------------
def timed(case: Case, line: str, delay_us: float, duration_us: float) -> tuple[float, float]:
    """Measure delay and width of the timer's pulse after a rising edge of a line, us."""
    cam = case.open(TimerTriggerSource=line, TimerDelay=delay_us, TimerDuration=duration_us)
    output = show(cam, "Timer1Active")
    cam.advance(MS)
    begun = cam.now
    cam.lines[line].pulse(10 * US)
    cam.advance(5 * SEC)
    spans = highs(cam.lines[output].inner)
    case.equal("pulses", len(spans), 1)
    return (spans[0][0] - begun) / US, (spans[0][1] - spans[0][0]) / US


@measurement("timer_delay")
def timer_delay(case: Case, line: str, *delays_us: float) -> None:
    """A timer starts so much later, to 1 us, than without delay; the longest is the claim's highest."""
    low, high = case.claim.span
    none, _ = timed(case, line, low, 100)
    for us in (*delays_us, high):
        case.near("delayed by", timed(case, line, us, 100)[0] - none, us, 1, "us")


@measurement("timer_duration")
def timer_duration(case: Case, line: str, *durations_us: float) -> None:
    """A timer runs so long, to 1 us, from the claim's lowest to its highest duration."""
    for us in (*case.claim.span, *durations_us):
        case.near("pulse", timed(case, line, 0, us)[1], us, 1, "us")


SHOT: Final = pulse("Line1")
TIMER_SOURCES: Final[dict[str, tuple[str, Happens]]] = {
    # name on the wire: event that comes with it, what makes it happen
    "Line0": ("Line0RisingEdge", pulse("Line0")),
    "Software": ("", lambda cam: cam.TriggerSoftware()),
    "ExposureStart": ("ExposureStart", SHOT),
    "ExposureEnd": ("ExposureEnd", SHOT),
    "FrameTransferSkipped": ("FrameTransferSkipped", skipped_transfer),
    "TriggerSkipped": ("TriggerSkipped", skipped_trigger),
    "Action1": ("", action),
}
EXPOSING: Final = ("ExposureStart", "ExposureEnd", "TriggerSkipped", "FrameTransferSkipped")
"""Sources whose stimulus exposes a frame: it starts a timer that follows the exposure, too."""


@measurement("timer_source")
def timer_source(case: Case, own: str) -> None:
    """The pulse follows this source by TimerDelay, and nothing else makes one; with Off, nothing does."""
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


# -- counters ----------------------------------------------------------------------------------------
def value(cam: Session, counter: str) -> int:
    """Read a counter."""
    cam.CounterSelector = counter
    return cam.CounterValue


def counting(case: Case, counter: str, source: str, **features: Value) -> Session:
    """Open a camera that waits for edges of Line1, and let a counter count a source."""
    cam = waiting(case, "Line1", Height=3000, link_speed="sheet")
    cam.CounterSelector = counter
    case.write(cam, CounterEventSource=source, CounterDuration=65535, **features)
    return cam


def happened(cam: Session, line: str, count: int) -> None:
    """Pulse a line, a millisecond apart, and wait."""
    cam.lines[line].pulse(100 * US, period_ns=MS, count=count)
    cam.advance(SEC)


@measurement("counter_alone")
def counter_alone(case: Case, line: str, other: str) -> None:
    """The claimed counter counts a line's pulses, and another stands."""
    own = case.claim.value
    cam = counting(case, own, line)
    happened(cam, line, 5)
    case.equal(f"{own} and {other} after five pulses", (value(cam, own), value(cam, other)), (5, 0))


@measurement("counter_range", heavy="counting")
def counter_range(case: Case, counter: str, line: str) -> None:
    """A counter goes to the claim's highest value, and two more pulses do not lead beyond."""
    low, high = map(int, case.claim.span)
    cam = counting(case, counter, line)
    case.equal("CounterValue at first", value(cam, counter), low)
    cam.lines[line].pulse(5 * US, period_ns=10 * US, count=high)
    cam.advance((high + 1) * 10 * US)
    case.equal(f"CounterValue after {high}", value(cam, counter), high)
    cam.lines[line].pulse(5 * US, period_ns=10 * US, count=2)
    cam.advance(MS)
    case.within("CounterValue after two more", value(cam, counter), low, high)


COUNTED: Final[dict[str, tuple[Happens, int]]] = {
    **{name: (pulse("Line1", period_ns=300 * MS, count=3), 3) for name in ("ExposureActive", "FrameTrigger")},
    "FrameTransferSkipped": (skipped_transfer, 2),
    "TriggerSkipped": (skipped_trigger, 1),
    **{line: (pulse(line, period_ns=300 * MS, count=4), 4) for line in ("Line0", "Line1", "Line2")},
}


@measurement("counter_source")
def counter_source(case: Case, *counters: str) -> None:
    """Each of these counters counts the claimed source; with Off, nothing that can be counted."""
    source = case.claim.value
    for counter in counters:
        cam = counting(case, counter, source)
        cam.advance(SEC)
        case.equal(f"{counter} before", value(cam, counter), 0)
        happens, wanted = zip(*([COUNTED[source]] if source in COUNTED else COUNTED.values()), strict=True)
        for make in happens:
            make(cam)
            cam.advance(2 * SEC)
        case.equal(f"{counter} after", value(cam, counter), wanted[0] if source in COUNTED else 0)


@measurement("counter_chain")
def counter_chain(case: Case, line: str, *counters: str) -> None:
    """Each of two counters counts the ends of the other."""
    for own, other in (counters, counters[::-1]):
        cam = counting(case, own, f"{other}End")
        cam.CounterSelector = other
        case.write(cam, CounterEventSource=line, CounterDuration=3, CounterResetSource=f"{other}End")
        happened(cam, line, 10)
        case.equal(f"{own} after three ends of {other}", value(cam, own), 3)


@measurement("counter_reset")
def counter_reset(case: Case, own: str, counted: str, resetting: str) -> None:
    """Five are counted, the claimed source resets, by an edge or a counter's end, and two more are."""
    source = case.claim.value
    cam = counting(case, own, counted, CounterResetSource=source)
    if source.endswith("End"):
        cam.CounterSelector = source.removesuffix("End")
        case.write(cam, CounterEventSource=resetting, CounterDuration=1, CounterResetSource=source)
    read: list[int] = []
    for line, count in ((counted, 5), (resetting, 1), (counted, 2)):
        happened(cam, line, count)
        read.append(value(cam, own))
    case.equal("CounterValue", read, [5, 0, 2])


@measurement("counter_command")
def counter_command(case: Case, own: str, counted: str, *others: str) -> None:
    """With the source Off nothing but the command resets a counter."""
    cam = counting(case, own, counted, CounterResetSource=case.claim.value)
    for line, count in ((counted, 5), *((line, 1) for line in others)):
        happened(cam, line, count)
    case.equal("CounterValue", value(cam, own), 5)
    cam.CounterReset()
    case.equal("CounterValue after CounterReset", cam.CounterValue, 0)
