"""Power and link of a camera, by wire and cable: they switch it on and off."""

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
"""Time until a camera that lost its power tries again (our choice)."""


Offer: TypeAlias = tuple[str, float, Finding]
"""A possible supply of a camera: its label, its voltage, and its finding."""


def feed(wired: WiredCamera, offers: tuple[Offer, ...], tell: Callable[[Finding], object]) -> bool:
    """Power the camera from the first offer that suffices; True if it went on or off."""
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
    """Yield the power available by wires and over the data cable."""
    sheet = wired.sheet
    for volts, finding in rails(plan, wired.name, solution):  # a board runs if all its rails are good
        yield RAILS, volts, finding
    for label, supply in sheet.supplies.items():
        if supply.plus:
            plus, minus = Pin(wired.name, supply.plus), Pin(wired.name, supply.minus)
            if plus in plan.wired:
                volts, mA = solution.volts(plus, minus), solution.mA(wired.name, label)
                where = plan.name_of(wired.name, supply.plus)
                yield label, volts, supply_finding(where, supply, volts, mA, sheet.protected)
        else:
            switch = _switch(plan, wired.name, unplugged)
            if switch and switch.poe_V is not None:
                finding = poe_finding(f"{wired.name} PoE", sheet, switch)
                assert finding, "the port has power"
                yield label, switch.poe_V, finding


def _switch(plan: Plan, camera: str, unplugged: set[str]) -> Switch | None:
    """Return the switch at the other end of a data cable that is plugged in."""
    for cable in plan.cables:
        device = plan.devices.get(cable.source.partition(".")[0])
        if cable.into.partition(".")[0] == camera and isinstance(device, Switch):
            return None if cable.into in unplugged else device
    return None


def connect(plan: Plan, wired: WiredCamera, unplugged: set[str]) -> None:
    """Set the camera's link, and its speed, by the plan's cables."""
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
