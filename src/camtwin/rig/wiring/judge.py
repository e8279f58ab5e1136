"""Verdicts in the data sheet's words: what a voltage or a current at a pin means for a camera.

    ok         as the data sheet wants it
    marginal   it works, but the sheet warns or little margin is left
    wrong      it does not work reliably, or something breaks

Words: low, high, undefined, unreliable, warned, damaged, reversed, floating, overload, ground loop, ...
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from camtwin.models import RigSheet
from camtwin.models.rig import Input, Output, Rail, Span, SupplyInput

Verdict = Literal["ok", "marginal", "wrong"]
TOLERANCE_V: Final = 2e-3
"""A meter's last digit: a smaller excess does not violate a limit."""
TOLERANCE_MA: Final = 0.05
RAIL_SHARE: Final = 0.05
"""Relative tolerance of a rail (our choice; the sheets give none)."""
MARGIN: Final = 0.03
"""A level closer to a threshold than this share of it is marginal (our choice)."""
BREAKS: Final = 2.0
"""Multiple of its maximum current at which an output breaks (our choice; the sheet gives no limit)."""
SEVERITY: Final[Mapping[str, int]] = {"ok": 0, "marginal": 1, "wrong": 2}
LACKS: Final = frozenset({"dead", "no supply"})
"""Words for a feed that is missing: wrong while nothing provides it, marginal if a source switches it."""
FEED: Final = LACKS | {"unreliable", "overvoltage", "warned"}
"""Words for the feed of an output, which show only while it is off."""
CARRIES: Final = "carries"
"""Word for an output with a permitted load."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding at one connection: value in unit; limit as the data sheet prints it."""

    where: str
    verdict: Verdict
    word: str
    reason: str
    value: float | None = None
    unit: str = ""
    limit: str = ""
    fix: str = ""

    @property
    def rank(self) -> tuple[int, bool]:
        """Severity, and whether something breaks: the worst finding has the highest rank."""
        return SEVERITY[self.verdict], self.word in ("damaged", "reversed supply", "ground loop")

    @property
    def is_fed(self) -> bool:
        """Whether it shows that the connection has its feed, a good or a bad one."""
        return self.word not in LACKS | {CARRIES, "overload", "damaged"}

    @property
    def number(self) -> str:
        return "" if self.value is None else f"{self.value:.4g} {self.unit}"

    def row(self) -> dict[str, object]:
        """Return the finding as `--json` prints it."""
        return {name: getattr(self, name) for name in self.__slots__}


def span(limits: Span, unit: str = "V") -> str:
    """Format limits for people: `5 to 30 V`."""
    return f"{limits[0]:g} to {limits[1]:g} {unit}"


def reading(spec: Input, volts: float) -> tuple[bool | None, str]:
    """Return the level that an input reads at a voltage, None if it is undefined, and the word for it."""
    beyond = spec.absolute_V
    if beyond and not beyond[0] - TOLERANCE_V <= volts <= beyond[1] + TOLERANCE_V:
        return None, "damaged"
    if volts <= spec.low_V[1] + TOLERANCE_V:
        level, word = False, "low" if volts >= spec.low_V[0] - 0.05 else "reversed"
    elif volts > spec.high_V[0] + TOLERANCE_V or (
        not spec.above_high and volts >= spec.high_V[0] - TOLERANCE_V
    ):
        level, word = True, "high" if volts <= spec.high_V[1] + TOLERANCE_V else "warned"
    else:
        level, word = None, "undefined"
    if spec.safe_V and not spec.safe_V[0] - TOLERANCE_V <= volts <= spec.safe_V[1] + TOLERANCE_V:
        word = "warned"
    return level, word


def _damaged(spec: Input | Output) -> str:
    return "the line is damaged" + (", the warranty is void" if spec.voids_warranty else "")


