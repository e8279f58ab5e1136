"""The device side of USB3 Vision's control, sans-IO: commands in, acknowledges out.

`receive(data)` carries out one command. Registers of u3v_bootstrap.table are answered here; everything else
is `device`, the camera's register space. Who is attached by USB is alone with the camera: there is no
privilege and no heartbeat. The stream interface knows two states:

    disabled    sizes of transfers may be written; enabling checks them, and refuses what cannot be obeyed
    enabled     frames are sent, cut as the sizes say, which are fixed until the stream is disabled

A write into flash takes its time: the host is told so at once (PENDING_ACK), the acknowledge comes when it is
done, and meanwhile another write meets BUSY.

A reset of the bus disables stream and events, and ends the acquisition: nobody is there to take it. What the
camera is set to stays, as it is powered on.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Protocol

from camtwin.units import MS, Ns
from camtwin.wire.pending import MOST_MS
from camtwin.wire.status import StatusError
from camtwin.wire.u3v import bootstrap, gencp
from camtwin.wire.u3v import stream as u3v
from camtwin.wire.u3v.bootstrap import Effect, Register
from camtwin.wire.u3v.gencp import Status

XML_SCHEMA = 1 << 24 | 1 << 16  # GenICam schema 1.1
ZIPPED = 1 << 10


class DevicePort(Protocol):
    """The camera's register space and clock; refusals are StatusError."""

    def read(self, address: int, length: int, /) -> bytes: ...
    def write(self, address: int, data: bytes, /) -> None: ...
    @property
    def busy_ns(self) -> Ns:
        """How long what was written just now takes yet, in host time; 0: it is done."""
        ...

    def latch_timestamp(self) -> None: ...
    @property
    def timestamp_latched(self) -> Ns: ...


class StreamPort(Protocol):
    """What sends the pictures."""

    @property
    def payload_bytes(self) -> int:
        """Of a frame, as the camera is set."""
        ...

    @property
    def trailer_bytes(self) -> int:
        """What follows a frame, as the camera is set."""
        ...

    def open(self, transfers: u3v.Transfers, /) -> None:
        """The stream was enabled: the next block is number 0."""

    def close(self) -> None:
        """The stream was disabled: nothing goes out any more."""

    def end_acquisition(self) -> None:
        """Nobody is there any more."""


class UsbPort(Protocol):
    """The endpoints, as far as registers know them."""

    @property
    def stream_halted(self) -> bool: ...
    @property
    def events_halted(self) -> bool: ...
    def send_event(self, message: bytes, /) -> None: ...
    def acknowledge_in(self, ns: Ns, ack: bytes, /) -> None:
        """Send an acknowledge after so long."""


@dataclass(frozen=True, slots=True)
class Description:
    """The zipped GenICam description: where a host reads it, and its bytes."""

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
class Identity:
    """What the link says of the device besides the camera's own texts. speed: 1 LS, 2 FS, 4 HS, 8 SS."""

    family: str
    speed: int
    tick_ns: int
    description: Description


