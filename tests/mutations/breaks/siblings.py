"""Cells of the ecosystem's tables about a module's siblings, each wrong by itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from camtwin.verify.claims import load
from mutations.breaks.ecosystem import also, cells, on
from mutations.registry import mutate

FPAS = {
    "FPA-4.A/TXA": ("table5.txa", "table1.agx"),
    "FPA-A/NVN": ("table5.nvn", "table1.nano_nx"),
    "FPA-2.A/96B": ("table5.96b",),
    "FPA-ABC/XX1": ("table5.xx1",),
}


def recorded(path: str, value: object) -> Any:
    """Change a fact on record."""
    return lambda old: tuple(replace(f, value=value) if f.path == f"record.{path}" else f for f in old)


def declare(family: str, module: str) -> None:
    """Declare what can be wrong with one of the siblings."""

    def wrong(name: str, rows: tuple[str, ...], path: str, value: Any) -> None:
        proves = (f"{family}.{row}" for row in rows)
        mutate(f"{module}: {name}", *proves, sheet={path: value})

    own = f"ecosystem.modules.{module}"
    for i, (text, rows) in enumerate(
        (
            ("2", ("table1.tx2",)),
            ("3", ("table1.agx", "table1.tx2")),
            ("1", ("table1.nano_nx",)),
            ("2", ("table1.db410c",)),
            ("1", ("table1.96boards",)),
            ("1", ("table1.xilinx",)),
        )
    ):
        wrong(f"cell {i} of table 1 is {text}", rows, f"{own}.boards", cells(i, text))
    ledger = load(f"framos-{module.lower()}").values()
    for table, column, letters in (
        ("2", "driver", {"Green": "R", "Red": "G"}),
        ("3", "libargus", {"Green": "Y", "Yellow": "G"}),
        ("4", "opencv", {"Implemented": "-", "absent": "I"}),
    ):
        rows = [claim for claim in ledger if claim.id.startswith(f"{family}.table{table}.")]
        for i, claim in enumerate(rows):
            row = claim.id.removeprefix(f"{family}.")
            wrong(f"{row} is not {claim.value}", (row,), f"{own}.{column}", cells(i, letters[claim.value]))
    for fpa, rows in FPAS.items():
        wrong(f"it does not reach {fpa}", rows, "ecosystem.sensor_adapters", on("FSA-FT1/A", fpa))
    modules = "ecosystem.sensor_adapters.FSA-{}.modules"
    wrong("FSA-FT3/A carries it", ("table5.fsa",), modules.format("FT3/A"), also(module))
    wrong("FSA-FT20/BC carries it", ("table6", "table5.fsa"), modules.format("FT20/BC"), also(module))
    wrong("it sends Sub-LVDS", ("table5.output",), "ecosystem.outputs.Sub-LVDS.modules", also(module))
    wrong("it is another module", ("ident.module",), "rig.facts", recorded("ident.module", "FSM-IMX412"))
    wrong("it has another sensor", ("ident.sensor",), "rig.facts", recorded("sensor.model", "Sony IMX412"))


declare("fsm477", "FSM-IMX477")
declare("fsm577", "FSM-IMX577")
