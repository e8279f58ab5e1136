"""A bus in the camera's time: one transfer after another, each as long as on the wire.

A transfer begins when it is asked for, or when the one before it is over, and its bytes arrive at their own
times among all other events. A short one is carried out at once, which puts the camera ahead of the wall by
no more than LEAD_ns: event loops wait for a thousand times longer than a clock of the bus. What lies further
ahead waits for the wall, so the bus keeps its rate, and a long transfer never lets frames come early.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeAlias

from camtwin.links.base.runtime import WallRuntime
from camtwin.simtime import Entry
from camtwin.subscribers import Subscribers
from camtwin.units import MS, Ns
from camtwin.wire.csi2.cci import Bus, Done, Effect, Message

LEAD_ns: Final = MS
"""Host time that the camera may be ahead of the wall: an event loop's resolution."""

Ended: TypeAlias = Callable[[Done], object]


class PacedBus:
    """A bus for several programs; methods run on the runtime's thread.

    on_transfer  subscribers are called with the messages and the outcome of each transfer, at its end
    """

    def __init__(self, bus: Bus, runtime: WallRuntime) -> None:
        self.bus, self.runtime = bus, runtime
        self.on_transfer = Subscribers[Sequence[Message], Done]()
        self._waiting: deque[tuple[Sequence[Message], Ended]] = deque()
        self._effects: Iterator[Effect] | None = None
        self._entry: Entry | None = None

    def transfer(self, messages: Sequence[Message], ended: Ended) -> None:
        """Carry out a transfer as soon as the bus is free, and call `ended` with the outcome."""
        self._waiting.append((messages, ended))
        if self._effects is None:
            self.runtime.post(self._run)

    def settle(self) -> None:
        """Finish the transfer under way, ahead of the wall: somebody else is to have the bus."""
        while self._entry:
            self.runtime.clock.advance_to(self._entry[0])

    def _run(self) -> None:
        """Begin the first transfer that waits, and go on as far as the wall allows."""
        self._begin()
        while self._entry and self._lead_ns(due_ns := self._entry[0]) <= LEAD_ns:
            self.runtime.clock.advance_to(due_ns)

    def _lead_ns(self, due_ns: Ns) -> Ns:
        return self.runtime.host_ns(due_ns) - self.runtime.host_now()

    def _begin(self) -> None:
        if self._waiting:
            messages, _ = self._waiting[0]
            self._effects = self.bus.transfer(messages, self.runtime.clock.now)
            self._step()

    def _step(self) -> None:
        """Carry out the next part of the transfer under way, at its time."""
        assert self._effects
        effect = next(self._effects)
        if not isinstance(effect, Done):
            self._entry = self.runtime.clock.at(effect.until_ns, self._step)
            return
        self._effects = self._entry = None
        messages, ended = self._waiting.popleft()
        self.on_transfer(messages, effect)
        ended(effect)
        self._begin()