def input_finding(where: str, spec: Input, volts: float, mA: float) -> Finding:
    """Judge an input at a voltage."""
    level, word = reading(spec, volts)
    at = f"{volts:.4g} V"
    draw = f", {mA:.3g} mA" if abs(mA) >= 0.01 else ""
    high, low = span(spec.high_V), span(spec.low_V)
    wants = f"use a signal with a low of {low} and a high of {high}"
    match word:
        case "damaged":
            limit = span(spec.absolute_V or spec.high_V)
            return Finding(
                where, "wrong", word, f"{at}: {_damaged(spec)}", volts, "V", limit, f"stay within {limit}"
            )
        case "reversed":
            why = f"{at}: the voltage is reversed"
            return Finding(where, "wrong", word, why, volts, "V", low, "swap signal and ground")
        case "undefined":
            why = f"{at}{draw}: undefined between {spec.low_V[1]:g} and {spec.high_V[0]:g} V"
            if spec.current_mA and mA < (least := spec.current_mA[0]) - TOLERANCE_MA:
                why += f", and less than {least:g} mA"
            return Finding(where, "wrong", word, why, volts, "V", f"low {low}, high {high}", wants)
        case "warned":
            safe = spec.safe_V or (spec.low_V[0], spec.high_V[1])
            kind: Verdict = "marginal" if spec.safe_V else "wrong"
            why = f"{at}: outside of the range {span(safe)}"
            return Finding(where, kind, word, why, volts, "V", span(safe), f"stay within {span(safe)}")
    limit = high if level else low
    near = (
        spec.high_V[0] <= volts + TOLERANCE_V < spec.high_V[0] * (1 + MARGIN)
        if level
        else volts > spec.low_V[1] * (1 - MARGIN)
    )
    if near:
        why = f"{at}{draw}: {word}, close to the limit"
        return Finding(where, "marginal", word, why, volts, "V", limit, wants)
    return Finding(where, "ok", word, f"{at}{draw}: {word}", volts, "V", limit)


def supply_finding(where: str, spec: SupplyInput, volts: float, mA: float, protected: bool = True) -> Finding:
    """Judge a supply input at a voltage."""
    low, high = spec.accepted_V
    limit = span((low, high))
    use = f"use {spec.volts[0]:g} to {spec.volts[1]:g} V"
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
    if not spec.volts[0] - TOLERANCE_V <= volts <= spec.volts[1] + TOLERANCE_V:
        why = f"{took}: accepted, outside of the nominal {span(spec.volts)}"
        return Finding(where, "marginal", "tolerance", why, volts, "V", limit, use)
    return Finding(where, "ok", "powered", took, volts, "V", limit)


def rail_finding(where: str, label: str, spec: Rail, volts: float) -> Finding:
    """Judge a pin of a board's rail at a voltage."""
    limit, fix = f"{spec.volts:g} V", f"feed {spec.volts:g} V"
    if volts < 0.1 * spec.volts:
        why = f"no voltage arrives on the rail {label} of {limit}"
        return Finding(where, "wrong", "no supply", why, volts, "V", limit, fix)
    why = f"{volts:.4g} V on the rail {label} of {limit}"
    if abs(volts - spec.volts) > RAIL_SHARE * spec.volts:
        return Finding(where, "wrong", "wrong voltage", why, volts, "V", limit, fix)
    return Finding(where, "ok", "powered", why, volts, "V", limit)


