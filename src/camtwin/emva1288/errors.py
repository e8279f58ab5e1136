"""Propagation of errors: from the errors of moments to those of results.

The moments of steps are independent of each other, and their errors are small compared with the curvature of
a result. So each is moved by its standard error up and down, and the results' half differences add in
squares: the law of propagation of uncertainty, with derivatives taken by differences, so that none can be
forgotten.

Source: JCGM 100:2008 (GUM), 5.1.2 and note 2 of 5.1.3.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import floor, hypot, log10, nan
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Value(NamedTuple):
    """A number and its standard error, in the number's unit."""

    value: float
    error: float = 0.0

    @property
    def relative(self) -> float:
        """The error relative to the number; nan at 0."""
        return abs(self.error / self.value) if self.value else nan

    @property
    def text(self) -> str:
        """The number with its standard error in the last two digits, `0.41498(27)` (GUM, 7.2.2).

        >>> Value(9453.23, 6.45).text, Value(0.0, 0.0068).text, Value(33482.0, 13.0).text, Value(12.0).text
        ('9453.2(6.5)', '0.0000(68)', '33482(13)', '12')
        """
        if not self.error > 0:
            return f"{self.value:.6g}"
        digits = max(0, 1 - floor(log10(self.error)))
        error = f"{self.error:.{digits}f}"
        return f"{self.value:.{digits}f}({error if self.error >= 1 else error.lstrip('0.')})"

    def also(self, relative: float) -> Value:
        """Return the value with a further, independent error, given relative to the number."""
        return Value(self.value, hypot(self.error, self.value * relative))


def propagated(
    evaluate: Callable[[NDArray[np.float64]], Sequence[float]], at: Sequence[float], errors: Sequence[float]
) -> list[Value]:
    """Return the results of evaluate(moments), with errors propagated from the moments' independent ones.

    >>> propagated(lambda m: [m[0] - m[1]], [32.0, 8.0], [3.0, 4.0])
    [Value(value=24.0, error=5.0)]
    """
    moments = np.array(at, float)
    squares = np.zeros(len(best := evaluate(moments)))
    for i, error in enumerate(errors):
        if error:
            up, down = moments.copy(), moments.copy()
            up[i], down[i] = moments[i] + error, moments[i] - error
            squares += (np.subtract(evaluate(up), evaluate(down)) / 2) ** 2
    return [Value(float(b), float(e)) for b, e in zip(best, np.sqrt(squares), strict=True)]
