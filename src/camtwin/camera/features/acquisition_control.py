"""AcquisitionControl: start and stop of acquisitions, frame rate, exposure and triggers."""
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
    """Allow the command while it is a source of a trigger that is on (All includes it) or of a timer."""
    frames = TriggerMode == "On" and TriggerSource in ("Software", "All")
    return frames or "Software" in TimerTriggerSource.values()


def edges(TriggerSource: str) -> bool:
    return TriggerSource == "All" or TriggerSource.startswith("Line")


LEVEL_OF = {"AcquisitionTriggerWait": "TriggerReady"}
"""Levels of the signal bus whose names differ from those of the acquisition states."""


def status(device: Acts, AcquisitionStatusSelector: str) -> bool:
    return device.signals.level(LEVEL_OF.get(AcquisitionStatusSelector, AcquisitionStatusSelector))


def exposure_auto(ExposureAuto: str, SequencerMode: str, device: Acts) -> bool:
    """Lock ExposureTime. Takes the device so that hosts do not cache the answer: Once ends by itself."""
    return ExposureAuto != "Off" or sequencing(SequencerMode=SequencerMode)


# fmt: off
class AcquisitionControl(Chapter):
    AcquisitionMode = Enumeration(
        "Sets how many frames an acquisition captures. Continuous captures until it is stopped, SingleFrame captures "
        "one frame, MultiFrame a set number. Locked during acquisition.",
        "Continuous SingleFrame MultiFrame", locked=streaming)
    AcquisitionStart = Command(
        "Starts the acquisition of frames. Available only while no acquisition runs.",
        do=start, available=idle)
    AcquisitionStop = Command("Stops the acquisition at the end of the current frame.", do=stop)
    AcquisitionAbort = Command("Stops the acquisition immediately and discards the current frame.", do=abort)
    AcquisitionFrameCount = Integer(
        "Sets the number of frames that an acquisition captures in MultiFrame mode. Locked during acquisition.",
        default=1, min=1, max=65535, locked=streaming)
    AcquisitionStatusSelector = Selector(
        "Selects the acquisition state that AcquisitionStatus reports.",
        "AcquisitionActive AcquisitionTriggerWait FrameBurstTriggerWait ExposureActive", visibility=Expert)
    AcquisitionStatus = Boolean(
        "Reports whether the state chosen by AcquisitionStatusSelector is active.",
        value=status, visibility=Expert).per("AcquisitionStatusSelector")
    AcquisitionFrameRateEnable = Boolean(
        "Enables the frame rate that AcquisitionFrameRate sets. While it is off, frames follow one another as fast as "
        "the other settings allow.",
        default=False)
    AcquisitionFrameRate_Hz = Float(
        "Sets the frame rate without triggers, in hertz. Some models limit triggers to it, too. Exposure, readout and "
        "link may limit it further. Locked while AcquisitionFrameRateEnable is off.",
        unit="Hz", default=10.0, min=0.01, max=65535, locked=When(AcquisitionFrameRateEnable=False))
    AcquisitionBurstFrameCount = Integer(
        "Sets the number of frames that one FrameBurstStart trigger starts.",
        default=1, min=1, max=1023)
    ExposureMode = Enumeration(
        "Sets how the length of the exposure is controlled. Timed: by ExposureTime. TriggerWidth: by the length of "
        "the trigger pulse on a line. Locked while the sequencer runs.",
        "Timed TriggerWidth", sequenced=True, locked=sequencing)
    ExposureAuto = Enumeration(
        "Sets the mode of automatic exposure. Off: the host sets ExposureTime. Once: the camera adjusts it until the "
        "target brightness is reached, then returns to Off. Continuous: the camera keeps adjusting it.",
        "Off Once Continuous", volatile=True)
    ExposureTime_ns = Time(
        "Sets the time for which the sensor collects light for each frame, in microseconds. Locked while automatic "
        "exposure is on or the sequencer runs.",
        default=10_000, max=60e6, inc=1, sequenced=True, locked=exposure_auto, volatile=True,
        min=lambda ShortExposureTimeEnable, usual_min=0: 0 if ShortExposureTimeEnable else usual_min)
    TriggerSelector = Selector("Selects the trigger to configure.", "FrameStart FrameBurstStart")
    TriggerMode = Enumeration(
        "Enables the selected trigger. While it is On, the acquisition waits for this trigger. Locked while the "
        "sequencer runs.",
        "Off On", sequenced=True, locked=sequencing).per("TriggerSelector")
    TriggerSource = Enumeration(
        "Sets the signal that fires the selected trigger.",
        "All Off Software Line0 Line1 Line2 Counter1End Counter2End Action1 Line3 Line4 SoftwareSignal1 "
        "SoftwareSignal2 SoftwareSignal3",
        open=True).per("TriggerSelector")
    TriggerActivation = Enumeration(
        "Sets the edge of the line that fires the selected trigger. Available only while a line can fire it.",
        "RisingEdge FallingEdge AnyEdge", available=edges).per("TriggerSelector")
    TriggerOverlap = Enumeration(
        "Sets how early a trigger may arrive while the previous frame is in progress. ReadOut: during its readout, "
        "but not during its exposure.",
        "ReadOut").per("TriggerSelector")
    TriggerDelay_ns = Time(
        "Sets the delay from the selected trigger to its effect, in microseconds.",
        max=2e6, inc=1).per("TriggerSelector")
    TriggerSoftware = Command(
        "Fires the selected trigger by software. Available only while a trigger that is on, or a timer, has software "
        "as its source.",
        do=trigger, available=software).per("TriggerSelector")
