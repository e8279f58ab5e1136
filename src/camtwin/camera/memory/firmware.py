"""Firmware as a host sees it: a version, a file that accepts a new one, and its effect after a restart.

A twin runs no firmware. An image is four lines of text, names a model and a version, and holds nothing else:

    camtwin firmware
    model IMX412 USB3
    version 3.4
    crc32 a87eaf3e          of the three lines above

It is written through SFNC's FileAccessControl: open, write, close. Closing the file checks and stores it; the
camera runs it from its next start on. A faulty image is reported and changes nothing.
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
    """Build a firmware image for cameras with this DeviceModelName."""
    head = f"camtwin firmware\nmodel {model}\nversion {version}\n".encode()
    return head + f"crc32 {zlib.crc32(head):08x}\n".encode()


def number(version: str) -> tuple[int, ...]:
    """Return a version as numbers, to compare versions.

    >>> number("3.10") > number("3.9")
    True
    """
    return tuple(map(int, version.split(".")))


class Firmware:
    """The firmware of one camera.

    model    its DeviceModelName
    first    the factory's version, the first that supports the model; older ones are refused
    storage  where a new version is stored
    version  the version that it runs
    message  the result of the last image, for people
    """

    def __init__(self, model: str, first: str, storage: Storage) -> None:
        self.model, self.first, self._storage = model, first, storage
        kept = (storage.load(RECORD) or b"").decode(errors="replace")
        self.version = kept if re.fullmatch(VERSION, kept) else first
        self.message = ""

    def take(self, data: bytes) -> bool:
        """Check an image, and store its version for the next start; `message` has the result."""
        problem = self._refusal(data)
        self.message = problem or "taken: the camera runs it from its next start on"
        return not problem

    def _refusal(self, data: bytes) -> str:
        """Check an image and store its version; return what is wrong with it, or nothing."""
        match = IMAGE.fullmatch(data)
        if match is None:
            return f"{len(data)} bytes are no firmware image"
        head, model, version, check = match.groups()
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
