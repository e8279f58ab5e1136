"""Power and link of a camera, by wire and cable: they switch it on and off."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from camtwin.rig.bench.wired_camera import WiredCamera
from camtwin.rig.wiring.ethernet import carries_data, linked
from camtwin.rig.wiring.judge import Finding
from camtwin.rig.wiring.plan import Plan
from camtwin.rig.wiring.reading import Offer, chosen
from camtwin.units import MS

RESTART_NS: Final = 100 * MS
"""Time until a camera that lost its power tries again (our choice)."""


def feed(wired: WiredCamera, made: list[Offer], tell: Callable[[Finding], object]) -> bool:
    """Power the camera from the first offer that suffices; True if its load changed by that."""
    camera = wired.camera
    was = wired.label if camera.powered else None
    if camera.powered and made == wired.fed and not wired.dead:
        return False
    wired.fed = made
    for _, _, finding in made:
        tell(finding)
    may_start = camera.clock.now >= wired.restart_ns
    wired.label, wired.volts = ("", 0.0) if wired.dead else chosen(wired.sheet, made, was, may_start)
    if wired.label and not camera.powered:
        camera.power_on()
    elif not wired.label and camera.powered:
        camera.power_off()
        wired.restart_ns = camera.clock.now + (0 if wired.fresh else RESTART_NS)
    wired.fresh = False
    return (was or "") != wired.label


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
