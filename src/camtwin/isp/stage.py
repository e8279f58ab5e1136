"""The base of all stages: what one takes and gives, its place in the order, and how it becomes JSON."""

from __future__ import annotations

import base64
import zlib
from dataclasses import fields
from typing import Any, ClassVar, Self

import numpy as np

from camtwin.isp.image import Image, Kind
from camtwin.isp.mosaic import IspProblem


class Stage:
    """One step of the pipeline: a frozen dataclass of its settings, and `apply`, its readable reference.

    place  where it comes in the one order of stages; a pipeline is sorted by it
    takes  kinds of image that it works on
    gives  kind of image that it makes
    """

    place: ClassVar[int]
    takes: ClassVar[tuple[Kind, ...]]
    gives: ClassVar[Kind]

    def apply(self, image: Image, notes: dict[str, Any]) -> Image:
        """Return the image after this stage; what it measures goes into `notes`."""
        raise NotImplementedError

    def to_json(self) -> dict[str, Any]:
        """Return the stage's name and its settings, in JSON's types."""
        settings = {f.name: _plain(getattr(self, f.name)) for f in fields(self)}  # type: ignore[arg-type]
        return {"stage": type(self).__name__, **settings}

    @classmethod
    def from_json(cls, settings: dict[str, Any]) -> Self:
        """Make the stage of its settings; IspProblem names one that it does not have."""
        names = {f.name for f in fields(cls)}  # type: ignore[arg-type]
        if unknown := sorted(set(settings) - names):
            raise IspProblem(f"stage {cls.__name__} has no {unknown[0]}; it has {', '.join(sorted(names))}")
        try:
            return cls(**{name: _rich(value) for name, value in settings.items()})
        except TypeError as error:
            raise IspProblem(f"stage {cls.__name__}: {error}") from None


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        packed = base64.b64encode(zlib.compress(np.ascontiguousarray(value).tobytes())).decode()
        return {"array": packed, "type": value.dtype.str, "shape": list(value.shape)}
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    if hasattr(value, "to_json"):
        return value.to_json()
    return value


def _rich(value: object) -> Any:
    if isinstance(value, list):
        return tuple(_rich(part) for part in value)
    if isinstance(value, dict) and "array" in value:
        raw = zlib.decompress(base64.b64decode(value["array"]))
        return np.frombuffer(raw, np.dtype(value["type"])).reshape(value["shape"])
    return value


def check(name: str, value: float, low: float, high: float, unit: str = "") -> None:
    """Raise IspProblem unless low <= value <= high, in one line that names all three."""
    if not low <= value <= high:
        raise IspProblem(f"{name} {value:g}{unit} is outside {low:g}..{high:g}{unit}")
