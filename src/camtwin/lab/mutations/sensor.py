"""The sensor, its timing and its pictures, wrong one thing at a time."""

from __future__ import annotations

from typing import Any

from camtwin.lab.mutations import mutate
from camtwin.links.memory import Session

FEATURE = "features."


def entries_without(name: str) -> Any:
    """A list of entries that lacks one."""
    return lambda old: [entry for entry in old if entry != name]


def picture(change: Any) -> Any:
    """A twin whose pictures are changed after all that the camera does: change(image, exposure) -> image."""

    def patch(cam: Session) -> None:
        renderer = cam.twin.renderer
        true = renderer.image
        renderer.__dict__["image"] = lambda exposure: change(true(exposure), exposure)

    return patch


def scaled(factor: float) -> Any:
    """A number that is off by a factor."""
    return lambda old: type(old)(old * factor)


# -- timing ------------------------------------------------------------------------------------------------------
RATES = "baumer.acq.framerate.*"
LINK_RATES = "baumer.iface.framerate.*"
mutate("rows take 4 % less", sheet={"readout.row_clocks": scaled(0.96)})
mutate("rows take 7 % more", sheet={"readout.row_clocks": scaled(1.07)})
mutate("a frame costs 20 % more besides its rows", sheet={"readout.base_ns": scaled(1.2)})
mutate("a frame costs 10 % less besides its rows", sheet={"readout.base_ns": scaled(0.9)})
mutate("the wire is 8 % slower", sheet={"gige.bits_per_s": scaled(0.92)})
mutate("a pause of 700 bytes between packets", sheet={"gige.gap_bytes": 700})
"""


# -- limits, steps and entries -----------------------------------------------------------------------------------
for name, path, value, rows in (
    ("Width from 32", "Width.min", 32, ["baumer.roi.width_min"]),
)
"""
