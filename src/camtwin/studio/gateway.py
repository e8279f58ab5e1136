"""Connections of the studio's server: who asks for nothing gives way, so that nobody can lock others out.

uvicorn refuses requests when it has too many connections, and counts those that have not asked for anything.
"""

from __future__ import annotations

import asyncio
from itertools import count
from typing import Final

from uvicorn.protocols.http.h11_impl import H11Protocol

MAX_WAITING: Final = 32
"""Limit of HTTP connections at a time, WebSockets apart; the oldest is closed for one more."""
REQUEST_s: Final = 5.0
"""Time in which a connection must have sent its first request."""
_numbers = count()


class Gateway(H11Protocol):
    """An HTTP connection that has to ask soon."""

    number = 0
    _waits: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Begin to wait for a request; close the oldest connection if there are too many."""
        super().connection_made(transport)
        self.number = next(_numbers)
        waiting = [each for each in self.connections if isinstance(each, Gateway)]
        if len(waiting) > MAX_WAITING:
            oldest = min(waiting, key=lambda each: each.number)
            self.connections.discard(oldest)  # now: it is told that it is closed only later
            oldest.transport.abort()
        self._waits = self.loop.call_later(REQUEST_s, self._give_up)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        if self._waits:
            self._waits.cancel()
        super().connection_lost(exc)

    def _give_up(self) -> None:
        """Close a connection that has sent no whole request; one that became a WebSocket is no more ours."""
        if self.cycle is None and self in self.connections:
            self.transport.abort()
