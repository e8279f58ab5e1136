"""Cells on disk, named by their ids: each is there as a whole or not at all.

    OUT/cells/3f/3f0a....json             what is known of its images, and how long its files are
    OUT/cells/3f/3f0a.../frame.0          an image, compressed, as a chunk of a Zarr array; or frame.0.tiff

A cell is written into OUT/parts, and moved from there when it is whole, its record last. Nothing is pickled.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import numpy as np
from numpy.typing import DTypeLike, NDArray

from camtwin import files
from camtwin.problem import Problem
from camtwin.sweeps.plan import SweepInvalid

CELLS, PARTS, LOCK, RESERVE = "cells", "parts", ".lock", ".reserve"
TABLES_bytes: Final = 1 << 20
"""Size of what a sweep makes beside its cells, without rows: heads of tables and arrays, the data card."""
ROW_bytes: Final = 1024
"""Size of a row of a table while it is made: an assumption, twice that of a row of statistics."""
LEVEL: Final = 1
"""Blosc's level of compression: images are noise, and a higher one finds no more in it."""


class Busy(Problem):
    """A folder that another sweep is writing to."""


def folder_of(out: Path, cell_id: str) -> Path:
    """Return the place of a cell's files."""
    return out / CELLS / cell_id[:2] / cell_id


def record_path(out: Path, cell_id: str) -> str:
    """Return the place of a cell's record: text, for a path object costs more than to look there."""
    return f"{out}/{CELLS}/{cell_id[:2]}/{cell_id}.json"


@contextlib.contextmanager
def writing(out: Path) -> Iterator[None]:
    """Hold a folder for one sweep, and remove what a killed one has left half-written."""
    try:
        (out / CELLS).mkdir(parents=True, exist_ok=True)
        with (out / LOCK).open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Busy(f"{out}: another sweep is writing there") from None
            shutil.rmtree(out / PARTS, ignore_errors=True)
            (out / PARTS).mkdir(exist_ok=True)
            yield
            shutil.rmtree(out / PARTS, ignore_errors=True)
    except (FileExistsError, NotADirectoryError):
        raise SweepInvalid(f"{out}: is a file; name a folder") from None


@contextlib.contextmanager
def reserved(out: Path, rows: int) -> Iterator[None]:
    """Hold room for tables of so many rows: cells may fill the disk, and the tables say which ones failed.

    Raises:
        OSError: there is no room even for them
    """
    path = out / RESERVE
    try:
        with path.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, TABLES_bytes + rows * ROW_bytes)
        yield
    finally:
        path.unlink(missing_ok=True)


class Writer:
    """The folder of a cell while it is written; there is none before the first file."""

    def __init__(self, part: str, kind: str, codec: str) -> None:
        self._part, self.kind, self.codec, self.sizes = part, kind, codec, dict[str, int]()

    @cached_property
    def part(self) -> Path:
        """The folder."""
        os.mkdir(self._part)
        return Path(self._part)

    def array(self, name: str, number: int, array: NDArray[Any]) -> None:
        """Write an array as a chunk of Zarr."""
        self._whole(f"{name}.{number}", chunk(array, self.codec))

    def image(self, number: int, image: NDArray[np.uint16], bits: int, facts: dict[str, Any]) -> None:
        """Write an image as the sweep wants it."""
        if self.kind == "zarr":
            return self.array("frame", number, image.astype(np.uint8) if bits <= 8 else image)
        path = self.part / f"frame.{number}.{self.kind}"
        if self.kind == "dng":
            self._whole(path.name, _dng(image, facts))
            return None
        files.save(path, image, bits, facts)
        self.sizes[path.name] = path.stat().st_size
        if self.kind == "npy":
            beside = path.with_name(f"{path.name}.json")
            self.sizes[beside.name] = beside.stat().st_size
        return None

    def _whole(self, name: str, data: bytes | memoryview) -> None:
        with (self.part / name).open("wb") as file:
            file.write(data)
        self.sizes[name] = len(data)


def _dng(image: NDArray[np.uint16], facts: dict[str, Any]) -> bytes:
    from camtwin import isp
    from camtwin.isp.dng import dng_bytes
    from camtwin.pixels import FORMATS

    return dng_bytes(
        isp.raw_of(image, FORMATS[facts["pixel_format"]], facts["black_DN"]), model=facts["model"]
    )


@contextlib.contextmanager
def cell_writer(out: Path, cell_id: str, kind: str, codec: str, record: dict[str, Any]) -> Iterator[Writer]:
    """Write a cell: it is there when the context is left without an error, with `record` as its JSON."""
    part, path = f"{out}/{PARTS}/{cell_id}-{uuid4().hex}", record_path(out, cell_id)
    writer = Writer(part, kind, codec)
    try:
        yield writer
        record["files"] = writer.sizes
        with open(f"{part}.json", "w") as file:
            file.write(json.dumps(record))
        if writer.sizes:
            _move(part, str(folder_of(out, cell_id)))
        _move(f"{part}.json", path)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        with contextlib.suppress(OSError):
            os.unlink(f"{part}.json")
        raise


def _move(part: str, place: str) -> None:
    """Move what is whole to its place, where the same may lie, or what was not finished."""
    try:
        os.replace(part, place)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(place), exist_ok=True)
        os.replace(part, place)
    except OSError:  # a folder that is not empty is not replaced
        shutil.rmtree(place, ignore_errors=True)
        os.replace(part, place)


def record_of(out: Path, cell_id: str) -> dict[str, Any] | None:
    """Return what is known of a cell; None if it is not there, or not whole."""
    path = record_path(out, cell_id)
    try:
        with open(path, "rb") as file:
            record = json.loads(file.read())
        place = path.removesuffix(".json")
        whole = all(os.stat(f"{place}/{name}").st_size == size for name, size in record["files"].items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return record if whole else None


# -- chunks of Zarr ------------------------------------------------------------------------------------
def chunk(array: NDArray[Any], codec: str) -> bytes:
    """Return an array as a chunk of Zarr v3 with this codec, byte for byte as the library writes it."""
    whole = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False)
    if codec == "none":
        return whole.tobytes()
    blosc = _blosc()
    return blosc.compress(whole.reshape(-1), codec.encode(), LEVEL, blosc.BITSHUFFLE, 0)


@cache
def _blosc() -> Any:
    """Return the library, which shall start no threads: processes share the cores."""
    from numcodecs import blosc  # pyright: ignore[reportAttributeAccessIssue]

    blosc.use_threads = False
    return blosc


def unchunked(data: bytes, shape: tuple[int, ...], dtype: DTypeLike, codec: str) -> NDArray[Any]:
    """Return the array of a chunk."""
    if codec != "none":
        data = _blosc().decompress(data)
    return np.frombuffer(data, dtype).reshape(shape)


def free_bytes(path: Path) -> int:
    """Return the free bytes of the disk on which a path lies, or will lie."""
    while not path.exists() and path != path.parent:
        path = path.parent
    return shutil.disk_usage(path).free


def link(source: Path, target: Path) -> None:
    """Give a file a second name; copy it where the disk has no such names."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