def output_findings(
    where: str, sheet: RigSheet, line: str, on: bool, volts: float, mA: float
) -> tuple[Finding, ...]:
    """Judge an output in one state, worst first.

    Args:
        volts: across its switch: between feed and pin of a high side, else between pin and ground.
        mA: through its switch, into the pin of a push-pull output.
    """
    spec = sheet.outputs[line]
    push_pull = spec.stage == "push-pull"
    drawn, most = (-mA, spec.source_mA) if push_pull and on else (mA, spec.load_mA)
    relay = "a load of less current, or a relay or transistor between"
    found: list[Finding] = []

    def add(word: str, reason: str, value: float, unit: str, limit: str, fix: str) -> None:
        verdict: Verdict = "marginal" if word == "warned" else "wrong"
        found.append(Finding(where, verdict, word, reason, value, unit, limit, fix))

    beyond = spec.absolute_V
    if beyond and not beyond[0] - 0.05 <= volts <= beyond[1] + TOLERANCE_V:
        why, limit = f"{volts:.4g} V at an output: {_damaged(spec)}", span(beyond)
        add("damaged", why, volts, "V", limit, f"stay within {limit}")
    elif abs(mA) > BREAKS * spec.load_mA:
        why = f"{abs(mA):.4g} mA flow through the output, {most:g} mA are allowed: the line is damaged"
        add("damaged", why, abs(mA), "mA", f"{most:g} mA", relay)
    elif drawn > most + TOLERANCE_MA and push_pull and on:
        why = f"{drawn:.4g} mA are drawn from the high level, which falls to {volts:.3g} V"
        add("overload", why, drawn, "mA", f"{most:g} mA", "switch the load to ground, or use a driver")
    elif drawn > most + TOLERANCE_MA:
        why = f"{drawn:.4g} mA flow through the output, {most:g} mA are allowed"
        add("overload", why, drawn, "mA", f"{most:g} mA", relay)
    elif push_pull and on and volts < spec.high_V[0] - TOLERANCE_V:
        why = f"the high level is {volts:.3g} V"
        add("unreliable", why, volts, "V", span(spec.high_V), "a load of higher resistance")
    if not on and not push_pull and not found:
        found.append(_feed_finding(where, sheet, line, volts))
    return tuple(found) or (Finding(where, "ok", CARRIES, "", mA, "mA", f"{most:g} mA"),)


def _feed_finding(where: str, sheet: RigSheet, line: str, volts: float) -> Finding:
    """Judge the voltage that an output, which is off, would switch."""
    spec = sheet.outputs[line]
    supply = spec.supply_V or (0.0, 30.0)
    limit = span(supply)
    if volts < 1.0:
        what = "U_EXT" if spec.stage == "high side" else "a pull-up"
        fix = f"feed {spec.feed} with {limit}" if spec.feed else f"pull it up to {limit}"
        why = f"the output is not fed: {what} is missing"
        return Finding(where, "wrong", "dead", why, volts, "V", limit, fix)
    why = f"fed with {volts:.4g} V"
    if volts < supply[0] - TOLERANCE_V:
        return Finding(where, "wrong", "unreliable", f"{why}: unreliable", volts, "V", limit, f"use {limit}")
    if volts > supply[1] + TOLERANCE_V:
        verdict, word = ("marginal", "warned") if spec.absolute_V else ("wrong", "overvoltage")
        return Finding(where, verdict, word, f"{why}, outside of {limit}", volts, "V", limit, f"use {limit}")
    return Finding(where, "ok", "fed", why, volts, "V", limit)


def output_works(
    where: str, sheet: RigSheet, line: str, on: tuple[float, float], off: tuple[float, float]
) -> Finding:
    """Describe an output without a problem by (V, mA), as in `output_findings`, when it is on and off."""
    spec = sheet.outputs[line]
    if spec.stage == "push-pull":
        source, sink = max(-on[1], 0.0), max(off[1], 0.0)
        why = f"high {on[0]:.3g} V at {source:.3g} mA, low {off[0]:.3g} V at {sink:.3g} mA"
        return Finding(where, "ok", "drives", why, on[0], "V", span(spec.high_V))
    why = f"fed with {off[0]:.4g} V, {on[1]:.3g} mA when on"
    inside_V = sheet.outside[line].pullup_V
    if spec.pullup_ohm and inside_V and abs(off[0] - inside_V) < 0.05 * inside_V:
        why += f"; pulled up by its own {spec.pullup_ohm:g} ohm alone: many loads need another pull-up"
    return Finding(where, "ok", "switches", why, on[1], "mA", f"{spec.load_mA:g} mA")
