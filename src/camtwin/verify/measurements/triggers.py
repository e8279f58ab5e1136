"""Triggers: what the trigger hears, and how late the exposure is."""

from __future__ import annotations

from typing import Final

from camtwin.session.session import Session
from camtwin.units import MS, SEC, US
from camtwin.verify.case import Case
from camtwin.verify.measurements.signals import (
    KEYS,
    frames_for,
    listen,
    pulse,
    same_times,
    stimuli,
    times,
    waiting,
)
from camtwin.verify.measures import measurement

CONTROL: Final = (0x0A00, 2)
"""The register of GigE Vision by which a host takes control, and its value."""


def ending(
    case: Case, cam: Session, counter: str, line: str, duration: int, edge: str = "RisingEdge"
) -> None:
    """Let a counter end, and begin again, by so many edges of a line."""
    case.write(cam, CounterSelector=counter, CounterEventSource=line, CounterEventActivation=edge)
    case.write(cam, CounterDuration=duration, CounterResetSource=f"{counter}End")


# -- trigger sources ---------------------------------------------------------------------------------
@measurement("trigger_hears")
def trigger_hears(case: Case, *counters: str) -> None:
    """The claimed source alone gives frames; a counter like `Counter1:Line1:2` at every second edge."""
    cam, source, wanted = waiting(case, case.claim.value), case.claim.value, dict[str, int]()
    for counter, line, edges in (text.split(":") for text in counters):
        ending(case, cam, counter, line, int(edges))
        if source == f"{counter}End":
            wanted[line] = 4 // int(edges)
    for name, happens in stimuli(cam).items():
        count = sum(frames_for(cam, happens) for _ in range(4))
        case.equal(f"frames for four of {name}", count, wanted.get(name, 4 * (name == source)))


@measurement("trigger_hears_all")
def trigger_hears_all(case: Case, line: str, *counters: str) -> None:
    """Every source gives a frame; a long pulse that also ends a counter as it falls gives two."""
    cam = waiting(case, case.claim.value)
    for name, happens in stimuli(cam).items():
        case.equal(f"frames for one of {name}", frames_for(cam, happens), 1)
    for counter in counters:
        ending(case, cam, counter, line, 1, "FallingEdge")
        count = frames_for(cam, pulse(line, 10 * MS))
        case.equal(f"frames for one of {line} and {counter}End", count, 2)
        case.write(cam, CounterEventSource="Off")


@measurement("edges_give_frames")
def edges_give_frames(case: Case, line: str) -> None:
    """Edges at a pace that the camera can follow give a frame each, and none comes without one."""
    cam = waiting(case, line, Height=96, link_speed="sheet")
    for count in (0, 1, 7):
        if count:
            cam.lines[line].pulse(MS, period_ns=20 * MS, count=count)
        cam.advance(SEC)
        case.equal(f"frames for {count} edges of {line}", len(cam.fetch()), count)


@measurement("action_commands")
def action_commands(case: Case) -> None:
    """A command with the camera's keys and a bit of its mask is answered and gives a frame; others not.

    They are sent by a host, as GigE Vision's messages."""
    device, group, mask = KEYS
    cam = waiting(case, "Action1")
    host = cam.host()
    case.equal("a host takes control, status", host.write(*CONTROL), 0)  # without one, actions go unheard
    cases = {
        "the camera's keys": (KEYS, True),
        "a mask with one bit in common": ((device, group, 0x1F), True),
        "another device key": ((device + 1, group, mask), False),
        "another group key": ((device, group + 1, mask), False),
        "a mask with no bit in common": ((device, group, 0x0F), False),
    }
    for request, (what, (keys, wanted)) in enumerate(cases.items(), 1):
        head = bytes.fromhex("42 01 0100 000c") + request.to_bytes(2, "big")
        answers = host.send(head + b"".join(key.to_bytes(4, "big") for key in keys))
        answered = [bytes.fromhex("0000 0101 0000") + request.to_bytes(2, "big")] if wanted else []
        cam.advance(20 * MS)
        case.equal(f"frames with {what}", len(cam.fetch()), int(wanted))
        case.equal("acknowledges", [a.hex() for a in answers], [a.hex() for a in answered])


