"""Schema of the sheets of modules and of their drivers: controls, registers, and the board around."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from camtwin.models.provenance import Fact
from camtwin.models.register_sheet import Slave
from camtwin.models.schema import NotNegative, Positive, Section

ControlType = Literal["integer", "boolean", "menu", "integer64", "integer menu"]
View = Literal[
    "hold",
    "sensor_mode",
    "gain",
    "analogue_gain",
    "exposure_us",
    "exposure_100us",
    "exposure_lines",
    "frame_rate",
    "vertical_blanking",
    "horizontal_blanking",
    "pixel_rate",
    "link_frequency",
    "pattern",
    "slave",
    "broadcast",
    "black_level",
    "register",
]
"""Quantity that a control shows and sets; several controls may show the same one in other units."""
Id = Annotated[int, Field(gt=0, lt=1 << 28)]


class ControlRow(Section):
    """A control of a driver: its number, name and type, and the quantity that it shows.

    min, max, step, default: in the control's own unit; live limits may be narrower. menu: the entries from 0
    on. shows: the register of a control that shows one as it is.
    """

    id: Id
    name: Annotated[str, Field(min_length=1, max_length=31)]
    type: ControlType
    view: View
    min: int = 0
    max: int = 0
    step: Positive = 1
    default: int = 0
    unit: str = ""
    menu: tuple[str, ...] = ()
    shows: str = ""


class DriverTiming(Section):
    """Times of a driver: reset low, reset high to the first access, and to the start of a stream."""

    reset_ns: NotNegative
    answers_ns: NotNegative
    streams_ns: NotNegative


class DriverSheet(Section):
    """A driver of one sensor: its controls, and the registers that it sets whatever the mode is."""

    title: str
    document: str
    sensor: str
    timing: DriverTiming
    init: Mapping[str, NotNegative]
    controls: Mapping[str, ControlRow]
    facts: tuple[Fact, ...] = ()


class Eeprom(Section):
    """Memory on a module: its addresses on the bus, one for each level of SLASEL, and its size."""

    addresses: tuple[Slave, Slave]
    size_bytes: Positive


class AdapterClock(Section):
    """The clocks that a module's sensor adapter can have."""

    inck_MHz: tuple[Positive, ...]


class BoardChips(Section):
    """Chips of a processor adapter on the bus, besides the modules.

    expander: its outputs are the modules' reset pins. mux: a switch between the buses of several modules.
    """

    expander: Slave
    mux: Slave
    broadcast: Slave


class ModuleSheet(Section):
    """A sensor module: its driver, its mode files by number of lanes, and what is on its board.

    part, sensor_adapter: its name, and that of its sensor adapter, in the ecosystem's tables.
    """

    title: str
    document: str
    driver: str
    part: str
    sensor_adapter: str
    modes: Mapping[str, str]
    clock: AdapterClock
    eeprom: Eeprom
    board: BoardChips
    facts: tuple[Fact, ...] = ()
