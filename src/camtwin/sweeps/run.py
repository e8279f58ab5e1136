"""Run the cells of a sweep: in this process, in processes of this computer, or on a cluster of Dask.

Dask hands out the work, notices processes that die, and gives their work to others. Its ports take pickled
code from whoever reaches them: processes of this computer listen on loopback alone, with certificates that
are made for this run.
"""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast
from uuid import uuid4

from camtwin.problem import Problem
from camtwin.processes import ending_later
from camtwin.sweeps.cells import Asked, Cell
from camtwin.sweeps.work import Outcome, reason_of, take_all

if TYPE_CHECKING:
    from distributed import Client
    from tornado.ioloop import IOLoop

BATCH_s: Final = 0.5
"""Time that a process shall need for the cells that it is handed at once."""
MAX_BATCH: Final = 256
AHEAD: Final = 3
"""Batches for each thread that wait or run: what a scheduler needs to keep all busy."""
DEATHS: Final = 3
"""Deaths of processes that a batch may cause; the next one divides it, or fails a cell that is alone."""
START_s: Final = 60.0
REPLACE_ms: Final = 2000
"""Time between two looks for processes that Dask has given up, as they did not start again in time."""
LOCAL: Final = {
    "distributed.scheduler.allowed-failures": DEATHS,
    "distributed.worker.daemon": True,
    "distributed.admin.tick.limit": "1h",
    "distributed.deploy.lost-worker-timeout": "30s",
}
"""Dask's configuration for processes of this computer."""
NO_PAGES: Final = {"distributed.scheduler.http.routes": [], "distributed.worker.http.routes": []}
"""Configuration that leaves out Dask's pages about its processes."""
LOGGERS: Final = ("distributed", "tornado", "asyncio", "bokeh")


class ClusterProblem(Problem):
    """A scheduler or workers that cannot be used; one line that says which."""


@dataclass
class Progress:
    """State of a run. told: called with it now and then."""

    cells: int
    done: int = 0
    failed: int = 0
    kept: int = 0
    bytes: int = 0
    told: Callable[[Progress], None] = lambda progress: None
    began: float = field(default_factory=time.monotonic)

    def add(self, outcome: Outcome) -> None:
        """Count an outcome."""
        self.done += 1
        self.failed += bool(outcome.reason)
        self.bytes += outcome.bytes
        self.told(self)

    @property
    def seconds(self) -> float:
        return max(time.monotonic() - self.began, 1e-9)

    @property
    def left_s(self) -> float | None:
        """Seconds that are left at the rate so far; None before the first cell."""
        fresh = self.done - self.kept
        return (self.cells - self.done) * self.seconds / fresh if fresh else None

    @property
    def line(self) -> str:
        """The state in one line."""
        left, rate = self.left_s, (self.done - self.kept) / self.seconds
        parts = [f"{rate:.1f} cells/s"]
        parts += [f"{self.bytes / self.seconds / 1e6:.1f} MB/s"] * bool(self.bytes)
        parts += [f"{self.failed} failed"] * bool(self.failed)
        if self.done == self.cells:
            parts += ["making tables"]
        elif left is not None:
            minutes, seconds = divmod(round(left), 60)
            parts += [f"{minutes} min {seconds} s left"]
        return ", ".join(parts)


def here(asked: Asked, cells: Iterable[Cell], out: Path) -> Iterator[Outcome]:
    """Run cells in this process."""
    for cell in cells:
        yield from take_all(asked, [cell], str(out))


@contextlib.contextmanager
def local(workers: int, dashboard: bool = False) -> Iterator[Client]:
    """Start processes on this computer, and end them with the context. dashboard: have Dask's page of them.

    Raises:
        ClusterProblem: the processes do not start, or the page lacks a library
    """
    from dask import config
    from distributed import Client, LocalCluster, Security
    from tornado.ioloop import PeriodicCallback

    if dashboard and importlib.util.find_spec("bokeh") is None:
        raise ClusterProblem("--dashboard: bokeh is not installed; pip install bokeh")
    routes = {} if dashboard else NO_PAGES
    with _quietly(), config.set({**LOCAL, **routes}), contextlib.ExitStack() as stack:
        with ending_later():  # Ctrl-C is the program's alone: it ends the processes in order
            cluster = LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                processes=True,
                host="127.0.0.1",
                protocol="tls",
                security=Security.temporary(),
                dashboard_address="127.0.0.1:0",
                worker_dashboard_address="127.0.0.1:0",
                scheduler_kwargs={"dashboard": dashboard},
                silence_logs=logging.CRITICAL + 1,
                memory_limit=0,
            )
            client = Client(cluster)
        try:
            _wait(client, workers, "the processes of this computer")
            replaced = PeriodicCallback(lambda: cluster.scale(workers), REPLACE_ms)
            loop = cast("IOLoop", client.loop)
            loop.add_callback(replaced.start)
            stack.callback(loop.add_callback, replaced.stop)
            yield client
        finally:
            stack.close()
            with ending_later():
                client.close(timeout=10)
                cluster.close(timeout=30)


