"""ChunkDataControl: what travels with a picture, and how a host finds it there.

A chunk feature's value is in frames only: `chunk` is the chunk's name and the value's place in its data. Ids of
chunks are the model's: `ids` in its row of ChunkSelector.
"""
from __future__ import annotations

from camtwin.camera.features.rules import streaming
from camtwin.genicam.nodes import Boolean, Chapter, Enumeration, Expert, Float, Integer, Selector, Time
from camtwin.pixels.formats import FORMATS

NAMES = ["Image", "Binning", "BlackLevel", "CounterValue", "DeviceTemperature", "ExposureTime", "FrameID", "Gain", "Height", "ImageControl", "LineStatusAll", "OffsetX", "OffsetY", "PixelFormat", "SequencerSetActive", "Timestamp", "Width"]
"""The chunks there are, in the order in which they follow the image."""


# fmt: off
class ChunkDataControl(Chapter):
    ChunkModeActive = Boolean("Sends the enabled chunks with every picture.", default=False, locked=streaming, visibility=Expert)
    ChunkSelector = Selector("The chunk that is set up.", {name: number for number, name in enumerate(NAMES, 1)}, visibility=Expert)
    ChunkEnable = Boolean("Sends this chunk.", default=False, locked=streaming, visibility=Expert).per("ChunkSelector")
    ChunkBinningHorizontal = Integer("Columns that became one.", chunk=("Binning", 0), visibility=Expert)
    ChunkBinningVertical = Integer("Rows that became one.", chunk=("Binning", 4), visibility=Expert)
    ChunkBlackLevel = Integer("BlackLevel of the picture.", unit="DN", chunk=("BlackLevel", 0), visibility=Expert)
    ChunkCounterValue = Integer("The counter as the exposure began.", chunk=("CounterValue", 0), visibility=Expert)
    ChunkDeviceTemperature = Float("Temperature as the exposure began.", unit="C", min=-300, chunk=("DeviceTemperature", 0),
                                   visibility=Expert)
    ChunkExposureTime_ns = Time("Exposure time of the picture.", max=1e9, chunk=("ExposureTime", 0), visibility=Expert)
    ChunkFrameID = Integer("Number of the picture.", length=8, max=1 << 62, chunk=("FrameID", 0), visibility=Expert)
    ChunkGain_dB = Float("Gain of the picture.", unit="dB", chunk=("Gain", 0), visibility=Expert)
    ChunkHeight = Integer("Rows of the picture.", unit="px", chunk=("Height", 0), visibility=Expert)
    # one maker's own, and here: PayloadSize counts the chunks of this chapter
    ChunkImageControl = Integer("Bits from the lowest: ReverseX, ReverseY, LUTEnable, DefectPixelCorrection.", form="HexNumber",
                                chunk=("ImageControl", 0), custom=True, visibility=Expert)
    ChunkLineStatusAll = Integer("Levels of all lines as the exposure began.", form="HexNumber", chunk=("LineStatusAll", 0),
                                 visibility=Expert)
    ChunkOffsetX = Integer("Columns left of the picture.", unit="px", chunk=("OffsetX", 0), visibility=Expert)
    ChunkOffsetY = Integer("Rows above the picture.", unit="px", chunk=("OffsetY", 0), visibility=Expert)
    ChunkPixelFormat = Enumeration("Coding of the pixels.", {f.name: f.code for f in FORMATS.values()}, chunk=("PixelFormat", 0),
                                   visibility=Expert)
    ChunkSequencerSetActive = Integer("Set of the sequencer that the picture was taken with.", chunk=("SequencerSetActive", 0),
                                      visibility=Expert)
    ChunkTimestamp = Integer("Start of the exposure by the camera's clock.", unit="ns", length=8, max=(1 << 63) - 1,
                             chunk=("Timestamp", 0), visibility=Expert)
    ChunkWidth = Integer("Columns of the picture.", unit="px", chunk=("Width", 0), visibility=Expert)
