"""The registers of a bare sensor: its bus, clocks, lanes, memory, and its frames beside another's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from camtwin import models
from camtwin.camera.registers import configuration
from camtwin.camera.registers.otp import OneTimeMemory
from camtwin.camera.registers.register_file import RegisterFile
from camtwin.camera.registers.stream import Stream
from camtwin.twins import defects, readout
from mutations.breaks.pictures import PICTURES
from mutations.registry import mutate
from mutations.tools import Wrong, everywhere, wrapped

INCK_MHZ = (6, 12, 18, 24, 27)


def limits(**clocks: Any) -> Wrong:
    """Put other limits of the chip's clocks into its register sheet."""

    def wrong(patch: pytest.MonkeyPatch) -> None:
        true = models.load_registers

        def loaded(name: str) -> models.RegisterSheet:
            sheet = true(name)
            return sheet.model_copy(update={"clocks": sheet.clocks.model_copy(update=clocks)})

        everywhere(patch, models, "load_registers", loaded)

    return wrong


def read_as(**values: Any) -> Wrong:
    """Let registers act as if other values stood in them: functions of what does."""

    def wrong(patch: pytest.MonkeyPatch) -> None:
        true = configuration.configure

        def configured(sheet: Any, there: Any, inck_hz: int) -> configuration.Configuration:
            acting = {name: change(there[name]) for name, change in values.items()}
            return true(sheet, {**there, **acting}, inck_hz)

        everywhere(patch, configuration, "configure", configured)

    return wrong


for mhz in INCK_MHZ:
    mutate(
        f"{mhz} MHz are no input clock",
        f"sony.inck.{mhz}",
        patch=limits(inck_MHz=tuple(one for one in INCK_MHZ if one != mhz)),
    )
mutate("20 MHz are an input clock", "sony.inck.others", patch=limits(inck_MHz=(*INCK_MHZ, 20)))
mutate("lanes of 2.2 Gb/s are allowed", "sony.csi2.lane_rate_max", patch=limits(lane_Mbps=2200))
mutate("the output PLL is not asked", "sony.pll_count", patch=read_as(pll_mode=lambda _: 0))
mutate(
    "lines of registers take 2 % more",
    "sony.csi2.lanes4",
    patch=read_as(line_length_pck=lambda clocks: clocks * 102 // 100),
)
mutate(
    "two lanes are refused",
    "sony.csi2.lanes2",
    patch=lambda patch: patch.delitem(configuration.LANES, 1),
)
mutate(
    "three lanes are as good as four",
    "sony.csi2.lanes_only",
    patch=lambda patch: patch.setitem(configuration.LANES, 2, 4),
)


def forgets_exposures(patch: pytest.MonkeyPatch) -> None:
    """Read the exposure back as 0."""
    wrapped(
        patch, RegisterFile, "read", lambda true, file, at: 0 if at in (0x0202, 0x0203) else true(file, at)
    )


mutate("the exposure reads back as 0", "sony.cci", patch=forgets_exposures)


def overwritten(true: Any, memory: OneTimeMemory, place: int, value: int) -> None:
    """Clear bits as well as setting them."""
    true(memory, place, value)
    offset = memory.page * memory.page_bytes + place
    if offset < memory.size:
        memory.cells[offset] = value


mutate(
    "bits of the one-time memory can be cleared",
    "sony.otp",
    patch=lambda patch: wrapped(patch, OneTimeMemory, "program", overwritten),
)


def late(true: Any, stream: Stream) -> None:
    """Let a pulse at XVS arrive 20 us later."""
    stream.clock.at(stream.clock.now + 20_000, true, stream)


mutate(
    "a pulse at XVS takes 20 us",
    "sony.dual_sync",
    patch=lambda patch: wrapped(patch, Stream, "xvs", late),
)


def first_ones(true: Any, line: Any) -> Any:
    """Leave out rows at the end instead of between the others."""
    return np.arange(len(true(line)))


mutate(
    "sub-sampling leaves out the last rows",
    "sony.v_subsampling",
    about=PICTURES,
    patch=lambda patch: wrapped_function(patch, readout, "_kept", first_ones),
)


mutate(
    "single defects stay",
    "sony.dpc",
    about=PICTURES,
    patch=lambda patch: everywhere(patch, defects, "without_singles", lambda codes, *_: codes),
)


def wrapped_function(patch: pytest.MonkeyPatch, module: Any, name: str, wrong: Any) -> None:
    """Put something around a function of a module."""
    true = getattr(module, name)
    everywhere(patch, module, name, lambda *args: wrong(true, *args))
