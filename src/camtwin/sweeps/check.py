"""Check of a sweep before anything runs: each value is one that its camera takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from camtwin.problem import Problem
from camtwin.session.session import Session
from camtwin.sweeps.cells import Cell, Sweep
from camtwin.sweeps.plan import WORLD, SweepInvalid, Value
from camtwin.sweeps.work import CellFailed, assignment, camera_of, function_of, scene_of

MAX_OPENED: Final = 300
"""Limit of cells whose cameras are opened and set as for their images."""
OPENED: Final = ("model", *WORLD)
"""Columns that a camera is opened for, beside its features."""


def check(sweep: Sweep) -> list[tuple[int, int]]:
    """Check a sweep, and return the sizes of its images, height and width, as far as cameras were opened.

    Raises:
        SweepInvalid: in one line, names the file, the column, the value and the limit
    """
    plan, name = sweep.plan, sweep.name
    if isinstance(sweep.asked.call, str):
        try:
            function_of(sweep.asked.call)
        except CellFailed as error:
            raise SweepInvalid(f"--call {error}") from None
    cameras, sizes = dict[str, Session](), dict[tuple[int, int], None]()
    for cell, news, whole in _telling(sweep):
        if cell.model not in cameras:
            cameras[cell.model] = _opened(name, cell, sweep)
        for column, value in news:
            if (column, value) in cell.features:
                _parse(sweep, cameras[cell.model], column, value)
        if not whole:
            continue
        try:
            scene_of(cell, sweep.asked.folder)
            if not any(column in OPENED or (column, value) in cell.features for column, value in news):
                continue  # no more than the scene is new, and the camera before had no other settings
            cam = camera_of(sweep.asked, cell, render=False)
        except (Problem, ValueError, AttributeError) as error:
            said = ", ".join(f"{column} {cell.columns[column]}" for column in plan.columns)
            raise SweepInvalid(f"{name}: cell {cell.number} ({said or 'the only one'}): {error}") from None
        if cam.twin.camera.modes.driver and {"truth", "clean"} & {*plan.keep}:
            what = "its registers decide its images, and there is no truth of them"
            raise SweepInvalid(f"{name}: keep {', '.join(plan.keep)}: {cell.columns['model']}: {what}")
        sizes[(int(cam.Height), int(cam.Width))] = None
    return [*sizes]


def _telling(sweep: Sweep) -> Iterator[tuple[Cell, list[tuple[str, Value]], bool]]:
    """Yield cells with values that no cell before had, those, and whether to open a camera for them."""
    seen, opened = set[tuple[str, str, object]](), 0
    for cell in sweep.cells():
        news = [
            (column, value)
            for column, value in cell.columns.items()
            if (cell.model, column, value) not in seen
        ]
        if news:
            seen.update((cell.model, column, value) for column, value in news)
            opened += 1
            yield cell, news, opened <= MAX_OPENED


def _opened(name: str, cell: Cell, sweep: Sweep) -> Session:
    try:
        return camera_of(sweep.asked, _bare(cell), render=False)
    except (Problem, ValueError) as error:
        raise SweepInvalid(f"{name}: models {cell.columns['model']!r}: {error}") from None


def _bare(cell: Cell) -> Cell:
    return Cell(cell.number, cell.id, {}, (), cell.model, cell.sheet, cell.scene, cell.files, 0, cell.split)


def _parse(sweep: Sweep, cam: Session, column: str, value: object) -> None:
    tables = ("set", "grid", "together", "draw")
    place = next(table for table in tables if column in getattr(sweep.plan, table))
    try:
        cam.parse(assignment(column, value))
    except AttributeError as error:
        hint = f"; a word of the scene stands there as {{{column}}}"
        raise SweepInvalid(f"{sweep.name}: {place}.{column}: {error}{hint}") from None
    except (Problem, ValueError) as error:
        raise SweepInvalid(f"{sweep.name}: {place}.{column} {value!r}: {error}") from None
