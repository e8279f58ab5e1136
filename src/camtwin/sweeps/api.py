"""Sweeps from Python: `camtwin.sweep`.

sweep = camtwin.sweep("exposures.toml")
frames = sweep.arrays()["640x480-uint16"]["frame"]     # lazy: a dask array, nothing is taken yet
result = sweep.run("OUT", workers=2)                   # on disk: result.table, result.arrays()
for sample in sweep.stream(): ...                      # into a training loop, no disk
"""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from math import floor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from camtwin.folders import load_text
from camtwin.sweeps import run as running
from camtwin.sweeps.cells import Asked, Cell, Sweep, code_digest, file_digest
from camtwin.sweeps.check import check
from camtwin.sweeps.collect import Collected, collect
from camtwin.sweeps.plan import SweepInvalid, chance, checked, parse
from camtwin.sweeps.store import record_of, reserved, writing
from camtwin.sweeps.work import CellFailed, Plain, take_arrays

if TYPE_CHECKING:
    import dask.array
    import pyarrow

Call = str | Callable[..., Mapping[str, Any]]
CARD, PLAN = "README.md", "sweep.toml"


@dataclass(frozen=True, eq=False)
class Sample:
    """An image of a stream.

    image    (H, W) uint8 or uint16
    truth    its arrays by name: electrons, defects, clean, as far as the sweep keeps them
    cell     number of its cell; frame: its number in the cell
    columns  values of the cell
    record   what else is known: statistics of each image, checksums, codes
    split    "train" or "test"
    """

    image: NDArray[Any]
    truth: dict[str, NDArray[Any]]
    cell: int
    frame: int
    columns: dict[str, Any]
    record: dict[str, Any]
    split: str


class Plan:
    """A sweep that can be run, or looked at without a run."""

    def __init__(self, sweep: Sweep, text: str) -> None:
        self.sweep, self.text = sweep, text
        self.sizes = check(sweep)

    def __len__(self) -> int:
        return len(self.sweep)

    @property
    def cells(self) -> Iterator[Cell]:
        """The cells, in their order."""
        return self.sweep.cells()

    @cached_property
    def table(self) -> pyarrow.Table:
        """The cells that will be taken, a row each."""
        import pyarrow as pa

        rows = [
            {"cell": c.number, "id": c.id, "split": c.split, "scene": c.scene, **c.columns}
            for c in self.cells
        ]
        return pa.Table.from_pylist(rows)

    def arrays(self) -> dict[str, dask.array.Array]:
        """Return lazy arrays by kind, frame and what of the truth is kept: (cells * frames, H, W).

        Each chunk is a cell, and is taken when it is computed, by whatever scheduler Dask has.

        Raises:
            SweepInvalid: its images differ in size
        """
        import dask.array as da
        from dask.delayed import delayed

        asked = self.sweep.asked
        if len(self.sizes) != 1:
            said = ", ".join(f"{width} x {height}" for height, width in self.sizes)
            raise SweepInvalid(f"{self.sweep.name}: images of {said}; lazy arrays have one size")
        first = _taken(asked, next(self.cells))
        load, made = delayed(_taken, pure=True), dict[str, list[Any]]()
        for cell in self.cells:
            arrays = load(asked, cell, dask_key_name=f"cell-{cell.id}")
            for name, known in first.items():
                kind = delayed(_one)(arrays, name, dask_key_name=f"{name}-{cell.id}")
                made.setdefault(name, []).append(da.from_delayed(kind, known.shape, known.dtype))
        return {name: da.concatenate(parts) for name, parts in made.items()}

    def stream(self, *, workers: int = 0, split: str = "", shuffle: int | None = None) -> Iterator[Sample]:
        """Yield images one by one, without a disk.

        Args:
            workers: processes that take cells ahead; 0: cells are taken here, when they are due. The order
                is the same.
            split: only "train" or "test".
            shuffle: seed of a random order of cells; None: as they are.

        Raises:
            CellFailed: a cell has no images
        """
        cells = [cell for cell in self.cells if split in ("", cell.split)]
        if shuffle is not None:
            cells.sort(key=lambda cell: chance(shuffle, "order", cell.id))
        asked = self.sweep.asked
        with ExitStack() as stack:
            if workers:
                client = stack.enter_context(running.local(workers))
                results = running.in_order(client, asked, cells)
            else:
                results = (take_arrays(asked, cell) for cell in cells)
            for cell, outcome in zip(cells, results, strict=True):
                if outcome.reason or outcome.record is None:
                    raise CellFailed(f"cell {cell.number}: {outcome.reason}")
                frames = outcome.arrays.pop("frame")
                for number, image in enumerate(frames):
                    truth = {name: array[number] for name, array in outcome.arrays.items()}
                    yield Sample(image, truth, cell.number, number, cell.columns, outcome.record, cell.split)

    def run(
        self,
        out: str | Path,
        *,
        workers: int = 0,
        scheduler: str | None = None,
        dashboard: bool = False,
        told: Callable[[running.Progress], None] = lambda progress: None,
    ) -> Result:
        """Take all cells that are not in the folder `out` yet, and make its arrays and tables.

        Args:
            out: the folder; it is made.
            workers: processes on this computer; 0: this process.
            scheduler: address of a Dask scheduler, tls://HOST:PORT, whose workers share the folder.
            dashboard: have Dask's page about the processes on this computer.
            told: called with the progress after each cell.

        Raises:
            Busy: another sweep is writing to the folder
            ClusterProblem: there are no processes
        """
        out = Path(out).resolve()
        progress, reasons = running.Progress(len(self), told=told), dict[str, str]()
        with writing(out):
            missing = self._missing(out, progress)
            if (first := next(missing, None)) is not None:
                cells, rows = _chained(first, missing), len(self) * (1 + self.sweep.asked.frames)
                with reserved(out, rows):
                    for outcome in _outcomes(self.sweep.asked, cells, out, workers, scheduler, dashboard):
                        progress.add(outcome)
                        if outcome.reason:
                            reasons[outcome.id] = outcome.reason
            made = collect(self.sweep.asked, self.cells, reasons, out)
            self._describe(out, made)
        return Result(out, made)

    def _missing(self, out: Path, progress: running.Progress) -> Iterator[Cell]:
        """Yield the cells that are not there, each once."""
        seen = set[str]()
        for cell in self.cells:
            if cell.id in seen or record_of(out, cell.id) is not None:
                progress.done += 1
                progress.kept += 1
                continue
            seen.add(cell.id)
            yield cell

    def _describe(self, out: Path, made: Collected) -> None:
        from camtwin.sweeps.card import card

        for name, text in ((CARD, card(self.sweep, made, self.text)), (PLAN, self.text)):
            part = out / f".{name}"
            part.write_text(text, "utf-8")
            part.replace(out / name)


