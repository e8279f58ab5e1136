"""Sensor modules on adapters: what feeds them, and whether their ecosystem has such a chain.

A module's connector is plugged onto a sensor adapter, that is wired to a port of a processor adapter, which
is on a board. A sensor adapter gives a module that it carries all of its rails; what else it gives, clock and
reset, is no part of a plan.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from camtwin.ecosystem import NoAnswer, ask, ecosystem
from camtwin.models import RigSheet
from camtwin.rig.wiring.elements import BoardAdapter, CameraIn, Element, ModuleAdapter, Supply
from camtwin.rig.wiring.judge import Finding

AMPERES = 1.0
"""Current that an adapter gives on a rail (our choice; the sheet gives none)."""


@dataclass(frozen=True)
class Joint:
    """A module on adapters: its socket and both adapters by their names in the plan, `carrier` if any."""

    socket: str
    model: str
    adapter: str
    part: str
    carrier: str = ""
    carrier_part: str = ""
    board: str = ""
    port: str = ""

    @property
    def camera(self) -> str:
        return self.socket.partition(".")[0]


def joints(
    devices: Mapping[str, Element], cables: Sequence[tuple[str, str]], wires: Sequence[tuple[str, str]]
) -> list[Joint]:
    """Return the modules that are plugged onto adapters.

    Args:
        devices: of the plan.
        cables: their ends, `adapter.module` and the module's socket.
        wires: pins that are joined, among them `adapter.processor` and a port of a processor adapter.
    """
    found: list[Joint] = []
    ways = {**dict(wires), **{b: a for a, b in wires}}
    for source, into in cables:
        name, _, pin = source.partition(".")
        adapter, camera = devices.get(name), devices.get(into.partition(".")[0])
        if not isinstance(adapter, ModuleAdapter) or not isinstance(camera, CameraIn) or pin != "module":
            continue
        carrier_name, _, port = ways.get(f"{name}.processor", "").partition(".")
        joint = Joint(into, camera.model, name, adapter.part)
        if isinstance(carrier := devices.get(carrier_name), BoardAdapter):
            joint = Joint(
                into, camera.model, name, adapter.part, carrier_name, carrier.part, carrier.board, port
            )
        found.append(joint)
    return found


def feeds(
    joined: Sequence[Joint], sheets: Mapping[str, RigSheet]
) -> Iterator[tuple[str, Supply, list[tuple[str, str]]]]:
    """Yield the supplies in adapters: a name, the supply, and its wires, `+` or `-` to a module's pin."""
    for joint in joined:
        sheet = sheets[joint.camera]
        if _judged(joint, joined).verdict == "wrong":
            continue
        for label, rail in sheet.rails.items():
            wires = [("+", f"{joint.camera}.{pin}") for pin in rail.pins]
            wires += [("-", f"{joint.camera}.{pin}") for pin in sheet.ground["pins"][:1]]
            supply = Supply(kind="supply", volts=rail.volts, amperes=AMPERES)
            yield f"{joint.adapter} {label}", supply, wires


def findings(joined: Sequence[Joint]) -> Iterator[Finding]:
    """Judge each module on adapters: verified, not verified, or not possible, and what goes instead."""
    for joint in joined:
        yield _judged(joint, joined)


def _judged(joint: Joint, joined: Sequence[Joint]) -> Finding:
    where = f"{joint.socket} on {joint.adapter}"
    if not (module := ecosystem().find(joint.model)):
        return Finding(where, "wrong", "no module", f"{joint.model} is no module that adapters carry")
    if not joint.carrier:
        why = f"{joint.adapter} is on no processor adapter and has no power"
        fix = f"wire {joint.adapter}.processor to a port of one"
        return Finding(where, "wrong", "no supply", why, fix=fix)
    mine = [one for one in joined if one.carrier == joint.carrier]
    ports = ecosystem().sheet.processor_adapters[joint.carrier_part].modules
    if int(joint.port) > ports:
        why = f"{joint.carrier_part} has no port {joint.port}"
        return Finding(
            where, "wrong", "no such port", why, limit=f"{ports}", fix="use another processor adapter"
        )
    if sum(one.port == joint.port for one in mine) > 1:
        return Finding(
            where, "wrong", "conflict", f"{joint.carrier}.{joint.port} has several sensor adapters"
        )
    there = [one for one in joined if one.board == joint.board]
    try:
        answer = ask("chain", *module, joint.part, joint.carrier_part, joint.board, str(len(there)))
    except NoAnswer as refused:
        return Finding(where, "wrong", "not supported", str(refused))
    if not answer.holds:
        fix = " ".join(answer.notes[1:])
        return Finding(where, "wrong", "not supported", answer.notes[0], fix=fix)
    verdict = str(answer.column("verdict")[0])
    chain = " - ".join((*module, joint.part, joint.carrier_part, joint.board))
    if verdict == "verified":
        return Finding(where, "ok", verdict, chain)
    return Finding(where, "marginal", verdict, f"{chain}: {' '.join(answer.notes)}")
