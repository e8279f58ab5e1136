"""Work on one cell: open its camera, take its images, keep what is asked for.

`take` runs in any process, and makes the same bytes in each. An error belongs to its cell: it is told as the
reason, in one line, and the sweep goes on.
"""

from __future__ import annotations

import importlib
import os
import platform
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, is_dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import google_crc32c
import numpy as np
from numpy.typing import NDArray

from camtwin import models
from camtwin.files import load_picture
from camtwin.problem import Problem
from camtwin.scene import Lens, Scene, Target
from camtwin.scene import parse as parse_scene
from camtwin.sensor.flaws import Flaws
from camtwin.session.conversion import Conversion, conversion
from camtwin.session.frame import Frame
from camtwin.session.session import Session
from camtwin.sweeps.cells import Asked, Cell, code_digest, file_digest, sheet_digest
from camtwin.sweeps.measure import Temporal, frame_statistics
from camtwin.sweeps.plan import LENS, chance
from camtwin.sweeps.store import cell_writer
from camtwin.twins import build
from camtwin.twins.assembly import bits_per_s
from camtwin.units import MS

HOT_e_per_s = 1e5
"""Electrons that a hot pixel frees in a second: an assumption, as no data sheet has a number of them."""


class CellFailed(Problem):
    """A cell that has no images; one line that says why."""


@dataclass
class Outcome:
    """Result of a cell. record: what is known of its images, where nothing is on disk."""

    number: int
    id: str
    reason: str = ""
    seconds: float = 0.0
    bytes: int = 0
    record: dict[str, Any] | None = None
    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)


def take_all(asked: Asked, cells: Iterable[Cell], out: str) -> list[Outcome]:
    """Take cells one by one, into the folder `out`."""
    if asked.code != code_digest():
        version = f"{platform.node()}: has another version of camtwin than the program that began the sweep"
        return [Outcome(cell.number, cell.id, version) for cell in cells]
    return [take(asked, cell, Path(out)) for cell in cells]


def take(asked: Asked, cell: Cell, out: Path) -> Outcome:
    """Take the images of a cell and keep them in a folder."""
    began, record = time.perf_counter(), dict[str, Any]()
    outcome = Outcome(cell.number, cell.id)
    try:
        with cell_writer(out, cell.id, asked.format, asked.codec, record) as writer:
            for number, shot in enumerate(shots(asked, cell, record, render=bool(asked.keep or asked.call))):
                if "frames" in asked.keep:
                    frame, facts = shot.frame, {**shot.facts, "frame_id": shot.frame.frame_id}
                    writer.image(number, frame.picture, frame.pixel_format.bits, facts)
                for name, array in shot.arrays.items():
                    writer.array(name, number, array)
            outcome.seconds = time.perf_counter() - began
            record["made"] = {"seconds": outcome.seconds, "host": f"{platform.node()}:{os.getpid()}"}
        outcome.bytes = sum(record["files"].values())
    except Exception as error:
        outcome.reason = reason_of(error)
    return outcome


def take_arrays(asked: Asked, cell: Cell) -> Outcome:
    """Take the images of a cell, and return them: frames, and what of the truth is asked for."""
    outcome, kept = Outcome(cell.number, cell.id, record={}), dict[str, list[NDArray[Any]]]()
    assert outcome.record is not None
    try:
        for shot in shots(asked, cell, outcome.record, render=True):
            frame = shot.frame
            image = frame.picture.astype(np.uint8) if frame.pixel_format.bits <= 8 else frame.picture
            for name, array in {"frame": image, **shot.arrays}.items():
                kept.setdefault(name, []).append(array)
    except Exception as error:
        outcome.reason = reason_of(error)
    outcome.arrays = {name: np.stack(arrays) for name, arrays in kept.items()}
    return outcome


def reason_of(error: BaseException) -> str:
    """Return an error as one line."""
    text = getattr(error, "strerror", None) or " ".join(str(error).split()) or type(error).__name__
    return text if isinstance(error, Problem | OSError) else f"{type(error).__name__}: {text}"


