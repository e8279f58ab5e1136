"""Errors that the user or the computer caused: reported in one line, without a traceback."""

from __future__ import annotations

from typing import Literal, TypeAlias


class Problem(Exception):
    """A request that cannot be carried out; one line that names the thing, the value and the limit."""


Why: TypeAlias = Literal["address", "readonly", "unavailable", "locked", "range", "storage"]


class Refused(Problem):
    """An access that a camera refuses, and why; each link has a status code for each reason."""

    def __init__(self, why: Why, message: str) -> None:
        super().__init__(message)
        self.why: Why = why
