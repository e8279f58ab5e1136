"""AcquisitionControl: when frames are taken, and how long they gather light."""
from __future__ import annotations

from collections.abc import Mapping

from camtwin.camera.features.rules import Acts, acquiring, sequencing, streaming
from camtwin.genicam.nodes import (
    Boolean,
    Chapter,
    Command,
    Enumeration,
    Expert,
    Float,
    Integer,
    Selector,
    Time,
    When,
)


def idle(device: Acts) -> bool:
    return not acquiring(device)


def start(device: Acts) -> None:
    device.start()


def stop(device: Acts) -> None:
    device.stop()


def abort(device: Acts) -> None:
    device.abort()


def trigger(device: Acts, selector: str) -> None:
    device.trigger_software(selector)


def software(TriggerMode: str, TriggerSource: str, TimerTriggerSource: Mapping[str, str]) -> bool:
    """TriggerSource All hears every source, the command too; so may a timer."""
    frames = TriggerMode == "On" and TriggerSource in ("Software", "All")
    return frames or "Software" in TimerTriggerSource.values()


def edges(TriggerSource: str) -> bool:
    return TriggerSource == "All" or TriggerSource.startswith("Line")


LEVEL_OF = {"AcquisitionTriggerWait": "TriggerReady"}
"""The level that is a state, where SFNC calls them by two names."""


def status(device: Acts, AcquisitionStatusSelector: str) -> bool:
    return device.signals.level(LEVEL_OF.get(AcquisitionStatusSelector, AcquisitionStatusSelector))


def exposure_auto(ExposureAuto: str, SequencerMode: str, device: Acts) -> bool:
    """Asks the camera, too, so that hosts do not keep the answer: Once ends by itself."""
    return ExposureAuto != "Off" or sequencing(SequencerMode=SequencerMode)


# fmt: off
class AcquisitionControl(Chapter):
    AcquisitionMode = Enumeration("How many frames an acquisition takes.", "Continuous SingleFrame MultiFrame", locked=streaming)
    AcquisitionStart = Command("Starts the acquisition.", do=start, available=idle)
    AcquisitionStop = Command("Stops the acquisition after the present frame.", do=stop)
    AcquisitionAbort = Command("Stops the acquisition at once; the present frame is lost.", do=abort)
    AcquisitionFrameCount = Integer("Frames of a MultiFrame acquisition.", default=1, min=1, max=65535, locked=streaming,
                                    available=When(AcquisitionMode="MultiFrame"))
    AcquisitionStatusSelector = Selector("The state that is asked for.", "AcquisitionActive AcquisitionTriggerWait "
                                         "FrameBurstTriggerWait ExposureActive",
                                         visibility=Expert)
    AcquisitionStatus = Boolean("Whether the acquisition is in this state.", value=status, visibility=Expert,
                                ).per("AcquisitionStatusSelector")
    AcquisitionFrameRateEnable = Boolean("Holds the frame rate at AcquisitionFrameRate.", default=False)
    AcquisitionFrameRate_Hz = Float("Frames per second in free run.", unit="Hz", default=10.0, min=0.01, max=65535,
                                    available="AcquisitionFrameRateEnable")
    AcquisitionBurstFrameCount = Integer("Frames that one FrameBurstStart trigger lets begin.", default=1, min=1, max=1023)
    ExposureMode = Enumeration("What ends the exposure.", "Timed TriggerWidth", sequenced=True, locked=sequencing)
    ExposureAuto = Enumeration("Lets the camera choose the exposure time.", "Off Once Continuous", volatile=True)
    ExposureTime_ns = Time("How long the sensor gathers light.", default=10_000, max=60e6, inc=1, sequenced=True,
                           locked=exposure_auto, volatile=True, min=lambda ShortExposureTimeEnable, usual_min=0:
                           0 if ShortExposureTimeEnable else usual_min)
    TriggerSelector = Selector("The trigger that is set up.", "FrameStart FrameBurstStart")
    TriggerMode = Enumeration("Whether frames wait for the trigger.", "Off On", sequenced=True, locked=sequencing,
                              ).per("TriggerSelector")
    TriggerSource = Enumeration("What triggers.", "All Off Software Line0 Line1 Line2 Counter1End Counter2End Action1 "
                                "Line3 Line4 SoftwareSignal1 SoftwareSignal2 SoftwareSignal3", open=True,
                                ).per("TriggerSelector")
    TriggerActivation = Enumeration("Edge of a line that triggers.", "RisingEdge FallingEdge AnyEdge", available=edges,
                                    ).per("TriggerSelector")
    TriggerOverlap = Enumeration("What a trigger may overlap: the readout of the frame before, not its exposure.",
                                 "ReadOut").per("TriggerSelector")
    TriggerDelay_ns = Time("From the trigger to the exposure.", max=2e6, inc=1).per("TriggerSelector")
    TriggerSoftware = Command("Triggers.", do=trigger, available=software).per("TriggerSelector")
