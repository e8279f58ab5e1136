"""ActionControl: to which action commands the camera listens.

On GigE Vision these are bootstrap registers; signal 1 is the first, as its family counts."""
from __future__ import annotations

from camtwin.genicam.nodes import Chapter, Guru, Integer


# fmt: off
class ActionControl(Chapter):
    ActionDeviceKey = Integer("Key that an action command must have.", form="HexNumber", at={"gige": 0x90C}, visibility=Guru)
    ActionSelector = Integer("The action signal that is set up.", default=1, min=1, max=1, saved=False, visibility=Guru)
    ActionGroupKey = Integer("Group key that an action command must have.", form="HexNumber", at={"gige": 0x9800 - 16}, apart=16,
                             visibility=Guru,
                             ).per("ActionSelector")
    ActionGroupMask = Integer("Bits of an action command's mask that concern this camera.", form="HexNumber", at={"gige": 0x9804 - 16}, apart=16,
                              visibility=Guru,
                              ).per("ActionSelector")
