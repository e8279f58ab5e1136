"""Outputs as a circuit: what they carry, what stands at them."""

from __future__ import annotations

from camtwin import rig
from camtwin.session.session import Session
from camtwin.units import US
from camtwin.verify.case import Case, check
from camtwin.verify.checks.rig import (
    GPIO,
    OUT1,
    PSU,
    fed,
    levels,
    on_gpio,
    planned,
    said,
    supply,
    switch_output,
    wired,
)


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


# -- that switch a pin to ground, of any camera ----------------------------------------------------------
def named(case: Case) -> list[str]:
    """The outputs that a row speaks of: isolated ones, or the others."""
    opto = ".opto" in case.claim.id
    return [line for line, said in case.around.outputs.items() if said.isolated == opto]


def pulled(case: Case, line: str) -> list[list[str]]:
    """A line that sinks what a load takes from a supply."""
    said = case.around.outputs[line]
    return [*fed(case), ["load.out", f"cam.{said.pin}"], ["load.gnd", f"cam.{said.ground}"]]


def on_supply(case: Case, line: str, volts: float, load_mA: float = 10.0) -> rig.Finding:
    """What the wiring tool finds of an output with a load of so many mA to a supply of so many volts."""
    load = levels(volts, volts, limit_mA=load_mA)
    outputs = [line] if line in case.around.inputs else []
    plan = planned(case, pulled(case, line), outputs=outputs, load=load)
    (found,) = [f for f in rig.check(plan).findings if f"({line})" in f.where]
    return found


def finds(case: Case, line: str, word: str, volts: float, load_mA: float = 10.0) -> rig.Finding:
    found = on_supply(case, line, volts, load_mA)
    case.equal(f"{line} with {load_mA:g} mA from {volts:g} V", found.word, word)
    return found


@check("basler.io.opto_out.safe", "basler.io.gpio_out.safe")
def supply_range(case: Case) -> None:
    low, high = case.claim.span
    for line in named(case):
        for volts, word in ((low, "switches"), (high, "switches"), (high + 0.1, "warned")):
            finds(case, line, word, volts, 1.0)


@check("basler.io.opto_out.unreliable", "basler.io.gpio_out.unreliable")
def too_low(case: Case) -> None:
    for line in named(case):
        finds(case, line, "switches", case.claim.number, 1.0)
        finds(case, line, "unreliable", case.claim.number - 0.1, 1.0)


@check("basler.io.opto_out.abs_max", "basler.io.gpio_out.abs_max")
def too_high(case: Case) -> None:
    for line in named(case):
        finds(case, line, "warned", case.claim.number)
        found = finds(case, line, "damaged", case.claim.number + 0.1)
        case.that("the warranty is void", "the warranty is void" in found.reason)


@check("basler.io.opto_out.load_max", "basler.io.gpio_out.load_max")
def most_load(case: Case) -> None:
    for line in named(case):
        finds(case, line, "switches", 24.0, case.claim.number)
        finds(case, line, "overload", 24.0, case.claim.number + 1)


# -- that run: a twin switches them, warm or cold, this one or another ------------------------------------
def switched(
    case: Case, line: str, on: bool, ohm: float, volts: float = 24.0, celsius: float = 25.0, seed: int = 1
) -> tuple[Session, rig.Bench]:
    """A line that is on or off, with a resistor from its pin to a supply."""
    said = case.around.outputs[line]
    wires = [*fed(case), ["ext.+", "r.a"], ["r.b", f"cam.{said.pin}"], ["ext.-", f"cam.{said.ground}"]]
    cam = case.open(seed=seed)
    parts = {"r": {"kind": "resistor", "ohm": ohm}, "ext": supply(volts)}
    _, bench = wired(case, wires, cam=cam, outputs=[line] if line in case.around.inputs else [], **parts)
    cam.world.hold_internal_C(celsius)
    switch_output(cam, line, on)
    return cam, bench


def at_pin(case: Case, bench: rig.Bench, line: str) -> float:
    said = case.around.outputs[line]
    return bench.volts(f"cam.{said.pin}", f"cam.{said.ground}")


def leakage_uA(case: Case, line: str, celsius: float = 25.0, seed: int = 1) -> float:
    _, bench = switched(case, line, False, 1000.0, celsius=celsius, seed=seed)
    return bench.mA("cam", line) * 1e3


def on_level(case: Case, line: str, load_mA: float = 50.0, celsius: float = 25.0, seed: int = 1) -> float:
    """With a load of so many mA, from 24 V."""
    _, bench = switched(case, line, True, 23.6 / load_mA * 1e3, celsius=celsius, seed=seed)
    return at_pin(case, bench, line)


@check("basler.io.opto_out.leakage", "basler.io.gpio_out.leakage")
def leakage(case: Case) -> None:
    for line in named(case):
        case.within(f"{line} off leaks", leakage_uA(case, line), 0.1, case.claim.number, "uA")


@check("basler.io.opto_out.leakage_depends", "basler.io.gpio_out.leakage_depends")
def leakage_depends(case: Case) -> None:
    for line in named(case):
        warm = [leakage_uA(case, line, celsius=c) for c in (0.0, 25.0, 50.0)]
        several = {round(leakage_uA(case, line, seed=seed, celsius=50.0), 3) for seed in range(6)}
        case.that(f"{line} leaks more the warmer it is", warm[0] < warm[1] < warm[2])
        case.that("and from one camera to the next another current", len(several) == 6)
        case.within("most of all", max(*warm, *several), 0.0, 60.0, "uA")


