"""Put wires on a twin's pins: plans of a wiring, what the wiring tool says of them, and what stands where."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from camtwin import rig
from camtwin.session.session import Session
from camtwin.units import MS, SEC, US
from camtwin.verify.case import Case

Wires = list[list[str]]
CLEAN: Final = "clean"
"""In place of a word: nothing is to be said."""
LEVELS: Final = frozenset({"low", "high"})
"""Words for a level that is close to its limit, which is as the sheet wants it."""


def lines(case: Case, names: str) -> list[str]:
    """Split the names of lines, `Line1+Line2`, which must be there; `any` are all inputs."""
    there = {*case.around.inputs, *case.around.outputs}
    for name in (asked := [*case.around.inputs] if names == "any" else names.split("+")):
        if name not in there:
            case.wrong(f"{name} is none of the lines: {', '.join(sorted(there))}")
    return asked


# -- plans -------------------------------------------------------------------------------------------
def planned(
    case: Case,
    wires: Iterable[list[str]],
    *,
    outputs: Iterable[str] = (),
    cable: dict[str, Any] | None = None,
    **devices: dict[str, Any],
) -> rig.Plan:
    """Plan the camera, `cam`, with a supply of 24 V, a generator, and the devices that are given."""
    known: dict[str, dict[str, Any]] = {
        "psu": supply(24.0),
        "host": {"kind": "host"},
        "gen": {"kind": "generator", "ohm": 0.01},
        "ext": supply(24.0),
        "load": {"kind": "generator", "ohm": 1.0, "limit_mA": 10.0},
    }
    joined = [*wires, *(cable or {}).get("wires", ())]
    used = {end.partition(".")[0] for wire in joined for end in wire} - {"cam"}
    plan = {
        "devices": {
            "cam": {"kind": "camera", "model": case.model, "outputs": list(outputs)},
            **{name: device for name, device in known.items() if name in used},
            **devices,
        },
        "wires": list(wires),
        "cables": [cable] if cable else [],
    }
    return rig.read(plan, {"cam": case.around})


def wired(
    case: Case, wires: Iterable[list[str]], *, cam: Session | None = None, **plan: Any
) -> tuple[Session, rig.Bench]:
    """Open a session, and put the rig of such a plan around it."""
    session = cam or case.open()
    return session, rig.Bench(planned(case, wires, **plan), {"cam": session})


def fed(case: Case) -> Wires:
    """Feed the camera by a USB port or a supply; by nothing, where power comes over a network's cable."""
    sheet = next((s for s in case.around.supplies.values() if s.plus), None)
    if sheet is None:
        return []
    plus, minus = ("host.vbus", "host.gnd") if sheet.plus.startswith("usb.") else ("psu.+", "psu.-")
    return [[plus, f"cam.{sheet.plus}"], [minus, f"cam.{sheet.minus}"]]


def source(case: Case) -> str:
    """Name what feeds the camera by wires."""
    return fed(case)[0][0].partition(".")[0]


def between(case: Case, pin: str, ground: str = "", device: str = "gen") -> Wires:
    """Feed the camera, and put a generator or a resistor, `r`, between two of its pins."""
    plus, minus = {"gen": ("out", "gnd"), "r": ("a", "b"), "psu2": ("+", "-")}[device]
    back = [[f"{device}.{minus}", f"cam.{ground}"]] if ground else []
    return [*fed(case), [f"{device}.{plus}", f"cam.{pin}"], *back]


def into(case: Case, line: str) -> Wires:
    """Put the generator at a line's input, and feed the camera."""
    sheet = case.around.inputs[line]
    return between(case, sheet.pin, sheet.ground)


def supply(volts: float) -> dict[str, Any]:
    """Make a supply of so many volts."""
    return {"kind": "supply", "volts": volts}


def resistor(ohm: float) -> dict[str, Any]:
    """Make a resistor."""
    return {"kind": "resistor", "ohm": ohm}


def levels(low_V: float, high_V: float, **more: float) -> dict[str, Any]:
    """Make a generator with these two levels."""
    return {"kind": "generator", "low_V": low_V, "high_V": high_V, "ohm": 0.01, **more}


def on_cable(case: Case, **switch: object) -> tuple[Session, rig.Bench]:
    """Put the camera on a network cable to a switch that feeds it."""
    socket = next(s.connector for s in case.around.supplies.values() if s.connector)
    cable = {"from": "switch.port", "into": f"cam.{socket}", "plug": "RJ45"}
    return wired(case, [], cable=cable, switch={"kind": "switch", "poe_V": 48.0, **switch})


# -- what is said of them ------------------------------------------------------------------------------
def judged(case: Case, wires: Iterable[list[str]], where: str = "", **plan: Any) -> tuple[str, str]:
    """Ask the wiring tool of a plan, at connections whose name contains this: its words, and why."""
    findings = [f for f in rig.check(planned(case, wires, **plan)).findings if where in f.where]
    words = {f.word for f in findings if f.verdict != "ok"} - LEVELS
    return said(words), "; ".join(f.reason for f in findings)


def said(words: Iterable[str]) -> str:
    """Join words, in one order."""
    return " + ".join(sorted(words)) or CLEAN


# -- what happens --------------------------------------------------------------------------------------
def status(cam: Session, line: str) -> bool:
    """Read LineStatus, when the line has settled."""
    cam.advance(10 * US)
    cam.LineSelector = line
    return cam.LineStatus


def put(bench: rig.Bench, volts: float) -> None:
    """Put the generator to so many volts."""
    bench.tune("gen", low_V=volts, high_V=volts)


def follows(cam: Session, bench: rig.Bench, line: str, high_V: float) -> bool:
    """Tell whether LineStatus follows the generator: low, high and low again."""
    seen: list[bool] = []
    for volts in (0.0, high_V, 0.0):
        put(bench, volts)
        seen.append(status(cam, line))
    return seen == [False, True, False]


def good_high(case: Case, line: str) -> float:
    """Tell a voltage that is high at any input of its kind."""
    return 24.0 if case.around.inputs[line].isolated else 3.3


def switch_output(cam: Session, line: str, on: bool) -> None:
    """Put a line to a level, as user output 1."""
    cam.LineSelector, cam.LineSource = line, "UserOutput1"
    cam.UserOutputSelector, cam.UserOutputValue = "UserOutput1", on
    cam.advance(MS)


def as_output(case: Case, line: str) -> list[str]:
    """List the line, if it must be made an output."""
    return [line] if line in case.around.inputs else []


def runs(cam: Session, bench: rig.Bench) -> bool:
    """Tell whether the camera has power, after a moment to start; its lamps, if it has some, agree."""
    cam.advance(SEC)
    powered, lamps = bench.power("cam").watts > 0, bench.leds("cam").values()
    lit = any(how != "off" for how in lamps)
    if lamps and lit != powered:
        raise AssertionError(f"it is {'' if powered else 'not '}fed, its lamps are {'on' if lit else 'off'}")
    return powered
