"""Direct currents in a network of two-terminal branches: node voltages in V, branch currents in A.

Everything in a plan is one kind of branch, a voltage in series with a resistance whose current is kept within
limits:

    i = clip((v_a - v_b - emf_V) / ohm, min_A, max_A)        from a through the branch to b

    resistor, wire          emf 0
    supply, generator       emf U from + to -: it drives current out of + until U is there; limits: its own
    diode, optocoupler LED  emf = the drop, ohm = the resistor in series, min_A = 0
    transistor that is on   emf = the residual voltage, min_A = 0; one that is off leaks a constant current

The current of each rises with its voltage, so the network has one solution: the minimum of its co-content,
a convex function made of parabolas. `solve` finds it by Newton's method with an exact line search, which
ends after as many steps as there are pieces to cross. Floating parts are tied to earth by LEAK_S.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import Final

import numpy as np
from numpy.typing import NDArray

from camtwin.problem import Problem

LEAK_S: Final = 1e-9
"""Conductance of every node to earth, as through isolation. It only fixes the potential of floating parts."""
MIN_OHM: Final = 1e-3
ENOUGH_A: Final = 1e-9
"""Residual current that is permitted at every node."""
MAX_STEPS: Final = 200


class Unsolved(Problem, ArithmeticError):
    """No solution was found: numbers beyond reason."""


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch between nodes a and b, numbered from 0; -1 is earth."""

    a: int
    b: int
    ohm: float
    emf_V: float = 0.0
    min_A: float = -inf
    max_A: float = inf


def solve(nodes: int, branches: Sequence[Branch]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return (node voltages in V against earth, branch currents in A).

    Raises:
        Unsolved: names the current left over
    """
    a, b = (np.array([getattr(x, end) for x in branches], int) for end in "ab")
    ohm, emf, least, most = (
        np.array([getattr(x, name) for x in branches], float) for name in ("ohm", "emf_V", "min_A", "max_A")
    )
    siemens = 1 / np.maximum(ohm, MIN_OHM)
    incidence = np.zeros((len(branches), nodes + 1))  # the last column is earth, node -1
    rows = np.arange(len(branches))
    np.add.at(incidence, (rows, a), 1.0)
    np.add.at(incidence, (rows, b), -1.0)
    incidence = incidence[:, :-1]
    volts = np.zeros(nodes)

    leak = LEAK_S * np.eye(nodes)
    surplus = np.zeros(nodes)
    for _ in range(MAX_STEPS):
        drive = incidence @ volts - emf
        i = np.clip(drive * siemens, least, most)
        surplus = incidence.T @ i + LEAK_S * volts
        if not nodes or np.abs(surplus).max() < ENOUGH_A:
            return volts, i
        free = (i > least) & (i < most)
        slope = (incidence * (siemens * free)[:, None]).T @ incidence + leak
        step = -np.linalg.solve(slope, surplus).astype(np.float64)
        moves = incidence @ step
        leaks = LEAK_S * (step @ volts), LEAK_S * (step @ step)
        bounds = least / siemens - drive, most / siemens - drive
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):  # such knots are not on the way
            knots = np.concatenate([bound / moves for bound in bounds])
        shares = np.sort(np.concatenate([(0.0, 1.0), knots[(knots > 0) & (knots < 1)]]))
        flows = np.clip((drive + shares[:, None] * moves) * siemens, least, most)
        volts = volts + _lowest(shares, flows @ moves + leaks[0] + shares * leaks[1]) * step
    raise Unsolved(f"{np.abs(surplus).max():g} A do not balance at a node of the circuit")


def _lowest(shares: NDArray[np.float64], slopes: NDArray[np.float64]) -> float:
    """Return the share of a step, at most 1, at which the co-content is lowest: its slope is zero there.

    Between two of the `shares`, where some branch reaches a limit, the slope is a straight line.
    """
    above = int(np.argmax(slopes > 0))
    if not above:  # it falls all the way; or numbers beyond reason
        return 1.0
    a, b = slopes[above - 1], slopes[above]
    return float(shares[above - 1] - a * (shares[above] - shares[above - 1]) / (b - a))
