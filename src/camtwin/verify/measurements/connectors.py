"""Connectors: plugs, pins and nets, what a pin gives, what must not be wired to it, and cables."""

from __future__ import annotations

import re
from typing import Any, Final, Literal

from camtwin import rig
from camtwin.units import SEC
from camtwin.verify import wiring
from camtwin.verify.case import CLEAN, Case, said
from camtwin.verify.claims import load
from camtwin.verify.measures import Value, measurement

OHMMETER: Final = {"kind": "generator", "low_V": 1.0, "high_V": 1.0, "ohm": 100.0}
NET: Final = re.compile(r"net(_\w+)?:|rail:.*,of=pins")
"""The measurements of rows that say at which pins a net is."""


DRIVEN: Final = {"low side": (24.0, 2400.0, 1), "high side": (24.0, 2400.0, 20), "push-pull": (0.0, 1e5, 2)}
"""Stages of outputs: volts and ohms of a load, and the volts above which the pin is high."""


# -- pins --------------------------------------------------------------------------------------------
@measurement("pin")
def pin(case: Case, at: str, ground: str, line: str, kind: str, *modes: str) -> None:
    """Put levels at a pin: they show at this line alone, or are the line's own, as its directions are."""
    case.that(f"the claim names {line}", line in case.claim.value.replace(" ", ""))
    cam = case.open(LineSelector=line)
    case.equal(f"LineMode of {line}", sorted(cam.entries("LineMode")), sorted(modes))
    for sheet in filter(None, (case.around.inputs.get(line), case.around.outputs.get(line))):
        case.equal("isolated", sheet.isolated, kind == "isolated")
    if "Input" in modes:
        high = 24.0 if kind == "isolated" else 3.3
        cam, bench = case.wired(wiring.between(case, at, ground))
        case.that(f"LineStatus of {line} follows pin {at}", wiring.follows(cam, bench, line, high))
        for other in sorted(case.around.inputs.keys() - {line}):
            wiring.put(bench, 0.0)
            idle = wiring.status(cam, other)
            wiring.put(bench, high)
            case.equal(f"{other} moves with it", wiring.status(cam, other) != idle, False)
    if "Output" in modes:
        stage = case.output(line).stage
        volts, ohm, limit_V = DRIVEN[stage]
        load = wiring.loaded(case, line, volts, ohm, pin=at, ground=ground)
        cam, bench = case.wired(**{**load, "outputs": []})
        if "Input" in modes:
            cam.LineSelector, cam.LineMode = line, "Output"  # by the host, as the claim has it
        for on in (True, False):
            wiring.switch_output(cam, line, on)
            found_V = bench.volts(f"cam.{at}", f"cam.{ground}")
            case.saw(f"pin {at} at {found_V:.3g} V as {line} is {on}")
            low, level = stage == "low side", "pulled low" if stage == "low side" else "high"
            case.equal(f"pin {at} is {level} as {line} is {on}", (found_V > limit_V) != low, on)


@measurement("pin_powers")
def pin_powers(case: Case, plus: str, minus: str, *volts: float) -> None:
    """Start the camera by these voltages between two pins, and nothing else."""
    for at in volts:
        running = wiring.runs(*case.wired(wiring.across(plus, minus, "psu"), psu=wiring.supply(at)))
        case.that(f"{at:g} V from {plus} to {minus} start it", running)


@measurement("pin_gives")
def pin_gives(case: Case, pin: str, ground: str) -> None:
    """Measure the claimed voltage with power, also under load, none without; a source on it is told."""
    ends = wiring.across(pin, ground, "r")
    for ohm in (1e5, 1e3):
        for wires, powered in (([*wiring.fed(case), *ends], True), (ends, False)):
            cam, bench = case.wired(wires, r=wiring.resistor(ohm))
            case.equal("it has power", wiring.runs(cam, bench), powered)
            volts = bench.volts(f"cam.{pin}", f"cam.{ground}")
            how = f"{'with' if powered else 'without'} power, {ohm:g} ohm"
            case.near(how, volts, case.claim.number * powered, 0.01, "V")
    words, _ = case.judged(wiring.between(case, pin, ground, "psu2"), psu2=wiring.supply(5.0))
    case.that("a source on it is told", "conflict" in words.split(" + "))


