"""The camera as every control protocol sees it: one port, whatever the link."""

from __future__ import annotations

from typing import Protocol

from camtwin.units import Ns


class DevicePort(Protocol):
    """The camera's register space, clock and actions.

    Methods raise `Refused` for a request that the camera does not carry out.
    """

    def read(self, address: int, length: int, /) -> bytes: ...
    def write(self, address: int, data: bytes, /) -> None: ...
    @property
    def busy_ns(self) -> Ns:
        """Camera time that the last write still needs, in ns; 0 once it is done."""
        ...

    def latch_timestamp(self) -> None: ...
    def reset_timestamp(self) -> None: ...
    @property
    def timestamp_latched(self) -> Ns: ...
    @property
    def payload_bytes(self) -> int:
        """Bytes of a frame with the present settings."""
        ...

    @property
    def has_chunks(self) -> bool:
        """Whether frames carry chunks with the present settings."""
        ...

    def action(self, device_key: int, group_key: int, group_mask: int, /) -> bool:
        """Take an action command; True if its keys match this camera."""
        ...

    def take_control(self, taker: object, /) -> bool:
        """Give control to this link's end; False if a host of another link of the camera has it."""
        ...

    def leave_control(self, holder: object, /) -> None:
        """Take control back from this link's end, if it has it."""
        ...

    def report(self, event: str, /) -> None:
        """Report an event of the link to the host, by its EventSelector entry."""
        ...
