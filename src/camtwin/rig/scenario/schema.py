"""A scenario: a plan, the setup of its cameras, and the timeline.

    title = "..."
    seconds = 0.5
    [plan] ...                                        # as wiring/plan.py has it
    [cameras.cam]
    scene = "chart"                                   # what it looks at, as on a command line
    set = ["TriggerMode=On", "TriggerSource=Line0"]   # then AcquisitionStart, unless start = false
    [[timeline]]
    ms = 10
    do = "pulse"                                      # steps.py has what there is
    device = "plc"
    width_us = 1000
    period_ms = 50
    count = 8
    [[lesson]]
    ms = 10
    text = "Each pulse is a trigger."                 # for people who watch it in the studio

A file is checked when it is read: an impossible scenario is refused in one line that names the fault.
"""

from __future__ import annotations

import tomllib
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from camtwin.rig.scenario.steps import Step
from camtwin.rig.wiring.plan import PlanInvalid, invalid


class Setup(BaseModel):
    """The setup of a camera."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    scene: str = "chart"
    set: tuple[str, ...] = ()
    start: bool = True


class Paragraph(BaseModel):
    """A paragraph for people who watch a scenario in the studio, from `ms` on; look: where to look."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    ms: Annotated[float, Field(ge=0, le=1e9)] = 0.0
    text: str
    look: Literal["picture", "numbers", "time", "features", "rate"] | None = None


class Scenario(BaseModel):
    """A scenario file."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    title: str = ""
    seconds: Annotated[float, Field(gt=0, le=1e6)]
    seed: Annotated[int, Field(ge=0, lt=2**64)] = 0
    show_ms: tuple[float, float] | None = None
    plan: dict[str, Any]
    cameras: dict[str, Setup] = {}
    timeline: tuple[Step, ...] = ()
    lesson: tuple[Paragraph, ...] = ()


def parse(text: str) -> Scenario:
    """Parse a scenario from TOML.

    Raises:
        PlanInvalid: in one line
    """
    try:
        data = tomllib.loads(text)
        if "devices" in data and "plan" not in data:
            raise PlanInvalid("is a wiring plan, no scenario: check it with `camtwin wiring`")
        return Scenario.model_validate(data)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise PlanInvalid(f"is not TOML: {error}") from None
    except ValidationError as error:
        raise invalid(error) from None
