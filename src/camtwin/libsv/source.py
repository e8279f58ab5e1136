"""The protocol of what a camera of the library stands on: a V4L2 device, or a twin's driver."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple, Protocol

from camtwin.libsv.images import Image, ImageInfo


class Range(NamedTuple):
    """The values of a control."""

    min: int
    max: int
    step: int
    default: int


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """An entry of a menu, and the value that chooses it."""

    name: str
    index: int


@dataclass(frozen=True, slots=True)
class DriverControl:
    """A control that a driver has; menu is None where it is a number."""

    id: int
    name: str
    menu: tuple[MenuEntry, ...] | None


class Source(Protocol):
    """A driver of a sensor. What it refuses raises Problem, in one line."""

    name: str
    driver_name: str

    def controls(self) -> Sequence[DriverControl]: ...
    def limits(self, id: int) -> Range: ...
    def get(self, id: int) -> int: ...
    def set(self, id: int, value: int) -> None: ...
    def formats(self) -> Sequence[str]: ...
    def sizes(self, pixel_format: str) -> Sequence[tuple[int, int]]: ...
    def intervals_s(self, pixel_format: str, size: tuple[int, int]) -> Sequence[Fraction]: ...
    def info(self) -> ImageInfo: ...
    def set_format(self, pixel_format: str, size: tuple[int, int]) -> None: ...
    def interval_s(self) -> Fraction: ...
    def set_interval_s(self, interval: Fraction) -> None: ...
    def start(self, buffers: int) -> None: ...
    def stop(self) -> None: ...
    def next(self, timeout_ms: int | None) -> Image | None:
        """Return the next image, None if none arrives in time; timeout_ms None: wait without end."""
        ...
