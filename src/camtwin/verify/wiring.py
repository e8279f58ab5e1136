"""Put wires on a twin's pins, drive them with devices, and look at what the camera makes of it."""

from __future__ import annotations

from typing import Any, Final

from camtwin import rig
from camtwin.session.session import Session
from camtwin.units import MS, SEC, US
from camtwin.verify.case import Case

Wires = list[list[str]]
Plan = dict[str, Any]
"""Wires and devices, as `Case.planned` takes them."""
ENDS: Final = {"gen": ("out", "gnd"), "load": ("out", "gnd"), "r": ("a", "b"), "psu": "+-", "psu2": "+-"}
"""Both ends of devices by their names."""


# -- plans -------------------------------------------------------------------------------------------
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


def across(pin: str, ground: str = "", device: str = "gen") -> Wires:
    """Put a generator, a resistor, `r`, or a supply between two pins of the camera."""
    ends = zip(ENDS[device], (pin, ground), strict=True)
    return [[f"{device}.{end}", f"cam.{at}"] for end, at in ends if at]


def between(case: Case, pin: str, ground: str = "", device: str = "gen") -> Wires:
    """Feed the camera, and put a device between two of its pins."""
    return [*fed(case), *across(pin, ground, device)]


def into(case: Case, line: str) -> Wires:
    """Put the generator at a line's input, and feed the camera."""
    sheet = case.input(line)
    return between(case, sheet.pin, sheet.ground)


def driven(case: Case, line: str, ohm: float = 0.01, **gen: float) -> Plan:
    """Plan a generator with these settings at a line's input."""
    return {"wires": into(case, line), "gen": {"kind": "generator", "ohm": ohm, **gen}}


def supply(volts: float) -> dict[str, Any]:
    """Make a supply of so many volts."""
    return {"kind": "supply", "volts": volts}


def resistor(ohm: float) -> dict[str, Any]:
    """Make a resistor."""
    return {"kind": "resistor", "ohm": ohm}


def levels(low_V: float, high_V: float, **more: float) -> dict[str, Any]:
    """Make a generator with these two levels."""
    return {"kind": "generator", "low_V": low_V, "high_V": high_V, "ohm": 0.01, **more}


def loaded(
    case: Case, line: str, volts: float, ohm: float = 0, mA: float = 1.0, pin: str = "", ground: str = ""
) -> Plan:
    """Plan a resistor, or a sink of so many mA, between an output and a supply of so many volts.

    A high side is fed by the supply and its load returns to ground; any other stage is pulled at its pin.
    pin, ground: of the output, where a row says so.
    """
    sheet, device = case.output(line), "r" if ohm else "load"
    high_side, behind = sheet.stage == "high side", f"{device}.{ENDS[device][1]}"
    level_V, back = 0.0 if high_side else volts, [f"cam.{at}" for at in [ground or sheet.ground] if at]
    plan: Plan = {device: resistor(ohm) if ohm else levels(level_V, level_V, limit_mA=mA)}
    wires = between(case, pin or sheet.pin, device=device)
    if high_side or (ohm and volts):
        feed = [["ext.+", f"cam.{sheet.feed}"], [behind, "ext.-"]] if high_side else [["ext.+", behind]]
        wires += [*feed, *(["ext.-", at] for at in back)]
        plan["ext"] = supply(volts)
    else:
        wires += [[behind, at] for at in back]
    return {"wires": wires, "outputs": as_output(case, line), **plan}


def on_cable(case: Case, **switch: object) -> tuple[Session, rig.Bench]:
    """Put the camera on a network cable to a switch that feeds it."""
    socket = next(s.connector for s in case.around.supplies.values() if s.connector)
    cable = {"from": "switch.port", "into": f"cam.{socket}", "plug": "RJ45"}
    return case.wired([], cable=cable, switch={"kind": "switch", "poe_V": 48.0, **switch})


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
    return 24.0 if case.input(line).isolated else 3.3


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
