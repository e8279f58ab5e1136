"""Sensor timing: how long a readout takes.

readout_ns is the time from one readout start to the earliest next one, blanking included: with
overlapped, short exposures frames repeat at exactly this period.
"""

from __future__ import annotations

from dataclasses import dataclass

from camtwin.units import SEC, Ns


@dataclass(frozen=True, slots=True)
class GlobalShutter:
    """All rows are exposed at once and then read one after the other.

    clock_hz     pixel clock that a row is counted in
    row_clocks   clocks of a row, the line time
    base_ns      what a readout costs before its first row, blanking included
    """

    clock_hz: int
    row_clocks: int
    base_ns: Ns

    def rows_ns(self, rows: int) -> Ns:
        """Duration of so many rows; rounded once, so that row times do not add up rounding errors."""
        return (rows * self.row_clocks * SEC + self.clock_hz // 2) // self.clock_hz

    def readout_ns(self, rows: int) -> Ns:
        """Readout of `rows` rows. Columns cost nothing: a row is converted whole."""
        return self.base_ns + self.rows_ns(rows)
