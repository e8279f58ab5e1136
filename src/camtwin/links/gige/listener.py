"""A host's end of the message channel: events of a camera that another client controls.

The client in control writes the listener's address and port into the camera's MCDA and MCP. Each message that
asks for an acknowledge gets one.
"""

from __future__ import annotations

import socket
from types import TracebackType
from typing import Final, Self

from camtwin.wire.gev.gvcp import PORT, Ack, Message, Status, header_of, messages_from

MAX_BYTES: Final = 576
"""Greatest length of a control message, with its headers."""
MAX_AT_ONCE: Final = 1000


class EventListener:
    """Receives events of the camera at `address`; a context manager."""

    def __init__(self, address: str) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as towards:
            towards.connect((address, PORT))
            own = towards.getsockname()[0]
        self._socket.bind((own, 0))
        self._socket.setblocking(False)
        self._camera, self._last = address, 0
        self.address = int.from_bytes(socket.inet_aton(own), "big")
        self.port = self._socket.getsockname()[1]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None
    ) -> None:
        self._socket.close()

    def heard(self) -> list[Message]:
        """Return the events that have arrived since the last call, and acknowledge them."""
        found: list[Message] = []
        for _ in range(MAX_AT_ONCE):
            try:
                data, peer = self._socket.recvfrom(MAX_BYTES)
            except BlockingIOError:
                break
            header = header_of(data)
            if header is None or peer[0] != self._camera:
                continue
            if header.ack_required:
                answer = Ack(Status.SUCCESS, header.command + 1, header.request_id)
                self._socket.sendto(answer.pack(), peer)
            if header.request_id != self._last:  # else it was sent again, as the acknowledge was lost
                found += messages_from(header, data)
            self._last = header.request_id
        return found
