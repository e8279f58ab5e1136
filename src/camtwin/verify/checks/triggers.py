"""Triggers: what the trigger hears, and how late the exposure is."""

from __future__ import annotations

from camtwin.units import MS, SEC, US
from camtwin.verify.case import Case, check
from camtwin.verify.checks.signals import (
    KEYS,
    KNOWN_NS,
    LATENCY_NS,
    STIMULI,
    frames_for,
    inputs,
    keyed,
    listen,
    pulse,
    same_times,
    times,
    waiting,
)


# -- trigger sources ---------------------------------------------------------------------------------
@check(*(f"baumer.trigger.source.{name.lower()}" for name in STIMULI))
def trigger_source(case: Case) -> None:
    cam = waiting(case, case.claim.value)
    inputs(cam)
    keyed(cam)
    for name, stimulus in STIMULI.items():
        count = sum(frames_for(cam, stimulus) for _ in range(2))
        case.equal(f"frames for two of {name}", count, 2 * (name == case.claim.value))


@check("baumer.trigger.source.counter1end", "baumer.trigger.source.counter2end")
def trigger_counter(case: Case) -> None:
    """The counter ends at every second pulse on Line1; the other counter ends at every one."""
    own, other = ("Counter1", "Counter2") if "1" in case.claim.value else ("Counter2", "Counter1")
    cam = waiting(case, case.claim.value)
    inputs(cam)
    keyed(cam)
    for counter, line, duration in ((own, "Line1", 2), (other, "Line2", 1)):
        cam.CounterSelector = counter
        case.write(cam, CounterEventSource=line, CounterDuration=duration, CounterResetSource=f"{counter}End")
    for name, stimulus in STIMULI.items():
        count = sum(frames_for(cam, stimulus) for _ in range(4))
        case.equal(f"frames for four of {name}", count, 2 * (name == "Line1"))


@check("baumer.trigger.source.all")
def trigger_all(case: Case) -> None:
    """One long pulse on Line1 triggers as it rises, and ends Counter1 as it falls: both give a frame."""
    cam = waiting(case, "All")
    inputs(cam)
    keyed(cam)
    for name, stimulus in STIMULI.items():
        case.equal(f"frames for one of {name}", frames_for(cam, stimulus), 1)
    for counter in ("Counter1", "Counter2"):
        cam.CounterSelector = counter
        case.write(cam, CounterEventSource="Line1", CounterEventActivation="FallingEdge", CounterDuration=1)
        case.write(cam, CounterResetSource=f"{counter}End")
        case.equal(f"frames for one of Line1 and {counter}End", frames_for(cam, pulse("Line1", 10 * MS)), 2)
        case.write(cam, CounterEventSource="Off")


@check("baumer.trigger.source.off")
def trigger_off(case: Case) -> None:
    cam = waiting(case, "Off")
    inputs(cam)
    keyed(cam)
    for counter in ("Counter1", "Counter2"):
        cam.CounterSelector = counter
        case.write(cam, CounterEventSource="Line1", CounterDuration=1, CounterResetSource=f"{counter}End")
    for name, stimulus in STIMULI.items():
        case.equal(f"frames for one of {name}", frames_for(cam, stimulus), 0)


@check("baumer.action.trigger", "baumer.action.cmd")
def action_command(case: Case) -> None:
    device, group, mask = KEYS
    cam = waiting(case, "Action1")
    keyed(cam)
    cases = {
        "the camera's keys": (KEYS, True),
        "a mask with one bit in common": ((device, group, 0x1F), True),
        "another device key": ((device + 1, group, mask), False),
        "another group key": ((device, group + 1, mask), False),
        "a mask with no bit in common": ((device, group, 0x0F), False),
    }
    for what, (keys, wanted) in cases.items():
        answered = cam.action(*keys)
        cam.advance(20 * MS)
        if case.claim.id.endswith("cmd"):
            case.leaves_out("the GVCP message, as there is no network: the command is given in process")
            case.equal(f"acknowledged with {what}", answered, wanted)
        else:
            case.equal(f"frames with {what}", len(cam.fetch()), int(wanted))


@check("basler.trigger.hardware")
def by_line(case: Case) -> None:
    """Edges on the opto-coupled input, at a pace that the camera can follow."""
    cam = case.open(TriggerMode="On", TriggerSource="Line1", Height=96, ExposureTime=1000)
    cam.AcquisitionStart()
    cam.advance(SEC)
    case.equal("frames without an edge", len(cam.fetch()), 0)
    for count in (1, 7):
        cam.lines["Line1"].pulse(MS, period_ns=20 * MS, count=count)
        cam.advance(SEC)
        case.equal(f"frames for {count} edges", len(cam.fetch()), count)


