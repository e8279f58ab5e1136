"""Extend a module's driver by a control, without a line of code: with-flip.toml names a register.

    python examples/framos/extend_driver.py

The image comes upside down and mirrored, as the register has it; its mosaic begins with another colour.
"""

from __future__ import annotations

from pathlib import Path

import camtwin

DRIVER = Path(__file__).with_name("with-flip.toml")
FULL_HD = 3


def main() -> None:
    """Set each entry of the new control, and read the register that it shows."""
    module = camtwin.open_module("framos-fsm-imx412", driver=str(DRIVER))
    orientation = module.driver.control("orientation")
    module.driver.select(FULL_HD)
    for value, word in enumerate(orientation.menu):
        module.driver.set({orientation.id: value})
        module.driver.start()
        (frame,) = module.grab(1)
        register = module.sensor.read("image_orientation")
        print(f"{word}: image_orientation {register}, mosaic {frame.configuration.geometry.cfa}")
        module.driver.stop()


if __name__ == "__main__":
    main()
