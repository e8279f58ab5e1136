"""Every link as whoever runs it sees it: its state, and why it cannot be opened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


class LinkProblem(OSError):
    """A link that cannot be opened; one line that names address and port."""


@dataclass(frozen=True, slots=True)
class LinkStatus:
    """What a live line shows."""

    model: str
    client: str | None  # address:port in control
    frames: int
    bytes: int
    resent_packets: int
    late_frames: int
    worst_late_ms: float
    dropped_frames: int  # this computer is too slow for
    cut_frames: int
    packets: int  # of pictures, resent ones included, before faults strike
    faults: Mapping[str, int]  # how many of them each kind of fault struck
    address: str = ""  # where it lives now
