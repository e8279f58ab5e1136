"""Schema of data sheets: the TOML of a sensor and of a camera, validated when read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from math import inf
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from camtwin.models.documents import Document, invalid
from camtwin.models.provenance import Fact, SheetInvalid
from camtwin.models.rig import RigSheet
from camtwin.sensor.parameters import SensorParameters

Positive = Annotated[int, Field(gt=0)]
NotNegative = Annotated[int, Field(ge=0)]


UNKNOWN = "unknown: "
"""Begins the `assumed` of a row that holds a guess which no source supports: such a sheet does not run."""


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, arbitrary_types_allowed=True)


class ReadoutSheet(Section):
    """Readout of the sensor by this camera, unless the sensor's drive modes define it.

    Line time in clocks, and the overhead of a frame besides its rows (blank_lines with a rolling shutter).
    binned: where pixels are combined; only in the sensor does that save rows. A frame is taken with the
    settings of latency_frames frames before.
    """

    row_clocks: Positive | None = None
    base_ns: NotNegative = 0
    blank_lines: NotNegative = 0
    binned: Literal["sensor", "camera"] = "camera"
    latency_frames: NotNegative = 0


class Trigger(Section):
    """Timing from a trigger to the exposure.

    latency_ns with the sensor idle; during a readout exposures start on a grid of grid_ns; queue triggers may
    be under way in TriggerDelay. held: number of early triggers that wait for the camera to be ready; more
    are skipped. limited_by_rate: a trigger is early, too, if it follows the one before sooner than
    AcquisitionFrameRate permits.
    """

    latency_ns: NotNegative
    grid_ns: NotNegative
    queue: Positive
    held: NotNegative = 0
    limited_by_rate: bool = False


class Lines(Section):
    """The camera's wires, as logic.

    filter_ns: shortest pulse that an input detects, and its delay (a part of trigger.latency_ns). An opto
    output switches on after opto_on_ns and off after opto_off_ns.
    """

    filter_ns: NotNegative
    opto_on_ns: NotNegative
    opto_off_ns: NotNegative


class Events(Section):
    """Messages to the host: `queue` may wait, and one leaves every message_ns."""

    queue: Positive
    message_ns: Positive


class Memory(Section):
    """The image memory and the non-volatile memory.

    size_bytes of image memory, counted at stored_bits a pixel; None: unlimited. free_run_images: most images
    that it holds without triggers, however small they are, the one being sent included; None: as many as fit.
    nonvolatile_bytes hold user sets and custom data; storing a user set takes store_ns.
    """

    size_bytes: Positive | None
    free_run_images: Positive | None = None
    stored_bits: Positive
    nonvolatile_bytes: Positive
    store_ns: NotNegative


class GigE(Section):
    """The Ethernet link: bits_per_s of the wire, gap_bytes between packets beyond Ethernet's own."""

    bits_per_s: Positive
    gap_bytes: NotNegative


class Display(Section):
    """Form in which hosts show and store floats: so many digits after the point."""

    decimals: NotNegative


class Serial(Section):
    """Serial numbers of the model's cameras: their number of digits, and the first ones."""

    digits: Positive
    first: str = ""

    def number(self, seed: int) -> str:
        """Return the serial number of the camera with this seed."""
        rest = self.digits - len(self.first)
        return f"{self.first}{seed % 10**rest:0{rest}d}"


class Usb3(Section):
    """The USB link: bytes a second for frames at each speed, and the device's ids.

    guid: the device's half of its GUID is the serial number in hexadecimal, or a checksum of it.
    """

    super_bytes_per_s: Positive
    high_bytes_per_s: Positive
    vendor_id: Annotated[int, Field(ge=0, le=0xFFFF)]
    product_id: Annotated[int, Field(ge=0, le=0xFFFF)]
    family: str
    guid: Literal["serial", "checksum"] = "checksum"


class Area(Section):
    """Pixels that a camera uses, if the sensor's own data sheet counts others.

    A mosaic that stays the same in mirrored images needs one more column and row: the window moves by a
    pixel.
    """

    width: Positive
    height: Positive


class Thermal(Section):
    """A body that warms up from ambient_C by rise_K; 63 % of the rise is done after time_constant_s.

    Its sensor shows lowest_C to highest_C, within accuracy_K above 0 degC, cold_accuracy_K at the lowest.
    Above high_C it is warm, from exceeded_C on too hot, until down at normal_C; a feature may override these.
    """

    ambient_C: float
    rise_K: float
    time_constant_s: Annotated[float, Field(gt=0)]
    lowest_C: Annotated[float, Field(lt=0)]
    highest_C: float
    accuracy_K: float
    cold_accuracy_K: float
    high_C: float = inf
    exceeded_C: float = inf
    normal_C: float = inf


class Clock(Section):
    """The camera's clock: it moves in steps of tick_ns."""

    tick_ns: Positive


def _only_its_fields(data: object) -> object:
    names = {f.name for f in fields(SensorParameters)}
    if isinstance(data, Mapping) and (unnames := data.keys() - names):
        raise ValueError(f"there are no parameters {', '.join(sorted(unnames))}")
    return data


