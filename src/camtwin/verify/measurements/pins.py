"""Pins of a connector: what is one net, what a pin gives, and what must not be wired to it."""

from __future__ import annotations

import re
from typing import Any, Final, Literal

from camtwin import rig
from camtwin.verify.case import Case
from camtwin.verify.claims import load
from camtwin.verify.measurements.wiring import (
    CLEAN,
    Wires,
    between,
    fed,
    into,
    judged,
    levels,
    planned,
    resistor,
    runs,
    said,
    supply,
    wired,
)
from camtwin.verify.measures import measurement

OHMMETER: Final = {"kind": "generator", "low_V": 1.0, "high_V": 1.0, "ohm": 100.0}
NET: Final = re.compile(r"net(_\w+)?:")
"""The measurements of rows that say at which pins a net is."""


def joined(case: Case, a: str, b: str) -> bool:
    """Are two pins one net? An ohmmeter between them drops nothing."""
    wires = [["gen.out", f"cam.{a}"], ["gen.gnd", f"cam.{b}"]]
    bench = rig.Bench(planned(case, wires, gen=OHMMETER), {})
    return abs(bench.volts(f"cam.{a}", f"cam.{b}")) < 1e-3


def shorted(case: Case, a: str, b: str) -> bool:
    """Does the tool tell of a short, with a supply's plus at one and its minus at the other?"""
    wires = [*fed(case), ["psu2.+", f"cam.{a}"], ["psu2.-", f"cam.{b}"]]
    return "short" in judged(case, wires, psu2=supply(1.8))[0].split(" + ")


@measurement("one_net")
def one_net(case: Case, a: str, b: str) -> None:
    """Two pins are one net, and a supply between them is a short."""
    case.that(f"{a} is joined with {b}", joined(case, a, b))
    case.that(f"a supply between {a} and {b} is a short", shorted(case, a, b))


@measurement("isolated_nets")
def isolated_nets(case: Case, a: str, b: str) -> None:
    """Nothing flows from one pin to another at 24 V."""
    wires = [["gen.out", f"cam.{a}"], ["gen.gnd", f"cam.{b}"]]
    _, bench = wired(case, wires, gen=levels(24.0, 24.0))
    case.near(f"current from {a} to {b} at 24 V", bench.mA("gen"), 0.0, 0.001, "mA")


@measurement("ground_loop")
def ground_loop(case: Case, line: str) -> None:
    """The ground of a line's signal tied to a second earth, besides that of the supply, is told."""
    psu = {**supply(24.0), "earthed": True}
    for earthed in (False, True):
        words, _ = judged(case, into(case, line), psu=psu, gen={"kind": "generator", "earthed": earthed})
        case.equal(f"ground loop, second earth {earthed}", "ground loop" in words.split(" + "), earthed)


# -- power -------------------------------------------------------------------------------------------
@measurement("pin_powers")
def pin_powers(case: Case, plus: str, minus: str, *volts: float) -> None:
    """These voltages between two pins, and nothing else, start the camera."""
    for at in volts:
        wires = [["psu.+", f"cam.{plus}"], ["psu.-", f"cam.{minus}"]]
        case.that(f"{at:g} V from {plus} to {minus} start it", runs(*wired(case, wires, psu=supply(at))))


@measurement("pin_name")
def pin_name(case: Case, pin: str, name: str, how: str = "stated") -> None:
    """The name of a pin on record, and whether it is stated or inferred."""
    fact = case.record(f"pins.{pin}")
    case.equal(f"pin {pin}", fact.value["name"], name)
    case.equal("it is", "inferred" if fact.assumed else "stated", how)


@measurement("pin_gives")
def pin_gives(case: Case, pin: str, ground: str) -> None:
    """The claimed voltage with power, also under load, and none without; a source on the pin is told."""
    ends = [["r.a", f"cam.{pin}"], ["r.b", f"cam.{ground}"]]
    for ohm in (1e5, 1e3):
        for wires, powered in (([*fed(case), *ends], True), (ends, False)):
            cam, bench = wired(case, wires, r=resistor(ohm))
            case.equal("it has power", runs(cam, bench), powered)
            volts = bench.volts(f"cam.{pin}", f"cam.{ground}")
            how = f"{'with' if powered else 'without'} power, {ohm:g} ohm"
            case.near(how, volts, case.claim.number * powered, 0.01, "V")
    words, _ = judged(case, between(case, pin, ground, "psu2"), psu2=supply(5.0))
    case.that("a source on it is told", "conflict" in words.split(" + "))


@measurement("pin_load")
def pin_load(case: Case, pin: str, ground: str, volts: float) -> None:
    """A load of the claimed current is clean, and one mA more is an overload."""
    for mA, word in ((case.claim.number, "clean"), (case.claim.number + 1, "overload")):
        load = resistor(volts * 1e3 / mA - 0.05)  # behind the resistance of the pin
        words, _ = judged(case, between(case, pin, ground, "r"), f"cam.{pin}", r=load)
        case.equal(f"a load of {mA:g} mA", words, word)


# -- nets of a board ---------------------------------------------------------------------------------
def ground(case: Case) -> str:
    """Name the first ground pin of the board."""
    return case.around.ground["pins"][0]


