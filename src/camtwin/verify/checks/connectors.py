"""Sockets and their pins: what fits, and what arrives where."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from camtwin import rig
from camtwin.units import SEC
from camtwin.verify.case import Case, check
from camtwin.verify.checks.rig import (
    IN1,
    OUT1,
    PSU,
    on_cable,
    on_gpio,
    put,
    runs,
    status,
    supply,
    switch_output,
    wired,
)


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
