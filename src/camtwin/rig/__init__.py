"""The rig: connectors, wires, supplies, signals and climate around the twin. Solved, checked, played.

from camtwin import rig
report = rig.check(rig.parse(text))           # a wiring plan, without running it
bench = rig.Bench(rig.parse(text), {"cam": cam})     # and around a running twin
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from camtwin.models import RigSheet, has_rig, load_rig
from camtwin.rig.bench import Bench, Note, Power, Unstable
from camtwin.rig.climate import NoRating, climate, measurement_point_C, mtbf_years
from camtwin.rig.wiring.check import Report, check
from camtwin.rig.wiring.ethernet import mated, tested
from camtwin.rig.wiring.judge import Finding
from camtwin.rig.wiring.plan import Cable, Plan, PlanInvalid, parse, read
from camtwin.rig.wiring.solver import Unsolved

if TYPE_CHECKING:
    from camtwin.session.session import Session

__all__ = [
    "Bench",
    "Cable",
    "Finding",
    "NoRating",
    "Note",
    "Plan",
    "PlanInvalid",
    "Power",
    "Report",
    "RigSheet",
    "Unsolved",
    "Unstable",
    "check",
    "climate",
    "has_rig",
    "mated",
    "measurement_point_C",
    "mtbf_years",
    "parse",
    "read",
    "sheet_of",
    "tested",
]


def sheet_of(cam: Session | str) -> RigSheet:
    """Return the rig sheet of a session's camera, or of a model by name.

    Raises:
        NoRating: the data sheet has none
        UnknownModel: there is no such model
    """
    if isinstance(cam, str):
        return load_rig(cam)
    sheet = cam.twin.sheet.rig
    if sheet is None:
        raise NoRating(f"{cam.twin.sheet.title}: the data sheet has no rig section")
    return sheet
