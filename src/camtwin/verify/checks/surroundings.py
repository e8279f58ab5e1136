"""Supplies, climate and the lamps on the housing."""

from __future__ import annotations

from typing import Any, Final

import camtwin
from camtwin import rig
from camtwin.planner.lens import mount_finding
from camtwin.session.session import Session
from camtwin.units import MS, SEC
from camtwin.verify.case import Case, check
from camtwin.verify.checks.rig import PSU, fed, on_cable, planned, runs, said, supply, told, wired


def at_full_rate(cam: Session, bench: rig.Bench) -> rig.Power:
    """Factory settings, streaming."""
    cam.AcquisitionStart()
    cam.advance(3 * SEC)
    return bench.power("cam")


# -- power -------------------------------------------------------------------------------------------
@check("baumer.power.voltage")
def voltage(case: Case) -> None:
    for volts in case.claim.span:
        cam, bench = wired(case, PSU, psu=supply(volts))
        case.that(f"{volts:g} V start it", runs(cam, bench))
        case.equal("warnings", len(bench.words()) + len(rig.check(bench.plan).words()), 0)


@check("baumer.power.voltage_tolerance")
def tolerance(case: Case) -> None:
    share = case.claim.number / 100
    low, high = 12 * (1 - share), 24 * (1 + share)
    for volts, accepted in ((low, True), (high, True), (low - 0.1, False), (high + 0.1, False)):
        cam, bench = wired(case, PSU, psu=supply(round(volts, 3)))
        runs(cam, bench)
        case.equal(f"{volts:g} V accepted", not bench.words(), accepted)


@check("baumer.power.current")
def current(case: Case) -> None:
    least, most = case.claim.span
    for volts, wanted in ((12.0, most), (24.0, least)):
        mA = at_full_rate(*wired(case, PSU, psu=supply(volts))).mA
        case.near(f"current at {volts:g} V", mA, wanted, 0.05 * wanted, "mA")


@check("baumer.power.consumption")
def consumption(case: Case) -> None:
    watts = at_full_rate(*wired(case, PSU, psu=supply(12.0))).watts
    case.near("at 12 V and 9 fps", watts, case.claim.number, 0.05 * case.claim.number, "W")


@check("baumer.power.consumption_poe")
def consumption_poe(case: Case) -> None:
    watts = at_full_rate(*on_cable(case)).watts
    case.near("at 48 V and 9 fps", watts, case.claim.number, 0.05 * case.claim.number, "W")


@check("baumer.poe.current")
def poe_current(case: Case) -> None:
    mA = at_full_rate(*on_cable(case)).mA
    case.near("at 48 V and 9 fps", mA, case.claim.number, 0.05 * case.claim.number, "mA")


@check("baumer.poe.class")
def poe_class(case: Case) -> None:
    case.equal("class", case.around.supplies["poe"].poe_class, int(case.claim.number))
    for watts, starts in ((3.84, True), (3.8, False)):
        case.equal(f"a port of {watts} W starts it", runs(*on_cable(case, poe_watts=watts)), starts)


@check("baumer.poe.voltage")
def poe_voltage(case: Case) -> None:
    low, high = case.claim.span
    for volts, accepted in ((low, True), (high, True), (low - 1, False), (high + 1, False)):
        cam, bench = on_cable(case, poe_V=volts)
        case.equal(f"{volts:g} V start it", runs(cam, bench), accepted)
        case.equal("not flagged", not bench.words("PoE"), accepted)


@check("basler.power.voltage")
def usb_voltage(case: Case) -> None:
    for volts, good in ((case.claim.number, True), (4.4, False), (5.3, False)):
        cam, bench = wired(case, fed(case), host=port(volts))
        running = runs(cam, bench)
        case.equal(f"{volts:g} V are flagged", bool(bench.words()), not good)
        if good:
            case.that("they start it", running)


def port(volts: float = 5.0, watts: float = 4.5) -> dict[str, Any]:
    return {"kind": "host", "volts": volts, "watts": watts}