# -- delays ------------------------------------------------------------------------------------------
@check("baumer.trigger.fixed_delay")
def fixed_delay(case: Case) -> None:
    cam = waiting(case, "Line0")
    listen(cam, "ExposureStart")
    edges = []
    for i in range(50):
        cam.advance(20 * MS + i * 1237)
        edges.append(cam.now)
        cam.lines["Line0"].pulse(10 * US)
    cam.advance(20 * MS)
    starts = times(cam, "ExposureStart")
    case.equal("exposures", len(starts), 50)
    delays = [(start - edge) / US for start, edge in zip(starts, edges, strict=True)]
    for delay in (min(delays), max(delays)):
        case.near("delay", delay, case.claim.number, 0.2, "us")


@check("baumer.trigger.max_delay")
def delay_in_readout(case: Case) -> None:
    """A thousand triggers, each at another moment of the readout of the frame before."""
    cam = waiting(case, "Line0", Height=1000, ExposureTime=30_000)
    listen(cam, "ExposureStart", "ExposureEnd")
    cam.lines["Line0"].pulse(10 * US)
    delays = []
    for i in range(1000):
        cam.advance(31 * MS)
        read_from, now = times(cam, "ExposureEnd")[-1], cam.now
        moment = read_from + 2 * MS + i * 7_919_113 % (20 * MS)
        cam.events.clear()
        cam.advance(moment - now)
        cam.lines["Line0"].pulse(10 * US)
        cam.advance(MS)
        started = times(cam, "ExposureStart")
        case.equal("exposures for a trigger", len(started), 1)
        delays.append((started[0] - moment) / US)
    case.within("least delay", min(delays), 97.5, 98.2, "us")
    case.near("greatest delay", max(delays), case.claim.number, 0.5, "us")


@check("baumer.trigger.delay_range")
def trigger_delay(case: Case) -> None:
    low, high = case.claim.span
    case.limits(case.open(), "TriggerDelay", low * 1e6, high * 1e6)
    starts = []
    for delay_us in (0, 1_000_000):
        cam = waiting(case, "Software", TriggerDelay=delay_us)
        cam.TriggerSoftware()
        cam.advance(2 * SEC)
        (frame,) = cam.fetch()
        starts.append(frame.timestamp_ns)
    case.near("exposure starts later by", (starts[1] - starts[0]) / US, 1e6, 1, "us")


@check("baumer.trigger.buffer")
def trigger_buffer(case: Case) -> None:
    """The 257th comes while the first still waits; a 258th, when there is room again, is taken."""
    count, pitch, wait = int(case.claim.number), 7 * MS, 2 * SEC
    cam = waiting(case, "Line0", TriggerDelay=wait / US)
    listen(cam, "ExposureStart", "TriggerSkipped")
    begun = cam.now
    cam.lines["Line0"].pulse(10 * US, period_ns=pitch, count=count + 1)
    cam.advance(count * pitch + MS)
    skipped = times(cam, "TriggerSkipped")
    same_times(case, "skipped triggers", skipped, [begun + count * pitch + KNOWN_NS])
    cam.advance(3 * SEC)
    starts = [t - LATENCY_NS for t in times(cam, "ExposureStart")]
    same_times(case, "exposures", starts, [begun + i * pitch + wait for i in range(count)])


@check("baumer.trigger.overlap")
def overlap(case: Case) -> None:
    """ExposureTime 10 ms, 23 ms of readout: a trigger in the one is skipped, in the other begins the next."""
    cam = waiting(case, "Line0", Height=1000, ExposureTime=10_000)
    case.equal("TriggerOverlap", cam.TriggerOverlap, "ReadOut")
    listen(cam, "TriggerSkipped", "ExposureStart", "FrameEnd")
    cam.lines["Line0"].pulse(10 * US, period_ns=5 * MS, count=2)  # the second one during exposure
    cam.advance(9 * MS)
    case.equal("skipped during exposure", len(times(cam, "TriggerSkipped")), 1)
    cam.advance(17 * MS)
    cam.lines["Line0"].pulse(10 * US)
    cam.advance(50 * MS)
    case.equal("exposures", len(times(cam, "ExposureStart")), 2)
    case.equal("skipped later on", len(times(cam, "TriggerSkipped")), 1)
    overlapped = times(cam, "ExposureStart")[1] < times(cam, "FrameEnd")[0]
    case.that("the second exposure began during the readout of the first", overlapped)


@check("baumer.encoder")
def encoder(case: Case) -> None:
    cam = waiting(
        case, "Counter1End", CounterSelector="Counter1", CounterEventSource="Line0", CounterDuration=10
    )
    case.write(cam, CounterResetSource="Counter1End")
    listen(cam, "ExposureStart")
    begun = cam.now
    cam.lines["Line0"].pulse(100 * US, period_ns=3 * MS, count=57)
    cam.advance(SEC)
    starts = [t - LATENCY_NS for t in times(cam, "ExposureStart")]
    wanted = [begun + (10 * n - 1) * 3 * MS for n in range(1, 6)]
    same_times(case, "exposures", starts, wanted)
