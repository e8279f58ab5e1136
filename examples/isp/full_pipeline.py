"""The full pipeline in its default configuration: all ten stages of FRAMOS' LibArgus sample, and display.

    python examples/isp/full_pipeline.py [RAW.tiff] [-o picture.png]

Without a file a twin takes the frames: exposure and gain are found first, then the white. Nothing is
tuned for the sensor, as in the sample; `camtwin develop` and `isp.preset` show what a calibration makes of
the same frame.
The real sample runs on the hardware ISP of a Jetson; here the host's processor does it.
"""

from __future__ import annotations

from cost import arguments, driven, frame_of, told

from camtwin import isp
from camtwin.hosts.show import show
from camtwin.isp.balance import BalanceController


def main() -> None:
    """Take or read a frame, develop it, show it."""
    chosen = arguments(__doc__)
    raw = frame_of(chosen) if chosen.raw else driven()
    pipeline = isp.full_pipeline(raw.bits)
    print("stages: AutoExposure,", ", ".join(type(stage).__name__ for stage in pipeline.stages))
    print(
        "default configuration: identity matrix, no lens correction, noise of a common sensor: uncalibrated"
    )
    _, statistics = pipeline.process(raw)
    gains = BalanceController().estimate(statistics) if statistics else None
    pipeline = pipeline.replace(isp.WhiteBalance(gains or (1.0, 1.0, 1.0)))
    image = told("full pipeline", lambda: pipeline.process(raw, threads=2)[0], raw)
    show(image, chosen.output)


if __name__ == "__main__":
    main()
