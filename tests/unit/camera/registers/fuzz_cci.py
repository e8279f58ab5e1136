"""Random transfers on the bus of two sensors: `python fuzz_cci.py [--count N] [--seed S]`, see `make fuzz`.

Two register files hear what random_messages makes, between frames, supplies that fail and resets. Nothing
may raise, whatever the registers say; what is read only stays as it is, what is kept is read back; a
configuration that streams is one that the chip could do. The same seed and count do the same.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Callable
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[3]))

from camtwin.camera.registers.configuration import Configuration
from camtwin.camera.registers.register_file import PAGE, RAILS
from camtwin.units import MS
from camtwin.wire.csi2.cci import Write
from unit.camera.registers.benches import Bench
from unit.camera.registers.programs import MHZ, SHEET
from unit.wire.csi2.buses import random_messages

ADDRESSES = (0x1A, 0x1A, 0x1A, 0x10, 0x36)
NAMED = [register.address for register in SHEET.registers.values()]
OWN = {at for one in SHEET.registers.values() if one.access == "ro" for at in range(one.address, one.end)}
"""Registers whose value is the sensor's."""
COMPUTED = OWN | {SHEET.registers["software_reset"].address} | {*range(PAGE, PAGE + 64)}
TOLD = 100_000


def judge(one: Configuration) -> None:
    """Assert that a configuration could be."""
    assert one.streams == (one.rate_hz > 0)
    if one.streams:
        assert 0 < one.geometry.width <= 4056
        assert 0 < one.geometry.height <= 3040
        assert 1200e6 <= one.clocks.pixel_pll_hz <= 2100e6
        assert one.clocks.lane_bps <= 2100e6
        assert one.link_load <= 1
        assert all(0 < each.lines <= one.frame_lines - 22 for each in one.integrations)
        assert all(1 <= each.analogue_gain < 23 for each in one.integrations)


def step(bench: Bench, rng: random.Random) -> None:
    """Do one transfer, and now and then something else."""
    messages = random_messages(rng, ADDRESSES)
    if rng.random() < 0.5:  # most of what matters is written by name
        register = rng.choice(NAMED) + rng.choice((0, 0, 0, 1))
        messages[0] = Write(
            rng.choice(ADDRESSES), register.to_bytes(2, "big") + rng.randbytes(rng.choice((1, 2, 4)))
        )
    done = bench.transfer(messages)
    assert done.end_ns == bench.clock.now
    first = messages[0]
    if len(messages) == 1 and isinstance(first, Write) and len(first.data) == 3 and not done.refusal:
        at, value = int.from_bytes(first.data[:2], "big"), first.data[2]
        for file in bench.files:
            if (
                at not in COMPUTED
                and file.index == at + 1 & 0xFFFF
                and file.slasel == (first.address == 0x10)
            ):
                assert file.read(at) == (
                    value if SHEET.access[at] == 2 else SHEET.reset[at] * SHEET.access[at]
                )
    file = rng.choice(bench.files)
    chance = rng.random()
    if chance < 0.01:
        judge(file.begin_frame() if file.streaming else file.configuration)
    elif chance < 0.011:
        file.set_rail(rng.choice(RAILS), rng.random() < 0.3)
    elif chance < 0.012:
        file.set_clock(rng.choice((0, 6, 12, 18, 20, 24, 27)) * MHZ)
    elif chance < 0.013:
        file.set_xclr(rng.random() < 0.5)
    elif chance < 0.02:
        bench.wait(rng.randrange(10 * MS))
    elif chance < 0.023:
        for each in bench.files:
            each.set_xclr(False)
        bench.power_up(rng.choice((0, MS, 9 * MS)))


def fuzz(count: int, seed: int, tell: Callable[[str], object]) -> bool:
    """Do `count` transfers; tell how far it is, and what failed. True if nothing did."""
    rng = random.Random(seed)
    bench = Bench(2, nvm_busy=True)
    bench.power_up()
    for number in range(count):
        try:
            step(bench, rng)
        except Exception as problem:
            tell(f"transfer {number} of seed {seed}: {type(problem).__name__}: {problem}")
            raise
        if number % 1000 == 0:
            bench.remarks.clear()
        if number % TOLD == TOLD - 1:
            tell(f"{number + 1} transfers")
    tell(f"{count} transfers of seed {seed}: nothing found")
    return True


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    asked = parser.parse_args()
    fuzz(asked.count, asked.seed, lambda text: print(text, flush=True))
