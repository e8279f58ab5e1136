"""Keep twins on the network until told to stop: by time, by Ctrl-C or by SIGTERM."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from camtwin.links.base.runtime import WallRuntime, paced
from camtwin.links.gige.faults import Faults
from camtwin.links.gige.link import GigeLink
from camtwin.links.usb3.link import Usb3Link
from camtwin.links.usb3.server import UsbipServer
from camtwin.simtime import Scheduler
from camtwin.twins import Twin

STATUS_s: Final = 0.5


class Over(Exception):
    """Raised in an event of virtual time: the twins leave the network."""


Link: TypeAlias = GigeLink | Usb3Link
Told = Callable[[Sequence[Link]], object]
Task = Callable[[Link], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Place:
    """A twin, the IPv4 address it has, and faults, pcap and interface as GigeLink has them.

    usb_port  of its USB/IP server, which twins with the same port share, at the address of the first; None:
              it is on the network by GigE Vision
    """

    twin: Twin
    bind: str
    faults: Faults | None = None
    pcap: Path | None = None
    usb_port: int | None = None
    interface: str | None = None


def serve(
    places: Sequence[Place],
    *,
    seconds: float | None = None,
    ready: Told | None = None,
    status: Told | None = None,
    task: Task | None = None,
    any_destination: bool = False,
    pace: float = 1.0,
    ip_speed: float = 1.0,
) -> None:
    """Run twins as cameras in wall time, side by side; returns when they have left the network.
    Twins that share a clock stay in one time: events between them keep their nanoseconds.

    seconds  how long; until it is told to stop if None, or an event is Over
    ready    told once all have an address, can be discovered and their first pictures need not wait
    status   told twice a second
    task     something to do beside the first of them, once all are ready
    pace     camera seconds per second; infinity: as fast as this computer and the client can, for twins
             with a clock of their own
    any_destination, ip_speed   as GigeLink has them

    LinkProblem where an address cannot be had, OSError where a file cannot; what goes wrong in a
    camera or the task is raised.
    """
    asyncio.run(_serve(places, pace, any_destination, ip_speed, seconds, ready, status, task))


async def _serve(
    places: Sequence[Place],
    pace: float,
    any_destination: bool,
    ip_speed: float,
    seconds: float | None,
    ready: Told | None,
    status: Told | None,
    task: Task | None,
) -> None:
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    for told in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(told, ended.set)
    async with contextlib.AsyncExitStack() as opened:
        links: list[Link] = []
        runtimes: dict[Scheduler, WallRuntime] = {}
        servers: dict[int, UsbipServer] = {}
        for place in places:
            clock, port = place.twin.clock, place.usb_port
            runtime = runtimes[clock] = runtimes.get(clock) or paced(clock, pace)
            if port is None:
                link = _gige(place, runtime, any_destination, ip_speed)
            else:
                if port not in servers:
                    servers[port] = await opened.enter_async_context(UsbipServer(port, place.bind))
                link = Usb3Link(place.twin, runtime, server=servers[port])
            links.append(await opened.enter_async_context(link))
        running: list[asyncio.Task[None]] = [
            *(asyncio.create_task(runtime.run()) for runtime in runtimes.values()),
            asyncio.create_task(_begin(links, ready, task)),
        ]
        if status:
            running.append(asyncio.create_task(_report(links, status)))
        stop = asyncio.create_task(_stop(ended, seconds))
        try:
            with contextlib.suppress(Over):
                await _first_end(stop, running)
        finally:
            for each in (stop, *running):
                each.cancel()
            await asyncio.gather(stop, *running, return_exceptions=True)
            if status:
                status(links)


def _gige(place: Place, runtime: WallRuntime, any_destination: bool, ip_speed: float) -> GigeLink:
    return GigeLink(
        place.twin,
        runtime,
        place.bind,
        faults=place.faults,
        pcap=place.pcap,
        any_destination=any_destination,
        interface=place.interface,
        ip_speed=ip_speed,
    )


async def _begin(links: Sequence[Link], ready: Told | None, task: Task | None) -> None:
    """Hosts find the cameras and set them while kernels load; then they are ready for pictures."""
    for link in links:
        await asyncio.to_thread(link.stream.prepare)
        if isinstance(link, GigeLink):
            await link.found_home()
    if ready:
        ready(links)
    if task:
        await task(links[0])


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


async def _report(links: Sequence[Link], status: Told) -> None:
    while True:
        await asyncio.sleep(STATUS_s)
        status(links)
