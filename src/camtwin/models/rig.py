"""Rig sheets: a camera's connectors, circuits, supplies, climate and LEDs, as its data sheet states them.

A rig sheet has one source per row: a table with `source` or `assumed` is one fact of several numbers.
Numbers that the sheet prints stand apart from those of the circuit behind a pin (`inside`), which are
chosen so that they reproduce the printed ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from camtwin.models.provenance import Fact

Span = tuple[float, float]
Positive = Annotated[float, Field(gt=0)]


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, arbitrary_types_allowed=True)


class Connector(Part):
    """A socket: its part and the plugs that fit.

    lock  the plug can be fixed
    slow  plugs that fit but lack the wires for full speed
    """

    part: str
    mates: tuple[str, ...]
    slow: tuple[str, ...] = ()
    lock: str = ""
    positions: int | None = None


class SheetPin(Part):
    """A pin: its net, and the camera's line on it, if any."""

    name: str
    line: str = ""


class Input(Part):
    """A line as an input, between two pins `connector.pin`.

    low_V and high_V as printed; between them the level is undefined. Beyond safe_V the sheet warns, beyond
    absolute_V the input breaks. current_mA: at high; with less current there is no level. An external pull-up
    goes to pullup_min_V or more.
    """

    pin: str
    ground: str
    isolated: bool
    low_V: Span
    high_V: Span
    above_high: bool = False  # the lower end of high_V is excluded
    safe_V: Span | None = None
    absolute_V: Span | None = None
    voids_warranty: bool = False
    current_mA: Span | None = None
    sink_mA: float | None = None  # current that a source must sink at low
    pullup_min_V: float | None = None


class InputInside(Part):
    """Circuit of an input: a drop and a resistor to ground, and a resistor to an internal supply."""

    ohm: Positive
    drop_V: float = 0.0
    limit_mA: float | None = None
    pullup_V: float = 0.0
    pullup_ohm: float | None = None


class Output(Part):
    """A line as an output.

    `high side` switches `feed` to the pin, `low side` the pin to `ground`, `push-pull` drives it from the
    camera's own voltage.
    """

    pin: str
    stage: Literal["high side", "low side", "push-pull"]
    isolated: bool
    feed: str = ""
    ground: str = ""
    supply_V: Span | None = None
    absolute_V: Span | None = None
    voids_warranty: bool = False
    load_mA: float = 50.0  # current that it may carry, when on or low
    high_V: Span = (0.0, 0.0)  # push-pull only, with the next two
    low_V: Span = (0.0, 0.0)
    source_mA: float = 0.0
    leakage_uA: float | None = None
    pullup_ohm: float | None = None

    @property
    def ends(self) -> tuple[str, str]:
        """Pins at both ends of its switch; of push-pull, the pin and its ground."""
        return (self.feed, self.pin) if self.stage == "high side" else (self.pin, self.ground)


class OutputInside(Part):
    """residual_V at load_mA and at_C; share of it that does not depend on the current; pullup_V inside.

    Warmer, the leakage doubles every leakage_doubling_K and the residual grows by a share residual_per_K; one
    camera differs from the next by a share up to their spread. Switched off, the pin takes charge_nC to rise,
    which comes from the load: less current, a later edge.
    """

    residual_V: float
    at_C: float = 25.0
    knee_share: float = 0.5
    leakage_uA: float = 1.0
    pullup_V: float | None = None
    leakage_doubling_K: Positive | None = None
    leakage_spread: float = 0.0
    residual_per_K: float = 0.0
    residual_spread: float = 0.0
    charge_nC: float = 0.0


class SupplyInput(Part):
    """A possible supply. volts as printed, with tolerance as a share; watts at fps and at_V."""

    plus: str = ""
    minus: str = ""
    connector: str = ""
    volts: Span
    tolerance: float = 0.0
    watts: Positive
    at_V: Positive
    fps: float | None = None
    current_mA: Span | None = None
    poe_class: int | None = None
    idle_watts: float | None = None
    port_watts: float | None = None  # power that a port must offer

    @property
    def accepted_V(self) -> Span:
        low, high = self.volts
        return low * (1 - self.tolerance), high * (1 + self.tolerance)


class Rail(Part):
    """A supply of a board: its pins and its nominal voltage."""

    pins: tuple[str, ...]
    volts: Positive


class Source(Part):
    """A pin that supplies a voltage, up to a current."""

    pin: str
    ground: str
    volts: Positive
    load_mA: float | None = None


class Power(Part):
    """Power behaviour of the camera.

    Brown-out thresholds as shares of a supply's lowest accepted voltage; idle consumption; the heat that
    causes the rise of temperature in the camera's data sheet.
    """

    brownout_share: Annotated[float, Field(gt=0, lt=1)]
    idle_share: Annotated[float, Field(gt=0, le=1)]
    reverse: Literal["protected", "damaged"]
    heat_W: Positive


class IoCable(Part):
    """A cable made for a camera, by its name: pins of the socket that it has wires for."""

    color: str
    length_m: Positive
    pins: tuple[str, ...]


class StatusLed(Part):
    """An LED on the housing: the states in which it is lit or flashes."""

    color: str
    static: str = ""
    flash: str = ""


class RigSheet(Part):
    """Connectors, circuits, supplies and climate of one camera."""

    name: str
    title: str
    document: str
    connectors: Mapping[str, Connector] = {}
    pins: Mapping[str, Mapping[str, SheetPin]] = {}
    inputs: Mapping[str, Input] = {}
    inside: Mapping[str, InputInside] = {}
    outputs: Mapping[str, Output] = {}
    outside: Mapping[str, OutputInside] = {}
    supplies: Mapping[str, SupplyInput] = {}
    rails: Mapping[str, Rail] = {}
    sources: Mapping[str, Source] = {}
    power: Power | None = None
    ground: Mapping[str, tuple[str, ...]] = {}  # `pins`: connected with the electronics
    environment: Mapping[str, Any] = {}
    reliability: Mapping[str, float] = {}
    cable: Mapping[str, Any] = {}  # requirements of any cable
    cables: Mapping[str, IoCable] = {}  # those that are made for it
    load: Mapping[str, Any] = {}  # statements about loads at its outputs
    lens: Mapping[str, Any] = {}
    record: Mapping[str, Any] = {}  # facts without effect, of a camera without a twin
    leds: Mapping[str, StatusLed] = {}
    facts: tuple[Fact, ...] = ()

    @property
    def protected(self) -> bool:
        """Whether it survives a reversed supply."""
        return not self.power or self.power.reverse == "protected"
