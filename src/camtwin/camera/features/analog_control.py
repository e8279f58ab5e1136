"""AnalogControl: amplification and black."""
from __future__ import annotations

from camtwin.camera.features.rules import sequencing
from camtwin.genicam.nodes import Chapter, Float, Integer, Selector


# fmt: off
class AnalogControl(Chapter):
    GainSelector = Selector("Channel of Gain.", "All")
    Gain_dB = Float("Amplification.", unit="dB", max=48, sequenced=True, locked=sequencing).per("GainSelector")
    BlackLevelSelector = Selector("Channel of BlackLevel.", "All")
    BlackLevel_DN = Integer("Offset of black, in steps of 12 bits.", unit="DN", max=255).per("BlackLevelSelector")
