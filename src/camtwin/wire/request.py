"""A request of a host as it reached the device, in one form for every control protocol."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Request:
    """A request: who sent it, and what it asks for.

    peer    the host, as its link names it
    word    the command's name in its protocol: READREG, WRITEMEM, PACKETRESEND; MALFORMED if it is none
    reads   (address, bytes) of each span that it reads
    writes  (address, data) of each span that it writes
    block   of a request for packets that were lost: their block id, and `packets` the first and the last
    """

    peer: str
    word: str
    reads: tuple[tuple[int, int], ...] = ()
    writes: tuple[tuple[int, bytes], ...] = ()
    block: int | None = None
    packets: tuple[int, int] = (0, 0)

    def touches(self, address: int) -> bool:
        """Tell whether it reads or writes the register at this address."""
        return any(at <= address < at + count for at, count in self.reads) or any(
            at <= address < at + len(data) for at, data in self.writes
        )
