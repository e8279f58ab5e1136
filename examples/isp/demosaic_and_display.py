"""Demosaic and display, and nothing else: what FRAMOS' OpenCV sample shows of a sensor module.

    python examples/isp/demosaic_and_display.py [RAW.tiff] [-o picture.png]

Without a file a twin takes the frame. The data sheet calls this way "extremely performance hungry" and
does not recommend it for pre-processing: its cost is printed beside the time that a frame has.
"""

from __future__ import annotations

from cost import arguments, frame_of, told

from camtwin import isp
from camtwin.hosts.show import show


def main() -> None:
    """Take or read a frame, demosaic it, show it."""
    import cv2

    chosen = arguments(__doc__)
    raw = frame_of(chosen)
    pipeline = isp.demosaic_and_display()
    print("stages:", ", ".join(type(stage).__name__ for stage in pipeline.stages))
    print("missing:", "everything else; the picture is dark, green and noisy, as the sensor sees it")
    image = told("demosaic and display", lambda: pipeline.process(raw)[0], raw)
    code = {"RGGB": cv2.COLOR_BAYER_RGGB2RGB, "GRBG": cv2.COLOR_BAYER_GRBG2RGB}[raw.mosaic]
    told(
        "the same by OpenCV",
        lambda: cv2.convertScaleAbs(cv2.cvtColor(raw.data, code), alpha=2.0 ** (8 - raw.bits)),
        raw,
    )
    print("Not recommended for pre-processing; examples/isp/full_pipeline.py has all ten stages.")
    show(image, chosen.output)


if __name__ == "__main__":
    main()
