"""A timing diagram (SVG) of what was played: for each camera its input, what it does, and its output.

trigger    level at the pin of the line that triggers; a missed trigger is a red arrow
delay      from the trigger to the exposure
exposure, readout, transfer
Line3 ...  level at the pin of each output that moved
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import floor, log10
from typing import Final
from xml.sax.saxutils import escape

from camtwin.rig.scenario import Account, Played
from camtwin.units import Ns

LEFT, WIDTH, ROW, BAR = 150, 1000, 30, 18
COLORS: Final = {
    "delay": "#c9ced6",
    "exposure": "#e0a100",
    "readout": "#3b7dd8",
    "transfer": "#1d7a46",
    "line": "#1b2430",
    "missed": "#c8102e",
}
MOST_BARS: Final = 4000
DENSE_PX: Final = 0.5
"""Edges closer than this are drawn as a band."""


def svg(played: Played) -> str:
    """The picture of a scenario, of the time that it says to show."""
    end_ms = played.end_ns / 1e6
    low, high = played.scenario.show_ms or (0.0, end_ms)
    low, high = max(low, 0.0), min(max(high, low + 1e-3), end_ms)
    span = (round(low * 1e6), round(high * 1e6))
    y, body = 74, []
    for name, account in played.accounts.items():
        body.append(f'<text x="20" y="{y}" class="h">{escape(name)}</text>')
        y += 12
        for label, drawn in _rows(account, span):
            body.append(f'<text x="{LEFT - 12}" y="{y + BAR - 4}" text-anchor="end">{escape(label)}</text>')
            body.append(f'<g transform="translate({LEFT},{y})">{drawn}</g>')
            y += ROW
        y += 24
    bottom = y - 16
    axis = []
    for t in _ticks(low, high):
        x = LEFT + (t - low) / (high - low) * WIDTH
        axis.append(f'<path d="M{x:.1f} 56V{bottom}" stroke="#e3e6ea"/>')
        axis.append(f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle" class="s">{t:g}</text>')
    axis.append(f'<text x="{LEFT + WIDTH}" y="{bottom + 36}" text-anchor="end" class="s">ms</text>')
    for note in played.notes[:64]:
        if span[0] <= note.t_ns <= span[1]:
            x = LEFT + (note.t_ns - span[0]) / (span[1] - span[0]) * WIDTH
            axis.append(
                f'<path d="M{x:.1f} 56V{bottom}" stroke="#c8102e" stroke-dasharray="3 3"/>'
                f'<text x="{x + 3:.1f}" y="68" class="n">{escape(note.word)}</text>'
            )
    style = (
        "text{font:12px system-ui,sans-serif;fill:#1b2430}.h{font-size:14px;font-weight:600}"
        ".s{font-size:11px;fill:#5a6675}.n{font-size:10px;fill:#c8102e}"
    )
    title = escape(played.scenario.title or "Timing")
    width, height = LEFT + WIDTH + 30, bottom + 50
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img" aria-label="{title}"><style>{style}</style>'
        f'<rect width="100%" height="100%" fill="#fff"/><text x="20" y="34" class="h">{title}</text>'
        + "".join(axis)
        + "".join(body)
        + "</svg>\n"
    )


def _rows(account: Account, span: tuple[Ns, Ns]) -> Iterator[tuple[str, str]]:
    cam = account.cam
    camera = cam.twin.camera
    moments = account.moments
    source = camera.settings.TriggerSource["FrameStart"]
    triggers = [t for t, name, _ in moments if name == "FrameTrigger"]
    missed = [t for t, name, _ in moments if name == "TriggerSkipped"]
    for name, line in camera.lines.items():
        if not line.is_output and (name == source or line.edges):
            marks = missed if name == source else []
            yield f"{name} in", _level(line.edges, span) + _arrows(marks, span)
    if triggers and source not in camera.lines:
        yield source, _arrows(triggers, span, "line") + _arrows(missed, span)
    skipped = set(missed)
    starts = [t for t, name, _ in moments if name == "ExposureStart"]
    if triggers:
        taken = [t for t in triggers if t not in skipped]
        wait = camera.settings.TriggerDelay_ns["FrameStart"]  # the trigger arrives when it has passed
        yield "delay", _bars(zip([t - wait for t in taken], starts, strict=False), span, "delay")
    yield "exposure", _bars(_pairs(moments, "Exposure"), span, "exposure")
    yield "readout", _bars(_pairs(moments, "Readout"), span, "readout")
    yield "transfer", _bars(account.transfers, span, "transfer")
    for name, line in camera.lines.items():
        if line.is_output and line.edges:
            yield f"{name} out", _level(line.edges, span)


def _pairs(moments: Iterable[tuple[Ns, str, int | None]], what: str) -> list[tuple[Ns, Ns]]:
    made: list[tuple[Ns, Ns]] = []
    begun: dict[int | None, Ns] = {}
    for t, name, frame in moments:
        if name == f"{what}Start":
            begun[frame] = t
        elif name == f"{what}End" and frame in begun:
            made.append((begun.pop(frame), t))
    return made


def _x(t: Ns, span: tuple[Ns, Ns]) -> float:
    return (min(max(t, span[0]), span[1]) - span[0]) / (span[1] - span[0]) * WIDTH


def _bars(bars: Iterable[tuple[Ns, Ns]], span: tuple[Ns, Ns], kind: str) -> str:
    made: list[str] = []
    for start, end in bars:
        if end >= span[0] and start <= span[1] and len(made) < MOST_BARS:
            x = _x(start, span)
            wide = max(_x(end, span) - x, 1.0)
            made.append(
                f'<rect x="{x:.2f}" y="2" width="{wide:.2f}" height="{BAR - 4}" fill="{COLORS[kind]}"/>'
            )
    return "".join(made)


def _level(edges: Iterable[tuple[Ns, bool]], span: tuple[Ns, Ns]) -> str:
    """A level as a line; where edges are closer than pixels, a filled band."""
    edges = list(edges)
    before = [level for t, level in edges if t < span[0]]
    shown = [(_x(t, span), then) for t, then in edges if span[0] <= t <= span[1]]
    level, high, low = (before[-1] if before else False), 2, BAR - 2
    path, bands = [f"M0 {high if level else low}"], list[list[float]]()
    for (x, then), (after, _) in zip(shown, [*shown[1:], (WIDTH, False)], strict=True):
        if after - x < DENSE_PX:
            if bands and x - bands[-1][1] < DENSE_PX:
                bands[-1][1] = after
            else:
                path.append(f"H{x:.2f}")
                bands.append([x, after])
        else:
            path.append(f"H{x:.2f}V{high if then else low}")
    filled = "".join(
        f'<rect x="{x:.2f}" y="{high}" width="{end - x:.2f}" height="{low - high}" fill="#8d96a3"/>'
        for x, end in bands
    )
    line = f'<path d="{"".join(path)}H{WIDTH}" stroke="{COLORS["line"]}" stroke-width="1.3" fill="none"/>'
    return line + filled


def _arrows(moments: Iterable[Ns], span: tuple[Ns, Ns], kind: str = "missed") -> str:
    made = []
    for t in moments:
        if span[0] <= t <= span[1] and len(made) < MOST_BARS:
            x = _x(t, span)
            made.append(f'<path d="M{x:.2f} -6l-4 -7h8z" fill="{COLORS[kind]}"/>')
            made.append(f'<path d="M{x:.2f} -6V{BAR}" stroke="{COLORS[kind]}" stroke-width="1.5"/>')
    return "".join(made)


def _ticks(low: float, high: float) -> list[float]:
    rough = (high - low) / 12
    power = 10.0 ** floor(log10(rough))
    step = next(n * power for n in (1, 2, 5, 10) if n * power >= rough)
    first = -(-low // step) * step
    return [round(first + i * step, 6) for i in range(int((high - first) / step) + 1)]
