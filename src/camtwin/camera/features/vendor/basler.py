"""Basler's own features: centred windows, rates, overlap, test images, logic of lines, user-defined values."""
from __future__ import annotations

from typing import Any

from camtwin.camera.features import rates
from camtwin.camera.features.auto_control import REGION
from camtwin.camera.features.digital_io_control import is_input, is_output
from camtwin.camera.features.image_format_control import ImageFormatControl
from camtwin.camera.features.rates import Rated
from camtwin.camera.features.rules import streaming
from camtwin.genicam.nodes import (
    Boolean,
    Chapter,
    Enumeration,
    Expert,
    Float,
    Guru,
    Integer,
    Selector,
    Time,
    When,
)

TEST_IMAGES = {"Off": "Off", "GreyDiagonalRamp": "Testimage1", "GreyDiagonalRampMoving": "Testimage2"}
"""Entries of TestImageSelector by the TestPattern that is the same image."""


def test_image(shown: str, settings: ImageFormatControl) -> dict[str, Any]:
    return {"TestPattern": next(pattern for pattern, image in TEST_IMAGES.items() if image == shown)}


def readout_time(device: Rated) -> float:
    return rates.readout_ns(device) / 1000


manual = When(ExposureOverlapTimeMode="Manual")


# fmt: off
class UserDefinedValueControl(Chapter):
    UserDefinedValueSelector = Selector(
        "Selects the value that UserDefinedValue accesses.",
        "Value1 Value2 Value3 Value4 Value5", custom=True, visibility=Guru)
    UserDefinedValue = Integer(
        "Sets a number for the user's own purposes. The camera stores the number and does not use it.",
        max=(1 << 31) - 1, custom=True, visibility=Guru).per("UserDefinedValueSelector")


class Basler(Chapter):
    CenterX = Boolean(
        "Centres the region of interest horizontally on the sensor, and locks OffsetX. Locked during acquisition.",
        default=False, custom=True, locked=streaming, after="HeightMax")
    CenterY = Boolean(
        "Centres the region of interest vertically on the sensor, and locks OffsetY. Locked during acquisition.",
        default=False, custom=True, locked=streaming, after="CenterX")
    TestImageSelector = Enumeration(
        "Selects the test image that the camera sends instead of the sensor's image. Off sends the sensor's image.",
        "Off Testimage1 Testimage2", custom=True, value=lambda TestPattern: TEST_IMAGES.get(TestPattern, "Off"),
        put=test_image, after="TestPattern")
    ResultingFrameRate_Hz = Float(
        "Reports the frame rate that the camera reaches without triggers at the current settings, in hertz.",
        unit="Hz", value=rates.resulting_Hz, custom=True, after="AcquisitionBurstFrameCount")
    SensorReadoutTime = Float(
        "Reports the time that the sensor takes to read out a frame, in microseconds.",
        unit="us", value=readout_time, custom=True, after="ResultingFrameRate")
    ExposureOverlapTimeMode = Enumeration(
        "Sets how far an exposure may overlap the readout of the previous frame. Automatic: by the whole exposure "
        "time. Manual: by ExposureOverlapTimeMax.",
        "Automatic Manual", custom=True, visibility=Expert, after="ExposureTime")
    ExposureOverlapTimeMax_ns = Time(
        "Sets the longest time by which an exposure may overlap the readout of the previous frame, in microseconds. "
        "Exposures in TriggerWidth mode should not be shorter. Available only while ExposureOverlapTimeMode is "
        "Manual.",
        max=10e6, available=manual, custom=True, visibility=Expert, after="ExposureOverlapTimeMode")
    DigitalShift = Integer(
        "Sets the left shift applied to pixel values, in bits. Each bit doubles the values, up to the highest pixel "
        "value.",
        max=4, custom=True, after="Gamma")
    AutoTargetBrightness = Float(
        "Sets the target brightness of the automatic functions, as a fraction of the highest pixel value.",
        default=0.0, max=1, custom=True, after="BrightnessAutoNominalValue")
    AutoFunctionROIUseBrightness = Boolean(
        "Enables the selected region for automatic exposure and gain. While it is off, they measure the whole image.",
        default=False, custom=True, visibility=Expert, after="AutoFeatureRegionMode").per(REGION)
    LineLogic = Enumeration(
        "Reports the logic of the selected line. Positive: a high level at the pin is a high logical level. Negative: "
        "it is a low one.",
        "Positive Negative", custom=True, value=lambda LineInverter: "Negative" if LineInverter else "Positive",
        after="LineSource").per("LineSelector")
    LineDebouncerTime_ns = Time(
        "Sets the time for which a level must last before the selected input takes it over, in microseconds. "
        "Available only while the line is an input.",
        max=20_000, custom=True, available=is_input, after="LineLogic").per("LineSelector")
    LineMinimumOutputPulseWidth_ns = Time(
        "Sets the minimum width of pulses on the selected output, in microseconds. Available only while the line is "
        "an output.",
        max=100, custom=True, available=is_output, after="LineDebouncerTime").per("LineSelector")
