"""A device with a real camera behind it, each of whose answers is judged (oracle.py)."""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from typing import Final

from camtwin.camera import Camera
from camtwin.camera.reports.events import Event
from camtwin.links.base.messages import message_of
from camtwin.models import load
from camtwin.simtime import Scheduler
from camtwin.twins.assembly import timing
from camtwin.wire.effects import EndSession
from camtwin.wire.gev.device import GevDevice
from camtwin.wire.gev.effects import Effect, MessageDone, Reply
from camtwin.wire.gev.gvcp import Status
from camtwin.wire.gev.ports import GevIdentity, NetworkLocation
from camtwin.wire.ip.address import Peer
from camtwin.wire.status import StatusError
from unit.wire.gev.fakes import MAC
from unit.wire.gev.oracle import complaint, is_pending

HOME, AWAY, STREAM_PORT, MESSAGE_PORT = 0x0A00_0001, 0x0A00_0063, 40_000, 41_000
SHEET: Final = load("baumer-vcxg-124m")
Sent = tuple[int, Peer, bytes]


class Found(AssertionError):
    """A datagram that was answered as none may be; the episode that leads there."""

    def __init__(self, what: str, episode: list[Sent]) -> None:
        super().__init__(f"{what}: {episode[-1][2].hex()}")
        self.episode = episode


def new_camera() -> Camera:
    return Camera(SHEET, Scheduler(), serial="7", link=timing(SHEET), memory=SHEET.memory)


def move(address: int, netmask: int, gateway: int, /) -> NetworkLocation:
    if address not in (0, HOME, AWAY):
        raise StatusError(Status.ERROR)
    ports = STREAM_PORT, MESSAGE_PORT
    return (
        NetworkLocation(address, netmask, gateway, *ports)
        if address
        else NetworkLocation(HOME, 0xFF00_0000, 0, *ports)
    )


class Device:
    """One device, and the time it is told; `send` judges what comes of a datagram."""

    def __init__(self) -> None:
        self.camera, self.now = new_camera(), 0
        self.owed: tuple[int, Peer, bytes, bool, bool] | None = None  # a slow write, and since when
        self.answered: list[Reply] = []  # that were not due at once
        location = NetworkLocation(HOME, 0xFF00_0000, 0, STREAM_PORT, MESSAGE_PORT)
        identity = GevIdentity(MAC, location, self.camera.xml_url)
        self.gev = GevDevice(identity, self.camera, move)
        self.camera.tree.set(self.camera, "EventNotification", "On", "GigEVisionError")
        me = weakref.proxy(self)  # no circle: what an episode leaves behind is gone with it
        self.events = self.camera.events.subscribe(lambda event: me.tell(event))
        self.sent: list[Sent] = []

    def tell(self, event: Event) -> bool:
        self.carry_out(self.gev.notify(message_of(event, extended=self.gev.extended_ids), self.now))
        return self.gev.holds_message

    def carry_out(self, effects: Iterable[Effect]) -> list[Reply]:
        """Carry out the device's effects and keep only its replies."""
        replies: list[Reply] = []
        for effect in effects:
            match effect:
                case Reply():
                    replies.append(effect)
                case MessageDone():
                    self.events.sent()
                case EndSession():
                    self.camera.execute("AcquisitionAbort")
                case _:
                    pass
        return replies

    def send(self, step_ns: int, peer: Peer, data: bytes) -> None:
        self.sent.append((step_ns, peer, data))
        try:
            what = self._send(step_ns, peer, data)
        except Exception as problem:
            raise Found(f"{type(problem).__name__}: {problem}", self.sent) from problem
        if what:
            raise Found(what, self.sent)

    def _send(self, step_ns: int, peer: Peer, data: bytes) -> str:
        self.now += step_ns
        self.camera.clock.advance_to(self.now)
        self.answered += self.carry_out(self.gev.tick(self.now))
        if what := self._late():
            return what
        holder, before, words = self.gev.controller, self.camera.settings, dict(self.gev._words)
        self.carry_out(self.gev.acknowledged(data, peer))
        replies = self.carry_out(self.gev.receive(data, peer, self.now))
        if any(reply.peer != peer for reply in replies):
            return "an answer to somebody else"
        answers = [reply.data for reply in replies]
        if is_pending(data, answers, bool(words[0x954] & 2)) and self.gev.next_timer() is not None:
            if self.owed is None:
                in_control = peer in (holder, self.gev.controller)
                self.owed = self.now, peer, data, in_control, holder is not None
            return "" if self.owed[1:3] == (peer, data) else "two writes at once"
        if what := complaint(data, answers, MAC, peer in (holder, self.gev.controller), holder is not None):
            return what
        handed_over = words[0xA00] & 4  # control is offered, and who takes it may let it go at once
        if peer != holder and self.gev.controller != peer and not handed_over:
            changed = {at for at, word in self.gev._words.items() if words[at] != word}
            forced = data[2:4] == b"\0\4" and data[10:16] == MAC and holder is None
            of_address = {0x24, 0x34, 0x44, 0xB1C, 0xD1C} if forced else set()
            if changed - of_address or self.camera.settings != before:
                return f"changed by who is not in control: {sorted(map(hex, changed))}"
        if holder not in (None, peer) and self.gev.controller not in (None, holder):
            key = int.from_bytes(data[12:14], "big")
            offered = words[0xA00] & 4 and words[0x95C]
            if not offered and data[2:4] == b"\0\x82" and len(data) == 16 and words[0x95C] != key:
                return "control taken from who holds it"
        return ""

    def _late(self) -> str:
        """Return what is wrong with acknowledges that were not due at once: they must come in time."""
        owed, answered = self.owed, self.answered
        if owed is None:
            return "an acknowledge that nobody waits for" if answered else ""
        since, _, data, in_control, held = owed
        if not answered:
            return "no acknowledge" if self.now > since + SHEET.memory.store_ns else ""
        answers = [reply.data for reply in answered]
        answered.clear()
        self.owed = None
        return complaint(data, answers, MAC, in_control, held)
