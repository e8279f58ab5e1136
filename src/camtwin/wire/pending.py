"""Commands that take longer than a host likes to wait: they are acknowledged once they are done.

Until then the device carries out no second one. A host that repeats the command has it carried out only once;
a host that understands PENDING_ACK is told how long the command will take. GVCP and GenCP behave alike; the
messages themselves are theirs.

Sources: GigE Vision 2.0, chapter PENDING_ACK; GenCP 1.2, "Pending Acknowledge".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from camtwin.units import MS, Ns

C = TypeVar("C")
A = TypeVar("A")
MAX_MS = 0xFFFF  # the largest value of the message's field


@dataclass(frozen=True, slots=True)
class Pending(Generic[C, A]):
    """A command under way.

    command  the datagram, by which a repetition is recognised
    answer   its acknowledge, due in host time at due_ns
    """

    command: C
    request_id: int
    answer: A
    due_ns: Ns

    def left_ms(self, now: Ns) -> int:
        """Return the time left until completion, in ms, rounded up and cut to the 16 bits of the message."""
        return min(MAX_MS, max(1, -(-(self.due_ns - now) // MS)))
