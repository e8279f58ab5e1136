"""Devices of a wiring plan: supplies, signal sources, lamps, resistors, contacts, earth, cameras.

Each device has named pins, and returns the branches between them at each of its levels (solver.py). Devices
with several levels change over time: low and high of a generator, off and on of an output.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from camtwin.ecosystem import ecosystem
from camtwin.rig.wiring.solver import MIN_OHM

Volts = Annotated[float, Field(ge=-1000, le=1000)]
Positive = Annotated[float, Field(gt=0, le=1e9)]
OPEN_OHM = 1e9
BranchOf = tuple[str, str, dict[str, float]]
"""Two pins, and the values of the branch between them: ohm, emf_V, min_A, max_A."""


class Element(BaseModel, ABC):
    """A device of a plan. `earthed`: its ground pin is bonded to protective earth."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    pins: ClassVar[tuple[str, ...]] = ()
    ground: ClassVar[str] = ""
    levels: ClassVar[tuple[str, ...]] = ("on",)
    earthed: bool = False

    @abstractmethod
    def branches(self, level: str) -> list[BranchOf]:
        """Return the branches between its pins at one of its levels."""


class Supply(Element):
    """A supply with a current limit; it does not sink current."""

    kind: Literal["supply"]
    volts: Volts
    amperes: Positive = 1.0
    pins = ("+", "-")
    ground = "-"
    levels = ("on", "off")

    def branches(self, level: str) -> list[BranchOf]:
        if level == "off":
            return []
        return [("+", "-", {"ohm": MIN_OHM, "emf_V": self.volts, "min_A": -self.amperes})]


class Generator(Element):
    """A signal between two voltages, with a source resistance and a current limit."""

    kind: Literal["generator"]
    low_V: Volts = 0.0
    high_V: Volts = 5.0
    ohm: Positive = 50.0
    limit_mA: Positive = 1000.0
    hz: Positive | None = None
    pulse_us: Positive | None = None
    pins = ("out", "gnd")
    ground = "gnd"
    levels = ("low", "high")

    def branches(self, level: str) -> list[BranchOf]:
        emf, most = self.high_V if level == "high" else self.low_V, self.limit_mA / 1e3
        return [("out", "gnd", {"ohm": self.ohm, "emf_V": emf, "min_A": -most, "max_A": most})]


class Driver(Element):
    """An output of a PLC, an encoder or a sensor, with `volts` of its own between + and -, or fed there.

    pnp switches + to Q, npn and open-collector Q to -, push-pull does both; its level low is off.
    """

    kind: Literal["plc", "encoder"]
    output: Literal["push-pull", "pnp", "npn", "open-collector"] = "push-pull"
    volts: Volts | None = None
    ohm: Positive = 1.0
    limit_mA: Positive = 500.0
    hz: Positive | None = None
    pulse_us: Positive | None = None
    pins = ("+", "-", "Q")
    ground = "-"
    levels = ("low", "high")

    def branches(self, level: str) -> list[BranchOf]:
        made: list[BranchOf] = []
        if self.volts is not None:
            made.append(("+", "-", {"ohm": MIN_OHM, "emf_V": self.volts, "min_A": -10.0}))
        closed = {"ohm": self.ohm, "min_A": 0.0, "max_A": self.limit_mA / 1e3}
        opened = {"ohm": OPEN_OHM}
        high = level == "high"
        if self.output in ("push-pull", "pnp"):
            made.append(("+", "Q", closed if high else opened))
        if self.output == "push-pull":
            made.append(("Q", "-", opened if high else closed))
        if self.output in ("npn", "open-collector"):
            made.append(("Q", "-", closed if high else opened))
        return made


class Lamp(Element):
    """A lamp that takes current_mA at its voltage, a resistor in the circuit; it lights from 80 % of it."""

    kind: Literal["lamp"]
    volts: Positive = 24.0
    current_mA: Positive
    pins = ("+", "-")

    @property
    def ohm(self) -> float:
        return self.volts / self.current_mA * 1e3

    def branches(self, level: str) -> list[BranchOf]:
        return [("+", "-", {"ohm": self.ohm})]


class Resistor(Element):
    kind: Literal["resistor"]
    ohm: Positive
    pins = ("a", "b")

    def branches(self, level: str) -> list[BranchOf]:
        return [("a", "b", {"ohm": self.ohm})]


class Contact(Element):
    """A switch or a relay's contact: high is closed."""

    kind: Literal["contact"]
    hz: Positive | None = None
    pulse_us: Positive | None = None
    pins = ("a", "b")
    levels = ("low", "high")

    def branches(self, level: str) -> list[BranchOf]:
        return [("a", "b", {"ohm": 0.05 if level == "high" else OPEN_OHM})]


class Earth(Element):
    """Protective earth."""

    kind: Literal["earth"]
    pins = ("PE",)
    ground = "PE"
    earthed: bool = True

    def branches(self, level: str) -> list[BranchOf]:
        return []


class Switch(Element):
    """A network switch. With PoE its port feeds a camera: volts, and the watts that it grants."""

    kind: Literal["switch"]
    poe_V: Positive | None = None
    poe_watts: Positive = 15.4
    pins = ("port",)

    def branches(self, level: str) -> list[BranchOf]:
        return []


class UsbPort(Element):
    """A computer's USB port, and the power it offers."""

    kind: Literal["host"]
    volts: Volts = 5.0
    watts: Positive = 4.5
    pins = ("vbus", "gnd")
    ground = "gnd"

    def branches(self, level: str) -> list[BranchOf]:
        limit = self.watts / max(self.volts, 0.1)
        return [("vbus", "gnd", {"ohm": MIN_OHM, "emf_V": self.volts, "min_A": -limit})]


def _part(kind: str) -> AfterValidator:
    """Return a validator that takes a part of the ecosystem by its name, or the end of it."""
    return AfterValidator(lambda text: ecosystem().part(text, kind))


class ModuleAdapter(Element):
    """A sensor adapter: `module` takes a sensor module, `processor` goes to a processor adapter."""

    kind: Literal["sensor adapter"]
    part: Annotated[str, _part("sensor adapter")]
    pins = ("module", "processor")

    def branches(self, level: str) -> list[BranchOf]:
        return []


class BoardAdapter(Element):
    """A processor adapter on a board; each of its ports takes a sensor adapter."""

    kind: Literal["processor adapter"]
    part: Annotated[str, _part("processor adapter")]
    board: Annotated[str, _part("board")]
    pins = ("1", "2", "3", "4")

    def branches(self, level: str) -> list[BranchOf]:
        return []


class CameraIn(Element):
    """A camera of the plan. `outputs`: GPIO lines that are set to LineMode Output."""

    kind: Literal["camera"]
    model: str
    outputs: tuple[str, ...] = ()
    ambient_C: float | None = None
    heat_sink: bool = False

    def branches(self, level: str) -> list[BranchOf]:
        return []


AnyElement = Annotated[
    Supply
    | Generator
    | Driver
    | Lamp
    | Resistor
    | Contact
    | Earth
    | Switch
    | UsbPort
    | ModuleAdapter
    | BoardAdapter
    | CameraIn,
    Field(discriminator="kind"),
]