@measurement("pin_load")
def pin_load(case: Case, pin: str, ground: str, volts: float) -> None:
    """Require that a load of the claimed current is clean, and one mA more is an overload."""
    for mA, word in ((case.claim.number, "clean"), (case.claim.number + 1, "overload")):
        load = wiring.resistor(volts * 1e3 / mA - 0.05)  # behind the resistance of the pin
        words, _ = case.judged(wiring.between(case, pin, ground, "r"), f"cam.{pin}", r=load)
        case.equal(f"a load of {mA:g} mA", words, word)


# -- nets --------------------------------------------------------------------------------------------
def joined(case: Case, a: str, b: str) -> bool:
    """Tell whether two pins are one net: an ohmmeter between them drops nothing."""
    bench = rig.Bench(case.planned(wiring.across(a, b), gen=OHMMETER), {})
    return abs(bench.volts(f"cam.{a}", f"cam.{b}")) < 1e-3


def shorted(case: Case, a: str, b: str) -> bool:
    """Tell whether the tool sees a short, with a supply's plus at one pin and its minus at the other."""
    words, _ = case.judged(wiring.between(case, a, b, "psu2"), psu2=wiring.supply(1.8))
    return "short" in words.split(" + ")


@measurement("one_net")
def one_net(case: Case, a: str, b: str) -> None:
    """Require that two pins are one net, and that a supply between them is a short."""
    case.that(f"{a} is joined with {b}", joined(case, a, b))
    case.that(f"a supply between {a} and {b} is a short", shorted(case, a, b))


@measurement("isolated_nets")
def isolated_nets(case: Case, a: str, b: str) -> None:
    """Require that nothing flows from one pin to another at 24 V."""
    _, bench = case.wired(wiring.across(a, b), gen=wiring.levels(24.0, 24.0))
    case.near(f"current from {a} to {b} at 24 V", bench.mA("gen"), 0.0, 0.001, "mA")


@measurement("ground_loop")
def ground_loop(case: Case, line: str) -> None:
    """Tie the ground of a line's signal to a second earth, besides that of the supply: the tool tells."""
    psu = {**wiring.supply(24.0), "earthed": True}
    for earthed in (False, True):
        words, _ = case.judged(**wiring.driven(case, line, earthed=earthed), psu=psu)
        case.equal(f"ground loop, second earth {earthed}", "ground loop" in words.split(" + "), earthed)


def ground(case: Case) -> str:
    """Name the first ground pin of the board."""
    return case.around.ground["pins"][0]


@measurement("net")
def net(case: Case, name: str) -> None:
    """Wire a signal to a net by its name: it stands at these pins, and at no other."""
    minus, wires = f"cam.{ground(case)}", wiring.across(name, ground(case))
    bench = rig.Bench(case.planned(wires, gen=wiring.levels(1.2, 1.2)), {})
    pins = [f"{socket}.{n}" for socket, held in case.around.pins.items() for n in held]
    there = [pin.partition(".")[2] for pin in pins if abs(bench.volts(f"cam.{pin}", minus) - 1.2) < 0.01]
    case.equal(f"pins of {name}", ",".join(there), case.claim.value)


@measurement("direct")
def direct(case: Case, *nets: str) -> None:
    """Drive the pin of each net, and the net by its name as sensors have it: both have the same level."""
    pins = {pin.name: f"{socket}.{n}" for socket, held in case.around.pins.items() for n, pin in held.items()}
    for name in nets:
        case.that(f"{name} is on a pin", name in pins)
        for driven, other in ((name, pins[name]), (pins[name], name)):
            for high in (0.4, 1.8):
                wires = wiring.across(driven, ground(case))
                bench = rig.Bench(case.planned(wires, gen=wiring.levels(high, high)), {})
                volts = bench.volts(f"cam.{other}", f"cam.{ground(case)}")
                case.near(f"{other} as {driven} has {high:g} V", volts, high, 0.01, "V")


@measurement("net_pins")
def net_pins(case: Case, name: str, how: Literal["open", "ground"]) -> None:
    """Wire each pin of the board: the claim's draw a notice, or are one net where a plus is a short."""
    first, grounds = f"board.{case.claim.names[0]}", case.around.ground["pins"]

    def fits(n: str) -> bool:
        pin = f"board.{n}"
        if how == "open":
            return "not connected" in case.judged(wiring.between(case, pin, ground(case)), f".{n} ")[0]
        back = first if pin != first else next(other for other in grounds if other != first)
        return joined(case, first, pin) and shorted(case, pin, back)

    pins = ",".join(n for n in case.around.pins["board"] if fits(n))
    case.equal(f"pins that are {name}", pins, case.claim.value)


