"""A twin as GenTL consumers have it: one device, opened by sessions, beside the twin's own link.

    access      read     write and acquire      while it is open
    read-only   yes      no                     others may open it read-only or with control
    control     yes      yes                    others may open it read-only
    exclusive   yes      yes                    nobody else may open it

Whoever has control of the camera controls it, whichever link that came by: while a host of the twin's own
link is in control it can be opened read-only here, as by a monitor, and while a session here is in control
nobody can take it there. When a session with control ends, its acquisition and what else it left behind
end, too.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import ceil
from typing import Final, Self, TypeVar

from camtwin.camera.links import KINDS
from camtwin.camera.reports.events import Event
from camtwin.links.base.link import LinkStatus
from camtwin.links.base.runtime import WallRuntime
from camtwin.links.gentl.port import port_of
from camtwin.links.gentl.stream import GentlStream
from camtwin.problem import Refused
from camtwin.twins import Twin
from camtwin.units import SEC, Ns
from camtwin.wire import gentl
from camtwin.wire.gentl import Access, AccessStatus, Error, Tell
from camtwin.wire.request import Request
from camtwin.wire.status import StatusError, status_of

T = TypeVar("T")
VERSION: Final = "1.0"
MAX_NAMES: Final = 64
"""Features that one message about another host's write names at most."""

_numbers = itertools.count(1)


class Denied(Exception):
    """A question that is refused: the code for the consumer, and the reason for people."""

    def __init__(self, error: Error, reason: str) -> None:
        super().__init__(reason)
        self.error = error


@dataclass(eq=False)
class GentlSession:
    """A consumer that has opened a device.

    access   what it may do: as it was opened, read-only once its control is lost
    news     its second connection
    ended    whether the device has gone
    """

    device: GentlDevice
    access: Access
    number: int = field(default_factory=lambda: next(_numbers))
    news: socket.socket | None = None
    ended: bool = False

    @property
    def controls(self) -> bool:
        return self.access is not Access.READONLY

    @property
    def peer(self) -> str:
        """Its name where requests are reported."""
        return f"GenTL session {self.number}"

    def tell(self, message: bytes) -> None:
        """Send a message, which is lost if the consumer takes none."""
        if self.news:
            with contextlib.suppress(OSError):
                self.news.send(message, socket.MSG_NOSIGNAL)


