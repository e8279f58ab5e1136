"""Initialise the sensor of a module: what its driver says on the bus until frames come, as Linux traces I2C.

    python examples/framos/initialise.py [MODE]

Reset over the board's expander, the id, the init table, the mode table, the controls, and stream on. Paste
the lines into `camtwin explain` to read them as settings.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import camtwin
from camtwin.links.i2c.trace import lines
from camtwin.wire.csi2.cci import Done, Message

BUS = 10


def main(mode: int = 0) -> None:
    """Print what is said on the bus while a stream starts."""
    module = camtwin.open_module("framos-fsm-imx412")
    module.driver.select(mode)

    def show(messages: Sequence[Message], done: Done) -> None:
        print(*lines(BUS, messages, done), sep="\n")

    module.carrier.on_transfer.subscribe(show)
    module.driver.start()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
