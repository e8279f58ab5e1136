"""Moving scenes as the sensor's rows see them: each row at moments of its own, blurred over them.

A moving scene may state its speed, in pixels a second (`speed_px_per_s(view, t_ns)`), and answer for many
moments at once (`seen(view, moments_ns)`); other scenes are asked for each moment. One moment suffices for
motion of less than a pixel during a row's exposure.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from camtwin.scene.light import Scene, View
from camtwin.units import Ns

Times: TypeAlias = NDArray[np.int64]
MAX_MOMENTS = 64
"""Limit of moments of one exposure: faster motion leaves a trace of this many single images."""
TOGETHER = 16
"""Rows that share a moment, for a scene that answers single moments only: an answer costs some rows' time.

So an edge that moves at v is off by at most 7.5 line times times v, and stands still while a row looks."""


def speed_of(scene: Scene, view: View, t_ns: Ns) -> float:
    """Return the highest speed in the view, in pixels a second; 0 for a scene without a stated speed."""
    speed = getattr(scene, "speed_px_per_s", None)
    return speed(view, t_ns) if scene.moving and speed else 0.0


def moments_needed(scene: Scene, view: View, t_ns: Ns, exposure_s: float) -> int:
    """Return how many moments of an exposure at t_ns show its motion: one a pixel, 1..MAX_MOMENTS."""
    return min(max(1, math.ceil(speed_of(scene, view, t_ns) * exposure_s)), MAX_MOMENTS)


def seen(scene: Scene, view: View, moments_ns: Times) -> NDArray[np.float32]:
    """Return photons per pixel and second, as photon_rate has them: for each row the mean over its moments.

    moments_ns: (view.height, moments).
    """
    if not scene.moving:
        return scene.photon_rate(view, int(moments_ns[0, 0]))
    answer = getattr(scene, "seen", None)
    return answer(view, moments_ns) if answer else seen_in_bands(scene, view, moments_ns)


def rows_seen(scene: Scene, view: View, moments_ns: Times) -> Callable[[int, int], NDArray[np.float32]]:
    """Return a function of a first and an end row that makes these rows of `seen`."""

    def rows(first: int, end: int) -> NDArray[np.float32]:
        part = replace(view, y=view.y + first, height=end - first)
        return seen(scene, part, moments_ns[first:end])

    return rows


def seen_in_bands(scene: Scene, view: View, moments_ns: Times) -> NDArray[np.float32]:
    """Return `seen` of any scene: rows whose moments are alike, or nearly so, share them."""
    bands = []
    alike = bool(np.all(moments_ns == moments_ns[0]))
    step = view.height if alike else TOGETHER
    for first in range(0, view.height, step):
        rows = moments_ns[first : first + step]
        band = replace(view, y=view.y + first, height=len(rows))
        at = ((rows[0] + rows[-1]) // 2).tolist()
        total = scene.photon_rate(band, at[0])
        for moment in at[1:]:
            total = total + scene.photon_rate(band, moment)
        bands.append(total if len(at) == 1 else total * np.float32(1 / np.float32(len(at))))
    return bands[0] if len(bands) == 1 else np.concatenate(bands, axis=-2)
