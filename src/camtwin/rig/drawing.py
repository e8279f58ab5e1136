"""A wiring plan as a picture (SVG): cameras on the right, all else on the left, each net a lane between them.

A net takes the colour of the worst finding at its camera pins; the findings stand below, with their fixes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from xml.sax.saxutils import escape

from camtwin.rig.check import Report
from camtwin.rig.elements import CameraIn, Driver, Element, Generator, Host, Lamp, Resistor, Supply, Switch
from camtwin.rig.judge import SEVERITY
from camtwin.rig.plan import Pin, Plan

ROW, LANE, BOX, GAP = 26, 20, 190, 30
COLORS: Final = {"ok": "#1d7a46", "marginal": "#b56a00", "wrong": "#c8102e", "": "#5a6675"}
MARKS: Final = {"ok": "✓", "marginal": "!", "wrong": "✗"}


def svg(plan: Plan, report: Report) -> str:
    """The picture of a plan that was checked."""
    nets = _nets(plan)
    wired = set(nets)
    left = [name for name in plan.devices if name not in plan.sheets]
    right = list(plan.sheets)
    lanes = sorted(set(nets.values()))
    lane_x = {net: GAP + BOX + 24 + i * LANE for i, net in enumerate(lanes)}
    plugs = [c for c in plan.cables if c.source and c.into]
    camera_x = GAP + BOX + 48 + LANE * (len(lanes) + len(plugs))
    width = max(camera_x + BOX + GAP + 40, 860)
    body: list[str] = []
    place: dict[Pin, tuple[float, float]] = {}
    bottoms = []
    for names, x, side in ((left, GAP, BOX), (right, camera_x, 0)):
        y = 64 if side else 64 + ROW // 2  # so that no stub of one side runs into one of the other
        for name in names:
            pins = _shown(plan, name, wired)
            height = ROW * (2 + max(len(pins), 1)) - 6
            body.append(_box(plan, name, x, y, height))
            for i, pin in enumerate(pins):
                at = y + 2 * ROW + ROW * i
                place[pin] = (x + side, at)
                body.append(_pin(plan, pin, x, at, bool(side)))
            y += height + ROW + 6
        bottoms.append(y)
    bad = _verdicts(plan, report, nets)
    for net in lanes:
        ends = [place[pin] for pin, n in nets.items() if n == net and pin in place]
        body.append(_lane(lane_x[net], ends, COLORS[bad.get(net, "")]))
    for i, cable in enumerate(plugs):
        x = GAP + BOX + 24 + LANE * (len(lanes) + i)
        ends = [place[p] for p in _plugged(plan, cable.source, cable.into) if p in place]
        device = cable.into.partition(".")[0]
        verdict = max(
            (f.verdict for f in report.findings if f.where.startswith((cable.into, f"{device} PoE"))),
            key=SEVERITY.__getitem__,
            default="",
        )
        body.append(_lane(x, ends, COLORS[verdict], 4))
    y = max(bottoms) + 16
    body.append(f'<text x="{GAP}" y="{y}" class="h">{_count(report)}</text>')
    for finding in sorted(report.findings, key=lambda f: -SEVERITY[f.verdict]):
        y += 22
        said = f"{finding.where}: {finding.reason}" + (f". Fix: {finding.fix}" if finding.fix else "")
        color = COLORS[finding.verdict]
        body.append(
            f'<text x="{GAP}" y="{y}" style="fill:{color};font-weight:700">{MARKS[finding.verdict]}</text>'
        )
        for n, line in enumerate(_wrapped(said, int((width - 80) / 6.6))):
            y += 17 if n else 0
            body.append(f'<text x="{GAP + 22}" y="{y}">{escape(line)}</text>')
    height = y + 28
    style = (
        "text{font:13px system-ui,sans-serif;fill:#1b2430}.h{font-size:15px;font-weight:600}"
        ".s{font-size:11px;fill:#5a6675}.p{font-size:12px}"
    )
    title = escape(plan.title or "Wiring plan")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img" aria-label="{title}"><style>{style}</style>'
        f'<rect width="100%" height="100%" fill="#fff"/><text x="{GAP}" y="36" class="h">{title}</text>'
        + "".join(body)
        + "</svg>\n"
    )


def _nets(plan: Plan) -> dict[Pin, int]:
    """Wired pins, and the net of each, numbered as the plan has them."""
    net: dict[Pin, int] = {}
    for i, wire in enumerate(plan.wires):
        a, b = net.setdefault(wire.a, i), net.setdefault(wire.b, net.get(wire.a, i))
        if a != b:
            net = {pin: min(a, b) if n in (a, b) else n for pin, n in net.items()}
    return net


def _shown(plan: Plan, name: str, wired: set[Pin]) -> list[Pin]:
    pins = [pin for pin in wired if pin.device == name]
    for cable in plan.cables:
        pins += [p for p in _plugged(plan, cable.source, cable.into) if p.device == name]
    sheet = plan.sheets.get(name)
    order = (
        [f"{socket}.{n}" for socket, held in sheet.pins.items() for n in held]
        if sheet
        else list(plan.devices[name].pins)
    )
    order += list(sheet.connectors) if sheet else []
    return sorted(set(pins), key=lambda pin: order.index(pin.pin))


def _plugged(plan: Plan, source: str, into: str) -> list[Pin]:
    ends = [end.partition(".") for end in (source, into) if end]
    return [Pin(device, rest) for device, _, rest in ends]


def _verdicts(plan: Plan, report: Report, nets: Mapping[Pin, int]) -> dict[int, str]:
    worst: dict[int, str] = {}
    for finding in report.findings:
        where = finding.where.split(" ")[0]
        for pin, net in nets.items():
            hit = str(pin) == where or (pin.device == where and where not in plan.sheets)
            ground = finding.word == "ground loop" and pin.pin in _grounds(plan, pin.device)
            if (hit or ground) and SEVERITY[finding.verdict] >= SEVERITY.get(worst.get(net, ""), 0):
                worst[net] = finding.verdict
    return worst


def _grounds(plan: Plan, name: str) -> tuple[str, ...]:
    sheet = plan.sheets.get(name)
    return sheet.ground.get("pins", ()) if sheet else (plan.devices[name].ground,)


def _what(device: Element) -> str:
    match device:
        case Supply():
            return f"supply {device.volts:g} V, {device.amperes:g} A"
        case Generator():
            return f"generator {device.low_V:g} / {device.high_V:g} V"
        case Driver():
            volts = f" {device.volts:g} V" if device.volts is not None else ""
            rate = f", {device.hz:g} Hz" if device.hz else ""
            return f"{device.kind} {device.output}{volts}{rate}"
        case Lamp():
            return f"lamp {device.volts:g} V, {device.current_mA:g} mA"
        case Resistor():
            return f"resistor {device.ohm:g} ohm"
        case Switch():
            return f"switch, PoE {device.poe_V:g} V" if device.poe_V else "switch"
        case Host():
            return f"USB port {device.volts:g} V, {device.watts:g} W"
        case CameraIn():
            return device.model
    return str(getattr(device, "kind", ""))


def _box(plan: Plan, name: str, x: float, y: float, height: float) -> str:
    fill = "#eef3f8" if name in plan.sheets else "#f6f6f4"
    return (
        f'<rect x="{x}" y="{y}" width="{BOX}" height="{height}" rx="6" fill="{fill}" stroke="#9aa7b4"/>'
        f'<text x="{x + 10}" y="{y + 18}" font-weight="600">{escape(name)}</text>'
        f'<text x="{x + 10}" y="{y + 33}" class="s">{escape(_what(plan.devices[name]))}</text>'
    )


def _pin(plan: Plan, pin: Pin, x: float, y: float, right: bool) -> str:
    sheet = plan.sheets.get(pin.device)
    label = pin.pin
    if sheet and "." in pin.pin:
        socket, _, number = pin.pin.partition(".")
        said = sheet.pins[socket][number]
        label = f"{number}  {said.name}" + (f"  ({said.line})" if said.line else "")
    elif sheet:
        label = f"{pin.pin}: {sheet.connectors[pin.pin].part}"
    at, anchor = (x + BOX - 12, "end") if right else (x + 12, "start")
    dot = x + BOX if right else x
    return (
        f'<circle cx="{dot}" cy="{y}" r="4" fill="#fff" stroke="#1b2430"/>'
        f'<text x="{at}" y="{y + 4}" text-anchor="{anchor}" class="p">{escape(label)}</text>'
    )


def _lane(x: float, ends: list[tuple[float, float]], color: str, thick: int = 2) -> str:
    if not ends:
        return ""
    top, bottom = min(y for _, y in ends), max(y for _, y in ends)
    made = [f'<path d="M{x} {top}V{bottom}" stroke="{color}" stroke-width="{thick}" fill="none"/>']
    for end, y in ends:
        start = end + 4 if end < x else end - 4
        made.append(f'<path d="M{start} {y}H{x}" stroke="{color}" stroke-width="{thick}" fill="none"/>')
        made.append(f'<circle cx="{x}" cy="{y}" r="{thick + 1}" fill="{color}"/>')
    return "".join(made)


def _count(report: Report) -> str:
    counts = {v: sum(f.verdict == v for f in report.findings) for v in SEVERITY}
    return ", ".join(f"{n} {v}" for v, n in counts.items() if n) or "nothing is connected"


def _wrapped(text: str, most: int) -> list[str]:
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) > most:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
