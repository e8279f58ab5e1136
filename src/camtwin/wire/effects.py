"""Effects: steps that a protocol core asks its link to carry out.

A core takes what arrived and the time, and yields effects one after the other, in the order in which things
happen. The link carries out each effect before it asks for the next one, because the core reads the camera
between them. Every link, on sockets or in process, is a loop over these effects.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CloseStream:
    """Close the stream channel: send nothing more on it."""


@dataclass(frozen=True, slots=True)
class EndSession:
    """End what the host leaves behind: its acquisition, its lock on parameters, its open files."""
