"""SoftwareSignalControl: signals that a host gives by a command, for whatever listens to them."""
from __future__ import annotations

from camtwin.camera.features.rules import Acts
from camtwin.genicam.nodes import Chapter, Command, Selector


def pulse(device: Acts, signal: str) -> None:
    device.emit(signal)


# fmt: off
class SoftwareSignalControl(Chapter):
    SoftwareSignalSelector = Selector("The signal that is given.", "SoftwareSignal1 SoftwareSignal2 SoftwareSignal3")
    SoftwareSignalPulse = Command("Gives the signal.", do=pulse).per("SoftwareSignalSelector")
