"""AutoFeatureControl: exposure and gain that the camera sets by itself, and by what.

SFNC has limits and regions under no names; two makers have these, each by its own."""
from __future__ import annotations

from camtwin.genicam.nodes import Chapter, Enumeration, Expert, Float, Integer, Selector, Time

REGION = "AutoFeatureRegionSelector"


# fmt: off
class AutoFeatureControl(Chapter):
    BrightnessAutoPriority = Enumeration("Which of exposure and gain moves first, where both are automatic.",
                                         "ExposureAuto GainAuto", custom=True, visibility=Expert)
    BrightnessAutoNominalValue = Float("Brightness that is aimed at, of the highest.", unit="%", default=50.0, min=5, max=95,
                                       custom=True, visibility=Expert)
    ExposureAutoMinValue_ns = Time("Shortest automatic exposure.", default=15_000, min=1, inc=1, custom=True, visibility=Expert,
                                   max=lambda ExposureAutoMaxValue_ns: ExposureAutoMaxValue_ns / 1000)
    ExposureAutoMaxValue_ns = Time("Longest automatic exposure.", default=1_000_000_000, inc=1, custom=True, visibility=Expert,
                                   min=lambda ExposureAutoMinValue_ns: ExposureAutoMinValue_ns / 1000)
    GainAutoMinValue_dB = Float("Lowest automatic gain.", unit="dB", custom=True, visibility=Expert,
                                max=lambda GainAutoMaxValue_dB: GainAutoMaxValue_dB)
    GainAutoMaxValue_dB = Float("Highest automatic gain.", unit="dB", default=18.0, custom=True, visibility=Expert,
                                min=lambda GainAutoMinValue_dB: GainAutoMinValue_dB)
    AutoFeatureRegionSelector = Selector("The automatic function whose region is set up.", "BrightnessAuto", custom=True,
                                         visibility=Expert)
    AutoFeatureRegionReference = Enumeration("The region that it is counted in.", "Region0", custom=True,
                                             visibility=Expert).per(REGION)
    AutoFeatureRegionMode = Enumeration("Off: the whole picture counts.", "Off On", custom=True, visibility=Expert).per(REGION)
    AutoFeatureOffsetX = Integer("Columns of the picture left of the region.", unit="px", custom=True, visibility=Expert).per(REGION)
    AutoFeatureOffsetY = Integer("Rows of the picture above the region.", unit="px", custom=True, visibility=Expert).per(REGION)
    AutoFeatureWidth = Integer("Columns of the region; what lies outside the picture does not count.", unit="px", min=1, custom=True,
                               visibility=Expert).per(REGION)
    AutoFeatureHeight = Integer("Rows of the region; what lies outside the picture does not count.", unit="px", min=1, custom=True,
                                visibility=Expert).per(REGION)
