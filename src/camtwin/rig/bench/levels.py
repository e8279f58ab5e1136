"""Levels at a camera's lines: inputs get them, lines break, problems are noted."""

from __future__ import annotations

from dataclasses import replace

from camtwin.rig.bench.notes import Notes
from camtwin.rig.bench.wired_camera import WiredCamera
from camtwin.rig.wiring.judge import FEED, reading
from camtwin.rig.wiring.reading import LineReading


def apply(wired: WiredCamera, readings: tuple[LineReading, ...], notes: Notes) -> bool:
    """Drive the camera's inputs, break lines, and note problems; True if a line broke."""
    broke, now, lines = False, wired.camera.clock.now, wired.camera.lines
    for one in readings:
        line = lines[one.line]
        if noise_V := wired.noise_V.get(one.line):
            one = _noisy(wired, one, noise_V)
        on = line.is_output and line.level and wired.sheet.outputs[one.line].stage != "push-pull"
        notes.tell(now, *one.findings, keep=FEED if on else ())
        if one.load_ns is not None:
            line.load_ns = one.load_ns
        if one.breaks:
            wired.damaged.add(one.line)
            broke = True
        if one.level is not None and one.level != line.level:
            line.drive(one.level)
    return broke


def _noisy(wired: WiredCamera, quiet: LineReading, noise_V: float) -> LineReading:
    """Return the reading with noise on the wire; of its problems only damage is reported."""
    level, word = reading(wired.sheet.inputs[quiet.line], quiet.volts + noise_V)
    if word != "damaged":
        return replace(quiet, level=level)
    why = f"{quiet.volts + noise_V:.4g} V with the noise on its wire: the line is damaged"
    damage = replace(quiet.findings[0], verdict="wrong", word=word, reason=why)
    return replace(quiet, findings=(damage,), breaks=True)
