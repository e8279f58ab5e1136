"""The device side of USB3 Vision's control, sans-IO: commands in, acknowledges out.

`receive(data)` yields the effects of one command, its acknowledge among them. Registers of bootstrap.table
are answered here; everything else is `device`, the camera's register space. A host attached by USB is the
camera's only one: there is no privilege and no heartbeat. The stream interface has two states:

    disabled    transfer sizes may be written; enabling checks them, and refuses sizes that cannot work
    enabled     frames are sent in transfers of these sizes, which are fixed until the stream is disabled

A slow write (flash) is answered at once with PENDING_ACK and acknowledged when it is done; meanwhile another
write is refused with BUSY.

A bus reset disables stream and events and ends the acquisition, as no host is left to take it. The camera
keeps its settings, because it stays powered.
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from math import ceil
from typing import Protocol, TypeAlias

from camtwin.problem import Refused
from camtwin.units import MS, Ns
from camtwin.wire.device import DevicePort
from camtwin.wire.effects import CloseStream, EndSession
from camtwin.wire.pending import MAX_MS
from camtwin.wire.status import StatusError, status_of
from camtwin.wire.u3v import bootstrap, gencp
from camtwin.wire.u3v import stream as u3v
from camtwin.wire.u3v.bootstrap import Register, SideEffect
from camtwin.wire.u3v.gencp import Status

XML_SCHEMA = 1 << 24 | 1 << 16  # GenICam schema 1.1
ZIPPED = 1 << 10


class Endpoints(Protocol):
    """State of the device's endpoints, as far as control needs it."""

    @property
    def stream_halted(self) -> bool: ...
    @property
    def events_halted(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """Send an acknowledge on the control endpoint after `after_ns` of host time."""

    data: bytes
    after_ns: Ns = 0


@dataclass(frozen=True, slots=True)
class SendEvent:
    """Send this message on the event endpoint."""

    data: bytes


@dataclass(frozen=True, slots=True)
class OpenStream:
    """Enable the stream: frames leave in transfers of these sizes, from block 0 on."""

    transfers: u3v.Transfers


Effect: TypeAlias = Acknowledge | SendEvent | OpenStream | CloseStream | EndSession


@dataclass(frozen=True, slots=True)
class Description:
    """The zipped GenICam description: the address where hosts read it, and its bytes."""

    address: int
    data: bytes
    version: tuple[int, int, int] = (1, 0, 0)

    def manifest_entry(self) -> bytes:
        major, minor, sub = self.version
        words = (sub | minor << 16 | major << 24, XML_SCHEMA | ZIPPED)
        head = b"".join(word.to_bytes(4, "little") for word in words)
        place = self.address.to_bytes(8, "little") + len(self.data).to_bytes(8, "little")
        sha1 = hashlib.sha1(self.data, usedforsecurity=False).digest()
        return (head + place + sha1).ljust(bootstrap.ENTRY_BYTES, b"\0")


@dataclass(frozen=True, slots=True)
class U3vIdentity:
    """Facts about the device beside the camera's own texts. speed: 1 LS, 2 FS, 4 HS, 8 SS."""

    family: str
    speed: int
    tick_ns: int
    description: Description


class U3vDevice:
    """Control side of one USB3 Vision device. pace: camera seconds per second of the host."""

    def __init__(
        self, identity: U3vIdentity, device: DevicePort, endpoints: Endpoints, *, pace: float = 1.0
    ) -> None:
        self.device, self.endpoints, self.pace = device, endpoints, pace
        rows = bootstrap.table(u3v.LEADER.size, u3v.MAX_EVENT_BYTES)
        self._map = bootstrap.Map(rows)
        self._values = {row.address: row.reset.to_bytes(row.length, "little") for row in rows}
        self._set(bootstrap.SPEED, identity.speed)
        self._values |= {
            0x1FC: identity.tick_ns.to_bytes(8, "little"),
            bootstrap.FAMILY: identity.family.encode().ljust(64, b"\0"),
            bootstrap.MANIFEST_ENTRY: identity.description.manifest_entry(),
        }
        self._last: tuple[bytes, bytes] | None = None  # a command without its flags, and its acknowledge
        self._event_id = 0
        self.note = ""  # why the last command was refused, for people

    @property
    def streaming(self) -> bool:
        return bool(self._value(bootstrap.STREAM_CONTROL))

    @property
    def trailer_bytes(self) -> int:
        """Bytes of a frame's trailer with the present settings."""
        return u3v.CHUNK_TRAILER_BYTES if self.device.has_chunks else u3v.TRAILER.size

    @property
    def _busy_ns(self) -> Ns:
        """Host time that the last write still needs, in ns."""
        return ceil(self.device.busy_ns / self.pace)

    def reset(self) -> Iterator[Effect]:
        """Handle a bus reset, or the loss of the host."""
        if self.streaming:
            self._set(bootstrap.STREAM_CONTROL, 0)
            yield CloseStream()
        self._set(bootstrap.EVENT_CONTROL, 0)
        self._last = None
        yield EndSession()

    def event(self, event_id: int, timestamp_ns: Ns, data: bytes = b"") -> Iterator[Effect]:
        """Send an event to the host, if it has enabled events."""
        if self._value(bootstrap.EVENT_CONTROL):
            self._event_id = self._event_id % 0xFFFF + 1
            yield SendEvent(u3v.event(event_id, timestamp_ns, self._event_id, data))

    # -- commands --------------------------------------------------------------------------------
    def receive(self, data: bytes) -> Iterator[Effect]:
        """Carry out one command; its acknowledge is the last effect. Raises nothing, whatever the bytes."""
        self.note = ""
        header = gencp.header_of(data)
        if header is None:
            return
        command, busy_ns = data[:4] + data[6:], self._busy_ns
        if header.resend and self._last and self._last[0] == command:
            yield Acknowledge(self._pending(header, busy_ns) if busy_ns else self._last[1])
            return
        try:
            ack = header.ack((yield from self._carry_out(header, data, bool(busy_ns))))
        except (StatusError, Refused) as refusal:
            self.note = str(refusal)
            payload = refusal.payload if isinstance(refusal, StatusError) else b""
            ack = header.ack(payload, status_of(refusal, Status))
        self._last = command, ack
        if not header.ack_requested:
            return
        if not busy_ns and (busy_ns := self._busy_ns):
            yield Acknowledge(ack, after_ns=busy_ns)
            ack = self._pending(header, busy_ns)
        yield Acknowledge(ack)

    @staticmethod
    def _pending(header: gencp.Header, busy_ns: Ns) -> bytes:
        """Build a PENDING_ACK: the time still needed, plus the time a host waits for an answer."""
        return header.pending_ack(min(MAX_MS, -(-busy_ns // MS) + bootstrap.RESPONSE_ms))

    def _carry_out(self, header: gencp.Header, data: bytes, busy: bool) -> Generator[Effect, None, bytes]:
        if len(data) > bootstrap.MAX_TRANSFER:
            message = f"a command of {len(data)} bytes, beyond {bootstrap.MAX_TRANSFER}"
            raise StatusError(Status.INVALID_PARAMETER, message)
        match gencp.body_of(header, data):
            case gencp.ReadMem() as body:
                most = bootstrap.MAX_TRANSFER - gencp.HEADER.size
                if body.count > most:
                    raise StatusError(
                        Status.INVALID_PARAMETER, f"READMEM of {body.count} bytes, beyond {most}"
                    )
                return b"".join(self._read(address, count) for address, count in body.spans)
            case gencp.WriteMem() if busy:
                raise StatusError(Status.BUSY, "the write before this one is still under way")
            case gencp.WriteMem(writes):
                return (yield from self._write_all(writes))

    def _write_all(self, writes: tuple[tuple[int, bytes], ...]) -> Generator[Effect, None, bytes]:
        """Write spans in order until one is refused; the acknowledge counts the bytes written of each."""
        counts: list[int] = []
        for address, data in writes:
            done = 0
            while done < len(data):
                at = address + done
                row = self._map.covering(at)
                end = row.address + row.length if row else self._map.next_start(at)
                part = data[done : end - address]
                try:
                    yield from self._write(row, at, part)
                except (StatusError, Refused) as refusal:
                    counted = gencp.written(*counts, done)
                    raise StatusError(status_of(refusal, Status), str(refusal), counted) from None
                done += len(part)
            counts.append(done)
        return gencp.written(*counts)

    # -- registers -------------------------------------------------------------------------------
    def _value(self, address: int) -> int:
        return int.from_bytes(self._values[address], "little")

    def _set(self, address: int, value: int) -> None:
        self._values[address] = value.to_bytes(len(self._values[address]), "little")

    def _read(self, address: int, count: int) -> bytes:
        """Read a span of the table's registers and the camera's."""
        out, at, end = b"", address, address + count
        while at < end:
            row = self._map.covering(at)
            if row is not None:
                out += self._content(row)[at - row.address : end - row.address]
                at = row.address + row.length
            else:
                stop = min(end, self._map.next_start(at))
                out += self.device.read(at, stop - at)
                at = stop
        return out

    def _content(self, row: Register) -> bytes:
        match row.effect:
            case SideEffect.PAYLOAD_SIZE:
                return self.device.payload_bytes.to_bytes(8, "little")
            case SideEffect.TRAILER_SIZE:
                return self.trailer_bytes.to_bytes(4, "little")
            case SideEffect.LATCHED:
                return self.device.timestamp_latched.to_bytes(8, "little")
            case _ if row.access == "WO":
                raise StatusError(Status.ACCESS_DENIED, f"{row.name} is write-only")
            case _:
                return self._values[row.address]

    def _write(self, row: Register | None, address: int, data: bytes) -> Iterator[Effect]:
        """Write one of the table's registers, or a run of the camera's."""
        if row is None:
            self.device.write(address, data)
            return
        if row.access == "RO":
            raise StatusError(Status.WRITE_PROTECT, f"{row.name} is read-only")
        if address != row.address or len(data) != row.length:
            message = f"{len(data)} bytes at {address:#x} are not the whole of {row.name}"
            raise StatusError(Status.BAD_ALIGNMENT, message)
        value = int.from_bytes(data, "little") & row.mask
        match row.effect:
            case SideEffect.LATCH:
                if value & 1:
                    self.device.latch_timestamp()
            case SideEffect.STREAM_CONTROL:
                yield from self._enable_stream(bool(value))
            case SideEffect.STREAM_SETUP:
                if self.streaming:
                    raise StatusError(Status.WRONG_CONFIGURATION, f"{row.name}: the stream is enabled")
                self._set(address, value)
            case SideEffect.EVENT_CONTROL:
                self._enable_events(value)
            case SideEffect.EVENT_TEST:
                if value:
                    yield from self.event(u3v.TEST_EVENT, self.device.timestamp_latched)
            case _:
                self._set(address, value)

    def _enable_stream(self, enable: bool) -> Iterator[Effect]:
        if enable == self.streaming:
            return
        if enable:
            transfers = self._checked_transfers()
            self._set(bootstrap.STREAM_CONTROL, 1)
            yield OpenStream(transfers)
        else:
            self._set(bootstrap.STREAM_CONTROL, 0)
            yield CloseStream()

    def _checked_transfers(self) -> u3v.Transfers:
        """Return the transfer sizes that the host wrote, or raise StatusError if they cannot work."""
        if self.endpoints.stream_halted:
            raise StatusError(Status.STREAM_ENDPOINT_HALTED, "the stream's endpoint is halted")
        size, count, final1, final2 = map(
            self._value,
            (bootstrap.MAX_PAYLOAD, bootstrap.PAYLOAD_COUNT, bootstrap.FINAL_1, bootstrap.FINAL_2),
        )
        for bytes_ in (size, final1, final2):
            if bytes_ % (1 << bootstrap.ALIGNMENT_LOG2):
                message = f"a transfer of {bytes_} bytes is no multiple of {1 << bootstrap.ALIGNMENT_LOG2}"
                raise StatusError(Status.PAYLOAD_SIZE_NOT_ALIGNED, message)
        transfers = u3v.Transfers(size, count if size else 0, final1, final2)
        for name, most, required in (
            ("leader", self._value(bootstrap.MAX_LEADER), u3v.LEADER.size),
            ("trailer", self._value(bootstrap.MAX_TRAILER), self.trailer_bytes),
            ("payload", transfers.room, 1),
        ):
            if most < required:
                message = f"room for {most} bytes of {name}, less than {required}"
                raise StatusError(Status.STREAM_REGISTERS_INCONSISTENT, message)
        return transfers

    def _enable_events(self, enable: int) -> None:
        if enable and self.endpoints.events_halted:
            raise StatusError(Status.EVENT_ENDPOINT_HALTED, "the event's endpoint is halted")
        self._set(bootstrap.EVENT_CONTROL, enable)
