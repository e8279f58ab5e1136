"""Cables and plugs: what the wiring tool says of them, and which signals get through."""

from __future__ import annotations

from typing import Any, Final

from camtwin import rig
from camtwin.units import SEC
from camtwin.verify.case import Case, check
from camtwin.verify.checks.rig import fed, into, levels, put, runs, said, told, wired

STRANGERS: Final = (
    "RJ45",
    "M12 X-coded",
    "M8 8-pin socket",
    "Hirose HR10A-10P-12S",
    "USB-C",
    "6-pin Wuerth plug",
)
"""Plugs that no camera here takes at a socket of another kind."""
PLUGS: Final = {
    # row: (socket, the plug that fits)
    "basler.conn.io": ("io", "Hirose HR10A-7P-6S"),
    "basler.conn.io_mating": ("io", "Hirose HR10A-7P-6S"),
    "basler.cable.io.plug": ("io", "Hirose HR10A-7P-6S"),
    "basler.conn.usb": ("usb", "USB 3.0 Micro-B"),
    "ids.conn.interface": ("usb", "USB 3.0 Micro-B"),
    "ids.conn.io": ("io", "8-pin Wuerth plug"),
    "framos.if.connector": ("board", "Hirose DF40HC(4.0)-60DS-0.4V(51)"),
    "framos.if.connector_mating": ("board", "Hirose DF40HC(4.0)-60DS-0.4V(51)"),
}


@check(*PLUGS)
def mates(case: Case) -> None:
    """The plug fits and others do not: those of other sockets, and the socket itself."""
    socket, plug = PLUGS[case.claim.id]
    there = case.around.connectors[socket]
    if case.claim.value == plug:
        case.saw(f"the claimed plug is {plug}")
    else:
        case.equal("part", there.part.casefold(), case.claim.value.partition(",")[0].casefold())
    case.equal(f"a plug {plug}", rig.mated(socket, case.around, socket, plug).word, "mates")
    for other in (*STRANGERS, there.part):
        if other.casefold() != plug.casefold():
            found = rig.mated(socket, case.around, socket, other).word
            case.equal(f"a plug {other}", found, "does not mate")
    if there.positions and socket != "usb":
        case.equal("pins", len(case.around.pins[socket]), there.positions)


@check("basler.conn.usb_mating")
def screws(case: Case) -> None:
    for screwed, word in ((True, "mates"), (False, "not locked")):
        found = rig.mated("usb", case.around, "usb", "USB 3.0 Micro-B with screws", screwed)
        case.equal(f"screwed on {screwed}", found.word, word)


def around_io(case: Case, **cable: object) -> set[str]:
    """What the tool says of an I/O cable with a signal in it."""
    line = next(iter(case.around.inputs))
    signal = into(case, line)[len(fed(case)) :]
    said = {"into": "cam.io", "wires": signal, **cable}
    return told(case, fed(case), "cam.io", cable=said, gen=levels(0.0, 5.0)) - {"high", "low"}


GOOD: Final = {"length_m": 1.0, "mm2": 0.14, "shielded": True, "twisted": True}
WANTED: Final[dict[str, tuple[tuple[dict[str, Any], bool], ...]]] = {
    # row: cables, and whether they are good
    "basler.cable.io.shield": (({"shielded": True}, True), ({"shielded": False}, False)),
    "basler.cable.io.cross_section": (({"mm2": 0.14}, True), ({"mm2": 0.13}, False)),
    "basler.cable.io.awg": (({"mm2": None, "awg": 26}, True), ({"mm2": None, "awg": 28}, False)),
    "basler.cable.io.twisted": (({"twisted": True}, True), ({"twisted": False}, False)),
    "basler.cable.io.length_max": (({"length_m": 10.0}, True), ({"length_m": 10.1}, False)),
}


@check(*WANTED)
def io_cable(case: Case) -> None:
    for what, good in WANTED[case.claim.id]:
        words = ", ".join(f"{name} {value}" for name, value in what.items() if value is not None)
        found = around_io(case, **{**GOOD, **what})
        case.equal(words, said(found), "nothing" if good else "warned")


@check("basler.cable.usb.shield")
def usb_shield(case: Case) -> None:
    for shielded, words in ((True, "nothing"), (False, "warned")):
        cable = {"into": "cam.usb", "plug": "USB 3.0 Micro-B with screws", "shielded": shielded}
        case.equal(f"shielded {shielded}", said(told(case, fed(case), "cam.usb", cable=cable)), words)


@check("basler.cable.usb.plug")
def usb_plug(case: Case) -> None:
    """Which plugs fit, and how much of the stream a cable of USB 2.0 carries."""
    for plug, word in ((case.claim.value, "mates"), ("USB 2.0 Micro-B", "slow"), ("USB-C", "does not mate")):
        case.equal(f"a plug {plug}", rig.mated("usb", case.around, "usb", plug).word, word)
    rates = []
    for plug in (case.claim.value, "USB 2.0 Micro-B"):
        cam, bench = wired(case, fed(case), cable={"into": "cam.usb", "plug": plug})
        case.that("it has power", runs(cam, bench))
        cam.AcquisitionStart()
        cam.advance(3 * SEC)
        rates.append(len(cam.fetch()) * cam.PayloadSize / 3e6)
    case.within("through USB 3.0", rates[0], 100, 500, "MB/s")
    case.within("through USB 2.0", rates[1], 0, 53, "MB/s")


@check("basler.cable.gpio.length", "basler.cable.opto.length", "basler.cable.y.length")
def length(case: Case) -> None:
    """Length and colour, which the claim names after the cable; the Y-cable has two branches."""
    make = case.claim.id.split(".")[2]
    fact = case.record(f"cables.{make}").value
    case.equal("length", float(fact["length_m"]), float(case.claim.value.rpartition(" ")[2]))
    case.saw(fact["color"])
    if f" {fact['color']}:" not in case.claim.claim:
        case.wrong(f"its colour is {fact['color']}")
    case.equal("branches", 1 + {"3", "4"}.issubset(pin[-1] for pin in fact["pins"]), 1 + (make == "y"))


@check("basler.cable.gpio.lines", "basler.cable.opto.lines", "basler.cable.y.lines")
def carried(case: Case) -> None:
    """A signal for every input, through a cable of this make: which arrive, what is told of the others."""
    make = case.claim.id.split(".")[2]
    for line, there in case.around.inputs.items():
        passes = make == "y" or (make == "opto") == there.isolated
        signal = into(case, line)[len(fed(case)) :]
        cable = {"type": make, "into": "cam.io", "wires": signal}
        high = 24.0 if there.isolated else 3.0
        _, bench = wired(case, fed(case), cable=cable, gen=levels(0.0, high))
        put(bench, high)
        arrives = abs(bench.volts(f"cam.{there.pin}", f"cam.{there.ground}") - high) < 0.01
        case.equal(f"{line} arrives through the {make} cable", arrives, passes)
        open_pins = "open" in rig.check(bench.plan).words(there.pin)
        case.equal("the tool says that the pin is open", open_pins, not passes)
