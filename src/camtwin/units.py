"""Names of the quantities that camtwin computes with, and the lengths of time in nanoseconds."""

from __future__ import annotations

from typing import TypeAlias

Ns: TypeAlias = int
"""Whole nanoseconds of virtual time."""

US: Ns = 1_000
MS: Ns = 1_000_000
SEC: Ns = 1_000_000_000
