"""Cells of a sweep: each says all that its images depend on, and its id is the hash of that."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

import camtwin
from camtwin import models
from camtwin.problem import Problem
from camtwin.scene import parse as parse_scene
from camtwin.sweeps.plan import OWN, Columns, Folder, Span, SweepFile, SweepInvalid, Value, chance, rows

FORM: Final = 1
"""Version of what is kept of a cell: a change of it makes all cells anew."""
BRACES: Final = re.compile(r"\{(\w*)\}")
MAX_FILES: Final = 100_000


@dataclass(frozen=True, slots=True)
class Asked:
    """Common part of all cells of a sweep, as their processes need it.

    folder  in which relative paths of scenes and sheets are looked for
    call    a function of the user's as module:name, or the function itself; None for none
    code    the version of what makes images, to be that of the process, too
    """

    frames: int
    keep: tuple[str, ...]
    format: str
    codec: str
    folder: str
    code: str
    call: str | Callable[..., Mapping[str, Any]] | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell.

    number    its place in the sweep
    id        the hash of all that its images depend on
    columns   its values, as the table shows them
    features  columns that are features of the camera, in the order of writing
    model     name of the model, or path of its sheet; sheet: the hash of the sheet
    scene     its words; files: the paths in them, each with the hash of the file
    seed      of the twin's noise and fixed pattern
    split     "train" or "test": all cells of a scene have the same
    """

    number: int
    id: str
    columns: Columns
    features: tuple[tuple[str, Value], ...]
    model: str
    sheet: str
    scene: str
    files: dict[str, str]
    seed: int
    split: str


@dataclass(frozen=True)
class Sweep:
    """A sweep that can be run: its file, and its cells.

    name    of the file, for messages
    folder  in which relative paths are looked for
    call    the hash of the user's function, if any
    """

    plan: SweepFile
    name: str
    asked: Asked
    call_digest: str = ""
    _axes: dict[str, list[Value]] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        count = len(self.plan.models) * self.plan.draws
        for values in self.axes().values():
            count *= len(values)
        return count * max((len(values) for values in self.plan.together.values()), default=1)

    def axes(self) -> dict[str, list[Value]]:
        """Return the values of each axis of the grid; folders are read once."""
        if not self._axes and self.plan.grid:
            for key, axis in self.plan.grid.items():
                self._axes[key] = axis if isinstance(axis, list) else self._read(key, axis)
        return self._axes

    def _read(self, key: str, axis: Span | Folder) -> list[Value]:
        if isinstance(axis, Span):
            return axis.values()
        where = Path(self.asked.folder) / axis.folder
        try:
            found = sorted(each.name for each in where.glob(axis.pattern) if each.is_file())
        except (OSError, ValueError, NotImplementedError) as error:
            raise SweepInvalid(f"{self.name}: grid.{key}.folder {axis.folder!r}: {error}") from None
        if not 0 < len(found) <= MAX_FILES:
            what = f"{len(found)} files match {axis.pattern!r}; wanted: 1 to {MAX_FILES}"
            raise SweepInvalid(f"{self.name}: grid.{key}.folder {axis.folder!r}: {what}")
        return [str(Path(axis.folder) / each) for each in found]

    def cells(self) -> Iterator[Cell]:
        """Yield the cells. SweepInvalid names a column that is none, or a scene that cannot be read."""
        for number, columns in enumerate(rows(self.plan, self.axes())):
            yield self.cell(number, columns)

    def cell(self, number: int, columns: Columns) -> Cell:
        """Return one cell."""
        model, words = str(columns["model"]), str(columns.get("scene", self.plan.scene))
        used = BRACES.findall(words)
        if lost := [name for name in used if name not in columns]:
            raise SweepInvalid(f"{self.name}: scene {words!r} has {{{lost[0]}}}, and there is no such column")
        scene = BRACES.sub(lambda found: _word(columns[found[1]]), words)
        try:
            name, sheet = _sheet(model, self.asked.folder)
        except Problem as error:
            raise SweepInvalid(f"{self.name}: {error}") from None
        files = self.files_of(scene)
        features = tuple((k, v) for k, v in columns.items() if k not in OWN and k not in used)
        seen = [scene, files, {k: v for k, v in columns.items() if k.startswith("lens_")}]
        scene_share = chance(self.plan.seed, "split", _text(seen))
        asked, plan = self.asked, self.plan
        content = [FORM, asked.code, sheet, features, *seen, asked.frames, sorted(asked.keep), asked.format]
        content += [asked.codec, self.call_digest, {k: v for k, v in columns.items() if k in OWN[2:]}]
        content += [plan.seed, plan.specimen]
        digest = hashlib.blake2b(_text(content).encode(), digest_size=16).digest()
        drawn = int.from_bytes(digest[:8], "big") if plan.specimen == "each" else plan.seed
        return Cell(
            number=number,
            id=digest.hex(),
            columns=columns,
            features=features,
            model=name,
            sheet=sheet,
            scene=scene,
            files=files,
            seed=self.seed_of(columns.get("seed", drawn)),
            split="test" if scene_share < plan.test_share else "train",
        )

    def seed_of(self, seed: Value) -> int:
        """Return a twin's seed. SweepInvalid for another one."""
        if not isinstance(seed, int) or isinstance(seed, bool) or not 0 <= seed < 2**64:
            raise SweepInvalid(f"{self.name}: seed {seed!r} is no whole number from 0 to 2^64 - 1")
        return seed

    def files_of(self, scene: str) -> dict[str, str]:
        """Return the paths in a scene's words with the hashes of their files."""
        try:
            return dict(_files(scene, self.asked.folder))
        except (ValueError, Problem) as error:
            raise SweepInvalid(f"{self.name}: {error}") from None


