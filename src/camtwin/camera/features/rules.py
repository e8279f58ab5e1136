"""Rules and words that several chapters share."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from camtwin.units import Ns


class Levels(Protocol):
    def level(self, name: str) -> bool: ...


class Wire(Protocol):
    @property
    def status(self) -> bool: ...


class Counts(Protocol):
    @property
    def value(self) -> int: ...
    def reset(self) -> None: ...


class Sets(Protocol):
    @property
    def active(self) -> int: ...
    def save(self, number: int) -> None: ...
    def load(self, number: int) -> None: ...


class Acts(Protocol):
    """What the features ask of the running camera: state to show, and work for commands."""

    @property
    def acquiring(self) -> bool: ...
    @property
    def serial(self) -> str: ...
    @property
    def temperature_C(self) -> float: ...
    @property
    def timestamp(self) -> Ns: ...
    @property
    def timestamp_latched(self) -> Ns: ...
    @property
    def signals(self) -> Levels: ...
    @property
    def lines(self) -> Mapping[str, Wire]: ...
    @property
    def counters(self) -> Mapping[str, Counts]: ...
    @property
    def sequencer(self) -> Sets: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...
    def abort(self) -> None: ...
    def trigger_software(self, selector: str) -> None: ...
    def latch_timestamp(self) -> None: ...
    def reset_timestamp(self) -> None: ...


def streaming(TLParamsLocked: int, device: Any) -> bool:
    """The lock that SFNC puts on what shapes a frame: the host's word, or the camera's own while it acquires."""
    return bool(TLParamsLocked) or acquiring(device)


def acquiring(device: Acts) -> bool:
    return device.acquiring


def sequencing(SequencerMode: str) -> bool:
    """The lock on what a running sequencer sets."""
    return SequencerMode == "On"


def streaming_or_sequencing(TLParamsLocked: int, SequencerMode: str, device: Any) -> bool:
    return sequencing(SequencerMode) or streaming(TLParamsLocked, device)
