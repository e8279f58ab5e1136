"""Supplies: which voltages start a camera, what it takes, and what the tool says of a port or a supply."""

from __future__ import annotations

from typing import Any, Final, Literal

from camtwin import rig
from camtwin.session.session import Session
from camtwin.units import SEC
from camtwin.verify.case import Case
from camtwin.verify.measurements.wiring import (
    CLEAN,
    fed,
    judged,
    number,
    on_cable,
    points,
    runs,
    said,
    supply,
    wired,
)
from camtwin.verify.measures import measurement

FINE: Final = (CLEAN, "tolerance")
"""A camera runs, and only a plan is told of the tolerance that it needs."""


def fed_with(case: Case, volts: float, watts: float = 4.5) -> dict[str, Any]:
    """Make what feeds the camera by wires give so many volts: a port, with its watts, or a supply."""
    source = fed(case)[0][0].partition(".")[0]
    port = {"kind": "host", "volts": volts, "watts": watts}
    return {source: port if source == "host" else supply(volts)}


def at_supply(case: Case, label: str, volts: float) -> tuple[Session, rig.Bench]:
    """Feed the camera by this supply of its sheet."""
    by_wire = case.around.supplies[label].plus
    return wired(case, fed(case), **fed_with(case, volts)) if by_wire else on_cable(case, poe_V=volts)


def consumed(case: Case, label: str, volts: float) -> tuple[rig.Power, rig.Power, rig.Power]:
    """Measure what it takes idle, at half of its frame rate and at all of it."""
    cam, bench = at_supply(case, label, volts)
    case.that("it has power", runs(cam, bench))
    idle = bench.power("cam")
    cam.AcquisitionStart()
    cam.advance(3 * SEC)
    full, rate = bench.power("cam"), len(cam.fetch()) / 3
    case.saw(f"{rate:.1f} frames a second")
    cam.AcquisitionStop()
    case.write(cam, AcquisitionFrameRateEnable=True, AcquisitionFrameRate=rate / 2)
    cam.AcquisitionStart()
    cam.advance(3 * SEC)
    return idle, bench.power("cam"), full


def metered(case: Case, label: str, volts: float) -> tuple[float, float]:
    """Read what a supply gives at its terminals: V, and mA."""
    _, bench = at_supply(case, label, volts)
    source = fed(case)[0][0].partition(".")[0]
    plus, minus = fed(case)[0][0], fed(case)[1][0]
    return bench.volts(plus, minus), -bench.mA(source)


@measurement("supply")
def supply_words(case: Case, *wanted: str, watts: float = 4.5) -> None:
    """Voltages of what feeds it by wires, and what the tool and the rig say of each: `9.5:undervoltage`."""
    for volts, word in points(case, wanted):
        plan = fed_with(case, volts, watts)
        words, _ = judged(case, fed(case), **plan)
        case.equal(f"the tool at {volts:g} V and {watts:g} W", words, word)
        if "overload" in word:  # of a port that is too weak a plan is told, no running twin
            continue
        cam, bench = wired(case, fed(case), **plan)
        running = runs(cam, bench)
        case.equal("the rig of the twin", said(bench.words()), CLEAN if word in FINE else word)
        case.that(f"{volts:g} V start it", running or word not in FINE)


@measurement("poe")
def poe(case: Case, *wanted: str) -> None:
    """Voltages of a network's port, what is said of each, and whether the camera runs: `35:PoE voltage`."""
    for volts, word in points(case, wanted):
        cam, bench = on_cable(case, poe_V=volts)
        case.equal(f"{volts:g} V start it", runs(cam, bench), word == CLEAN)
        case.equal("said of it", said(bench.words("PoE")), word)


@measurement("poe_class")
def poe_class(case: Case, *watts: str) -> None:
    """The class on record, and ports of so many watts that start it or not: `3.84:clean`."""
    found = {s.poe_class for s in case.around.supplies.values() if s.poe_class is not None}
    case.equal("class", found, {int(case.claim.number)})
    for grants, word in points(case, watts):
        cam, bench = on_cable(case, poe_watts=grants)
        case.equal(f"a port of {grants:g} W starts it", runs(cam, bench), word == CLEAN)


@measurement("consumption")
def consumption(case: Case, label: str, percent: float, *volts: float) -> None:
    """The claimed watts at full rate within so many percent, at each voltage; less at half of it and idle.

    The product of what a meter shows at the terminals is the same, where there are any."""
    most = case.around.supplies[label].port_watts or float("inf")
    for at in volts:
        idle, half, full = (power.watts for power in consumed(case, label, at))
        wanted = case.claim.number
        case.near(f"at {at:g} V", full, wanted, percent / 100 * wanted, "W")
        case.that(f"idle {idle:.2f}, at half of its rate {half:.2f} W", idle < half < full < most)
        if case.around.supplies[label].plus:
            shown_V, shown_mA = metered(case, label, at)
            shown = shown_V * shown_mA / 1e3
            case.near("volts times amperes at the supply", shown, wanted, percent / 100 * wanted, "W")


@measurement("consumption_limit")
def consumption_limit(
    case: Case, label: str, volts: float, end: Literal["lowest", "highest"], other_W: float
) -> None:
    """Idle it takes not less than claimed, or at full rate not more, and it grows with the rate."""
    idle, half, full = (round(power.watts, 3) for power in consumed(case, label, volts))
    case.that(f"it rises with the rate: {idle:g}, {half:g}, {full:g} W", idle < half < full)
    if end == "lowest":
        case.within("idle", idle, case.claim.number, other_W, "W")
    else:
        case.within("at full rate", full, other_W, case.claim.number, "W")


@measurement("supply_current")
def supply_current(case: Case, label: str, percent: float, *wanted: str) -> None:
    """The current at full rate, at each voltage within so many percent: `12:high`."""
    for volts, text in points(case, wanted):
        mA = number(case, text)
        tolerance = percent / 100 * mA
        case.near(f"current at {volts:g} V", consumed(case, label, volts)[2].mA, mA, tolerance, "mA")
        if case.around.supplies[label].plus:
            case.near("shown at the supply", metered(case, label, volts)[1], mA, tolerance, "mA")


@measurement("fed_by")
def fed_by(case: Case, other: str) -> None:
    """It runs on what feeds it, and not on 5 V between any pins of another connector."""
    grounds = sorted({sheet.ground for sheet in case.around.inputs.values()})
    for pin in case.around.pins[other]:
        for ground in grounds:
            if f"{other}.{pin}" != ground:
                wires = [["psu.+", f"cam.{other}.{pin}"], ["psu.-", f"cam.{ground}"]]
                running = runs(*wired(case, wires, psu=supply(5.0)))
                case.that(f"off with 5 V from {pin} to {ground}", not running)
    case.that("on from its own supply", runs(*wired(case, fed(case))))
