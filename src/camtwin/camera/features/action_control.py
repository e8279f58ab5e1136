"""ActionControl: keys and masks of the action commands that the camera accepts.

With GigE Vision these are bootstrap registers; the first signal is number 1, as the camera's family counts.
"""
from __future__ import annotations

from camtwin.genicam.nodes import Chapter, Guru, Integer


# fmt: off
class ActionControl(Chapter):
    ActionDeviceKey = Integer(
        "Sets the device key of this camera. The camera accepts only action commands that carry the same key.",
        form="HexNumber", at={"gige": 0x90C}, visibility=Guru)
    ActionSelector = Integer(
        "Selects the action signal to configure.",
        default=1, min=1, max=1, saved=False, visibility=Guru)
    ActionGroupKey = Integer(
        "Sets the group key of the selected action signal. Only action commands that carry the same key trigger it.",
        form="HexNumber", at={"gige": 0x9800 - 16}, apart=16, visibility=Guru).per("ActionSelector")
    ActionGroupMask = Integer(
        "Sets the group mask of the selected action signal. Only action commands whose mask shares a bit with it "
        "trigger the signal.",
        form="HexNumber", at={"gige": 0x9804 - 16}, apart=16, visibility=Guru).per("ActionSelector")
