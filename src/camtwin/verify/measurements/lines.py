"""Lines as a camera drives them: what an output shows, and when; a timer's pulses."""

from __future__ import annotations

from typing import Any

from camtwin.session.session import Session
from camtwin.units import MS, SEC, US
from camtwin.verify.case import Case
from camtwin.verify.measures import Value, measurement
from camtwin.verify.signals import directions, highs, listen, same_times, show, times, waiting


@measurement("line_counts")
def line_counts(case: Case, line_format: str, *modes: str) -> None:
    """Count the lines that have this LineFormat and these directions: as many as claimed."""
    cam, names = case.open(), list[str]()
    for line, ways in directions(cam).items():
        cam.LineSelector = line
        if (set(ways), cam.LineFormat) == (set(modes), line_format):
            names.append(line)
    case.saw(", ".join(names) or "none")
    case.equal("lines", len(names), int(case.claim.number))


# -- outputs -----------------------------------------------------------------------------------------
def shooting(case: Case, source: str, **features: Value) -> tuple[Session, str]:
    """Take three frames, half a second apart, while an output shows the source; return both."""
    cam = waiting(case, "Software", **dict[str, Any](features))
    line = show(cam, source)
    listen(cam, "ExposureStart", "ExposureEnd", "FrameEnd")
    for _ in range(3):
        cam.TriggerSoftware()
        cam.advance(500 * MS)
    return cam, line


def moments(case: Case, cam: Session, text: str) -> list[int]:
    """List times of an event, or later ones: `FrameEnd+100`, in us; by a feature's value, or the claim."""
    event, _, later = text.partition("+")
    ns = {"ms": MS}.get(case.claim.unit, US) * case.claim.number if later == "claim" else 0
    if later and not ns:
        ns = US * (float(later) if later[0].isdigit() else getattr(cam, later))
    return [t + round(ns) for t in times(cam, event)]


@measurement("output_shows")
def output_shows(
    case: Case, source: str, rises: str, falls: str, *, within_us: float = 1, **features: Value
) -> None:
    """Require an output high from one moment to another, `ExposureEnd+claim`, in each of three frames."""
    cam, line = shooting(case, source, **features)
    spans = highs(cam.lines[line].inner)
    case.equal("pulses for three frames", len(spans), 3)
    for what, found, event in zip(("rises", "falls"), zip(*spans, strict=True), (rises, falls), strict=True):
        same_times(case, what, [*found], moments(case, cam, event), within_us * US)


@measurement("output_switching")
def output_switching(case: Case, level: bool, percent: float) -> None:
    """Require that a pin follows the camera's own edge after the claimed time, within so many percent."""
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


@measurement("outputs_stand_still")
def outputs_stand_still(case: Case, *lines: str) -> None:
    """Require that these lines, whatever can drive them, stand still while frames are exposed."""
    cam = case.open()
    for line in lines:
        case.write(cam, LineSelector=line)
        if cam.LineMode != "Output":
            case.write(cam, LineMode="Output")
        for source in cam.entries("LineSource"):
            if any(word in source for word in ("Flash", "Exposure", "Strobe", "Timer")):
                case.wrong(f"LineSource of {line} has {source}")
            case.write(cam, LineSource=source)
            cam.grab(2)
            case.equal(f"edges of {line}", len(cam.lines[line].edges), 0)
    case.saw(f"LineSource: {', '.join(cam.entries('LineSource'))}")


@measurement("timer_times")
def timer_times(case: Case, line: str, feature: str, shortest: float, *us: float) -> None:
    """Measure the timer's pulses after a line's edge, to 1 us, as its delay or duration has these values.

    Delays are those beyond that of the shortest.
    """
    found: dict[float, tuple[int, int]] = {}
    for value in (shortest, *us):
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
    what = "delayed by" if feature == "TimerDelay" else "pulse"
    for value, (later, wider) in found.items():
        measured = later - found[shortest][0] if feature == "TimerDelay" else wider
        case.near(what, measured / US, value, 1, "us")
