"""Serve twins on the network until a time limit, Ctrl-C, or a signal to end."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any, Final

from camtwin.links.base.link import LinkProblem
from camtwin.links.base.runtime import WallRuntime, paced
from camtwin.links.gentl.device import GentlDevice, GentlLink
from camtwin.links.gentl.server import GentlServer
from camtwin.links.kind import OPENINGS, Link, ServedTwin, Shared
from camtwin.processes import ENDINGS, MOMENT_s, unsafe
from camtwin.simtime import Scheduler

log = logging.getLogger(__name__)

STATUS_s: Final = 0.5


class Over(Exception):
    """Raised by an event of virtual time to end the run; all twins leave the network."""


Callback = Callable[[Sequence[Link]], object]
Task = Callable[[Link], Awaitable[object]]


def serve(
    twins: Sequence[ServedTwin],
    *,
    seconds: float | None = None,
    ready: Callback | None = None,
    status: Callback | None = None,
    task: Task | None = None,
    pace: float = 1.0,
    gentl_only: bool = False,
    until_eof: bool = False,
) -> None:
    """Run twins as cameras in wall time, side by side; return when they have left the network.

    All of them can be reached by GenTL, too. Twins that share a clock share one virtual time: events
    between them keep their nanoseconds.

    Args:
        seconds: time limit, from when all are ready and the task is done; None: until stopped from outside,
            or until an event raises Over
        ready: called once all twins have an address, can be discovered and are ready for their first frames
        status: called twice a second
        task: coroutine to run beside the first twin, once all are ready
        pace: camera seconds per second; infinity: as fast as this computer and the client can, for twins
            that have a clock of their own
        gentl_only: open no link of the twins' own
        until_eof: stop when the standard input ends, too

    Raises:
        LinkProblem: an address cannot be used
        OSError: a file cannot be used

        Exceptions of a camera or of the task are passed on.
    """
    asyncio.run(_serve(twins, pace, seconds, ready, status, task, gentl_only, until_eof))


async def _serve(
    twins: Sequence[ServedTwin],
    pace: float,
    seconds: float | None,
    ready: Callback | None,
    status: Callback | None,
    task: Task | None,
    gentl_only: bool,
    until_eof: bool,
) -> None:
    loop, ended = asyncio.get_running_loop(), asyncio.Event()

    async def begin(links: Sequence[Link]) -> None:
        await _begin(links, ready, task)
        if seconds is not None:
            loop.call_later(seconds, ended.set)

    async with contextlib.AsyncExitStack() as opened:
        opened.enter_context(_set_by_signals(ended))
        if until_eof:
            opened.enter_context(_set_by_eof(ended))
        links: list[Link] = []
        devices: list[GentlDevice] = []
        runtimes: dict[Scheduler, WallRuntime] = {}
        shared = Shared(opened)
        for served in twins:
            clock = served.twin.clock
            runtime = runtimes[clock] = runtimes.get(clock) or paced(clock, pace)
            devices.append(GentlDevice(served.twin, runtime))
            opened.callback(devices[-1].close)
            if gentl_only:
                links.append(GentlLink(devices[-1]))
                continue
            link = await OPENINGS[served.kind].open(served, runtime, shared)
            links.append(await opened.enter_async_context(link))
        await _listen(opened, devices, required=gentl_only)
        running: list[asyncio.Task[None]] = [
            *(asyncio.create_task(runtime.run()) for runtime in runtimes.values()),
            asyncio.create_task(begin(links)),
        ]
        if status:
            running.append(asyncio.create_task(_report(links, status)))
        stop = asyncio.create_task(ended.wait())
        try:
            with contextlib.suppress(Over):
                await _first_end(stop, running)
        finally:
            for each in (stop, *running):
                each.cancel()
            await asyncio.gather(stop, *running, return_exceptions=True)
            if status:
                status(links)


async def _listen(
    opened: contextlib.AsyncExitStack, devices: Sequence[GentlDevice], *, required: bool
) -> None:
    """Let GenTL consumers find the devices; where they cannot, the twins run without them unless required."""
    try:
        await opened.enter_async_context(GentlServer(devices))
    except LinkProblem as problem:
        if required:
            raise
        log.warning("not reached by GenTL: %s", problem)


@contextlib.contextmanager
def _set_by_eof(ended: asyncio.Event) -> Iterator[None]:
    """Let the end of the standard input set the event."""
    loop, stream = asyncio.get_running_loop(), sys.stdin.fileno()

    def read() -> None:
        if not os.read(stream, 4096):
            ended.set()
            loop.remove_reader(stream)

    loop.add_reader(stream, read)
    try:
        yield
    finally:
        loop.remove_reader(stream)


@contextlib.contextmanager
def _set_by_signals(ended: asyncio.Event) -> Iterator[None]:
    """Let signals set the event; afterwards they do what they did before. Only a main thread gets signals."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop, before = asyncio.get_running_loop(), {n: signal.getsignal(n) for n in ENDINGS}
    heard = [number for number, does in before.items() if does is not signal.SIG_IGN]
    for number in heard:
        loop.add_signal_handler(number, ended.set)
    try:
        yield
    finally:
        for number in heard:
            loop.remove_signal_handler(number)
            signal.signal(number, before[number])


async def _begin(links: Sequence[Link], ready: Callback | None, task: Task | None) -> None:
    """Let hosts find and configure the cameras while kernels load; call `ready` once frames need not wait."""
    for link in links:
        if link.stream:
            await _aside(link.stream.prepare)
        await link.reachable()
    if ready:
        ready(links)
    if task:
        await task(links[0])


async def _aside(work: Callable[[], object]) -> None:
    """Work in a thread of its own, and break the work off when the task is cancelled.

    It ends with the next step of Python's that it does; a call into compiled code is finished.
    """
    loop = asyncio.get_running_loop()
    done = loop.create_future()

    def tell(error: BaseException | None) -> None:
        if not done.done():
            done.set_exception(error) if error else done.set_result(None)

    def run() -> None:
        error: BaseException | None = None
        try:
            work()
        except BaseException as problem:
            error = problem
        loop.call_soon_threadsafe(tell, error)

    thread = threading.Thread(target=run, name="prepare")
    thread.start()
    try:
        await asyncio.shield(done)
    except asyncio.CancelledError:
        done.cancel()
        raise_in = ctypes.pythonapi.PyThreadState_SetAsyncExc
        while unsafe(sys._current_frames().get(thread.ident or 0)):
            time.sleep(MOMENT_s)
        raise_in(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(SystemExit))  # which no thread reports
        thread.join()
        raise


async def _first_end(stop: asyncio.Task[Any], running: list[asyncio.Task[None]]) -> None:
    """Wait for the stop, or for the first of `running` that fails, and raise its exception."""
    waiting = {stop, *running}
    while not stop.done():
        done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for each in done - {stop}:
            each.result()


async def _report(links: Sequence[Link], status: Callback) -> None:
    while True:
        await asyncio.sleep(STATUS_s)
        status(links)
