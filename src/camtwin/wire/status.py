"""Status codes of refusals. GVCP and GenCP number the reasons alike, but for their own."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Any, Final, TypeVar

from camtwin.problem import Refused, Why

C = TypeVar("C", bound=IntEnum)

STATUS_OF: Final[Mapping[Why, str]] = {
    "address": "INVALID_ADDRESS",
    "readonly": "WRITE_PROTECT",
    "unavailable": "ACCESS_DENIED",
    "locked": "ACCESS_DENIED",
    "storage": "ERROR",
    "range": "INVALID_PARAMETER",
}
"""The status that a host is told when the camera refuses: names that all links' codes share."""


class StatusError(Exception):
    """A command that is not carried out: the status for its sender, what was done before; why, for people."""

    def __init__(self, status: IntEnum, message: str = "", payload: bytes = b"") -> None:
        super().__init__(message or status.name)
        self.status: Any = status  # of the protocol that was spoken
        self.payload = payload


def status_of(problem: StatusError | Refused, codes: type[C]) -> C:
    """The status of a protocol whose codes these are."""
    return codes(problem.status) if isinstance(problem, StatusError) else codes[STATUS_OF[problem.why]]
