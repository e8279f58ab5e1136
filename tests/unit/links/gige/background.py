"""A context on an event loop in a thread of its own, from entry to exit."""

from __future__ import annotations

import asyncio
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine
from typing import Any, Self


class Background(ABC):
    """problem: what ended it, if something did. Entering raises what went wrong until it was ready."""

    def __init__(self) -> None:
        self.problem: BaseException | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run)

    @abstractmethod
    async def main(self) -> None:
        """Open what is to run and await `until_told`."""

    async def until_told(self, *runs: Coroutine[Any, Any, object]) -> None:
        """Run until stopped, or until one of these ends."""
        tasks = [asyncio.create_task(run) for run in (*runs, self._told())]
        self._ready.set()
        done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        for task in done:
            task.result()

    async def _told(self) -> None:
        await self._stop.wait()

    def _run(self) -> None:
        try:
            asyncio.run(self._main())
        except BaseException as problem:
            self.problem = problem
        finally:
            self._ready.set()

    async def _main(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        await self.main()

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait(5)
        if self.problem:
            raise self.problem
        return self

    def __exit__(self, *_: object) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
        self.wait()
        assert not self._thread.is_alive()

    def wait(self) -> None:
        """Until it ends by itself."""
        self._thread.join(5)

    def on_its_thread(self, call: Callable[[], object]) -> object:
        async def carry_out() -> object:
            return call()

        return asyncio.run_coroutine_threadsafe(carry_out(), self._loop).result(5)
