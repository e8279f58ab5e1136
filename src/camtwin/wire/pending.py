"""A command that takes a device longer than a host likes to wait: its acknowledge comes when it is done.

Until then the device is asked to wait for nothing else: a host that sends the command again has it carried
out once, and where it understands that, it is told how long it will take (PENDING_ACK). GVCP and GenCP alike;
what the messages look like is theirs.

Sources: GigE Vision 2.0, chapter PENDING_ACK; GenCP 1.2, "Pending Acknowledge".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from camtwin.units import MS, Ns

C = TypeVar("C")
A = TypeVar("A")
MAX_MS = 0xFFFF  # what the message has room for


@dataclass(frozen=True, slots=True)
class Pending(Generic[C, A]):
    """A command under way.

    command  what a host would send again
    answer   its acknowledge, due in host time at due_ns
    """

    command: C
    request_id: int
    answer: A
    due_ns: Ns

    def left_ms(self, now: Ns) -> int:
        """How long it takes yet, rounded up."""
        return min(MAX_MS, max(1, -(-(self.due_ns - now) // MS)))
