"""A wiring plan: devices, wires from pin to pin, cables with plugs. From TOML, checked at the edge.

    title = "A PLC triggers a camera"
    wires = [["psu.+", "cam.VCC"], ["psu.-", "cam.GND"], ["plc.Q", "cam.IN1"], ["plc.-", "cam.GND IN1"]]

    [devices]
    cam = { kind = "camera", model = "baumer-vcxg-124m" }
    psu = { kind = "supply", volts = 24 }
    plc = { kind = "plc", output = "push-pull", volts = 24 }

    [[cables]]
    plug = "RJ45"
    into = "cam.data"
    from = "switch.port"

A camera's pin is `cam.process.3`, or by its name where only one has it, `cam.IN1`. Wires of a `cable` have
its length, cross-section and shield. A data cable's `pins` say which pin goes where, straight if it has none.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from camtwin.models import RigSheet, load_rig
from camtwin.problem import Problem, first_fault
from camtwin.rig.wiring.adapters import Joint, feeds, joints
from camtwin.rig.wiring.elements import AnyElement, CameraIn, Element

COPPER_OHM_MM2_PER_M: Final = 0.0175
AWG_MM2: Final[Mapping[int, float]] = {20: 0.52, 22: 0.33, 24: 0.21, 26: 0.128, 28: 0.081, 30: 0.051}
MAX_DEVICES, MAX_WIRES = 64, 512


class PlanInvalid(Problem, ValueError):
    """A plan that cannot be read; one line that names the fault."""


def invalid(error: ValidationError) -> PlanInvalid:
    """Return the first fault as a PlanInvalid of one line."""
    return PlanInvalid(first_fault(error))


class Cable(BaseModel):
    """A cable: its properties, and its ends. from and into: sockets of a data cable; wires: pins.

    type: a cable made for the camera, by its name in the data sheet; it has no wires to other pins
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, populate_by_name=True)
    type: str = ""
    plug: str = ""
    into: str = ""
    source: str = Field("", alias="from")
    wires: tuple[tuple[str, str], ...] = ()
    length_m: Annotated[float, Field(ge=0, le=10_000)] = 0.0
    mm2: Annotated[float, Field(gt=0, le=1000)] | None = None
    awg: int | None = None
    shielded: bool = True
    twisted: bool = True
    screwed: bool = True
    pins: dict[str, str] | None = None
    cut: tuple[str, ...] = ()

    @property
    def area_mm2(self) -> float:
        return self.mm2 or AWG_MM2.get(self.awg or 24, AWG_MM2[24])

    @property
    def ohm(self) -> float:
        """Resistance of one of its wires."""
        return self.length_m * COPPER_OHM_MM2_PER_M / self.area_mm2


