"""Non-volatile memory on disk: a file a record, replaced whole.

A record is written beside the old one, synced, and renamed over it; then the directory is synced. Whoever
pulls the plug in between finds the old record or the new. Each file begins with a line of version and
checksum; one that does not agree is told in one line and taken for missing.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
from pathlib import Path
from typing import Final

from camtwin.camera.memory.user_sets import StorageProblem

log = logging.getLogger(__name__)
VERSION: Final = b"camtwin nonvolatile 1"


class DiskStorage:
    """Records in a directory, which is made where it is missing. StorageProblem where it cannot be."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        try:
            directory.mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            raise StorageProblem(f"{directory}: {problem.strerror}") from None

    def load(self, name: str) -> bytes | None:
        """The record, or None; one that is damaged is told, and None."""
        path = self._path(name)
        try:
            head, _, data = path.read_bytes().partition(b"\n")
        except FileNotFoundError:
            return None
        except OSError as problem:
            log.warning("%s cannot be read, its factory values are used: %s", path, problem.strerror)
            return None
        if head != _head(data):
            log.warning("%s is damaged, its factory values are used", path)
            return None
        return data

    def store(self, name: str, data: bytes) -> None:
        """Replace the record; StorageProblem where that fails, and the old one stays."""
        path, fresh = self._path(name), self._path(name).with_suffix(".new")
        try:
            with fresh.open("wb") as file:
                file.write(_head(data) + b"\n" + data)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(path)
            self._sync()
        except OSError as problem:
            with contextlib.suppress(OSError):
                fresh.unlink()
            raise StorageProblem(f"{path}: {problem.strerror}") from None

    def _sync(self) -> None:
        handle = os.open(self.directory, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def _path(self, name: str) -> Path:
        return self.directory / f"{name}.set"


def _head(data: bytes) -> bytes:
    return VERSION + b" " + hashlib.sha256(data).hexdigest().encode()
