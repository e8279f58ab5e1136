"""Events: messages to the host, one after the other.

A moment whose EventNotification is On becomes an Event. It waits in a queue until the message before it has
left, and has been acknowledged if the link wants that; if the queue is full it is lost. EventLost reports
that, in a reserved place of the queue, and not again before the queue has been empty.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from camtwin.genicam.nodes import By
from camtwin.models.schema import Events as EventTiming
from camtwin.simtime import Scheduler
from camtwin.units import Ns

LOST = "EventLost"


@dataclass(frozen=True, slots=True)
class Event:
    """An event, at a time of the camera's clock.

    number        its id in the data sheet
    frame_id      of the frame that it belongs to, or None
    frame_number  of that frame in the stream, from 0
    """

    name: str
    timestamp_ns: Ns
    frame_id: int | None
    number: int
    frame_number: int | None = None


class Subscription:
    """A subscriber of events; `leave` ends it, `sent` releases an event that it holds."""

    def __init__(self, queue: EventQueue, tell: Callable[[Event], bool]) -> None:
        self._queue, self.tell, self.holds = queue, tell, False

    def sent(self) -> None:
        """Release the event that is held: its message is acknowledged, or was given up."""
        if self.holds:
            self.holds = False
            self._queue.released()

    def leave(self) -> None:
        """End the subscription and release an event that it holds. May be called twice."""
        if self in self._queue.subscriptions:
            self._queue.subscriptions.remove(self)
            self.sent()


class EventQueue:
    """Events on their way to hosts, in order. The next one waits until nobody holds the one before."""

    def __init__(self, clock: Scheduler, timing: EventTiming, ids: Mapping[str, int]) -> None:
        self._clock, self._timing, self._ids = clock, timing, ids
        self._on: frozenset[str] = frozenset()
        self._queue: deque[Event] = deque()
        self._sending = self._losing = False
        self._free_ns: Ns = 0  # when the message before will have been sent
        self.subscriptions: list[Subscription] = []

    def subscribe(self, tell: Callable[[Event], bool]) -> Subscription:
        """Call `tell` with each event; if it returns True, the next event waits for `sent`."""
        self.subscriptions.append(one := Subscription(self, tell))
        return one

    def choose(self, notification: By[str]) -> None:
        """Apply a change of EventNotification. Without ids, as without EventSelector, there are no events."""
        self._on = frozenset(n for n, setting in notification.items() if setting == "On" and n in self._ids)

    def notify(
        self, name: str, timestamp_ns: Ns, frame_id: int | None, frame_number: int | None = None
    ) -> None:
        """Queue an event for this moment, if its notification is on."""
        if name not in self._on:
            return
        if len(self._queue) < self._timing.queue:
            self._queue.append(Event(name, timestamp_ns, frame_id, self._ids[name], frame_number))
        elif not self._losing:
            self._losing = True
            if LOST in self._on:
                self._queue.append(Event(LOST, timestamp_ns, None, self._ids[LOST]))
        if not self._sending:
            self._next()

    def clear(self) -> None:
        """Drop the events that wait, because the power has gone."""
        self._queue.clear()

    def released(self) -> None:
        """Send the next event once nobody holds the present one."""
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