@measurement("nets_all")
def nets_all(case: Case, socket: str) -> None:
    """Count the claimed pins, and find each on the net that the other rows of the ledger put it on."""
    pins = case.around.pins[socket]
    case.equal("pins", sorted(map(int, pins)), list(range(1, int(case.claim.number) + 1)))
    rows = [row for row in load(case.model).values() if NET.match(row.measure)]
    nets = {re.split("[:,;]", row.measure)[1]: row.names for row in rows}
    claimed = {number: name for name, numbers in nets.items() for number in numbers}
    case.equal("pins that the rows name", len(claimed), len(pins))
    wrong = [number for number, pin in pins.items() if pin.name != claimed.get(number)]
    case.equal("pins on another net", ", ".join(wrong) or "none", "none")


# -- rails -------------------------------------------------------------------------------------------
def on_rails(case: Case, **volts: float) -> rig.Plan:
    """Feed each rail of a board with its voltage, or with another one by the rail's name; 0: not at all."""
    wires: wiring.Wires = []
    devices: dict[str, dict[str, Any]] = {}
    for n, (label, rail) in enumerate(case.around.rails.items()):
        if at := volts.get(label, rail.volts):
            devices[f"s{n}"] = wiring.supply(at)
            wires += [[f"s{n}.+", f"cam.{pin}"] for pin in rail.pins] + [[f"s{n}.-", f"cam.{ground(case)}"]]
    return case.planned(wires, **devices)


def powered_by(case: Case, plan: rig.Plan) -> str:
    """Name what a twin on this plan has its power from."""
    return rig.Bench(plan, {"cam": case.open()}).power("cam").label


@measurement("rail")
def rail(
    case: Case,
    label: str,
    too_high_V: float,
    *,
    of: Literal["volts", "pins"] = "volts",
    running: bool = False,
) -> None:
    """Compare the volts or the pins of a rail; without it, or with more, the tool says which pin is wrong.

    running: and a twin of the board starts with it alone.
    """
    sheet = case.around.rails[label]
    if of == "volts":
        case.equal(f"rail {label}", sheet.volts, case.claim.number)
    else:
        pins = [f"board.{n}" for n in case.claim.names]
        case.equal(f"pins of {label}", ",".join(sorted(sheet.pins)), ",".join(sorted(pins)))
    for volts, word in ((sheet.volts, CLEAN), (0.0, "no supply"), (too_high_V, "wrong voltage")):
        plan = on_rails(case, **{label: volts})
        for pin in sheet.pins:
            findings = [f for f in rig.check(plan).findings if pin in f.where.split(" ")[0]]
            case.equal(f"{pin} at {volts:g} V", said(f.word for f in findings if f.verdict != "ok"), word)
        if running:
            case.equal("it is on", powered_by(case, plan) == "rails", word == CLEAN)


@measurement("rail_count")
def rail_count(case: Case) -> None:
    """Count the rails; without any one of them the board is off."""
    case.equal("rails", len(case.around.rails), int(case.claim.number))
    for label in case.around.rails:
        case.equal(f"on without {label}", powered_by(case, on_rails(case, **{label: 0.0})), "")


# -- plugs and cables --------------------------------------------------------------------------------
STRANGERS: Final = (
    *("RJ45", "M12 X-coded", "M8 6-pin socket", "M8 8-pin socket", "M12 8-pin socket"),
    *("Hirose HR10A-10P-12S", "USB 3.0 Micro-B", "USB-C", "6-pin Wuerth plug"),
)
"""Plugs, of which a socket of another kind takes none."""


@measurement("plug")
def plug(case: Case, socket: str, plug: str = "", *, word: str = "mates", screwed: bool = True) -> None:
    """Plug in this one, or the claimed one: no other socket's fits, and not the socket itself."""

    def mates(plug: str, screwed: bool = True) -> str:
        return ", ".join(f.word for f in rig.mated(socket, case.around, socket, plug, screwed))

    plug = plug or case.claim.value
    there = case.around.connectors[socket]
    case.equal(f"a plug {plug}{'' if screwed else ', not screwed on'}", mates(plug, screwed), word)
    for other in (*STRANGERS, there.part):
        if other.casefold() not in plug.casefold():
            case.equal(f"a plug {other}", mates(other), "does not mate")


