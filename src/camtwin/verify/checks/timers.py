"""Timer 1, and the counters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from camtwin.session.session import Session
from camtwin.units import MS, SEC, US
from camtwin.verify.case import Case, check
from camtwin.verify.checks.signals import (
    action,
    highs,
    inputs,
    keyed,
    listen,
    same_times,
    source_of,
    times,
    waiting,
)

DELAY_us, DURATION_us = 50, 200


# -- timer -------------------------------------------------------------------------------------------
@check("baumer.timer.selector")
def timer_selector(case: Case) -> None:
    case.entries(case.open(), "TimerSelector", case.claim.names)


def timed(case: Case, delay_us: float, duration_us: float) -> tuple[float, float]:
    """Delay and width of the pulse after a rising edge of Line0, us."""
    cam = case.open(TimerTriggerSource="Line0", TimerDelay=delay_us, TimerDuration=duration_us)
    source_of(cam, "Line3", "Timer1Active")
    cam.advance(MS)
    begun = cam.now
    cam.lines["Line0"].pulse(10 * US)
    cam.advance(5 * SEC)
    spans = highs(cam.lines["Line3"].inner)
    case.equal("pulses", len(spans), 1)
    return (spans[0][0] - begun) / US, (spans[0][1] - spans[0][0]) / US


@check("baumer.timer.delay_range")
def timer_delay(case: Case) -> None:
    low, high = case.claim.span
    case.limits(case.open(), "TimerDelay", low, high)
    none, _ = timed(case, low, 100)
    for us in (1000, high):
        case.near("delayed by", timed(case, us, 100)[0] - none, us, 1, "us")


@check("baumer.timer.duration_range")
def timer_duration(case: Case) -> None:
    low, high = case.claim.span
    case.limits(case.open(), "TimerDuration", low, high)
    for us in (low, 777, high):
        case.near("pulse", timed(case, 0, us)[1], us, 1, "us")


@check("baumer.timer.delay_step", "baumer.timer.duration_step")
def timer_step(case: Case) -> None:
    name = "TimerDelay" if "delay" in case.claim.id else "TimerDuration"
    cam = case.open()
    case.equal(f"increment of {name}", cam.increment(name), case.claim.number)
    case.takes(cam, name, 17, 18)


def skipped_trigger(cam: Session) -> None:
    """A trigger while the exposure of the one before runs."""
    cam.lines["Line1"].pulse(100 * US, period_ns=500 * US, count=2)


def skipped_transfer(cam: Session) -> None:
    """Frames that find the memory full, as nothing leaves it."""
    cam.world.stall_link()
    cam.lines["Line1"].pulse(100 * US, period_ns=200 * MS, count=3)


SHOT: Final[Callable[[Session], object]] = lambda cam: cam.lines["Line1"].pulse(100 * US)  # noqa: E731
TIMER_SOURCES: Final[dict[str, tuple[str, str, Callable[[Session], object]]]] = {
    # row: name on the wire, event that comes with it, what makes it happen
    "line0": ("Line0", "Line0RisingEdge", lambda cam: cam.lines["Line0"].pulse(100 * US)),
    "software": ("Software", "", lambda cam: cam.TriggerSoftware()),
    "exposure_start": ("ExposureStart", "ExposureStart", SHOT),
    "exposure_end": ("ExposureEnd", "ExposureEnd", SHOT),
    "frame_transfer_skipped": ("FrameTransferSkipped", "FrameTransferSkipped", skipped_transfer),
    "trigger_skipped": ("TriggerSkipped", "TriggerSkipped", skipped_trigger),
    "action1": ("Action1", "", action),
}


@check(*(f"baumer.timer.source.{name}" for name in TIMER_SOURCES), "baumer.timer.source.off")
def timer_source(case: Case) -> None:
    """The pulse follows its source by TimerDelay, and nothing else makes one."""
    own = case.claim.id.rpartition(".")[2]
    for name, (_, event, happens) in TIMER_SOURCES.items():
        source = TIMER_SOURCES[own][0] if own in TIMER_SOURCES else "Off"
        if name == "software" != own:
            continue  # the command is there where something listens to it
        cam = waiting(case, "Line1", Height=3000, link_speed="sheet", TimerTriggerSource=source)
        case.write(cam, TimerDelay=DELAY_us, TimerDuration=DURATION_us)
        inputs(cam)
        keyed(cam)
        source_of(cam, "Line3", "Timer1Active")
        if event:
            listen(cam, event)
        cam.advance(MS)
        begun = cam.now
        happens(cam)
        cam.advance(SEC)
        spans = highs(cam.lines["Line3"].inner)
        if name == own:
            wanted = times(cam, event) if event else [begun]
            case.that(f"{name} happened", wanted)
            same_times(case, f"pulses by {name}", [a - DELAY_us * US for a, _ in spans], wanted)
        elif own == "off" or not related(own, name):
            case.equal(f"pulses by {name}", len(spans), 0)


def related(own: str, name: str) -> bool:
    """What makes `name` happen exposes, too."""
    exposing = ("exposure_start", "exposure_end", "trigger_skipped", "frame_transfer_skipped")
    return own.startswith("exposure") and name in exposing


# -- counters ----------------------------------------------------------------------------------------
def value(cam: Session, counter: str) -> int:
    cam.CounterSelector = counter
    return cam.CounterValue


def counting(case: Case, counter: str, source: str, **features: Any) -> Session:
    cam = waiting(case, "Line1", Height=3000, link_speed="sheet")
    inputs(cam)
    cam.CounterSelector = counter
    case.write(cam, CounterEventSource=source, CounterDuration=65535, **features)
    return cam


@check("baumer.counter.selector.1", "baumer.counter.selector.2")
def counter_selector(case: Case) -> None:
    own, other = ("Counter1", "Counter2") if case.claim.id.endswith("1") else ("Counter2", "Counter1")
    case.entries(case.open(), "CounterSelector", ("Counter1", "Counter2"))
    cam = counting(case, own, "Line0")
    cam.lines["Line0"].pulse(100 * US, period_ns=MS, count=5)
    cam.advance(SEC)
    case.equal(f"{own} and {other} after five pulses", (value(cam, own), value(cam, other)), (5, 0))


@check("baumer.counter.value", heavy="counting")
def counter_value(case: Case) -> None:
    """65,535 pulses, and two more."""
    low, high = map(int, case.claim.span)
    cam = counting(case, "Counter1", "Line0")
    case.equal("CounterValue at first", cam.CounterValue, low)
    cam.lines["Line0"].pulse(5 * US, period_ns=10 * US, count=high)
    cam.advance((high + 1) * 10 * US)
    case.equal("CounterValue after 65,535", cam.CounterValue, high)
    cam.lines["Line0"].pulse(5 * US, period_ns=10 * US, count=2)
    cam.advance(MS)
    case.within("CounterValue after two more", cam.CounterValue, low, high)


def pulses(line: str, count: int) -> Callable[[Session], object]:
    return lambda cam: cam.lines[line].pulse(100 * US, period_ns=300 * MS, count=count)


COUNTED: Final[dict[str, tuple[str, Callable[[Session], object], int]]] = {
    "exposure_active": ("ExposureActive", pulses("Line1", 3), 3),
    "frame_trigger": ("FrameTrigger", pulses("Line1", 3), 3),
    "frame_transfer_skipped": ("FrameTransferSkipped", skipped_transfer, 2),
    "trigger_skipped": ("TriggerSkipped", skipped_trigger, 1),
    **{
        line.lower(): (line, pulses(line, 4), 4)
        for line in ("Line0", "Line1", "Line2")
    },
}  # fmt: skip


@check(*(f"baumer.counter.event.{name}" for name in COUNTED))
def counter_event(case: Case) -> None:
    source, happens, wanted = COUNTED[case.claim.id.rpartition(".")[2]]
    for counter in ("Counter1", "Counter2"):
        cam = counting(case, counter, source)
        cam.advance(SEC)
        case.equal(f"{counter} before", value(cam, counter), 0)
        happens(cam)
        cam.advance(2 * SEC)
        case.equal(f"{counter} after", value(cam, counter), wanted)


@check("baumer.counter.event.off")
def counter_stands(case: Case) -> None:
    cam = counting(case, "Counter1", "Off")
    for _, happens, _ in COUNTED.values():
        happens(cam)
        cam.advance(SEC)
    case.equal("CounterValue after all that can be counted", value(cam, "Counter1"), 0)


@check("baumer.counter.event.counter_end")
def counter_chain(case: Case) -> None:
    for own, other in (("Counter2", "Counter1"), ("Counter1", "Counter2")):
        cam = counting(case, own, f"{other}End")
        cam.CounterSelector = other
        case.write(cam, CounterEventSource="Line0", CounterDuration=3, CounterResetSource=f"{other}End")
        cam.lines["Line0"].pulse(100 * US, period_ns=MS, count=10)
        cam.advance(SEC)
        case.equal(f"{own} after three ends of {other}", value(cam, own), 3)


@check(
    *(f"baumer.counter.reset.{name}" for name in ("line0", "line1", "line2", "counter1end", "counter2end"))
)
def counter_reset(case: Case) -> None:
    """Five are counted, then comes what resets; then two more are."""
    source = case.claim.value
    if source.startswith("Line"):
        own, resetting, counted = "Counter1", source, "Line1" if source == "Line0" else "Line0"
        cam = counting(case, own, counted, CounterResetSource=source)
    else:
        ending, resetting, counted = source.removesuffix("End"), "Line2", "Line0"
        own = "Counter2" if ending == "Counter1" else "Counter1"
        cam = counting(case, own, counted, CounterResetSource=source)
        cam.CounterSelector = ending
        case.write(cam, CounterEventSource=resetting, CounterDuration=1, CounterResetSource=source)
    found = []
    for line, count in ((counted, 5), (resetting, 1), (counted, 2)):
        cam.lines[line].pulse(100 * US, period_ns=MS, count=count)
        cam.advance(SEC)
        found.append(value(cam, own))
    case.equal("CounterValue", found, [5, 0, 2])


@check("baumer.counter.reset.off")
def counter_not_reset(case: Case) -> None:
    cam = counting(case, "Counter1", "Line0", CounterResetSource="Off")
    for line, count in (("Line0", 5), ("Line1", 1), ("Line2", 1)):
        cam.lines[line].pulse(100 * US, period_ns=MS, count=count)
        cam.advance(SEC)
    case.equal("CounterValue", value(cam, "Counter1"), 5)
    cam.CounterReset()
    case.equal("CounterValue after CounterReset", cam.CounterValue, 0)
