"""A camera that a generator triggers, and its virtual day: everything that can go wrong, and what it holds.

Shared by the ten minutes of test_scenario.py and the whole day of benchmarks/day.py.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from camtwin.rig.scenario import play as scenario
from camtwin.rig.scenario.schema import parse
from camtwin.rig.scenario.steps import step

RATE_HZ, FAULT_S = 9, 20
ONE = """
seconds = {seconds}
[plan]
wires = [["psu.+", "cam.VCC"], ["psu.-", "cam.GND"], ["gen.out", "cam.IN1"], ["gen.gnd", "cam.GND IN1"]]
cables = [{{ from = "switch.port", into = "cam.data", plug = "RJ45" }}]
[plan.devices]
cam = {{ kind = "camera", model = "baumer-vcxg-124m" }}
psu = {{ kind = "supply", volts = 24 }}
gen = {{ kind = "generator", high_V = 24 }}
switch = {{ kind = "switch" }}
[cameras.cam]
set = ["TriggerMode=On", "TriggerSource=Line0"]
"""


def played(text: str) -> scenario.ScenarioRun:
    """Play a scenario in virtual time."""
    return scenario.play(parse(text))


def toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{k} = {toml(v)}" for k, v in value.items()) + " }"
    return json.dumps(value)


def steps(*rows: dict[str, Any]) -> str:
    """Return a timeline as TOML."""
    return "".join("[[timeline]]\n" + "".join(f"{k} = {toml(v)}\n" for k, v in r.items()) for r in rows)


CAM, GEN, WIRE = {"camera": "cam"}, {"device": "gen"}, {"wire": ["gen.out", "cam.IN1"]}
FAULTS: dict[str, tuple[dict[str, Any], ...]] = {
    "power cut": (
        {"do": "set", "device": "psu", "level": "off"},
        {"do": "set", "device": "psu", "level": "on"},
    ),
    "brown-out": (
        {"do": "tune", "device": "psu", "to": {"volts": 7.0}},
        {"do": "tune", "device": "psu", "to": {"volts": 24.0}},
    ),
    "link": ({"do": "unplug", "socket": "cam.data"}, {"do": "plug", "socket": "cam.data"}),
    "wire": ({"do": "break", **WIRE}, {"do": "mend", **WIRE}),
    "heat": ({"do": "heat", **CAM, "internal_C": 80.0}, {"do": "heat", **CAM, "internal_C": 47.0}),
    "packets": ({"do": "packets", **CAM, "drop": 0.0005, "corrupt": 0.001}, {"do": "packets", **CAM}),
    "noise": ({"do": "noise", "pin": "cam.IN1", "volts": 6.0, "for_ms": 20, "every_us": 50},),
    "bounce": ({"do": "bounce", **GEN, "level": "high"}, {"do": "set", **GEN, "level": "low"}),
    "camera": ({"do": "die", **CAM}, {"do": "repair", **CAM}),
    "client dies": ({"do": "silence", **CAM}, {"do": "attach", **CAM}),
    "client goes": (
        {"do": "write", **CAM, "features": ["AcquisitionStop"]},
        {"do": "write", **CAM, "features": ["AcquisitionStart"]},
    ),
}
"""What may begin, and how it ends."""


def happenings(seconds: int, seed: int) -> list[dict[str, Any]]:
    """Random triggers and faults, one in FAULT_S seconds, by an address of their own."""
    chance = Random(seed)
    rows: list[dict[str, Any]] = []
    t = 0.0
    while t < seconds * 1e3:
        t += 1e3 / RATE_HZ * chance.uniform(0.7, 1.6)
        rows.append({"ms": t, "do": "pulse", **GEN, "width_us": 300})
    for _ in range(seconds // FAULT_S):
        at = chance.uniform(0, seconds * 1e3 - 9000)
        moments = at, at + chance.uniform(50, 5000)
        fault = FAULTS[chance.choice(list(FAULTS))]
        rows += [{"ms": ms, **what} for ms, what in zip(moments, fault, strict=False)]
    return rows


@dataclass(frozen=True)
class Held:
    """Resources of this process: blocks of memory, KiB in memory, and open files and sockets by name."""

    blocks: int
    resident_KiB: int
    files: tuple[str, ...]

    @classmethod
    def now(cls) -> Held:
        gc.collect()
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        files = []
        for handle in os.listdir("/proc/self/fd"):
            try:
                files.append(os.readlink(f"/proc/self/fd/{handle}"))
            except FileNotFoundError:  # of the listing itself
                continue
        return cls(sys.getallocatedblocks(), pages * os.sysconf("SC_PAGE_SIZE") >> 10, tuple(sorted(files)))

    @property
    def sockets(self) -> int:
        return sum(name.startswith("socket:") for name in self.files)


def play(seconds: int, slice_s: int, seed: int) -> Iterator[tuple[scenario.ScenarioRun, Held]]:
    """Plan and play a slice at a time; yield the run so far, and the resources held.

    AssertionError if a frame is unaccounted for.
    """
    played = scenario.ScenarioRun(parse(ONE.format(seconds=seconds)))
    played.stand_by()
    played.begin()
    account = played.accounts["cam"]
    for start in range(0, seconds, slice_s):
        for row in happenings(min(slice_s, seconds - start), seed + start):
            played.plan(step({**row, "ms": row["ms"] + start * 1e3}))
        played.advance_to((start + slice_s) * 10**9)
        assert account.missing == 0, f"{account.missing} frames are missing after {start + slice_s} s"
        before = sum(n for why, n in account.lost.items() if why.endswith("before the exposure"))
        ends = account.delivered + account.lost.total() + account.under_way
        assert account.triggers - account.skipped == ends, account.line()
        assert account.begun == ends - before - account.waiting, account.line()
        yield played, Held.now()
