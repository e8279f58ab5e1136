"""FileAccessControl: files in the camera, one buffer at a time; camera/memory/files.py operates on them."""
from __future__ import annotations

from typing import Final

from camtwin.camera.features.rules import Acts
from camtwin.genicam.nodes import Chapter, Command, Enumeration, Guru, Integer, Register, Selector

BUFFER_BYTES: Final = 512
BY_FILE, BY_BOTH = ("FileSelector",), ("FileSelector", "FileOperationSelector")


def execute(device: Acts, file: str, operation: str) -> None:
    device.files.execute(file, operation)


def status(device: Acts) -> str:
    return device.files.status


def result(device: Acts) -> int:
    return device.files.result


def size(device: Acts, FileSelector: str) -> int:
    return device.files.size(FileSelector)


# fmt: off
class FileAccessControl(Chapter):
    FileSelector = Selector("Selects the file in the camera to access.", "UserData Firmware", visibility=Guru)
    FileOperationSelector = Selector(
        "Selects the operation that FileOperationExecute performs on the selected file.",
        "Open Close Read Write", visibility=Guru)
    FileOpenMode = Enumeration(
        "Sets the access for which the selected file will be opened. Write replaces its content.",
        "Read Write", saved=False, visibility=Guru).per(*BY_FILE)
    FileOperationExecute = Command(
        "Executes the selected operation on the selected file.",
        do=execute, visibility=Guru).per(*BY_BOTH)
    FileOperationStatus = Enumeration(
        "Reports whether the last file operation succeeded.",
        "Success Failure", value=status, visibility=Guru, follows=BY_BOTH)
    FileOperationResult = Integer(
        "Reports the number of bytes that the last file operation transferred.",
        value=result, visibility=Guru, follows=BY_BOTH)
    FileSize = Integer(
        "Reports the size of the selected file, in bytes.",
        unit="B", value=size, visibility=Guru).per(*BY_FILE)
    FileAccessOffset = Integer(
        "Sets the position in the file at which data is transferred, in bytes from its beginning.",
        unit="B", max=0xFFFF, saved=False, visibility=Guru)
    FileAccessLength = Integer(
        "Sets the number of bytes that one file operation transfers.",
        unit="B", max=BUFFER_BYTES, saved=False, visibility=Guru)
    FileAccessBuffer = Register(
        "Holds the data of file operations: bytes to be written, or bytes that were read.",
        default=bytes(BUFFER_BYTES), length=BUFFER_BYTES, saved=False, volatile=True, visibility=Guru)
