"""The message channel of a device, sans-IO: one message at a time, repeated until the host acknowledges it.

A message that asks for an acknowledge (MCTT is not 0) is sent again after MCTT, up to MCRC times, with the
same bytes each time; then it is given up. Meanwhile no other message is sent: the camera's queue holds them.

Source: GigE Vision 2.0, chapters "Message channel", EVENT and EVENTDATA.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from camtwin.units import Ns
from camtwin.wire.gev import gvcp
from camtwin.wire.gev.effects import Effect, MessageDone, SendMessage
from camtwin.wire.gev.gvcp import Message
from camtwin.wire.ip.address import Peer


@dataclass(slots=True)
class _Waiting:
    """A message that was sent and not acknowledged; at `due_ns` it is sent again, or given up."""

    peer: Peer
    data: bytes
    command: int
    request_id: int
    timeout_ns: Ns
    tries_left: int
    due_ns: Ns


class MessageChannel:
    """The message channel; times are the host's. `waiting` is the message not yet acknowledged."""

    def __init__(self) -> None:
        self._request_id = 0
        self.waiting: _Waiting | None = None

    def send(
        self, message: Message, peer: Peer, *, extended: bool, timeout_ns: Ns, tries: int, now: Ns
    ) -> Iterator[Effect]:
        """Send a message; the one before must be done.

        extended    use 64-bit block ids
        timeout_ns  repeat the message after this time, up to `tries` times, until it is acknowledged, and
                    then yield MessageDone; 0: ask for no acknowledge
        """
        self._request_id = self._request_id % 0xFFFF + 1
        data = message.pack(self._request_id, extended=extended, ack_required=bool(timeout_ns))
        if timeout_ns:
            self.waiting = _Waiting(
                peer, data, message.command, self._request_id, timeout_ns, tries, now + timeout_ns
            )
        yield SendMessage(data, peer)

    def receive(self, data: bytes, peer: Peer) -> Iterator[Effect]:
        """Take a datagram that arrived at the message port: the acknowledge that is due, or nothing."""
        waiting, ack = self.waiting, gvcp.ack_of(data)
        if waiting is None or ack is None or peer != waiting.peer:
            return
        if (ack.command, ack.request_id) == (waiting.command + 1, waiting.request_id):
            yield from self.close()

    def tick(self, now: Ns) -> Iterator[Effect]:
        """Repeat, or give up, a message whose acknowledge is overdue."""
        waiting = self.waiting
        if waiting is None or now < waiting.due_ns:
            return
        if not waiting.tries_left:
            yield from self.close()
            return
        waiting.tries_left -= 1
        waiting.due_ns = now + waiting.timeout_ns
        yield SendMessage(waiting.data, waiting.peer)

    def close(self) -> Iterator[Effect]:
        """Stop waiting for an acknowledge."""
        if self.waiting:
            self.waiting = None
            yield MessageDone()
