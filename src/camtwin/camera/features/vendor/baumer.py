"""Baumer's own features: defect pixels, custom data, short exposures, two debouncers, a status's thresholds."""
from __future__ import annotations

from camtwin.camera.features.digital_io_control import is_input
from camtwin.camera.features.rules import streaming
from camtwin.genicam.nodes import (
    Boolean,
    Chapter,
    Enumeration,
    Expert,
    Integer,
    Selector,
    Time,
    When,
    sheet_value,
)

LIST, INDEX = "DefectPixelListSelector", "DefectPixelListIndex"

closed = When(CustomDataConfigurationMode="Off")


fixed = When(DeviceTemperatureStatusTransitionSelector="HighToExceeded")


def highest(DeviceTemperatureStatusTransitionSelector: str, cutoff: int) -> int:
    return cutoff if DeviceTemperatureStatusTransitionSelector == "HighToExceeded" else cutoff - 1


# fmt: off
class DefectPixelControl(Chapter):
    DefectPixelCorrection = Boolean("Replaces the listed pixels.", default=True, custom=True)
    DefectPixelListSelector = Selector("The list that is set up.", "Pixel", custom=True, visibility=Expert)
    DefectPixelListIndex = Integer("The entry of the list that is set up.", max=511, saved=False, custom=True, visibility=Expert,
                                   follows=(LIST,))
    DefectPixelListEntryActive = Boolean("The entry counts.", default=False, custom=True, visibility=Expert).per(INDEX)
    DefectPixelListEntryPosX = Integer("Column on the sensor.", unit="px", custom=True, visibility=Expert).per(INDEX)
    DefectPixelListEntryPosY = Integer("Row on the sensor.", unit="px", custom=True, visibility=Expert).per(INDEX)


class CustomDataControl(Chapter):
    CustomDataConfigurationMode = Enumeration("Opens the custom data for writing.", "Off On", saved=False, custom=True,
                                              visibility=Expert)
    CustomDataSelector = Integer("The byte that is set up.", max=127, saved=False, custom=True, visibility=Expert)
    CustomData = Integer("A byte that the camera keeps.", max=255, saved=False, custom=True, visibility=Expert, locked=closed,
                         ).per("CustomDataSelector")


class Baumer(Chapter):
    DeviceTemperatureStatusTransitionSelector = Selector("The change of status that is set up.",
                                                         "NormalToHigh HighToExceeded ExceededToNormal", custom=True,
                                                         visibility=Expert, after="DeviceTemperatureStatus")
    DeviceTemperatureStatusTransition = Integer("Temperature at which the status changes.", unit="C", max=highest, locked=fixed,
                                                custom=True, visibility=Expert, after="DeviceTemperatureStatusTransitionSelector",
                                                ).per("DeviceTemperatureStatusTransitionSelector")
    TimestampIncrement = Integer("Step of the camera's clock.", unit="ns", value=sheet_value, visibility=Expert, custom=True,
                                 after="TimestampLatchValue")
    ShortExposureTimeEnable = Boolean("Allows exposures below the usual minimum.", default=False, custom=True, after="ExposureMode")
    ReadoutMode = Enumeration("Whether an exposure may overlap the readout of the frame before.", "Overlapped Sequential",
                              custom=True, locked=streaming, after="ExposureTime")
    LineDebouncerHighTimeAbs_ns = Time("How long a high level must last to count.", max=5000, inc=1, custom=True,
                                       available=is_input, visibility=Expert, after="LineSource").per("LineSelector")
    LineDebouncerLowTimeAbs_ns = Time("How long a low level must last to count.", max=5000, inc=1, custom=True,
                                      available=is_input, visibility=Expert, after="LineDebouncerHighTimeAbs").per("LineSelector")
