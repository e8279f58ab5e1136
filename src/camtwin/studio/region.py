"""A region drawn on the image, as Width, Height and offsets that the camera takes."""

from __future__ import annotations

from contextlib import suppress

from camtwin.planner.trial import Trial
from camtwin.problem import Problem
from camtwin.session.session import Session
from camtwin.studio.picture import Region, Shown


def on_grid(cam: Session, shown: Shown, region: Region) -> dict[str, int]:
    """Return the settings for a region of a frame, on the grid of the model, as close as it allows.

    A mirrored image is counted from the other side. The settings are in the order in which a camera takes
    them, whatever it has now: offsets at their beginning, sizes, then offsets.
    """
    s, trial = shown.exposure.settings, Trial(cam.twin.camera)
    x, y, width, height = region
    for name in ("OffsetX", "OffsetY"):
        with suppress(Problem):
            trial.set(name, 0)
    begin, size = _side(trial, "Width", "OffsetX", s.OffsetX, s.Width, x, width, mirrored=s.ReverseX)
    top, rows = _side(trial, "Height", "OffsetY", s.OffsetY, s.Height, y, height, mirrored=s.ReverseY)
    return {"Width": size, "Height": rows, "OffsetX": begin, "OffsetY": top}


def _side(
    trial: Trial, size: str, offset: str, now: int, whole: int, begin: int, length: int, *, mirrored: bool
) -> tuple[int, int]:
    """Return an offset and a size."""
    begin = whole - begin - length if mirrored else begin
    node, place = trial.tree.find(size), trial.tree.find(offset)
    step, grid, most = int(node.inc or 1), int(place.inc or 1), int(trial.top(size))
    low = int(node.low or step)
    at = max(0, (now + begin) // grid * grid)
    wide = max(low, round((now + begin + length - at) / step) * step)
    wide = min(wide, most // step * step)
    return max(0, min(at, (most - wide) // grid * grid)), wide
