"""A sensor module behind its driver: what it tells the sensor, its controls, its bus, its clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from camtwin import models
from camtwin.camera.module import plan
from camtwin.camera.module.controls import Drive
from camtwin.camera.module.driver import ModuleDriver
from camtwin.camera.registers.register_file import RegisterFile
from camtwin.models.driver_sheet import ControlRow
from camtwin.twins import patterns
from camtwin.twins.module import Module
from camtwin.wire.csi2.eeprom import Eeprom
from mutations.breaks.pictures import PICTURES
from mutations.breaks.registers import limits, read_as
from mutations.registry import mutate
from mutations.tools import Wrong, everywhere, wrapped

LISTED = (6, 12, 18, 27)


def rows(**changes: ControlRow | None) -> Wrong:
    """Add controls to the driver, or take them away."""

    def wrong(patch: pytest.MonkeyPatch) -> None:
        true = models.load_driver

        def loaded(name: str) -> models.DriverSheet:
            sheet = true(name)
            controls = {**sheet.controls, **changes}
            kept = {key: row for key, row in controls.items() if row is not None}
            return sheet.model_copy(update={"controls": kept})

        everywhere(patch, models, "load_driver", loaded)

    return wrong


def clocks(*mhz: int) -> Wrong:
    """Let the module list other clocks."""

    def wrong(patch: pytest.MonkeyPatch) -> None:
        true = models.load_module

        def loaded(name: str) -> models.ModuleSheet:
            sheet = true(name)
            return sheet.model_copy(update={"clock": sheet.clock.model_copy(update={"inck_MHz": mhz})})

        everywhere(patch, models, "load_module", loaded)

    return wrong


def told(change: Callable[[dict[str, int]], dict[str, int]]) -> Wrong:
    """Let the driver write other values for its controls."""

    def wrong(patch: pytest.MonkeyPatch) -> None:
        wrapped(
            patch,
            Drive,
            "registers",
            lambda true, drive, plan: {**(known := true(drive, plan)), **change(known)},
        )

    return wrong


def planned(change: Callable[[dict[str, int]], dict[str, int]]) -> Wrong:
    """Let the driver write other values for its modes."""
    return lambda patch: wrapped(
        patch, plan, "_image", lambda true, mode: {**(known := true(mode)), **change(known)}
    )


# -- frames, formats, lanes ------------------------------------------------------------------------------
mutate(
    "frames of registers are 2 % longer",
    "framos.acq.framerate.lane4",
    "framos.acq.framerate.lane2",
    "framos.driver.imx412.frame_rate",
    patch=read_as(frame_length_lines=lambda lines: lines * 102 // 100),
)
for bits in (10, 12):
    mutate(
        f"patterns of {bits} bits end below the highest code",
        f"framos.sensor.bits{bits}",
        patch=lambda patch, bits=bits: everywhere(
            patch,
            patterns,
            "pattern",
            lambda number, geometry, there, solid, true=patterns.pattern, bits=bits: (
                true(number, geometry, there, solid) & (0xFFFE if there == bits else 0xFFFF)
            ),
        ),
    )
mutate(
    "lines leave the link too little time",
    "framos.if.lanes4",
    "framos.if.lanes2",
    patch=limits(link_margin=0.2),
)
mutate(
    "modes of two lanes send on four",
    "framos.driver.modes.lanes",
    "framos.if.lanes2",
    patch=read_as(csi_lane_mode=lambda _: 3),
)
mutate(
    "frames are 8 columns narrower",
    "framos.sensor.width",
    "framos.driver.modes.resolution",
    "framos.driver.modes.full",
    "framos.driver.modes.video",
    patch=planned(lambda there: {"x_output_size": there["x_output_size"] - 8}),
)
mutate(
    "frames are 8 rows lower",
    "framos.sensor.height",
    patch=planned(lambda there: {"y_output_size": there["y_output_size"] - 8}),
)
# -- bus, clock, memory ----------------------------------------------------------------------------------
mutate(
    "the frame length reads back as 0",
    "framos.if.cci",
    patch=lambda patch: wrapped(
        patch, RegisterFile, "read", lambda true, file, at: 0 if at in (0x0340, 0x0341) else true(file, at)
    ),
)
mutate(
    "the module's memory is empty",
    "framos.if.eeprom",
    patch=lambda patch: patch.setattr(Eeprom, "read", lambda memory, at: 0xFF),
)
for mhz in LISTED:
    mutate(
        f"the module does not list {mhz} MHz",
        f"framos.if.inck.{mhz}",
        patch=clocks(*(one for one in LISTED if one != mhz)),
    )
mutate("the module lists 24 MHz", "framos.if.inck.24", patch=clocks(*LISTED, 24))
mutate(
    "the id is not read",
    "framos.pkg.is.init",
    "framos.pkg.is.communication",
    patch=lambda patch: patch.setattr(ModuleDriver, "identify", lambda driver: None),
)
mutate(
    "frames count from 1",
    "framos.pkg.is.streaming",
    patch=lambda patch: wrapped(
        patch,
        ModuleDriver,
        "arrived",
        lambda true, driver, frame: true(driver, replace(frame, number=frame.number + 1)),
    ),
)


# -- controls --------------------------------------------------------------------------------------------
mutate(
    "there is no Operation Mode",
    "framos.ref.minimum",
    "framos.driver.imx412.is_mode",
    patch=rows(operation_mode=None),
)


mutate(
    "a broadcast is for the module itself",
    "framos.driver.imx412.broadcast",
    patch=lambda patch: patch.setattr(Module, "broadcast_address", property(lambda module: module.address)),
)
mutate(
    "controls of registers are not written",
    "framos.driver.extend",
    patch=told(lambda there: {"image_orientation": 0} if "image_orientation" in there else {}),
)
mutate(
    "a test pattern has fewer rows",
    "framos.driver.features.scope",
    "framos.driver.parts",
    patch=told(lambda there: {"y_output_size": 3000} if there["test_pattern_mode"] == 4 else {}),
)
mutate(
    "analogue gain codes are a tenth low",
    "framos.driver.imx412.gain",
    about=PICTURES,
    patch=told(lambda there: {"analog_gain_code_global": there["analog_gain_code_global"] * 9 // 10}),
)
mutate(
    "PN9 is a solid colour",
    "framos.driver.imx412.test_pattern",
    about=PICTURES,
    patch=told(lambda there: {"test_pattern_mode": there["test_pattern_mode"] % 4}),
)
