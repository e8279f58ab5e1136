"""Status codes of refusals: GVCP and GenCP use the same numbers, except for codes of their own."""

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
"""Status name for each reason of a refusal; the codes of all links share these names."""


class StatusError(Exception):
    """A refused command: the status for its sender, and why, for people.

    payload  the results of the part that was carried out before
    """

    def __init__(self, status: IntEnum, message: str = "", payload: bytes = b"") -> None:
        super().__init__(message or status.name)
        self.status: Any = status  # a code of the protocol in use
        self.payload = payload


def status_of(problem: StatusError | Refused, codes: type[C]) -> C:
    """Return the status code, of the given protocol's enumeration, that a refusal stands for."""
    return codes(problem.status) if isinstance(problem, StatusError) else codes[STATUS_OF[problem.why]]
