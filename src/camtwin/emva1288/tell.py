"""The laboratory's results for a terminal: a table beside the data sheet, dark current, efficiency."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import floor, log10

from rich import box
from rich.console import Console
from rich.table import Table

from camtwin.emva1288.errors import Value
from camtwin.emva1288.results import QUANTITIES, STANDARD, Beside, Channel, Results, Said
from camtwin.report.terminal import hang

DIM = "bright_black"


def told(value: Value) -> str:
    """The number with its standard error in the last two digits, as the GUM has it (7.2.2): `0.41498(27)`.

    >>> told(Value(9453.23, 6.45)), told(Value(0.0, 0.0068)), told(Value(33482.0, 13.0)), told(Value(12.0))
    ('9453.2(6.5)', '0.0000(68)', '33482(13)', '12')
    """
    if not value.error > 0:
        return f"{value.value:.6g}"
    digits = max(0, 1 - floor(log10(value.error)))
    error = f"{value.error:.{digits}f}"
    return f"{value.value:.{digits}f}({error if value.error >= 1 else error.lstrip('0.')})"


def tell(console: Console, results: Results, beside: Beside | None) -> None:
    """Print all of it. beside: what a data sheet says, if there is one."""
    subject, channels = results.subject, results.channels
    console.print(subject.title, style="bold")
    hang(console, "", f"{STANDARD}; 0.415(27) is 0.415 with a standard error of 0.027.", style=DIM)
    for name, value in subject.conditions.items():
        hang(console, f"  {name:20}", value)
    if subject.photons_error:
        hang(console, f"  {'light known to':20}", f"{subject.photons_error:.1%}")
    for channel in channels:
        light = f"light of {channel.wavelength_nm:g} nm, " if channel.wavelength_nm else ""
        hang(console, f"  {channel.name or 'saturation':20}", f"{light}saturation by {channel.rule}")
    console.print()
    _figures(console, channels, beside.numbers if beside else [{}] * len(channels))
    for title, of in (
        ("Dark current, from the mean (from the variance), e-/s", _dark),
        ("Quantum efficiency, %", _efficiency),
    ):
        if (whole := of(channels)).row_count:
            console.print(f"\n{title}", style="bold")
            for table in [whole] if _fits(console, whole) else [of([c]) for c in channels]:
                console.print(table)
    for reason in dict.fromkeys(reason for c in channels for reason in c.warnings):
        hang(console, "doubtful: ", reason, label_style="yellow")
    for reason in dict.fromkeys(reason for c in channels for reason in c.missing):
        hang(console, "not measured: ", reason, label_style="yellow")


def _fits(console: Console, table: Table) -> bool:
    """Without cutting a number?"""
    return console.measure(table, options=console.options.update(width=1000)).minimum <= console.width


def _table() -> Table:
    return Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)


def _figures(console: Console, channels: Sequence[Channel], sheets: Sequence[Mapping[str, Said]]) -> None:
    """Beside the sheets' numbers, whose sources stand below; channels below each other where too narrow."""
    sources: dict[str, int] = {}
    if _fits(console, table := _of(channels, sheets, sources)):
        console.print(table)
    else:
        for channel, sheet in zip(channels, sheets, strict=True):
            console.print(_of([channel], [sheet], sources))
            console.print()
    for source, number in sources.items():
        hang(console, f"[{number}] ", source, style=DIM)


def _of(channels: Sequence[Channel], sheets: Sequence[Mapping[str, Said]], sources: dict[str, int]) -> Table:
    """One row a quantity; sources that are new get the next number."""
    table = _table()
    table.add_column("", no_wrap=True)
    table.add_column("", min_width=12)
    for channel in channels:
        table.add_column(channel.name or "measured", justify="right", no_wrap=True)
    table.add_column("unit", no_wrap=True)
    table.add_column("sheet, 0 dB" if any(sheets) else "", no_wrap=True)
    for name, quantity in QUANTITIES.items():
        values = [c.figures.get(name) for c in channels]
        if not any(values):
            continue
        label = quantity.name
        if name.startswith("mu_I") and channels[0].dark_rows[0].temperature_C is not None:
            label += f", at {channels[0].dark_rows[0].temperature_C:g} degC"
        cells = [quantity.symbol, label, *("" if v is None else told(quantity.told(v)) for v in values)]
        beside = [sheet[name] for sheet in sheets if name in sheet]
        if beside:
            number = sources.setdefault(beside[0].source, len(sources) + 1)
            numbers = "/".join(dict.fromkeys(f"{b.value:.4g}" for b in beside))
            cells += [quantity.unit, f"{numbers} [{number}]"]
        else:
            cells += [quantity.unit, ""]
        table.add_row(*cells)
    return table


def _dark(channels: Sequence[Channel]) -> Table:
    table = _table()
    table.add_column("degC", justify="right", no_wrap=True)
    for channel in channels:
        table.add_column(channel.name or "measured", justify="right", no_wrap=True)
    for rows in zip(*(c.dark_rows for c in channels), strict=False):
        degrees = rows[0].temperature_C
        cells = (f"{told(row.mean)} ({row.variance.value:.3g})" for row in rows)
        table.add_row("" if degrees is None else f"{degrees:g}", *cells)
    return table


def _efficiency(channels: Sequence[Channel]) -> Table:
    table = _table()
    table.add_column("nm", justify="right", no_wrap=True)
    for channel in channels:
        table.add_column(channel.name or "measured", justify="right", no_wrap=True)
    for row in zip(*(c.efficiency for c in channels), strict=False):
        percent = QUANTITIES["eta"]
        table.add_row(f"{row[0][0]:g}", *(told(percent.told(value)) for _, value in row))
    return table