@dataclass
class Shot:
    """An image of a cell, the arrays of its truth that are kept, and what a file of it says."""

    frame: Frame
    arrays: dict[str, NDArray[Any]]
    facts: dict[str, Any]


def shots(asked: Asked, cell: Cell, record: dict[str, Any], *, render: bool) -> Iterator[Shot]:
    """Yield the images of a cell, one held at a time; `record` is complete when they are through.

    render: False where only times are asked for, which takes a hundredth of the time.
    """
    cam = camera_of(asked, cell, render=render)
    temporal, rows, held = Temporal(), list[dict[str, Any]](), list[NDArray[np.uint16]]()
    record |= {"id": cell.id, "columns": cell.columns, "seed": cell.seed, "scene": cell.scene}
    record["frames"] = rows
    facts = dict[str, Any]()
    for frame in cam.frames(asked.frames):
        if not rows:
            record |= (facts := _facts(cam, frame, conversion(cam.twin, frame)))
        row, arrays = _row(asked, frame, facts)
        if "statistics" in asked.keep:
            row |= frame_statistics(frame.picture, (1 << frame.pixel_format.bits) - 1)
            temporal.add(frame.picture, row["mean_DN"])
        if asked.call:
            held.append(frame.picture)
        rows.append(row)
        yield Shot(frame, arrays, {**facts, "seed": cell.seed, "scene": cell.scene, "columns": cell.columns})
    if "statistics" in asked.keep:
        record["statistics"] = temporal.row()
    if asked.call:
        record["call"] = _called(asked.call, np.stack(held), record)


def _facts(cam: Session, frame: Frame, known: Conversion) -> dict[str, Any]:
    return {
        "model": cam.twin.sheet.name,
        "shape": [int(cam.Height), int(cam.Width)],
        "pixel_format": frame.pixel_format.name,
        "bits": frame.pixel_format.bits,
        "black_DN": known.black_DN,
        "gain_dB": known.gain_dB,
        "DN_per_e": known.DN_per_e,
    }


def _row(asked: Asked, frame: Frame, facts: dict[str, Any]) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Return the row of a frame in the table, and the arrays of its truth."""
    row: dict[str, Any] = {
        "frame_id": frame.frame_id,
        "timestamp_ns": frame.timestamp_ns,
        "received_ns": frame.received_ns,
        "exposure_ns": frame.settings.ExposureTime_ns,
    }
    if frame.image is not None:
        row["crc32c"] = f"{google_crc32c.value(frame.image.tobytes()):08x}"
    if values := frame.chunks:
        row["chunks"] = {name: value for name, value in values.items() if isinstance(value, Plain | tuple)}
    arrays = dict[str, NDArray[Any]]()
    if {"truth", "clean"} & {*asked.keep}:
        truth = frame.truth
        if "truth" in asked.keep:
            row["electrons"] = float(truth.electrons.mean(dtype=np.float64))
            row["codes"] = [{"text": code.text, "corners": code.corners.tolist()} for code in truth.codes]
            arrays |= {"electrons": truth.electrons, "defects": truth.defects.astype(np.uint8)}
        if "clean" in asked.keep:
            clean = (truth.electrons + truth.offset_e) * np.float32(facts["DN_per_e"])
            arrays["clean"] = clean + np.float32(facts["black_DN"])
    return row, arrays


Plain = bool | int | float | str


def _called(
    call: str | Callable[..., Any], images: NDArray[np.uint16], record: dict[str, Any]
) -> dict[str, Any]:
    """Return the columns that the user's function makes of a cell's images."""
    function = function_of(call) if isinstance(call, str) else call
    result = function(images, record)
    if not isinstance(result, Mapping):
        raise CellFailed(f"the function returned {type(result).__name__}, no mapping of names to numbers")
    columns = dict[str, Any]()
    for name, value in result.items():
        value = value.item() if isinstance(value, np.generic) else value
        if not isinstance(name, str) or not isinstance(value, Plain):
            raise CellFailed(
                f"the function returned {name!r}: {type(value).__name__}; wanted: numbers and texts"
            )
        columns[name] = value
    return columns


@lru_cache(maxsize=8)
def function_of(text: str) -> Callable[..., Any]:
    """Return the function that module:name says. CellFailed if there is none."""
    module, colon, name = text.partition(":")
    if not (module and colon and name):
        raise CellFailed(f"{text!r} is not module:name")
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        function = getattr(importlib.import_module(module), name)
    except Exception as error:
        raise CellFailed(f"{text}: {reason_of(error)}") from None
    if not callable(function):
        raise CellFailed(f"{text}: is no function")
    return function


# -- the camera of a cell ------------------------------------------------------------------------------
def camera_of(asked: Asked, cell: Cell, *, render: bool = True) -> Session:
    """Return a cell's camera in front of its scene, ready to take images."""
    columns = cell.columns
    scene = scene_of(cell, asked.folder) if render else None
    link = columns.get("link_speed", "sheet")
    twin = build(
        _sheet(cell.model, cell.sheet),
        scene,
        seed=cell.seed,
        link_bits_per_s=bits_per_s(link if isinstance(link, str) else int(link)),
    )
    cam = Session(twin, render=render)
    if "temperature_C" in columns:
        cam.world.temperature_C = float(columns["temperature_C"])
    if flaws := flaws_of(cell, cam):
        cam.world.flaws = flaws
    for name, value in cell.features:
        cam.set(assignment(name, value))
    if "wait_ms" in columns:
        cam.advance(round(float(columns["wait_ms"]) * MS))
    return cam