@check("basler.power.usb_spec")
def usb_port(case: Case) -> None:
    """A port as USB 3.0 has it: 4.45 to 5.25 V, and the 3 W that the camera takes."""
    for volts, watts, good in (
        (4.46, 4.5, True),
        (5.25, 4.5, True),
        (4.4, 4.5, False),
        (5.3, 4.5, False),
        (5.0, 2.9, False),
    ):
        words = said(told(case, fed(case), host=port(volts, watts)))
        case.equal(f"a port of {volts:g} V and {watts:g} W is clean ({words})", words == "nothing", good)


@check("basler.power.source", "ids.conn.power")
def from_usb_alone(case: Case) -> None:
    """Power at each pin of the I/O connector in turn, against each of its grounds."""
    grounds = sorted({x.ground for x in case.around.inputs.values()})
    for number in case.around.pins["io"]:
        for ground in grounds:
            if f"io.{number}" != ground:
                wires = [["psu.+", f"cam.io.{number}"], ["psu.-", f"cam.{ground}"]]
                psu = {"kind": "supply", "volts": 5.0}
                case.that(f"off with 5 V from {number} to {ground}", not runs(*wired(case, wires, psu=psu)))
    case.that("on from USB", runs(*wired(case, fed(case))))


@check("basler.power.typical")
def usb_consumption(case: Case) -> None:
    watts = at_full_rate(*wired(case, fed(case))).watts
    case.near("at full rate", watts, case.claim.number, 0.1 * case.claim.number, "W")
    case.within("of a port's budget", watts, 0, 4.5, "W")
    cam, bench = wired(case, fed(case))
    runs(cam, bench)
    case.that(f"idle it takes {bench.power('cam').watts:.2f} W", bench.power("cam").watts < watts)


@check("ids.power.min", "ids.power.max")
def power_range(case: Case) -> None:
    """Idle, at half of its rate and at all of it."""
    watts = []
    for rate in (0.0, 9.0, 18.0):
        cam, bench = wired(case, fed(case))
        runs(cam, bench)
        if rate:
            case.write(cam, AcquisitionFrameRateEnable=True)
            case.write(cam, AcquisitionFrameRate=min(rate, cam.limits("AcquisitionFrameRate")[1]))
            cam.AcquisitionStart()
            cam.advance(3 * SEC)
        watts.append(round(bench.power("cam").watts, 3))
    case.that(f"it rises with the rate: {said(f'{w:g}' for w in watts)} W", watts[0] < watts[1] < watts[2])
    if case.claim.id.endswith("min"):
        case.within("idle", watts[0], case.claim.number, 1.0, "W")
    else:
        case.within("at full rate", watts[2], 0.5, case.claim.number, "W")


# -- a board's rails ---------------------------------------------------------------------------------
RAILS: Final = {
    # row: a voltage that is too high for the rail
    "sony.supply.analog": 3.3,
    "sony.supply.digital": 1.8,
    "sony.supply.io": 3.3,
    "framos.if.supply.2v75": 3.3,
    "framos.if.supply.1v05": 1.8,
    "framos.if.supply.1v8": 3.3,
    "framos.pin.2v75_a": 3.3,
    "framos.pin.1v05_a": 1.8,
    "framos.pin.1v8_io": 3.3,
}


def on_rails(case: Case, **volts: float) -> rig.Plan:
    """Each rail of the board fed with its voltage, or with another; 0: not at all. By the rail's name."""
    ground, wires, devices = f"cam.{case.around.ground['pins'][0]}", [], {}
    for n, (label, rail) in enumerate(case.around.rails.items()):
        if fed_with := volts.get(label, rail.volts):
            devices[f"s{n}"] = supply(fed_with)
            wires += [[f"s{n}.+", f"cam.{pin}"] for pin in rail.pins] + [[f"s{n}.-", ground]]
    return planned(case, wires, **devices)


def rail_of(case: Case) -> str:
    """The rail that a row speaks of: by its name, its voltage or its pins."""
    row, pins = case.claim.id.rpartition(".")[2], sorted(f"board.{n}" for n in case.claim.names)
    for label, rail in case.around.rails.items():
        if ".pin." in case.claim.id:
            found = sorted(rail.pins) == pins
        else:
            found = label == row or (row not in case.around.rails and rail.volts == case.claim.number)
        if found:
            return label
    case.wrong("there is no such rail")


