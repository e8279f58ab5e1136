"""The user's files inside the camera, as FileAccessControl reads and writes them.

A file is opened for reading, or for writing from empty; what was written is stored when the file is closed,
and a new firmware is checked then. Each operation reports whether it succeeded, and how many bytes it moved.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final, Protocol

from camtwin.camera.features.file_access_control import BUFFER_BYTES
from camtwin.camera.memory.firmware import Firmware
from camtwin.camera.memory.user_sets import Keeper
from camtwin.camera.settings import Settings
from camtwin.genicam import Device, Tree, Writer
from camtwin.problem import Refused

FAILED: Final = -1
FIRMWARE: Final = "Firmware"
"""The name of the file that firmware.py takes; it cannot be read."""


class FilesPort(Device[Settings], Protocol):
    tree: Tree[Settings]
    keeper: Keeper
    firmware: Firmware


class Files:
    """The files of one camera.

    status, result  of the last operation: Success or Failure, and the bytes that a Read or a Write moved
    """

    def __init__(self, host: FilesPort) -> None:
        self._host = host
        self._max_bytes = host.tree.declared["FileAccessOffset"].number("max")
        self._open: dict[str, tuple[str, bytes]] = {}  # mode and content
        self.status, self.result = "Success", 0

    def size(self, name: str) -> int:
        """Return the bytes of a file, as it is open or as it is stored."""
        return len(self._open[name][1] if name in self._open else self._host.keeper.file(name))

    def execute(self, name: str, operation: str) -> None:
        """Execute the selected operation on a file (FileOperationExecute)."""
        moved = self._carry_out(name, operation)
        self.status, self.result = ("Failure", 0) if moved == FAILED else ("Success", moved)

    def close_all(self) -> None:
        """Close every file without keeping what was written to it: the host that opened it is gone."""
        self._open.clear()

    def _carry_out(self, name: str, operation: str) -> int:
        s, is_open = self._host.settings, name in self._open
        if is_open == (operation == "Open"):
            return FAILED
        if not is_open:
            mode = s.FileOpenMode[name]
            self._open[name] = (mode, self._host.keeper.file(name) if mode == "Read" else b"")
            return 0
        mode, content = self._open[name]
        match operation:
            case "Close":
                return self._close(name)
            case "Read" if mode == "Read":
                return self._read(content, s)
            case "Write" if mode == "Write":
                return self._write(name, content, s)
        return FAILED

    def _close(self, name: str) -> int:
        mode, content = self._open.pop(name)
        if name == FIRMWARE:
            return 0 if self._host.firmware.take(content) else FAILED
        if mode == "Write":
            try:
                self._host.keeper.save_file(name, content)
            except Refused:
                return FAILED
        return 0

    def _read(self, content: bytes, s: Settings) -> int:
        part = content[s.FileAccessOffset : s.FileAccessOffset + s.FileAccessLength]
        read = replace(s, FileAccessBuffer=part.ljust(BUFFER_BYTES, b"\0"))
        self._host.apply(read, by=Writer.FILE)
        return len(part)

    def _write(self, name: str, content: bytes, s: Settings) -> int:
        begin, end = s.FileAccessOffset, s.FileAccessOffset + s.FileAccessLength
        if end > self._max_bytes or begin > len(content):
            return FAILED
        part = s.FileAccessBuffer[: s.FileAccessLength]
        self._open[name] = ("Write", content[:begin] + part + content[end:])
        return len(part)
