"""Take a frame from a module and pre-process it with OpenCV: 8 bits, demosaic, half the size, a line of text.

    python examples/framos/preprocess.py [FILE.png]

Nothing is tuned for looks: no black level is subtracted, no white is balanced. `camtwin.isp` does that.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np

import camtwin

FULL_HD = 3


def main(path: Path = Path("module.png")) -> None:
    """Take a frame, and save what OpenCV makes of it."""
    module = camtwin.open_module("framos-fsm-imx412")
    module.driver.select(FULL_HD)
    module.driver.start()
    (frame,) = module.grab(1)
    raw = (module.image(frame) >> frame.configuration.bits - 8).astype(np.uint8)
    colour = cv2.cvtColor(raw, cv2.COLOR_BayerRGGB2BGR)
    small = cv2.resize(colour, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    text = f"{frame.number} at {frame.timestamp_ns / 1e6:.3f} ms"
    cv2.putText(small, text, (8, 24), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (255, 255, 255), 1, cv2.LINE_AA)
    cv2.imwrite(str(path), small)
    print(f"{path}: {small.shape[1]} x {small.shape[0]}, mean of blue, green, red {small.mean(axis=(0, 1))}")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
