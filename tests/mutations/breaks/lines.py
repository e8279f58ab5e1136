"""Lines, wrong one thing at a time."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from camtwin.camera.features.acquisition_control import LEVEL_OF
from camtwin.session.session import Session
from camtwin.twins import Twin
from mutations.registry import mutate
from mutations.tools import Wrong, always, answers, deaf, late_flash, other, twins

OUTPUTS = {
    "exposure_active": "ExposureActive",
    "timer1": "Timer1Active",
    "readout_active": "ReadoutActive",
    "user_output1": "UserOutput1",
    "user_output2": "UserOutput2",
    "user_output3": "UserOutput3",
    "trigger_ready": "TriggerReady",
}
for row, source in OUTPUTS.items():
    flash = ("baumer.flash.source",) if row == "exposure_active" else ()
    mutate(
        f"outputs do not follow {source}",
        f"baumer.io.output_source.{row}",
        *flash,
        patch=deaf("Line.follow", source),
    )
mutate("the flash is 4 us late", "baumer.flash.delay", patch=late_flash(up=4000, down=4000))
mutate("the flash is 2 us longer", "baumer.flash.duration", patch=late_flash(up=0, down=2000))
mutate(
    "Line3 moves though its source is Off",
    "baumer.io.output_source.off",
    patch=always(
        "ExposureStart",
        lambda c: partial(c.lines["Line3"].follow, True),
        lambda s: s.LineSource["Line3"] != "Off",
    ),
)
mutate("the optocoupler switches on in 5 us", "baumer.io.out.t_on", sheet={"lines.opto_on_ns": 5000})
mutate("the optocoupler switches off in 60 us", "baumer.io.out.t_off", sheet={"lines.opto_off_ns": 60_000})
mutate(
    "pulses of 1 us pass",
    "baumer.io.in.pulse_min",
    "baumer.io.gpio_in.pulse_min",
    sheet={"lines.filter_ns": 1000},
)
mutate(
    "Line0 can be an output",
    "baumer.io.lines.input",
    sheet={"features.LineMode.outputs": ["Line0", "Line1", "Line2", "Line3"]},
)
mutate(
    "Line3 can be an input",
    "baumer.io.lines.output",
    sheet={"features.LineMode.inputs": ["Line0", "Line1", "Line2", "Line3"]},
)


def _stays_input(line: str) -> Wrong:
    """Ignore a host's writes to LineMode."""

    def write(true: Any, cam: Session, name: str, value: Any) -> None:
        if (name, value) != ("LineMode", "Output") or cam.LineSelector != line:
            true(cam, name, value)

    return answers("__setattr__", write)


for number, line in ((1, "Line1"), (2, "Line2")):
    mutate(
        f"{line} stays an input",
        f"baumer.io.lines.gpio{number}",
        patch=_stays_input(line),
    )


def one_debouncer(twin: Twin) -> None:
    """Use the debouncing time for high levels for low ones, too."""
    for line in twin.camera.lines.values():
        host: Any = line._host

        class Same:
            clock, line_timing, emit, journal = host.clock, host.line_timing, host.emit, host.journal
            true = host

            @property
            def settings(self) -> Any:
                s = self.true.settings
                return replace(s, LineDebouncerLowTimeAbs_ns=s.LineDebouncerHighTimeAbs_ns)

        line._host = Same()


mutate("one debouncer for both edges", "baumer.io.debouncer.separate", patch=twins(one_debouncer))
for name, path, value, row in (
    ("the debouncer goes to 4 ms", "max", 4000, "range"),
    ("the debouncer goes in steps of 5 us", "inc", 5, "step"),
):
    mutate(name, f"baumer.io.debouncer.{row}", sheet={f"features.LineDebouncerHighTimeAbs.{path}": value})

# -- what tells whether it runs ----------------------------------------------------------------------
mutate(
    "AcquisitionTriggerWait is AcquisitionActive",
    "baumer.acq.status.trigger_wait",
    patch=lambda patch: patch.setitem(LEVEL_OF, "AcquisitionTriggerWait", "AcquisitionActive"),
)
mutate(
    "AcquisitionActive stays false",
    "baumer.acq.status.active",
    patch=other("signals", "level", lambda true, name: name != "AcquisitionActive" and true(name)),
)
