"""UserSetControl: configurations that the camera keeps; and custom data, bytes that it keeps for the user."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from camtwin.camera.features.rules import Acts, streaming
from camtwin.genicam.nodes import Chapter, Command, Enumeration, Expert, Guru, Integer, Selector, When

FACTORY = "UserSet0"
SETS = f"{FACTORY} UserSet1 UserSet2 UserSet3 HighGain AutoFunctions"
ONLY_FACTORY: Mapping[str, Mapping[str, Any]] = {FACTORY: {}}
"""Sets that nobody can save into, and what each has beside the factory's settings."""


def load(device: Acts, selector: str) -> None:
    device.load_user_set(selector)


def save(device: Acts, selector: str) -> None:
    device.save_user_set(selector)


closed = When(CustomDataConfigurationMode="Off")


# fmt: off
class UserSetControl(Chapter):
    UserSetSelector = Selector("The user set to load or to save.", SETS)
    UserSetLoad = Command("Takes over the user set's settings.", do=load, reloads=True, locked=streaming).per("UserSetSelector")
    UserSetSave = Command("Keeps the present settings in the user set.", do=save, available=lambda UserSetSelector,
                          fixed=ONLY_FACTORY: UserSetSelector not in fixed).per("UserSetSelector")
    UserSetDefault = Enumeration("The user set that the camera starts with.", SETS, saved=False)


class UserDefinedValueControl(Chapter):
    UserDefinedValueSelector = Selector("The value that is set up.", "Value1 Value2 Value3 Value4 Value5", custom=True, visibility=Guru)
    UserDefinedValue = Integer("A number that means something to the user alone.", max=(1 << 31) - 1, custom=True, visibility=Guru).per("UserDefinedValueSelector")


class CustomDataControl(Chapter):
    CustomDataConfigurationMode = Enumeration("Opens the custom data for writing.", "Off On", saved=False, custom=True,
                                              visibility=Expert)
    CustomDataSelector = Integer("The byte that is set up.", max=127, saved=False, custom=True, visibility=Expert)
    CustomData = Integer("A byte that the camera keeps.", max=255, saved=False, custom=True, visibility=Expert, locked=closed,
                         ).per("CustomDataSelector")
