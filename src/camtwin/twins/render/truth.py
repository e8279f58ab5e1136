"""Truth: what a frame shows, before chance, place by place.

Arrays are those of the sensor's pixels, mirrored as the image is: (Height, Width), and as many times larger
as pixels are binned. Numbers of a pixel are means over endless frames; the frame's own noise is around them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from camtwin.sensor.flaws import Flaws
from camtwin.sensor.processing import mirrored
from camtwin.twins.render.geometry import Window
from camtwin.twins.render.targets import Board, Code, Outline, labels


@dataclass(frozen=True, eq=False)
class Truth:
    """Truth of one frame.

    electrons  mean electrons of each pixel, dark signal included, never above the full well; float32
    photons    mean photons, of all colours, that fall on each pixel while it gathers light; float32
    gain       fixed pattern: response of each pixel, 1 + PRNU, which `electrons` has in it
    offset_e   fixed pattern: offset of each pixel in electrons, DSNU, which is added behind the full well
    defects    hot, dead and offset pixels; bool
    rows_ns    (rows, 2): when each row begins and ends to gather light, in virtual time
    targets    printed things that lie in the image, in part at least; `codes`: those that are codes
    board      the checkerboard before the camera; None: another scene is there
    """

    electrons: NDArray[np.float32]
    photons: NDArray[np.float32]
    gain: NDArray[np.float32]
    offset_e: NDArray[np.float32]
    defects: NDArray[np.bool_]
    rows_ns: NDArray[np.int64]
    targets: tuple[Outline, ...] = ()
    board: Board | None = None

    @property
    def codes(self) -> tuple[Code, ...]:
        """Printed codes."""
        return tuple(each for each in self.targets if isinstance(each, Code))

    def mirrored(self, x: bool, y: bool) -> Truth:
        """Return the truth of the image mirrored left to right, and top to bottom."""
        if not (x or y):
            return self
        height, width = self.electrons.shape
        turned = {name: mirrored(array, x, y) for name, array in self._pixels()}
        flip, size = np.array([x, y]), np.array([width - 1, height - 1])
        return replace(
            self,
            **turned,
            rows_ns=self.rows_ns[::-1] if y else self.rows_ns,
            targets=tuple(each.mirrored(flip, size) for each in self.targets),
            board=self.board and self.board.mirrored(flip, size),
        )

    def _pixels(self) -> Iterator[tuple[str, NDArray[Any]]]:
        for name in ("electrons", "photons", "gain", "offset_e", "defects"):
            yield name, getattr(self, name)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return everything as arrays by name, for a file (docs/truth.md)."""
        return {
            **dict(self._pixels()),
            "rows_ns": self.rows_ns,
            "target_names": np.array(json.dumps([each.name for each in self.targets])),
            "target_boxes": np.array([each.box for each in self.targets]).reshape(-1, 4),
            "target_labels": labels(self.targets, *self.electrons.shape),
            "code_texts": np.array(json.dumps([code.text for code in self.codes])),
            "code_corners": np.array([code.corners for code in self.codes]).reshape(-1, 4, 2),
            **(self.board.arrays() if self.board else {}),
        }


def mask_of(flaws: Flaws, window: Window) -> NDArray[np.bool_]:
    """Return the flawed pixels of a window."""
    mask = np.zeros((window.height, window.width), np.bool_)
    for column, row in (*flaws.hot, *flaws.dead):
        x, y = column - window.x, row - window.y
        if 0 <= x < window.width and 0 <= y < window.height:
            mask[y, x] = True
    for column in flaws.columns:
        if 0 <= column - window.x < window.width:
            mask[:, column - window.x] = True
    return mask
