"""A link's status, and the error for a link that cannot be opened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


class LinkProblem(OSError):
    """A link that cannot be opened; one line that names address and port."""


@dataclass(frozen=True, slots=True)
class LinkStatus:
    """Figures for a live status line."""

    model: str
    client: str | None  # who is in control: address:port, or in words
    frames: int
    bytes: int = 0
    resent_packets: int = 0
    late_frames: int = 0
    worst_late_ms: float = 0.0
    dropped_frames: int = 0  # because this computer is too slow
    cut_frames: int = 0
    packets: int = 0  # of images, resent ones included, before faults strike
    faults: Mapping[str, int] = field(default_factory=dict[str, int])  # packets struck, by kind of fault
    address: str = ""  # its present address
    transfers: int | None = None  # on a bus, of a link that sends no frames
    skipped_frames: int = 0  # because the camera's memory was full, as the host fetched none
