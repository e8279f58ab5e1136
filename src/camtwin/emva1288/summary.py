"""What a report says of the results, whether for a terminal or for a browser."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from camtwin.emva1288.results import QUANTITIES, Channel, Quantity, Results, Said

HOW_TO_READ: Final = "0.415(27) is 0.415 with a standard error of 0.027"


class Row(NamedTuple):
    """One quantity: its name, the channels' values as text, and what a data sheet says, with its source."""

    quantity: Quantity
    name: str
    values: list[str]
    said: str = ""
    source: str = ""


def rows(channels: Sequence[Channel], sheets: Sequence[Mapping[str, Said]]) -> Iterator[Row]:
    """Yield what was measured of these channels. sheets: what a data sheet says of each."""
    for name, quantity in QUANTITIES.items():
        values = [c.figures.get(name) for c in channels]
        if not any(values):
            continue
        label, texts = quantity.name, ["" if v is None else quantity.told(v).text for v in values]
        if name.startswith("mu_I") and (degrees := channels[0].dark_rows[0].temperature_C) is not None:
            label += f", at {degrees:g} °C"
        said = [sheet[name] for sheet in sheets if name in sheet]
        numbers = "/".join(dict.fromkeys(f"{one.value:.4g}" for one in said))
        yield Row(quantity, label, texts, numbers, said[0].source if said else "")


def conditions(results: Results) -> dict[str, str]:
    """How it was measured, by name."""
    subject = results.subject
    found = {**subject.conditions, "bits": str(subject.bits)}
    if subject.photons_error:
        found["light known to"] = f"{subject.photons_error:.1%}, one standard error"
    for c in results.channels:
        light = f"light of {c.wavelength_nm:g} nm, " if c.wavelength_nm else ""
        found[f"channel {c.name}" if c.name else "saturation"] = f"{light}saturation by {c.rule}"
    return found


def reservations(channels: Sequence[Channel]) -> list[tuple[str, str]]:
    """What makes numbers doubtful and what could not be measured, each once, under its heading."""
    doubts = [("doubtful", reason) for c in channels for reason in c.warnings]
    return list(dict.fromkeys(doubts + [("not measured", reason) for c in channels for reason in c.missing]))
