"""The common part of all nodes of a camera: open files, and ioctls by number."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from errno import EFAULT, EINVAL, ENOTTY
from typing import Final

from camtwin.links.v4l2.open_file import IoctlError, OpenFile, Reply
from camtwin.wire.v4l2 import media
from camtwin.wire.v4l2 import messages as m

DRIVER: Final = "camtwin"
"""Name of the driver, as programs see it."""
VERSION: Final = media.VERSION

Call = Callable[[OpenFile, bytes], bytes]


class Node:
    """A device node; `calls` has an ioctl's answer by its number, which is what the argument becomes."""

    def __init__(self, name: str, device: tuple[int, int], calls: Mapping[int, Call]) -> None:
        self.name, self.device = name, device
        self.calls = dict(calls)
        self.files: list[OpenFile] = []

    def opened(self, file: OpenFile) -> None:
        """Take a program's open file."""
        self.files.append(file)
        file.told = lambda wanted: self.events(file, wanted)

    def closed(self, file: OpenFile) -> None:
        """Forget an open file, which is closed."""
        self.files.remove(file)

    def events(self, file: OpenFile, wanted: int) -> int:
        """Return those events of poll that are there and no token tells."""
        return m.POLL_PRI if wanted & m.POLL_PRI and file.pending else 0

    def handle(self, file: OpenFile, request: m.Request, passed: list[int], reply: Reply) -> None:
        """Answer a request, now or later.

        Raises:
            IoctlError: it fails
        """
        if request.call == m.POLL:
            file.watch(reply, request.number, waits=request.size == 1)
        elif request.call == m.IOCTL:
            if request.number not in self.calls:
                raise IoctlError(ENOTTY)
            if request.null and request.size:
                raise IoctlError(EFAULT)
            reply.send(0, self.calls[request.number](file, request.data))
        else:
            raise IoctlError(EINVAL)
