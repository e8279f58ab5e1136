"""The laboratory's results against the truth: deviations in the standard errors that it states itself.

If deviations are normal with the stated errors, one beyond SIGMAS comes up once in two million, and the
mean square of n independent ones is chi-square: `misstated` gives bounds that one set in 15000 leaves, either
way (Wilson and Hilferty's cube root, 4 standard deviations).
"""

from collections.abc import Mapping
from math import sqrt
from typing import Any

SIGMAS = 5
FAR = 4


def deviations(channel: Mapping[str, Any], truth: Mapping[str, float]) -> dict[str, float]:
    """Return the deviations of a channel's figures, as --json prints them, in standard errors.

    truth: in the same units.
    """
    found = {}
    for name, true in truth.items():
        figure = channel["figures"][name]
        assert figure["error"] > 0, f"{name} is told without an error"
        found[name] = (figure["value"] - true) / figure["error"]
    return found


def too_far(found: Mapping[str, float]) -> dict[str, float]:
    """Those that chance does not explain; nan is one."""
    return {name: z for name, z in found.items() if not abs(z) < SIGMAS}


def misstated(independent: list[float]) -> bool:
    """Do the errors as stated not have the size of the deviations?"""
    n = len(independent)
    mean_square = sum(z * z for z in independent) / n
    low, high = ((1 - 2 / (9 * n) + side * FAR * sqrt(2 / (9 * n))) ** 3 for side in (-1, 1))
    return not low < mean_square < high
