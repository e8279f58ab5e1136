"""Lines of a camera, what drives them, and how late the exposure is after a trigger."""

from __future__ import annotations

from camtwin.units import MS, US
from camtwin.verify.case import Case
from camtwin.verify.measures import measurement
from camtwin.verify.signals import directions, listen, times, waiting


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


@measurement("trigger_latency_in_readout")
def trigger_latency_in_readout(case: Case, line: str, least_us: float, tolerance_us: float) -> None:
    """Trigger a thousand times, at moments of the readout of the frame before: spread up to the claim."""
    cam, delays = waiting(case, line, Height=1000, ExposureTime=30_000), list[float]()
    listen(cam, "ExposureStart", "ExposureEnd")
    cam.lines[line].pulse(10 * US)
    for i in range(1000):
        cam.advance(31 * MS)
        cam.advance(times(cam, "ExposureEnd")[-1] + 2 * MS + i * 7_919_113 % (20 * MS) - cam.now)
        cam.events.clear()
        begun = cam.now
        cam.lines[line].pulse(10 * US)
        cam.advance(MS)
        starts = times(cam, "ExposureStart")
        case.equal("exposures for a trigger", len(starts), 1)
        delays.append((starts[0] - begun) / US)
    case.within("least delay", min(delays), least_us - 0.2, least_us + tolerance_us, "us")
    case.near("greatest delay", max(delays), case.claim.number, tolerance_us, "us")
