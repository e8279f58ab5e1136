"""SoftwareSignalControl: signals that a host sends inside the camera, by a command."""
from __future__ import annotations

from camtwin.camera.features.rules import Acts
from camtwin.genicam.nodes import Chapter, Command, Selector


def pulse(device: Acts, signal: str) -> None:
    device.emit(signal)


# fmt: off
class SoftwareSignalControl(Chapter):
    SoftwareSignalSelector = Selector(
        "Selects the software signal that SoftwareSignalPulse sends.",
        "SoftwareSignal1 SoftwareSignal2 SoftwareSignal3")
    SoftwareSignalPulse = Command(
        "Sends a pulse of the selected software signal inside the camera.",
        do=pulse).per("SoftwareSignalSelector")
