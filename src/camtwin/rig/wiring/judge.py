"""Verdicts in the sheet's own words: what a voltage or a current at a pin means for a camera.

    ok         as the sheet wants it
    marginal   it works, and the sheet warns or little room is left
    wrong      it does not work reliably, or something breaks

Words: low, high, undefined, unreliable, warned, damaged, reversed, floating, overload, ground loop, ...
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from camtwin.models import RigSheet
from camtwin.models.rig import Input, Output, Rail, Span, Supply

Verdict = Literal["ok", "marginal", "wrong"]
TOLERANCE_V: Final = 2e-3
"""A meter's last digit: a limit is not passed by less."""
TOLERANCE_MA: Final = 0.05
RAIL_SHARE: Final = 0.05
"""So far may a rail be off (our choice; the sheets give no tolerance)."""
MARGIN: Final = 0.03
"""A level closer to a threshold than this share of it is marginal (our choice)."""
BREAKS: Final = 2.0
"""An output breaks at so many times its greatest current (our choice; the sheet knows no cut-off)."""
SEVERITY: Final[Mapping[str, int]] = {"ok": 0, "marginal": 1, "wrong": 2}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found at one connection. value in unit; limit as the sheet prints it."""

    where: str
    verdict: Verdict
    word: str
    reason: str
    value: float | None = None
    unit: str = ""
    limit: str = ""
    fix: str = ""

    @property
    def number(self) -> str:
        return "" if self.value is None else f"{self.value:.4g} {self.unit}"

    def row(self) -> dict[str, object]:
        """As `--json` prints it."""
        return {name: getattr(self, name) for name in self.__slots__}


def span(limits: Span, unit: str = "V") -> str:
    """Limits for people: `5 to 30 V`."""
    return f"{limits[0]:g} to {limits[1]:g} {unit}"


def reading(said: Input, volts: float) -> tuple[bool | None, str]:
    """The level that an input takes this for, None where it is not defined, and the word for it."""
    beyond = said.absolute_V
    if beyond and not beyond[0] - TOLERANCE_V <= volts <= beyond[1] + TOLERANCE_V:
        return None, "damaged"
    if volts <= said.low_V[1] + TOLERANCE_V:
        level, word = False, "low" if volts >= said.low_V[0] - 0.05 else "reversed"
    elif volts > said.high_V[0] + TOLERANCE_V or (
        not said.above_high and volts >= said.high_V[0] - TOLERANCE_V
    ):
        level, word = True, "high" if volts <= said.high_V[1] + TOLERANCE_V else "warned"
    else:
        level, word = None, "undefined"
    if said.safe_V and not said.safe_V[0] - TOLERANCE_V <= volts <= said.safe_V[1] + TOLERANCE_V:
        word = "warned"
    return level, word


def _damaged(said: Input | Output) -> str:
    return "the line is damaged" + (", the warranty is void" if said.voids_warranty else "")


def input_finding(where: str, said: Input, volts: float, mA: float, when: str = "") -> Finding:
    """An input at this voltage, while `when`."""
    level, word = reading(said, volts)
    at = f"{volts:.4g} V{when}"
    draw = f", {mA:.3g} mA" if abs(mA) >= 0.01 else ""
    high, low = span(said.high_V), span(said.low_V)
    wants = f"use a signal with a low of {low} and a high of {high}"
    match word:
        case "damaged":
            limit = span(said.absolute_V or said.high_V)
            return Finding(
                where, "wrong", word, f"{at}: {_damaged(said)}", volts, "V", limit, f"stay within {limit}"
            )
        case "reversed":
            why = f"{at}: the voltage is reversed"
            return Finding(where, "wrong", word, why, volts, "V", low, "swap signal and ground")
        case "undefined":
            why = f"{at}{draw}: undefined between {said.low_V[1]:g} and {said.high_V[0]:g} V"
            if said.current_mA and mA < (least := said.current_mA[0]) - TOLERANCE_MA:
                why += f", and less than {least:g} mA"
            return Finding(where, "wrong", word, why, volts, "V", f"low {low}, high {high}", wants)
        case "warned":
            safe = said.safe_V or (said.low_V[0], said.high_V[1])
            kind: Verdict = "marginal" if said.safe_V else "wrong"
            why = f"{at}: outside of the range {span(safe)}"
            return Finding(where, kind, word, why, volts, "V", span(safe), f"stay within {span(safe)}")
    limit = high if level else low
    near = (
        said.high_V[0] <= volts + TOLERANCE_V < said.high_V[0] * (1 + MARGIN)
        if level
        else volts > said.low_V[1] * (1 - MARGIN)
    )
    if near:
        why = f"{at}{draw}: {word}, close to the limit"
        return Finding(where, "marginal", word, why, volts, "V", limit, wants)
    return Finding(where, "ok", word, f"{at}{draw}: {word}", volts, "V", limit)


def supply_finding(where: str, said: Supply, volts: float, mA: float, protected: bool = True) -> Finding:
    """An input for power at this voltage."""
    low, high = said.accepted_V
    limit = span((low, high))
    use = f"use {said.volts[0]:g} to {said.volts[1]:g} V"
    if volts < -0.5:
        breaks = "the camera stays off" if protected else "the camera is damaged"
        why = f"{volts:.4g} V: reversed supply, {breaks}"
        return Finding(where, "wrong", "reversed supply", why, volts, "V", limit, "swap plus and minus")
    if volts < low - TOLERANCE_V:
        word = "no supply" if volts < 1 else "undervoltage"
        why = f"{volts:.4g} V is below {low:g} V" if volts >= 1 else "no voltage arrives"
        return Finding(where, "wrong", word, why, volts, "V", limit, use)
    if volts > high + TOLERANCE_V:
        return Finding(
            where, "wrong", "overvoltage", f"{volts:.4g} V is above {high:g} V", volts, "V", limit, use
        )
    took = f"{volts:.4g} V, {mA:.0f} mA"
    if not said.volts[0] - TOLERANCE_V <= volts <= said.volts[1] + TOLERANCE_V:
        why = f"{took}: accepted, outside of the nominal {span(said.volts)}"
        return Finding(where, "marginal", "tolerance", why, volts, "V", limit, use)
    return Finding(where, "ok", "powered", took, volts, "V", limit)


def rail_finding(where: str, label: str, said: Rail, volts: float) -> Finding:
    """A pin of a board's supply at this voltage."""
    limit, fix = f"{said.volts:g} V", f"feed {said.volts:g} V"
    if volts < 0.1 * said.volts:
        why = f"no voltage arrives on the rail {label} of {limit}"
        return Finding(where, "wrong", "no supply", why, volts, "V", limit, fix)
    why = f"{volts:.4g} V on the rail {label} of {limit}"
    if abs(volts - said.volts) > RAIL_SHARE * said.volts:
        return Finding(where, "wrong", "wrong voltage", why, volts, "V", limit, fix)
    return Finding(where, "ok", "powered", why, volts, "V", limit)


