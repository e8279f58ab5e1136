"""Bodies and answers of the HTTP API: requests are checked by them, and OpenAPI is made of them."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

MAX_TEXT: Final = 500
MAX_LIST: Final = 100
Text = Annotated[str, Field(max_length=MAX_TEXT)]
Value = bool | int | Annotated[float, Field(allow_inf_nan=False)] | Text


class Body(BaseModel):
    """A body; a field that it does not have is refused."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class FaultBody(BaseModel):
    """A word of what can happen to a camera; its parameters stand beside it."""

    model_config = ConfigDict(extra="allow", allow_inf_nan=False)
    do: Text


class CreateBody(Body):
    """A twin to serve."""

    model: Text = Field(description="Model, as GET /v1/models names it, or a data sheet beneath the root.")
    gentl: bool = Field(False, description="Serve it to programs that use GenTL, and by no other link.")
    scene: Text = Field("chart", description="Scene in words; image files beneath the root.")
    seed: int = Field(0, ge=0, lt=2**64, description="Seed for noise, fixed pattern and serial number.")
    serial: Text | None = Field(None, description="Serial number; by default derived from the seed.")
    set: list[Text] = Field([], max_length=MAX_LIST, description="Features to write first: NAME=VALUE.")
    faults: list[Text | FaultBody] = Field(
        [], max_length=MAX_LIST, description="Words that happen at once: a word, or `do` and parameters."
    )
    plan: dict[str, Any] | None = Field(None, description="Wiring plan around it, as tables.")
    pace: float = Field(1.0, ge=0.01, le=100.0, description="Seconds of camera time per second.")


class InjectBody(Body):
    """A word of what can happen to a camera, now or at one moment."""

    model_config = ConfigDict(extra="allow", allow_inf_nan=False)
    word: Text = Field(description="unplug, heat, packets, ...; its parameters stand beside it.")
    at_ms: float | None = Field(None, description="At a time of the camera's clock, in ms.")
    at_frame: int | None = Field(None, description="As the exposure of this frame begins.")
    at_packet: tuple[int, int] | None = Field(None, description="As this packet leaves: [block, packet].")
    at_register: Text | int | None = Field(None, description="Once a host has written it.")


class WriteBody(Body):
    """A value for a feature."""

    value: Value


class TwinAnswer(BaseModel):
    """A twin that is served.

    `where` is its IPv4 address on a network, the address and bus id of its USB/IP server, or its nodes.
    """

    name: str
    model: str
    title: str
    link: str
    where: str
    serial: str
    seed: int
    now_ns: int
    problems: list[str]


class FeatureAnswer(BaseModel):
    """A feature as it is now; the value of a register is in hexadecimal digits."""

    name: str
    access: Literal["RO", "RW", "WO", "NA"]
    value: bool | int | float | str | None = None
    min: float | None = None
    max: float | None = None
    entries: list[str] | None = None


class SeenAnswer(BaseModel):
    """Requests and events that reached the camera, in order."""

    writes: list[tuple[str, Any]]
    commands: list[str]
    refusals: list[str]
    triggers: list[int]
    missed_triggers: list[int]
    exposures: list[int]
    resends: list[tuple[int, int, int]]
    clients: list[str]
    forgotten: int


class InjectedAnswer(BaseModel):
    """A word that will happen, or has: `at_ns` is None before."""

    word: str
    at_ns: int | None


class ModelAnswer(BaseModel):
    """A model that has a twin."""

    model: str
    title: str
    sensor: str
    link: str


class RefusalAnswer(BaseModel):
    """A request that was refused, and why in one line."""

    problem: str
