"""The family of errors that the user or the computer caused: told in one line, without a traceback."""

from __future__ import annotations


class Problem(Exception):
    """What was asked for cannot be done; one line that names the thing, the value and the limit."""