class PlanFile(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    title: str = ""
    devices: Annotated[dict[str, AnyElement], Field(max_length=MAX_DEVICES)]
    wires: Annotated[tuple[tuple[str, str], ...], Field(max_length=MAX_WIRES)] = ()
    cables: Annotated[tuple[Cable, ...], Field(max_length=MAX_DEVICES)] = ()


@dataclass(frozen=True, slots=True, order=True)
class Pin:
    """A pin, `device.pin`; a camera's pin is `connector.number`."""

    device: str
    pin: str

    def __str__(self) -> str:
        return f"{self.device}.{self.pin}"


@dataclass(frozen=True, slots=True)
class Wire:
    """One conductor, and its cable if it has one."""

    a: Pin
    b: Pin
    cable: Cable | None = None

    def __str__(self) -> str:
        return f"{self.a} - {self.b}"

    @property
    def ohm(self) -> float:
        return self.cable.ohm if self.cable else 0.0


@dataclass(frozen=True)
class Plan:
    """Devices by name, the rig sheets of the cameras among them, wires, and cables.

    inner: devices that stand for what adapters give; they and their wires are not in the file.
    """

    title: str
    devices: Mapping[str, Element]
    sheets: Mapping[str, RigSheet]
    wires: tuple[Wire, ...]
    cables: tuple[Cable, ...]
    inner: frozenset[str] = frozenset()

    @property
    def as_written(self) -> Plan:
        """The plan without what stands for adapters."""
        devices = {name: one for name, one in self.devices.items() if name not in self.inner}
        wires = [wire for wire in self.wires if not self.inner & {wire.a.device, wire.b.device}]
        return replace(self, devices=devices, wires=tuple(wires), inner=frozenset())

    @property
    def cameras(self) -> dict[str, CameraIn]:
        return {name: one for name, one in self.devices.items() if isinstance(one, CameraIn)}

    @cached_property
    def wired(self) -> frozenset[Pin]:
        """Pins with a wire."""
        return frozenset(pin for wire in self.wires for pin in (wire.a, wire.b))

    @cached_property
    def joints(self) -> list[Joint]:
        """Sensor modules that are plugged onto adapters."""
        cables = [(cable.source, cable.into) for cable in self.cables]
        return joints(self.devices, cables, [(str(wire.a), str(wire.b)) for wire in self.wires])

    def is_output(self, camera: str, line: str) -> bool:
        """Tell whether a line is an output: by the data sheet, or by the plan."""
        return line not in self.sheets[camera].inputs or line in self.cameras[camera].outputs

    def name_of(self, camera: str, pin: str) -> str:
        """Format a pin for people: `cam.process.3 IN1`."""
        socket, _, number = pin.partition(".")
        return f"{camera}.{pin} {self.sheets[camera].pins[socket][number].name}"

    def pin(self, text: str) -> Pin:
        """Return a pin by its name in a plan.

        Raises:
            PlanInvalid: there is none
        """
        name, _, rest = text.partition(".")
        device = self.devices.get(name)
        if device is None:
            raise PlanInvalid(f"{text}: there is no device {name!r}; there are {', '.join(self.devices)}")
        if not isinstance(device, CameraIn):
            if rest not in device.pins:
                raise PlanInvalid(f"{text}: no such pin; {name} has {', '.join(device.pins)}")
            return Pin(name, rest)
        pins = self.sheets[name].pins
        connector, _, number = rest.partition(".")
        if number in pins.get(connector, ()):
            return Pin(name, rest)
        if len(pins) == 1 and rest in next(iter(pins.values())):
            return Pin(name, f"{next(iter(pins))}.{rest}")
        named = [
            f"{socket}.{number}"
            for socket, held in pins.items()
            for number, pin in held.items()
            if rest in (pin.name, pin.line)
        ]
        if not named:
            pins_of_camera = ", ".join(
                f"{socket}.{n} {p.name}" for socket, held in pins.items() for n, p in held.items()
            )
            raise PlanInvalid(f"{text}: no such pin; {name} has {pins_of_camera}"[:400])
        return Pin(name, named[0])


def parse(text: str, sheets: Mapping[str, RigSheet] | None = None) -> Plan:
    """Parse a plan from TOML, or the plan of a scenario.

    Args:
        text: the file's text.
        sheets: rig sheets by device name that replace the models' own.

    Raises:
        PlanInvalid: in one line
    """
    try:
        data = tomllib.loads(text)
        if isinstance(plan := data.get("plan"), dict) and "devices" not in data:
            data = {"title": data.get("title", ""), **plan}
        return read(data, sheets)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise PlanInvalid(f"is not TOML: {error}") from None


def read(data: Mapping[str, Any], sheets: Mapping[str, RigSheet] | None = None) -> Plan:
    """Parse a plan from plain data."""
    try:
        file = PlanFile.model_validate(data)
    except ValidationError as error:
        raise invalid(error) from None
    own = {
        name: (sheets or {}).get(name) or load_rig(device.model)
        for name, device in file.devices.items()
        if isinstance(device, CameraIn)
    }
    plan = Plan(file.title, file.devices, own, (), file.cables)
    for name, camera in plan.cameras.items():
        if unknown := set(camera.outputs) - own[name].outputs.keys():
            raise PlanInvalid(f"{name}: {', '.join(sorted(unknown))} cannot be an output")
    wires = [Wire(plan.pin(a), plan.pin(b)) for a, b in file.wires]
    for cable in file.cables:
        ends = [(plan.pin(a), plan.pin(b)) for a, b in cable.wires]
        wires += [Wire(a, b, cable) for a, b in ends if carries(plan, cable, a) and carries(plan, cable, b)]
        if cable.into:
            _socket(plan, cable)
        if cable.source:
            plan.pin(cable.source)
    plan = Plan(file.title, file.devices, own, tuple(wires), file.cables)
    inner: dict[str, Element] = {}
    for name, supply, ends in feeds(plan.joints, own):
        inner[name] = supply
        wires += [Wire(Pin(name, pole), plan.pin(pin)) for pole, pin in ends]
    return replace(plan, devices={**file.devices, **inner}, wires=tuple(wires), inner=frozenset(inner))


def carries(plan: Plan, cable: Cable, pin: Pin) -> bool:
    """Tell whether a cable has a wire for this pin.

    Raises:
        PlanInvalid: the camera has no such cable
    """
    if not cable.type or pin.device not in plan.sheets:
        return True
    made = plan.sheets[pin.device].cables
    if cable.type not in made:
        raise PlanInvalid(
            f"{pin}: {pin.device} has no cable {cable.type!r}; it has {', '.join(made) or 'none'}"
        )
    return pin.pin in made[cable.type].pins


def _socket(plan: Plan, cable: Cable) -> None:
    name, _, socket = cable.into.partition(".")
    if name not in plan.sheets:
        raise PlanInvalid(f"{cable.into}: there is no camera {name!r}")
    if socket not in plan.sheets[name].connectors:
        sockets = ", ".join(plan.sheets[name].connectors)
        raise PlanInvalid(f"{cable.into}: {name} has no such socket; it has {sockets}")
