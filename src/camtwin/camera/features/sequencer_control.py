"""SequencerControl: sets of settings that follow one another, frame by frame."""
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
    SequencerMode = Enumeration("Runs the sequencer.", "Off On", available=fixed)
    SequencerConfigurationMode = Enumeration("Allows to set the sequencer up.", "Off On", locked=sequencing, saved=False)
    SequencerFeatureSelector = Selector("A feature that sets may hold.", SEQUENCED, visibility=Expert)
    SequencerFeatureEnable = Boolean("Whether sets hold the feature.", default=True, locked=fixed, visibility=Expert,
                                     ).per("SequencerFeatureSelector")
    SequencerSetStart = Integer("The set that is first.", max=127, locked=fixed, visibility=Expert)
    SequencerSetActive = Integer("The set in force.", value=active, visibility=Expert)
    SequencerSetSelector = Integer("The set that is set up.", max=127, saved=False, visibility=Expert)
    SequencerSetSave = Command("Keeps the present settings in the set.", do=save, available=configuring, visibility=Expert,
                               ).per(*BY_SET)
    SequencerSetLoad = Command("Takes the settings of the set over.", do=load, available=configuring, visibility=Expert,
                               ).per(*BY_SET)
    SequencerPathSelector = Integer("The way out of the set that is set up.", max=3, saved=False, visibility=Expert)
    SequencerSetNext = Integer("The set that this way leads to.", max=127, locked=fixed, visibility=Expert).per(*BY_PATH)
    SequencerTriggerSource = Enumeration("What takes this way.", "Off Line0 Line1 Line2 ExposureActive ReadOutActive Timer1End "
                                         "Counter1End Counter2End FrameStart FrameEnd Line3 Line4 SoftwareSignal1 SoftwareSignal2 "
                                         "SoftwareSignal3", locked=fixed, visibility=Expert).per(*BY_PATH)
    SequencerTriggerActivation = Enumeration("Edge of a level that takes this way.", EDGES, locked=fixed, visibility=Expert,
                                             ).per(*BY_PATH)
