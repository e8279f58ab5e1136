"""The family of errors that the user or the computer caused: told in one line, without a traceback."""

from __future__ import annotations

from typing import Literal, TypeAlias


class Problem(Exception):
    """What was asked for cannot be done; one line that names the thing, the value and the limit."""


Why: TypeAlias = Literal["address", "readonly", "unavailable", "locked", "range", "storage"]


class Refused(Problem):
    """An access that a camera does not carry out, and why; each link has a status code for each reason."""

    def __init__(self, why: Why, message: str) -> None:
        super().__init__(message)
        self.why: Why = why
