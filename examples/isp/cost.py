"""Shared by the samples: the frame, and what a step costs on this processor beside the time a frame has."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import camtwin
from camtwin import isp
from camtwin.isp.exposure import Exposure, ExposureController, Limits
from camtwin.isp.statistics import measured

T = TypeVar("T")
FRAME_TIMES_ms = {"60 fps": 1000 / 60, "30 fps": 1000 / 30, "18 fps": 1000 / 18}
MODEL, BLACK_DN = "sony-imx412-aack", 64.0


def arguments(description: str | None) -> argparse.Namespace:
    """Return the command line of both samples."""
    parser = argparse.ArgumentParser(description=(description or "").partition("\n")[0])
    parser.add_argument(
        "raw", nargs="?", type=Path, help="raw frame of `camtwin snap`; a twin's if not given"
    )
    parser.add_argument("-o", "--output", type=Path, help="write the picture instead of showing it")
    return parser.parse_args()


def frame_of(chosen: argparse.Namespace) -> isp.Raw:
    """Return the frame of a file, or of a twin that looks at a ColorChecker."""
    if chosen.raw is None:
        return taken(session(), 8000.0, 0.0)[0]
    from camtwin.cli.develop import read

    raw = read(chosen.raw, {}).frame
    return raw.unpacked() if isinstance(raw, isp.Payload) else raw


def session() -> Any:
    """Return a twin of the sensor, in process."""
    return camtwin.open(MODEL, scene=camtwin.scene.Checker(2e6), seed=1)


def taken(cam: Any, exposure_us: float, gain_dB: float) -> tuple[isp.Raw, Exposure]:
    """Return a frame, and the exposure that it was taken with."""
    cam.ExposureTime, cam.Gain = exposure_us, gain_dB
    frame = cam.grab(3)[-1]
    settings = frame.settings
    used = Exposure(settings.ExposureTime_ns / 1000, settings.Gain_dB["All"])
    return isp.raw_of(frame.picture, frame.pixel_format, BLACK_DN), used


def driven() -> isp.Raw:
    """Return a frame of the twin after automatic exposure and gain have settled."""
    cam, controller = session(), ExposureController(Limits(50, 16_000, 0, 20))
    raw, used = taken(cam, 1000.0, 0.0)
    for _ in range(6):
        statistics = measured(raw.data, raw.bits, raw.mosaic, raw.black_DN, (16, 12))
        if controller.settled(statistics):
            break
        wanted = controller.step(statistics, used, used)
        raw, used = taken(cam, wanted.exposure_us, wanted.gain_dB)
    print(f"exposure {used.exposure_us:.0f} us, gain {used.gain_dB:.1f} dB")
    return raw


def told(name: str, run: Callable[[], T], raw: isp.Raw) -> T:
    """Run a step and print what it takes of the processor, at best of three, beside the time of a frame."""
    result = run()  # compiles, or reads from the cache
    costs = []
    for _ in range(3):
        wall, processor = time.perf_counter(), time.process_time()
        result = run()
        costs.append((time.process_time() - processor, time.perf_counter() - wall))
    processor, wall = min(costs)
    shares = ", ".join(
        f"{100 * wall * 1e3 / ms:.0f} % of a frame's at {rate}" for rate, ms in FRAME_TIMES_ms.items()
    )
    megapixels = raw.width * raw.height / 1e6
    print(
        f"{name}: {wall * 1e3:.0f} ms for {megapixels:.1f} megapixels,"
        f" {processor * 1e3:.0f} ms of processor: {shares}"
    )
    return result
