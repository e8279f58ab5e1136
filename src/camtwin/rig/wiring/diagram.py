"""A wiring plan as an image: cameras on the right, other devices on the left, each net a lane between them.

A net takes the colour of the worst finding at its camera pins; the findings stand below, with their fixes.
"""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import wrap
from typing import Final

from camtwin.report.canvas import Canvas, Point
from camtwin.rig.wiring.check import Report
from camtwin.rig.wiring.elements import (
    BoardAdapter,
    CameraIn,
    Driver,
    Element,
    Generator,
    Lamp,
    ModuleAdapter,
    Resistor,
    Supply,
    Switch,
    UsbPort,
)
from camtwin.rig.wiring.judge import SEVERITY
from camtwin.rig.wiring.plan import Pin, Plan

ROW, LANE, BOX, GAP = 26, 20, 190, 30
LONG: Final = 20
"""Letters of a connector's part that leave no room for its name."""
COLOURS: Final[Mapping[str, str]] = {"ok": "green", "marginal": "yellow", "wrong": "red", "": "dim"}
MARKS: Final[Mapping[str, tuple[tuple[Point, ...], ...]]] = {
    "ok": (((0, -5), (3, -1), (9, -10)),),
    "marginal": (((4, -10), (4, -4)), ((4, -2), (4, 0))),
    "wrong": (((0, -9), (8, -1)), ((0, -1), (8, -9))),
}
"""Strokes that show a verdict without colour."""


def drawn(plan: Plan, report: Report) -> Canvas:
    """Draw a plan that was checked, as it was written."""
    plan = plan.as_written
    nets = _nets(plan)
    wired = set(nets)
    left = [name for name in plan.devices if name not in plan.sheets]
    right = list(plan.sheets)
    lanes = sorted(set(nets.values()))
    lane_x = {net: GAP + BOX + 24 + i * LANE for i, net in enumerate(lanes)}
    plugs = [c for c in plan.cables if c.source and c.into]
    camera_x = GAP + BOX + 48 + LANE * (len(lanes) + len(plugs))
    width = max(camera_x + BOX + GAP + 40, 860)
    picture = Canvas(width, 0, plan.title or "Wiring plan")
    picture.text(GAP, 36, picture.title, size=15, bold=True)
    place: dict[Pin, Point] = {}
    bottoms = []
    for names, x, side in ((left, GAP, BOX), (right, camera_x, 0)):
        y = 64 if side else 64 + ROW // 2  # so that stubs of both sides do not meet
        for name in names:
            pins = _shown(plan, name, wired)
            height = ROW * (2 + max(len(pins), 1)) - 6
            _box(picture, plan, name, x, y, height)
            for i, pin in enumerate(pins):
                at = y + 2 * ROW + ROW * i
                place[pin] = (x + side, at)
                _pin(picture, plan, pin, x, at, bool(side))
            y += height + ROW + 6
        bottoms.append(y)
    bad = _verdicts(plan, report, nets)
    for net in lanes:
        ends = [place[pin] for pin, n in nets.items() if n == net and pin in place]
        _lane(picture, lane_x[net], ends, COLOURS[bad.get(net, "")])
    for i, cable in enumerate(plugs):
        x = GAP + BOX + 24 + LANE * (len(lanes) + i)
        ends = [place[p] for p in _plugged(plan, cable.source, cable.into) if p in place]
        device = cable.into.partition(".")[0]
        verdict = max(
            (f.verdict for f in report.findings if f.where.startswith((cable.into, f"{device} PoE"))),
            key=SEVERITY.__getitem__,
            default="",
        )
        _lane(picture, x, ends, COLOURS[verdict], 4)
    y = max(bottoms) + 16
    picture.text(GAP, y, _count(report), size=15, bold=True)
    for finding in sorted(report.findings, key=lambda f: -SEVERITY[f.verdict]):
        y += 22
        text = f"{finding.where}: {finding.reason}" + (f". Fix: {finding.fix}" if finding.fix else "")
        for stroke in MARKS[finding.verdict]:
            picture.line([(GAP + dx, y + dy) for dx, dy in stroke], COLOURS[finding.verdict], 2)
        for n, line in enumerate(wrap(text, int((width - 80) / 6.6), break_on_hyphens=False)):
            y += 17 if n else 0
            picture.text(GAP + 22, y, line, size=13)
    picture.height = y + 28
    return picture


def _nets(plan: Plan) -> dict[Pin, int]:
    """Return the net of each wired pin, numbered in the order of the plan."""
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
        case UsbPort():
            return f"USB port {device.volts:g} V, {device.watts:g} W"
        case CameraIn():
            return device.model
        case ModuleAdapter():
            return f"sensor adapter {device.part}"
        case BoardAdapter():
            return f"{device.part}, {device.board}"
    return str(getattr(device, "kind", ""))


def _box(picture: Canvas, plan: Plan, name: str, x: float, y: float, height: float) -> None:
    fill = "tint" if name in plan.sheets else "field"
    picture.rect(x, y, BOX, height, round=6, fill=fill, stroke="grey")
    picture.text(x + 10, y + 18, name, size=13, bold=True)
    picture.text(x + 10, y + 33, _what(plan.devices[name]), "dim", size=11)


def _pin(picture: Canvas, plan: Plan, pin: Pin, x: float, y: float, right: bool) -> None:
    sheet = plan.sheets.get(pin.device)
    label = pin.pin
    if sheet and "." in pin.pin:
        socket, _, number = pin.pin.partition(".")
        held = sheet.pins[socket][number]
        label = f"{number}  {held.name}" + (f"  ({held.line})" if held.line else "")
    elif sheet:
        part = sheet.connectors[pin.pin].part
        label = part if len(part) > LONG else f"{pin.pin}: {part}"
    at, anchor = (x + BOX - 12, "end") if right else (x + 12, "start")
    picture.circle(x + BOX if right else x, y, 4, fill="paper", stroke="ink")
    picture.text(at, y + 4, label, anchor=anchor)


def _lane(picture: Canvas, x: float, ends: list[Point], color: str, thick: int = 2) -> None:
    if not ends:
        return
    picture.line([(x, min(y for _, y in ends)), (x, max(y for _, y in ends))], color, thick)
    for end, y in ends:
        picture.line([(end + 4 if end < x else end - 4, y), (x, y)], color, thick)
        picture.circle(x, y, thick + 1, fill=color)


def _count(report: Report) -> str:
    counts = {v: sum(f.verdict == v for f in report.findings) for v in SEVERITY}
    return ", ".join(f"{n} {v}" for v, n in counts.items() if n) or "nothing is connected"
