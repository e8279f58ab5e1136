"""UserSetControl: configurations that the camera keeps."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from camtwin.camera.features.rules import Acts, streaming
from camtwin.genicam.nodes import Chapter, Command, Enumeration, Selector

FACTORY = "UserSet0"
SETS = f"{FACTORY} UserSet1 UserSet2 UserSet3 HighGain AutoFunctions"
ONLY_FACTORY: Mapping[str, Mapping[str, Any]] = {FACTORY: {}}
"""Sets that nobody can save into, and what each has beside the factory's settings."""


def load(device: Acts, selector: str) -> None:
    device.load_user_set(selector)


def save(device: Acts, selector: str) -> None:
    device.save_user_set(selector)


# fmt: off
class UserSetControl(Chapter):
    UserSetSelector = Selector("The user set to load or to save.", SETS)
    UserSetLoad = Command("Takes over the user set's settings.", do=load, reloads=True, locked=streaming).per("UserSetSelector")
    UserSetSave = Command("Keeps the present settings in the user set.", do=save, available=lambda UserSetSelector,
                          fixed=ONLY_FACTORY: UserSetSelector not in fixed).per("UserSetSelector")
    UserSetDefault = Enumeration("The user set that the camera starts with.", SETS, saved=False)
