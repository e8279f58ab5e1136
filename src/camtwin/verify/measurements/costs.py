"""Processor time of the ways of a host's image pre-processing."""

from __future__ import annotations

from typing import Final, Literal

import cv2
import numpy as np

from camtwin import isp
from camtwin.verify.case import Case
from camtwin.verify.measures import measurement
from camtwin.verify.processor import least_ms

WIDTH, HEIGHT, BITS, BLACK_DN = 2028, 1520, 10, 64.0
MANY: Final = 3.0
"""Times by which one way has to be cheaper than another one; it is 7 at least on computers that are busy."""


@measurement("processor_cost", heavy="pictures")
def processor_cost(case: Case, figure: Literal["time", "rate"]) -> None:
    """Compare OpenCV's demosaicing, and the sample, with the way by a hardware ISP, on one thread.

    Of that the processor has only to hand over the picture, which takes it the copies that are on record.
    """
    copies = case.record("libargus.copies").value
    codes = np.arange(WIDTH * HEIGHT, dtype=np.uint32).reshape(HEIGHT, WIDTH) * 977 % 959 + int(BLACK_DN)
    raw = isp.Raw(codes.astype(np.uint16), BITS, "RGGB", BLACK_DN)
    sample, given = isp.demosaic_and_display(BLACK_DN), np.empty((HEIGHT, WIDTH, 3), np.uint8)
    picture = given.copy()

    def opencv() -> None:
        colours = cv2.cvtColor(raw.data, cv2.COLOR_BAYER_RGGB2RGB)
        cv2.convertScaleAbs(colours, alpha=2.0 ** (8 - BITS))

    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        ways = (lambda: np.copyto(picture, given), opencv, lambda: sample.process(raw))
        copy_ms, *others_ms = least_ms(*ways)
    finally:
        cv2.setNumThreads(threads)
    hardware_ms, megapixels = copies * copy_ms, WIDTH * HEIGHT / 1e6
    for name, taken_ms in zip(("OpenCV", "the sample"), others_ms, strict=True):
        figures = taken_ms / megapixels, hardware_ms / megapixels
        told = "{:.2f} ms a Mpixel beside {:.2f}".format(*figures)
        if figure == "rate":
            told = "{:.0f} Mpixel/s beside {:.0f}".format(*(1e3 / each for each in figures))
        case.within(f"{name}: {told}, times", taken_ms / hardware_ms, MANY, float("inf"))
