"""Power and warmth: which voltages start a camera and what it takes; climate, lamps, thermometer, lenses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal

from camtwin import rig
from camtwin.planner.lens import mount_finding
from camtwin.session.session import Session
from camtwin.units import MS, SEC
from camtwin.verify import wiring
from camtwin.verify.case import CLEAN, Case, said, shown
from camtwin.verify.measures import Point, measurement

FINE: Final = (CLEAN, "tolerance")
"""A camera runs, and only a plan is told of the tolerance that it needs."""


def fed_with(case: Case, volts: float, watts: float = 4.5) -> dict[str, Any]:
    """Make what feeds the camera by wires give so many volts: a port, with its watts, or a supply."""
    port = {"kind": "host", "volts": volts, "watts": watts}
    return {wiring.source(case): port if wiring.source(case) == "host" else wiring.supply(volts)}


def at_supply(case: Case, label: str, volts: float) -> tuple[Session, rig.Bench]:
    """Feed the camera by this supply of its sheet."""
    if case.around.supplies[label].plus:
        return case.wired(wiring.fed(case), **fed_with(case, volts))
    return wiring.on_cable(case, poe_V=volts)


def consumed(case: Case, label: str, volts: float) -> tuple[rig.Power, rig.Power, rig.Power]:
    """Measure what it takes idle, at half of its frame rate and at all of it."""
    cam, bench = at_supply(case, label, volts)
    case.that("it has power", wiring.runs(cam, bench))
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


@measurement("supply")
def supply_words(case: Case, *wanted: Point, watts: float = 4.5) -> None:
    """Compare what tool and rig say of voltages of what feeds it by wires: `9.5:undervoltage`."""
    for volts, word in wanted:
        plan = fed_with(case, volts, watts)
        words, _ = case.judged(wiring.fed(case), **plan)
        case.equal(f"the tool at {volts:g} V and {watts:g} W", words, word)
        if "overload" in word:  # of a port that is too weak a plan is told, no running twin
            continue
        cam, bench = case.wired(wiring.fed(case), **plan)
        running = wiring.runs(cam, bench)
        case.equal("the rig of the twin", said(bench.words()), CLEAN if word in FINE else word)
        case.that(f"{volts:g} V start it", running or word not in FINE)


@measurement("poe")
def poe(case: Case, what: Literal["poe_V", "poe_watts"], *wanted: Point) -> None:
    """Compare which ports, `poe_V,36:clean,35:PoE voltage`, start it, and what is said of it."""
    if what == "poe_watts":
        found = {sheet.poe_class for sheet in case.around.supplies.values()} - {None}
        case.equal("class", found, {int(case.claim.number)})
    for value, word in wanted:
        cam, bench = wiring.on_cable(case, **{what: value})
        case.equal(f"a port with {what} {value:g} starts it", wiring.runs(cam, bench), word == CLEAN)
        if what == "poe_V":
            case.equal("said of it", said(bench.words("PoE")), word)


@measurement("consumption")
def consumption(
    case: Case,
    label: str,
    state: Literal["idle", "full"],
    unit: Literal["W", "mA"],
    low: float,
    high: float,
    *volts: float,
) -> None:
    """Measure what it takes by a supply of so many volts, idle or at full rate; it grows with the rate.

    What a meter shows at the terminals at full rate is the same, where there are any.
    """
    there = case.around.supplies[label]
    for at in volts:
        idle, half, full = consumed(case, label, at)
        found = idle if state == "idle" else full
        case.within(f"{state} at {at:g} V", found.watts if unit == "W" else found.mA, low, high, unit)
        watts = [round(power.watts, 3) for power in (idle, half, full)]
        case.that(f"it rises with the rate: {shown(watts)} W", watts[0] < watts[1] < watts[2])
        case.that("less than the port grants", full.watts < (there.port_watts or float("inf")))
        if there.plus and state == "full":
            (plus, _), (minus, _) = wiring.fed(case)
            _, bench = at_supply(case, label, at)
            meter_mA = -bench.mA(wiring.source(case))
            by_meter = meter_mA * bench.volts(plus, minus) / 1e3 if unit == "W" else meter_mA
            case.within("shown at the supply", by_meter, low, high, unit)


@measurement("fed_by")
def fed_by(case: Case, other: str) -> None:
    """Run it on what feeds it, and not on 5 V between any pins of another connector."""
    grounds = sorted({sheet.ground for sheet in case.around.inputs.values()})
    for pin in case.around.pins[other]:
        for ground in grounds:
            if f"{other}.{pin}" != ground:
                wires = wiring.across(f"{other}.{pin}", ground, "psu")
                running = wiring.runs(*case.wired(wires, psu=wiring.supply(5.0)))
                case.that(f"off with 5 V from {pin} to {ground}", not running)
    case.that("on from its own supply", wiring.runs(*case.wired(wiring.fed(case))))


# -- climate and lenses ------------------------------------------------------------------------------
MOUNTS: Final = ("C-Mount", "CS-Mount", "F-Mount", "M12")


@measurement("climate")
def climate(case: Case, reading: str, *wanted: Point, heat_sink: bool = False) -> None:
    """Compare what the tool says of readings: `value+1:outside of limits`."""
    for value, word in wanted:
        findings = rig.climate(case.around, heat_sink=heat_sink, **{reading: value})
        how = " with a heat sink" if heat_sink else ""
        case.equal(f"{reading} {value:g}{how}", said(f.word for f in findings), word)


@measurement("mount")
def mount(case: Case, *words: str) -> None:
    """Compare the mounts on record, and what the lens tool says of lenses with C-, CS-, F-Mount and M12."""
    on_record = [name.casefold() for name in case.record("lens.mount").value]
    claimed = case.claim.value.casefold().replace("c/cs", "c-mount, cs").split(", ")
    case.equal("mounts on record", sorted(on_record), sorted(claimed))
    for name, word in zip(MOUNTS, words, strict=True):
        case.equal(f"a lens with {name}", mount_finding(case.around, name).word, word)


# -- lamps -------------------------------------------------------------------------------------------
@measurement("lamp")
def lamp(case: Case, name: str, look: str) -> None:
    """Look at a lamp in the claimed state, and in the others of its own: there it looks otherwise."""
    sheet, (cam, bench) = case.around.leds[name], wiring.on_cable(case)
    seen: dict[str, str] = {}

    def state(label: str, act: Callable[[], object], ns: int = 0) -> None:
        act()
        cam.advance(ns)
        seen[label] = bench.leds("cam")[name]

    state("Link ON", lambda: None, SEC)
    state("RX active", lambda: case.write(cam, Gain=1.0))
    state("TX active", cam.AcquisitionStart, SEC)
    state("Error", lambda: cam.world.hold_internal_C(80.0), MS)
    case.equal(f"{name}, {case.claim.value}", seen[case.claim.value], look)
    for other in {sheet.static, sheet.flash} - {case.claim.value}:
        case.that(f"it is another with {other}", seen[other] != look)


@measurement("lamp_on")
def lamp_on(case: Case, name: str, look: str) -> None:
    """Look at a lamp with power, and without: there it is off."""
    cam, bench = case.wired(wiring.fed(case))
    case.that("it has power", wiring.runs(cam, bench))
    case.equal("with power", bench.leds("cam")[name], look)
    bench.tune(wiring.source(case), volts=0.0)
    cam.advance(SEC)
    case.equal("without", bench.leds("cam")[name], "off")


# -- warmth ------------------------------------------------------------------------------------------
@measurement("thermometer")
def thermometer(case: Case, typical: float, *celsius: float) -> None:
    """Read several cameras, as each has its own error: around the true value by a typical error."""
    errors: list[float] = []
    for seed in range(12):
        cam = case.open(seed=seed)
        for at in celsius:
            cam.world.hold_internal_C(at)
            cam.advance(SEC)
            errors.append(cam.DeviceTemperature - at)
    case.within("least error", min(errors), -3 * typical, 0.0, "degC")
    case.within("greatest error", max(errors), 0.0, 3 * typical, "degC")
    rms = (sum(e * e for e in errors) / len(errors)) ** 0.5
    case.within("typical error", rms, 0.0, 1.3 * typical, "degC")
