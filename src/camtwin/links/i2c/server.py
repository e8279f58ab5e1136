"""Bus i2c-N on a socket of the user's: programs that open /dev/i2c-N connect to it (links/native/preload).

A connection is an open file. Bytes that are no request close it; a program that vanishes leaves the bus after
the transfer under way, which goes on as on a wire.

    async with BusServer(runtime, hz=400_000) as server:
        server.targets.append(sensor.file)
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
from pathlib import Path
from typing import Final, Self, TextIO

from camtwin.links.base.devices import I2cDevice, claimed
from camtwin.links.base.runtime import WallRuntime
from camtwin.links.i2c import trace
from camtwin.links.i2c.paced import PacedBus
from camtwin.wire import i2c
from camtwin.wire.csi2.cci import Bus, Done, Port, Target

log = logging.getLogger(__name__)

MAX_CONNECTIONS: Final = 64


class BusServer:
    """A bus and its socket; an asynchronous context manager.

    targets  chips on the bus
    number   of the bus; None: the first that is free
    name     of the adapter, for people
    record   file for a log of all transfers
    bus      with chips of its own; None: one with the targets

    Raises:
        LinkProblem: in one line, if the bus cannot be had
        OSError: the log cannot be written
    """

    def __init__(
        self,
        runtime: WallRuntime,
        *,
        hz: int,
        number: int | None = None,
        name: str,
        record: Path | None = None,
        bus: Bus | None = None,
    ) -> None:
        self.targets: list[Target | Port] = []
        self.paced = PacedBus(bus or Bus(self.targets, hz), runtime)
        self.number = -1
        self._wanted, self._name, self._record = number, name, record
        self._opened = contextlib.AsyncExitStack()
        self._tasks: set[asyncio.Task[None]] = set()
        self._log: TextIO | None = None

    @property
    def programs(self) -> int:
        """The number of files that programs have open on the bus."""
        return len(self._tasks)

    def remark(self, text: str) -> None:
        """Write a line into the log, if there is one."""
        if self._log:
            print(text, file=self._log)

    async def __aenter__(self) -> Self:
        async with contextlib.AsyncExitStack() as opened:
            if self._record:
                self._log = opened.enter_context(self._record.open("w", buffering=1))
                self.paced.on_transfer.subscribe(
                    lambda messages, done: self.remark("\n".join(trace.lines(self.number, messages, done)))
                )
            self.number, (listener,) = opened.enter_context(claimed(I2cDevice, self._wanted, self._name))
            opened.push_async_callback(self._hang_up)
            server = await asyncio.start_unix_server(self._serve, sock=listener)
            opened.callback(server.close)
            self._opened = opened.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._opened.aclose()

    async def _hang_up(self) -> None:
        """Close all connections."""
        for task in (tasks := tuple(self._tasks)):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection, until either side closes it."""
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        try:
            if len(self._tasks) <= MAX_CONNECTIONS:
                await self._answer(reader, writer)
        except i2c.ProtocolError as problem:
            log.debug("i2c-%d: %s", self.number, problem)
        except (asyncio.IncompleteReadError, OSError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        own = 0
        while True:
            size = i2c.size(await reader.readexactly(i2c.SIZE.size))
            request = i2c.parse(await reader.readexactly(size), own)
            if isinstance(request, i2c.SetAddress):
                own, answer = request.address, i2c.answer(0)
            elif isinstance(request, i2c.Unsupported):
                answer = i2c.answer(-errno.EOPNOTSUPP)
            else:
                answer = await self._transfer(request)
            writer.write(answer)
            await writer.drain()

    async def _transfer(self, request: i2c.Transfer) -> bytes:
        over: asyncio.Future[Done] = asyncio.get_running_loop().create_future()

        def ended(done: Done) -> None:
            if not over.done():
                over.set_result(done)

        self.paced.transfer(request.messages, ended)
        done = await over
        result = i2c.result(done, len(request.messages))
        return i2c.answer(result, done.reads if result >= 0 else ())