def assignment(name: str, value: object) -> str:
    """Return a feature's value as on a command line."""
    return f"{name}={str(value).lower() if isinstance(value, bool) else value}"


def scene_of(cell: Cell, folder: str) -> Scene:
    """Return a cell's scene, its lens before it. CellFailed for a file that is not the sweep's."""

    def load(path: str) -> NDArray[Any] | list[NDArray[Any]]:
        return _picture(str(Path(folder) / path), cell.files[path])

    scene = parse_scene(cell.scene, load)
    lens = {name.removeprefix("lens_"): float(cell.columns[name]) for name in LENS if name in cell.columns}
    return _through(scene, lens) if lens else scene


def _through(scene: Scene, lens: dict[str, float]) -> Scene:
    """Return a scene whose printed target is seen through a lens. CellFailed if there is none."""
    if isinstance(scene, Target):
        return replace(scene, lens=replace(Lens(), **lens))
    inner = getattr(scene, "scene", None)
    if inner is None or not is_dataclass(scene):
        raise CellFailed("a lens needs a printed target: slanted, star, dots, steps or codes")
    return replace(scene, scene=_through(inner, lens))


def flaws_of(cell: Cell, cam: Session) -> Flaws | None:
    """Return hot and dead pixels at random places of the sensor that belong to the cell's seed."""
    counts = {name: int(cell.columns.get(f"{name}_pixels", 0)) for name in ("hot", "dead")}
    if not any(counts.values()):
        return None
    p = cam.twin.renderer.parameters

    def places(kind: str) -> list[tuple[int, int]]:
        at = [(chance(cell.seed, kind, "x", i), chance(cell.seed, kind, "y", i)) for i in range(counts[kind])]
        return [(int(x * p.width), int(y * p.height)) for x, y in at]

    return Flaws(hot=dict.fromkeys(places("hot"), HOT_e_per_s), dead=frozenset(places("dead")))


@lru_cache(maxsize=32)
def _sheet(model: str, digest: str) -> models.CameraSheet:
    sheet = models.load(model)
    if sheet_digest(sheet) != digest:
        raise CellFailed(f"{model}: its data sheet here is not that of the sweep")
    return sheet


@lru_cache(maxsize=16)
def _picture(path: str, digest: str) -> NDArray[Any] | list[NDArray[Any]]:
    if file_digest(Path(path)) != digest:
        raise CellFailed(f"{path}: is not the file that the sweep began with")
    return load_picture(path)
