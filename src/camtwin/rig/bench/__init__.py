"""A wiring plan around running twins, in virtual time: sources change, levels reach lines, parts break."""

from camtwin.rig.bench.bench import Bench, Unstable
from camtwin.rig.bench.notes import Note
from camtwin.rig.bench.wired_camera import Power

__all__ = ["Bench", "Note", "Power", "Unstable"]
