"""One virtual day at 9 triggers a second, with faults and clients that come and go: each frame accounted for.

    python benchmarks/day.py [seconds] [seed]

Says what became of each frame, and how memory and open files grew; fails where they did.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from unit.rig.scenario import day

SLICE_S = 600
SETTLED = 24
"""Slices until traces and caches have filled."""
MAX_GROWTH_KIB = 8 << 10
"""Of memory after that: the heap's own coming and going."""


def main() -> None:
    """Play it, ten minutes of plans at a time."""
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 86_400
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    begun = time.perf_counter()
    first, account, now, problems = None, None, None, 0
    for number, (played, now) in enumerate(day.play(seconds, SLICE_S, seed)):
        account, problems = played.accounts["cam"], len(played.problems)
        if number == min(SETTLED, seconds // SLICE_S - 1):
            first = now
    assert account
    assert first
    assert now
    print(f"{account.line()}; {problems} refusals on the way")
    print(f"{time.perf_counter() - begun:.0f} s for {seconds} s")
    print(f"memory after {SETTLED * SLICE_S // 3600} hours and in the end: ", end="")
    print(
        f"{first.resident_KiB >> 10} MiB, {now.resident_KiB >> 10} MiB; blocks {first.blocks}, {now.blocks}"
    )
    print(f"open files {len(first.files)}, {len(now.files)}, of them sockets {first.sockets}, {now.sockets}")
    grown = now.resident_KiB - first.resident_KiB > MAX_GROWTH_KIB
    sys.exit(f"it grew: {first} to {now}" if grown or first.files != now.files else 0)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    main()
