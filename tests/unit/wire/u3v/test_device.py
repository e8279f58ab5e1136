"""GenCP's codec, the cutting of frames, and the device's registers and states."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camtwin.problem import Refused
from camtwin.wire.effects import CloseStream, EndSession
from camtwin.wire.status import StatusError
from camtwin.wire.u3v import bootstrap, gencp, usbip
from camtwin.wire.u3v import stream as u3v
from camtwin.wire.u3v.device import (
    Acknowledge,
    Description,
    Effect,
    OpenStream,
    SendEvent,
    U3vDevice,
    U3vIdentity,
)
from camtwin.wire.u3v.gencp import Status

ACK = 0x4000
addresses = st.integers(0, 2**63)


def command(code: int, body: bytes, request_id: int = 1, flags: int = ACK) -> bytes:
    return struct.pack("<IHHHH", 0x4356_3355, flags, code, len(body), request_id) + body


def span(address: int, count: int) -> bytes:
    return struct.pack("<QHH", address, 0, count)


def body_of(data: bytes) -> gencp.Body:
    header = gencp.header_of(data)
    assert header
    return gencp.body_of(header, data)


@given(st.lists(st.tuples(addresses, st.integers(1, 0xFFFF)), min_size=1, max_size=20))
def test_reads_come_through(spans):
    stacked = body_of(command(0x0806, b"".join(span(*s) for s in spans)))
    assert stacked == gencp.ReadMem(tuple(spans))
    assert body_of(command(0x0800, span(*spans[0]))) == gencp.ReadMem((spans[0],))


@given(st.lists(st.tuples(addresses, st.binary(min_size=1, max_size=40)), min_size=1, max_size=10))
def test_writes_come_through(writes):
    stacked = body_of(command(0x0808, b"".join(span(a, len(d)) + d for a, d in writes)))
    assert stacked == gencp.WriteMem(tuple(writes))
    address, data = writes[0]
    assert body_of(command(0x0802, address.to_bytes(8, "little") + data)) == gencp.WriteMem((writes[0],))


@given(st.binary(max_size=80), st.sampled_from([0x800, 0x802, 0x806, 0x808, 0x900]))
def test_hostile_bodies_are_refused_or_understood(body, code):
    data = command(code, body)
    header = gencp.header_of(data)
    assert header
    try:
        found = gencp.body_of(header, data)
    except StatusError as refusal:
        assert refusal.status >= 0x8000
    else:
        assert isinstance(found, (gencp.ReadMem, gencp.WriteMem))


@given(st.binary(max_size=200), st.integers(1, 199), st.booleans())
def test_usbip_comes_in_any_pieces(data, cut, imported):
    def fed(*parts: bytes) -> tuple[list[usbip.Message], str]:
        parser, messages = usbip.Parser(), []
        parser.imported = imported
        try:
            for part in parts:
                messages.extend(parser.feed(part))
        except usbip.ProtocolError as problem:
            return messages, str(problem)
        return messages, ""

    assert fed(data) == fed(data[:cut], data[cut:])


# --- frames as transfers


@given(
    st.integers(4, 1 << 20).map(lambda n: n & ~3),
    st.integers(0, 40),
    st.integers(0, 1 << 20),
    st.integers(0, 1 << 20),
    st.integers(1, 30_000_000),
)
def test_transfers_are_the_payload_in_order(size, count, final1, final2, payload):
    transfers = u3v.Transfers(size, count, final1, final2)
    spans = [*transfers.spans(payload)]
    assert len(spans) == count + (final1 > 0) + (final2 > 0), "one for each that the host waits for"
    ends = [0, *(end for _, end in spans)]
    assert [start for start, _ in spans] == ends[:-1]
    valid, status = transfers.valid(payload)
    assert ends[-1] == valid == min(payload, transfers.room)
    assert status == (Status.SUCCESS if payload <= transfers.room else Status.DATA_OVERRUN)
    for (start, end), room in zip(spans, [size] * count + [f for f in (final1, final2) if f], strict=True):
        assert end - start <= room


def test_a_frame_as_aravis_wants_it():
    """1 MiB transfers, the rest rounded up; and as others do, with the rest in two."""
    spans = [*u3v.Transfers(1 << 20, 11, 753_664, 0).spans(12_288_000)]
    assert len(spans) == 12
    assert spans[-1] == (11 << 20, 12_288_000)
    assert [*u3v.Transfers(1000, 1, 200, 100).spans(1250)] == [(0, 1000), (1000, 1200), (1200, 1250)]
    assert [*u3v.Transfers(1000, 3, 0, 0).spans(1500)] == [(0, 1000), (1000, 1500), (1500, 1500)]


# --- the device


class Camera:
    """Registers at 0x20000: a word that can be written, one that cannot; and what a stream hears."""

    timestamp_latched = 77
    payload_bytes = 4000
    trailer_bytes = 32

    def __init__(self) -> None:
        self.word = bytes(4)
        self.heard: list[object] = []
        self.stream_halted = self.events_halted = False

    def read(self, address: int, length: int) -> bytes:
        if not 0x2_0000 <= address < 0x2_0008:
            raise Refused("address", f"no register at {address:#x}")
        return (self.word + b"ROM!")[address - 0x2_0000 :][:length]

    def write(self, address: int, data: bytes) -> None:
        if address != 0x2_0000:
            raise Refused("readonly", "read-only")
        self.word = data

    busy_ns = 0
    payload_bytes, has_chunks = 4000, False

    def reset_timestamp(self) -> None: ...
    def action(self, device_key: int, group_key: int, group_mask: int) -> bool:
        return False

    def report(self, event: str) -> None: ...
    def take_control(self, taker: object) -> bool:
        return True

    def leave_control(self, holder: object) -> None: ...

    def latch_timestamp(self) -> None:
        self.heard.append("latch")


class Driven:
    """A device whose effects are carried out at once: its camera writes down what happened."""

    def __init__(self, device: U3vDevice, camera: Camera) -> None:
        self._device, self._camera = device, camera

    def __getattr__(self, name: str) -> Any:
        return getattr(self._device, name)

    def receive(self, data: bytes) -> bytes | None:
        return self._done(self._device.receive(data))

    def reset(self) -> None:
        self._done(self._device.reset())

    def event(self, event_id: int, timestamp_ns: int, data: bytes = b"") -> None:
        self._done(self._device.event(event_id, timestamp_ns, data))

    def _done(self, effects: Iterable[Effect]) -> bytes | None:
        """Return the acknowledge, if one is due at once."""
        ack, heard = None, self._camera.heard
        for effect in effects:
            match effect:
                case Acknowledge(data, 0):
                    ack = data
                case OpenStream(transfers):
                    heard.append(transfers)
                case CloseStream():
                    heard.append("close")
                case EndSession():
                    heard.append("end")
                case SendEvent(message):
                    heard.append(message)
                case _:
                    pass
        return ack


class Bench:
    def __init__(self) -> None:
        self.camera = Camera()
        who = U3vIdentity("ace", 8, 1, Description(0xF000_0000, b"xml"))
        self.device = Driven(U3vDevice(who, self.camera, self.camera), self.camera)

    def ask(self, code: int, body: bytes) -> tuple[int, bytes]:
        ack = self.device.receive(command(code, body))
        assert ack
        _, status, answered, length, request_id = struct.unpack_from("<IHHHH", ack)
        assert (answered, length, request_id) == (code + 1, len(ack) - 12, 1)
        return status, ack[12:]

    def read(self, address: int, count: int) -> tuple[int, bytes]:
        return self.ask(0x0800, span(address, count))

    def write(self, address: int, value: int, size: int = 4) -> int:
        status, _ = self.ask(0x0802, address.to_bytes(8, "little") + value.to_bytes(size, "little"))
        return status

    def enable(self, size: int = 1000, count: int = 4, final1: int = 0, leader: int = 52) -> int:
        for address, value in (
            (bootstrap.MAX_LEADER, leader),
            (bootstrap.MAX_TRAILER, 32),
            (bootstrap.MAX_PAYLOAD, size),
            (bootstrap.PAYLOAD_COUNT, count),
            (bootstrap.FINAL_1, final1),
        ):
            assert self.write(address, value) == 0
        return self.write(bootstrap.STREAM_CONTROL, 1)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_the_cameras_registers(bench):
    assert bench.write(0x2_0000, 0x0403_0201) == 0
    assert bench.read(0x2_0000, 8) == (0, b"\1\2\3\4ROM!")
    assert bench.read(0x3_0000, 4) == (Status.INVALID_ADDRESS, b"")
    assert bench.ask(0x0806, span(0x2_0004, 4) + span(0x1FC, 8)) == (0, b"ROM!" + b"\1" + bytes(7))


def test_writes_are_counted_until_one_is_refused(bench):
    two = span(0x2_0000, 4) + b"abcd" + span(0x2_0004, 4) + b"efgh"
    assert bench.ask(0x0808, two) == (Status.WRITE_PROTECT, gencp.written(4, 0))
    assert bench.camera.word == b"abcd"


@pytest.mark.parametrize(
    ("code", "body", "status"),
    [
        (0x0804, b"", Status.NOT_IMPLEMENTED),
        (0x0C00, b"", Status.NOT_IMPLEMENTED),
        (0x0800, span(0, 0), Status.INVALID_PARAMETER),
        (0x0800, span(0, 1013), Status.INVALID_PARAMETER),
        (0x0800, span(2**64 - 1, 4), Status.INVALID_ADDRESS),
        (0x0802, span(0x4, 1)[:8], Status.INVALID_PARAMETER),
        (0x0802, (0x084).to_bytes(8, "little") + b"name", Status.WRITE_PROTECT),
        (0x0802, bootstrap.STREAM_CONTROL.to_bytes(8, "little") + b"\1", Status.BAD_ALIGNMENT),
        (0x0800, span(0x1F8, 4), Status.ACCESS_DENIED),
        (0x0802, bytes(1100), Status.INVALID_PARAMETER),
    ],
)
def test_refusals(bench, code, body, status):
    assert bench.ask(code, body)[0] == status
    assert bench.device.note


def test_a_length_that_lies(bench):
    data = command(0x0800, span(0, 4))
    ack = bench.device.receive(data[:8] + b"\x0d\0" + data[10:])
    assert ack[4:6] == b"\x0e\x80"


def test_silence(bench):
    assert bench.device.receive(b"") is None
    assert bench.device.receive(b"U3VC") is None
    assert bench.device.receive(b"X" * 24) is None
    assert bench.device.receive(command(0x0802, (0x2_0000).to_bytes(8, "little") + b"done", flags=0)) is None
    assert bench.camera.word == b"done"


def test_a_resent_command_is_not_carried_out_again(bench):
    latch = command(0x0802, (0x1F8).to_bytes(8, "little") + b"\1\0\0\0", request_id=9)
    first = bench.device.receive(latch)
    again = bench.device.receive(latch[:4] + b"\x00\xc0" + latch[6:])
    assert first == again
    assert bench.camera.heard == ["latch"]


def test_another_command_that_calls_itself_resent_is_carried_out(bench):
    """A number alone names no command."""
    read = bench.device.receive(command(0x0800, struct.pack("<QHH", 0x208, 0, 4), request_id=9))
    latch = command(0x0802, (0x1F8).to_bytes(8, "little") + b"\1\0\0\0", flags=0xC000, request_id=9)
    assert (read[6:8], bench.device.receive(latch)[6:8]) == (b"\x01\x08", b"\x03\x08")
    assert bench.camera.heard == ["latch"]


def test_the_stream_is_enabled_and_disabled(bench):
    assert bench.enable(1000, 3, 1000) == 0
    assert bench.device.streaming
    assert bench.write(bootstrap.MAX_PAYLOAD, 512) == Status.WRONG_CONFIGURATION
    assert bench.write(bootstrap.STREAM_CONTROL, 1) == 0  # it is
    assert bench.write(bootstrap.STREAM_CONTROL, 0) == 0
    assert bench.camera.heard == [u3v.Transfers(1000, 3, 1000, 0), "close"]


@pytest.mark.parametrize(
    ("setup", "status"),
    [
        ({"size": 1001}, Status.PAYLOAD_SIZE_NOT_ALIGNED),
        ({"final1": 2}, Status.PAYLOAD_SIZE_NOT_ALIGNED),
        ({"leader": 51}, Status.STREAM_REGISTERS_INCONSISTENT),
        ({"count": 0}, Status.STREAM_REGISTERS_INCONSISTENT),
    ],
)
def test_what_cannot_be_obeyed_is_not_enabled(bench, setup, status):
    assert bench.enable(**setup) == status
    assert not bench.device.streaming
    assert bench.camera.heard == []


def test_halted_endpoints_are_not_enabled(bench):
    bench.camera.stream_halted = bench.camera.events_halted = True
    assert bench.enable() == Status.STREAM_ENDPOINT_HALTED
    assert bench.write(bootstrap.EVENT_CONTROL, 1) == Status.EVENT_ENDPOINT_HALTED


def test_events(bench):
    bench.device.event(0x9001, 5)  # nobody wants it
    assert bench.write(bootstrap.EVENT_CONTROL, 1) == 0
    assert bench.write(bootstrap.EIRM + 8, 1) == 0
    bench.device.event(0x9001, 5, b"x")
    assert bench.camera.heard == [u3v.event(0x4FFF, 77, 1), u3v.event(0x9001, 5, 2, b"x")]


def test_a_reset_leaves_nothing_running(bench):
    bench.enable()
    bench.write(bootstrap.EVENT_CONTROL, 1)
    bench.camera.heard.clear()
    bench.device.reset()
    bench.device.event(0x9001, 5)
    assert bench.camera.heard == ["close", "end"]
    assert bench.read(bootstrap.EVENT_CONTROL, 4) == (0, bytes(4))


@given(st.binary(max_size=1100), st.booleans())
def test_nothing_that_arrives_raises(data, begun):
    device = Bench().device
    ack = device.receive(command(0x0800, b"")[:4] + data if begun else data)
    assert ack is None or len(ack) >= 12
