"""Summary of the results, shared by the reports for a terminal and for a browser."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from camtwin.emva1288.results import QUANTITIES, Channel, Quantity, ReferenceValue, Results

HOW_TO_READ: Final = "0.415(27) is 0.415 with a standard error of 0.027"


class Row(NamedTuple):
    """One quantity: its name, the channels' values as text, and a data sheet's number with its source."""

    quantity: Quantity
    name: str
    values: list[str]
    reference: str = ""
    source: str = ""


def rows(channels: Sequence[Channel], sheets: Sequence[Mapping[str, ReferenceValue]]) -> Iterator[Row]:
    """Yield the measured quantities of these channels. sheets: a data sheet's numbers for each."""
    for name, quantity in QUANTITIES.items():
        values = [c.figures.get(name) for c in channels]
        if not any(values):
            continue
        label, texts = quantity.name, ["" if v is None else quantity.in_unit(v).text for v in values]
        if name.startswith("mu_I") and (degrees := channels[0].dark_rows[0].temperature_C) is not None:
            label += f", at {degrees:g} °C"
        values_of_sheets = [sheet[name] for sheet in sheets if name in sheet]
        numbers = "/".join(dict.fromkeys(f"{one.value:.4g}" for one in values_of_sheets))
        yield Row(quantity, label, texts, numbers, values_of_sheets[0].source if values_of_sheets else "")


def conditions(results: Results) -> dict[str, str]:
    """Return the conditions of the measurement, by name."""
    subject = results.subject
    conditions = {**subject.conditions, "bits": str(subject.bits)}
    if subject.photons_error:
        conditions["light known to"] = f"{subject.photons_error:.1%}, one standard error"
    for c in results.channels:
        light = f"light of {c.wavelength_nm:g} nm, " if c.wavelength_nm else ""
        conditions[f"channel {c.name}" if c.name else "saturation"] = f"{light}saturation by {c.rule}"
    return conditions


def reservations(channels: Sequence[Channel]) -> list[tuple[str, str]]:
    """Return doubts and missing results, each once, under its heading."""
    doubts = [("doubtful", reason) for c in channels for reason in c.warnings]
    return list(dict.fromkeys(doubts + [("not measured", reason) for c in channels for reason in c.missing]))
