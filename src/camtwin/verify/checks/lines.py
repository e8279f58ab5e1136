"""Lines as a circuit sees them: what an output shows, what an input lets through."""

from __future__ import annotations

from typing import Any

from camtwin.session.session import Session
from camtwin.units import MS, SEC, US
from camtwin.verify.case import Case, check
from camtwin.verify.checks.signals import highs, inputs, listen, same_times, source_of, times, waiting


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


def shooting(case: Case, source: str, **features: Any) -> Session:
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
        for other in sorted({"UserOutput1", "UserOutput2", "UserOutput3"} - {case.claim.value}):
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


def passed(cam: Session, line: str, *drives: tuple[int, bool]) -> int:
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