POWERED = frozenset(row for row in RAILS if row.startswith("sony."))
"""Rows of the sensor that there is a twin of; of the board around it there is none."""


@check(*RAILS)
def rail(case: Case) -> None:
    """The board starts with this rail fed, and not without it or with more; the tool says which is wrong."""
    label = rail_of(case)
    said_of = case.around.rails[label]
    if ".pin." not in case.claim.id:
        case.equal(f"rail {label}", said_of.volts, case.claim.number)
    for volts, word in (
        (said_of.volts, "nothing"),
        (0.0, "no supply"),
        (RAILS[case.claim.id], "wrong voltage"),
    ):
        plan = on_rails(case, **{label: volts})
        for pin in said_of.pins:
            words = {
                f.word for f in rig.check(plan).findings if f.verdict != "ok" and pin in f.where.split(" ")[0]
            }
            case.equal(f"{pin} at {volts:g} V", said(words), word)
        if case.claim.id in POWERED:
            bench = rig.Bench(plan, {"cam": case.open()})
            case.equal("it is on", bench.power("cam").label == "rails", word == "nothing")


@check("sony.supply.count")
def rails(case: Case) -> None:
    case.equal("rails", len(case.around.rails), int(case.claim.number))
    for label in case.around.rails:
        bench = rig.Bench(on_rails(case, **{label: 0.0}), {"cam": case.open()})
        case.equal(f"on without {label}", bench.power("cam").label, "")


# -- climate -----------------------------------------------------------------------------------------
def climate(case: Case, **readings: Any) -> str:
    return said({f.word for f in rig.climate(case.around, **readings)})


@check("baumer.temp.operating_min")
def operating_min(case: Case) -> None:
    least = case.claim.number
    for where in ("measurement_point", "internal"):
        case.equal(f"{where} {least:g} degC", climate(case, **{where: least}), "nothing")
        case.equal(f"{where} {least - 1:g} degC", climate(case, **{where: least - 1}), "outside of limits")


@check("baumer.temp.operating_max_mp")
def operating_max(case: Case) -> None:
    most = case.claim.number
    for degrees, outside in ((most, False), (most + 1, True)):
        flagged = "outside of limits" in climate(case, measurement_point=degrees)
        case.equal(f"{degrees:g} degC flagged", flagged, outside)


@check("baumer.temp.ambient_cooling")
def cooling(case: Case) -> None:
    warm = case.claim.number
    case.equal(f"{warm:g} degC", climate(case, ambient=warm), "nothing")
    case.equal(f"{warm + 1:g} degC", climate(case, ambient=warm + 1), "needs cooling")
    case.equal("with a heat sink", climate(case, ambient=warm + 1, heat_sink=True), "nothing")


@check("baumer.temp.sony_mp", "baumer.temp.sony_internal")
def performance(case: Case) -> None:
    where = "internal" if case.claim.id.endswith("internal") else "measurement_point"
    most = case.claim.number
    case.equal(f"{most:g} degC", climate(case, **{where: most}), "nothing")
    case.equal(f"{most + 1:g} degC", climate(case, **{where: most + 1}), "performance not guaranteed")
    if where == "internal":
        dark = camtwin.scene.Flat(photons_per_s=0.0)
        cam = case.open(
            scene=dark, render=True, Width=256, Height=128, PixelFormat="Mono12", ExposureTime=100
        )
        noise = []
        for degrees in (25.0, most):
            cam.world.hold_internal_C(degrees)
            a, b = (frame.picture.astype(float) for frame in cam.grab(2))
            noise.append((a - b).std() / 2**0.5)
        case.within(f"dark noise at {most:g} over that at 25 degC", noise[1] / noise[0], 0.95, 1.05)


OPERATING: Final = {
    # row: what is measured there
    "basler.temp.operating_min": "housing",
    "basler.temp.operating_max": "housing",
    "ids.temp.operating_min": "device",
    "ids.temp.operating_max": "device",
    "framos.env.operating_function_min": "function",
    "framos.env.operating_function_max": "function",
    "framos.env.operating_performance_min": "performance",
    "framos.env.operating_performance_max": "performance",
}


