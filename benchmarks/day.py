"""One virtual day at 9 triggers a second, with faults and clients that come and go: each frame accounted for.

    python benchmarks/day.py [seconds] [seed]

Says what became of each frame, and how memory and open files grew.
"""

from __future__ import annotations

import os
import resource
import sys
import time
from pathlib import Path

from camtwin.rig import scenario, steps
from unit.rig.test_scenario import ONE, happenings

SLICE_S = 600


def main() -> None:
    """Play it, ten minutes of plans at a time."""
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 86_400
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    played = scenario.Played(scenario.parse(ONE.format(seconds=seconds)))
    played.stand_by()
    played.begin()
    begun = time.perf_counter()
    first = grown = (0, 0)
    for start in range(0, seconds, SLICE_S):
        for row in happenings(min(SLICE_S, seconds - start), seed + start):
            played.plan(steps.step({**row, "ms": row["ms"] + start * 1e3}))
        played.advance_to((start + SLICE_S) * 10**9)
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, len(os.listdir("/proc/self/fd"))
        if start == 24 * SLICE_S:
            first = grown  # traces and caches have filled by then
        missing = sum(account.missing for account in played.accounts.values())
        if missing:
            print(f"{missing} frames are missing after {start + SLICE_S} s")
            sys.exit(1)
    print("\n".join(line for line in played.lines() if line.startswith("cam")))
    took = time.perf_counter() - begun
    memory = " MiB, ".join(str(kib >> 10) for kib in (first[0], grown[0]))
    print(f"{took:.0f} s for {seconds} s; memory after four hours and in the end: {memory} MiB")
    print(f"open files {first[1]}, {grown[1]}; {len(played.problems)} refusals on the way")


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    main()
