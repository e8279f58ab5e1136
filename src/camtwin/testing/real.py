"""A real camera in a twin's place: `--camtwin-real`.

Tests that only use the camera's address, its video device or its USB port run on it as they are. Whatever
only a twin can do skips the test when it is asked for, and says what that is.
"""

from __future__ import annotations

from typing import Any, Final, NoReturn

import pytest

from camtwin.testing.served import CLIENT_s, output_of

NEEDS_TWIN: Final = {
    "cam": "virtual time",
    "seen": "to see what reached the camera",
    "inject": "faults on purpose",
    "ask": "a look into the camera",
    "status": "the link's figures",
    "truth": "to know the image without its noise",
    "driver": "a look into the module",
    "session": "a look into the camera",
    "stage": "faults on purpose",
    "wait_until": "to see what reached the camera",
    "journal": "a journal",
    "serial": "the twin's serial number",
    "port": "a USB/IP server",
    "pcap": "a capture of the twin's network",
}


class RealCamera:
    """A real camera. `where` is what the user gave for it: an address, `usb`, or the path of a device."""

    def __init__(self, where: str) -> None:
        self.where = where

    @property
    def address(self) -> str:
        return self.where

    @property
    def path(self) -> str:
        return self.where

    def command(self, *args: object) -> list[str]:
        """Return the command that runs a program: it finds the camera by itself."""
        return [*map(str, args)]

    def run(self, *args: object, timeout_s: float = CLIENT_s) -> str:
        """Run a program; return what it prints. ClientFailed if it fails."""
        return output_of(self.command(*args), timeout_s)

    def __getattr__(self, name: str) -> Any:
        if name not in NEEDS_TWIN:
            raise AttributeError(f"a real camera has no {name!r}")
        cannot(self.where, f"{NEEDS_TWIN[name]}, which only a twin has")


def cannot(where: str, what: str) -> NoReturn:
    """Skip the test: it needs what this real camera has not."""
    pytest.skip(f"--camtwin-real={where}: the test needs {what}")