@check(*OPERATING)
def operating_limit(case: Case) -> None:
    """The limit is clean, and a degree beyond it is told."""
    where, limit = OPERATING[case.claim.id], case.claim.number
    beyond = limit - 1 if case.claim.id.endswith("min") else limit + 1
    case.equal(f"{where} {limit:g} degC", climate(case, **{where: limit}), "nothing")
    case.equal(f"{where} {beyond:g} degC", climate(case, **{where: beyond}), "outside of limits")
    if case.claim.id == "framos.env.operating_performance_max":
        case.leaves_out("dark noise above 60 degC, as there is no twin of the module")


STORED: Final = {
    # row: reading, and the word
    "basler.temp.storage": ("storage", "outside of storage limits"),
    "ids.temp.storage": ("storage", "outside of storage limits"),
    "framos.env.storage": ("storage", "outside of storage limits"),
    "basler.env.humidity_operating": ("humidity", "outside of limits"),
    "ids.env.humidity": ("humidity", "outside of limits"),
    "framos.env.humidity": ("humidity", "outside of limits"),
}


@check(*STORED)
def both_limits(case: Case) -> None:
    name, word = STORED[case.claim.id]
    fact, (low, high) = case.record(f"environment.{name}"), case.claim.span
    case.equal("record", tuple(fact.value), (low, high))
    case.that(f"in {fact.unit}", fact.unit.startswith(case.claim.unit))
    for value, outside in ((low, False), (high, False), (low - 1, True), (high + 1, True)):
        found = climate(case, **{name: value})
        case.equal(f"{name} {value:g}", found, word if outside else "nothing")


# -- lamps -------------------------------------------------------------------------------------------
LAMPS = {"1": "LED 1", "2": "LED 2"}


@check(*(f"baumer.led.{n}.{how}" for n in LAMPS for how in ("static", "flash")))
def lamps(case: Case) -> None:
    """The lamp shows this in its own moment, and not in the others."""
    _, _, number, how = case.claim.id.split(".")
    lamp, color = LAMPS[number], {"1": "green", "2": "yellow"}[number]
    cam, bench = on_cable(case)
    seen = {}
    cam.advance(SEC)
    seen["Link ON"] = bench.leds("cam")
    cam.Gain = 1.0
    seen["RX active"] = bench.leds("cam")
    cam.AcquisitionStart()
    cam.advance(SEC)
    seen["TX active"] = bench.leds("cam")
    cam.world.hold_internal_C(80.0)
    cam.advance(MS)
    seen["Error"] = bench.leds("cam")
    case.equal(f"{lamp}, {case.claim.value}", seen[case.claim.value][lamp], f"{color} {how}")
    others = {"1": ("RX active", "Link ON"), "2": ("TX active", "Error")}[number]
    (other,) = set(others) - {case.claim.value}
    case.that(f"it is another with {other}", seen[other][lamp] != f"{color} {how}")


@check("basler.led.status")
def status_lamp(case: Case) -> None:
    cam, bench = wired(case, [*fed(case)])
    case.that("it has power", runs(cam, bench))
    case.equal("with power", bench.leds("cam")["status"], "green static")
    bench.tune("host", volts=0.0)
    cam.advance(SEC)
    case.equal("without", bench.leds("cam")["status"], "off")


# -- lenses ------------------------------------------------------------------------------------------
MOUNTS: Final = {
    # row: what the lens tool says of lenses with C-, CS-, F-Mount and M12
    "basler.design.mount": ("fits", "flange", "does not mate", "does not mate"),
    "ids.design.mount": ("ring", "fits", "does not mate", "does not mate"),
    "framos.acc.lens_mount": ("ring", "fits", "does not mate", "fits"),
}


@check(*MOUNTS)
def mount(case: Case) -> None:
    on_record = [name.casefold() for name in case.record("lens.mount").value]
    claimed = case.claim.value.casefold().replace("c/cs", "c-mount, cs").split(", ")
    case.equal("mounts on record", sorted(on_record), sorted(claimed))
    for name, word in zip(("C-Mount", "CS-Mount", "F-Mount", "M12"), MOUNTS[case.claim.id], strict=True):
        case.equal(f"a lens with {name}", mount_finding(case.around, name).word, word)
