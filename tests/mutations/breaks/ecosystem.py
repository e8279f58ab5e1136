"""An ecosystem's tables, adapters and offers, wrong one thing at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import camtwin.ecosystem.drawing as drawing
from camtwin.models import mode_file
from camtwin.rig.wiring import plan
from mutations.registry import mutate
from mutations.tools import GONE, everywhere, without

SAME = "tables.table5.imx412.family"
MATRIX = "tables.table5 tables.table5.note2"
"""Rows that ask for all combinations of table 5."""


def wrong(name: str, proves: str, path: str, value: Any) -> None:
    mutate(name, *(f"framos.{row}" for row in proves.split()), sheet={f"ecosystem.{path}": value})


def cells(n: int, value: str) -> Callable[[Any], Any]:
    """Put another cell into a row: its n-th, of words or of letters."""
    return lambda old: (
        (*old[:n], value, *old[n + 1 :]) if isinstance(old, tuple) else f"{old[:n]}{value}{old[n + 1 :]}"
    )


def also(*names: str) -> Callable[[Any], Any]:
    return lambda old: (*old, *names)


def part(name: str, **what: Any) -> Callable[[Any], Any]:
    """Change a part whose name has dots or slashes."""
    return lambda old: {**old, name: old[name].model_copy(update=what)}


def on(fsa: str, fpa: str) -> Callable[[Any], Any]:
    """Take a processor adapter from a sensor adapter."""
    return lambda old: part(fsa, on={k: v for k, v in old[fsa].on.items() if k != fpa})(old)


MODULE = "FSM-IMX412"
wrong("no kits are on offer", "eco.list.hw.devkits", "offers.hardware.kits", GONE)
wrong("modules are not for series", "eco.hw.fsm", "offers.hardware.modules.terms", "individual part")
wrong(
    "no processor adapters are on offer",
    "eco.concept eco.list.hw.parts",
    "offers.hardware.processor_adapters",
    GONE,
)
wrong(
    "accessories are without cables",
    "eco.hw.accessories eco.list.hw.parts",
    "offers.hardware.accessories.item",
    "Module Accessories: lenses, mechanics (mounts)",
)
wrong(
    "accessories are called something else",
    "benefit.accessories eco.list.hw.parts",
    "offers.hardware.accessories.item",
    "Lenses, mechanics (mounts), cables",
)
wrong("nothing is delivered in volume", "eco.supply", "offers.hardware.supply.terms", "customization")
wrong("the software package is free", "eco.terms.access", "offers.software.jetson.terms", "free of charge")
wrong(
    "the software package is not for the Nano",
    "eco.list.sw.jetson",
    "offers.software.jetson.of",
    lambda old: old[:1] + old[2:],
)
wrong("no software package is for DragonBoard", "eco.list.sw.db410c", "offers.software.db410c", GONE)
wrong(
    "the FPGA reference is for the FSM-IMX412",
    "eco.list.sw.xilinx",
    "offers.software.xilinx.of",
    also(MODULE),
)
for row, offer in (("l4t", "drivers"), ("opencv", "opencv"), ("libargus", "libargus")):
    wrong(f"the package is without {offer}", f"ref.content.{row}", f"offers.package.{offer}", GONE)
wrong(
    "driver sources come with a kit",
    "eco.project.driver_sources benefit.design_sources eco.project.support eco.project.electrical eco.terms.individual",
    "offers.sources.drivers.terms",
    "part of the kit",
)
wrong(
    "there are no schematics",
    "eco.project.electrical eco.development benefit.design_sources",
    "offers.sources.electrical",
    GONE,
)
wrong("driver sources are for evaluation", "eco.development", "offers.sources.drivers.phase", "evaluation")
wrong(
    "engineering comes with a kit",
    "eco.project.engineering eco.project.support eco.terms.individual",
    "offers.support.support.terms",
    "part of the kit",
)
wrong("the ISP is not calibrated", "libargus.service", "offers.support.calibration", GONE)
wrong("lenses are not assembled", "eco.list.services", "offers.services.lens", GONE)
wrong(
    "lens assembly comes with a module",
    "eco.terms.individual",
    "offers.services.lens.terms",
    "part of the module",
)
wrong("no datasheet is named", "eco.terms.spec", "terms.specification", "Components are as they are.")
wrong(
    "chapter 2 is on page 6",
    "doc.toc",
    "contents.sections",
    lambda old: [*old[:3], [*old[3][:2], "6"], *old[4:]],
)
# -- boards --------------------------------------------------------------------------------------
for board, platform, device in (
    ("NVIDIA Jetson AGX Xavier", "agx_xavier", "agx"),
    ("NVIDIA Jetson Nano", "nano", "nano"),
    ("NVIDIA Jetson TX2", "tx2", "tx2"),
    ("NVIDIA Jetson Xavier NX", "xavier_nx", "xavier_nx"),
):
    wrong(
        f"{board} is not supported",
        f"soft.platform.{platform} ref.device.{device}",
        f"boards.{board}.supported",
        False,
    )
wrong(
    "DragonBoard is not supported",
    "soft.platform.db410c",
    "boards.Qualcomm DragonBoard 410c.supported",
    False,
)
wrong("the Nano has JP4.6", "soft.version.jetpack", "boards.NVIDIA Jetson Nano.software", "JP4.6 / L4T32.6")
wrong(
    "DragonBoard has kernel 4.9",
    "soft.version.db410c",
    "boards.Qualcomm DragonBoard 410c.software",
    "Linaro 18.01 / Kernel 4.9",
)
wrong(
    "DragonBoard is of no standard", "eco.evaluation", "boards.Qualcomm DragonBoard 410c.family", "Qualcomm"
)
wrong("no kit is known", "benefit.ecosystem acc.devkit_txa acc.devkit_nvn", "kits", {})
wrong(
    "the NVN kit is not for the NX",
    "acc.devkit_nvn",
    "kits",
    part("FSM-IMX412C/NVN_Devkit", boards=("NVIDIA Jetson Nano",)),
)
# -- tables 1 to 4 -----------------------------------------------------------------------------------
row = f"modules.{MODULE}"
wrong(
    "AGX takes three",
    "tables.table1.imx412.agx tables.table1.imx412.tx2 tables.table1 eco.hw.fpa",
    f"{row}.boards",
    cells(1, "3"),
)
wrong("Nano and NX take three", "tables.table1.imx412.nano_nx tables.table1", f"{row}.boards", cells(2, "3"))
wrong("DragonBoard takes one", "tables.table1.imx412.db410c tables.table1", f"{row}.boards", cells(3, "1"))
wrong("a blank of the TX2 is nothing", "tables.table1.imx412.tx2", "readings", without("NVIDIA Jetson TX2"))
wrong(
    "a blank of 96Boards is nothing",
    "tables.table1.imx412.96boards",
    "readings",
    without("96Boards Consumer Edition"),
)
wrong(
    "a blank of Xilinx is nothing",
    "tables.table1.imx412.xilinx",
    "readings",
    without("Xilinx Development Boards"),
)
wrong(
    "the text in the column of 96Boards is lost",
    "tables.table1.hw_only tables.table1",
    "modules.FSM-AR0144.boards",
    cells(4, "HW"),
)
wrong("footnote 1 marks nothing", "tables.table1.note1 tables.table1", "modules.FSM-IMX530.notes", {})
wrong("the driver has no broadcast", "tables.table2 tables.table2.legend", f"{row}.driver", cells(9, "R"))
wrong(
    "the FSM-IMX296 has its frame rate in all modes",
    "tables.table2.star tables.table2",
    "modules.FSM-IMX296.driver",
    cells(1, "G"),
)
wrong(
    "green says libargus, too",
    "tables.table2.legend",
    "legend.2.Green",
    "implemented in V4L (libsv) and libargus",
)
wrong("table 2 is of the Nano", "tables.table2.platforms", "tables.2.scope", ("NVIDIA Jetson Nano",))
wrong(
    "LibArgus has a full noise reduction",
    "tables.table3 tables.table3.legend",
    f"{row}.libargus",
    cells(1, "G"),
)
wrong("yellow is implemented", "tables.table3.legend", "legend.3.Yellow", "implemented")
wrong("OpenCV reduces noise", "tables.table4 tables.table4.legend", f"{row}.opencv", cells(1, "I"))
wrong("a blank is implemented", "tables.table4.legend", "legend.4.Blank", "implemented")
# -- tables 5 and 6 ----------------------------------------------------------------------------------
adapters = "sensor_adapters"
for n in (3, 6, 7, 11, 12, 13, 19, 26):
    fsa = f"FSA-FT{n}/A"
    wrong(
        f"{fsa} carries the FSM-IMX412",
        f"tables.table5.imx412.no_ft{n} acc.fsa eco.hw.framework {SAME} {MATRIX}"
        f"{' acc.matrix tables.criteria eco.hw.fsa' * (n == 3)}",
        f"{adapters}.{fsa}.modules",
        also(MODULE),
    )
for n, more in (
    ("14/A-00G", " eco.hw.framework acc.matrix"),
    ("15/A-00G", " eco.hw.framework"),
    ("18/A-00G", " eco.hw.framework"),
    ("18/BC", ""),
    ("20/BC", ""),
):
    wrong(
        f"FSA-FT{n} carries the FSM-IMX412",
        f"tables.table6.imx412 acc.fsa tables.table6 {SAME}{more}",
        f"{adapters}.FSA-FT{n}.modules",
        also(MODULE),
    )
for fpa, rows in (
    (
        "FPA-4.A/TXA",
        "tables.table5.imx412.txa acc.devkit_txa eco.evaluation eco.hw.fpa eco.hw.fsa eco.hw.framework eco.map.figure1 "
        "soft.platform.agx_xavier soft.platform.tx2 tables.table1.imx412.agx",
    ),
    (
        "FPA-A/NVN",
        "tables.table5.imx412.nvn acc.devkit_nvn soft.platform.nano soft.platform.xavier_nx "
        "tables.table1.imx412.nano_nx tables.table5.note3",
    ),
    (
        "FPA-2.A/96B",
        "tables.table5.imx412.96b eco.evaluation soft.platform.db410c tables.table1.imx412.db410c",
    ),
    ("FPA-ABC/XX1", "tables.table5.imx412.xx1"),
):
    wrong(
        f"FSA-FT1/A does not go on {fpa}",
        f"{rows} benefit.adapters {SAME} {MATRIX}",
        adapters,
        on("FSA-FT1/A", fpa),
    )
wrong(
    "FSA-FT1/A does not carry the FSM-IMX577",
    f"{SAME} {MATRIX}",
    f"{adapters}.FSA-FT1/A.modules",
    lambda old: old[:2],
)
wrong(
    "FSA-FT3/A does not go on FPA-4.A/TXA",
    f"eco.hw.framework {MATRIX}",
    adapters,
    on("FSA-FT3/A", "FPA-4.A/TXA"),
)
wrong(
    "Xilinx boards are verified",
    f"tables.table5.imx412.xx1 tables.table6 {MATRIX}",
    "footnotes.2.verified",
    True,
)
wrong("footnote 3 refuses nothing", f"tables.table5.note3 {MATRIX}", "footnotes.3.refuses", ())
wrong("FPA-A/NVN has four lanes", "tables.table5.note3", "processor_adapters", part("FPA-A/NVN", lanes=4))
wrong(
    "FPA-4.A/TXA connects three",
    "eco.hw.fpa tables.table1.imx412.agx",
    "processor_adapters",
    part("FPA-4.A/TXA", modules=3),
)
wrong(
    "FSA-FT15/A-00G converts nothing",
    "eco.map.conversion tables.table6",
    f"{adapters}.FSA-FT15/A-00G.output",
    "Sub-LVDS",
)
wrong("the FSM-IMX412 sends Sub-LVDS", "eco.map.green", "outputs.Sub-LVDS.modules", also(MODULE))
wrong("the FSM-IMX304 is native", "eco.map.orange_blue", "outputs.Sub-LVDS.modules", ("FSM-IMX264",))
wrong("sensor adapters do not differ by clock", "tables.criteria", "criteria", without("clock"))
mutate(
    "adapters feed nothing",
    "framos.eco.hw.fsa",
    patch=lambda patch: patch.setattr(plan, "feeds", lambda *_: ()),
)
# -- pictures, the module's board, image modes -----------------------------------------------------------
mutate(
    "no chain is drawn",
    "framos.eco.map.figure1",
    patch=lambda patch: everywhere(patch, drawing, "drawn", lambda _: None),
)
mutate(
    "the module's sensor has 12 Mpixel",
    "framos.benefit.sensor",
    sheet={
        "rig.facts": lambda old: tuple(
            replace(f, value="12.0 Mpx") if f.path == "record.sensor.resolution" else f for f in old
        )
    },
)
mutate(
    "the board is 27 mm wide",
    "framos.mech.optical_center",
    sheet={"rig.record": lambda old: {**old, "mechanics.width": 27.0}},
)
mutate(
    "six modes are read",
    *(f"framos.driver.modes.{row}" for row in ("count", "examples", "limited")),
    patch=lambda patch: patch.setattr(mode_file, "MAX_MODES", 6),
)
