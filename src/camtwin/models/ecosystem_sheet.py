"""Schema of an ecosystem sheet: a maker's modules, adapters, boards and offers, and what goes with what.

The cells of its printed tables are kept as they are printed; `readings` says how a blank cell is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from pydantic import model_validator

from camtwin.models.provenance import Fact
from camtwin.models.schema import Positive, Section

Names = tuple[str, ...]


class PrintedTable(Section):
    """A table of the document: its title and columns; cells: the letters that modules abbreviate them by."""

    title: str
    columns: Names
    scope: Names = ()
    cells: Mapping[str, str] = {}


class Reading(Section):
    """A blank cell of a column: it says the same as in the column `like`, or a text."""

    like: str = ""
    text: str = ""


class Footnote(Section):
    """A footnote: whether what it marks is verified, and which modules it refuses."""

    text: str
    verified: bool = True
    refuses: Names = ()


class ModuleRow(Section):
    """A sensor module: its cells in tables 1 to 4, footnotes by column of table 1, and its rig sheet."""

    boards: Names = ()
    driver: str = ""
    libargus: str = ""
    opencv: str = ""
    notes: Mapping[str, str] = {}
    rig: str = ""


class DataOutput(Section):
    """A kind of data, its colour on the ecosystem's map, and the modules that send it natively."""

    colour: str
    text: str
    modules: Names = ()


class SensorAdapter(Section):
    """A sensor adapter: modules that it carries, its data output, and processor adapters with footnotes."""

    table: str
    output: str
    modules: Names
    on: Mapping[str, str]


class ProcessorAdapter(Section):
    """A processor adapter: modules that it connects, lanes to each, its boards, and how many fit a board."""

    modules: Positive
    lanes: Positive
    per_board: Positive = 1
    boards: Names


class Board(Section):
    """A processor board: its column of table 1, and the software that it is supported with."""

    column: str
    family: str
    kit: str = ""
    software: str = ""
    supported: bool = False


class Kit(Section):
    """A development kit: a module with adapters and software for boards."""

    module: str
    boards: Names


class Offer(Section):
    """A material or service, and its terms."""

    item: str
    terms: str
    phase: str = ""
    of: Names = ()


class EcosystemSheet(Section):
    """All of an ecosystem."""

    name: str
    title: str
    document: str
    contents: Mapping[str, Any]
    tables: Mapping[str, PrintedTable]
    legend: Mapping[str, Mapping[str, str]]
    readings: Mapping[str, Reading]
    footnotes: Mapping[str, Footnote]
    modules: Mapping[str, ModuleRow]
    outputs: Mapping[str, DataOutput]
    sensor_adapters: Mapping[str, SensorAdapter]
    criteria: Mapping[str, str]
    gives: Mapping[str, Mapping[str, str]]
    processor_adapters: Mapping[str, ProcessorAdapter]
    boards: Mapping[str, Board]
    kits: Mapping[str, Kit]
    terms: Mapping[str, str]
    offers: Mapping[str, Mapping[str, Offer]]
    facts: tuple[Fact, ...] = ()

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        """Check that names of parts are known, and that each module has a cell for each column."""
        known = {*self.modules, *self.sensor_adapters, *self.processor_adapters, *self.boards}
        used = {
            *(m for fsa in self.sensor_adapters.values() for m in (*fsa.modules, *fsa.on)),
            *(board for fpa in self.processor_adapters.values() for board in fpa.boards),
            *(part for kit in self.kits.values() for part in (kit.module, *kit.boards)),
            *(part for group in self.offers.values() for offer in group.values() for part in offer.of),
            *(module for output in self.outputs.values() for module in output.modules),
            *(module for note in self.footnotes.values() for module in note.refuses),
        }
        if strangers := used - known:
            raise ValueError(f"there is no part {', '.join(sorted(strangers))}")
        for name, row in self.modules.items():
            cells = {"1": row.boards, "2": row.driver, "3": row.libargus, "4": row.opencv}
            for table, found in cells.items():
                if found and len(found) != (wanted := len(self.tables[table].columns)):
                    raise ValueError(f"{name} has {len(found)} cells in table {table}, which has {wanted}")
        return self
