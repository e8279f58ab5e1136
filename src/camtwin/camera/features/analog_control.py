"""AnalogControl: gain, gamma and black level."""
from __future__ import annotations

from camtwin.camera.features.rules import Acts, sequencing
from camtwin.genicam.nodes import Chapter, Enumeration, Float, Selector, Steps


def gain_auto(GainAuto: str, SequencerMode: str, device: Acts) -> bool:
    """Lock Gain. Takes the device so that hosts do not cache the answer: Once ends by itself."""
    return GainAuto != "Off" or sequencing(SequencerMode=SequencerMode)


# fmt: off
class AnalogControl(Chapter):
    GainSelector = Selector("Selects the channel that Gain amplifies.", "All")
    Gain_dB = Float(
        "Sets the amplification of the image, in decibels. Locked while automatic gain is on or the sequencer runs.",
        unit="dB", max=48, sequenced=True, locked=gain_auto, volatile=True).per("GainSelector")
    GainAuto = Enumeration(
        "Sets the mode of automatic gain. Off: the host sets Gain. Once: the camera adjusts it until the target "
        "brightness is reached, then returns to Off. Continuous: the camera keeps adjusting it.",
        "Off Once Continuous", volatile=True).per("GainSelector")
    Gamma = Float(
        "Sets the exponent of the gamma correction. Values below 1 brighten dark areas of the image, values above 1 "
        "darken them.",
        default=1.0, min=0, max=4)
    BlackLevelSelector = Selector("Selects the channel that BlackLevel shifts.", "All")
    BlackLevel_DN = Steps(
        "Sets the offset that is added to pixel values, in digital numbers (DN) of 12 bits.",
        unit="DN", max=255, inc=1).per("BlackLevelSelector")
