"""UserSetControl: configurations that the camera keeps; and custom data, bytes that it keeps for the user."""
from __future__ import annotations

from camtwin.camera.features.rules import Acts, streaming_or_sequencing
from camtwin.genicam.nodes import Chapter, Command, Enumeration, Expert, Integer, Selector

FACTORY = "UserSet0"
SETS = f"{FACTORY} UserSet1 UserSet2 UserSet3"


def load(device: Acts, selector: str) -> None:
    device.load_user_set(selector)


def save(device: Acts, selector: str) -> None:
    device.save_user_set(selector)


def closed(CustomDataConfigurationMode: str) -> bool:
    return CustomDataConfigurationMode == "Off"


# fmt: off
class UserSetControl(Chapter):
    UserSetSelector = Selector("The user set to load or to save.", SETS)
    UserSetLoad = Command("Takes over the user set's settings.", do=load, reloads=True, locked=streaming_or_sequencing).per("UserSetSelector")
    UserSetSave = Command("Keeps the present settings in the user set.", do=save, available=lambda UserSetSelector:
                          UserSetSelector != FACTORY).per("UserSetSelector")
    UserSetDefault = Enumeration("The user set that the camera starts with.", SETS, saved=False)


class CustomDataControl(Chapter):
    CustomDataConfigurationMode = Enumeration("Opens the custom data for writing.", "Off On", saved=False, custom=True,
                                              visibility=Expert)
    CustomDataSelector = Integer("The byte that is set up.", max=127, saved=False, custom=True, visibility=Expert)
    CustomData = Integer("A byte that the camera keeps.", max=255, saved=False, custom=True, visibility=Expert, locked=closed,
                         ).per("CustomDataSelector")
