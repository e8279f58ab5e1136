"""Basler's own features: centred windows, rates, overlap, test images, a line's logic, values for the user."""
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
"""The entry of TestImageSelector that is this TestPattern: two names of one picture."""


def test_image(shown: str, settings: ImageFormatControl) -> dict[str, Any]:
    return {"TestPattern": next(pattern for pattern, image in TEST_IMAGES.items() if image == shown)}


def readout_time(device: Rated) -> float:
    return rates.readout_ns(device) / 1000


manual = When(ExposureOverlapTimeMode="Manual")


# fmt: off
class UserDefinedValueControl(Chapter):
    UserDefinedValueSelector = Selector("The value that is set up.", "Value1 Value2 Value3 Value4 Value5", custom=True, visibility=Guru)
    UserDefinedValue = Integer("A number that means something to the user alone.", max=(1 << 31) - 1, custom=True, visibility=Guru).per("UserDefinedValueSelector")


class Basler(Chapter):
    CenterX = Boolean("Keeps the picture in the middle of the columns.", default=False, custom=True, locked=streaming,
                      after="HeightMax")
    CenterY = Boolean("Keeps the picture in the middle of the rows.", default=False, custom=True, locked=streaming, after="CenterX")
    TestImageSelector = Enumeration("A picture made by the camera instead of the sensor's.", "Off Testimage1 Testimage2", custom=True,
                                    value=lambda TestPattern: TEST_IMAGES.get(TestPattern, "Off"), put=test_image, after="TestPattern")
    ResultingFrameRate_Hz = Float("Frames per second that sensor, exposure and link allow now.", unit="Hz",
                                  value=rates.resulting_Hz, custom=True, after="AcquisitionBurstFrameCount")
    SensorReadoutTime = Float("How long the sensor takes to be read.", unit="us", value=readout_time, custom=True,
                              after="ResultingFrameRate")
    ExposureOverlapTimeMode = Enumeration("What limits how long an exposure overlaps the readout before: its own length, or "
                                          "ExposureOverlapTimeMax.", "Automatic Manual", custom=True, visibility=Expert,
                                          after="ExposureTime")
    ExposureOverlapTimeMax_ns = Time("Longest overlap of an exposure with the readout before; no exposure that a trigger's width "
                                     "sets should be shorter.", max=10e6, available=manual, custom=True, visibility=Expert,
                                     after="ExposureOverlapTimeMode")
    DigitalShift = Integer("How often codes are doubled.", max=4, custom=True, after="Gamma")
    AutoTargetBrightness = Float("Brightness that is aimed at, 1 the highest; 0 if BrightnessAutoNominalValue says it.", default=0.0,
                                 max=1, custom=True, after="BrightnessAutoNominalValue")
    AutoFunctionROIUseBrightness = Boolean("Whether the region counts for exposure and gain.", default=False, custom=True,
                                           visibility=Expert, after="AutoFeatureRegionMode").per(REGION)
    LineLogic = Enumeration("What a high level means.", "Positive Negative", custom=True, value=lambda LineInverter:
                            "Negative" if LineInverter else "Positive", after="LineSource").per("LineSelector")
    LineDebouncerTime_ns = Time("How long a level must last to count.", max=20_000, custom=True, available=is_input,
                                after="LineLogic").per("LineSelector")
    LineMinimumOutputPulseWidth_ns = Time("How long a pulse of an output lasts at least.", max=100, custom=True,
                                          available=is_output, after="LineDebouncerTime").per("LineSelector")
