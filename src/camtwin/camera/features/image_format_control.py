"""ImageFormatControl: the sensor, binning and region of interest, and the format of pixels."""
from __future__ import annotations

from camtwin.camera.features.rules import sequencing, streaming, streaming_or_sequencing
from camtwin.genicam.nodes import Boolean, Chapter, Enumeration, Expert, Float, Integer, String, sheet_value
from camtwin.pixels.formats import FORMATS
from camtwin.sensor.patterns import TEST_PATTERNS

PATTERNS = " ".join(("Off", *TEST_PATTERNS, "ColorBar", "FadeToGreyColorBar", "PN9"))


def centred_x(SequencerMode: str, CenterX: bool) -> bool:
    return CenterX or sequencing(SequencerMode=SequencerMode)


def centred_y(SequencerMode: str, CenterY: bool) -> bool:
    return CenterY or sequencing(SequencerMode=SequencerMode)


# fmt: off
class ImageFormatControl(Chapter):
    SensorName = String("Reports the model name of the image sensor.", value=sheet_value, visibility=Expert)
    SensorShutterMode = Enumeration(
        "Reports how the sensor exposes its rows: all at the same time (Global) or one after the other (Rolling).",
        "Global Rolling", value=sheet_value, visibility=Expert)
    SensorPixelWidth = Float(
        "Reports the width of a sensor pixel, in micrometres.",
        unit="um", value=sheet_value, visibility=Expert)
    SensorPixelHeight = Float(
        "Reports the height of a sensor pixel, in micrometres.",
        unit="um", value=sheet_value, visibility=Expert)
    SensorWidth = Integer(
        "Reports the width of the sensor, in pixels.",
        unit="px", value=sheet_value, visibility=Expert)
    SensorHeight = Integer(
        "Reports the height of the sensor, in pixels.",
        unit="px", value=sheet_value, visibility=Expert)
    BinningHorizontal = Integer(
        "Sets the number of adjacent columns that are combined into one column of the image. Locked during "
        "acquisition.",
        default=1, min=1, max=2, locked=streaming)
    BinningVertical = Integer(
        "Sets the number of adjacent rows that are combined into one row of the image. Locked during acquisition.",
        default=1, min=1, max=2, locked=streaming)
    BinningHorizontalMode = Enumeration(
        "Sets how the pixel values of combined columns are merged. Sum adds them, up to the highest pixel value; "
        "Average takes their mean.",
        "Average Sum")
    BinningVerticalMode = Enumeration(
        "Sets how the pixel values of combined rows are merged. Sum adds them, up to the highest pixel value; Average "
        "takes their mean.",
        "Average Sum")
    WidthMax = Integer(
        "Reports the largest width of the image at the current binning, in pixels.",
        unit="px", visibility=Expert, value=lambda SensorWidth, BinningHorizontal: SensorWidth // BinningHorizontal)
    HeightMax = Integer(
        "Reports the largest height of the image at the current binning, in pixels.",
        unit="px", visibility=Expert, value=lambda SensorHeight, BinningVertical: SensorHeight // BinningVertical)
    OffsetX = Integer(
        "Sets the horizontal offset of the region of interest from the left edge of the sensor, in pixels after "
        "binning. Locked while the sequencer runs or the camera centres the region.",
        unit="px", sequenced=True, locked=centred_x, max=lambda WidthMax, Width: WidthMax - Width)
    OffsetY = Integer(
        "Sets the vertical offset of the region of interest from the top edge of the sensor, in pixels after binning. "
        "Locked while the sequencer runs or the camera centres the region.",
        unit="px", sequenced=True, locked=centred_y, max=lambda HeightMax, Height: HeightMax - Height)
    Width = Integer(
        "Sets the width of the image, in pixels. Locked during acquisition and while the sequencer runs.",
        unit="px", min=1, sequenced=True, locked=streaming_or_sequencing,
        max=lambda WidthMax, OffsetX, CenterX: WidthMax - OffsetX * (not CenterX))
    Height = Integer(
        "Sets the height of the image, in pixels. Locked during acquisition and while the sequencer runs.",
        unit="px", min=1, sequenced=True, locked=streaming_or_sequencing,
        max=lambda HeightMax, OffsetY, CenterY: HeightMax - OffsetY * (not CenterY))
    ReverseX = Boolean(
        "Mirrors the image horizontally. The region of interest is positioned in the mirrored image.",
        default=False)
    ReverseY = Boolean(
        "Mirrors the image vertically. The region of interest is positioned in the mirrored image.",
        default=False)
    PixelFormat = Enumeration(
        "Sets the format of the pixels: colour pattern, bit depth and packing. Locked during acquisition.",
        {f.name: f.code for f in FORMATS.values()}, locked=streaming)
    PixelSize = Enumeration(
        "Reports the number of bits that a pixel occupies in the transmitted image.",
        "Bpp8 Bpp10 Bpp12 Bpp16", visibility=Expert,
        value=lambda PixelFormat: f"Bpp{FORMATS[PixelFormat].bits_per_pixel}")
    PixelColorFilter = Enumeration(
        "Reports the colour filter in front of the pixels. None: the sensor is monochrome.",
        "None", value=lambda: "None", visibility=Expert)
    PixelDynamicRangeMin = Integer(
        "Reports the lowest pixel value that the image can contain.",
        value=lambda: 0, visibility=Expert)
    PixelDynamicRangeMax = Integer(
        "Reports the highest pixel value that the image can contain in the current pixel format.",
        value=lambda PixelFormat: (1 << FORMATS[PixelFormat].bits) - 1, visibility=Expert)
    TestPattern = Enumeration(
        "Sets the test pattern that the camera sends instead of the sensor's image. Off sends the sensor's image.",
        PATTERNS)