def on_net(case: Case, name: str) -> list[str]:
    """List the pins at which a signal stands that is wired to a net by its name."""
    gen, minus = levels(1.2, 1.2), f"cam.{ground(case)}"
    bench = rig.Bench(planned(case, [["gen.out", f"cam.{name}"], ["gen.gnd", minus]], gen=gen), {})
    pins = [f"{socket}.{n}" for socket, held in case.around.pins.items() for n in held]
    return [pin.partition(".")[2] for pin in pins if abs(bench.volts(f"cam.{pin}", minus) - 1.2) < 0.01]


@measurement("net")
def net(case: Case, name: str) -> None:
    """A signal that is wired to the net by its name stands at these pins, and at no other."""
    case.equal(f"pins of {name}", ",".join(on_net(case, name)), case.claim.value)
    case.leaves_out("what the sensor makes of it, as there is no twin of the module")


@measurement("net_open")
def net_open(case: Case, name: str) -> None:
    """A wire to any of these pins draws a notice, and a wire to another pin does not."""
    pins = [
        n
        for n in case.around.pins["board"]
        if "not connected" in judged(case, between(case, f"board.{n}", ground(case)), f".{n} ")[0]
    ]
    case.equal(f"pins that are {name}", ",".join(pins), case.claim.value)


@measurement("net_ground")
def net_ground(case: Case, name: str) -> None:
    """All of these pins are one net, and a supply's plus on any of them is told; on no other."""
    first = f"board.{case.claim.names[0]}"
    other = next(p for p in case.around.ground["pins"] if p != first)
    pins = [
        n
        for n in case.around.pins["board"]
        if joined(case, first, f"board.{n}")
        and shorted(case, f"board.{n}", first if f"board.{n}" != first else other)
    ]
    case.equal(f"pins of {name}", ",".join(pins), case.claim.value)


@measurement("net_rail")
def net_rail(case: Case, name: str, too_high_V: float) -> None:
    """These pins feed a rail; without its voltage, or with more, the tool says which pin is wrong."""
    pins = [f"board.{n}" for n in case.claim.names]
    case.equal(f"pins of {name}", ",".join(sorted(case.around.rails[name].pins)), ",".join(sorted(pins)))
    _rail_words(case, name, too_high_V)


@measurement("nets_all")
def nets_all(case: Case, socket: str) -> None:
    """As many pins as claimed, and each on the net that the other rows put it on."""
    pins = case.around.pins[socket]
    case.equal("pins", sorted(map(int, pins)), list(range(1, int(case.claim.number) + 1)))
    claimed = {number: name for name, numbers in nets(case.model).items() for number in numbers}
    case.equal("pins that the rows name", len(claimed), len(pins))
    wrong = [number for number, pin in pins.items() if pin.name != claimed.get(number)]
    case.equal("pins on another net", ", ".join(wrong) or "none", "none")


def nets(model: str) -> dict[str, tuple[str, ...]]:
    """Say at which pins the rows of a ledger put each net."""
    rows = [claim for claim in load(model).values() if NET.match(claim.measure)]
    return {claim.measure.partition(":")[2].partition(",")[0]: claim.names for claim in rows}


# -- rails -------------------------------------------------------------------------------------------
def on_rails(case: Case, **volts: float) -> rig.Plan:
    """Feed each rail of a board with its voltage, or with another one by the rail's name; 0: not at all."""
    wires: Wires = []
    devices: dict[str, dict[str, Any]] = {}
    for n, (label, rail) in enumerate(case.around.rails.items()):
        if at := volts.get(label, rail.volts):
            devices[f"s{n}"] = supply(at)
            wires += [[f"s{n}.+", f"cam.{pin}"] for pin in rail.pins] + [[f"s{n}.-", f"cam.{ground(case)}"]]
    return planned(case, wires, **devices)


def _rail_words(case: Case, label: str, too_high_V: float, *, running: bool = False) -> None:
    sheet = case.around.rails[label]
    for volts, word in ((sheet.volts, CLEAN), (0.0, "no supply"), (too_high_V, "wrong voltage")):
        plan = on_rails(case, **{label: volts})
        for pin in sheet.pins:
            findings = [f for f in rig.check(plan).findings if pin in f.where.split(" ")[0]]
            case.equal(f"{pin} at {volts:g} V", said(f.word for f in findings if f.verdict != "ok"), word)
        if running:
            bench = rig.Bench(plan, {"cam": case.open()})
            case.equal("it is on", bench.power("cam").label == "rails", word == CLEAN)


@measurement("rail")
def rail(case: Case, label: str, too_high_V: float, how: Literal["planned", "running"]) -> None:
    """A board starts with this rail fed, and not without it or with more; the tool says which is wrong."""
    case.equal(f"rail {label}", case.around.rails[label].volts, case.claim.number)
    _rail_words(case, label, too_high_V, running=how == "running")


@measurement("rail_count")
def rail_count(case: Case) -> None:
    """There are so many rails, and without any one of them the board is off."""
    case.equal("rails", len(case.around.rails), int(case.claim.number))
    for label in case.around.rails:
        bench = rig.Bench(on_rails(case, **{label: 0.0}), {"cam": case.open()})
        case.equal(f"on without {label}", bench.power("cam").label, "")
