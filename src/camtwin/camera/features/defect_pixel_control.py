"""DefectPixelControl: pixels that are replaced by their neighbours, by a list of coordinates."""
from __future__ import annotations

from camtwin.genicam.nodes import Boolean, Chapter, Expert, Integer, Selector

LIST, INDEX = "DefectPixelListSelector", "DefectPixelListIndex"


# fmt: off
class DefectPixelControl(Chapter):
    DefectPixelCorrection = Boolean("Replaces the listed pixels.", default=True, custom=True)
    DefectPixelListSelector = Selector("The list that is set up.", "Pixel", custom=True, visibility=Expert)
    DefectPixelListIndex = Integer("The entry of the list that is set up.", max=511, saved=False, custom=True, visibility=Expert,
                                   follows=(LIST,))
    DefectPixelListEntryActive = Boolean("The entry counts.", default=False, custom=True, visibility=Expert).per(INDEX)
    DefectPixelListEntryPosX = Integer("Column on the sensor.", unit="px", custom=True, visibility=Expert).per(INDEX)
    DefectPixelListEntryPosY = Integer("Row on the sensor.", unit="px", custom=True, visibility=Expert).per(INDEX)
