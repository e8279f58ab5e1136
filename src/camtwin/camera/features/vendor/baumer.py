"""Baumer's own features: defect pixels, custom data, short exposures, two debouncers, thresholds of the temperature status."""
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
    DefectPixelCorrection = Boolean(
        "Enables the correction of defective pixels. Each pixel in the list is replaced by its neighbours in the row.",
        default=True, custom=True)
    DefectPixelListSelector = Selector(
        "Selects the list of defective pixels to configure.",
        "Pixel", custom=True, visibility=Expert)
    DefectPixelListIndex = Integer(
        "Sets the index of the entry to configure in the list of defective pixels.",
        max=511, saved=False, custom=True, visibility=Expert, follows=(LIST,))
    DefectPixelListEntryActive = Boolean(
        "Enables the correction of the pixel in the list entry to configure.",
        default=False, custom=True, visibility=Expert).per(INDEX)
    DefectPixelListEntryPosX = Integer(
        "Sets the horizontal position of the defective pixel on the sensor, in pixels from the left edge.",
        unit="px", custom=True, visibility=Expert).per(INDEX)
    DefectPixelListEntryPosY = Integer(
        "Sets the vertical position of the defective pixel on the sensor, in pixels from the top edge.",
        unit="px", custom=True, visibility=Expert).per(INDEX)


class CustomDataControl(Chapter):
    CustomDataConfigurationMode = Enumeration(
        "Enables changes to CustomData.",
        "Off On", saved=False, custom=True, visibility=Expert)
    CustomDataSelector = Integer(
        "Selects the byte of custom data that CustomData accesses.",
        max=127, saved=False, custom=True, visibility=Expert)
    CustomData = Integer(
        "Sets the selected byte of custom data, which is kept when the power is off. Locked while "
        "CustomDataConfigurationMode is Off.",
        max=255, saved=False, custom=True, visibility=Expert, locked=closed).per("CustomDataSelector")


class Baumer(Chapter):
    DeviceTemperatureStatusTransitionSelector = Selector(
        "Selects the change of the temperature status whose threshold DeviceTemperatureStatusTransition sets.",
        "NormalToHigh HighToExceeded ExceededToNormal", custom=True, visibility=Expert,
        after="DeviceTemperatureStatus")
    DeviceTemperatureStatusTransition = Integer(
        "Sets the temperature at which the selected change of status takes place, in degrees Celsius. Locked for "
        "HighToExceeded, whose threshold is fixed.",
        unit="C", max=highest, locked=fixed, custom=True, visibility=Expert,
        after="DeviceTemperatureStatusTransitionSelector").per("DeviceTemperatureStatusTransitionSelector")
    TimestampIncrement = Integer(
        "Reports the resolution of the camera's clock, in nanoseconds per tick.",
        unit="ns", value=sheet_value, visibility=Expert, custom=True, after="TimestampLatchValue")
    ShortExposureTimeEnable = Boolean(
        "Enables exposure times below the usual minimum of ExposureTime.",
        default=False, custom=True, after="ExposureMode")
    ReadoutMode = Enumeration(
        "Sets whether an exposure may overlap the readout of the previous frame. Overlapped allows higher frame "
        "rates, Sequential waits for the end of the readout. Locked during acquisition.",
        "Overlapped Sequential", custom=True, locked=streaming, after="ExposureTime")
    LineDebouncerHighTimeAbs_ns = Time(
        "Sets the time for which a high level must last before the selected input takes it over, in microseconds. "
        "Available only while the line is an input.",
        max=5000, inc=1, custom=True, available=is_input, visibility=Expert, after="LineSource").per("LineSelector")
    LineDebouncerLowTimeAbs_ns = Time(
        "Sets the time for which a low level must last before the selected input takes it over, in microseconds. "
        "Available only while the line is an input.",
        max=5000, inc=1, custom=True, available=is_input, visibility=Expert, after="LineDebouncerHighTimeAbs"
    ).per("LineSelector")
