"""What a control protocol does not carry out. GVCP and GenCP number the reasons alike, but for their own."""

from __future__ import annotations

from enum import IntEnum
from typing import Any


class StatusError(Exception):
    """What is not carried out: the status its sender is told, what was done before it; why, for people."""

    def __init__(self, status: IntEnum, message: str = "", payload: bytes = b"") -> None:
        super().__init__(message or status.name)
        self.status: Any = status  # of the protocol that was spoken
        self.payload = payload
