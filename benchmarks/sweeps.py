"""Sweeps beside their ceilings: the same processes without Dask, and render + codec + write by themselves.

Cases take turns in one run, for others may be using the machine; only ratios of one turn are compared.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, suppress
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
from camtwin.sweeps.work import camera_of, take_all, take_arrays

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


def streamed(client: Any, made: Plan, cells: list[Cell]) -> float:
    """Return the seconds in which a cluster hands all images of some cells to this process."""
    begin = time.perf_counter()
    assert all(len(outcome.arrays["frame"]) for outcome in run.in_order(client, made.sweep.asked, cells))
    return time.perf_counter() - begin


def handed(pool: ProcessPoolExecutor, made: Plan, cells: list[Cell]) -> float:
    """Return the seconds in which plain processes do, by the pickles of multiprocessing."""
    begin = time.perf_counter()
    results = pool.map(take_arrays, [made.sweep.asked] * len(cells), cells)
    assert all(len(outcome.arrays["frame"]) for outcome in results)
    return time.perf_counter() - begin


def alone(made: Plan, cells: list[Cell]) -> float:
    """Return the seconds of render, codec and write alone, for as many images of one camera that is open."""
    cam = camera_of(made.sweep.asked, cells[0])
    with tempfile.TemporaryDirectory() as folder:
        begin = time.perf_counter()
        for number, frame in enumerate(cam.frames(len(cells) * made.sweep.asked.frames)):
            (Path(folder) / f"frame.{number}").write_bytes(store.chunk(frame.picture, "lz4"))
        return time.perf_counter() - begin


def whole(made: Plan) -> tuple[float, float]:
    """Run a sweep in two processes; return its seconds, and the memory of all processes at most, in MB."""
    peaks = dict[int, int]()

    def told(progress: run.Progress) -> None:
        own = psutil.Process()
        for each in (own, *own.children(recursive=True)):
            status = Path(f"/proc/{each.pid}/status")
            with suppress(OSError, StopIteration):  # it has ended
                line = next(row for row in status.read_text().splitlines() if row.startswith("VmHWM:"))
                peaks[each.pid] = int(line.split()[1])

    with tempfile.TemporaryDirectory() as folder:
        begin = time.perf_counter()
        result = made.run(folder, workers=2, told=told if len(made) <= 1000 else lambda progress: None)
        passed = time.perf_counter() - begin
    assert (result.made.done, result.made.failed) == (len(made), 0)
    return passed, sum(peaks.values()) * 1024 / 1e6


def measured(turns: int, count: int) -> dict[str, list[float]]:
    """Measure what is a ratio to a ceiling, in turns: each beside the ceiling of the same turn."""
    found: dict[str, list[float]] = {}
    memory_plan, disk_plan = (plan(count, FRAMES, WINDOW, [keep]) for keep in ("statistics", "frames"))
    cells, written = [*memory_plan.cells], [*disk_plan.cells]
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
            hands, stream = handed(pools[2], disk_plan, written), streamed(clients[2], disk_plan, written)
            images = FRAMES * count
            for name, value in (
                (STATISTICS, plain[2] / dask[2]),
                ("images/s of two plain processes", images / plain[2]),
                ("images/s of two workers", images / dask[2]),
                (STREAMED, hands / stream),
                (GAIN, (dask[1] / dask[2]) / (plain[1] / plain[2])),
                ("gain of two plain processes over one", plain[1] / plain[2]),
                (WRITTEN, ceiling / disk),
                ("images/s of render + codec + write", images / ceiling),
                ("images/s to Zarr, one worker", images / disk),
            ):
                found.setdefault(name, []).append(value)
                print(f"{name}: {value:.3f}", file=sys.stderr)
    return found


FRAMES = 8
STATISTICS = "statistics by two workers, of the same processes without Dask"
STREAMED = "images into this process, of two plain processes that pickle them"
GAIN = "gain of a second worker, of that of a second plain process"
WRITTEN = "to Zarr by one worker, of render + codec + write"
WANTED = {STATISTICS: ">= 0.85", STREAMED: ">= 0.85", GAIN: ">= 0.9", WRITTEN: ">= 0.75"}


def main(arguments: Sequence[str]) -> None:
    """Measure, and publish the table."""
    chosen = options(__doc__ or "", list(arguments))
    full = 3, 100, 10_000, 100_000, 5_000
    turns, count, small, many, kept = (1, 12, 200, 400, 80) if chosen.quick else full
    small_s, _ = whole(plan(small, 1, SMALL, ["statistics"]))
    print(f"{small_s / small * 1e3:.2f} ms a cell", file=sys.stderr)
    kept_s, kept_MB = whole(plan(kept // FRAMES, FRAMES, WINDOW, ["frames"]))
    print(f"written: {kept_s:.0f} s, {kept_MB:.0f} MB", file=sys.stderr)
    many_s, many_MB = whole(plan(many // 100, 100, WINDOW, ["statistics"]))
    print(f"statistics: {many_s:.0f} s, {many_MB:.0f} MB", file=sys.stderr)
    found = measured(turns, count)
    lines = [
        f"640 x 480 Mono12 of baumer-vcxg-124m, cells of {FRAMES} images, lz4 with bitshuffle.",
        "",
        "| | median | of all turns | wanted |",
        "|---|---:|---:|---:|",
    ]
    for name, values in found.items():
        ends = f"{min(values):.2f} to {max(values):.2f}"
        lines.append(f"| {name} | {median(values):.2f} | {ends} | {WANTED.get(name, '')} |")
    lines += [
        "",
        "Whole runs by two workers, from a plan to tables; memory is the sum of each process's peak.",
        "",
        "| | | wanted |",
        "|---|---:|---:|",
        f"| ms a cell, {small} cells of one image of 32 x 32 | {small_s / small * 1e3:.2f} | < 3 |",
        f"| {many} images reduced to statistics: MB of memory | {many_MB:.0f} | < 2000 |",
        f"| the same: images/s | {many / many_s:.0f} | |",
        f"| {kept // FRAMES * FRAMES} images to Zarr: MB of memory | {kept_MB:.0f} | < 2000 |",
        f"| the same: images/s | {kept // FRAMES * FRAMES / kept_s:.0f} | |",
    ]
    runs = {"cell_ms": small_s / small * 1e3, "memory_MB": many_MB, "seconds": many_s}
    publish(chosen, "Sweeps", lines, {"turns": found, **runs, "written_MB": kept_MB, "written_s": kept_s})


if __name__ == "__main__":
    main(sys.argv[1:])
