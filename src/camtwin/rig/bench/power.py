"""What comes to a camera by wire and cable: power, and the link. A camera goes on and off by it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

from camtwin.rig.bench.wired_camera import RAILS, WiredCamera
from camtwin.rig.wiring.check import rails
from camtwin.rig.wiring.circuit import Solution
from camtwin.rig.wiring.elements import Switch
from camtwin.rig.wiring.ethernet import carries_data, linked, poe_finding
from camtwin.rig.wiring.judge import TOLERANCE_V, Finding, supply_finding
from camtwin.rig.wiring.plan import Pin, Plan
from camtwin.units import MS

RESTART_NS: Final = 100 * MS
"""A camera that gave out tries again after so long (our choice)."""


Offer: TypeAlias = tuple[str, float, Finding]
"""A way that a camera could be fed by: its label, volts, and what is to be said of it."""


def feed(wired: WiredCamera, offers: tuple[Offer, ...], tell: Callable[[Finding], object]) -> bool:
    """Take power from the first that can give it; True if the camera went on or off."""
    camera, sheet = wired.camera, wired.sheet
    was = (camera.powered, wired.label)
    if camera.powered and offers == wired.fed and not wired.dead:
        return False
    wired.fed = offers
    for _, _, finding in offers:
        tell(finding)
    wired.label, wired.volts = "", 0.0
    rails = [finding for label, _, finding in offers if label == RAILS]
    if rails and not wired.dead and all(finding.verdict == "ok" for finding in rails):
        wired.label = RAILS
    for label, volts, finding in () if wired.dead or rails else offers:
        low = sheet.supplies[label].accepted_V[0]
        holds = low * sheet.power.brownout_share if sheet.power else low
        good = finding.verdict != "wrong" or finding.word == "overvoltage"
        runs_on = was == (True, label) and finding.word == "undervoltage" and volts >= holds - TOLERANCE_V
        if (good and camera.clock.now >= wired.restart_ns) or (good and was[0]) or runs_on:
            wired.label, wired.volts = label, volts
            break
    if wired.label and not camera.powered:
        camera.power_on()
    elif not wired.label and camera.powered:
        camera.power_off()
        wired.restart_ns = camera.clock.now + (0 if wired.fresh else RESTART_NS)
    wired.fresh = False
    return was[0] != camera.powered


def offers(plan: Plan, wired: WiredCamera, solution: Solution, unplugged: set[str]) -> Iterator[Offer]:
    """What comes by wires, and over the data cable."""
    sheet = wired.sheet
    for volts, finding in rails(plan, wired.name, solution):  # a board runs if all are fed as they should be
        yield RAILS, volts, finding
    for label, said in sheet.supplies.items():
        if said.plus:
            plus, minus = Pin(wired.name, said.plus), Pin(wired.name, said.minus)
            if plus in plan.wired:
                volts, mA = solution.volts(plus, minus), solution.mA(wired.name, label)
                where = plan.name_of(wired.name, said.plus)
                yield label, volts, supply_finding(where, said, volts, mA, sheet.protected)
        else:
            switch = _switch(plan, wired.name, unplugged)
            if switch and switch.poe_V is not None:
                found = poe_finding(f"{wired.name} PoE", sheet, switch)
                assert found, "the port has power"
                yield label, switch.poe_V, found


def _switch(plan: Plan, camera: str, unplugged: set[str]) -> Switch | None:
    """The switch at the other end of a cable that is plugged in."""
    for cable in plan.cables:
        device = plan.devices.get(cable.source.partition(".")[0])
        if cable.into.partition(".")[0] == camera and isinstance(device, Switch):
            return None if cable.into in unplugged else device
    return None


def connect(plan: Plan, wired: WiredCamera, unplugged: set[str]) -> None:
    """Cables decide whether there is a link, and how fast it is."""
    for cable in plan.cables:
        camera, _, socket = cable.into.partition(".")
        if camera != wired.name or not carries_data(wired.sheet, socket):
            continue
        timing = linked(wired.timing, cable.into, wired.sheet, socket, cable)
        if timing and cable.into not in unplugged:
            wired.camera.transmitter.timing = timing
            wired.camera.cable(True)
        else:
            wired.camera.cable(False)
