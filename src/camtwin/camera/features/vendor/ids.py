"""IDS's own features: the result of a firmware update."""
from __future__ import annotations

from camtwin.camera.features.rules import Acts
from camtwin.genicam.nodes import Chapter, Guru, String


def update_message(device: Acts) -> str:
    return device.firmware.message


# fmt: off
class Ids(Chapter):
    FirmwareUpdateMessage = String(
        "Reports the result of the last firmware update as text.",
        value=update_message, length=128, custom=True, visibility=Guru, after="FileAccessBuffer")