@contextlib.contextmanager
def remote(address: str) -> Iterator[Client]:
    """Connect to a scheduler; certificates for tls:// are those of Dask's own configuration.

    Raises:
        ClusterProblem: it cannot be reached, or has no worker
    """
    from distributed import Client, Security

    if not address.startswith(("tcp://", "tls://")):
        raise ClusterProblem(f"--scheduler {address}: is neither tls://HOST:PORT nor tcp://HOST:PORT")
    with _quietly():
        try:
            security = Security(require_encryption=address.startswith("tls://"))
            client = Client(address, security=security, timeout=START_s / 4, set_as_default=False)
        except (OSError, TypeError, ValueError, RuntimeError) as error:
            raise ClusterProblem(f"--scheduler {address}: {reason_of(error)}") from None
        try:
            _wait(client, 1, f"--scheduler {address}")
            yield client
        finally:
            client.close(timeout=10)


def insecure(address: str) -> str:
    """Return a warning for a scheduler that anybody can send code to; nothing for another one."""
    if not address.startswith("tcp://"):
        return ""
    return (
        f"{address}: whoever reaches this scheduler can run code on its workers; tls:// wants a certificate"
    )


def _wait(client: Client, workers: int, who: str) -> None:
    try:
        client.wait_for_workers(workers, timeout=START_s)
    except TimeoutError:
        raise ClusterProblem(f"{who}: no worker has come within {START_s:g} s") from None


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Keep Dask's remarks about processes that come and go from the terminal: outcomes say what happened."""
    before = {name: logging.getLogger(name).level for name in LOGGERS}
    for name in LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)


def on_cluster(client: Client, asked: Asked, cells: Iterable[Cell], out: Path) -> Iterator[Outcome]:
    """Run cells on a cluster, whose processes see the folder `out` as this one does."""
    _check_folder(client, out)

    def submit(batch: list[Cell]) -> Any:
        return client.submit(take_all, asked, batch, str(out), key=f"cells-{uuid4().hex}", pure=False)

    yield from handed(client, cells, submit)


def handed(client: Client, cells: Iterable[Cell], submit: Callable[[list[Cell]], Any]) -> Iterator[Outcome]:
    """Hand cells to a cluster in batches that need about BATCH_s; the next follow as results come.

    A batch whose processes die too often is divided: its cells go alone, with nothing beside them, so that
    the one to blame is found. submit: returns the future of a batch's outcomes.
    """
    from distributed import as_completed
    from distributed.scheduler import KilledWorker

    rest, pending, alone = iter(cells), dict[Any, list[Cell]](), deque[Cell]()
    running, each_s, tried = as_completed(loop=client.loop), 0.0, set[int]()

    def feed() -> None:
        while len(pending) < (1 if alone else AHEAD * _threads(client)):
            lonely = bool(alone)
            size = min(max(int(BATCH_s / each_s), 1), MAX_BATCH) if each_s else 1
            if not (batch := [alone.popleft()] if alone else list(islice(rest, size))):
                return
            tried.update(cell.number for cell in batch if lonely)
            future = submit(batch)
            pending[future] = batch
            running.add(future)
            if lonely:
                return

    feed()
    for future in running:
        batch = pending.pop(future)
        try:
            outcomes: list[Outcome] = future.result()
        except Exception as error:
            if client.status not in ("running", "connecting"):
                raise ClusterProblem(f"the scheduler has gone: {reason_of(error)}") from None
            if isinstance(error, KilledWorker) and batch[0].number not in tried:
                alone.extend(batch)
            else:
                for cell in batch:
                    yield Outcome(cell.number, cell.id, _death(error))
        else:
            if spent := [outcome.seconds for outcome in outcomes if outcome.seconds]:
                each_s = sorted(spent)[len(spent) // 2]
            yield from outcomes
        feed()


def _threads(client: Client) -> int:
    return sum(cast("dict[str, int]", client.nthreads()).values()) or 1


def _death(error: Exception) -> str:
    from distributed.scheduler import KilledWorker

    if isinstance(error, KilledWorker):
        return "its process died, again and again"
    return reason_of(error)


def _check_folder(client: Client, out: Path) -> None:
    """Check that all processes see the folder. ClusterProblem names one that does not."""
    token = out / ".seen"
    token.write_text(word := uuid4().hex)
    try:
        answers = cast("dict[str, str]", client.run(_read, str(token)))
        for address, read in answers.items():
            if read != word:
                raise ClusterProblem(f"{address}: does not see {out}; name a folder that all workers share")
    finally:
        token.unlink()


def _read(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""


def in_order(client: Client, asked: Asked, cells: Iterable[Cell]) -> Iterator[Outcome]:
    """Take cells on a cluster, and yield their images in the order of the cells, a few of them ahead."""
    from camtwin.sweeps.work import take_arrays

    ahead, rest = deque[Any](), iter(cells)
    depth = AHEAD * _threads(client)
    while True:
        for cell in islice(rest, depth - len(ahead)):
            ahead.append(client.submit(take_arrays, asked, cell, key=f"stream-{uuid4().hex}", pure=False))
        if not ahead:
            return
        yield ahead.popleft().result()
