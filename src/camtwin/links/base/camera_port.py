"""What every link has of a camera: its registers, with refusals as the link's codes; and what it tells."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from enum import IntEnum
from math import ceil
from typing import Final

from camtwin.camera import Camera
from camtwin.problem import Refused
from camtwin.units import Ns
from camtwin.wire.status import StatusError

STATUS_OF: Final = {
    "address": "INVALID_ADDRESS",
    "readonly": "WRITE_PROTECT",
    "unavailable": "ACCESS_DENIED",
    "locked": "ACCESS_DENIED",
    "storage": "ERROR",
    "range": "INVALID_PARAMETER",
    "alignment": "BAD_ALIGNMENT",
}
"""What a host is told when the camera refuses (problem.Refused.why): names that all links' codes share."""


class CameraPort:
    """The camera as a control protocol sees it: refusals become its status codes.

    pace  of the camera's time, beside the host's"""

    def __init__(self, camera: Camera, codes: type[IntEnum], pace: float = 1.0) -> None:
        self._camera, self._codes, self._pace = camera, codes, pace

    @property
    def busy_ns(self) -> Ns:
        """How long the camera is at what was written to it, in host time."""
        return max(0, ceil((self._camera.keeper.busy_until_ns - self._camera.clock.now) / self._pace))

    @property
    def timestamp_latched(self) -> int:
        return self._camera.time.latched_ns

    def latch_timestamp(self) -> None:
        self._camera.execute("TimestampLatch")

    def reset_timestamp(self) -> None:
        self._camera.execute("TimestampReset")

    def read(self, address: int, length: int) -> bytes:
        with self._refusals():
            return self._camera.read(address, length)

    def write(self, address: int, data: bytes) -> None:
        with self._refusals():
            self._camera.write(address, data)

    @contextlib.contextmanager
    def _refusals(self) -> Iterator[None]:
        try:
            yield
        except Refused as refused:
            raise StatusError(self._codes[STATUS_OF.get(refused.why, "ERROR")], str(refused)) from None
