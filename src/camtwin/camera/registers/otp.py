"""One-time programmable memory of a sensor, behind data transfer interface 1 of CCS.

A page of 64 bytes lies in a window of registers once it is opened. Opened for writing, each byte written
there sets bits for good: a bit that is set stays set.
"""

from __future__ import annotations

from typing import Final

from camtwin.camera.memory.user_sets import Storage

RECORD: Final = "otp"
ENABLE, WRITE, CLEAR_ERROR = 1, 2, 4
READ_READY, WRITE_READY, IMPROPER_USE = 1, 2, 8


class OneTimeMemory:
    """The memory and its interface; what is programmed goes to `storage` at once."""

    def __init__(self, size: int, page_bytes: int, storage: Storage) -> None:
        self.size, self.page_bytes, self.storage = size, page_bytes, storage
        kept = storage.load(RECORD) or b""
        self.cells = bytearray(kept[:size].ljust(size, b"\0"))
        self.reset()

    def reset(self) -> None:
        """Close the interface."""
        self.control, self.page, self.misused = 0, 0, False

    @property
    def status(self) -> int:
        """Value of the status register."""
        ready = 0
        if self.control & ENABLE and self._offset(0) is not None:
            ready = WRITE_READY if self.control & WRITE else READ_READY
        return ready | IMPROPER_USE * self.misused

    def set_control(self, value: int) -> None:
        """Open or close the page."""
        self.control = value & (ENABLE | WRITE)
        if value & CLEAR_ERROR:
            self.misused = False
        if value & ENABLE and self._offset(0) is None:
            self.misused = True

    def set_page(self, page: int) -> None:
        """Choose a page, which takes effect at once."""
        self.page = page
        if self.control & ENABLE and self._offset(0) is None:
            self.misused = True

    def read(self, place: int) -> int:
        """Return a byte of the open page; 0 if none is open for reading."""
        offset = self._offset(place)
        return self.cells[offset] if self.status & READ_READY and offset is not None else 0

    def program(self, place: int, value: int) -> None:
        """Set the bits of a byte of the open page."""
        offset = self._offset(place)
        if not self.status & WRITE_READY or offset is None:
            self.misused = True
        elif self.cells[offset] | value != self.cells[offset]:
            self.cells[offset] |= value
            self.storage.store(RECORD, bytes(self.cells))

    def _offset(self, place: int) -> int | None:
        """Return the place in memory of a place in the page; None behind the end."""
        offset = self.page * self.page_bytes + place
        return offset if offset < self.size else None