class U3vDevice:
    """One device's control."""

    def __init__(self, identity: Identity, device: DevicePort, stream: StreamPort, usb: UsbPort) -> None:
        self.device, self.stream, self.usb = device, stream, usb
        rows = bootstrap.table(u3v.LEADER.size, u3v.MOST_EVENT_BYTES)
        self._map = bootstrap.Map(rows)
        self._values = {row.address: row.reset.to_bytes(row.length, "little") for row in rows}
        self._set(bootstrap.SPEED, identity.speed)
        self._values |= {
            0x1FC: identity.tick_ns.to_bytes(8, "little"),
            bootstrap.FAMILY: identity.family.encode().ljust(64, b"\0"),
            bootstrap.MANIFEST_ENTRY: identity.description.manifest_entry(),
        }
        self._last: tuple[bytes, bytes] | None = None  # a command but for its flags, and its acknowledge
        self._event_id = 0
        self.note = ""  # why the last command was refused, for people

    @property
    def streaming(self) -> bool:
        return bool(self._value(bootstrap.STREAM_CONTROL))

    def reset(self) -> None:
        """The bus was reset, or the host has gone."""
        if self.streaming:
            self._set(bootstrap.STREAM_CONTROL, 0)
            self.stream.close()
        self._set(bootstrap.EVENT_CONTROL, 0)
        self._last = None
        self.stream.end_acquisition()

    def event(self, event_id: int, timestamp_ns: Ns, data: bytes = b"") -> None:
        """Tell the host, if it wants events."""
        if self._value(bootstrap.EVENT_CONTROL):
            self._event_id = self._event_id % 0xFFFF + 1
            self.usb.send_event(u3v.event(event_id, timestamp_ns, self._event_id, data))

    # -- commands --------------------------------------------------------------------------------
    def receive(self, data: bytes) -> bytes | None:
        """Carry out one command; its acknowledge, or None for silence. Raises nothing, whatever the bytes."""
        self.note = ""
        header = gencp.header_of(data)
        if header is None:
            return None
        said, busy_ns = data[:4] + data[6:], self.device.busy_ns
        if header.resend and self._last and self._last[0] == said:
            return self._pending(header, busy_ns) if busy_ns else self._last[1]
        try:
            ack = header.ack(self._carry_out(header, data, bool(busy_ns)))
        except StatusError as refusal:
            self.note = str(refusal)
            ack = header.ack(refusal.payload, refusal.status)
        self._last = said, ack
        if not header.ack_requested:
            return None
        if not busy_ns and (busy_ns := self.device.busy_ns):
            self.usb.acknowledge_in(busy_ns, ack)
            return self._pending(header, busy_ns)
        return ack

    @staticmethod
    def _pending(header: gencp.Header, busy_ns: Ns) -> bytes:
        """It takes so long yet, and a host's patience for the answer on top of it."""
        return header.pending_ack(min(MOST_MS, -(-busy_ns // MS) + bootstrap.RESPONSE_ms))

    def _carry_out(self, header: gencp.Header, data: bytes, busy: bool) -> bytes:
        if len(data) > bootstrap.MOST_TRANSFER:
            message = f"a command of {len(data)} bytes, beyond {bootstrap.MOST_TRANSFER}"
            raise StatusError(Status.INVALID_PARAMETER, message)
        match gencp.body_of(header, data):
            case gencp.ReadMem() as body:
                most = bootstrap.MOST_TRANSFER - gencp.HEADER.size
                if body.count > most:
                    raise StatusError(
                        Status.INVALID_PARAMETER, f"READMEM of {body.count} bytes, beyond {most}"
                    )
                return b"".join(self._read(address, count) for address, count in body.spans)
            case gencp.WriteMem() if busy:
                raise StatusError(Status.BUSY, "what was written before is not done")
            case gencp.WriteMem(writes):
                return self._write_all(writes)

    def _write_all(self, writes: tuple[tuple[int, bytes], ...]) -> bytes:
        """In order, until one is refused; the acknowledge counts what was written of each."""
        counts: list[int] = []
        for address, data in writes:
            done = 0
            while done < len(data):
                at = address + done
                row = self._map.covering(at)
                end = row.address + row.length if row else self._map.next_start(at)
                part = data[done : end - address]
                try:
                    self._write(row, at, part)
                except StatusError as refusal:
                    counted = gencp.written(*counts, done)
                    raise StatusError(refusal.status, str(refusal), counted) from None
                done += len(part)
            counts.append(done)
        return gencp.written(*counts)

    # -- registers -------------------------------------------------------------------------------
    def _value(self, address: int) -> int:
        return int.from_bytes(self._values[address], "little")

    def _set(self, address: int, value: int) -> None:
        self._values[address] = value.to_bytes(len(self._values[address]), "little")

    def _read(self, address: int, count: int) -> bytes:
        """A span of the table's registers and the camera's, mixed as they lie."""
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
            case Effect.PAYLOAD_SIZE:
                return self.stream.payload_bytes.to_bytes(8, "little")
            case Effect.TRAILER_SIZE:
                return self.stream.trailer_bytes.to_bytes(4, "little")
            case Effect.LATCHED:
                return self.device.timestamp_latched.to_bytes(8, "little")
            case _ if row.access == "WO":
                raise StatusError(Status.ACCESS_DENIED, f"{row.name} is write-only")
            case _:
                return self._values[row.address]

    def _write(self, row: Register | None, address: int, data: bytes) -> None:
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
            case Effect.LATCH:
                if value & 1:
                    self.device.latch_timestamp()
            case Effect.STREAM_CONTROL:
                self._enable_stream(bool(value))
            case Effect.STREAM_SETUP:
                if self.streaming:
                    raise StatusError(Status.WRONG_CONFIGURATION, f"{row.name}: the stream is enabled")
                self._set(address, value)
            case Effect.EVENT_CONTROL:
                self._enable_events(value)
            case Effect.EVENT_TEST:
                if value:
                    self.event(u3v.TEST_EVENT, self.device.timestamp_latched)
            case _:
                self._set(address, value)

    def _enable_stream(self, enable: bool) -> None:
        if enable == self.streaming:
            return
        if enable:
            transfers = self._checked_transfers()
            self._set(bootstrap.STREAM_CONTROL, 1)
            self.stream.open(transfers)
        else:
            self._set(bootstrap.STREAM_CONTROL, 0)
            self.stream.close()

    def _checked_transfers(self) -> u3v.Transfers:
        """What the host wrote, if it can be obeyed."""
        if self.usb.stream_halted:
            raise StatusError(Status.STREAM_ENDPOINT_HALTED, "the stream's endpoint is halted")
        size, count, final1, final2 = map(
            self._value,
            (bootstrap.MOST_PAYLOAD, bootstrap.PAYLOAD_COUNT, bootstrap.FINAL_1, bootstrap.FINAL_2),
        )
        for bytes_ in (size, final1, final2):
            if bytes_ % (1 << bootstrap.ALIGNMENT_LOG2):
                message = f"a transfer of {bytes_} bytes is no multiple of {1 << bootstrap.ALIGNMENT_LOG2}"
                raise StatusError(Status.PAYLOAD_SIZE_NOT_ALIGNED, message)
        transfers = u3v.Transfers(size, count if size else 0, final1, final2)
        for name, most, required in (
            ("leader", self._value(bootstrap.MOST_LEADER), u3v.LEADER.size),
            ("trailer", self._value(bootstrap.MOST_TRAILER), self.stream.trailer_bytes),
            ("payload", transfers.room, 1),
        ):
            if most < required:
                message = f"room for {most} bytes of {name}, less than {required}"
                raise StatusError(Status.STREAM_REGISTERS_INCONSISTENT, message)
        return transfers

    def _enable_events(self, enable: int) -> None:
        if enable and self.usb.events_halted:
            raise StatusError(Status.EVENT_ENDPOINT_HALTED, "the event's endpoint is halted")
        self._set(bootstrap.EVENT_CONTROL, enable)
