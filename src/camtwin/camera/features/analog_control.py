"""AnalogControl: amplification and black."""
from __future__ import annotations

from camtwin.camera.features.rules import Acts, sequencing
from camtwin.genicam.nodes import Chapter, Enumeration, Float, Integer, Selector


def gain_auto(GainAuto: str, SequencerMode: str, device: Acts) -> bool:
    """Asks the camera, too, so that hosts do not keep the answer: Once ends by itself."""
    return GainAuto != "Off" or sequencing(SequencerMode=SequencerMode)


# fmt: off
class AnalogControl(Chapter):
    GainSelector = Selector("Channel of Gain.", "All")
    Gain_dB = Float("Amplification.", unit="dB", max=48, sequenced=True, locked=gain_auto, volatile=True,
                    ).per("GainSelector")
    GainAuto = Enumeration("Lets the camera choose the gain.", "Off Once Continuous", volatile=True).per("GainSelector")
    Gamma = Float("Exponent that bends dark codes up (below 1) or down.", default=1.0, min=0, max=4)
    BlackLevelSelector = Selector("Channel of BlackLevel.", "All")
    BlackLevel_DN = Integer("Offset of black, in steps of 12 bits.", unit="DN", max=255).per("BlackLevelSelector")
