"""Data cables: a network cable's test, the link's speed, and Power over Ethernet.

Gigabit needs all four pairs, 100 Mbit/s the pairs on 1-2 and 3-6 (IEEE 802.3). A pair whose wires belong to
two twisted pairs of the cable is split: it connects, and its crosstalk makes the link fail at full speed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from camtwin.camera.links import LinkTiming
from camtwin.models import RigSheet
from camtwin.rig.wiring.elements import Switch
from camtwin.rig.wiring.judge import Finding, span
from camtwin.rig.wiring.plan import Cable

T568_PAIRS: Final = (("1", "2"), ("3", "6"), ("4", "5"), ("7", "8"))
"""Twisted pairs of a cable."""
POE_CLASS_W: Final[Mapping[int, float]] = {1: 3.84, 2: 6.49, 3: 12.95}
PORT_CLASS_W: Final[Mapping[int, float]] = {1: 4.0, 2: 7.0, 3: 15.4}
"""IEEE 802.3af: maximum consumption of a device of a class, and the power that its port reserves."""


@dataclass(frozen=True)
class Test:
    """The result of a cable test. nets: camera's net -> conductor at the far end, None if it is open."""

    nets: Mapping[str, str | None]
    bits_per_s: int
    findings: tuple[Finding, ...]


def tested(where: str, sheet: RigSheet, socket: str, cable: Cable) -> Test:
    """Test a cable in a camera's socket, from its near pins to the far ones."""
    to = {pin: pin for pin in sheet.pins[socket]} if cable.pins is None else dict(cable.pins)
    pins = {
        pin.name: (None if n in cable.cut else to.get(n)) for n, pin in sorted(sheet.pins[socket].items())
    }
    number = {pin.name: n for n, pin in sheet.pins[socket].items()}
    findings: list[Finding] = []
    whole: list[str] = []
    for pair in sorted({name[:-1] for name in pins}):
        ends = [pins[pair + sign] for sign in "+-"]
        near = [number[pair + sign] for sign in "+-"]
        at = f"{where} {pair} ({near[0]}, {near[1]})"
        if None in ends:
            why = f"the pair {pair} is cut"
            findings.append(Finding(at, "wrong", "cut pair", why, fix="replace the cable"))
        elif not any(set(ends) == set(p) for p in T568_PAIRS):
            why = f"{pair} arrives on {ends[0]} and {ends[1]}, which are not twisted with each other"
            findings.append(Finding(at, "wrong", "split pair", why, fix="wire both ends as T568B"))
        elif ends != near:
            why = f"{pair} arrives on {ends[0]} and {ends[1]}"
            findings.append(Finding(at, "marginal", "crossed", why, fix="wire both ends as T568B"))
            whole.append(pair)
        else:
            whole.append(pair)
    fast = all(f"MX{n}" in whole for n in (1, 2))
    speed = 1_000_000_000 if len(whole) == len(T568_PAIRS) else 100_000_000 if fast else 0
    return Test(pins, speed, tuple(findings))


def mated(where: str, sheet: RigSheet, socket: str, plug: str, screwed: bool = True) -> list[Finding]:
    """Judge whether a plug fits a socket; return all that is wrong with it, or that it mates."""
    connector = sheet.connectors[socket]
    fits = ", ".join(connector.mates)
    if plug not in (*connector.mates, *connector.slow):
        why = f"{plug} does not fit {connector.part}"
        return [Finding(where, "wrong", "does not mate", why, fix=f"use {fits}")]
    findings: list[Finding] = []
    if plug in connector.slow:
        why = f"{plug} fits {connector.part} and has no wires for full speed"
        findings.append(Finding(where, "marginal", "slow", why, fix=f"use {fits}"))
    if connector.lock and not screwed:
        why = f"{plug} is not fixed by its screws"
        findings.append(Finding(where, "marginal", "not locked", why, fix="screw it on"))
    return findings or [Finding(where, "ok", "mates", f"{plug} fits {connector.part}")]


def carries_data(sheet: RigSheet, socket: str) -> bool:
    """Tell whether a socket is the link's."""
    return any(pin.name.startswith("MX") or pin.name == "VBUS" for pin in sheet.pins[socket].values())


def linked(timing: LinkTiming, where: str, sheet: RigSheet, socket: str, cable: Cable) -> LinkTiming | None:
    """Return the link's timing through a cable, never faster than without it.

    None if nothing gets through.
    """
    connector = sheet.connectors[socket]
    slow = cable.plug in connector.slow
    if cable.plug and cable.plug not in connector.mates and not slow:
        return None
    return timing.through(lambda: tested(where, sheet, socket, cable).bits_per_s, slow_plug=slow)


def poe_finding(where: str, sheet: RigSheet, switch: Switch) -> Finding | None:
    """Judge Power over Ethernet by a cable; None if the switch has none."""
    supply = next((s for s in sheet.supplies.values() if s.poe_class is not None), None)
    if switch.poe_V is None:
        return None
    if supply is None:
        return Finding(where, "ok", "no PoE", "the camera takes no power from the cable")
    volts, (low, high) = switch.poe_V, supply.accepted_V
    limit, needs = span(supply.volts), supply.port_watts or 0.0
    if not low <= volts <= high:
        why = f"PoE of {volts:g} V is outside of {limit}"
        return Finding(where, "wrong", "PoE voltage", why, volts, "V", limit, f"a port of {limit}")
    if switch.poe_watts < needs:
        why = f"the port grants {switch.poe_watts:g} W, class {supply.poe_class} needs {needs:g} W"
        fix = f"a port for class {supply.poe_class}"
        return Finding(where, "wrong", "PoE class", why, switch.poe_watts, "W", f"{needs:g} W", fix)
    why = f"{volts:g} V, class {supply.poe_class} of {needs:g} W"
    return Finding(where, "ok", "powered", why, volts, "V", limit)
