"""How fast a frame is made: the fused kernels beside numpy, the readable reference and a copy of memory.

`make benchmark` writes docs/benchmarks.md. Each case is repeated, the cases taking turns so that a machine
that is busy for a while slows all of them, and its median counts. The numpy baseline is the model as one
writes it first: Poisson and normal numbers of a `numpy.random.Generator` in float64, then
the same gain, pedestal and clip; it has the same stages as ours (light, PRNU, dark current, full well, DSNU).
"""

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numba
import numpy as np
from rich.console import Console
from rich.progress import track

from camtwin.models import load
from camtwin.sensor import FixedPattern, Readout, SensorParameters, expose, expose_reference, fixed_pattern

MODEL = "baumer-vcxg-124m"
MEAN_E = 1000.0
EXPOSURE_S = 0.004


@dataclass(frozen=True)
class Result:
    """Seconds of one case, median of `repeats`; pixels is what one repeat makes."""

    name: str
    pixels: int
    repeats: int
    median_s: float
    least_s: float

    @property
    def mpix_per_s(self) -> float:
        """Millions of pixels a second at the median."""
        return self.pixels / self.median_s / 1e6


@dataclass(frozen=True)
class Case:
    """Something to time: one call makes `pixels`, `calls` of them are one repeat."""

    name: str
    pixels: int
    run: Callable[[], object]
    calls: int = 1
    repeats: int = 15


def numpy_model(
    rate_e: np.ndarray, pattern: FixedPattern, p: SensorParameters, r: Readout, rng: np.random.Generator
) -> np.ndarray:
    """The frame, uint16 DN, as numpy users write it: float64, Poisson and normal numbers."""
    region = slice(r.y, r.y + r.height), slice(r.x, r.x + r.width)
    mean_e = rate_e * r.exposure_s * pattern.gain[region].astype(np.float64)
    mean_e += p.dark_rate_e_per_s(r.temperature_C) * r.exposure_s
    charge_e = rng.poisson(mean_e) + rng.normal(0.0, p.read_noise_e, mean_e.shape)
    charge_e = np.minimum(charge_e, p.full_well_e) + pattern.offset_e[region]
    signal_dn = charge_e * (p.gain_DN_per_e * 10 ** (r.gain_dB / 20)) + p.pedestal_DN + r.black_level_DN
    highest = (1 << p.adc_bits) - 1
    return np.rint(signal_dn).clip(0, highest).astype(np.uint16) >> np.uint16(p.adc_bits - r.bits)