# -- delays ------------------------------------------------------------------------------------------
@measurement("trigger_latency")
def trigger_latency(case: Case, line: str, tolerance_us: float) -> None:
    """Fifty triggers of an idle sensor: the exposure comes after the claimed time, without spread."""
    cam = waiting(case, line)
    listen(cam, "ExposureStart")
    edges: list[int] = []
    for i in range(50):
        cam.advance(20 * MS + i * 1237)
        edges.append(cam.now)
        cam.lines[line].pulse(10 * US)
    cam.advance(20 * MS)
    starts = times(cam, "ExposureStart")
    case.equal("exposures", len(starts), 50)
    delays = [(start - edge) / US for start, edge in zip(starts, edges, strict=True)]
    for delay in (min(delays), max(delays)):
        case.near("delay", delay, case.claim.number, tolerance_us, "us")


@measurement("trigger_latency_in_readout")
def trigger_latency_in_readout(case: Case, line: str, least_us: float, tolerance_us: float) -> None:
    """A thousand triggers, at other moments of the readout of the frame before: spread up to the claim."""
    cam = waiting(case, line, Height=1000, ExposureTime=30_000)
    listen(cam, "ExposureStart", "ExposureEnd")
    cam.lines[line].pulse(10 * US)
    delays: list[float] = []
    for i in range(1000):
        cam.advance(31 * MS)
        read_from, now = times(cam, "ExposureEnd")[-1], cam.now
        moment = read_from + 2 * MS + i * 7_919_113 % (20 * MS)
        cam.events.clear()
        cam.advance(moment - now)
        cam.lines[line].pulse(10 * US)
        cam.advance(MS)
        started = times(cam, "ExposureStart")
        case.equal("exposures for a trigger", len(started), 1)
        delays.append((started[0] - moment) / US)
    case.within("least delay", min(delays), least_us - 0.2, least_us + tolerance_us, "us")
    case.near("greatest delay", max(delays), case.claim.number, tolerance_us, "us")


@measurement("trigger_delay")
def trigger_delay(case: Case, delay_us: float) -> None:
    """TriggerDelay goes over the claimed seconds, and this one moves the exposure by as much."""
    low, high = case.claim.span
    case.limits(case.open(), "TriggerDelay", low * 1e6, high * 1e6)
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
    """As many wait as claimed. One more, while the first still waits, is skipped once it is a pulse."""
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


@measurement("trigger_overlap")
def trigger_overlap(case: Case, line: str, entry: str) -> None:
    """ExposureTime 10 ms, 23 ms of readout: a trigger in the one is skipped, in the other begins the next."""
    cam = waiting(case, line, Height=1000, ExposureTime=10_000)
    case.equal("TriggerOverlap", cam.TriggerOverlap, entry)
    listen(cam, "TriggerSkipped", "ExposureStart", "FrameEnd")
    cam.lines[line].pulse(10 * US, period_ns=5 * MS, count=2)  # the second one during exposure
    cam.advance(9 * MS)
    case.equal("skipped during exposure", len(times(cam, "TriggerSkipped")), 1)
    cam.advance(17 * MS)
    cam.lines[line].pulse(10 * US)
    cam.advance(50 * MS)
    case.equal("exposures", len(times(cam, "ExposureStart")), 2)
    case.equal("skipped later on", len(times(cam, "TriggerSkipped")), 1)
    overlapped = times(cam, "ExposureStart")[1] < times(cam, "FrameEnd")[0]
    case.that("the second exposure began during the readout of the first", overlapped)


@measurement("encoder")
def encoder(case: Case, line: str, latency_us: float) -> None:
    """A counter of a line's pulses triggers: a frame at every tenth."""
    cam = waiting(case, "Counter1End")
    ending(case, cam, "Counter1", line, 10)
    listen(cam, "ExposureStart")
    begun = cam.now
    cam.lines[line].pulse(100 * US, period_ns=3 * MS, count=57)
    cam.advance(SEC)
    starts = [t - round(latency_us * US) for t in times(cam, "ExposureStart")]
    same_times(case, "exposures", starts, [begun + (10 * n - 1) * 3 * MS for n in range(1, 6)])
