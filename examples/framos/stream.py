"""Stream from a module in every mode of its driver: sizes, numbers of frames, and rates from timestamps.

    python examples/framos/stream.py

Time is virtual: a second of frames takes no second, and the rate is exact.
"""

from __future__ import annotations

import camtwin

FRAMES = 101


def main() -> None:
    """Print the rate of each mode."""
    module = camtwin.open_module("framos-fsm-imx412")
    exposure = module.driver.control("exposure")
    for number, mode in enumerate(module.driver.modes):
        module.driver.select(number)
        module.driver.set({exposure.id: 2000})  # us
        module.driver.start()
        frames = module.grab(FRAMES)
        module.driver.stop()
        seconds = (frames[-1].timestamp_ns - frames[0].timestamp_ns) / 1e9
        lost = frames[-1].number - (FRAMES - 1)
        print(f"{mode.size} {mode.fourcc}: {(FRAMES - 1) / seconds:.3f} frames/s, {lost} lost")


if __name__ == "__main__":
    main()