class GentlDevice:
    """A twin on a server of GenTL consumers; methods run on the event loop's thread."""

    def __init__(self, twin: Twin, runtime: WallRuntime) -> None:
        self.twin, self.runtime, self.camera = twin, runtime, twin.camera
        self.port = port_of(twin)
        self.sessions: list[GentlSession] = []
        self._streaming: GentlSession | None = None
        self._writing: GentlSession | None = None  # whose write the camera carries out now
        self._loop = asyncio.get_running_loop()
        self.stream = GentlStream(
            twin,
            runtime,
            self.port.frame_id,
            lambda: self._soon(runtime.wake),
            lambda problem: self._soon(runtime.fail, problem),
        )
        camera = self.camera
        self._leaving = [
            camera.events.subscribe(self._tell_event).leave,
            camera.on_write.subscribe(self._tell_change),
            camera.on_power.subscribe(lambda on: None if on else self.gone("the camera has no power")),
            camera.on_power_up.subscribe(lambda: self.gone("the camera was reset")),
            camera.on_cable.subscribe(
                lambda on: None if on else self.gone("the camera's cable was unplugged")
            ),
            camera.faults.on_revoke.subscribe(self._revoke),
        ]

    def close(self) -> None:
        """End all sessions, and the stream. May be called twice."""
        self.gone("the twin was stopped")
        for leave in self._leaving:
            leave()
        self.stream.dispose()

    # -- the list ----------------------------------------------------------------------------------
    @property
    def id(self) -> str:
        """Its id: vendor, model and serial number, without spaces."""
        sheet = self.twin.sheet
        return f"{sheet.vendor}-{sheet.model}-{self.camera.serial}".replace(" ", "_").replace(":", "_")

    @property
    def status(self) -> AccessStatus:
        """Whether another consumer could open it."""
        if any(session.access is Access.EXCLUSIVE for session in self.sessions):
            return AccessStatus.BUSY
        return AccessStatus.READONLY if self.camera.controller else AccessStatus.READWRITE

    def record(self) -> gentl.Record:
        """Return what the list says of it."""
        sheet, camera = self.twin.sheet, self.camera
        return gentl.Record(
            id=self.id,
            vendor=sheet.vendor,
            model=sheet.model,
            tltype=KINDS[sheet.link].tltype,
            display_name=f"{sheet.title}, twin {camera.serial}",
            status=self.status,
            user_name=self._user_name(),
            serial=camera.serial,
            version=VERSION,
            ticks_per_s=SEC,
            xml_url=camera.xml_url,
            order=camera.tree.order,
        )

    def _user_name(self) -> str:
        node = self.camera.tree.declared["DeviceUserID"]
        return str(self.camera.tree.get(self.camera, "DeviceUserID")) if node.here else ""

    # -- sessions ----------------------------------------------------------------------------------
    def open(self, access: Access) -> GentlSession:
        """Open a session. Denied if another host's access rules it out."""
        session = GentlSession(self, access)
        for other in self.sessions:
            if Access.EXCLUSIVE in (access, other.access):
                raise Denied(Error.RESOURCE_IN_USE, f"{self.id} is open in another program")
        if session.controls and not self.camera.take_control(session):
            raise Denied(Error.ACCESS_DENIED, f"{self.id} is controlled by another host")
        self.sessions.append(session)
        return session

    def end(self, session: GentlSession) -> None:
        """End a session, and what it leaves behind. May be called twice."""
        if session not in self.sessions:
            return
        self.sessions.remove(session)
        session.ended = True
        self.stop(session)
        self._take_control_from(session)

    def forget(self, session: GentlSession) -> None:
        """Take back what a session has: its second connection has closed."""
        if not any(other.news for other in self.sessions if other is not session):
            self.stream.take_back()
        session.news = None

    def gone(self, reason: str) -> None:
        """End all sessions, and tell them the reason."""
        for session in tuple(self.sessions):
            session.tell(gentl.news(Tell.GONE, data=reason.encode()))
            self.end(session)

    def _revoke(self) -> None:
        """Take its control from the session that has it: it may read on, and write no more."""
        for session in self.sessions:
            if session.controls:
                self.stop(session)
                self._take_control_from(session)
                session.access = Access.READONLY

    def _take_control_from(self, session: GentlSession) -> None:
        if session.controls:
            self.camera.leave_control(session)
            self.runtime.post(self.camera.end_session)

    # -- questions -----------------------------------------------------------------------------------
    def read(self, session: GentlSession, address: int, count: int) -> tuple[bytes, Ns]:
        """Read registers; return them, and the host time that this still takes.

        Denied gives the reason for what is not read.
        """
        request = Request(session.peer, "GCReadPort", reads=((address, count),))
        with _reasons():
            return self.runtime.command(self._met, request, lambda: self.port.read(address, count))

    def write(self, session: GentlSession, address: int, data: bytes) -> Ns:
        """Write registers; return the host time that this still takes. Denied gives the reason otherwise."""
        if not session.controls:
            raise Denied(Error.ACCESS_DENIED, f"this session has no control of {self.id}")
        request = Request(session.peer, "GCWritePort", writes=((address, data),))
        self._writing = session
        try:
            with _reasons():
                _, late_ns = self.runtime.command(self._met, request, lambda: self.port.write(address, data))
        finally:
            self._writing = None
        return late_ns + (ceil(self.camera.busy_ns / self.runtime.pace) if self.camera.busy_ns else 0)

    def _met(self, request: Request, carry_out: Callable[[], T]) -> tuple[T, Ns]:
        """Report a request and carry it out, with the faults that it is to meet.

        Return what comes of it, and how late its answer is. StatusError if a fault refuses it.
        """
        camera = self.camera
        if not camera.watched:
            return carry_out(), 0
        camera.asked(request)
        if (status := camera.faults.refusal_of(request)) is not None:
            raise StatusError(Error[status], f"{status} on purpose")
        return carry_out(), camera.faults.delay_of(request)

    def start(self, session: GentlSession) -> int:
        """Open the stream to a session; return its generation."""
        if session.news is None or self._streaming not in (None, session):
            raise Denied(Error.RESOURCE_IN_USE, f"{self.id} streams to another program")
        self._streaming = session
        if session.controls:
            self.runtime.command(self.camera.change_stream)
        return self.stream.open(session.news)

    def stop(self, session: GentlSession) -> None:
        """Close the stream, if it is this session's."""
        if self._streaming is session:
            self._streaming = None
            self.stream.close()

    # -- the camera's reports ------------------------------------------------------------------------
    def _tell_event(self, event: Event) -> bool:
        if self.sessions:
            message = gentl.news(Tell.EVENT, event.number, self.port.event(event))
            for session in self.sessions:
                session.tell(message)
        return False

    def _tell_change(self, _t_ns: Ns, address: int, data: bytes) -> None:
        """Tell the sessions that did not write it that features may have other values now."""
        others = [session for session in self.sessions if session is not self._writing]
        if others and (names := self._features_at(address, len(data))):
            for session in others:
                session.tell(gentl.news(Tell.CHANGED, data=gentl.texts(names)))

    def _features_at(self, address: int, count: int) -> list[str]:
        """Return the names of features whose values lie in these bytes."""
        names = (
            node.feature.name
            for node in self.camera.tree.here
            for offset in node.keys.values()
            if address - node.feature.length < node.address + offset < address + count
        )
        return list(dict.fromkeys(itertools.islice(names, MAX_NAMES)))

    def _soon(self, call: object, *args: object) -> None:
        """Call a function on the event loop's thread, if the loop still runs."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(call, *args)  # pyright: ignore[reportArgumentType]


@contextlib.contextmanager
def _reasons() -> Iterator[None]:
    """Turn a camera's refusals into codes for consumers."""
    try:
        yield
    except (Refused, StatusError) as problem:
        if isinstance(problem, Refused):
            raise Denied(status_of(problem, Error), str(problem)) from None
        code = Error.__members__.get(problem.status.name, Error.ERROR)
        raise Denied(code, str(problem)) from None


class GentlLink:
    """A twin that only GenTL consumers reach: its own link is not opened. An asynchronous context manager."""

    network = None
    where = "GenTL (camtwin gentl)"
    advice = ""

    def __init__(self, device: GentlDevice) -> None:
        self.device, self.twin, self.runtime, self.stream = device, device.twin, device.runtime, device.stream

    async def reachable(self) -> None:
        """Return at once: the server listens."""

    def status(self) -> LinkStatus:
        """Return figures for the status line."""
        stats, sessions = self.stream.stats, len(self.device.sessions)
        return LinkStatus(
            model=self.twin.sheet.model,
            client=f"{sessions} by GenTL" if sessions else None,
            frames=stats.frames,
            bytes=stats.bytes,
            resent_packets=0,
            late_frames=stats.late,
            worst_late_ms=stats.worst_late_ns / 1e6,
            dropped_frames=stats.dropped,
            cut_frames=stats.cut,
            packets=0,
            faults={},
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass
