"""FileAccessControl: files that hosts open, write and close; the one there is takes firmware (camera/firmware.py)."""
from __future__ import annotations

from camtwin.camera.features.rules import Acts
from camtwin.genicam.nodes import Chapter, Command, Enumeration, Guru, Integer, Register, Selector, String

BUFFER_BYTES = 512  # two acknowledges of a command's length hold it
EACH = ("FileSelector", "FileOperationSelector")


def execute(device: Acts, file: str, operation: str) -> None:
    s, key = device.settings, (file, operation)
    length = s.FileAccessLength[key]
    device.firmware.operate(operation, s.FileAccessOffset[key], s.FileAccessBuffer[:length])


def status(device: Acts) -> str:
    return device.firmware.status


def result(device: Acts) -> int:
    return device.firmware.result


def size(device: Acts) -> int:
    return device.firmware.size


def said(device: Acts) -> str:
    return device.firmware.said


# fmt: off
class FileAccessControl(Chapter):
    FileSelector = Selector("The file that is accessed.", "Firmware", visibility=Guru)
    FileOperationSelector = Selector("What FileOperationExecute does.", "Open Close Write", visibility=Guru)
    FileOperationExecute = Command("Opens, writes or closes the file.", do=execute, visibility=Guru).per(*EACH)
    FileOpenMode = Enumeration("How the file is opened.", {"Write": 1}, saved=False, visibility=Guru).per("FileSelector")
    FileAccessBuffer = Register("The bytes that are written.", length=BUFFER_BYTES, default=bytes(BUFFER_BYTES), saved=False,
                                visibility=Guru)
    FileAccessOffset = Integer("Where in the file they go.", unit="B", saved=False, visibility=Guru).per(*EACH)
    FileAccessLength = Integer("How many of them.", unit="B", max=BUFFER_BYTES, saved=False, visibility=Guru).per(*EACH)
    FileOperationStatus = Enumeration("What came of the last operation.", "Success Failure Overflow", value=status,
                                      visibility=Guru).per(*EACH)
    FileOperationResult = Integer("Bytes that it wrote.", unit="B", value=result, visibility=Guru).per(*EACH)
    FileSize = Integer("Bytes in the file, while it is open.", unit="B", value=size, visibility=Guru).per("FileSelector")
    FirmwareUpdateMessage = String("What came of the last firmware image, in words.", value=said, length=128, custom=True,
                                   visibility=Guru)
