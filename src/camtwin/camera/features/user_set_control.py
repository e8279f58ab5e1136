"""UserSetControl: sets of settings that the camera keeps without power."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from camtwin.camera.features.rules import Acts, streaming
from camtwin.genicam.nodes import Chapter, Command, Enumeration, Selector

FACTORY = "UserSet0"
SETS = f"{FACTORY} UserSet1 UserSet2 UserSet3 HighGain AutoFunctions"
ONLY_FACTORY: Mapping[str, Mapping[str, Any]] = {FACTORY: {}}
"""Sets that cannot be saved, with the settings in which each differs from the factory's."""


def load(device: Acts, selector: str) -> None:
    device.load_user_set(selector)


def save(device: Acts, selector: str) -> None:
    device.save_user_set(selector)


# fmt: off
class UserSetControl(Chapter):
    UserSetSelector = Selector("Selects the user set that UserSetLoad and UserSetSave access.", SETS)
    UserSetLoad = Command(
        "Loads the settings of the selected user set into the camera. Locked during acquisition.",
        do=load, reloads=True, locked=streaming).per("UserSetSelector")
    UserSetSave = Command(
        "Saves the current settings in the selected user set, which is kept when the power is off. Available only for "
        "user sets that are not fixed.",
        do=save, available=lambda UserSetSelector, fixed=ONLY_FACTORY: UserSetSelector not in fixed
    ).per("UserSetSelector")
    UserSetDefault = Enumeration("Sets the user set that the camera loads at power-on.", SETS, saved=False)
