"""Twins served in a thread of their own, beside a program that begins and ends them.

    with Background([ServedTwin(twin, "127.0.0.1")]) as served:
        served.call(twin.camera.cable, False)           # on the twins' thread, at the present virtual time

Entering returns once hosts can find all of them and no frame has to wait for preparations; leaving returns
once every socket and thread of theirs is gone.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from typing import Final, ParamSpec, Self, TypeVar

from camtwin.links.kind import Link, ServedTwin
from camtwin.links.serve import Over, serve
from camtwin.problem import Problem

P = ParamSpec("P")
T = TypeVar("T")
READY_s: Final = 120.0
CALL_s: Final = 30.0
LOOK_s: Final = 0.005


class NotServed(Problem):
    """The twins are not there: they did not get ready, or have ended; one line that says why."""


class Background:
    """Twins in a thread; a context manager. Arguments as of `serve`.

    links  the open links, in the order of the twins
    """

    def __init__(self, twins: Sequence[ServedTwin], *, pace: float = 1.0, gentl_only: bool = False) -> None:
        self.links: Sequence[Link] = ()
        self._serve = partial(serve, twins, ready=self._begun, pace=pace, gentl_only=gentl_only)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._problem: BaseException | None = None
        self._changed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="twins", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._changed.wait(READY_s):
            raise NotServed(f"the twins were not ready within {READY_s:g} s")
        if self._problem:
            self._thread.join()
            raise self._problem
        return self

    def __exit__(self, *_: object) -> None:
        if self._loop and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self.links[0].runtime.fail, Over())
        self._thread.join()
        if self._problem:
            raise self._problem

    @property
    def running(self) -> bool:
        """Whether the twins are served still."""
        return self._thread.is_alive()

    def call(self, call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Carry out a call on the twins' thread at the present virtual time; return its result.

        Raises:
            NotServed: the twins have ended, or do not answer
        """
        result: Future[T] = Future()

        def carry_out() -> None:
            try:
                result.set_result(self.links[0].runtime.command(call, *args, **kwargs))
            except BaseException as problem:
                result.set_exception(problem)

        if self._loop is None or not self._thread.is_alive():
            raise NotServed("the twins have ended")
        self._loop.call_soon_threadsafe(carry_out)
        try:
            return result.result(CALL_s)
        except TimeoutError:
            raise NotServed(f"the twins do not answer within {CALL_s:g} s") from None

    def _begun(self, links: Sequence[Link]) -> None:
        self.links, self._loop = links, asyncio.get_running_loop()
        self._changed.set()

    def _run(self) -> None:
        try:
            self._serve()
        except BaseException as problem:
            self._problem = problem
        finally:
            self._changed.set()


def wait_until(what: Callable[[], object], timeout_s: float) -> bool:
    """Look until `what` returns something true; False if it has not within timeout_s seconds."""
    ends = time.monotonic() + timeout_s
    while not what():
        if time.monotonic() > ends:
            return False
        time.sleep(LOOK_s)
    return True