class SensorTiming(Section):
    """The pixel clock in which a sensor's line times are counted."""

    clock_hz: Positive


class DriveMode(Section):
    """A drive mode of a sensor: the window in output pixels, and its timing.

    bits: of the conversion. binning: pixels of one colour combined into one, along each side. line_clocks: of
    a line. frame_lines: the minimum. exposures: 2 if a long and a short one alternate line by line; the short
    one begins gap_lines after the end of the long one.
    """

    width: Positive
    height: Positive
    bits: Positive
    binning: Positive = 1
    line_clocks: Positive
    frame_lines: Positive
    exposures: Literal[1, 2] = 1
    gap_lines: NotNegative = 0


class SensorSheet(Section):
    """A sensor by itself. name: of its sheets; modes: drive modes by name, if it has several."""

    name: str
    title: str
    document: str
    shutter: Literal["Global", "Rolling"]
    timing: SensorTiming
    modes: Mapping[str, DriveMode] = {}
    parameters: Annotated[SensorParameters, BeforeValidator(_only_its_fields)]
    facts: tuple[Fact, ...] = ()

    @model_validator(mode="after")
    def _converts_as_its_modes_do(self) -> Self:
        depths = (self.parameters.adc_bits, *self.parameters.other_bits)
        for name, mode in self.modes.items():
            if mode.bits not in depths:
                raise ValueError(f"mode {name} converts to {mode.bits} bits, the sensor to {depths}")
        return self


class CameraSheet(Section):
    """A camera model: everything that differs between models. Numbers of features stand in their rows."""

    name: str
    title: str
    document: str
    link: Literal["gige", "usb3", "csi2", "v4l2", "none"]
    sensor: SensorSheet
    readout: ReadoutSheet
    trigger: Trigger
    lines: Lines
    events: Events
    memory: Memory
    gige: GigE | None = None
    usb3: Usb3 | None = None
    area: Area | None = None
    thermal: Thermal
    clock: Clock
    serial: Serial = Serial(digits=12, first="7")
    display: Display | None = None
    features: Mapping[str, Mapping[str, Any]]
    record: Mapping[str, Any] = {}  # facts without effect: weight, approvals, connectors
    facts: tuple[Fact, ...] = ()
    assume: bool = False
    """Whether rows that nobody knows are taken as they are guessed (UNKNOWN)."""
    frames: str = ""
    """File of recorded frames, in the sheet's folder: the camera plays them."""
    rig: RigSheet | None = None  # connectors, circuits, supplies, climate
    documents: tuple[Document, ...] = Field(default=(), exclude=True, repr=False)

    @model_validator(mode="after")
    def _has_its_link(self) -> Self:
        if getattr(self, self.link, self) is None:
            raise ValueError(f"link is {self.link}, and there is no section [{self.link}]")
        return self

    @model_validator(mode="after")
    def _has_names(self) -> Self:
        for row in ("DeviceVendorName", "DeviceModelName"):
            if not isinstance(self.features.get(row, {}).get("value"), str):
                raise ValueError(f"features.{row} has no value: hosts ask each camera for it")
        return self

    @model_validator(mode="after")
    def _has_a_line_time(self) -> Self:
        if self.readout.row_clocks is None and not self.sensor.modes:
            raise ValueError("neither readout.row_clocks nor drive modes of the sensor give a line time")
        return self

    @model_validator(mode="after")
    def _has_room_for_numbers(self) -> Self:
        if self.serial.digits <= len(self.serial.first):
            raise ValueError(f"serial.first {self.serial.first} leaves no digit of {self.serial.digits}")
        return self

    def invalid(self, path: str, message: str) -> SheetInvalid:
        """Return a problem with a row of this sheet; one line that names the file, and the row's line."""
        if self.documents:
            return invalid(self.documents, path, message)
        return SheetInvalid(f"{self.name}: {message}")

    def refuse_unknown(self) -> None:
        """Refuse a sheet with rows that nobody knows, unless it says that its guesses will do.

        Raises:
            SheetInvalid: names the rows
        """
        unknown = [fact.path for fact in self.facts if fact.assumed and fact.source.startswith(UNKNOWN)]
        if unknown and not self.assume:
            shown = f"{', '.join(unknown[:12])}{', ...' * (len(unknown) > 12)}"
            count = f"{len(unknown)} row{'s' * (len(unknown) > 1)}"
            reason = "write what the camera has, or take the guesses with --assume or `assume = true`"
            raise self.invalid(unknown[0], f"{count} unknown, {shown}: {reason}")

    @property
    def parameters(self) -> SensorParameters:
        """The sensor's parameters, with the pixels that this camera uses."""
        own = self.sensor.parameters
        return replace(own, width=self.area.width, height=self.area.height) if self.area else own

    @property
    def vendor(self) -> str:
        return self.features["DeviceVendorName"]["value"]

    @property
    def model(self) -> str:
        return self.features["DeviceModelName"]["value"]