def _word(value: Value) -> str:
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def _text(content: object) -> str:
    return json.dumps(content, sort_keys=True, ensure_ascii=True)


@lru_cache(maxsize=4096)
def _files(scene: str, folder: str) -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}

    def load(path: str) -> NDArray[Any] | list[NDArray[Any]]:
        found[path] = file_digest(Path(folder) / path)
        blank = np.zeros((1, 1), np.uint8)
        return [blank] if (Path(folder) / path).is_dir() else blank

    parse_scene(scene, load)
    return tuple(found.items())


def file_digest(path: Path) -> str:
    """Return the hash of a file, or of a folder's files with their names. OSError if it cannot be read."""
    digest = hashlib.blake2b(digest_size=16)
    if path.is_dir():
        for each in sorted(path.iterdir()):
            if each.is_file():
                digest.update(each.name.encode() + b"\0" + file_digest(each).encode())
        return digest.hexdigest()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


@lru_cache(maxsize=256)
def _sheet(model: str, folder: str) -> tuple[str, str]:
    """Return a model's name, or the path of its sheet, and the hash of the sheet."""
    beside = Path(folder) / model
    name = str(beside.resolve()) if model.endswith(".toml") and beside.exists() else model
    return name, sheet_digest(models.load(name))


def sheet_digest(sheet: models.CameraSheet) -> str:
    """Return the hash of a sheet with all that it is made from: its sensor, and sheets that it is like."""
    return hashlib.blake2b(sheet.model_dump_json().encode(), digest_size=16).hexdigest()


@cache
def code_digest() -> str:
    """Return the hash of the code that makes images: another version of it makes other cells."""
    root, digest = Path(camtwin.__file__).parent, hashlib.blake2b(digest_size=16)
    for room in ("camera", "genicam", "models", "pixels", "scene", "sensor", "session", "simtime", "twins"):
        for file in sorted((root / room).rglob("*.py")):
            digest.update(file.relative_to(root).as_posix().encode() + b"\0" + file.read_bytes())
    for name in ("plan.py", "cells.py", "work.py", "measure.py", "store.py"):
        digest.update((root / "sweeps" / name).read_bytes())
    return digest.hexdigest()
