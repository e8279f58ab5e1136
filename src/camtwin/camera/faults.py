"""Deliberate faults of a camera's control and stream, exactly where they are asked for.

    camera.faults.late(0xA00, by_ns=300_000_000)            # the next acknowledge about this register
    camera.faults.refuse(0xA00, "BUSY")                     # the next command about it is not carried out
    camera.faults.transfers[3, 1] = "short"                 # of block 3 the first transfer of its payload

The camera keeps the list, and each link looks into it: what a fault is on the wire is the link's to know.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from camtwin.subscribers import Subscribers
from camtwin.units import Ns
from camtwin.wire.request import Request

LEADER, TRAILER = 0, -1
"""Packets or transfers of a block by name; its payload counts from 1."""
PARTS: Final = {"leader": LEADER, "trailer": TRAILER}
TransferFault: TypeAlias = Literal["stall", "short", "babble"]
Place: TypeAlias = tuple[int, int]
"""A block, and a part of it."""


@dataclass
class Delay:
    """Acknowledges of commands about a register that are late, and how many still will be."""

    address: int
    by_ns: Ns
    left: int


@dataclass
class Refusal:
    """Commands about a register that get this status and are not carried out, and how many still will be."""

    address: int
    status: str
    left: int


@dataclass
class DeviceFaults:
    """The faults that are still to happen.

    armed      whether requests are to meet any
    transfers  of a bus: what happens to a transfer, by its block and its place in it
    on_revoke  called to take its privilege from the host in control
    """

    armed: bool = False
    transfers: dict[Place, TransferFault] = field(default_factory=dict[Place, TransferFault])
    on_revoke: Subscribers[()] = field(default_factory=Subscribers[()])
    _late: list[Delay] = field(default_factory=list[Delay])
    _refusals: list[Refusal] = field(default_factory=list[Refusal])

    def late(self, address: int, *, by_ns: Ns, count: int = 1) -> None:
        """Let the next `count` acknowledges of commands that read or write this register be late."""
        self._late.append(Delay(address, by_ns, count))
        self.armed = True

    def refuse(self, address: int, status: str, *, count: int = 1) -> None:
        """Let the next `count` commands that read or write this register get a status, and no more."""
        self._refusals.append(Refusal(address, status, count))
        self.armed = True

    def refusal_of(self, request: Request) -> str | None:
        """Return the status that refuses a request, and count it; None if none does."""
        for each in self._refusals:
            if request.touches(each.address):
                each.left -= 1
                self._refusals = [other for other in self._refusals if other.left]
                self.armed = bool(self._late or self._refusals)
                return each.status
        return None

    def delay_of(self, request: Request) -> Ns:
        """Return how late the acknowledge of a request is, and count it."""
        for each in self._late:
            if request.touches(each.address):
                each.left -= 1
                self._late = [other for other in self._late if other.left]
                self.armed = bool(self._late or self._refusals)
                return each.by_ns
        return 0

    def of_block(self, block: int) -> dict[int, TransferFault]:
        """Return the faults of a block's transfers by their place; each happens once."""
        return {place: self.transfers.pop((at, place)) for at, place in list(self.transfers) if at == block}
