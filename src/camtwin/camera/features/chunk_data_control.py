"""ChunkDataControl: data that frames carry beside the image.

The value of a chunk feature is in frames only: `chunk` names the chunk and the value's place in its data. The
ids of chunks are the model's: `ids` in its row of ChunkSelector.
"""
from __future__ import annotations

from camtwin.camera.features.rules import streaming
from camtwin.genicam.nodes import (
    Boolean,
    Chapter,
    Enumeration,
    Expert,
    Float,
    Integer,
    Invisible,
    Selector,
    Steps,
    Time,
)
from camtwin.pixels.formats import FORMATS

NAMES = ["Image", "Binning", "BlackLevel", "CounterValue", "DeviceTemperature", "ExposureTime", "FrameID", "Gain", "Height", "ImageControl", "LineStatusAll", "OffsetX", "OffsetY", "PixelFormat", "SequencerSetActive", "Timestamp", "Width", "PayloadCRC16"]
"""All chunks, in the order in which they follow the image; the checksum of them all is the last."""


# fmt: off
class ChunkDataControl(Chapter):
    ChunkModeActive = Boolean(
        "Enables chunk data: each frame carries the enabled chunks. Locked during acquisition.",
        default=False, locked=streaming, visibility=Expert)
    ChunkSelector = Selector(
        "Selects the chunk that ChunkEnable switches.",
        {name: number for number, name in enumerate(NAMES, 1)}, open=True, visibility=Expert)
    ChunkEnable = Boolean(
        "Enables the selected chunk in the data of each frame. Locked during acquisition.",
        default=False, locked=streaming, visibility=Expert).per("ChunkSelector")
    # no host sees it: a recording's row, hidden, says it
    ChunkExtraBytes = Integer(
        "Reports how many bytes more a recorded frame's chunks have than those that the camera itself would send.",
        unit="B", min=-(1 << 31), max=(1 << 31) - 1, signed=True, default=0, saved=False, custom=True, visibility=Invisible)
    ChunkBinningHorizontal = Integer(
        "Reports the number of columns that were combined into one column of the frame.",
        chunk=("Binning", 0), visibility=Expert)
    ChunkBinningVertical = Integer(
        "Reports the number of rows that were combined into one row of the frame.",
        chunk=("Binning", 4), visibility=Expert)
    ChunkBlackLevel_DN = Steps(
        "Reports the black level of the frame, in digital numbers (DN) of 12 bits.",
        unit="DN", max=4095, length=4, chunk=("BlackLevel", 0), visibility=Expert)
    ChunkCounterValue = Integer(
        "Reports the value of the selected counter at the start of the exposure.",
        chunk=("CounterValue", 0), visibility=Expert)
    ChunkDeviceTemperature = Float(
        "Reports the temperature inside the camera at the start of the exposure, in degrees Celsius.",
        unit="C", min=-300, chunk=("DeviceTemperature", 0), visibility=Expert)
    ChunkExposureTime_ns = Time(
        "Reports the exposure time of the frame, in microseconds.",
        max=1e9, chunk=("ExposureTime", 0), visibility=Expert)
    ChunkFrameID = Integer(
        "Reports the number that the camera gave the frame: it rises by one with each frame since power-on. Within one "
        "stream it differs from the block id by a constant.",
        length=8, max=1 << 62, chunk=("FrameID", 0), visibility=Expert)
    ChunkGain_dB = Float("Reports the gain of the frame, in decibels.", unit="dB", chunk=("Gain", 0), visibility=Expert)
    ChunkHeight = Integer(
        "Reports the height of the frame's image, in pixels.",
        unit="px", chunk=("Height", 0), visibility=Expert)
    # one maker's own, and here: PayloadSize counts the chunks of this chapter
    ChunkImageControl = Integer(
        "Reports the image processing of the frame as bits, from the lowest: ReverseX, ReverseY, LUTEnable and "
        "DefectPixelCorrection.",
        form="HexNumber", chunk=("ImageControl", 0), custom=True, visibility=Expert)
    ChunkLineStatusAll = Integer(
        "Reports the levels of all lines at the start of the exposure, one bit per line from the first in bit 0.",
        form="HexNumber", chunk=("LineStatusAll", 0), visibility=Expert)
    ChunkOffsetX = Integer(
        "Reports the horizontal offset of the frame's region of interest, in pixels after binning.",
        unit="px", chunk=("OffsetX", 0), visibility=Expert)
    ChunkOffsetY = Integer(
        "Reports the vertical offset of the frame's region of interest, in pixels after binning.",
        unit="px", chunk=("OffsetY", 0), visibility=Expert)
    # one maker's own
    ChunkPayloadCRC16 = Integer(
        "Reports the CRC of the frame's image and other chunks, with their tags: 16 bits, by the XMODEM method.",
        form="HexNumber", max=0xFFFF, chunk=("PayloadCRC16", 0), custom=True, visibility=Expert)
    ChunkPixelFormat = Enumeration(
        "Reports the format of the frame's pixels.",
        {f.name: f.code for f in FORMATS.values()}, chunk=("PixelFormat", 0), visibility=Expert)
    ChunkSequencerSetActive = Integer(
        "Reports the sequencer set with which the frame was captured.",
        chunk=("SequencerSetActive", 0), visibility=Expert)
    ChunkTimestamp = Integer(
        "Reports the time at which the exposure started, by the camera's clock in nanoseconds.",
        unit="ns", length=8, max=(1 << 63) - 1, chunk=("Timestamp", 0), visibility=Expert)
    ChunkWidth = Integer(
        "Reports the width of the frame's image, in pixels.",
        unit="px", chunk=("Width", 0), visibility=Expert)
