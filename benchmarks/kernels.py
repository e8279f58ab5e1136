"""Speed of rendering a frame: the fused kernels beside numpy, the readable reference and a copy of memory.

Each case is repeated, the cases taking turns so that a machine that is busy for a while slows all of them.
Median and best are shown; ratios are of the best, which is what the code can do. The numpy baseline is the
model as one writes it first: Poisson and normal numbers of a `numpy.random.Generator` in float64, then the
same gain, pedestal and clip; it has the same stages as ours (light, PRNU, dark current, full well, DSNU).
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from page import options, publish
from rich.console import Console
from rich.progress import track

from camtwin.camera.frames.exposure import Exposure
from camtwin.models import load
from camtwin.pixels import FORMATS, pack
from camtwin.scene import Chart, Pan, Scene, spectra
from camtwin.sensor import (
    FixedPattern,
    Readout,
    SensorParameters,
    expose,
    expose_payload,
    expose_reference,
    fixed_pattern,
)
from camtwin.twins import build
from camtwin.twins.render import Renderer
from camtwin.units import SEC
from camtwin.wire.csi2.lanes import Lanes
from camtwin.wire.csi2.serial import encoded
from camtwin.wire.csi2.stream import SensorFrame

MODEL = "baumer-vcxg-124m"
ROLLING = "sony-imx412-aack"
PYXEL = Path("build/pyxel/bin/python")
MEAN_E = 1000.0
EXPOSURE_S = 0.004
REPEATS = 31
STREAMED, REPEATED = "still, as CSI-2", "one frame repeated, as CSI-2"
LINE_NS, LANE_BPS = Fraction(37600, 7), 2_100_000_000
"""The full drive mode of 10 bits: 4512 clocks of 840 MHz a line, four lanes at their highest rate."""


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

    @property
    def best_mpix_per_s(self) -> float:
        """Millions of pixels a second at best."""
        return self.pixels / self.least_s / 1e6


@dataclass(frozen=True)
class Case:
    """Something to time: one call makes `pixels`, `calls` of them are one repeat."""

    name: str
    pixels: int
    run: Callable[[], object]
    calls: int = 1
    repeats: int = REPEATS


def numpy_model(
    rate_e: np.ndarray, pattern: FixedPattern, p: SensorParameters, r: Readout, rng: np.random.Generator
) -> np.ndarray:
    """Return the frame, uint16 DN, as numpy users write it: float64, Poisson and normal numbers."""
    region = slice(r.y, r.y + r.height), slice(r.x, r.x + r.width)
    mean_e = rate_e * r.exposure_s * pattern.gain[region].astype(np.float64)
    mean_e += p.dark_rate_e_per_s(r.temperature_C) * r.exposure_s
    charge_e = rng.poisson(mean_e) + rng.normal(0.0, p.read_noise_e, mean_e.shape)
    charge_e = np.minimum(charge_e, p.full_well_e) + pattern.offset_e[region]
    signal_dn = charge_e * (p.gain_DN_per_e * 10 ** (r.gain_dB / 20)) + p.pedestal_DN + r.black_level_DN
    highest = (1 << p.adc_bits) - 1
    return np.rint(signal_dn).clip(0, highest).astype(np.uint16) >> np.uint16(p.adc_bits - r.bits)


def cases(quick: bool) -> list[Case]:
    """Return the cases to measure. quick: fewer rows and repeats, to see that it works."""
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
            1 if quick else REPEATS,
        )

    def packed(name: str, run: Callable[[], object]) -> Case:
        return Case(f"Mono12p {size}, {name}", full[0].size, run, repeats=1 if quick else REPEATS)

    full = region(0, 0, p.width, rows)
    centre = region((p.width - 640) // 2, (p.height - 480) // 2, 640, 480)
    left = region(0, (p.height - 480) // 2, 640, 480)
    size = f"{p.width}x{rows}"
    slow = 1 if quick else 5
    mono12p, (rate_e, readout, out) = FORMATS["Mono12p"], full
    counting = replace(p, read_noise_e=0.5)
    found = [
        *(kernel(size, full, threads) for threads in (1, 2)),
        *(kernel("640x480 at the centre", centre, threads, 20) for threads in (1, 2)),
        *(kernel("640x480 at x = 0", left, threads, 20) for threads in (1, 2)),
        packed("kernel, 1 thread", lambda: expose_payload(rate_e, pattern, p, readout, mono12p)),
        packed("kernel, 2 threads", lambda: expose_payload(rate_e, pattern, p, readout, mono12p, 2)),
        packed("kernel, then pack()", lambda: pack(expose(rate_e, pattern, p, readout), mono12p)),
        Case(
            f"kernel, {size}, read noise 0.5 e-, 1 thread",
            rate_e.size,
            lambda: expose(rate_e, pattern, counting, readout, out),
            repeats=slow,
        ),
        Case(
            f"numpy, {size}",
            rate_e.size,
            lambda: numpy_model(rate_e, pattern, p, readout, rng),
            repeats=slow,
        ),
        Case(
            f"reference, {size}",
            rate_e.size,
            lambda: expose_reference(rate_e, pattern, p, readout),
            repeats=slow,
        ),
    ]
    chart = Chart(wavelength_nm=spectra.d65())
    for what, scene in (
        ("still", chart),
        ("moving, 200 px/s", Pan(chart, 200.0)),
        ("moving, 1000 px/s: 4 px of blur", Pan(chart, 1000.0)),
    ):
        found += [picture(f"{ROLLING}, {what}", ROLLING, scene, threads, quick) for threads in (1, 2)]
    found += [
        picture(f"{ROLLING}, {what}", ROLLING, chart, threads, quick, what)
        for what in (STREAMED, REPEATED)
        for threads in (1, 2)
    ]
    source, target = np.ones(rows * p.width * 4, np.uint8), np.empty(rows * p.width * 4, np.uint8)
    copy = Case(f"copy of {source.nbytes / 1e6:.0f} MB", source.size, lambda: np.copyto(target, source))
    return [*found, copy]


def picture(name: str, model: str, scene: Scene, threads: int, quick: bool, sent: str = "") -> Case:
    """Return a frame's bytes as the twin renders them, scene and all, in its own pixel format.

    sent: STREAMED makes it a CSI-2 stream too, REPEATED that alone, of one frame.
    """
    twin = build(load(model), scene)
    renderer, camera = Renderer(twin.sheet.parameters, scene, 1, threads), twin.camera
    exposure = Exposure(
        frame_id=1,
        timestamp_ns=0,
        settings=camera.settings,
        temperature_C=40.0,
        trigger_ns=0,
        start_ns=SEC,
        end_ns=SEC + round(EXPOSURE_S * SEC),
        row_times=camera.shutter(camera.settings).row_times,
    )
    width, height = camera.settings.Width, camera.settings.Height
    once, out = np.asarray(renderer.payload(exposure)), None

    def stream() -> None:
        nonlocal out
        payload = once if sent == REPEATED else np.asarray(renderer.payload(exposure))
        codes = payload.view("<u2").reshape(height, width)
        frame = SensorFrame(codes, 10, SEC, LINE_NS)
        out = encoded([frame], Lanes(4, LANE_BPS), out, threads)

    return Case(
        f"{name}, {threads} thread{'s' * (threads > 1)}",
        width * height,
        stream if sent else lambda: renderer.payload(exposure),
        repeats=1 if quick else REPEATS // 2,
    )


def measure(todo: list[Case], console: Console) -> list[Result]:
    """Time all cases, taking turns."""
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


def pyxel(python: Path, columns: int, rows: int, repeats: int) -> Result | str:
    """Return the result of Pyxel's chain of models for the same kind of frame, or why there is none.

    python: that of its own environment.
    """
    if not python.exists():
        return f"Pyxel was not measured: there is no {python}, which `make benchmark` sets up."
    script = Path(__file__).with_name("pyxel_chain.py")
    command = [python, script, str(columns), str(rows), str(repeats)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        last = (done.stderr.strip() or f"exit code {done.returncode}").splitlines()[-1]
        return f"Pyxel was not measured: {last}"
    said = json.loads(done.stdout)
    seconds = said["seconds"]
    name = f"Pyxel {said['version']}, {columns}x{rows}"
    return Result(name, columns * rows, repeats, median(seconds), min(seconds))


def report(results: list[Result]) -> list[str]:
    """Return the section of docs/benchmarks.md."""
    by_name = {r.name.partition(",")[0]: r for r in results}
    *shown, copied = results
    base, first = by_name["numpy"], shown[0]
    lines = [
        f"One frame of {MODEL}, 12 bits, light of 0 to {2 * MEAN_E:.0f} e- a pixel, the full model:",
        "light, PRNU, dark current, shot and read noise, full well, DSNU, gain, pedestal, clip. numpy is the",
        "same model in float64 with `Generator.poisson` and `Generator.normal`; the reference is camtwin's",
        "own readable one. Cases take turns; others may be using the machine, so the ratio is of the best.",
        "Pyxel (its own Python): photons, shot noise, conversion, dark current, full well, read noise, ADC.",
        f"{ROLLING}: whole frames as the twin renders them, rolling shutter and mosaic, of a chart.",
        "",
        "| case | Mpix/s, best | Mpix/s, median | ms, best | times numpy | repeats |",
        "|---|---:|---:|---:|---:|---:|",
        *(
            f"| {r.name} | {r.best_mpix_per_s:.0f} | {r.mpix_per_s:.0f} | {r.least_s * 1e3:.2f} "
            f"| {r.best_mpix_per_s / base.best_mpix_per_s:.1f} | {r.repeats} |"
            for r in shown
        ),
        "",
    ]
    alone, streamed = (
        next(r for r in shown if r.name == f"{ROLLING}, {what}, 2 threads") for what in ("still", STREAMED)
    )
    copy_GB = 2 * copied.best_mpix_per_s / 1e3
    moved_GB = 14 * first.best_mpix_per_s / 1e3  # 3 float32 in, a uint16 out
    return [
        *lines,
        f"This machine copies {copy_GB:.1f} GB/s (read and written, {copied.name}).",
        f"The kernel moves 14 bytes a pixel, {moved_GB:.1f} GB/s at full frame on one thread, "
        f"{moved_GB / copy_GB:.2f} of a copy: it is arithmetic that takes the time.",
        f"As a CSI-2 stream, packed and with its CRCs, {ROLLING} gives "
        f"{alone.least_s / streamed.least_s:.2f} of the frames a second that rendering alone gives.",
    ]


def main(arguments: list[str]) -> None:
    """Run the command line."""
    chosen = options("How fast a frame is made.", arguments, pyxel=PYXEL)
    *results, copied = measure(cases(chosen.quick), Console(stderr=True))
    whole = load(MODEL).sensor.parameters
    remarks: list[str] = []
    if not chosen.quick:
        other = pyxel(chosen.pyxel, whole.width, whole.height, 5)
        if isinstance(other, str):
            remarks.append(other)
        else:
            results.append(other)
    results.append(copied)
    rows: list[dict[str, Any]] = [
        {**asdict(r), "mpix_per_s": r.mpix_per_s, "best_mpix_per_s": r.best_mpix_per_s} for r in results
    ]
    publish(chosen, "Kernels", [*report(results), *remarks], {"results": rows})


if __name__ == "__main__":
    main(sys.argv[1:])
