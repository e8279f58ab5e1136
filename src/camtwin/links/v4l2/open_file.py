"""A program's open file of a node: its events and priority, and the answers that it waits for."""

from __future__ import annotations

import contextlib
import select
import socket
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from camtwin.units import SEC, Ns
from camtwin.wire.v4l2 import controls as c
from camtwin.wire.v4l2.messages import TOKEN, answer
from camtwin.wire.v4l2.video import PRIORITY_INTERACTIVE, Time

MAX_WATCHES, MAX_WAITING = 16, 16
"""Calls of one open file that wait for something, in threads and processes that share it."""
MAX_SUBSCRIPTIONS: Final = 256
HELD: Final = {c.EVENT_CTRL: 1, c.EVENT_FRAME_SYNC: 4}
"""Events of a subscription that are kept until they are fetched; a further one replaces the oldest."""
SILENT: Final = socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL


class IoctlError(Exception):
    """A call that fails with an error of Linux; data is what it brings back all the same."""

    def __init__(self, errno: int, data: bytes = b"") -> None:
        super().__init__(errno)
        self.errno, self.data = errno, data


class Reply:
    """The socket for the answer to one request.

    Raises:
        OSError: the descriptor is no socket
    """

    def __init__(self, descriptor: int) -> None:
        self._socket = socket.socket(fileno=descriptor)

    def send(
        self, result: int, data: bytes = b"", *, tokens: int = 0, passed: int = -1, last: bool = True
    ) -> bool:
        """Send an answer, with a descriptor if `passed` is one; False if the caller has hung up."""
        ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array("i", [passed]))] if passed >= 0 else []
        try:
            self._socket.sendmsg([answer(result, data, tokens)], ancillary, SILENT)
        except OSError:
            self.close()
            return False
        if last:
            self.close()
        return True

    @property
    def alive(self) -> bool:
        """Whether the caller still waits."""
        return self._socket.fileno() >= 0 and not hung_up(self._socket)

    def close(self) -> None:
        self._socket.close()


def hung_up(end: socket.socket) -> bool:
    """Tell whether the other end is closed."""
    poll = select.poll()
    poll.register(end, select.POLLRDHUP)
    return any(told & (select.POLLHUP | select.POLLERR | select.POLLRDHUP) for _, told in poll.poll(0))


@dataclass
class Subscribed:
    """A subscription to events of a type and id, and those that are not fetched yet, with their numbers."""

    flags: int
    events: list[c.Event] = field(default_factory=list[c.Event])


class OpenFile:
    """An open file.

    state  of the node's own, which ends with the file
    """

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.priority = PRIORITY_INTERACTIVE
        self.try_format: object = None
        self._subscriptions: dict[tuple[int, int], Subscribed] = {}
        self._sequence = 0
        self._watches: list[tuple[Reply, int]] = []
        self.told: Callable[[int], int] = lambda _: 0

    def close(self) -> None:
        """Close the connection, and whatever waits."""
        for reply, _ in self._watches:
            reply.close()
        self._watches.clear()
        self.connection.close()

    def send_token(self) -> None:
        """Let the descriptor become readable: a frame is ready."""
        with contextlib.suppress(OSError):
            self.connection.send(TOKEN, SILENT)

    # -- poll -------------------------------------------------------------------------------------------
    def watch(self, reply: Reply, wanted: int, *, waits: bool) -> None:
        """Answer with the events that are there now, and once more when there are any."""
        now = self.told(wanted)
        if not reply.send(now, last=bool(now) or not waits) or now or not waits:
            return
        for each in [one for one in self._watches if not one[0].alive]:
            self._watches.remove(each)
            each[0].close()
        if len(self._watches) >= MAX_WATCHES:
            self._watches.pop(0)[0].close()
        self._watches.append((reply, wanted))

    def changed(self) -> None:
        """Answer calls of poll that wait for what is there now."""
        waiting, self._watches = self._watches, []
        for reply, wanted in waiting:
            if now := self.told(wanted):
                reply.send(now)
            else:
                self._watches.append((reply, wanted))

    # -- events -----------------------------------------------------------------------------------------
    @property
    def pending(self) -> int:
        """The number of events to be fetched."""
        return sum(len(each.events) for each in self._subscriptions.values())

    def subscribe(self, kind: int, number: int, flags: int) -> bool:
        """Subscribe to events; False if that is so already, or there are too many."""
        if (kind, number) in self._subscriptions or len(self._subscriptions) >= MAX_SUBSCRIPTIONS:
            return False
        self._subscriptions[kind, number] = Subscribed(flags)
        return True

    def unsubscribe(self, kind: int, number: int) -> None:
        """End a subscription, or all; its events are gone."""
        if kind == c.EVENT_ALL:
            self._subscriptions.clear()
        else:
            self._subscriptions.pop((kind, number), None)

    def wants(self, kind: int, number: int, *, own: bool = False) -> bool:
        """Tell whether an event is subscribed to; `own`: this file has caused it."""
        found = self._subscriptions.get((kind, number))
        return found is not None and (not own or bool(found.flags & c.EVENT_ALLOW_FEEDBACK))

    def queue(self, kind: int, number: int, data: bytes, now: Ns) -> None:
        """Keep an event until it is fetched; in place of the oldest if there are too many."""
        if not (found := self._subscriptions.get((kind, number))):
            return
        event = c.Event(kind, data, 0, self._sequence, Time(now // SEC, now % SEC), number)
        self._sequence = self._sequence + 1 & 0xFFFF_FFFF
        if len(found.events) >= HELD.get(kind, 1):
            oldest = found.events.pop(0)
            if kind == c.EVENT_CTRL:  # what had changed then has changed now
                before, latest = c.ControlEvent.unpack(oldest.data), c.ControlEvent.unpack(data)
                both = replace(latest, changes=before.changes | latest.changes)
                event = replace(event, data=both.pack().ljust(len(oldest.data), b"\0"))
        found.events.append(event)
        self.changed()

    def fetch(self) -> c.Event | None:
        """Take the oldest event; None if there is none."""
        waiting = [each for each in self._subscriptions.values() if each.events]
        if not waiting:
            return None
        first = min(waiting, key=lambda each: each.events[0].sequence).events.pop(0)
        return replace(first, pending=self.pending)
