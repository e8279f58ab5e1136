"""The file of a sweep: what is varied, and what is kept.

    models = ["baumer-vcxg-124m"]
    frames = 8                                  # of each cell
    scene = "flat:{photons}@536"                # a word in braces is a column below
    [set]                                       # features, written in this order
    PixelFormat = "Mono12"
    [grid]                                      # every combination of these
    ExposureTime = { from = 100, to = 10000, steps = 5, scale = "log" }
    photons = [1e5, 1e6]

A file is checked when it is read: what is wrong is one line that names the file, the key, the value and the
limit.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, ValidationError, model_validator

from camtwin.problem import Problem, first_fault
from camtwin.scene.lens import Lens

Value: TypeAlias = bool | int | float | str
Columns: TypeAlias = dict[str, Value]
"""The values of one cell, by the names of its columns, in the order in which they apply."""

MAX_CELLS = 1_000_000
MAX_STEPS = 100_000
MAX_FRAMES = 1_000_000
LENS = tuple(f"lens_{name}" for name in Lens.__dataclass_fields__)
WORLD = ("link_speed", "temperature_C", "wait_ms", "hot_pixels", "dead_pixels", *LENS)
"""Columns that are no features: the link, the climate, virtual time before the images, flaws, the lens."""
OWN = ("model", "scene", "seed", *WORLD)


class SweepInvalid(Problem, ValueError):
    """A sweep that cannot be run; one line that names the file, the key, the value and the limit."""


class Part(BaseModel):
    """A table of the file."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, populate_by_name=True)


class Span(Part):
    """Numbers from one to another, in equal steps or in equal ratios."""

    start: float = Field(validation_alias="from")
    stop: float = Field(validation_alias="to")
    steps: Annotated[int, Field(ge=1, le=MAX_STEPS)]
    scale: Literal["linear", "log"] = "linear"

    @model_validator(mode="after")
    def _has_ratios(self) -> Span:
        if self.scale == "log" and not (self.start > 0 and self.stop > 0):
            raise ValueError(f"from {self.start:g} to {self.stop:g}: a log scale needs numbers above 0")
        return self

    def values(self) -> list[Value]:
        """Return the numbers; whole ones as integers, as features want them."""
        return [_plain(self.at(i / max(self.steps - 1, 1))) for i in range(self.steps)]

    def at(self, share: float) -> float:
        """Return the number at a share, 0..1, of the way."""
        if share >= 1:
            return self.stop
        if self.scale == "log":
            return float(f"{self.start * (self.stop / self.start) ** share:.12g}")
        return float(f"{self.start + (self.stop - self.start) * share:.12g}")


class Folder(Part):
    """The files of a folder, in the order of their names: scenes."""

    folder: str
    pattern: str = "*"


class Draw(Part):
    """Numbers drawn at random between two, evenly on the scale; whole: integers, both ends included."""

    low: float
    high: float
    scale: Literal["linear", "log"] = "linear"
    whole: bool = False

    @model_validator(mode="after")
    def _is_ordered(self) -> Draw:
        if not self.low < self.high:
            raise ValueError(f"low {self.low:g} is not below high {self.high:g}")
        if self.scale == "log" and self.low <= 0:
            raise ValueError(f"low {self.low:g}: a log scale needs numbers above 0")
        return self

    def at(self, share: float) -> Value:
        """Return the number at a share, 0..1, of the way."""
        span = Span(start=self.low, stop=self.high, steps=2, scale=self.scale)
        return _whole_at(self.low, self.high, share) if self.whole else span.at(share)


def _form(value: object) -> str:
    """Return which form an axis has, so that a fault is told of that form alone."""
    if isinstance(value, Mapping):
        return "folder" if "folder" in value else "table"
    return "list" if isinstance(value, list | tuple) else "table" if isinstance(value, Part) else "list"


Values: TypeAlias = Annotated[list[Value], Field(min_length=1, max_length=MAX_STEPS)]
Axis: TypeAlias = Annotated[
    Annotated[Values, Tag("list")] | Annotated[Span, Tag("table")] | Annotated[Folder, Tag("folder")],
    Discriminator(_form),
]
Drawn: TypeAlias = Annotated[
    Annotated[Values, Tag("list")] | Annotated[Draw, Tag("table")], Discriminator(_form)
]
FORMS = ("list", "table", "folder", "bool", "int", "float", "str")
"""Names of the kinds that an axis and a value can have, which pydantic adds to a place."""


