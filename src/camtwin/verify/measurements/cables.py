"""Plugs and cables: what fits, what the wiring tool says of them, and which signals get through."""

from __future__ import annotations

from typing import Any, Final

from camtwin import rig
from camtwin.units import SEC
from camtwin.verify.case import Case
from camtwin.verify.measurements.wiring import (
    fed,
    into,
    judged,
    levels,
    on_cable,
    put,
    runs,
    wired,
)
from camtwin.verify.measures import Value, measurement

STRANGERS: Final = (
    "RJ45",
    "M12 X-coded",
    "M8 6-pin socket",
    "M8 8-pin socket",
    "M12 8-pin socket",
    "Hirose HR10A-10P-12S",
    "USB 3.0 Micro-B",
    "USB-C",
    "6-pin Wuerth plug",
)
"""Plugs, of which a socket of another kind takes none."""


@measurement("plug")
def plug(case: Case, socket: str, plug: str = "") -> None:
    """This plug, or the claimed one, fits, and no other: no other socket's, and not the socket itself."""
    plug = plug or case.claim.value
    there = case.around.connectors[socket]
    case.equal(f"a plug {plug}", rig.mated(socket, case.around, socket, plug).word, "mates")
    for other in (*STRANGERS, there.part):
        if other.casefold() != plug.casefold():
            word = rig.mated(socket, case.around, socket, other).word
            case.equal(f"a plug {other}", word, "does not mate")


@measurement("socket")
def socket(case: Case, name: str, pins: int = 0) -> None:
    """The part that the claim names, with its lock, and so many pins."""
    there = case.around.connectors[name]
    part, _, lock = case.claim.value.partition(", ")
    case.equal("part", there.part.casefold(), part.casefold())
    case.equal("lock", f"{there.lock} lock" if lock else "", lock)
    if pins:
        case.equal("pins", sorted(map(int, case.around.pins[name])), list(range(1, pins + 1)))


@measurement("screws")
def screws(case: Case, socket: str, plug: str) -> None:
    """The plug mates screwed on, and otherwise the tool hints that it is not locked."""
    for screwed, word in ((True, "mates"), (False, "not locked")):
        case.equal(f"screwed on {screwed}", rig.mated(socket, case.around, socket, plug, screwed).word, word)


@measurement("cable")
def cable(case: Case, socket: str, word: str, **about: Value) -> None:
    """A cable, in `socket` with a signal in it where one goes there, and what the tool says of it."""
    line = next(
        (name for name, sheet in case.around.inputs.items() if sheet.pin.startswith(f"{socket}.")), ""
    )
    signal = {"wires": into(case, line)[len(fed(case)) :]} if line else {}
    made: dict[str, Any] = {"into": f"cam.{socket}", "shielded": True, **signal, **about}
    gen = {"gen": levels(0.0, 5.0)} if line else {}
    words, _ = judged(case, fed(case), f"cam.{socket}", cable=made, **gen)
    case.equal(", ".join(f"{name} {value}" for name, value in about.items()), words, word)


@measurement("slow_plug")
def slow_plug(case: Case, socket: str, slow: str) -> None:
    """Compare the stream over the claimed plug with that over a slow one, of which the tool warns."""
    case.equal(f"a plug {slow}", rig.mated(socket, case.around, socket, slow).word, "slow")
    for plug, low, high in ((case.claim.value, 100, 500), (slow, 0, 53)):
        cam, bench = wired(case, fed(case), cable={"into": f"cam.{socket}", "plug": plug})
        case.that("it has power", runs(cam, bench))
        cam.AcquisitionStart()
        cam.advance(3 * SEC)
        case.within(f"through {plug}", len(cam.fetch()) * cam.PayloadSize / 3e6, low, high, "MB/s")


@measurement("made_cable")
def made_cable(case: Case, make: str, branches: int = 1) -> None:
    """Length and colour of a cable that is made for the camera; a branch for each kind of line."""
    sheet = case.record(f"cables.{make}").value
    case.equal("length", float(sheet["length_m"]), float(case.claim.value.rpartition(" ")[2]))
    case.that(f"it is {sheet['color']}", f" {sheet['color']}:" in case.claim.claim)
    carried = {there.isolated for there in case.around.inputs.values() if there.pin in sheet["pins"]}
    case.equal("branches", len(carried), branches)


@measurement("cable_carries")
def cable_carries(case: Case, make: str, *kinds: str) -> None:
    """Signals for inputs of these kinds arrive; of the others the tool says that their pins are open."""
    for line, there in case.around.inputs.items():
        passes = ("isolated" if there.isolated else "direct") in kinds
        high = 24.0 if there.isolated else 3.0
        signal = into(case, line)[len(fed(case)) :]
        cable = {"type": make, "into": f"cam.{there.pin.partition('.')[0]}", "wires": signal}
        _, bench = wired(case, fed(case), cable=cable, gen=levels(0.0, high))
        put(bench, high)
        arrives = abs(bench.volts(f"cam.{there.pin}", f"cam.{there.ground}") - high) < 0.01
        case.equal(f"{line} arrives through the {make} cable", arrives, passes)
        case.equal(
            "the tool says that the pin is open", "open" in rig.check(bench.plan).words(there.pin), not passes
        )


# -- a network's cable -------------------------------------------------------------------------------
@measurement("network_pair")
def network_pair(case: Case, socket: str, pair: str, cut_bits_per_s: int) -> None:
    """A pair lies on the claimed pins; split it is told, and cut the link is so fast."""
    plus, minus = case.claim.names
    straight = {str(n): str(n) for n in range(1, 9)}

    def test(**about: Any) -> Any:
        return rig.tested("cable", case.around, socket, rig.Cable(**about))

    good = test(pins=straight)
    case.equal(f"{pair}+", good.nets[f"{pair}+"], plus)
    case.equal(f"{pair}-", good.nets[f"{pair}-"], minus)
    case.equal("findings of a straight cable", len(good.findings), 0)
    other = next(n for n in "2468" if n not in case.claim.names)
    split = test(pins={**straight, minus: other, other: minus})
    split_up = any(f.word == "split pair" and pair in f.where for f in split.findings)
    case.that(f"{pair} split is told", split_up)
    case.equal(f"bit/s with {pair} cut", test(pins=straight, cut=(plus,)).bits_per_s, cut_bits_per_s)


@measurement("one_cable")
def one_cable(case: Case, socket: str) -> None:
    """With nothing but this cable it starts and streams; without it, it is off."""
    cam, bench = on_cable(case)
    case.that("a port with power starts it", runs(cam, bench))
    cam.AcquisitionStart()
    cam.advance(SEC)
    case.that("it streams over the same cable", len(cam.fetch()) > 5)
    bench.unplug(f"cam.{socket}")
    case.that("without the cable it is off", not runs(cam, bench))
