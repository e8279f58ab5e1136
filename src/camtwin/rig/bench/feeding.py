"""What comes to a camera by wire and cable: power, and the link. A camera goes on and off by it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

from camtwin.rig.bench.side import RAILS, Side
from camtwin.rig.wiring.check import name_of
from camtwin.rig.wiring.circuit import Solution
from camtwin.rig.wiring.elements import Switch
from camtwin.rig.wiring.ethernet import carries_data, linked, poe_finding
from camtwin.rig.wiring.judge import TOLERANCE_V, Finding, rail_finding, supply_finding
from camtwin.rig.wiring.plan import Pin, Plan
from camtwin.units import MS

RESTART_NS: Final = 100 * MS
"""A camera that gave out tries again after so long (our choice)."""


Offer: TypeAlias = tuple[str, float, Finding]
"""A way that a camera could be fed by: its label, volts, and what is to be said of it."""


def feed(side: Side, offers: tuple[Offer, ...], tell: Callable[[Finding], object]) -> bool:
    """Take power from the first that can give it; True if the camera went on or off."""
    camera, sheet = side.camera, side.sheet
    was = (camera.powered, side.label)
    if camera.powered and offers == side.fed and not side.dead:
        return False
    side.fed = offers
    for _, _, finding in offers:
        tell(finding)
    side.label, side.volts = "", 0.0
    rails = [finding for label, _, finding in offers if label == RAILS]
    if rails and not side.dead and all(finding.verdict == "ok" for finding in rails):
        side.label = RAILS
    for label, volts, finding in () if side.dead or rails else offers:
        low = sheet.supplies[label].accepted_V[0]
        holds = low * sheet.power.brownout_share if sheet.power else low
        good = finding.verdict != "wrong" or finding.word == "overvoltage"
        runs_on = was == (True, label) and finding.word == "undervoltage" and volts >= holds - TOLERANCE_V
        if (good and camera.clock.now >= side.restart_ns) or (good and was[0]) or runs_on:
            side.label, side.volts = label, volts
            break
    if side.label and not camera.powered:
        camera.power_on()
    elif not side.label and camera.powered:
        camera.power_off()
        side.restart_ns = camera.clock.now + (0 if side.fresh else RESTART_NS)
    side.fresh = False
    return was[0] != camera.powered


def offers(plan: Plan, side: Side, solution: Solution, unplugged: set[str]) -> Iterator[Offer]:
    """What comes by wires, and over the data cable."""
    sheet = side.sheet
    yield from _rails(plan, side, solution)
    for label, said in sheet.supplies.items():
        if said.plus:
            plus, minus = Pin(side.name, said.plus), Pin(side.name, said.minus)
            if any(plus in (w.a, w.b) for w in plan.wires):
                volts, mA = solution.volts(plus, minus), solution.mA(side.name, label)
                protected = not sheet.power or sheet.power.reverse == "protected"
                where = name_of(plan, side.name, said.plus)
                yield label, volts, supply_finding(where, said, volts, mA, protected)
        else:
            switch = _switch(plan, side.name, unplugged)
            if switch and switch.poe_V is not None:
                found = poe_finding(f"{side.name} PoE", sheet, switch)
                assert found, "the port has power"
                yield label, switch.poe_V, found


def _rails(plan: Plan, side: Side, solution: Solution) -> Iterator[Offer]:
    """Every pin of every rail of a board: it runs if all are fed as they should be."""
    if not side.sheet.rails:
        return
    ground = Pin(side.name, side.sheet.ground["pins"][0])
    wired = {pin for wire in plan.wires for pin in (wire.a, wire.b)}
    for label, rail in side.sheet.rails.items():
        for pin in rail.pins:
            at = Pin(side.name, pin)
            volts = solution.volts(at, ground) if at in wired else 0.0
            yield RAILS, volts, rail_finding(name_of(plan, side.name, pin), label, rail, volts)


def _switch(plan: Plan, camera: str, unplugged: set[str]) -> Switch | None:
    """The switch at the other end of a cable that is plugged in."""
    for cable in plan.cables:
        device = plan.devices.get(cable.source.partition(".")[0])
        if cable.into.partition(".")[0] == camera and isinstance(device, Switch):
            return None if cable.into in unplugged else device
    return None


def link(plan: Plan, side: Side, unplugged: set[str]) -> None:
    """Cables decide whether there is a link, and how fast it is."""
    for cable in plan.cables:
        camera, _, socket = cable.into.partition(".")
        if camera != side.name or not carries_data(side.sheet, socket):
            continue
        timing = linked(side.timing, cable.into, side.sheet, socket, cable)
        if timing and cable.into not in unplugged:
            side.camera.transmitter.timing = timing
            side.camera.cable(True)
        else:
            side.camera.cable(False)