@measurement("socket")
def socket(case: Case, name: str, pins: int = 0) -> None:
    """Compare the part that the claim names, with its lock, and so many pins."""
    there = case.around.connectors[name]
    part, _, lock = case.claim.value.partition(", ")
    case.equal("part", there.part.casefold(), part.casefold())
    case.equal("lock", f"{there.lock} lock" if lock else "", lock)
    if pins:
        case.equal("pins", sorted(map(int, case.around.pins[name])), list(range(1, pins + 1)))


@measurement("cable")
def cable(case: Case, socket: str, word: str, **about: Value) -> None:
    """Compare what the tool says of a cable in `socket`, with a signal in it where one goes there."""
    line = next((s for s in case.around.inputs.values() if s.pin.startswith(f"{socket}.")), None)
    wires = wiring.across(line.pin, line.ground) if line else []
    made: dict[str, Any] = {"into": f"cam.{socket}", "shielded": True, "wires": wires, **about}
    gen = {"gen": wiring.levels(0.0, 5.0)} if line else {}
    words, _ = case.judged(wiring.fed(case), f"cam.{socket}", cable=made, **gen)
    case.equal(", ".join(f"{name} {value}" for name, value in about.items()), words, word)


@measurement("slow_plug")
def slow_plug(case: Case, socket: str, slow: str) -> None:
    """Compare the stream over the claimed plug with that over a slow one, of which the tool warns."""
    case.equal(f"a plug {slow}", [f.word for f in rig.mated(socket, case.around, socket, slow)], ["slow"])
    for plug, low, high in ((case.claim.value, 100, 500), (slow, 0, 53)):
        cam, bench = case.wired(wiring.fed(case), cable={"into": f"cam.{socket}", "plug": plug})
        case.that("it has power", wiring.runs(cam, bench))
        cam.AcquisitionStart()
        cam.advance(3 * SEC)
        case.within(f"through {plug}", len(cam.fetch()) * cam.PayloadSize / 3e6, low, high, "MB/s")


@measurement("cable_carries")
def cable_carries(case: Case, make: str, *kinds: str) -> None:
    """Send signals for inputs of these kinds: they arrive; the tool says that others' pins are open."""
    for line, there in case.around.inputs.items():
        passes = ("isolated" if there.isolated else "direct") in kinds
        high, socket = 24.0 if there.isolated else 3.0, there.pin.partition(".")[0]
        wires = wiring.across(there.pin, there.ground)
        made = {"type": make, "into": f"cam.{socket}", "wires": wires}
        _, bench = case.wired(wiring.fed(case), cable=made, gen=wiring.levels(0.0, high))
        wiring.put(bench, high)
        arrives = abs(bench.volts(f"cam.{there.pin}", f"cam.{there.ground}") - high) < 0.01
        case.equal(f"{line} arrives through the {make} cable", arrives, passes)
        told = "open" in rig.check(bench.plan).words(there.pin)
        case.equal("the tool says that the pin is open", told, not passes)


@measurement("network_pair")
def network_pair(case: Case, socket: str, pair: str, cut_bits_per_s: int) -> None:
    """Find a pair on the claimed pins; split it is told, and cut the link is so fast."""
    plus, minus = case.claim.names
    straight = {str(n): str(n) for n in range(1, 9)}

    def test(**about: Any) -> Any:
        return rig.tested("cable", case.around, socket, rig.Cable(**about))

    good = test(pins=straight)
    case.equal(f"pins of {pair}", (good.nets[f"{pair}+"], good.nets[f"{pair}-"]), (plus, minus))
    case.equal("findings of a straight cable", len(good.findings), 0)
    other = next(n for n in "2468" if n not in case.claim.names)
    split = test(pins={**straight, minus: other, other: minus})
    split_up = any(f.word == "split pair" and pair in f.where for f in split.findings)
    case.that(f"{pair} split is told", split_up)
    case.equal(f"bit/s with {pair} cut", test(pins=straight, cut=(plus,)).bits_per_s, cut_bits_per_s)


@measurement("one_cable")
def one_cable(case: Case, socket: str) -> None:
    """Start and stream with nothing but this cable; without it, the camera is off."""
    cam, bench = wiring.on_cable(case)
    case.that("a port with power starts it", wiring.runs(cam, bench))
    cam.AcquisitionStart()
    cam.advance(SEC)
    case.that("it streams over the same cable", len(cam.fetch()) > 5)
    bench.unplug(f"cam.{socket}")
    case.that("without the cable it is off", not wiring.runs(cam, bench))
