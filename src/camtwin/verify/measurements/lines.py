"""Lines as a camera drives and hears them: what an output shows, what an input lets through."""

from __future__ import annotations

from camtwin.session.session import Session
from camtwin.units import MS, SEC, US
from camtwin.verify.case import Case
from camtwin.verify.measurements.signals import highs, listen, same_times, show, times, waiting
from camtwin.verify.measures import Value, measurement


@measurement("line_fixed")
def line_fixed(case: Case, mode: str, other: str) -> None:
    """The claimed line has this direction, and refuses the other."""
    cam = case.open(LineSelector=case.claim.value)
    case.equal("LineMode", cam.LineMode, mode)
    case.refuses(cam, "LineMode", other)


# -- outputs -----------------------------------------------------------------------------------------
def shooting(case: Case, source: str, **features: Value) -> tuple[Session, list[tuple[int, int]]]:
    """Take three frames, half a second apart, while an output shows the source; the times that it is high."""
    cam = waiting(case, "Software", **features)
    line = show(cam, source)
    listen(cam, "ExposureStart", "ExposureEnd", "FrameEnd")
    for _ in range(3):
        cam.TriggerSoftware()
        cam.advance(500 * MS)
    return cam, highs(cam.lines[line].inner)


def moments(cam: Session, text: str) -> list[int]:
    """Times of an event, or so many us later: `ExposureStart+100`."""
    event, _, us = text.partition("+")
    return [t + int(us or 0) * US for t in times(cam, event)]


@measurement("output_shows")
def output_shows(case: Case, source: str, rises: str, falls: str, **features: Value) -> None:
    """An output is high from one event to another, or so many us later, in each of three frames."""
    cam, spans = shooting(case, source, **features)
    case.equal("pulses for three frames", len(spans), 3)
    same_times(case, "rises", [a for a, _ in spans], moments(cam, rises))
    same_times(case, "falls", [b for _, b in spans], moments(cam, falls))


@measurement("output_late")
def output_late(case: Case, source: str, event: str) -> None:
    """An output rises so long after an event at most."""
    cam, spans = shooting(case, source)
    case.equal("pulses for three frames", len(spans), 3)
    late = [(a - t) / US for (a, _), t in zip(spans, times(cam, event), strict=True)]
    case.within(f"{source} after {event} by at most", max(late), -0.01, case.claim.number, "us")


@measurement("output_width")
def output_width(case: Case, source: str, tolerance: float, **features: Value) -> None:
    """An output is high as long as claimed, or as ExposureTime if that is no number."""
    cam, spans = shooting(case, source, **features)
    unit = {"ms": MS}.get(case.claim.unit, US)
    wanted = case.claim.number if case.claim.unit else cam.ExposureTime
    case.equal("pulses for three frames", len(spans), 3)
    for a, b in spans:
        case.near(f"{source} is high for", (b - a) / unit, wanted, tolerance, case.claim.unit or "us")


@measurement("output_rests")
def output_rests(case: Case, source: str) -> None:
    """An output with this source does not move while frames come."""
    cam, _ = shooting(case, source)
    case.equal("frames", len(cam.fetch()), 3)
    case.equal("edges", len(cam.lines[show(cam, source)].inner), 0)


@measurement("output_user")
def output_user(case: Case) -> None:
    """An output follows the claimed user output, whatever the others do."""
    own = case.claim.value
    cam = case.open(UserOutputSelector=own)
    line, others = show(cam, own), [name for name in cam.entries("UserOutputSelector") if name != own]
    wanted: list[tuple[int, bool]] = []
    for on in (True, False, True):
        cam.advance(MS)
        wanted.append((cam.now, on))
        cam.UserOutputValue = on
        for cam.UserOutputSelector in others:
            cam.UserOutputValue = not on
        cam.UserOutputSelector = own
    cam.advance(MS)
    edges = cam.lines[line].inner
    same_times(case, "edges", [t for t, _ in edges], [t for t, _ in wanted])
    case.equal("levels", [level for _, level in edges], [level for _, level in wanted])


