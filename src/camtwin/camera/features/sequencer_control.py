"""SequencerControl: sets of settings, and the paths from one to the next."""
from __future__ import annotations

from camtwin.camera.features.acquisition_control import AcquisitionControl
from camtwin.camera.features.analog_control import AnalogControl
from camtwin.camera.features.counter_and_timer_control import EDGES, CounterAndTimerControl
from camtwin.camera.features.digital_io_control import DigitalIOControl
from camtwin.camera.features.image_format_control import ImageFormatControl
from camtwin.camera.features.rules import Acts, sequencing
from camtwin.genicam.nodes import Boolean, Chapter, Command, Enumeration, Expert, Integer, Selector, When

WITH_SEQUENCED = (ImageFormatControl, AcquisitionControl, AnalogControl, DigitalIOControl, CounterAndTimerControl)
SEQUENCED = " ".join(f.name for chapter in WITH_SEQUENCED for f in chapter.features.values() if f.sequenced)
BY_SET, BY_PATH = ("SequencerSetSelector",), ("SequencerSetSelector", "SequencerPathSelector")


configuring = When(SequencerConfigurationMode="On")


fixed = When(SequencerConfigurationMode="Off")


def save(device: Acts, number: int) -> None:
    device.sequencer.save(number)


def load(device: Acts, number: int) -> None:
    device.sequencer.load(number)


def active(device: Acts) -> int:
    return device.sequencer.active


# fmt: off
class SequencerControl(Chapter):
    SequencerMode = Enumeration(
        "Enables the sequencer, which switches from one set of settings to another. Available only while "
        "SequencerConfigurationMode is Off.",
        "Off On", available=fixed)
    SequencerConfigurationMode = Enumeration(
        "Enables the configuration of sequencer sets. Locked while the sequencer runs.",
        "Off On", locked=sequencing, saved=False)
    SequencerFeatureSelector = Selector(
        "Selects the feature that SequencerFeatureEnable adds to sequencer sets.",
        SEQUENCED, visibility=Expert)
    SequencerFeatureEnable = Boolean(
        "Enables the selected feature in sequencer sets that are saved from now on. Locked while "
        "SequencerConfigurationMode is Off.",
        default=True, locked=fixed, visibility=Expert).per("SequencerFeatureSelector")
    SequencerSetStart = Integer(
        "Sets the sequencer set with which the sequencer starts. Locked while SequencerConfigurationMode is Off.",
        max=127, locked=fixed, visibility=Expert)
    SequencerSetActive = Integer("Reports the sequencer set that is active.", value=active, visibility=Expert)
    SequencerSetSelector = Integer("Selects the sequencer set to configure.", max=127, saved=False, visibility=Expert)
    SequencerSetSave = Command(
        "Saves the current settings in the selected sequencer set. Available only while SequencerConfigurationMode is "
        "On.",
        do=save, available=configuring, visibility=Expert).per(*BY_SET)
    SequencerSetLoad = Command(
        "Loads the settings of the selected sequencer set into the camera. Available only while "
        "SequencerConfigurationMode is On.",
        do=load, available=configuring, visibility=Expert).per(*BY_SET)
    SequencerPathSelector = Integer(
        "Selects the path to configure, from the selected sequencer set to the next.",
        max=3, saved=False, visibility=Expert)
    SequencerSetNext = Integer(
        "Sets the sequencer set to which the selected path leads. Locked while SequencerConfigurationMode is Off.",
        max=127, locked=fixed, visibility=Expert).per(*BY_PATH)
    SequencerTriggerSource = Enumeration(
        "Sets the signal that makes the sequencer take the selected path. Locked while SequencerConfigurationMode is "
        "Off.",
        "Off Line0 Line1 Line2 ExposureActive ReadoutActive Timer1End Counter1End Counter2End FrameStart FrameEnd "
        "Line3 Line4 SoftwareSignal1 SoftwareSignal2 SoftwareSignal3",
        open=True, locked=fixed, visibility=Expert).per(*BY_PATH)
    SequencerTriggerActivation = Enumeration(
        "Sets the edge of the signal that makes the sequencer take the selected path. Locked while "
        "SequencerConfigurationMode is Off.",
        EDGES, locked=fixed, visibility=Expert).per(*BY_PATH)
