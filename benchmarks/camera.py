"""Speed of the whole camera in virtual time: its events, its images, and both on one core."""

import os
import sys
import time

from page import options, publish

import camtwin

MODEL = "baumer-vcxg-124m"
HOUR_FPS = 9


def free_run(pixel_format: str, batches: int, frames: int) -> tuple[float, float]:
    """Frames a second: the camera's own in virtual time, and those made, best of the batches."""
    best_s, own = float("inf"), 0.0
    with camtwin.open(MODEL, seed=1, link_speed=None) as cam:
        cam.PixelFormat = pixel_format
        cam.grab(1)
        for _ in range(batches):
            start = time.perf_counter()
            first, *_, last = cam.frames(frames)
            best_s = min(best_s, time.perf_counter() - start)
            own = (frames - 1) / (last.timestamp_ns - first.timestamp_ns) * 1e9
    return own, frames / best_s


def hour(frames: int) -> tuple[float, float]:
    """Seconds of virtual time, and those it took, of a run without pictures."""
    with camtwin.open(MODEL, seed=1, render=False) as cam:
        cam.AcquisitionFrameRateEnable = True
        cam.AcquisitionFrameRate = HOUR_FPS
        cam.grab(1)
        begin, start = cam.now, time.perf_counter()
        for _ in cam.frames(frames):
            pass
        return (cam.now - begin) / 1e9, time.perf_counter() - start


def main(arguments: list[str]) -> None:
    """Run the command line."""
    chosen = options("How fast the whole camera runs.", arguments)
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    runs = {
        name: free_run(name, *((1, 3) if chosen.quick else (8, 15)))
        for name in ("Mono8", "Mono12", "Mono12p")
    }
    frames = HOUR_FPS * (10 if chosen.quick else 3600)
    virtual_s, took_s = hour(frames)
    lines = [
        f"{MODEL}, full frame, in process (`camtwin.open`), in virtual time, on one core. `Frame.image` is",
        "uint16 in every format. Best of eight batches, since others may be using the machine.",
        "",
        "| free run | camera's own frames/s | frames/s made | times real time |",
        "|---|---:|---:|---:|",
        *(f"| {name} | {own:.1f} | {made:.1f} | {made / own:.1f} |" for name, (own, made) in runs.items()),
        "",
        f"Without pictures (`render=False`), {frames} frames at {HOUR_FPS} a second, {virtual_s:.0f} s of "
        f"virtual time, take {took_s:.2f} s:",
        f"{took_s / frames * 1e6:.0f} us a frame, {virtual_s / took_s:.0f} times real time.",
    ]
    numbers = {
        "free_run": {name: {"own_fps": own, "made_fps": made} for name, (own, made) in runs.items()},
        "without_pictures": {"frames": frames, "virtual_s": virtual_s, "took_s": took_s},
    }
    publish(chosen, "Camera", lines, numbers)


if __name__ == "__main__":
    main(sys.argv[1:])
