"""Three sentences about the picture, the time and the rate, for somebody who has ten seconds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from camtwin.planner.rates import Rates
from camtwin.session.session import Session
from camtwin.studio.features import in_words
from camtwin.studio.picture import Shown
from camtwin.studio.trace import Trace

SATURATED: Final = 0.002
"""Share of saturated pixels from which the picture is called saturated."""
BRIGHT: Final = 0.999
"""Share of the pixels that are below what is called the brightest part."""
DARK: Final = 0.15
COSTLY: Final = frozenset({"Height", "BinningVertical"})
"""Changes that are not proposed first."""
UNSENT: Final = {
    "dropped": "This computer is too slow: the camera took them, programs did not get them.",
    "skipped": "The host is too slow: the camera took them, and it fetched others.",
}
"""Frames that were taken and not sent: why."""
Verdict = dict[str, Any]


def of(
    cam: Session, shown: Shown | None, trace: Trace, rates: Rates, unsent: Mapping[str, int]
) -> list[Verdict]:
    """Return the verdicts: each a kind (ok, warn, bad, info), a sentence, what follows, and its evidence.

    unsent  frames that the camera took but a link did not send: `dropped` by this computer, `skipped` for a
            slow host; empty without a link
    """
    return [_picture(cam, shown), _unsent(unsent) or _time(cam, trace), _rate(rates, trace)]


def _unsent(unsent: Mapping[str, int]) -> Verdict | None:
    """Return the verdict about frames that programs did not get; None if they got all."""
    for word, why in UNSENT.items():
        if count := unsent.get(word, 0):
            return _said("time", "bad", f"{count} frame{'s' * (count != 1)} {word}", why)
    return None


def _said(about: str, kind: str, text: str, more: str, feature: str = "") -> Verdict:
    return {"about": about, "kind": kind, "text": text, "more": more, "feature": feature}


def _picture(cam: Session, shown: Shown | None) -> Verdict:
    if shown is None:
        return _said(
            "picture", "info", "No frame yet", "The first one is on its way." * cam.twin.camera.acquiring
        )
    us = shown.exposure.settings.ExposureTime_ns / 1000
    share = shown.saturated / shown.image.size
    if share > SATURATED:
        more = f"Try ExposureTime below {us:g} us: what is above white is lost."
        return _said(
            "picture", "warn", f"{share * 100:.1f} % of the picture is saturated", more, "ExposureTime"
        )
    counts = np.cumsum(shown.histogram, dtype=np.int64)
    brightest = int(np.searchsorted(counts, BRIGHT * shown.image.size))
    offset = shown.electrons.offset_DN
    level = max(brightest - offset, 0.0) / max(shown.white - offset, 1.0)
    if level < DARK:
        more = f"0.1 % of the pixels are brighter than {level * 100:.0f} % of white."
        if level > 0:
            more += f" ExposureTime {us * 0.9 / level:.0f} us would use the range."
        return _said("picture", "warn", "The picture is dark", more, "ExposureTime")
    more = f"The brightest 0.1 % of the pixels begin at {level * 100:.0f} % of white."
    return _said("picture", "ok", "Exposure fits: next to nothing saturated", more, "ExposureTime")


def _time(cam: Session, trace: Trace) -> Verdict:
    camera, counts = cam.twin.camera, trace.counts()
    missed, lost, mark = counts["missed"], counts["lost"], trace.latest_mark
    if mark:
        words = [f"{missed} of {counts['triggers'] or missed} triggers missed"] * bool(missed)
        words += [f"{lost} frame{'s' * (lost != 1)} lost"] * bool(lost)
        return _said("time", "bad", ", ".join(words), f"The last: {mark['why']}")
    if not camera.powered:
        return _said("time", "bad", "The camera has no power", "Switch it on in World.")
    if not camera.plugged:
        return _said("time", "bad", "The data cable is unplugged", "Frames wait in the camera's memory.")
    if not camera.acquiring and not counts["delivered"]:
        return _said("time", "info", "The camera is stopped", "AcquisitionStart lets it take frames.")
    if not counts["delivered"] and camera.settings.TriggerMode["FrameStart"] == "On":
        source = camera.settings.TriggerSource["FrameStart"]
        return _said(
            "time", "info", f"The camera waits for a trigger from {source}", "No frame has been taken yet."
        )
    noun = "frame" if counts["delivered"] == 1 else "frames"
    return _said("time", "ok", "Every frame arrived", f"{counts['delivered']} {noun} received, none lost.")


def _rate(rates: Rates, trace: Trace) -> Verdict:
    received = trace.recent_Hz()
    words = [f"{received:.2f} received."] if received else []
    if rates.changes:
        best = next((each for each in rates.changes if not each.settings.keys() & COSTLY), rates.changes[0])
        settings = " and ".join(f"{name} {in_words(value)}" for name, value in best.settings.items())
        words.append(f"{settings} gives {best.fps:.2f}.")
    return _said("rate", "info", rates.sentence, " ".join(words))
