"""Lines, triggers and events: the camera as a circuit sees it, in virtual time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, Final

from camtwin.genicam import Refused
from camtwin.lab.case import Case, check
from camtwin.lab.claims import load
from camtwin.units import MS, SEC, US

LINES: Final = ("Line0", "Line1", "Line2")
KEYS: Final = (0x1234, 0x56, 0xF0)
"""Device key, group key and group mask of the action commands here."""
KNOWN_NS: Final = round(load("baumer-vcxg-124m")["baumer.io.in.pulse_min"].number * US)
"""A pulse must last so long to be one: so much later than its edge at the pin it is known."""
LATENCY_NS: Final = round(load("baumer-vcxg-124m")["baumer.trigger.fixed_delay"].number * US)
"""From an edge at the pin to the exposure, where the sensor is idle."""


# -- helpers -----------------------------------------------------------------------------------------
def waiting(case: Case, source: str, **features: Any) -> Any:
    """A camera with few rows that waits for a trigger."""
    options: dict[str, Any] = {"Height": 16, "ExposureTime": 1000, "link_speed": None, **features}
    cam = case.open(TriggerMode="On", TriggerSource=source, **options)
    cam.AcquisitionStart()
    return cam


def inputs(cam: Any) -> None:
    for line in ("Line1", "Line2"):
        cam.LineSelector, cam.LineMode = line, "Input"
    cam.LineSelector = "Line0"


def listen(cam: Any, *events: str) -> None:
    for name in events:
        cam.EventSelector, cam.EventNotification = name, "On"


def times(cam: Any, name: str) -> list[int]:
    return [event.timestamp_ns for event in cam.events if event.name == name]


def source_of(cam: Any, line: str, source: str) -> None:
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


def pulse(line: str, width_ns: int = 100 * US) -> Callable[[Any], object]:
    return lambda cam: cam.lines[line].pulse(width_ns)


def software(cam: Any) -> None:
    with suppress(Refused):  # where the source is another, the command is not there
        cam.TriggerSoftware()


def action(cam: Any) -> None:
    cam.action(*KEYS)


def keyed(cam: Any) -> None:
    cam.ActionDeviceKey, cam.ActionGroupKey, cam.ActionGroupMask = KEYS


STIMULI: Final[dict[str, Callable[[Any], object]]] = {
    **{line: pulse(line) for line in LINES},
    "Software": software,
    "Action1": action,
}


def frames_for(cam: Any, stimulus: Callable[[Any], object]) -> int:
    stimulus(cam)
    cam.advance(20 * MS)
    return len(cam.fetch())


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


# -- lines -------------------------------------------------------------------------------------------
@check("baumer.io.lines.input", "baumer.io.lines.output")
def fixed_direction(case: Case) -> None:
    mode = "Input" if case.claim.id.endswith("input") else "Output"
    cam = case.open(LineSelector=case.claim.value)
    case.equal("LineMode", cam.LineMode, mode)
    case.refuses(cam, "LineMode", "Output" if mode == "Input" else "Input")


@check("baumer.io.lines.gpio1", "baumer.io.lines.gpio2")
def either_direction(case: Case) -> None:
    cam = case.open(LineSelector=case.claim.value)
    case.takes(cam, "LineMode", "Output", "Input")


def shooting(case: Case, source: str, **features: Any) -> Any:
    """Three frames, half a second apart, while Line3 shows the source."""
    cam = waiting(case, "Software", **features)
    source_of(cam, "Line3", source)
    listen(cam, "ExposureStart", "ExposureEnd", "FrameEnd")
    for _ in range(3):
        cam.TriggerSoftware()
        cam.advance(500 * MS)
    return cam


@check("baumer.io.output_source.off")
def output_off(case: Case) -> None:
    cam = shooting(case, "Off")
    case.equal("frames", len(cam.fetch()), 3)
    case.equal("edges of Line3", len(cam.lines["Line3"].inner), 0)


@check(
    "baumer.io.output_source.exposure_active",
    "baumer.flash.source",
    "baumer.flash.delay",
    "baumer.flash.duration",
)
def exposure_active(case: Case) -> None:
    cam = shooting(case, "ExposureActive", ExposureTime=2345)
    spans, starts, ends = (
        highs(cam.lines["Line3"].inner),
        times(cam, "ExposureStart"),
        times(cam, "ExposureEnd"),
    )
    case.equal("pulses for three exposures", len(spans), 3)
    if case.claim.id.endswith("delay"):
        late = max((a - start) / US for (a, _), start in zip(spans, starts, strict=True))
        case.within("flash after exposure start", late, -0.01, case.claim.number, "us")
    elif case.claim.id.endswith("duration"):
        for a, b in spans:
            case.near("flash", (b - a) / US, 2345, 1, "us")
    else:
        same_times(case, "rises", [a for a, _ in spans], starts)
        same_times(case, "falls", [b for _, b in spans], ends)


@check("baumer.io.output_source.timer1")
def timer_active(case: Case) -> None:
    cam = case.open()
    cam = shooting(
        case, "Timer1Active", TimerTriggerSource="ExposureStart", TimerDelay=100, TimerDuration=300
    )
    spans, starts = highs(cam.lines["Line3"].inner), times(cam, "ExposureStart")
    same_times(case, "rises", [a for a, _ in spans], [t + 100 * US for t in starts])
    same_times(case, "falls", [b for _, b in spans], [t + 400 * US for t in starts])


@check("baumer.io.output_source.readout_active", "baumer.acq.readout_time")
def readout_active(case: Case) -> None:
    cam = shooting(case, "ReadoutActive", Height=3000)
    spans = highs(cam.lines["Line3"].inner)
    if case.claim.id.endswith("readout_time"):
        case.equal("readouts", len(spans), 3)
        for a, b in spans:
            case.near("ReadoutActive at 4096 x 3000", (b - a) / MS, case.claim.number, 0.1, "ms")
        return
    same_times(case, "rises", [a for a, _ in spans], times(cam, "ExposureEnd"))
    same_times(case, "falls", [b for _, b in spans], times(cam, "FrameEnd"))


@check(*(f"baumer.io.output_source.user_output{n}" for n in (1, 2, 3)))
def user_output(case: Case) -> None:
    cam = case.open(UserOutputSelector=case.claim.value)
    source_of(cam, "Line3", case.claim.value)
    wanted = []
    for on in (True, False, True):
        cam.advance(MS)
        wanted.append((cam.now, on))
        cam.UserOutputValue = on
        for other in {"UserOutput1", "UserOutput2", "UserOutput3"} - {case.claim.value}:
            cam.UserOutputSelector = other
            cam.UserOutputValue = not on
        cam.UserOutputSelector = case.claim.value
    cam.advance(MS)
    edges = cam.lines["Line3"].inner
    same_times(case, "edges", [t for t, _ in edges], [t for t, _ in wanted])
    case.equal("levels", [level for _, level in edges], [level for _, level in wanted])


@check("baumer.io.output_source.trigger_ready")
def trigger_ready(case: Case) -> None:
    """A second trigger is tried at moments after the first: taken where the line is high, else skipped."""
    for after_us in (50, 120, 500, 1000, 1200, 2200, 20_000, 23_500, 24_500, 30_000):
        cam = waiting(case, "Line0", Height=1000, ReadoutMode="Sequential")
        source_of(cam, "Line3", "TriggerReady")
        listen(cam, "TriggerSkipped")
        cam.advance(MS)
        cam.lines["Line0"].pulse(10 * US)
        cam.advance(after_us * US)
        ready = cam.lines["Line3"].inner[-1][1]
        cam.lines["Line0"].pulse(5 * US)
        cam.advance(SEC)
        taken = len(cam.fetch()) == 2
        case.equal(f"TriggerReady and taken {after_us} us later", (ready, taken), (taken, taken))
        case.equal("skipped", len(times(cam, "TriggerSkipped")), int(not taken))


def passed(cam: Any, line: str, *drives: tuple[int, bool]) -> int:
    """How many edges come through when a line is driven: (after ns, level)."""
    before = len(cam.lines[line].inner)
    for wait, level in drives:
        cam.advance(wait)
        cam.lines[line].drive(level)
    cam.advance(20 * MS)
    return len(cam.lines[line].inner) - before


@check("baumer.io.debouncer.separate")
def debouncer_separate(case: Case) -> None:
    for high, low in ((100, 0), (0, 100)):
        cam = case.open(LineSelector="Line0", LineDebouncerHighTimeAbs=high, LineDebouncerLowTimeAbs=low)
        up = passed(cam, "Line0", (MS, True), (50 * US, False))
        cam.lines["Line0"].drive(True)
        cam.advance(20 * MS)
        down = passed(cam, "Line0", (MS, False), (50 * US, True))
        case.equal(f"high {high} us, low {low} us: a high pulse of 50 us gives edges", up, 0 if high else 2)
        case.equal(f"high {high} us, low {low} us: a low pulse of 50 us gives edges", down, 0 if low else 2)


@check("baumer.io.debouncer.range")
def debouncer_range(case: Case) -> None:
    low, high = (limit * 1000 for limit in case.claim.span)
    cam = case.open(LineSelector="Line0")
    for name in ("LineDebouncerHighTimeAbs", "LineDebouncerLowTimeAbs"):
        case.limits(cam, name, low, high)
    case.write(cam, LineDebouncerHighTimeAbs=high)
    case.equal("edges of 4.9 ms", passed(cam, "Line0", (MS, True), (4900 * US, False)), 0)
    case.equal("edges of 5.1 ms", passed(cam, "Line0", (MS, True), (5100 * US, False)), 2)


@check("baumer.io.debouncer.step")
def debouncer_step(case: Case) -> None:
    cam = case.open(LineSelector="Line0")
    for name in ("LineDebouncerHighTimeAbs", "LineDebouncerLowTimeAbs"):
        case.equal(f"increment of {name}", cam.increment(name), case.claim.number)
    for us, wanted in ((10, 2), (11, 0)):
        case.write(cam, LineDebouncerHighTimeAbs=us)
        case.equal(f"edges of 10.5 us at {us} us", passed(cam, "Line0", (MS, True), (10_500, False)), wanted)


@check("baumer.io.in.pulse_min", "baumer.io.gpio_in.pulse_min")
def shortest_pulse(case: Case) -> None:
    for line in ("Line1", "Line2") if "gpio" in case.claim.id else ("Line0",):
        for us, wanted in ((1.9, 0), (case.claim.number, 1)):
            cam = waiting(case, line)
            inputs(cam)
            cam.lines[line].pulse(round(us * US))
            cam.advance(20 * MS)
            case.equal(f"frames for {us:g} us on {line}", len(cam.fetch()), wanted)


@check("baumer.io.out.t_on", "baumer.io.out.t_off")
def switching(case: Case) -> None:
    on = case.claim.id.endswith("on")
    cam = case.open(UserOutputSelector="UserOutput1")
    source_of(cam, "Line3", "UserOutput1")
    for level in (True, False):
        cam.advance(MS)
        cam.UserOutputValue = level
    cam.advance(MS)
    line = cam.lines["Line3"]
    (inside,) = [t for t, level in line.inner if level == on]
    (at_pin,) = [t for t, level in line.edges if level == on]
    case.near(
        "pin after the camera", (at_pin - inside) / US, case.claim.number, 0.2 * case.claim.number, "us"
    )


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
