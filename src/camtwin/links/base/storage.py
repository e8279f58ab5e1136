"""Non-volatile memory on disk: one file per record, replaced as a whole.

A record is written beside the old one, synced, and renamed over it; then the directory is synced. A crash at
any time leaves the old record or the new one. Each file begins with a line of version and checksum; a record
that does not match it is reported in one line and treated as missing.
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
    """Records in a directory, which is created if it is missing.

    Raises:
        StorageProblem: the directory cannot be created, or nothing can be written there
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        try:
            directory.mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            raise StorageProblem(f"{directory}: {problem.strerror}") from None
        if not os.access(directory, os.W_OK):
            raise StorageProblem(f"{directory}: cannot be written")

    def load(self, name: str) -> bytes | None:
        """Return a record; None if there is none, or if it is damaged, which is logged."""
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
        """Replace a record.

        Raises:
            StorageProblem: writing failed; the old record stays
        """
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