def output_findings(
    where: str, sheet: RigSheet, line: str, *, on: tuple[float, float], off: tuple[float, float]
) -> list[Finding]:
    """An output with (V, mA) across or at its pin when it is on and when it is off.

    high side: V between feed and pin. low side and push-pull: V between pin and ground; mA into the pin."""
    said = sheet.outputs[line]
    found: list[Finding] = []

    def wrong(word: str, reason: str, value: float, unit: str, limit: str, fix: str) -> None:
        verdict: Verdict = "marginal" if word == "warned" else "wrong"
        found.append(Finding(where, verdict, word, reason, value, unit, limit, fix))

    load = on[1] if said.stage != "push-pull" else off[1]
    most = said.load_mA
    if load > most + TOLERANCE_MA:
        broken = load > BREAKS * most
        wrong(
            "damaged" if broken else "overload",
            f"{load:.4g} mA flow through the output, {most:g} mA are allowed"
            + (": nothing limits it, the line is damaged" if broken else ""),
            load,
            "mA",
            f"{most:g} mA",
            "a load of less current, or a relay or transistor between",
        )
    if said.stage == "push-pull":
        if said.absolute_V:
            for volts, _ in (on, off):
                if not said.absolute_V[0] - 0.05 <= volts <= said.absolute_V[1] + TOLERANCE_V:
                    limit = span(said.absolute_V)
                    why = f"{volts:.4g} V at an output: {_damaged(said)}"
                    wrong("damaged", why, volts, "V", limit, f"stay within {limit}")
        if -on[1] > said.source_mA + TOLERANCE_MA:
            why = f"{-on[1]:.4g} mA are drawn from the high level, which falls to {on[0]:.3g} V"
            limit = f"{said.source_mA:g} mA"
            wrong("overload", why, -on[1], "mA", limit, "switch the load to ground, or use a driver")
        elif on[0] < said.high_V[0] - TOLERANCE_V:
            why = f"the high level is {on[0]:.3g} V"
            wrong("unreliable", why, on[0], "V", span(said.high_V), "a load of higher resistance")
        if not found:
            source, sink = max(-on[1], 0.0), max(off[1], 0.0)
            why = f"high {on[0]:.3g} V at {source:.3g} mA, low {off[0]:.3g} V at {sink:.3g} mA"
            found.append(Finding(where, "ok", "drives", why, on[0], "V", span(said.high_V)))
        return found
    volts, supply = off[0], said.supply_V or (0.0, 30.0)
    if volts < 1.0:
        what = "U_EXT" if said.stage == "high side" else "a pull-up"
        fed = f"feed {said.feed} with {span(supply)}" if said.feed else f"pull it up to {span(supply)}"
        wrong("dead", f"the output is not fed: {what} is missing", volts, "V", span(supply), fed)
    elif said.absolute_V and volts > said.absolute_V[1] + TOLERANCE_V:
        why = f"{volts:.4g} V: {_damaged(said)}"
        wrong("damaged", why, volts, "V", span(said.absolute_V), f"use {span(supply)}")
    elif volts < supply[0] - TOLERANCE_V:
        why = f"fed with {volts:.4g} V: unreliable"
        wrong("unreliable", why, volts, "V", span(supply), f"use {span(supply)}")
    elif volts > supply[1] + TOLERANCE_V:
        why = f"fed with {volts:.4g} V, outside of {span(supply)}"
        word = "warned" if said.absolute_V else "overvoltage"
        wrong(word, why, volts, "V", span(supply), f"use {span(supply)}")
    if not found:
        why = f"fed with {volts:.4g} V, {load:.3g} mA when on"
        inside_V = sheet.outside[line].pullup_V
        if said.pullup_ohm and inside_V and abs(volts - inside_V) < 0.05 * inside_V:
            why += f"; pulled up by its own {said.pullup_ohm:g} ohm alone: many loads need another pull-up"
        found.append(Finding(where, "ok", "switches", why, load, "mA", f"{most:g} mA"))
    return found
