"""Keep a twin on the network until it is told to stop: by time, by Ctrl-C or by SIGTERM."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, TypeAlias

from camtwin.links.faults import Faults
from camtwin.links.gige import GigeLink
from camtwin.links.runtime import WallRuntime
from camtwin.links.usb3 import Usb3Link
from camtwin.twins import Twin

STATUS_s: Final = 0.5

Link: TypeAlias = GigeLink | Usb3Link
Told = Callable[[Link], object]
Task = Callable[[Link], Awaitable[object]]


def serve(
    twin: Twin,
    *,
    bind: str,
    seconds: float | None = None,
    ready: Told | None = None,
    status: Told | None = None,
    task: Task | None = None,
    faults: Faults | None = None,
    any_destination: bool = False,
    pcap: Path | None = None,
) -> None:
    """Run the twin as a GigE Vision camera in wall time; returns when it has left the network.

    bind     IPv4 address it has
    seconds  how long; until it is told to stop if None
    ready    told once it can be discovered and its first picture need not wait
    status   told twice a second
    task     something to do beside it, once it is ready
    faults, any_destination, pcap   as GigeLink has them

    LinkProblem where the address cannot be had, OSError where the file cannot; what goes wrong in the camera
    or the task is raised.
    """

    def opened(runtime: WallRuntime) -> GigeLink:
        return GigeLink(twin, runtime, bind=bind, faults=faults, any_destination=any_destination, pcap=pcap)

    asyncio.run(_serve(twin, opened, seconds, ready, status, task))


def serve_usb3(
    twin: Twin,
    *,
    bind: str,
    port: int,
    seconds: float | None = None,
    ready: Told | None = None,
    status: Told | None = None,
) -> None:
    """Run the twin as a USB3 Vision camera that hosts attach over USB/IP; otherwise as `serve`.

    bind, port   where the USB/IP server listens
    """

    def opened(runtime: WallRuntime) -> Usb3Link:
        return Usb3Link(twin, runtime, port, bind)

    asyncio.run(_serve(twin, opened, seconds, ready, status, None))


async def _serve(
    twin: Twin,
    opened: Callable[[WallRuntime], Link],
    seconds: float | None,
    ready: Told | None,
    status: Told | None,
    task: Task | None,
) -> None:
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    for told in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(told, ended.set)
    runtime = WallRuntime(twin.clock)
    async with opened(runtime) as link:
        running: list[asyncio.Task[None]] = [
            asyncio.create_task(runtime.run()),
            asyncio.create_task(_begin(link, ready, task)),
        ]
        if status:
            running.append(asyncio.create_task(_report(link, status)))
        stop = asyncio.create_task(_stop(ended, seconds))
        try:
            await _first_end(stop, running)
        finally:
            for each in (stop, *running):
                each.cancel()
            await asyncio.gather(stop, *running, return_exceptions=True)
            if status:
                status(link)


async def _begin(link: Link, ready: Told | None, task: Task | None) -> None:
    """Hosts find the camera and set it while its kernels load; then it is ready for pictures."""
    await asyncio.to_thread(link.stream.prepare)
    if ready:
        ready(link)
    if task:
        await task(link)


async def _first_end(stop: asyncio.Task[None], running: list[asyncio.Task[None]]) -> None:
    """Wait for the stop, or for the first of `running` that fails, and raise what it failed with."""
    waiting = {stop, *running}
    while not stop.done():
        done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for each in done - {stop}:
            each.result()


async def _stop(ended: asyncio.Event, seconds: float | None) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(ended.wait(), seconds)


async def _report(link: Link, status: Told) -> None:
    while True:
        await asyncio.sleep(STATUS_s)
        status(link)
