"""ImageFormatControl: the sensor, the region that is read, and how pixels are coded."""
from __future__ import annotations

from camtwin.camera.features.rules import sequencing, streaming, streaming_or_sequencing
from camtwin.genicam.nodes import Boolean, Chapter, Enumeration, Expert, Float, Integer, String, sheet_value
from camtwin.pixels.formats import FORMATS
from camtwin.sensor.patterns import TEST_PATTERNS

PATTERNS = " ".join(("Off", *TEST_PATTERNS))


def centred_x(SequencerMode: str, CenterX: bool) -> bool:
    return CenterX or sequencing(SequencerMode=SequencerMode)


def centred_y(SequencerMode: str, CenterY: bool) -> bool:
    return CenterY or sequencing(SequencerMode=SequencerMode)


# fmt: off
class ImageFormatControl(Chapter):
    SensorName = String("Name of the image sensor.", value=sheet_value, visibility=Expert)
    SensorShutterMode = Enumeration("When rows gather light: all at once, or one after the other.", "Global Rolling",
                                    value=sheet_value, visibility=Expert)
    SensorPixelWidth = Float("Width of a pixel.", unit="um", value=sheet_value, visibility=Expert)
    SensorPixelHeight = Float("Height of a pixel.", unit="um", value=sheet_value, visibility=Expert)
    SensorWidth = Integer("Columns of the sensor.", unit="px", value=sheet_value, visibility=Expert)
    SensorHeight = Integer("Rows of the sensor.", unit="px", value=sheet_value, visibility=Expert)
    BinningHorizontal = Integer("Columns that become one.", default=1, min=1, max=2, locked=streaming)
    BinningVertical = Integer("Rows that become one.", default=1, min=1, max=2, locked=streaming)
    BinningHorizontalMode = Enumeration("What becomes of the columns' codes; a sum ends at the highest code.", "Average Sum")
    BinningVerticalMode = Enumeration("What becomes of the rows' codes; a sum ends at the highest code.", "Average Sum")
    WidthMax = Integer("Widest picture.", unit="px", visibility=Expert, value=lambda SensorWidth, BinningHorizontal:
                       SensorWidth // BinningHorizontal)
    HeightMax = Integer("Highest picture.", unit="px", visibility=Expert, value=lambda SensorHeight, BinningVertical:
                        SensorHeight // BinningVertical)
    OffsetX = Integer("Columns left of the picture.", unit="px", sequenced=True, locked=centred_x,
                      max=lambda WidthMax, Width: WidthMax - Width)
    OffsetY = Integer("Rows above the picture.", unit="px", sequenced=True, locked=centred_y,
                      max=lambda HeightMax, Height: HeightMax - Height)
    Width = Integer("Columns of the picture.", unit="px", min=1, sequenced=True, locked=streaming_or_sequencing,
                    max=lambda WidthMax, OffsetX, CenterX: WidthMax - OffsetX * (not CenterX))
    Height = Integer("Rows of the picture.", unit="px", min=1, sequenced=True, locked=streaming_or_sequencing,
                     max=lambda HeightMax, OffsetY, CenterY: HeightMax - OffsetY * (not CenterY))
    ReverseX = Boolean("Mirrors the picture left to right; the region is counted in the mirrored picture.", default=False)
    ReverseY = Boolean("Mirrors the picture top to bottom; the region is counted in the mirrored picture.", default=False)
    PixelFormat = Enumeration("Coding of the pixels.", {f.name: f.code for f in FORMATS.values()}, locked=streaming)
    PixelSize = Enumeration("Bits of a pixel as it travels.", "Bpp8 Bpp10 Bpp12 Bpp16", visibility=Expert,
                            value=lambda PixelFormat: f"Bpp{FORMATS[PixelFormat].bits_per_pixel}")
    PixelColorFilter = Enumeration("Colours in front of the pixels.", "None", value=lambda: "None", visibility=Expert)
    PixelDynamicRangeMin = Integer("Lowest code of a pixel.", value=lambda: 0, visibility=Expert)
    PixelDynamicRangeMax = Integer("Highest code of a pixel.", value=lambda PixelFormat: (1 << FORMATS[PixelFormat].bits) - 1,
                                   visibility=Expert)
    TestPattern = Enumeration("A picture made by the camera instead of the sensor's.", PATTERNS)
