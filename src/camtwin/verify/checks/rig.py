"""Connectors, pins, circuits and supplies: a twin with wires on its pins, and what a plan of them is told."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from camtwin import rig
from camtwin.session.session import Session
from camtwin.units import MS, SEC, US
from camtwin.verify.case import Case

PSU: Final = [["psu.+", "cam.process.2"], ["psu.-", "cam.process.7"]]
IN1: Final = [["gen.out", "cam.process.3"], ["gen.gnd", "cam.process.4"]]
OUT1: Final = [["ext.+", "cam.process.5"], ["load.out", "cam.process.6"], ["load.gnd", "ext.-"]]
GPIO: Final = {"Line1": "cam.process.8", "Line2": "cam.process.1"}


# -- plans -------------------------------------------------------------------------------------------
def planned(
    case: Case,
    wires: Iterable[list[str]],
    *,
    outputs: Iterable[str] = (),
    cable: dict[str, Any] | None = None,
    **devices: dict[str, Any],
) -> rig.Plan:
    """The camera, `cam`, and around it a supply of 24 V, a generator, and what else is said."""
    known: dict[str, dict[str, Any]] = {
        "psu": {"kind": "supply", "volts": 24.0},
        "host": {"kind": "host"},
        "gen": {"kind": "generator", "ohm": 0.01},
        "ext": {"kind": "supply", "volts": 24.0},
        "load": {"kind": "generator", "ohm": 1.0, "limit_mA": 10.0},
    }
    joined = [*wires, *(cable or {}).get("wires", ())]
    used = {end.partition(".")[0] for wire in joined for end in wire} - {"cam"}
    plan = {
        "devices": {
            "cam": {"kind": "camera", "model": case.model, "outputs": list(outputs)},
            **{name: said for name, said in known.items() if name in used},
            **devices,
        },
        "wires": list(wires),
        "cables": [cable] if cable else [],
    }
    return rig.read(plan, {"cam": case.around})


def wired(
    case: Case, wires: Iterable[list[str]], *, cam: Session | None = None, **said: Any
) -> tuple[Session, rig.Bench]:
    """A session, and the rig of such a plan around it."""
    session = cam or case.open()
    return session, rig.Bench(planned(case, wires, **said), {"cam": session})


def fed(case: Case) -> list[list[str]]:
    """What feeds the camera: a USB port, or a supply. Nothing, where power comes over a network's cable."""
    said = next((s for s in case.around.supplies.values() if s.plus), None)
    if said is None:
        return []
    plus, minus = ("host.vbus", "host.gnd") if said.plus.startswith("usb.") else ("psu.+", "psu.-")
    return [[plus, f"cam.{said.plus}"], [minus, f"cam.{said.minus}"]]


def into(case: Case, line: str) -> list[list[str]]:
    """The generator at a line's input, and the camera fed."""
    said = case.around.inputs[line]
    return [*fed(case), ["gen.out", f"cam.{said.pin}"], ["gen.gnd", f"cam.{said.ground}"]]


def levels(low_V: float, high_V: float, **more: float) -> dict[str, Any]:
    """A generator with these two levels."""
    return {"kind": "generator", "low_V": low_V, "high_V": high_V, "ohm": 0.01, **more}


def told(case: Case, wires: Iterable[list[str]], where: str = "", **said: Any) -> set[str]:
    """What the wiring tool says of a plan, at connections whose name contains this: words that are not ok."""
    return rig.check(planned(case, wires, **said)).words(where)


# -- what happens ------------------------------------------------------------------------------------
def on_gpio(line: str) -> list[list[str]]:
    return [*PSU, ["gen.out", GPIO[line]], ["gen.gnd", "cam.process.7"]]


def status(cam: Session, line: str) -> bool:
    cam.advance(10 * US)
    cam.LineSelector = line
    return cam.LineStatus


def put(bench: rig.Bench, volts: float) -> None:
    """The generator stands at so many volts."""
    bench.tune("gen", low_V=volts, high_V=volts)


def said(words: Iterable[str]) -> str:
    return ", ".join(sorted(words)) or "nothing"


def runs(cam: Session, bench: rig.Bench) -> bool:
    """Does the camera have power, after a moment to start? Its lamps, if it has some, say the same."""
    cam.advance(SEC)
    fed, lamps = bench.power("cam").watts > 0, bench.leds("cam").values()
    lit = any(how != "off" for how in lamps)
    if lamps and lit != fed:
        raise AssertionError(f"it is {'' if fed else 'not '}fed, and its lamps are {'on' if lit else 'off'}")
    return fed


def switch_output(cam: Session, line: str, on: bool) -> None:
    cam.LineSelector, cam.LineSource = line, "UserOutput1"
    cam.UserOutputSelector, cam.UserOutputValue = "UserOutput1", on
    cam.advance(MS)


def on_cable(case: Case, **switch: object) -> tuple[Session, rig.Bench]:
    cable = {"from": "switch.port", "into": "cam.data", "plug": "RJ45"}
    return wired(case, [], cable=cable, switch={"kind": "switch", "poe_V": 48.0, **switch})


def supply(volts: float) -> dict[str, Any]:
    return {"kind": "supply", "volts": volts}
