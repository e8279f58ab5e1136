"""A sensor module on its board connector: which net is where, and what must not be wired to it."""

from __future__ import annotations

from typing import Final

from camtwin import rig
from camtwin.verify.case import Case, check
from camtwin.verify.checks.rig import levels, planned, supply, told
from camtwin.verify.claims import load

NETS: Final = {
    row: row.removeprefix("framos.pin.").upper()
    for row, claim in load("framos-fsm-imx412").items()
    if row.startswith("framos.pin.") and claim.value[0].isdigit() and row != "framos.pin.count"
}
"""Rows that say at which pins a net is."""
TOLD: Final = ("NC", "GND", "2V75_A", "1V05_A", "1V8_IO")
"""Nets of several pins, or that the wiring tool has words for."""


@check("framos.pin.count")
def every_pin(case: Case) -> None:
    """As many as claimed, and each on the net that the other rows put it on."""
    ledger, pins = load(case.model), case.around.pins["board"]
    case.equal("pins", sorted(map(int, pins)), list(range(1, int(case.claim.number) + 1)))
    claimed = {number: net for row, net in NETS.items() for number in ledger[row].names}
    case.equal("pins that the rows name", len(claimed), len(pins))
    wrong = [number for number, pin in pins.items() if pin.name != claimed.get(number)]
    case.equal("pins on another net", ", ".join(wrong) or "none", "none")


@check(*(row for row, net in NETS.items() if net not in TOLD))
def net(case: Case) -> None:
    """A signal that is wired to the net by its name stands at this pin, and at no other."""
    name, ground = NETS[case.claim.id], f"cam.{case.around.ground['pins'][0]}"
    wires = [["gen.out", f"cam.{name}"], ["gen.gnd", ground]]
    bench = rig.Bench(planned(case, wires, gen=levels(1.2, 1.2)), {})
    found = [
        number
        for number in case.around.pins["board"]
        if abs(bench.volts(f"cam.board.{number}", ground) - 1.2) < 0.01
    ]
    case.equal(f"pins of {name}", ",".join(found), case.claim.value)
    case.leaves_out("what the sensor makes of it, as there is no twin of the module")


@check("framos.pin.nc")
def not_connected(case: Case) -> None:
    """A wire to any of them draws a notice, and a wire to another pin does not."""
    ground = f"cam.{case.around.ground['pins'][0]}"
    found = []
    for number in case.around.pins["board"]:
        wires = [["gen.out", f"cam.board.{number}"], ["gen.gnd", ground]]
        if "not connected" in told(case, wires, f".{number} "):
            found.append(number)
    case.equal("pins that are not connected", ",".join(found), case.claim.value)


@check("framos.pin.gnd")
def grounds(case: Case) -> None:
    """All are one net, and a supply's plus on any of them is told."""
    first, found = f"cam.board.{case.claim.names[0]}", []
    for number in case.around.pins["board"]:
        pin = f"cam.board.{number}"
        bench = rig.Bench(planned(case, [["gen.out", first], ["gen.gnd", "r.b"], ["r.a", pin]], r=OPEN), {})
        if bench.volts(first, pin) == 0.0 and "short" in told(case, shorted(case, pin), psu=supply(1.8)):
            found.append(number)
    case.equal("pins of ground", ",".join(found), case.claim.value)


OPEN: Final = {"kind": "resistor", "ohm": 1e6}


def shorted(case: Case, pin: str) -> list[list[str]]:
    """A supply whose plus is at the pin."""
    other = next(p for p in case.around.ground["pins"] if f"cam.{p}" != pin)
    return [["psu.+", pin], ["psu.-", f"cam.{other}"]]
