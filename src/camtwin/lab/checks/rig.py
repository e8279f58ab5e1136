"""Connectors, pins, circuits and supplies: a twin with wires on its pins, and what a plan of them is told."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from camtwin import rig
from camtwin.lab.case import Case, check, later
from camtwin.units import MS, SEC, US

later(
    "a twin takes the address that it is bound to: no DHCP client, no link-local address, none that is kept",
    "baumer.net.ip.*",
    "baumer.factory.ip",
)

PSU: Final = [["psu.+", "cam.process.2"], ["psu.-", "cam.process.7"]]
IN1: Final = [["gen.out", "cam.process.3"], ["gen.gnd", "cam.process.4"]]
OUT1: Final = [["ext.+", "cam.process.5"], ["load.out", "cam.process.6"], ["load.gnd", "ext.-"]]
GPIO: Final = {"Line1": "cam.process.8", "Line2": "cam.process.1"}


# -- helpers -----------------------------------------------------------------------------------------
def wired(
    case: Case,
    wires: Iterable[list[str]],
    *,
    outputs: Iterable[str] = (),
    cable: dict[str, Any] | None = None,
    cam: Any = None,
    **devices: dict[str, Any],
) -> tuple[Any, rig.Bench]:
    """A session and the rig around it: a supply of 24 V, a generator, and what else is said."""
    session = cam or case.open()
    known: dict[str, dict[str, Any]] = {
        "psu": {"kind": "supply", "volts": 24.0},
        "gen": {"kind": "generator", "ohm": 0.01},
        "ext": {"kind": "supply", "volts": 24.0},
        "load": {"kind": "generator", "ohm": 1.0, "limit_mA": 10.0},
    }
    used = {end.partition(".")[0] for wire in wires for end in wire} - {"cam"}
    plan = {
        "devices": {
            "cam": {"kind": "camera", "model": case.model, "outputs": list(outputs)},
            **{name: said for name, said in known.items() if name in used},
            **devices,
        },
        "wires": list(wires),
        "cables": [cable] if cable else [],
    }
    return session, rig.Bench(rig.read(plan, {"cam": case.around}), {"cam": session})


def on_gpio(line: str) -> list[list[str]]:
    return [*PSU, ["gen.out", GPIO[line]], ["gen.gnd", "cam.process.7"]]


def status(cam: Any, line: str) -> bool:
    cam.advance(10 * US)
    cam.LineSelector = line
    return cam.LineStatus


def put(bench: rig.Bench, volts: float) -> None:
    """The generator stands at so many volts."""
    bench.tune("gen", low_V=volts, high_V=volts)


def said(words: Iterable[str]) -> str:
    return ", ".join(sorted(words)) or "nothing"


def runs(cam: Any, bench: rig.Bench) -> bool:
    """Does the camera have power, after a moment to start?"""
    cam.advance(SEC)
    return bench.power("cam").watts > 0


def switch_output(cam: Any, line: str, on: bool) -> None:
    cam.LineSelector, cam.LineSource = line, "UserOutput1"
    cam.UserOutputSelector, cam.UserOutputValue = "UserOutput1", on
    cam.advance(MS)


# -- connectors --------------------------------------------------------------------------------------
def mates(case: Case, socket: str, plug: str, others: Iterable[str]) -> None:
    sheet = case.around
    case.equal(f"a plug {plug}", rig.mated(socket, sheet, socket, plug).word, "mates")
    for other in others:
        case.equal(f"a plug {other}", rig.mated(socket, sheet, socket, other).word, "does not mate")


@check("baumer.conn.data")
def conn_data(case: Case) -> None:
    mates(case, "data", "RJ45", ("M12 X-coded", "M8 8-pin socket", "USB 3.0 Micro-B"))
    said = case.open().record("connectors.data").value
    case.equal("socket", f"{said['part']}, {said['lock']} lock", case.claim.value)


@check("baumer.conn.process")
def conn_process(case: Case) -> None:
    mates(case, "process", "M8 8-pin socket", ("M8 6-pin socket", "M12 8-pin socket", "RJ45"))
    cam = case.open()
    case.equal("part", cam.record("connectors.process").value["part"], case.claim.value)
    case.equal("pins", sorted(case.around.pins["process"]), [str(n) for n in range(1, 9)])


def on_cable(case: Case, **switch: Any) -> tuple[Any, rig.Bench]:
    cable = {"from": "switch.port", "into": "cam.data", "plug": "RJ45"}
    return wired(case, [], cable=cable, switch={"kind": "switch", "poe_V": 48.0, **switch})


@check("baumer.conn.data_power")
def conn_data_power(case: Case) -> None:
    cam, bench = on_cable(case)
    case.that("a port with PoE starts it", runs(cam, bench))
    cam.AcquisitionStart()
    cam.advance(SEC)
    case.that("it streams over the same cable", len(cam.fetch()) > 5)
    bench.unplug("cam.data")
    case.that("without the cable it is off", not runs(cam, bench))


@check(*(f"baumer.pin.rj45.mx{n}" for n in range(1, 5)))
def rj45(case: Case) -> None:
    pair = case.claim.id.rpartition(".")[2].upper()
    sheet, (plus, minus) = case.around, case.claim.names
    straight = {str(n): str(n) for n in range(1, 9)}

    def test(**said: Any) -> Any:
        return rig.tested("cable", sheet, "data", rig.Cable(**said))

    good = test(pins=straight)
    case.equal(f"{pair}+", good.nets[f"{pair}+"], plus)
    case.equal(f"{pair}-", good.nets[f"{pair}-"], minus)
    case.equal("findings of a straight cable", len(good.findings), 0)
    other = next(n for n in "2468" if n not in case.claim.names)
    split = test(pins={**straight, minus: other, other: minus})
    case.that(
        f"{pair} split is told", any(f.word == "split pair" and pair in f.where for f in split.findings)
    )
    speed = test(pins=straight, cut=(plus,)).bits_per_s
    case.equal(f"bit/s with {pair} cut", speed, 0 if pair in ("MX1", "MX2") else 100_000_000)


# -- pins of the process connector ---------------------------------------------------------------------
@check("baumer.pin.m8.1", "baumer.pin.m8.8")
def gpio_pin(case: Case) -> None:
    pin = f"cam.process.{case.claim.id[-1]}"
    line = case.claim.value.partition("(")[2].rstrip(")")
    cam, bench = wired(case, [*PSU, ["gen.out", pin], ["gen.gnd", "cam.process.7"]])
    for volts, level in ((0.0, False), (5.0, True), (0.0, False)):
        put(bench, volts)
        case.equal(f"LineStatus of {line} at {volts:g} V", status(cam, line), level)
    cam, bench = wired(
        case, [*PSU, ["r.a", pin], ["r.b", "cam.process.7"]], r={"kind": "resistor", "ohm": 1e5}
    )
    cam.LineSelector, cam.LineMode = line, "Output"
    for on in (True, False):
        switch_output(cam, line, on)
        case.equal(f"{pin} high as {line} is {on}", bench.volts(pin, "cam.process.7") > 2, on)


@check("baumer.pin.m8.2")
def supply_pin(case: Case) -> None:
    for volts in (12.0, 24.0):
        case.that(f"{volts:g} V between 2 and 7 start it", runs(*wired(case, PSU, psu=supply(volts))))
    said = case.open().record("pins.process.2")
    case.equal("pin 2", said.value["name"], "VCC")
    case.that("it is marked as inferred", said.assumed)


def supply(volts: float) -> dict[str, Any]:
    return {"kind": "supply", "volts": volts}


@check("baumer.pin.m8.3")
def input_pin(case: Case) -> None:
    cam, bench = wired(case, [*PSU, *IN1])
    for volts, level in ((24.0, True), (0.0, False)):
        put(bench, volts)
        case.equal(f"LineStatus of Line0 at {volts:g} V", status(cam, "Line0"), level)


@check("baumer.pin.m8.4", "baumer.io.in.opto")
def input_ground(case: Case) -> None:
    through_7 = [*PSU, ["gen.out", "cam.process.3"], ["gen.gnd", "cam.process.7"]]
    cam, bench = wired(case, through_7)
    put(bench, 24.0)
    case.equal("LineStatus with the loop closed through pin 7", status(cam, "Line0"), False)
    case.equal("current without pin 4", round(bench.mA("cam", "Line0"), 3), 0.0)
    told = rig.check(bench.plan).words("process.3")
    case.that("the plan is told that the input floats", "floating" in told)
    cam, bench = wired(case, [*PSU, *IN1])
    put(bench, 24.0)
    case.equal("LineStatus through pin 4", status(cam, "Line0"), True)


@check("baumer.pin.m8.5", "baumer.io.out.opto")
def output_feed(case: Case) -> None:
    """A load between pin 6 and ground, with and without U_EXT at pin 5."""
    load = [["r.a", "cam.process.6"], ["r.b", "ext.-"], ["ext.-", "cam.process.7"]]
    for fed in (True, False):
        wires = [*PSU, *load, *([["ext.+", "cam.process.5"]] if fed else [])]
        cam, bench = wired(case, wires, r={"kind": "resistor", "ohm": 1000.0}, ext=supply(24.0))
        switch_output(cam, "Line3", True)
        at_pin = bench.volts("cam.process.6", "ext.-")
        case.equal(f"Line3 switches with U_EXT {'fed' if fed else 'open'}", at_pin > 20, fed)
        case.equal(
            "a plan without U_EXT is told", "dead" in rig.check(bench.plan).words("process.6"), not fed
        )


@check("baumer.pin.m8.6")
def output_pin(case: Case) -> None:
    cam, bench = wired(case, [*PSU, *OUT1])
    for on in (True, False):
        switch_output(cam, "Line3", on)
        case.equal(f"pin 6 high as Line3 is {on}", bench.volts("cam.process.6", "ext.-") > 20, on)


@check("baumer.pin.m8.7")
def ground_pin(case: Case) -> None:
    cam, bench = wired(case, PSU)
    case.that("supply returns through pin 7", runs(cam, bench))
    cam, bench = wired(case, on_gpio("Line1"))
    put(bench, 5.0)
    case.that("GPIO returns through pin 7", status(cam, "Line1"))
    cam, bench = wired(case, [["gen.out", "cam.process.4"], ["gen.gnd", "cam.process.7"]])
    put(bench, 24.0)
    case.near("current from pin 4 to pin 7 at 24 V", bench.mA("gen"), 0.0, 0.001, "mA")


@check("baumer.io.gpio.ground_loops")
def ground_loops(case: Case) -> None:
    earthed = {"kind": "supply", "volts": 24.0, "earthed": True}
    for bonded in (False, True):
        gen = {"kind": "generator", "earthed": bonded}
        _, bench = wired(case, on_gpio("Line1"), psu=earthed, gen=gen)
        words = rig.check(bench.plan).words()
        case.equal(f"ground loop, second ground {bonded}", "ground loop" in words, bonded)


# -- inputs ------------------------------------------------------------------------------------------
UNDEFINED: Final = {"in": (4.6, 10.9), "gpio_in": (0.81, 1.99)}


def lines_of(case: Case) -> list[tuple[str, list[list[str]]]]:
    """The lines that a row speaks of, and how to reach them."""
    if ".gpio_in." in case.claim.id:
        return [(line, on_gpio(line)) for line in GPIO]
    return [("Line0", [*PSU, *IN1])]


@check("baumer.io.in.low", "baumer.io.gpio_in.low")
def input_low(case: Case) -> None:
    group = case.claim.id.split(".")[2]
    for line, wires in lines_of(case):
        for before in (False, True):
            cam, bench = wired(case, wires)
            for volts in case.claim.span:
                put(bench, 24.0)
                status(cam, line)
                put(bench, volts)
                case.equal(f"LineStatus of {line} at {volts:g} V", status(cam, line), False)
            put(bench, 24.0 if before else 0.0)
            status(cam, line)
            for volts in UNDEFINED[group]:
                put(bench, volts)
                case.equal(f"{line} at {volts:g} V", said(bench.words(line)), "undefined")
                case.equal(f"{line} stays as it was", status(cam, line), before)


@check("baumer.io.in.high", "baumer.io.gpio_in.high")
def input_high(case: Case) -> None:
    for line, wires in lines_of(case):
        cam, bench = wired(case, wires)
        for volts in case.claim.span:
            put(bench, 0.0)
            status(cam, line)
            put(bench, volts)
            case.equal(f"LineStatus of {line} at {volts:g} V", status(cam, line), True)
            case.equal(f"told at {volts:g} V", said(bench.words(line)), "nothing")
        put(bench, case.claim.span[1] + 0.1)
        case.that(f"{line} above {case.claim.span[1]:g} V is flagged", bench.words(line))


@check("baumer.io.in.current")
def input_current(case: Case) -> None:
    least, most = case.claim.span
    _, bench = wired(case, [*PSU, *IN1])
    for volts in (11.0, 20.0, 30.0):
        put(bench, volts)
        case.within(f"current at {volts:g} V", bench.mA("cam", "Line0"), least, most, "mA")
    for limit, switches in ((least - 0.1, False), (least + 0.1, True)):
        gen = {"kind": "generator", "low_V": 24.0, "high_V": 24.0, "ohm": 1.0, "limit_mA": limit}
        cam, _ = wired(case, [*PSU, *IN1], gen=gen)
        case.equal(f"a source of {limit:g} mA switches Line0", status(cam, "Line0"), switches)


@check("baumer.io.gpio.no_cutoff")
def no_cutoff(case: Case) -> None:
    for line in GPIO:
        swapped = [*PSU, ["gen.gnd", GPIO[line]], ["gen.out", "cam.process.7"]]
        for what, wires, volts in (
            ("30.1 V", on_gpio(line), 30.1),
            ("-1 V", on_gpio(line), -1.0),
            ("5 V reversed", swapped, 5.0),
        ):
            cam, bench = wired(case, wires)
            put(bench, volts)
            case.equal(f"{line} at {what}", said(bench.words(line)), "damaged")
            if wires is not swapped:
                put(bench, 5.0)
                case.equal("it is dead afterwards", status(cam, line), False)
                bench.repair("cam")
                case.equal("and lives when it is repaired", status(cam, line), True)


@check("baumer.io.gpio.direct")
def gpio_direct(case: Case) -> None:
    for line in GPIO:
        wires = [*PSU, ["gen.out", GPIO[line]], ["gen.gnd", "psu.-"]]
        cam, bench = wired(case, wires)
        put(bench, 5.0)
        case.equal(f"{line} sees a signal against the supply's ground", status(cam, line), True)
        case.that("a current flows to it", bench.mA("cam", line) > 0.01)


# -- outputs -----------------------------------------------------------------------------------------
@check("baumer.io.out.uext")
def out_uext(case: Case) -> None:
    low, high = case.claim.span
    for volts, clean in ((low, True), (high, True), (low - 0.1, False), (high + 0.1, False)):
        _, bench = wired(case, [*PSU, *OUT1], ext=supply(volts))
        case.equal(f"U_EXT {volts:g} V is clean", not bench.words("Line3"), clean)


@check("baumer.io.out.current")
def out_current(case: Case) -> None:
    for load_mA, clean in ((case.claim.number, True), (case.claim.number + 1, False)):
        load = {"kind": "generator", "ohm": 1.0, "limit_mA": load_mA}
        cam, bench = wired(case, [*PSU, *OUT1], load=load)
        switch_output(cam, "Line3", True)
        case.near("load", bench.mA("cam", "Line3"), load_mA, 0.01, "mA")
        case.equal("told", said(bench.words("Line3")), "nothing" if clean else "overload")


def loaded_gpio(case: Case, line: str, on: bool, volts: float, load_mA: float) -> tuple[float, set[str]]:
    """Voltage at an output with a source of so many mA at its pin, and the words for it."""
    gen = {"kind": "generator", "low_V": volts, "high_V": volts, "ohm": 1.0, "limit_mA": load_mA}
    cam, bench = wired(case, on_gpio(line), outputs=[line], gen=gen)
    switch_output(cam, line, on)
    return bench.volts(GPIO[line], "cam.process.7"), bench.words(line)


@check("baumer.io.gpio_out.low")
def gpio_low(case: Case) -> None:
    for line in GPIO:
        for sink_mA in (1.0, 25.0, 50.0):
            volts, _ = loaded_gpio(case, line, False, 5.0, sink_mA)
            case.within(f"{line} low at {sink_mA:g} mA", round(volts, 4), *case.claim.span, "V")


@check("baumer.io.gpio_out.sink_max")
def gpio_sink(case: Case) -> None:
    for line in GPIO:
        for sink_mA, words in ((case.claim.number, "nothing"), (case.claim.number + 1, "overload")):
            _, told = loaded_gpio(case, line, False, 5.0, sink_mA)
            case.equal(f"{line} with {sink_mA:g} mA", said(told), words)


@check("baumer.io.gpio_out.high")
def gpio_high(case: Case) -> None:
    for line in GPIO:
        for load_mA in (0.001, 0.5, 1.0):
            volts, _ = loaded_gpio(case, line, True, 0.0, load_mA)
            case.within(f"{line} high at {load_mA:g} mA", round(volts, 4), *case.claim.span, "V")


@check("baumer.io.gpio_out.source_max")
def gpio_source(case: Case) -> None:
    for line in GPIO:
        _, words = loaded_gpio(case, line, True, 0.0, case.claim.number)
        case.equal(f"{line} with {case.claim.number:g} mA", said(words), "nothing")
        volts, words = loaded_gpio(case, line, True, 0.0, case.claim.number + 0.1)
        case.equal(f"{line} with {case.claim.number + 0.1:g} mA", said(words), "overload")
        case.within(f"{line} then", volts, 0.0, 2.39, "V")
