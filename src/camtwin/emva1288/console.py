"""Results of the laboratory for a terminal: a table beside the data sheet, dark current, efficiency."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console

from camtwin.emva1288.results import QUANTITIES, STANDARD, Channel, Comparison, ReferenceValue, Results
from camtwin.emva1288.summary import HOW_TO_READ, conditions, reservations, rows
from camtwin.report.terminal import DIM, Table, fits, hang, number_table


def print_results(console: Console, results: Results, beside: Comparison | None) -> None:
    """Print the results. beside: a data sheet's numbers, if there is one."""
    subject, channels = results.subject, results.channels
    console.print(subject.title, style="bold")
    hang(console, "", f"{STANDARD}; {HOW_TO_READ}.", style=DIM)
    for name, value in conditions(results).items():
        hang(console, f"  {name:20}", value)
    console.print()
    _figures(console, channels, beside.numbers if beside else [{}] * len(channels))
    for title, of in (
        ("Dark current, from the mean (from the variance), e-/s", _dark),
        ("Quantum efficiency, %", _efficiency),
    ):
        if (whole := of(channels)).row_count:
            console.print(f"\n{title}", style="bold")
            for table in [whole] if fits(console, whole) else [of([c]) for c in channels]:
                console.print(table)
    for heading, reason in reservations(channels):
        hang(console, f"{heading}: ", reason, label_style="yellow")


def _figures(
    console: Console, channels: Sequence[Channel], sheets: Sequence[Mapping[str, ReferenceValue]]
) -> None:
    """Print the figures beside the data sheets', with sources below.

    Channel by channel if the terminal is narrow.
    """
    sources: dict[str, int] = {}
    if fits(console, table := _of(channels, sheets, sources)):
        console.print(table)
    else:
        for channel, sheet in zip(channels, sheets, strict=True):
            console.print(_of([channel], [sheet], sources))
            console.print()
    for source, number in sources.items():
        hang(console, f"[{number}] ", source, style=DIM)


def _of(
    channels: Sequence[Channel], sheets: Sequence[Mapping[str, ReferenceValue]], sources: dict[str, int]
) -> Table:
    """Return a table with one row per quantity; new sources get the next number."""
    table = number_table()
    table.add_column("", no_wrap=True)
    table.add_column("", min_width=12)
    for channel in channels:
        table.add_column(channel.name or "measured", justify="right", no_wrap=True)
    table.add_column("unit", no_wrap=True)
    table.add_column("sheet, 0 dB" if any(sheets) else "", no_wrap=True)
    for row in rows(channels, sheets):
        reference = (
            f"{row.reference} [{sources.setdefault(row.source, len(sources) + 1)}]" if row.reference else ""
        )
        table.add_row(row.quantity.symbol, row.name, *row.values, row.quantity.unit, reference)
    return table


def _dark(channels: Sequence[Channel]) -> Table:
    table = _by_channel("°C", channels)
    for same in zip(*(c.dark_rows for c in channels), strict=False):
        degrees = same[0].temperature_C
        cells = (f"{row.mean.text} ({row.variance.value:.3g})" for row in same)
        table.add_row("" if degrees is None else f"{degrees:g}", *cells)
    return table


def _efficiency(channels: Sequence[Channel]) -> Table:
    table, percent = _by_channel("nm", channels), QUANTITIES["eta"]
    for row in zip(*(c.efficiency for c in channels), strict=False):
        table.add_row(f"{row[0][0]:g}", *(percent.in_unit(value).text for _, value in row))
    return table


def _by_channel(name: str, channels: Sequence[Channel]) -> Table:
    """Return a table with a named first column, and one column per channel."""
    table = number_table()
    for each in (name, *(c.name or "measured" for c in channels)):
        table.add_column(each, justify="right", no_wrap=True)
    return table
