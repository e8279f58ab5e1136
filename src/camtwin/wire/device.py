"""The camera as every control protocol sees it: one port, whatever the link."""

from __future__ import annotations

from typing import Protocol

from camtwin.units import Ns


class DevicePort(Protocol):
    """The camera's register space, clock and actions. What it does not carry out is Refused."""

    def read(self, address: int, length: int, /) -> bytes: ...
    def write(self, address: int, data: bytes, /) -> None: ...
    @property
    def busy_ns(self) -> Ns:
        """How long what was written just now takes yet, in camera time; 0: it is done."""
        ...

    def latch_timestamp(self) -> None: ...
    def reset_timestamp(self) -> None: ...
    @property
    def timestamp_latched(self) -> Ns: ...
    @property
    def payload_bytes(self) -> int:
        """Bytes of a frame, as the camera is set."""
        ...

    @property
    def has_chunks(self) -> bool:
        """Whether chunks follow a frame, as the camera is set."""
        ...

    def action(self, device_key: int, group_key: int, group_mask: int, /) -> bool:
        """Take an action command; True if it concerns this camera."""
        ...

    def report(self, event: str, /) -> None:
        """Tell the host, by an event of this name, what has happened on the link."""
        ...
