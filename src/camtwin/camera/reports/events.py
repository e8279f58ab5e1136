"""Events: what the host is told of, one message after the other.

A moment whose EventNotification is On becomes an Event. It waits in a queue until the message before it is
on its way, and acknowledged where a link wants that; where the queue is full it is lost. EventLost tells
so, in a place kept for it, and not again before the queue has been empty.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from camtwin.genicam.nodes import By
from camtwin.models.schema import Events as EventTiming
from camtwin.simtime import Scheduler
from camtwin.units import Ns

LOST = "EventLost"


@dataclass(frozen=True, slots=True)
class Event:
    """What happened, when by the camera's clock, and to which frame."""

    name: str
    timestamp_ns: Ns
    frame_id: int | None


class Subscription:
    """Somebody who is told of events; `leave` ends that, `sent` gives back an event that is held."""

    def __init__(self, queue: EventQueue, tell: Callable[[Event], bool]) -> None:
        self._queue, self.tell, self.holds = queue, tell, False

    def sent(self) -> None:
        """The message that was held on to is acknowledged, or was given up."""
        if self.holds:
            self.holds = False
            self._queue.released()

    def leave(self) -> None:
        """Tell it of no further event; one that it holds is held no more. May be called twice."""
        if self in self._queue.subscriptions:
            self._queue.subscriptions.remove(self)
            self.sent()


class EventQueue:
    """The events on their way to hosts, in order. The next one waits until nobody holds the one before."""

    def __init__(self, clock: Scheduler, timing: EventTiming) -> None:
        self._clock, self._timing = clock, timing
        self._on: frozenset[str] = frozenset()
        self._queue: deque[Event] = deque()
        self._sending = self._losing = False
        self._free_ns: Ns = 0  # when the message before is made and sent
        self.subscriptions: list[Subscription] = []

    def subscribe(self, tell: Callable[[Event], bool]) -> Subscription:
        """Tell `tell` of each event; where it returns True the next one waits for its `sent`."""
        self.subscriptions.append(one := Subscription(self, tell))
        return one

    def choose(self, notification: By[str]) -> None:
        """EventNotification has changed."""
        self._on = frozenset(name for name, said in notification.items() if said == "On")

    def notify(self, name: str, timestamp_ns: Ns, frame_id: int | None) -> None:
        """Something happened that is perhaps an event, and perhaps wanted."""
        if name not in self._on:
            return
        if len(self._queue) < self._timing.queue:
            self._queue.append(Event(name, timestamp_ns, frame_id))
        elif not self._losing:
            self._losing = True
            if LOST in self._on:
                self._queue.append(Event(LOST, timestamp_ns, None))
        if not self._sending:
            self._next()

    def clear(self) -> None:
        """The power has gone: what waits is never told."""
        self._queue.clear()

    def released(self) -> None:
        """Go on with the next event once nobody holds this one."""
        if not any(one.holds for one in self.subscriptions):
            self._clock.at(max(self._clock.now, self._free_ns), self._next)

    def _next(self) -> None:
        self._sending = bool(self._queue)
        if not self._sending:
            self._losing = False
            return
        self._free_ns = self._clock.now + self._timing.message_ns
        event = self._queue.popleft()
        for one in tuple(self.subscriptions):
            one.holds = one.tell(event)
        self.released()
