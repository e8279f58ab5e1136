"""Arrays and tables of what a sweep has kept: made anew at its end, from the cells on disk, in their order.

    OUT/frames.zarr     a group of arrays: frame, and electrons, defects, clean; first axis: the images
    OUT/images          or a folder of files
    OUT/cells.parquet   a row for each cell, failed ones, too: columns, seed, split, statistics, checksums
    OUT/frames.parquet  a row for each image: time, statistics, chunk values, checksum

Chunks of the arrays are the files of the cells under a second name: nothing is copied.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from camtwin.sweeps.cells import Asked, Cell
from camtwin.sweeps.store import folder_of, link, record_of

if TYPE_CHECKING:
    import pyarrow as pa

ROWS: Final = 20_000
"""Rows of a table that are held at a time."""
MADE: Final = ("seconds", "host")
"""Columns that differ from run to run."""
ARRAYS: Final = {"frame": "", "electrons": "float32", "defects": "uint8", "clean": "float32"}
"""Arrays, and the types of those that have the same in every cell."""
Shape = tuple[int, int]


@dataclass
class Stack:
    """Images of one size and type: an array of each kind, or a folder."""

    shape: Shape
    dtype: str
    count: int = 0
    cells: list[int] = field(default_factory=list)


@dataclass
class Collected:
    """Contents of a sweep: cells that are done and that failed, images, and the names of the arrays."""

    done: int = 0
    failed: int = 0
    frames: int = 0
    arrays: list[str] = field(default_factory=list)


def collect(asked: Asked, cells: Iterable[Cell], reasons: Mapping[str, str], out: Path) -> Collected:
    """Make arrays and tables of a sweep. reasons: why cells failed, by their ids."""
    made, stacks = Collected(), dict[tuple[Shape, str], Stack]()
    part = out / ".collected"
    shutil.rmtree(part, ignore_errors=True)
    (part / "frames.zarr").mkdir(parents=True)
    (part / "images").mkdir()
    with _Table(part / "cells.parquet") as table, _Table(part / "frames.parquet") as frames:
        for cell in cells:
            record = record_of(out, cell.id)
            if record is None:
                made.failed += 1
                table.add(_cell_row(cell, None, reasons.get(cell.id, "has not run")))
                continue
            dtype = "uint8" if record["bits"] <= 8 else "uint16"
            key = (record["shape"][0], record["shape"][1]), dtype
            stack = stacks.setdefault(key, Stack(*key))
            table.add(_cell_row(cell, record, "") | {"array": _name(stack), "first": stack.count})
            for row in _frame_rows(cell, record):
                frames.add(row)
            _link(asked, cell, stack, out, part)
            stack.count += asked.frames
            stack.cells += [cell.number] * asked.frames
            made.done += 1
            made.frames += asked.frames
    zarr_there = (asked.format == "zarr" and "frames" in asked.keep) or {"truth", "clean"} & {*asked.keep}
    if zarr_there:
        made.arrays = list(_describe(asked, list(stacks.values()), part / "frames.zarr"))
    _place(
        part, out, with_images=asked.format != "zarr" and "frames" in asked.keep, with_arrays=bool(zarr_there)
    )
    return made


def _name(stack: Stack) -> str:
    return f"{stack.shape[1]}x{stack.shape[0]}-{stack.dtype}"


def _link(asked: Asked, cell: Cell, stack: Stack, out: Path, part: Path) -> None:
    """Give the files of a cell their names in the arrays or the folder of images."""
    home = folder_of(out, cell.id)
    for kind in _kinds(asked):
        chunks = part / "frames.zarr" / _name(stack) / kind
        chunks.mkdir(parents=True, exist_ok=True)
        for number in range(asked.frames):
            link(home / f"{kind}.{number}", chunks / f"c.{stack.count + number}.0.0")
    if asked.format != "zarr" and "frames" in asked.keep:
        for number in range(asked.frames):
            file = home / f"frame.{number}.{asked.format}"
            name = f"{cell.number:06d}-{number:04d}.{asked.format}"
            link(file, part / "images" / name)
            if (beside := file.with_name(f"{file.name}.json")).exists():
                link(beside, part / "images" / f"{name}.json")


def _kinds(asked: Asked) -> Iterator[str]:
    if "frames" in asked.keep and asked.format == "zarr":
        yield "frame"
    if "truth" in asked.keep:
        yield from ("electrons", "defects")
    if "clean" in asked.keep:
        yield "clean"


def _describe(asked: Asked, stacks: list[Stack], root: Path) -> Iterator[str]:
    """Write what Zarr says of the arrays, and yield their names."""
    import numpy as np
    import zarr

    group = zarr.open_group(root, mode="a", zarr_format=3)
    for stack in stacks:
        inner = group.create_group(_name(stack))
        for kind in _kinds(asked):
            dtype = ARRAYS[kind] or stack.dtype
            inner.create_array(
                kind,
                shape=(stack.count, *stack.shape),
                chunks=(1, *stack.shape),
                dtype=dtype,
                compressors=compressors(asked.codec, np.dtype(dtype).itemsize),
                chunk_key_encoding={"name": "default", "separator": "."},
                dimension_names=("image", "y", "x"),
            )
            yield f"{_name(stack)}/{kind}"
        numbers = inner.create_array(
            "cell",
            shape=(stack.count,),
            dtype="int64",
            chunks=(max(stack.count, 1),),
            dimension_names=("image",),
        )
        numbers[:] = np.array(stack.cells, np.int64)


def compressors(codec: str, itemsize: int) -> Any:
    """Return the codec of arrays for Zarr, that of `store.chunk`."""
    if codec == "none":
        return None
    from zarr.codecs import BloscCodec

    from camtwin.sweeps.store import LEVEL

    return BloscCodec(cname=codec, clevel=LEVEL, shuffle="bitshuffle", typesize=itemsize)  # pyright: ignore


def _place(part: Path, out: Path, *, with_images: bool, with_arrays: bool) -> None:
    """Put what was made in the place of what was there before."""
    for name, wanted in (
        *(("images", with_images), ("frames.zarr", with_arrays)),
        *(("cells.parquet", True), ("frames.parquet", True)),
    ):
        old = out / name
        if old.is_dir():
            shutil.rmtree(old)
        if wanted and (part / name).exists():
            (part / name).replace(old)
    shutil.rmtree(part)


# -- rows ----------------------------------------------------------------------------------------------
def _cell_row(cell: Cell, record: Mapping[str, Any] | None, reason: str) -> dict[str, Any]:
    row: dict[str, Any] = {
        "cell": cell.number,
        "id": cell.id,
        "status": "failed" if record is None else "done",
        "reason": reason,
        "array": "",
        "first": -1,
        "split": cell.split,
        "seed": str(cell.seed),
        "scene": cell.scene,
        **{key: value for key, value in cell.columns.items() if key not in ("seed", "scene")},
    }
    if record is None:
        return row
    row |= {key: record[key] for key in ("pixel_format", "bits", "black_DN", "gain_dB", "DN_per_e")}
    row |= {"height": record["shape"][0], "width": record["shape"][1], "frames": len(record["frames"])}
    row |= {**record.get("statistics", {}), **record.get("call", {})}
    row["crc32c"] = "".join(each.get("crc32c", "") for each in record["frames"][:64])
    return row | {name: record["made"][name] for name in MADE}


def _frame_rows(cell: Cell, record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for number, each in enumerate(record["frames"]):
        row = {"cell": cell.number, "frame": number, **each}
        for name in ("chunks", "codes"):
            if name in row:
                row[name] = json.dumps(row[name])
        yield row


class _Table:
    """A table that is written as its rows come. Columns that a row lacks are empty there."""

    def __init__(self, path: Path) -> None:
        self.path, self._rows, self._spill = path, list[dict[str, Any]](), list[Path]()
        self._columns = dict[str, set[type]]()

    def __enter__(self) -> _Table:
        return self

    def add(self, row: dict[str, Any]) -> None:
        """Add a row."""
        for name, value in row.items():
            self._columns.setdefault(name, set()).add(type(value))
        self._rows.append(row)
        if len(self._rows) >= ROWS:
            self._flush()

    def _flush(self) -> None:
        spill = self.path.with_suffix(f".{len(self._spill)}.json")
        spill.write_text(json.dumps(self._rows))
        self._spill.append(spill)
        self._rows = []

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None:
            return
        import pyarrow as pa
        from pyarrow import parquet

        types = {name: _type(kinds) for name, kinds in self._columns.items()}
        schema = pa.schema(list(types.items()))
        with parquet.ParquetWriter(self.path, schema) as writer:
            for spill in self._spill:
                writer.write_table(self._batch(json.loads(spill.read_text()), types, schema))
                spill.unlink()
            if self._rows or not self._spill:
                writer.write_table(self._batch(self._rows, types, schema))

    def _batch(self, rows: list[dict[str, Any]], types: dict[str, Any], schema: pa.Schema) -> Any:
        import pyarrow as pa

        columns = [
            pa.array(_column([row.get(name) for row in rows], str(kind)), kind)
            for name, kind in types.items()
        ]
        return pa.Table.from_arrays(columns, schema=schema)


def _type(kinds: set[type]) -> Any:
    import pyarrow as pa

    kinds = kinds - {type(None)}
    if kinds <= {bool}:
        return pa.bool_() if kinds else pa.float64()
    if kinds <= {int}:
        return pa.int64()
    return pa.float64() if kinds <= {int, float} else pa.string()


def _column(values: list[Any], kind: str) -> list[Any]:
    """Return values in the type of their column."""
    if kind == "string":
        return [None if value is None else str(value) for value in values]
    if kind == "double":
        return [float(value) if isinstance(value, int | float) else value for value in values]
    return values
