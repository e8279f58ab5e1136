"""Sweeps beside their ceilings: the same processes without Dask, and render + codec + write by themselves.

Cases take turns in one run, for others may be using the machine; only ratios of one turn are compared.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any

import psutil
from page import options, publish

import camtwin
from camtwin.sweeps import run, store
from camtwin.sweeps.api import Plan
from camtwin.sweeps.cells import Cell
from camtwin.sweeps.work import shots, take_all

WINDOW = {"PixelFormat": "Mono12", "Width": 640, "Height": 480}
SMALL = {"PixelFormat": "Mono12", "Width": 32, "Height": 32}


def plan(cells: int, frames: int, window: dict[str, Any], keep: list[str]) -> Plan:
    """Return a sweep of cells that differ in their light."""
    photons = {"from": 1e5, "to": 1e6, "steps": cells}
    base = {"models": "baumer-vcxg-124m", "scene": "flat:{photons}@536", "frames": frames, "set": window}
    return camtwin.sweep({**base, "keep": keep, "grid": {"photons": photons}})


def by_dask(client: Any, made: Plan, cells: list[Cell]) -> float:
    """Return the seconds that a cluster needs for some cells."""
    with tempfile.TemporaryDirectory() as folder, store.writing(out := Path(folder)):
        begin = time.perf_counter()
        outcomes = [*run.on_cluster(client, made.sweep.asked, cells, out)]
        passed = time.perf_counter() - begin
    assert len(outcomes) == len(cells)
    assert not any(outcome.reason for outcome in outcomes)
    return passed


def by_pool(pool: ProcessPoolExecutor, workers: int, made: Plan, cells: list[Cell]) -> float:
    """Return the seconds that as many plain processes need, each with its share from the beginning."""
    with tempfile.TemporaryDirectory() as folder, store.writing(out := Path(folder)):
        begin = time.perf_counter()
        parts = [pool.submit(take_all, made.sweep.asked, cells[n::workers], str(out)) for n in range(workers)]
        assert not any(outcome.reason for part in parts for outcome in part.result())
        return time.perf_counter() - begin


def alone(made: Plan, cells: list[Cell]) -> float:
    """Return the seconds of render, codec and write of some cells, one after another in this process."""
    with tempfile.TemporaryDirectory() as folder:
        begin = time.perf_counter()
        for cell in cells:
            for number, shot in enumerate(shots(made.sweep.asked, cell, {}, render=True)):
                data = store.chunk(shot.frame.picture, "lz4")
                (Path(folder) / f"{cell.number}.{number}").write_bytes(data)
        return time.perf_counter() - begin


def memory(frames: int) -> float:
    """Return the most memory, in MB, of all processes while frames are reduced to statistics."""
    cells, most = max(frames // 100, 1), 0

    def told(progress: run.Progress) -> None:
        nonlocal most
        family = [psutil.Process(), *psutil.Process().children(recursive=True)]
        most = max(most, sum(each.memory_info().rss for each in family if each.is_running()))

    with tempfile.TemporaryDirectory() as folder:
        plan(cells, 100, WINDOW, ["statistics"]).run(folder, workers=2, told=told)
    return most / 1e6


def measured(turns: int, count: int, small: int) -> dict[str, list[float]]:
    """Measure all cases in turns; values are ratios to the ceiling of the same turn, or milliseconds."""
    found: dict[str, list[float]] = {}
    memory_plan, disk_plan = plan(count, 8, WINDOW, ["statistics"]), plan(count, 8, WINDOW, ["frames"])
    tiny = plan(small, 1, SMALL, ["statistics"])
    cells, written, tiny_cells = [*memory_plan.cells], [*disk_plan.cells], [*tiny.cells]
    with ExitStack() as stack:
        spawn = get_context("spawn")
        pools = {n: stack.enter_context(ProcessPoolExecutor(n, mp_context=spawn)) for n in (1, 2)}
        clients = {n: stack.enter_context(run.local(n)) for n in (1, 2)}
        for n in (1, 2):  # kernels are loaded
            by_pool(pools[n], n, memory_plan, cells[: 4 * n])
            by_dask(clients[n], memory_plan, cells[: 4 * n])
        alone(disk_plan, written[:2])
        for _ in range(turns):
            plain = {n: by_pool(pools[n], n, memory_plan, cells) for n in (1, 2)}
            dask = {n: by_dask(clients[n], memory_plan, cells) for n in (1, 2)}
            ceiling, disk = alone(disk_plan, written), by_dask(clients[1], disk_plan, written)
            each_ms = by_dask(clients[2], tiny, tiny_cells) / small * 1e3
            for name, value in (
                ("to memory, of the same processes", plain[2] / dask[2]),
                (
                    "gain of two workers, of that of two processes",
                    (dask[1] / dask[2]) / (plain[1] / plain[2]),
                ),
                ("to Zarr, one worker, of render + codec + write", ceiling / disk),
                ("ms a cell, small cells, two workers", each_ms),
                ("frames/s to Zarr, one worker", 8 * count / disk),
            ):
                found.setdefault(name, []).append(value)
                print(f"{name}: {value:.3f}", file=sys.stderr)
    return found


WANTED = {
    "to memory, of the same processes": ">= 0.85",
    "gain of two workers, of that of two processes": ">= 0.9",
    "to Zarr, one worker, of render + codec + write": ">= 0.75",
    "ms a cell, small cells, two workers": "< 3",
    "frames/s to Zarr, one worker": "",
}


def main(arguments: Sequence[str]) -> None:
    """Measure, and publish the table."""
    chosen = options(__doc__ or "", list(arguments))
    turns, count, small, frames = (1, 12, 200, 400) if chosen.quick else (3, 100, 10_000, 100_000)
    found, most = measured(turns, count, small), memory(frames)
    lines = [
        "640 x 480 Mono12 of baumer-vcxg-124m, cells of 8 images, lz4 with bitshuffle.",
        f"{small} small cells of one image of 32 x 32.",
        "",
        "| | median | of all turns | wanted |",
        "|---|---:|---:|---:|",
    ]
    for name, values in found.items():
        lines.append(
            f"| {name} | {median(values):.2f} | {min(values):.2f} to {max(values):.2f} | {WANTED[name]} |"
        )
    lines += [
        "",
        f"{frames} images reduced to statistics by two workers: {most:.0f} MB in all processes at most.",
    ]
    publish(chosen, "Sweeps", lines, {"turns": found, "memory_MB": most})


if __name__ == "__main__":
    main(sys.argv[1:])