def _chained(first: Cell, rest: Iterator[Cell]) -> Iterator[Cell]:
    yield first
    yield from rest


def _outcomes(
    asked: Asked, cells: Iterator[Cell], out: Path, workers: int, scheduler: str | None, dashboard: bool
) -> Iterator[Any]:
    if scheduler is None and not workers:
        yield from running.here(asked, cells, out)
        return
    opened = running.remote(scheduler) if scheduler else running.local(workers, dashboard)
    with opened as client:
        yield from running.on_cluster(client, asked, cells, out)


def _taken(asked: Asked, cell: Cell) -> dict[str, NDArray[Any]]:
    outcome = take_arrays(asked, cell)
    if outcome.reason:
        raise CellFailed(f"cell {cell.number}: {outcome.reason}")
    return outcome.arrays


def _one(arrays: dict[str, NDArray[Any]], name: str) -> NDArray[Any]:
    return arrays[name]


@dataclass(frozen=True)
class Result:
    """A sweep on disk. made: what there is."""

    out: Path
    made: Collected

    @property
    def table(self) -> pyarrow.Table:
        """The cells, a row each."""
        return self._read("cells.parquet")

    @property
    def frames(self) -> pyarrow.Table:
        """The images, a row each."""
        return self._read("frames.parquet")

    def _read(self, name: str) -> pyarrow.Table:
        from pyarrow import parquet

        return parquet.read_table(self.out / name)

    def arrays(self) -> dict[str, dict[str, dask.array.Array]]:
        """Return the arrays on disk by size and kind, lazy: arrays()["640x480-uint16"]["frame"]."""
        import dask.array as da

        found = dict[str, dict[str, Any]]()
        for name in self.made.arrays:
            size, _, kind = name.partition("/")
            found.setdefault(size, {})[kind] = da.from_zarr(self.out / "frames.zarr", component=name)
        return found


def sweep(plan: str | Path | Mapping[str, Any], *, call: Call | None = None) -> Plan:
    """Return a sweep, checked: `camtwin.sweep`.

    Args:
        plan: path of a sweep's file, or what would stand in it as a dictionary.
        call: a function of (images, record) that returns numbers for the table, or its module:name.

    Raises:
        SweepInvalid: in one line, names the key, the value and the limit
        Missing: Dask or Zarr are not installed
    """
    if isinstance(plan, Mapping):
        text, name, folder = json.dumps(plan, indent=2), "sweep", Path.cwd()
        read = checked(plan, name)
    else:
        name, folder = str(plan), Path(plan).resolve().parent
        if (found := load_text(name)) is None:
            raise SweepInvalid(f"{name}: there is no such file")
        text, read = found, parse(found, name)
    asked = Asked(read.frames, read.keep, read.format, read.codec, str(folder), code_digest(), call)
    return Plan(Sweep(read, name, asked, _digest(call)), text)


def _digest(call: Call | None) -> str:
    """Return the hash of a function: of its source, and of the file of its module."""
    if call is None:
        return ""
    if isinstance(call, str):
        from camtwin.sweeps.work import function_of

        try:
            function, said = function_of(call), call
        except CellFailed as error:
            raise SweepInvalid(f"--call {error}") from None
    else:
        function, said = call, getattr(call, "__qualname__", repr(call))
    code = getattr(function, "__code__", None)
    source = (
        f"{code.co_code!r}{code.co_names}{[c for c in code.co_consts if isinstance(c, Plain)]}"
        if code
        else ""
    )
    with suppress(OSError, TypeError):  # typed at a prompt, or compiled
        source += inspect.getsource(function) + file_digest(Path(inspect.getfile(function)))
    return hashlib.blake2b(f"{said}\0{source}".encode(), digest_size=16).hexdigest()


def spread(count: int, of: int) -> list[int]:
    """Return up to `count` numbers below `of`, evenly spread, the first and the last among them."""
    if of <= count:
        return [*range(of)]
    return sorted({floor(i * (of - 1) / max(count - 1, 1)) for i in range(count)})


def sampled(plan: Plan, count: int) -> list[Cell]:
    """Return some cells, evenly spread."""
    wanted = {*spread(count, len(plan))}
    return [cell for cell in islice(plan.cells, max(wanted) + 1) if cell.number in wanted]
