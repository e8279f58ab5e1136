"""Needs of a sweep: bytes and time, from a few of its cells that are taken and thrown away."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from camtwin.sweeps.api import Plan, sampled
from camtwin.sweeps.store import CELLS, PARTS, free_bytes, record_of
from camtwin.sweeps.work import CellFailed, take

SAMPLES: Final = 3
START_s: Final = 5.0
"""Time in which processes start and load their kernels: an assumption, seconds on a computer of today."""


@dataclass(frozen=True)
class Estimate:
    """Numbers of a sweep before it runs.

    cells, missing  all cells, and those that are not in the folder yet
    frames, bytes   of the missing ones; bytes on disk, as the sample was compressed
    free            bytes that the disk has left
    seconds         for the missing ones
    sample          cells that were measured
    """

    cells: int
    missing: int
    frames: int
    bytes: int
    free: int
    seconds: float
    sample: int

    @property
    def line(self) -> str:
        """The numbers in one line."""
        had = f" ({self.cells - self.missing} are there)" if self.missing < self.cells else ""
        return (
            f"{self.cells} cells{had}, {self.frames} images, {self.bytes / 1e6:.1f} MB of "
            f"{self.free / 1e6:.0f} MB that are free, about {self.seconds / 60:.1f} min "
            f"({self.sample} cells measured)"
        )


def estimate(plan: Plan, out: Path, workers: int) -> Estimate:
    """Measure some cells in a temporary folder, the first one twice: kernels are loaded then.

    Raises:
        CellFailed: one of them has no images
    """
    asked, total = plan.sweep.asked, len(plan)
    there = sum(record_of(out, cell.id) is not None for cell in plan.cells) if (out / CELLS).is_dir() else 0
    cells = sampled(plan, SAMPLES)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / CELLS).mkdir()
        (Path(folder) / PARTS).mkdir()
        _, *measured = (take(asked, cell, Path(folder)) for cell in (cells[0], *cells))
    for outcome in measured:
        if outcome.reason:
            raise CellFailed(f"cell {outcome.number}: {outcome.reason}")
    missing = total - there
    counted = len(measured)
    each_s = sum(outcome.seconds for outcome in measured) / counted
    each_bytes = sum(outcome.bytes for outcome in measured) / counted
    spent = missing * each_s / max(workers, 1) + (START_s if workers and missing else 0)
    return Estimate(
        total, missing, missing * asked.frames, round(missing * each_bytes), free_bytes(out), spent, counted
    )
