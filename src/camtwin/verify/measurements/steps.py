"""Carry out steps at a running camera, and look at what came of them: the measurement `steps`.

    steps:start,Line0,200ms:1,60s:0,TriggerMode=On,TriggerSource=Line0

Options are features, written first. A step is an action and, behind a colon, what is looked at, with `&`.

    start stop stall resume cycle action   acquisition, link, power, an action command with the camera's keys
    60s 200ms 5us                          time passes; nothing else takes any
    75degC                                 the temperature inside
    Line0 Line0~5us Line0~5us*3@1ms        a pulse of 100 us, of 5 us, three of them a millisecond apart
    Line0^ Line0v                          a line rises, falls
    TriggerSoftware                        a command; with a `?` it may be refused, with a `!` it must be
    Gain>6 Gain>99!                        a feature is written; it refuses, and keeps its value
    Gain>0|6 Gain>0|6@Line0                sets of the sequencer take turns, by ExposureActive
    preset_frame_count>9                   a call of the twin's world, with its argument

    1 some 17..18 frames=0                 frames that have come since the last look
    ExposureStart=1 events=0 Line3=2       events of a name, or of any, and edges of a line since then
    Line3=high                             the level of a line as the camera has it
    Line3^-ExposureStart=50~1              each edge since then comes so many us after an event
    frame-@Line0v=50~1 frame-look=50~1     each exposure so long after an edge at the pin; the last look
    Gain=6 Gain=5..6 DeviceTemperature=60~3   what a feature reads, between two numbers, or so near to one
    ChunkGain=6 ChunkGain=Gain             a chunk of the last frame; a feature in place of the number, or
                                           what is known of the frame: ChunkFrameID=frame_id, =timestamp_ns
    chunks=Gain+Image                      all chunks of the last frame
    frame_id=6                             what is known of the last frame

The word `claim` stands for the claim's value. Events that are looked at are on, unless options say so.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from camtwin.problem import Refused
from camtwin.session.frame import Frame
from camtwin.session.session import Session
from camtwin.units import MS, SEC, US
from camtwin.verify.case import Case, shown
from camtwin.verify.measurements.sequencer import program
from camtwin.verify.measures import Value, measurement, read_value
from camtwin.verify.signals import KEYS, keyed, listen

if TYPE_CHECKING:
    from camtwin.camera.reports.events import Event

UNITS: Final = {"s": SEC, "ms": MS, "us": US}
TIME: Final = r"([\d.]+)(s|ms|us)"
PULSES: Final = re.compile(rf"(\w+)(?:~{TIME})?(?:\*(\d+)@{TIME})?")
ACTIONS: Final[dict[str, Callable[[Session], object]]] = {
    "start": lambda cam: cam.AcquisitionStart(),
    "stop": lambda cam: cam.AcquisitionStop(),
    "stall": lambda cam: cam.world.stall_link(),
    "resume": lambda cam: cam.world.resume_link(),
    "cycle": lambda cam: cam.world.power_cycle(),
    "action": lambda cam: cam.action(*KEYS),
}


OF_FRAMES: Final = ("frame_id", "timestamp_ns")


def ns_of(number: str, unit: str) -> int:
    """Read a time."""
    return round(float(number) * UNITS[unit])


def act(case: Case, cam: Session, action: str) -> None:
    """Carry out an action. ValueError if it is none."""
    name, written, value = action.rstrip("?!").partition(">")
    if action in ACTIONS:
        ACTIONS[action](cam)
    elif time := re.fullmatch(TIME, action):
        cam.advance(ns_of(*time.groups()))
    elif action.endswith("degC"):
        cam.world.hold_internal_C(float(action.removesuffix("degC")))
    elif action[:-1] in cam.lines and action[-1] in "^v":
        cam.lines[action[:-1]].drive(action[-1] == "^")
    elif (pulses := PULSES.fullmatch(action)) and pulses[1] in cam.lines:
        width, unit, count, period, period_unit = pulses.groups()[1:]
        width_ns = ns_of(width, unit) if width else 100 * US
        several = {"period_ns": ns_of(period, period_unit), "count": int(count)} if count else {}
        cam.lines[pulses[1]].pulse(width_ns, **several)
    elif "|" in value:
        values, _, source = value.partition("@")
        sets: list[dict[str, Value]] = [{name: read_value(one)} for one in values.split("|")]
        program(case, cam, sets, source or "ExposureActive")
    elif written and hasattr(cam.world, name):
        getattr(cam.world, name)(read_value(value))
    elif written and action.endswith("!"):
        case.refuses(cam, name, read_value(value))
    elif written:
        case.write(cam, **{name: read_value(value)})
    elif action.endswith("!"):
        try:
            getattr(cam, name)()
        except Refused as refused:
            case.saw(f"{name} refused: {refused}")
        else:
            case.wrong(f"{name} is carried out")
    else:
        with suppress(*[Refused] * action.endswith("?")):
            getattr(cam, name)()


class Watch:
    """Frames and events since the last look, and the events of before."""

    def __init__(self, cam: Session) -> None:
        self.cam = cam
        self.events = cam.entries("EventSelector") if cam.has("EventNotification") else ()
        self.past: list[Event] = []
        self.forget()

    def look(self, case: Case, action: str, wanted: str) -> None:
        """Compare with what is wanted, and forget what has come."""
        frames = self.cam.fetch()
        for text in wanted.split("&"):
            name, _, value = text.rpartition("=")
            found, what = self.seen(name or "frames", value, frames), f"{name or 'frames'} after {action}"
            other, _, tolerance = value.partition("~")
            if frames and name.startswith("Chunk") and (other in OF_FRAMES or self.cam.has(other)):
                value = f"{getattr(self.cam if self.cam.has(other) else frames[-1], other)}~{tolerance or 0}"
            case.saw(f"{what} {shown(found)}")
            if not agrees(found, value):
                case.wrong(f"{what} is {shown(found)}, wanted is {value}")
        self.forget()

    def forget(self) -> None:
        """Begin to look anew."""
        self.since = self.cam.now
        self.past += self.cam.events
        self.cam.events.clear()
        self.edges = {name: len(line.inner) for name, line in self.cam.lines.items()}

    def seen(self, name: str, wanted: str, frames: list[Frame]) -> object:
        """Count frames, events or edges, or read a level, a chunk or a feature."""
        if name in ("frames", "events"):
            return len(frames if name == "frames" else self.cam.events)
        if name in self.events:
            return sum(event.name == name for event in self.cam.events)
        if name in self.cam.lines:
            edges = self.cam.lines[name].inner
            level = "high" if edges and edges[-1][1] else "low"
            return level if wanted in ("high", "low") else len(edges) - self.edges[name]
        later, moment, earlier = name.partition("-")
        if moment:
            return self.delay_us(later, earlier, float(wanted.partition("~")[0]), frames)
        if name in OF_FRAMES:
            return getattr(frames[-1], name) if frames else "missing"
        chunks = (frames[-1].chunks if frames else None) or {}
        if name == "chunks":
            return "+".join(sorted(chunks)) or "none"
        return chunks.get(name[5:], "missing") if name.startswith("Chunk") else getattr(self.cam, name)

    def delay_us(self, later: str, earlier: str, wanted_us: float, frames: list[Frame]) -> object:
        """Measure how long each moment since the last look comes after an earlier one; return the worst."""

        def off_us(us: float) -> float:
            return abs(us - wanted_us)

        before = self.moments(earlier, frames)
        delays_us = [
            min(((t - at) / US for at in before), key=off_us, default=math.inf)
            for t in self.moments(later, frames)
            if t >= self.since
        ]
        return max(delays_us, key=off_us, default="never")

    def moments(self, name: str, frames: list[Frame]) -> list[int]:
        """List the times of exposures, `frame`, of the last look, an event, edges `Line3^`, or at the pin."""
        if name == "look":
            return [self.since]
        if name == "frame":
            return [frame.timestamp_ns for frame in frames]
        if name in self.events:
            return [e.timestamp_ns for e in (*self.past, *self.cam.events) if e.name == name]
        line = self.cam.lines[name.strip("@^v")]
        edges = line.edges if name.startswith("@") else line.inner
        return [t for t, high in edges if high == name.endswith("^")]


def agrees(found: object, wanted: str) -> bool:
    """Compare with a value, `some`, a range or a number with a tolerance."""
    if wanted == "some":
        return bool(found)
    if isinstance(found, (bool, str)):
        return str(found) == wanted
    if not isinstance(found, (int, float)):
        return shown(found).replace(", ", "x") == wanted
    low, dots, high = wanted.partition("..")
    near, _, tolerance = wanted.partition("~")
    return float(low) <= found <= float(high) if dots else abs(found - float(near)) <= float(tolerance or 0)


@measurement("steps")
@measurement("long_steps", heavy="counting")
def steps(case: Case, *actions: str, link: str = "sheet", **features: Value) -> None:
    """Carry out steps at a running camera, and look at what came of them: `start,60s:0,Line0,1s:1`."""
    cam = case.open(features, link_speed=None if link == "none" else link)
    keyed(cam)
    watch, value = Watch(cam), case.claim.value
    parts = [[part.replace("claim", value) for part in step.partition(":")[::2]] for step in actions]
    if "EventNotification" not in features:
        names = {name for _, wanted in parts for name in re.split("[&=-]", wanted)}
        listen(cam, *(name for name in watch.events if name in names))
    for action, wanted in parts:
        act(case, cam, action)
        if wanted:
            watch.look(case, action, wanted)
