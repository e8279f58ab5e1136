"""Firmware, as a host sees it: a version, a file that takes a new one, and what a restart makes of it.

A twin runs none. An image is four lines of text, names a model and a version, and holds nothing else:

    camtwin firmware
    model IMX412 USB3
    version 3.4
    crc32 a87eaf3e          of the three lines above

It is written as SFNC's FileAccessControl has it: open, write, close. Closing the file checks it, and keeps it
without power; the camera runs it from its next start on. What is wrong with it is told, and changes nothing.
"""

from __future__ import annotations

import re
import zlib
from typing import Final

from camtwin.camera.memory.user_sets import Storage, StorageProblem

RECORD: Final = "firmware"
VERSION: Final = r"\d{1,4}(?:\.\d{1,4}){1,3}"
IMAGE: Final = re.compile(
    rb"(camtwin firmware\nmodel ([^\n]{1,64})\nversion (%s)\n)crc32 ([0-9a-f]{8})\n" % VERSION.encode()
)


def image(model: str, version: str) -> bytes:
    """A firmware image for cameras of this DeviceModelName."""
    head = f"camtwin firmware\nmodel {model}\nversion {version}\n".encode()
    return head + f"crc32 {zlib.crc32(head):08x}\n".encode()


def number(version: str) -> tuple[int, ...]:
    """To compare versions by.

    >>> number("3.10") > number("3.9")
    True
    """
    return tuple(map(int, version.split(".")))


class Firmware:
    """One camera's.

    model    its DeviceModelName
    first    the version that it left the factory with, the first that supports the model; none is taken below
    storage  where a new version is kept
    version  that it runs
    said     of the last image: what came of it, for people
    """

    def __init__(self, model: str, first: str, storage: Storage) -> None:
        self.model, self.first, self._storage = model, first, storage
        kept = (storage.load(RECORD) or b"").decode(errors="replace")
        self.version = kept if re.fullmatch(VERSION, kept) else first
        self.said = ""

    def take(self, data: bytes) -> bool:
        """Check an image, and keep its version for the next start; `said` tells what came of it."""
        refused = self._refusal(data)
        self.said = refused or "taken: the camera runs it from its next start on"
        return not refused

    def _refusal(self, data: bytes) -> str:
        """Check an image and keep its version; what is wrong with it, or nothing."""
        found = IMAGE.fullmatch(data)
        if found is None:
            return f"{len(data)} bytes are no firmware image"
        head, model, version, check = found.groups()
        if int(check, 16) != zlib.crc32(head):
            return f"the image is damaged: crc32 {check.decode()} is not {zlib.crc32(head):08x}"
        if model != self.model.encode():
            return f"firmware of {model.decode(errors='replace')} is none of {self.model}"
        if number(version.decode()) < number(self.first):
            return f"firmware {version.decode()} is below the minimum {self.first}"
        try:
            self._storage.store(RECORD, version)
        except StorageProblem as problem:
            return f"the image is not kept: {problem}"
        return ""