@measurement("output_ready")
def output_ready(case: Case, line: str, *after_us: int) -> None:
    """A second trigger is tried at moments after the first: taken where the output is high, else skipped."""
    for us in after_us:
        cam = waiting(case, line, Height=1000, ReadoutMode="Sequential")
        out = show(cam, case.claim.value)
        listen(cam, "TriggerSkipped")
        cam.advance(MS)
        cam.lines[line].pulse(10 * US)
        cam.advance(us * US)
        ready = cam.lines[out].inner[-1][1]
        cam.lines[line].pulse(5 * US)
        cam.advance(SEC)
        taken = len(cam.fetch()) == 2
        case.equal(f"TriggerReady and taken {us} us later", (ready, taken), (taken, taken))
        case.equal("skipped", len(times(cam, "TriggerSkipped")), int(not taken))


@measurement("output_switching")
def output_switching(case: Case, level: bool, percent: float) -> None:
    """A pin follows the camera's own edge after the claimed time, within so many percent."""
    cam = case.open(UserOutputSelector="UserOutput1")
    line = cam.lines[show(cam, "UserOutput1")]
    for value in (True, False):
        cam.advance(MS)
        cam.UserOutputValue = value
    cam.advance(MS)
    (inside,) = [t for t, high in line.inner if high == level]
    (at_pin,) = [t for t, high in line.edges if high == level]
    tolerance = percent / 100 * case.claim.number
    case.near("pin after the camera", (at_pin - inside) / US, case.claim.number, tolerance, "us")


# -- inputs ------------------------------------------------------------------------------------------
def passed(cam: Session, line: str, *drives: tuple[float, bool]) -> int:
    """Count the edges that come through when a line is driven: (after ns, level)."""
    before = len(cam.lines[line].inner)
    for wait, level in drives:
        cam.advance(round(wait))
        cam.lines[line].drive(level)
    cam.advance(20 * MS)
    return len(cam.lines[line].inner) - before


@measurement("debouncers")
def debouncers(case: Case, line: str, high: str, low: str) -> None:
    """Each of two features swallows pulses of 50 us of its own level when it is 100 us, and no others."""
    for up_us, down_us in ((100, 0), (0, 100)):
        cam = case.open(LineSelector=line)
        case.write(cam, **{high: up_us, low: down_us})
        up = passed(cam, line, (MS, True), (50 * US, False))
        cam.lines[line].drive(True)
        cam.advance(20 * MS)
        down = passed(cam, line, (MS, False), (50 * US, True))
        case.equal(f"edges of a high pulse, {high} {up_us} us", up, 0 if up_us else 2)
        case.equal(f"edges of a low pulse, {low} {down_us} us", down, 0 if down_us else 2)


@measurement("debouncer_limits")
def debouncer_limits(case: Case, line: str, *features: str) -> None:
    """Features in us go over the claimed milliseconds."""
    low, high = case.claim.span
    for feature in features:
        case.limits(case.open(LineSelector=line), feature, low * 1000, high * 1000)


@measurement("swallows")
def swallows(case: Case, line: str, feature: str, value: float, shorter_us: float, longer_us: float) -> None:
    """With a feature at this value, in us, the shorter pulse is swallowed and the longer one passes."""
    for us, wanted in ((shorter_us, 0), (longer_us, 2)):
        cam = case.open(LineSelector=line)
        case.write(cam, **{feature: value})
        edges = passed(cam, line, (MS, True), (us * US, False))
        case.equal(f"edges of {us:g} us, {feature} {value:g} us", edges, wanted)


@measurement("shortest_pulse")
def shortest_pulse(case: Case, too_short_us: float, *inputs: str) -> None:
    """A pulse of the claimed width triggers, and a shorter one does not."""
    for line in inputs:
        for us, wanted in ((too_short_us, 0), (case.claim.number, 1)):
            cam = waiting(case, line)
            cam.lines[line].pulse(round(us * US))
            cam.advance(20 * MS)
            case.equal(f"frames for {us:g} us on {line}", len(cam.fetch()), wanted)
