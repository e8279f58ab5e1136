"""The protocol that nodes need of a camera: a driver with modes and controls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from camtwin.models.mode_file import ImageMode
from camtwin.subscribers import Subscribers


class DriverControl(Protocol):
    """A control as its driver describes it: type and flags are words, a menu has names or numbers.

    flags: "read only"; "stopped", if it cannot be set while frames stream
    """

    @property
    def id(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def flags(self) -> frozenset[str]: ...
    @property
    def menu(self) -> Sequence[str | int]: ...


class Driver(Protocol):
    """The driver of a camera, in virtual time; what it cannot do raises Problem."""

    on_control: Subscribers[int]

    @property
    def streaming(self) -> bool: ...
    @property
    def modes(self) -> Sequence[ImageMode]: ...
    @property
    def mode(self) -> int: ...
    @property
    def controls(self) -> Sequence[DriverControl]: ...
    def control(self, key: str, /) -> DriverControl: ...
    def reload(self, modes: Sequence[ImageMode], /) -> None: ...
    def select(self, mode: int, /) -> None: ...
    def limits(self, id: int, /) -> tuple[int, int, int, int]:
        """Return minimum, maximum, step and default of a control as they are now."""
        ...

    def get(self, id: int, /) -> int: ...
    def set(self, values: Mapping[int, int], /) -> None: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...


FRAME_RATE = "frame_rate"
"""Key of the control of the frame rate, in frames per 1e6 s."""
Pixels = NDArray[np.uint16]
