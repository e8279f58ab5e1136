"""Quality and speed of the host's pipeline, beside OpenCV, colour-demosaicing and rawpy, in one run.

Speed is given in copies of the raw frame, timed between the cases, and as time of all processors together,
for others may be using the machine. Frames and outputs take turns so that none stays in a cache that a
camera's stream would not find it in.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from statistics import median

import cv2
import isp_quality as quality
import isp_scenes as scenes
import numpy as np
from page import options, publish
from rich.console import Console
from rich.progress import track

from camtwin import isp
from camtwin.isp import Payload, Pipeline, Raw, balance, finish, mosaic
from camtwin.pixels import FORMATS, pack

WIDTH, HEIGHT, BLACK = 4056, 3040, 256.0
THREADS, FRAMES = 2, 4
MATRIX = ((1.53, -0.26, -0.27), (-0.31, 1.76, -0.45), (-0.04, -0.62, 1.66))
GAINS = (2.34, 1.0, 1.47)
NOISE = isp.NoiseModel(0.47, 3.0)
GRABBED = FORMATS["BayerGR12g24IDS"]
FRAME_TIMES_ms = {"18 fps": 1e3 / 18, "60 fps": 1e3 / 60}


def core() -> Pipeline:
    """Unpack, black level, white balance, demosaic, matrix, tone curve."""
    stages = [
        isp.BlackLevel(),
        isp.WhiteBalance(GAINS),
        isp.Demosaic(),
        isp.ColourMatrix(MATRIX, True),
        isp.Tone(),
    ]
    return Pipeline(stages)


def everything() -> Pipeline:
    """All stages, with statistics."""
    more = [
        *(isp.DefectPixels(((100, 20), (2000, 90))), isp.Measure(), shading(), isp.FalseColour()),
        *(isp.NoiseReduction(NOISE), isp.EdgeEnhancement(), isp.Downscale(2), isp.Mirror(True, False)),
    ]
    return Pipeline(sorted([*core().stages, *more], key=lambda stage: stage.place))


def shading() -> isp.Shading:
    """Return a lens that loses 40 % in the corners."""
    y, x = np.mgrid[-1:1:13j, -1:1:17j]
    return isp.Shading(np.repeat((1 / (1 - 0.2 * (x**2 + y**2)))[None], 4, axis=0).astype(np.float32))


def raw_frames(rows: int) -> list[Raw]:
    """Photographs scaled to the sensor's size, with its noise."""
    rng = np.random.default_rng(1)
    out = []
    for name in scenes.IMAGES[:FRAMES]:
        rgb = (
            cv2.resize(scenes.linear(name), (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)[:rows]
            / 4095
            / GAINS
        )
        clean = mosaic.sampled(np.clip(rgb, 0, 1), "GRBG") * 3800
        dn = clean + BLACK + rng.normal(0, np.sqrt(0.47 * clean + 2))
        out.append(Raw(np.clip(np.rint(dn), 0, 4095).astype(np.uint16), 12, "GRBG", BLACK))
    return out


def opencv_chain(code: int) -> Callable[[Raw], np.ndarray]:
    """OpenCV's best: demosaic, one affine transform for black, white balance and matrix, 16 bit table."""
    scale = 65535 / (4095 - BLACK)
    affine = np.zeros((3, 4))
    affine[:, :3] = np.asarray(MATRIX) @ np.diag(GAINS) * scale
    affine[:, 3] = -affine[:, :3].sum(axis=1) * BLACK
    light = np.arange(65536) / 65535
    table = np.rint(255 * finish.encoded(light)).astype(np.uint8)
    return lambda raw: cv2.LUT(cv2.transform(cv2.cvtColor(raw.data, code), affine), table)


Times = dict[str, list[float]]


def speed(quick: bool, console: Console) -> tuple[Times, Times]:
    """Seconds of each case, taking turns; and of the processors."""
    rows = 128 if quick else HEIGHT
    raws = raw_frames(rows)
    payloads = [
        Payload(np.frombuffer(pack(r.data, GRABBED).tobytes(), np.uint8), GRABBED, WIDTH, rows, BLACK)
        for r in raws
    ]
    targets = [np.empty_like(r.data) for r in raws]
    cv2.setNumThreads(THREADS)
    ea, linear = (opencv_chain(getattr(cv2, f"COLOR_BAYER_GRBG2RGB{kind}")) for kind in ("_EA", ""))
    cases: dict[str, Callable[[int], object]] = {
        "copy of the raw frame": lambda i: np.copyto(targets[i], raws[i].data),
        "core": lambda i: core().process(raws[i], threads=THREADS),
        "core of packed bytes": lambda i: core().process(payloads[i], threads=THREADS),
        "all stages": lambda i: everything().process(raws[i], threads=THREADS),
        "core, 1 thread": lambda i: core().process(raws[i]),
        "all stages, 1 thread": lambda i: everything().process(raws[i]),
        "OpenCV EA, transform, LUT": lambda i: ea(raws[i]),
        "OpenCV bilinear, transform, LUT": lambda i: linear(raws[i]),
    }
    seconds: Times = {name: [] for name in cases}
    worked: Times = {name: [] for name in cases}
    for turn in track(range(1 if quick else 24), "timing", console=console, transient=True):
        for name, run in cases.items():
            if name.endswith("1 thread") and turn % 4:
                continue
            start, begun = time.perf_counter(), time.process_time()
            run(turn % FRAMES)
            if turn or quick:
                seconds[name].append(time.perf_counter() - start)
                worked[name].append(time.process_time() - begun)
    return seconds, worked


def speed_lines(seconds: Times, worked: Times) -> list[str]:
    """Return the table of speeds."""
    copy = min(seconds["copy of the raw frame"])
    middle = median(seconds["copy of the raw frame"])
    lines = [
        f"{WIDTH} x {HEIGHT}, 12 bits, {THREADS} threads where nothing else is said; a frame lasts",
        ", ".join(f"{ms:.1f} ms at {name}" for name, ms in FRAME_TIMES_ms.items()) + ".",
        "",
        "| case | ms, best | ms, median | copies, best | copies, median | processors, ms | frames/s |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for name, each in seconds.items():
        best, usual = min(each), median(each)
        lines.append(
            f"| {name} | {best * 1e3:.1f} | {usual * 1e3:.1f} | {best / copy:.1f} | {usual / middle:.1f} |"
            f" {min(worked[name]) * 1e3:.1f} | {1 / best:.0f} |"
        )
    ours, full = seconds["core"], seconds["all stages"]
    best_cv = min(min(seconds[f"OpenCV {kind}, transform, LUT"]) for kind in ("EA", "bilinear"))
    return [
        *lines,
        "",
        f"core {min(ours) / copy:.1f} copies (aim: 12 at most);"
        f" all stages {min(full) / min(ours):.2f} times the core"
        f" (2.5 at most); the core is {best_cv / min(ours):.1f} times as fast as OpenCV's fastest chain and"
        f" {min(seconds['OpenCV EA, transform, LUT']) / min(ours):.1f} times as its EA chain (2 at least).",
        "By the processors' time:"
        f" core {min(worked['core']) / THREADS / min(worked['copy of the raw frame']):.1f} copies on each of"
        f" {THREADS}; all stages {min(worked['all stages']) / min(worked['core']):.2f} times the core;"
        f" OpenCV's EA chain {min(worked['OpenCV EA, transform, LUT']) / min(worked['core']):.1f}"
        f" times the core, its bilinear chain"
        f" {min(worked['OpenCV bilinear, transform, LUT']) / min(worked['core']):.1f}.",
    ]


def quality_lines(quick: bool) -> tuple[list[str], dict[str, object]]:
    """Demosaic, colour, noise, white balance; and their numbers."""
    names = scenes.IMAGES[1:2] if quick else scenes.IMAGES
    table, missing = quality.demosaic_table(names)
    mean = {name: float(np.mean(values)) for name, values in table.items()}
    methods, _ = quality.demosaics()
    lines = [
        "### Demosaic: CPSNR in dB, linear light, 12 bits, RGGB",
        "False colour: mean chroma (CIELAB) of a grey Siemens star; plain Malvar works on linear light.",
        "",
        "| method | " + " | ".join(names) + " | mean | false colour |",
        "|---|" + "---:|" * (len(names) + 2),
    ]
    stars = {name: quality.false_colour(run) for name, run in methods.items()}
    for name, values in table.items():
        lines.append(
            f"| {name} | "
            + " | ".join(f"{v:.2f}" for v in values)
            + f" | {mean[name]:.2f} | {stars[name]:.2f} |"
        )
    default, plain, best = (table[n] for n in ("malvar (default)", "plain Malvar", "directional (best)"))
    least = min(a - b for a, b in zip(default, plain, strict=True))
    lines += [
        "",
        f"The default is {np.mean(default) - np.mean(plain):+.2f} dB on plain Malvar (aim +0.5),"
        f" {least:+.2f} at worst"
        f" (-0.1), {np.mean(default) - mean['bilinear']:+.2f} on bilinear (+3); best is"
        f" {np.mean(best) - np.mean(default):+.2f} on the default (+1.2).",
        *missing,
        "",
        "### Colour: mean CIEDE2000, fitted on noisy rendered patches of a ColorChecker and of mixed paints",
        "Judged on noise-free colours of other spectra: 120 other mixtures, and BabelColor's ColorChecker.",
        "The table stands beside the matrix in the presets balanced and best; fast has the matrix alone.",
        "Floor: a matrix fitted to least squares on the judged mixtures themselves, without noise. Goals:",
        "1.5 under D65 and A, 2 between.",
        "",
        "| light | K | chart itself | mixtures | other chart | table: chart | mixtures | other chart |"
        " floor of matrices | D65's matrix alone |",
        "|---|" + "---:|" * 9,
    ]
    known = scenes.calibrated()
    single = isp.Calibration("D65", tuple(p for p in known.points if abs(p.kelvin - 6500) < 60))
    errors: dict[str, dict[str, float]] = {}
    for name, light in scenes.LIGHTS.items():
        sets = {"chart": scenes.paints(light), "mixtures": scenes.mixtures(light)}
        if (other := scenes.other_chart(light)) is not None:
            sets["other"] = other
        row = {"chart": np.nan, "mixtures": np.nan, "other": np.nan}
        row |= {f"table {key}": np.nan for key in row}
        for key, surfaces in sets.items():
            row[key] = scenes.colour_error(known, light, surfaces).mean()
            row[f"table {key}"] = scenes.colour_error(known, light, surfaces, True).mean()
        row["floor"] = np.nan
        if not quick or name in ("A", "D65"):
            row["floor"] = scenes.colour_floor(light, sets["mixtures"])
        row["single"] = scenes.colour_error(single, light, sets["mixtures"]).mean()
        errors[name] = {key: float(value) for key, value in row.items()}
        lines.append(
            f"| {name} | {scenes.kelvin_of(light):.0f} | "
            + " | ".join("-" if np.isnan(v) else f"{v:.2f}" for v in row.values())
            + " |"
        )
    noise = quality.noise_gain(names=("coffee",) if quick else ("coffee", "astronaut", "chelsea", "flower"))
    sharp = quality.sharpness(frames=8 if quick else 300)
    gain, bound = (float(np.mean([each[i] - each[0] for each in noise])) for i in (1, 2))
    lines += [
        "",
        "### Noise reduction at 20 e- (mean of green), read noise 3 e-",
        f"PSNR against truth {', '.join(f'{a:.1f} -> {b:.1f}' for a, b, _ in noise)} dB:"
        f" {gain:+.2f} on average (aim +4); {bound:+.2f} if its chroma were the truth."
        f" MTF50 of an edge of 10 % contrast {sharp[0]:.3f} -> {sharp[1]:.3f} cycles a pixel,"
        f" {100 * (1 - sharp[1] / sharp[0]):.1f} % less (10 at most).",
        "",
        "### White balance: angle in degrees, each image in nine lights",
    ]
    found: dict[str, float] = {}
    for name, controller in quality.controllers(known).items():
        angles = quality.white_balance(controller, names)
        found[name] = float(np.median(angles))
        lines.append(
            f"- {name}: median {np.median(angles):.1f}, mean {np.mean(angles):.1f}, worst {max(angles):.1f}"
        )
    card = balance.BalanceController("grey", region=(0, 0, 0.25, 0.25), speed=1)
    angles = quality.white_balance(card, names, card=True)
    found["card"] = float(np.median(angles))
    lines.append(
        f"- grey card in its region: median {np.median(angles):.2f}, worst {max(angles):.2f} (aim 2)"
    )
    return lines, {
        "cpsnr": table,
        "false_colour": stars,
        "colour": errors,
        "noise": noise,
        "mtf50": sharp,
        "white": found,
    }


def main(arguments: list[str]) -> None:
    """Run the command line."""
    chosen = options("How good and how fast raw frames are developed.", arguments)
    lines, numbers = quality_lines(chosen.quick)
    seconds, worked = speed(chosen.quick, Console(stderr=True))
    publish(
        chosen,
        "Developing",
        [*lines, "", "### Speed", *speed_lines(seconds, worked)],
        {**numbers, "seconds": seconds, "processor_s": worked},
    )


if __name__ == "__main__":
    main(sys.argv[1:])
