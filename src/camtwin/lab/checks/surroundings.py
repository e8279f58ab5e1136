"""Supplies, climate and the lamps on the housing."""

from __future__ import annotations

from typing import Any

import camtwin
from camtwin import rig
from camtwin.lab.case import Case, check
from camtwin.lab.checks.rig import PSU, on_cable, runs, said, supply, wired
from camtwin.units import MS, SEC


def at_full_rate(cam: Any, bench: rig.Bench) -> rig.Power:
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


# -- climate -----------------------------------------------------------------------------------------
def told(case: Case, **readings: Any) -> str:
    return said({f.word for f in rig.climate(case.around, **readings)})


@check("baumer.temp.operating_min")
def operating_min(case: Case) -> None:
    least = case.claim.number
    for where in ("measurement_point", "internal"):
        case.equal(f"{where} {least:g} degC", told(case, **{where: least}), "nothing")
        case.equal(f"{where} {least - 1:g} degC", told(case, **{where: least - 1}), "outside of limits")


@check("baumer.temp.operating_max_mp")
def operating_max(case: Case) -> None:
    most = case.claim.number
    for degrees, outside in ((most, False), (most + 1, True)):
        flagged = "outside of limits" in told(case, measurement_point=degrees)
        case.equal(f"{degrees:g} degC flagged", flagged, outside)


@check("baumer.temp.ambient_cooling")
def cooling(case: Case) -> None:
    warm = case.claim.number
    case.equal(f"{warm:g} degC", told(case, ambient=warm), "nothing")
    case.equal(f"{warm + 1:g} degC", told(case, ambient=warm + 1), "needs cooling")
    case.equal("with a heat sink", told(case, ambient=warm + 1, heat_sink=True), "nothing")


@check("baumer.temp.sony_mp", "baumer.temp.sony_internal")
def performance(case: Case) -> None:
    where = "internal" if case.claim.id.endswith("internal") else "measurement_point"
    most = case.claim.number
    case.equal(f"{most:g} degC", told(case, **{where: most}), "nothing")
    case.equal(f"{most + 1:g} degC", told(case, **{where: most + 1}), "performance not guaranteed")
    if where == "internal":
        dark = camtwin.scene.Flat(photons_per_s=0.0)
        cam = case.open(
            scene=dark, render=True, Width=256, Height=128, PixelFormat="Mono12", ExposureTime=100
        )
        noise = []
        for degrees in (25.0, most):
            cam.world.hold_internal_C(degrees)
            a, b = (frame.image.astype(float) for frame in cam.grab(2))
            noise.append((a - b).std() / 2**0.5)
        case.within(f"dark noise at {most:g} over that at 25 degC", noise[1] / noise[0], 0.95, 1.05)


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