class SweepFile(Part):
    """A sweep: docs/sweeps.md says what each key means."""

    title: str = ""
    models: Annotated[tuple[str, ...], Field(min_length=1)]
    scene: str = "chart"
    scene_licence: str = ""
    frames: Annotated[int, Field(ge=1, le=MAX_FRAMES)] = 1
    seed: Annotated[int, Field(ge=0, lt=2**64)] = 0
    specimen: Literal["each", "one"] = "each"
    keep: tuple[Literal["frames", "truth", "clean", "statistics"], ...] = ("frames", "statistics")
    format: Literal["zarr", "tiff", "dng", "npy"] = "zarr"
    codec: Literal["lz4", "zstd", "none"] = "lz4"
    test_share: Annotated[float, Field(ge=0, le=1)] = 0.0
    set: dict[str, Value] = {}
    grid: dict[str, Axis] = {}
    together: dict[str, Values] = {}
    draws: Annotated[int, Field(ge=1, le=MAX_CELLS)] = 1
    draw: dict[str, Drawn] = {}

    @model_validator(mode="after")
    def _says_each_column_once(self) -> SweepFile:
        places: dict[str, str] = {"model": "models"}
        for name in ("set", "grid", "together", "draw"):
            for key in getattr(self, name):
                if key in places:
                    raise ValueError(f"{key} stands in {places[key]} and in {name}")
                places[key] = name
        lengths = {key: len(values) for key, values in self.together.items()}
        if len({*lengths.values()}) > 1:
            said = ", ".join(f"{key} {count}" for key, count in lengths.items())
            raise ValueError(f"together: its lists must be of one length: {said}")
        if "scene" in places and self.scene != "chart":
            raise ValueError(f"scene stands at the top and in {places['scene']}")
        if self.draws > 1 and not self.draw:
            raise ValueError(f"draws {self.draws}: there is no table [draw]")
        return self

    @property
    def columns(self) -> list[str]:
        """Return the names of the columns that vary, in the order of the file."""
        return ["model"] * (len(self.models) > 1) + [*self.grid, *self.together, *self.draw]


def parse(text: str, name: str = "sweep") -> SweepFile:
    """Parse a sweep from TOML. SweepInvalid, in one line that begins with `name`."""
    try:
        return checked(tomllib.loads(text), name)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise SweepInvalid(f"{name}: is not TOML: {error}") from None


def checked(data: Mapping[str, Any], name: str = "sweep") -> SweepFile:
    """Return a sweep from plain data. SweepInvalid as `parse`."""
    data = {**data}
    if isinstance(data.get("models"), str):
        data["models"] = [data["models"]]
    try:
        plan = SweepFile.model_validate(data)
    except ValidationError as error:
        raise SweepInvalid(f"{name}: {_without_forms(first_fault(error))}") from None
    if (count := combinations(plan)) > MAX_CELLS:
        raise SweepInvalid(f"{name}: {count} cells are above the maximum of {MAX_CELLS}")
    return plan


def _without_forms(fault: str) -> str:
    """Drop the names of forms from a place."""
    where, colon, reason = fault.partition(": ")
    place, space, value = where.partition(" ")
    parts = [part for part in place.split(".") if part not in FORMS]
    return ".".join(parts) + space + value + colon + reason


def _plain(value: float) -> Value:
    return int(value) if value == int(value) and abs(value) < 2**53 else value


def _whole_at(low: float, high: float, share: float) -> int:
    first, last = int(low), int(high)
    return min(first + int(share * (last - first + 1)), last)


# -- combinations --------------------------------------------------------------------------------------
def combinations(plan: SweepFile) -> int:
    """Return the number of cells; a folder counts as one."""
    count = len(plan.models) * plan.draws * max((len(v) for v in plan.together.values()), default=1)
    for axis in plan.grid.values():
        count *= axis.steps if isinstance(axis, Span) else len(axis) if isinstance(axis, list) else 1
    return count


def rows(plan: SweepFile, grid: Mapping[str, Sequence[Value]]) -> Iterator[Columns]:
    """Yield the columns of each cell. grid: the values of each axis, folders read."""
    axes: list[list[Columns]] = [[{"model": model} for model in plan.models]]
    axes += [[{key: value} for value in values] for key, values in grid.items()]
    if plan.together:
        axes.append(
            [
                dict(zip(plan.together, each, strict=True))
                for each in zip(*plan.together.values(), strict=True)
            ]
        )
    lengths = [len(axis) for axis in axes]
    total = 1
    for length in lengths:
        total *= length
    for number in range(total):
        columns, rest = dict(plan.set), number
        chosen: list[Columns] = []
        for axis, length in zip(reversed(axes), reversed(lengths), strict=True):
            rest, place = divmod(rest, length)
            chosen.append(axis[place])
        for each in reversed(chosen):
            columns |= each
        for turn in range(plan.draws):
            yield columns | {key: drawn(plan.seed, key, turn, axis) for key, axis in plan.draw.items()}


def drawn(seed: int, key: str, turn: int, axis: list[Value] | Draw) -> Value:
    """Return the value of a draw, which has an address: another column or more turns do not change it."""
    share = chance(seed, "draw", key, turn)
    return axis.at(share) if isinstance(axis, Draw) else axis[int(share * len(axis))]


def chance(seed: int, *address: str | int) -> float:
    """Return a number in 0..1, without 1, that belongs to an address."""
    text = "\0".join(map(str, (seed, *address)))
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> 11) / 2**53
