"""A module's board connector, rails and climate, wrong one thing at a time."""

from __future__ import annotations

from typing import Any

from camtwin.verify.claims import load
from mutations.breaks.rig import wrong
from mutations.registry import mutate

for row, claim in load("framos-fsm-imx412").items():
    measure, _, net = claim.measure.partition(";")[0].partition(":")
    if measure == "net":
        mutate(
            f"{net} is on no pin",
            row,
            "framos.pin.count",
            "framos.pin.direct",
            sheet={f"rig.pins.board.{claim.value}.name": f"not {net}"},
        )
renamed: dict[str, Any] = {"pins__board__1__name": "SPARE"}
wrong("pin 1 is connected", "framos.pin.nc", "framos.pin.count", **renamed)
grounds: dict[str, Any] = {"ground__pins": lambda old: old[:-1]}
wrong("pin 56 is no ground", "framos.pin.gnd", **grounds)
for label, rows in (
    ("2V75_A", ("if.supply.2v75", "pin.2v75_a")),
    ("1V05_A", ("if.supply.1v05", "pin.1v05_a")),
    ("1V8_IO", ("if.supply.1v8", "pin.1v8_io")),
):
    rail: dict[str, Any] = {f"rails__{label}__pins": ("board.1",)}
    wrong(f"the rail {label} is at pin 1", *(f"framos.{r}" for r in rows), **rail)
wrong(
    "another plug fits the board connector",
    "framos.if.connector",
    "framos.if.connector_mating",
    connectors__board__mates=("Hirose DF40HC(3.0)-60DS-0.4V(51)",),
)
wrong(
    "it works from -30 to 85 degC",
    "framos.env.operating_function_min",
    "framos.env.operating_function_max",
    environment__operating_function=[-30, 85],
)
wrong(
    "it performs from -30 to 70 degC",
    "framos.env.operating_performance_min",
    "framos.env.operating_performance_max",
    environment__operating_performance=[-30, 70],
)
