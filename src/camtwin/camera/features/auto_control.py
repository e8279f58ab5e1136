"""AutoFeatureControl: target, limits and measuring region of automatic exposure and gain.

SFNC has no names for these; two makers have them under names of their own.
"""
from __future__ import annotations

from camtwin.genicam.nodes import Chapter, Enumeration, Expert, Float, Integer, Selector, Time

REGION = "AutoFeatureRegionSelector"


# fmt: off
class AutoFeatureControl(Chapter):
    BrightnessAutoPriority = Enumeration(
        "Sets whether exposure time or gain is adjusted first when both are automatic.",
        "ExposureAuto GainAuto", custom=True, visibility=Expert)
    BrightnessAutoNominalValue = Float(
        "Sets the target brightness of the automatic functions, in percent of the highest pixel value.",
        unit="%", default=50.0, min=5, max=95, custom=True, visibility=Expert)
    ExposureAutoMinValue_ns = Time(
        "Sets the shortest exposure time that automatic exposure may choose, in microseconds.",
        default=15_000, min=1, inc=1, custom=True, visibility=Expert,
        max=lambda ExposureAutoMaxValue_ns: ExposureAutoMaxValue_ns / 1000)
    ExposureAutoMaxValue_ns = Time(
        "Sets the longest exposure time that automatic exposure may choose, in microseconds.",
        default=1_000_000_000, inc=1, custom=True, visibility=Expert,
        min=lambda ExposureAutoMinValue_ns: ExposureAutoMinValue_ns / 1000)
    GainAutoMinValue_dB = Float(
        "Sets the lowest gain that automatic gain may choose, in decibels.",
        unit="dB", custom=True, visibility=Expert, max=lambda GainAutoMaxValue_dB: GainAutoMaxValue_dB)
    GainAutoMaxValue_dB = Float(
        "Sets the highest gain that automatic gain may choose, in decibels.",
        unit="dB", default=18.0, custom=True, visibility=Expert, min=lambda GainAutoMinValue_dB: GainAutoMinValue_dB)
    AutoFeatureRegionSelector = Selector(
        "Selects the region to configure in which the automatic functions measure brightness.",
        "BrightnessAuto BalanceWhiteAuto", custom=True, visibility=Expert)
    AutoFeatureRegionReference = Enumeration(
        "Sets the region of the sensor in which the selected measuring region is positioned.",
        "Region0", custom=True, visibility=Expert).per(REGION)
    AutoFeatureRegionMode = Enumeration(
        "Enables the selected measuring region. While it is Off, the automatic functions measure the whole image.",
        "Off On", custom=True, visibility=Expert).per(REGION)
    AutoFeatureOffsetX = Integer(
        "Sets the horizontal offset of the measuring region from the left edge of the image, in pixels.",
        unit="px", custom=True, visibility=Expert).per(REGION)
    AutoFeatureOffsetY = Integer(
        "Sets the vertical offset of the measuring region from the top edge of the image, in pixels.",
        unit="px", custom=True, visibility=Expert).per(REGION)
    AutoFeatureWidth = Integer(
        "Sets the width of the measuring region, in pixels. Parts outside the image are ignored.",
        unit="px", min=1, custom=True, visibility=Expert).per(REGION)
    AutoFeatureHeight = Integer(
        "Sets the height of the measuring region, in pixels. Parts outside the image are ignored.",
        unit="px", min=1, custom=True, visibility=Expert).per(REGION)
