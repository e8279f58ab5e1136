"""Commands that have been answered, and the copies of them that a host sends if it misses the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from camtwin.units import SEC, Ns
from camtwin.wire.gev.effects import Reply
from camtwin.wire.ip.address import Peer

REPEAT_NS: Final = 2 * SEC
"""Longest pause between two copies of a command. Later ones are new commands: a host that starts anew counts
its request ids from the same number. Hosts repeat a command after 0.5 s (Aravis 0.8) to 1 s."""


@dataclass
class Answered:
    """A command that was carried out, and the answers that its copies get.

    last_ns  host time of its last copy, or of its answer if that came later
    """

    peer: Peer
    data: bytes
    replies: list[Reply]
    last_ns: Ns

    def repeated_by(self, data: bytes, peer: Peer, now: Ns) -> bool:
        """Tell whether a datagram is a copy of this command, and remember that it came."""
        if (peer, data) != (self.peer, self.data) or now - self.last_ns > REPEAT_NS:
            return False
        self.last_ns = now
        return True
