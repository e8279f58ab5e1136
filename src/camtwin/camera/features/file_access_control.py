"""FileAccessControl: files inside the camera, a buffer at a time; camera/memory/files.py has what is done to them."""
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
    FileSelector = Selector("The file that is accessed.", "UserData Firmware", visibility=Guru)
    FileOperationSelector = Selector("What FileOperationExecute does.", "Open Close Read Write", visibility=Guru)
    FileOpenMode = Enumeration("What Open opens the file for; Write begins with nothing.", "Read Write", saved=False,
                               visibility=Guru).per(*BY_FILE)
    FileOperationExecute = Command("Does it.", do=execute, visibility=Guru).per(*BY_BOTH)
    FileOperationStatus = Enumeration("Whether the last operation succeeded.", "Success Failure", value=status, visibility=Guru,
                                      follows=BY_BOTH)
    FileOperationResult = Integer("Bytes that the last operation moved.", value=result, visibility=Guru, follows=BY_BOTH)
    FileSize = Integer("Bytes of the file.", unit="B", value=size, visibility=Guru).per(*BY_FILE)
    FileAccessOffset = Integer("Where in the file Read and Write begin.", unit="B", max=0xFFFF, saved=False, visibility=Guru)
    FileAccessLength = Integer("Bytes that Read and Write move.", unit="B", max=BUFFER_BYTES, saved=False, visibility=Guru)
    FileAccessBuffer = Register("What was read, or is to be written.", default=bytes(BUFFER_BYTES), length=BUFFER_BYTES,
                                saved=False, volatile=True, visibility=Guru)
