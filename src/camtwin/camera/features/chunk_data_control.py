"""ChunkDataControl: what travels with a picture, and how a host finds it there.

A chunk feature's value is in frames only: `chunk` is the chunk's id and the value's place in its data.
"""
from __future__ import annotations

from camtwin.camera.features.rules import streaming
from camtwin.genicam.nodes import Boolean, Chapter, Enumeration, Expert, Float, Integer, Selector, Time
from camtwin.pixels.formats import FORMATS

NAMES = ["Image", "Binning", "BlackLevel", "CounterValue", "DeviceTemperature", "ExposureTime", "FrameID", "Gain", "Height", "ImageControl", "LineStatusAll", "OffsetX", "OffsetY", "PixelFormat", "SequencerSetActive", "Timestamp", "Width"]
IDS = {name: number for number, name in enumerate(NAMES, 1)}


def of(name: str, at: int = 0) -> tuple[int, int]:
    return IDS[name], at


# fmt: off
class ChunkDataControl(Chapter):
    ChunkModeActive = Boolean("Sends the enabled chunks with every picture.", default=False, locked=streaming, visibility=Expert)
    ChunkSelector = Selector("The chunk that is set up.", IDS, visibility=Expert)
    ChunkEnable = Boolean("Sends this chunk.", default=False, locked=streaming, visibility=Expert).per("ChunkSelector")
    ChunkBinningHorizontal = Integer("Columns that became one.", chunk=of("Binning"), visibility=Expert)
    ChunkBinningVertical = Integer("Rows that became one.", chunk=of("Binning", 4), visibility=Expert)
    ChunkBlackLevel = Integer("BlackLevel of the picture.", unit="DN", chunk=of("BlackLevel"), visibility=Expert)
    ChunkCounterValue = Integer("The counter as the exposure began.", chunk=of("CounterValue"), visibility=Expert)
    ChunkDeviceTemperature = Float("Temperature as the exposure began.", unit="C", min=-300, chunk=of("DeviceTemperature"),
                                   visibility=Expert)
    ChunkExposureTime_ns = Time("Exposure time of the picture.", max=1e9, chunk=of("ExposureTime"), visibility=Expert)
    ChunkFrameID = Integer("Number of the picture.", length=8, max=1 << 62, chunk=of("FrameID"), visibility=Expert)
    ChunkGain_dB = Float("Gain of the picture.", unit="dB", chunk=of("Gain"), visibility=Expert)
    ChunkHeight = Integer("Rows of the picture.", unit="px", chunk=of("Height"), visibility=Expert)
    ChunkImageControl = Integer("Bits from the lowest: ReverseX, ReverseY, LUTEnable, DefectPixelCorrection.", form="HexNumber",
                                chunk=of("ImageControl"), custom=True, visibility=Expert)
    ChunkLineStatusAll = Integer("Levels of all lines as the exposure began.", form="HexNumber", chunk=of("LineStatusAll"),
                                 visibility=Expert)
    ChunkOffsetX = Integer("Columns left of the picture.", unit="px", chunk=of("OffsetX"), visibility=Expert)
    ChunkOffsetY = Integer("Rows above the picture.", unit="px", chunk=of("OffsetY"), visibility=Expert)
    ChunkPixelFormat = Enumeration("Coding of the pixels.", {f.name: f.code for f in FORMATS.values()}, chunk=of("PixelFormat"),
                                   visibility=Expert)
    ChunkSequencerSetActive = Integer("Set of the sequencer that the picture was taken with.", chunk=of("SequencerSetActive"),
                                      visibility=Expert)
    ChunkTimestamp = Integer("Start of the exposure by the camera's clock.", unit="ns", length=8, max=(1 << 63) - 1,
                             chunk=of("Timestamp"), visibility=Expert)
    ChunkWidth = Integer("Columns of the picture.", unit="px", chunk=of("Width"), visibility=Expert)
