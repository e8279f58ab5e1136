"""Effects: steps that a protocol core wants done, whatever the link.

A core is given what arrived and the time, and gives effects, one after the other. Each has to be carried out
before the next is asked for: they are in the order in which things happen, and the camera is asked between
them. Whoever drives a core, on sockets or in process, is a loop over them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CloseStream:
    """The stream channel has closed: nothing goes out any more."""


@dataclass(frozen=True, slots=True)
class EndAcquisition:
    """Nobody is there any more to take frames."""
