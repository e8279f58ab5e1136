"""The pipeline: stages in their one order, from a raw frame to a picture and its statistics.

    pipeline = Pipeline([DefectPixels(), BlackLevel(), WhiteBalance((2.0, 1.0, 1.7)), Demosaic(), Tone()])
    image, statistics = pipeline.process(raw)

A pipeline is frozen and holds no frame, so one may serve any number of threads. Runs of stages that are known
are handed to fused kernels (planner.py); `reference=True` walks through the readable stages instead, with the
same result.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from camtwin.isp.colour_table import ColourTable
from camtwin.isp.finish import ColourMatrix, Downscale, LookUp, Mirror, Tone
from camtwin.isp.image import Frame, Image, Kind, begin
from camtwin.isp.light_stages import BlackLevel, FlatField, Shading, WhiteBalance
from camtwin.isp.mosaic import IspProblem
from camtwin.isp.planner import developed
from camtwin.isp.raw_stages import Bin, Crop, Decimate, DefectPixels, Measure
from camtwin.isp.root_of_light import Demosaic, Root
from camtwin.isp.root_stages import EdgeEnhancement, FalseColour, NoiseReduction
from camtwin.isp.stage import Stage
from camtwin.isp.statistics import Statistics

STAGES: dict[str, type[Stage]] = {
    stage.__name__: stage
    for stage in (
        *(
            Crop,
            DefectPixels,
            Bin,
            Decimate,
            Measure,
            BlackLevel,
            FlatField,
            Shading,
            WhiteBalance,
            Demosaic,
            Root,
        ),
        *(FalseColour, NoiseReduction, EdgeEnhancement, Downscale, ColourMatrix, ColourTable),
        *(Tone, LookUp, Mirror),
    )
}
"""All stages by name, in their order."""
S = TypeVar("S", bound=Stage)
Steps = list[tuple[str, Image]]


@dataclass(frozen=True)
class Pipeline:
    """Stages in order. IspProblem where one comes too early, twice, or gets what it cannot work with."""

    stages: tuple[Stage, ...]

    def __init__(self, stages: Sequence[Stage]) -> None:
        object.__setattr__(self, "stages", tuple(stages))
        if not self.stages:
            raise IspProblem("pipeline has no stages; it needs 1 or more")
        for stage in self.stages:
            if type(stage).__name__ not in STAGES:
                raise IspProblem(f"{stage!r} is no stage; known are {', '.join(STAGES)}")
        names = [type(stage).__name__ for stage in self.stages]
        for before, after in pairwise(self.stages):
            first, second = type(before).__name__, type(after).__name__
            if first == second:
                raise IspProblem(f"pipeline has the stage {first} twice")
            if after.place <= before.place:
                raise IspProblem(f"stage {second} comes after {first}; it belongs before it")
        kind = Kind.RAW
        for stage, name in zip(self.stages, names, strict=True):
            if kind not in stage.takes:
                needed = " or ".join(taken.name for taken in stage.takes)
                raise IspProblem(
                    f"stage {name} gets {kind.name}; it takes {needed}: a stage before it is missing"
                )
            kind = stage.gives

    def stage(self, kind: type[S]) -> S | None:
        """Return the stage of this class, or None."""
        return next((stage for stage in self.stages if isinstance(stage, kind)), None)

    def replace(self, stage: Stage) -> Pipeline:
        """Return the pipeline with `stage` in place of the one of its class, or where it belongs."""
        others = [other for other in self.stages if type(other) is not type(stage)]
        return Pipeline(sorted([*others, stage], key=lambda each: each.place))

    def without(self, kind: type[Stage]) -> Pipeline:
        """Return the pipeline without the stage of this class."""
        return Pipeline([stage for stage in self.stages if not isinstance(stage, kind)])

    @overload
    def process(
        self, frame: Frame, *, threads: int = ..., reference: bool = ..., intermediates: Literal[False] = ...
    ) -> tuple[NDArray[Any], Statistics | None]: ...
    @overload
    def process(
        self, frame: Frame, *, threads: int = ..., reference: bool = ..., intermediates: Literal[True]
    ) -> tuple[NDArray[Any], Statistics | None, Steps]: ...

    def process(
        self, frame: Frame, *, threads: int = 1, reference: bool = False, intermediates: bool = False
    ) -> Any:
        """Develop a frame: return (image, statistics), or (image, statistics, steps).

        image          what the last stage gives; with Tone codes to look at, (H, W, 3) red, green, blue or
                       (H, W)
        statistics     of the stage Measure; None without it
        threads        that share the work; the bytes do not depend on it
        reference      walk through the readable stages
        intermediates  return steps, too: the image after each stage by its name, from the readable stages

        IspProblem where the frame does not suit a stage.
        """
        self.check(frame)
        if not (reference or intermediates):
            image, notes = developed(self.stages, frame, threads)
            return image.data, notes.get("statistics")
        notes, steps = {}, []
        image = begin(frame)
        for stage in self.stages:
            image = stage.apply(image, notes)
            steps.append((type(stage).__name__, image))
        done = image.data, notes.get("statistics")
        return (*done, steps) if intermediates else done

    def check(self, frame: Frame) -> None:
        """Raise IspProblem where a frame does not suit the pipeline: mosaic and mono stages, depth."""
        colour = next((s for s in self.stages if isinstance(s, Demosaic | WhiteBalance)), None)
        if not frame.mosaic and colour is not None:
            raise IspProblem(f"stage {type(colour).__name__} needs a colour frame; this one is mono")
        if frame.mosaic and self.stage(Root) is not None:
            raise IspProblem(f"frame has the mosaic {frame.mosaic}; it needs Demosaic and not Root")
        if (black := self.stage(BlackLevel)) is not None:
            black.of(frame.bits, frame.black_DN)

    def to_json(self) -> str:
        """Return the pipeline as JSON: a list of stages with their settings."""
        return json.dumps({"stages": [stage.to_json() for stage in self.stages]}, indent=1)

    @classmethod
    def from_json(cls, text: str) -> Pipeline:
        """Make the pipeline of JSON; IspProblem names what it cannot read."""
        try:
            listed = json.loads(text)["stages"]
            named = [(dict(settings), settings["stage"]) for settings in listed]
        except (ValueError, KeyError, TypeError) as error:
            raise IspProblem(f"pipeline: no JSON list of stages: {error}") from None
        stages = []
        for settings, name in named:
            if name not in STAGES:
                raise IspProblem(f"stage {name!r} is unknown; known are {', '.join(STAGES)}")
            settings.pop("stage")
            stages.append(STAGES[name].from_json(settings))
        return cls(stages)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pipeline) and self.to_json() == other.to_json()

    def __hash__(self) -> int:
        return hash(self.to_json())


def as_codes(image: NDArray[Any]) -> NDArray[np.uint8]:
    """Return 8 bit codes of a picture of 8 or 16 bits, to be shown."""
    return image if image.dtype == np.uint8 else (image >> 8).astype(np.uint8)