def cases(quick: bool) -> list[Case]:
    """What is measured. quick: fewer rows and repeats, to see that it works."""
    p = load(MODEL).sensor.parameters
    rows = 64 if quick else p.height
    pattern = fixed_pattern(p, 1)
    rng = np.random.default_rng(1)

    def region(x: int, y: int, width: int, height: int) -> tuple[np.ndarray, Readout, np.ndarray]:
        readout = Readout(x, y, width, height, EXPOSURE_S, 0.0, 0.0, 12, 20.0, seed=1, frame=0)
        rate_e = rng.uniform(0, 2 * MEAN_E / EXPOSURE_S, (height, width)).astype(np.float32)
        return rate_e, readout, np.empty((height, width), np.uint16)

    def kernel(name: str, where: tuple, threads: int, calls: int = 1) -> Case:
        rate_e, readout, out = where
        return Case(
            f"kernel, {name}, {threads} thread{'s' * (threads > 1)}",
            rate_e.size,
            lambda: expose(rate_e, pattern, p, readout, out, threads),
            1 if quick else calls,
            1 if quick else 15,
        )

    full = region(0, 0, p.width, rows)
    centre = region((p.width - 640) // 2, (p.height - 480) // 2, 640, 480)
    left = region(0, (p.height - 480) // 2, 640, 480)
    size = f"{p.width}x{rows}"
    slow = 1 if quick else 3
    found = [
        *(kernel(size, full, threads) for threads in (1, 2)),
        *(kernel("640x480 at the centre", centre, threads, 20) for threads in (1, 2)),
        *(kernel("640x480 at x = 0", left, threads, 20) for threads in (1, 2)),
        Case(
            f"numpy, {size}",
            full[0].size,
            lambda: numpy_model(full[0], pattern, p, full[1], rng),
            repeats=slow,
        ),
        Case(
            f"reference, {size}",
            full[0].size,
            lambda: expose_reference(full[0], pattern, p, full[1]),
            repeats=slow,
        ),
    ]
    source, target = np.ones(rows * p.width * 4, np.uint8), np.empty(rows * p.width * 4, np.uint8)
    copy = Case(f"copy of {source.nbytes / 1e6:.0f} MB", source.size, lambda: np.copyto(target, source))
    return [*found, copy]


def measure(todo: list[Case], console: Console) -> list[Result]:
    """Times all cases, taking turns."""
    for case in track(todo, "warming up", console=console, transient=True):
        case.run()
    turns = [case for turn in range(max(c.repeats for c in todo)) for case in todo if turn < case.repeats]
    seconds: dict[str, list[float]] = {case.name: [] for case in todo}
    for case in track(turns, "measuring", console=console, transient=True):
        start = time.perf_counter()
        for _ in range(case.calls):
            case.run()
        seconds[case.name].append((time.perf_counter() - start) / case.calls)
    return [Result(c.name, c.pixels, c.repeats, median(seconds[c.name]), min(seconds[c.name])) for c in todo]


def machine() -> dict[str, str]:
    """Where it was measured."""
    names = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    return {
        "processor": f"{names[0] if names else platform.machine()}, {len(names)} cores",
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "numpy": np.__version__,
        "numba": numba.__version__,
        "load": f"{os.getloadavg()[0]:.1f}",
    }


def report(results: list[Result], where: dict[str, str]) -> str:
    """docs/benchmarks.md"""
    copied = results[-1]
    kernels, others = results[:6], results[6:-1]
    base = others[0]
    lines = [
        "# Benchmarks",
        "Written by `make benchmark` (benchmarks/kernels.py); medians, the cases taking turns.",
        "",
        ", ".join(f"{name} {value}" for name, value in where.items()) + ".",
        "",
        f"One frame of {MODEL}, Mono12, light of 0 to {2 * MEAN_E:.0f} e- a pixel, the full model:",
        "light, PRNU, dark current, shot and read noise, full well, DSNU, gain, pedestal, clip. numpy is the",
        "same model in float64 with `Generator.poisson` and `Generator.normal`; the reference is camtwin's",
        "own readable one. Where the load was above 0 before the start, others were using the machine, too.",
        "",
        "| case | Mpix/s | best Mpix/s | ms | times numpy | repeats |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for r in (*kernels, *others):
        lines.append(
            f"| {r.name} | {r.mpix_per_s:.0f} | {r.pixels / r.least_s / 1e6:.0f} | {r.median_s * 1e3:.2f} "
            f"| {r.mpix_per_s / base.mpix_per_s:.1f} | {r.repeats} |"
        )
    moved = 14 * kernels[0].mpix_per_s / 1e3  # 3 float32 in, a uint16 out
    lines += [
        "",
        f"This machine copies {2 * copied.mpix_per_s / 1e3:.1f} GB/s (read and written, {copied.name}).",
        f"The kernel moves 14 bytes a pixel: {moved:.1f} GB/s at full frame on one thread.",
    ]
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="How fast a frame is made.")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers here, too")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the report here instead of stdout")
    parser.add_argument("--quick", action="store_true", help="64 rows, once: only to see that it works")
    chosen = parser.parse_args(arguments)
    where = machine()
    results = measure(cases(chosen.quick), Console(stderr=True))
    if chosen.json:
        rows: list[dict[str, Any]] = [{**asdict(r), "mpix_per_s": r.mpix_per_s} for r in results]
        chosen.json.write_text(json.dumps({"machine": where, "results": rows}, indent=2) + "\n")
    text = report(results, where)
    if chosen.write:
        chosen.write.write_text(text)
    print(text, end="")


if __name__ == "__main__":
    main(sys.argv[1:])
