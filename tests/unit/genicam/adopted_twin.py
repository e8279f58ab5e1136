"""The twin of an adopted description, and hosts that write whatever they like into it."""

from __future__ import annotations

import random
import tempfile
import tomllib
from pathlib import Path

from camtwin.camera.description import interface
from camtwin.models import load
from camtwin.planner.adopt import Adopted
from camtwin.problem import Refused
from camtwin.twins import Twin, build


def twin_of(found: Adopted) -> Twin:
    """Return the twin of the sheets, which lie in a folder that is gone then."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "adopted.toml").write_text(found.camera, encoding="utf-8")
        sensor = tomllib.loads(found.camera)["sensor"]
        (Path(folder) / f"{sensor}.toml").write_text(found.sensor, encoding="utf-8")
        return build(load(f"{folder}/adopted.toml"))


def write_and_read(twin: Twin, rng: random.Random) -> int:
    """Write bytes by chance, zeros, ones and 1 to each register, and read it; return how many took them.

    Nothing but a refusal may come of it.
    """
    tree, registers, _, _, _ = interface(twin.sheet)
    taken = 0
    for address, each in registers.at.items():
        registers.read(twin.camera, address, each.length)
        plain = bytes(each.length), b"\xff" * each.length, (1).to_bytes(each.length, tree.order)
        for data in (rng.randbytes(each.length), rng.choice(plain)):
            try:
                registers.write(twin.camera, address, data)
                taken += 1
            except Refused:
                continue
            registers.read(twin.camera, address, each.length)
    return taken
