"""Sensor timing: when each row gathers light, and how long a readout takes.

A row's window is the first row's, moved by a step a row: none with a global shutter, the line time with a
rolling one. Long and short exposures of one picture are two sets of windows.

readout_ns is the time from one readout start to the earliest next one, blanking included: with
overlapped, short exposures frames repeat at exactly this period.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from camtwin.sensor.binning import binned_row
from camtwin.units import SEC, Ns


class RowTimes(NamedTuple):
    """Differences in time between the rows of a frame; fractions, so that rounding errors do not add up.

    step_ns       from one row's exposure to the next one's: 0 with a global shutter
    wait_ns       from the end of the first row's exposure until it is read
    wait_step_ns  how much longer each further row waits: 0 with a rolling shutter
    pair          rows of the array from one pair of rows that are read to the next one
    binned        rows of one colour that are read as one, and exposed together
    """

    step_ns: Fraction = Fraction(0)
    wait_ns: Ns = 0
    wait_step_ns: Fraction = Fraction(0)
    pair: int = 2
    binned: int = 1


ALIKE = RowTimes()
"""All rows at once, exposed and read."""


@dataclass(frozen=True, slots=True)
class RowWindows:
    """Windows in which the rows of a frame gather light, counted in the order in which they are read.

    start_ns, duration_ns  the first row's
    """

    start_ns: Ns
    duration_ns: Ns
    times: RowTimes = ALIKE

    def starts_ns(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return when each of these rows begins, to the nanosecond below.

        >>> RowWindows(100, 50, RowTimes(step_ns=Fraction(7, 2))).starts_ns(np.arange(4))
        array([100, 103, 107, 110])
        >>> RowWindows(0, 50, RowTimes(step_ns=Fraction(10), pair=4, binned=2)).starts_ns(np.arange(10))[::4]
        array([ 0,  0, 20])
        """
        step, pair = self.times.step_ns, self.times.pair
        if pair > 2:
            rows = rows // pair * 2 + (rows % pair > 0)
        if self.times.binned > 1:
            rows = binned_row(rows, self.times.binned, mosaic=True)
        return self.start_ns + rows * step.numerator // step.denominator

    def read_ns(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return when each of these rows is read, if nothing holds the readout up, to the nanosecond below.

        >>> RowWindows(100, 50, RowTimes(wait_ns=10, wait_step_ns=Fraction(5, 2))).read_ns(np.arange(3))
        array([160, 162, 165])
        """
        step = self.times.wait_step_ns
        ends_ns = self.starts_ns(rows) + self.duration_ns
        return ends_ns + self.times.wait_ns + rows * step.numerator // step.denominator


@dataclass(frozen=True, slots=True)
class GlobalShutter:
    """A shutter that exposes all rows at once; they are then read one after the other.

    clock_hz     pixel clock that a row is counted in
    row_clocks   clocks of a row, the line time
    base_ns      what a readout costs before its first row, blanking included
    """

    clock_hz: int
    row_clocks: int
    base_ns: Ns

    @property
    def row_times(self) -> RowTimes:
        """Return row times: all exposed at once, read one after the other."""
        return RowTimes(wait_ns=self.base_ns, wait_step_ns=Fraction(self.row_clocks * SEC, self.clock_hz))

    def rows_ns(self, rows: int) -> Ns:
        """Return the duration of `rows` rows; rounded once, so that rounding errors do not add up."""
        return (rows * self.row_clocks * SEC + self.clock_hz // 2) // self.clock_hz

    def readout_ns(self, rows: int) -> Ns:
        """Return the readout time of `rows` rows. Columns cost nothing: a row is converted whole."""
        return self.base_ns + self.rows_ns(rows)


@dataclass(frozen=True, slots=True)
class RollingShutter:
    """A shutter that exposes rows one line time after the other; each is read as its exposure ends.

    pixel_hz      clock that a line is counted in
    line_clocks   clocks of a line, blanking included
    frame_lines   lines of a frame, blanking included: its rate, however few rows are sent; None: the rows
                  that are read, and blank_lines
    lines_a_row   2 where the rows of two exposures of one picture take turns
    """

    pixel_hz: int
    line_clocks: int
    frame_lines: int | None
    lines_a_row: int = 1
    blank_lines: int = 0

    @property
    def base_ns(self) -> Ns:
        """Time before the first row: none."""
        return 0

    @property
    def row_times(self) -> RowTimes:
        """Return row times: each row exposed after the one before it, and read at once."""
        return RowTimes(step_ns=self.lines_a_row * self.line_ns)

    @property
    def line_ns(self) -> Fraction:
        """The line time."""
        return Fraction(self.line_clocks * SEC, self.pixel_hz)

    def readout_ns(self, rows: int) -> Ns:
        """Return the time from the first row of one frame to that of the next; columns cost nothing."""
        lines = rows + self.blank_lines if self.frame_lines is None else self.frame_lines
        return round(lines * self.line_ns)