@check("basler.io.opto_out.hint_leakage", "basler.io.gpio_out.hint_leakage")
def leakage_counts(case: Case) -> None:
    """What an output that is off takes off the supply's voltage."""
    for line in named(case):
        lost = {}
        for load_mA in (0.1, 10.0):
            _, bench = switched(case, line, False, 24.0 / load_mA * 1e3)
            lost[load_mA] = 24.0 - at_pin(case, bench, line)
            case.saw(f"{line} off, a load of {load_mA:g} mA: {lost[load_mA]:.3f} V less")
        case.that("more at 0.1 mA than at 10 mA, by 0.1 V at least", lost[0.1] - lost[10.0] > 0.1)


@check("basler.io.opto_out.hint_delay", "basler.io.gpio_out.hint_delay")
def later_edges(case: Case) -> None:
    """From the camera's own edge to that at the pin, as it is switched off."""
    for line in named(case):
        late = {}
        for load_mA in (1.0, 10.0):
            cam, _ = switched(case, line, True, 23.6 / load_mA * 1e3)
            switch_output(cam, line, False)
            wire = cam.lines[line]
            late[load_mA] = (wire.edges[-1][0] - wire.inner[-1][0]) / US
            case.saw(f"{line} with {load_mA:g} mA: {late[load_mA]:.2f} us late")
        case.that("later at 1 mA than at 10 mA", late[1.0] > late[10.0])


@check("basler.io.opto_out.hint_drop", "basler.io.gpio_out.hint_drop")
def cable_drop(case: Case) -> None:
    """Over a cable of 10 m and 0.14 mm2, from the load to the pin."""
    for line in named(case):
        said, drop = case.around.outputs[line], {}
        for load_mA in (50.0, 5.0):
            cable = {"wires": [["load.out", f"cam.{said.pin}"]], "length_m": 10.0, "mm2": 0.14}
            wires = [*fed(case), ["load.gnd", f"cam.{said.ground}"]]
            outputs = [line] if line in case.around.inputs else []
            load = levels(24.0, 24.0, limit_mA=load_mA)
            cam, bench = wired(case, wires, outputs=outputs, cable=cable, load=load)
            switch_output(cam, line, True)
            drop[load_mA] = bench.volts("load.out", f"cam.{said.pin}")
            case.saw(f"{line}: {drop[load_mA] * 1e3:.1f} mV at {load_mA:g} mA")
        case.near("ten times the current drops", drop[50.0] / drop[5.0], 10, 0.1)


@check("basler.io.gpio_out.residual")
def residual(case: Case) -> None:
    for line in named(case):
        volts = on_level(case, line)
        case.near(f"{line} on, at 50 mA and 25 degC", volts, case.claim.number, 0.1 * case.claim.number, "V")


@check("basler.io.gpio_out.residual_f")
def residual_temperature(case: Case) -> None:
    for line in named(case):
        celsius = case.record(f"outside.{line}").value["at_C"]
        case.equal(f"{line}: {celsius:g} degC in degF", 32 + 1.8 * celsius, case.claim.number)


@check("basler.io.gpio_out.residual_depends")
def residual_depends(case: Case) -> None:
    for line in named(case):
        loads = [on_level(case, line, load_mA=mA) for mA in (5.0, 20.0, 50.0)]
        case.that(f"{line}: a lower current, a lower voltage", loads[0] < loads[1] < loads[2])
        warm = {round(on_level(case, line, celsius=c), 4) for c in (0.0, 25.0, 50.0)}
        case.that("another at another temperature", len(warm) == 3)
        several = {round(on_level(case, line, seed=seed), 5) for seed in range(6)}
        case.that("and with another camera", len(several) == 6)


@check("basler.io.gpio_out.pullup")
def inner_pull_up(case: Case) -> None:
    """Open, and with the claimed resistance to ground: half of it is left."""
    for line in named(case):
        said, volts = case.around.outputs[line], []
        for ohm in (1e8, case.claim.number * 1e3):
            wires = [*fed(case), ["r.a", f"cam.{said.pin}"], ["r.b", f"cam.{said.ground}"]]
            cam, bench = wired(case, wires, outputs=[line], r={"kind": "resistor", "ohm": ohm})
            switch_output(cam, line, False)
            volts.append(at_pin(case, bench, line))
        case.near(f"{line} loaded over open, {volts[0]:.2f} V", volts[1] / volts[0], 0.5, 0.05)


@check("basler.io.gpio_out.open_collector")
def open_collector(case: Case) -> None:
    for line in named(case):
        low = on_level(case, line, load_mA=10.0)
        case.within(f"{line} on pulls down to", low, 0.0, 0.5, "V")
        for volts in (5.0, 24.0):
            _, bench = switched(case, line, False, 1000.0, volts=volts)
            case.near(f"off, pulled up to {volts:g} V", at_pin(case, bench, line), volts, 0.1, "V")
        said = case.around.outputs[line]
        wires = [*fed(case), ["r.a", f"cam.{said.pin}"], ["r.b", f"cam.{said.ground}"]]
        plan = planned(case, wires, outputs=[line], r={"kind": "resistor", "ohm": 1e5})
        (found,) = [f for f in rig.check(plan).findings if f"({line})" in f.where]
        case.that("without another the tool says so", "many loads need another pull-up" in found.reason)


@check("basler.pin.4")
def output_at_its_pin(case: Case) -> None:
    wires = [*fed(case), ["ext.+", "r.a"], ["r.b", "cam.io.4"], ["ext.-", "cam.io.5"]]
    case.equal("line of the claim", case.claim.value, "Line 2")
    cam, bench = wired(case, wires, r={"kind": "resistor", "ohm": 2400.0})
    for on in (True, False):
        switch_output(cam, "Line2", on)
        case.equal(f"pin 4 is pulled low as Line2 is {on}", bench.volts("cam.io.4", "cam.io.5") < 1, on)
