"""Surroundings of a GevDevice: a camera of a few bytes, and a host that carries out its effects."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from camtwin.problem import Refused
from camtwin.wire.effects import CloseStream, EndSession
from camtwin.wire.gev.device import GevDevice
from camtwin.wire.gev.effects import (
    Effect,
    FireTestPacket,
    MessageDone,
    OpenStream,
    Reply,
    Resend,
    SendMessage,
)
from camtwin.wire.gev.gvcp import Message, Status
from camtwin.wire.gev.ports import GevIdentity, NetworkLocation
from camtwin.wire.ip.address import Peer
from camtwin.wire.status import StatusError

ME: Peer = ("10.0.0.9", 50_000)
OTHER: Peer = ("10.0.0.8", 50_001)
MAC = bytes.fromhex("02ca11223344")
FEATURES = 0x1_0000  # 256 bytes of features, writable; the first may be slow
READREG, WRITEREG, READMEM, WRITEMEM, RESEND = 0x80, 0x82, 0x84, 0x86, 0x40
CCP, SCP, SCPS, SCPD, SCDA, SCSP, SCCFG = 0xA00, 0xD00, 0xD04, 0xD08, 0xD18, 0xD1C, 0xD24
EXCLUSIVE, CONTROL = 1, 2
MY_ADDRESS = 0x0A00_0009


STRINGS = b"".join(
    text.ljust(length, b"\0")
    for text, length in (
        (b"Maker", 32),
        (b"Model", 32),
        (b"1.0", 32),
        (b"digital twin", 48),
        (b"700012345678", 16),
        (b"bench", 16),
    )
)


def packet(command: int, body: bytes, request_id: int, flags: int = 1) -> bytes:
    return struct.pack(">BBHHH", 0x42, flags, command, len(body), request_id) + body


def words(*numbers: int) -> bytes:
    return struct.pack(f">{len(numbers)}I", *numbers)


def force(mac: bytes, address: int = 0x0A00_0063, netmask: int = 0xFF00_0000, gateway: int = 0) -> bytes:
    return struct.pack(">2x6s12xI12xI12xI", mac, address, netmask, gateway)


class FakeCamera:
    """Strings at 0x48, heartbeat timeout, SCPS, SCPD and a few features; the rest is refused."""

    def __init__(self) -> None:
        self.memory = {0x48 + i: byte for i, byte in enumerate(STRINGS)}
        self.put(0x014, struct.pack(">I", 6))
        self.put(0x938, struct.pack(">I", 3000))
        self.put(0xD04, struct.pack(">II", 1 << 30 | 1500, 0))
        self.put(FEATURES, bytes(range(256)))
        self.time_ns, self.timestamp_latched = 0, 0
        self.written: list[tuple[int, bytes]] = []
        self.actions: list[tuple[int, int, int]] = []
        self.reports: list[str] = []
        self.controlled_elsewhere = False
        self.payload_bytes, self.has_chunks = 0, False
        self.busy_until, self.slow_ns = 0, 0
        self.host_now: Callable[[], int] = lambda: 0

    def put(self, address: int, data: bytes) -> None:
        self.memory |= {address + i: byte for i, byte in enumerate(data)}

    def read(self, address: int, length: int, /) -> bytes:
        try:
            return bytes(self.memory[address + i] for i in range(length))
        except KeyError:
            raise Refused("address", f"no register at {address:#x}") from None

    def write(self, address: int, data: bytes, /) -> None:
        self.read(address, len(data))
        if address < 0xE8:
            raise Refused("readonly", f"{address:#x} is read-only")
        self.written.append((address, data))
        if address == FEATURES:
            self.busy_until = self.host_now() + self.slow_ns
        self.put(address, data)

    @property
    def busy_ns(self) -> int:
        """The first feature is slow: until then."""
        return max(0, self.busy_until - self.host_now())

    def latch_timestamp(self) -> None:
        self.timestamp_latched = self.time_ns

    def reset_timestamp(self) -> None:
        self.time_ns = 0

    def action(self, device_key: int, group_key: int, group_mask: int, /) -> bool:
        """Those with device key 1 concern it."""
        self.actions.append((device_key, group_key, group_mask))
        return device_key == 1

    def report(self, event: str, /) -> None:
        self.reports.append(event)

    def take_control(self, taker: object, /) -> bool:
        return not self.controlled_elsewhere

    def leave_control(self, holder: object, /) -> None: ...


HOME, NETMASK = 0x0A00_0001, 0xFF00_0000


@dataclass
class FakeStream:
    """Writes down what it is told."""

    told: list[object] = field(default_factory=list[object])


@dataclass
class FakeNetwork:
    """A computer with the addresses 10.0.0.1 and 10.0.0.99."""

    moves: list[int] = field(default_factory=list[int])
    messages: list[tuple[bytes, Peer]] = field(default_factory=list)
    answers: list[Reply] = field(default_factory=list)
    done: int = 0

    def move(self, address: int, netmask: int, gateway: int, /) -> NetworkLocation:
        if address not in (0, HOME, 0x0A00_0063):
            raise StatusError(Status.ERROR, "not an address of this computer")
        self.moves.append(address)
        ports = 40_001, 41_001
        return (
            NetworkLocation(address, netmask, gateway, *ports)
            if address
            else NetworkLocation(HOME, NETMASK, 0, *ports)
        )


class Driven:
    """A device whose effects are carried out at once: on a stream and a network that write them down."""

    def __init__(self, device: GevDevice, stream: FakeStream, network: FakeNetwork) -> None:
        self._device, self._stream, self._network = device, stream, network

    def __getattr__(self, name: str) -> Any:
        return getattr(self._device, name)

    def receive(self, data: bytes, peer: Peer, now: int) -> list[Reply]:
        self.tick(now)
        return self._others(self._device.receive(data, peer, now))

    def tick(self, now: int) -> None:
        self._network.answers += self._others(self._device.tick(now))

    def notify(self, message: Message, now: int) -> bool:
        assert not self._others(self._device.notify(message, now))
        return self._device.holds_message

    def acknowledged(self, data: bytes, peer: Peer) -> None:
        assert not self._others(self._device.acknowledged(data, peer))

    def power_changed(self, powered: bool) -> None:
        assert not self._others(self._device.power_changed(powered))

    def set_location(self, location: NetworkLocation) -> None:
        assert not self._others(self._device.set_location(location))

    def _others(self, effects: Iterable[Effect]) -> list[Reply]:
        """Carry out everything but replies, which are returned."""
        replies: list[Reply] = []
        told = self._stream.told
        for effect in effects:
            match effect:
                case Reply():
                    replies.append(effect)
                case SendMessage(data, peer):
                    self._network.messages.append((data, peer))
                case MessageDone():
                    self._network.done += 1
                case OpenStream():
                    told.append("open")
                case CloseStream():
                    told.append("close")
                case EndSession():
                    told.append("end")
                case Resend(request, extended_status):
                    told.append((request, extended_status))
                case FireTestPacket(target, packet_bytes, do_not_fragment):
                    told.append((target, packet_bytes, do_not_fragment))
        return replies


class Host:
    """A device and one host that talks to it, at a time that the test sets."""

    def __init__(self, *, any_destination: bool = False) -> None:
        self.camera, self.stream, self.now = FakeCamera(), FakeStream(), 0
        self.network, self.request_id = FakeNetwork(), 0
        self.camera.host_now = lambda: self.now
        location = NetworkLocation(HOME, NETMASK, 0, stream_port=40_000, message_port=41_000)
        identity = GevIdentity(MAC, location, "Local:a.zip;F0000000;1A2B")
        device = GevDevice(identity, self.camera, self.network.move, any_destination=any_destination)
        self.device = Driven(device, self.stream, self.network)

    def send(self, command: int, body: bytes = b"", peer: Peer = ME, flags: int = 1) -> list[Reply]:
        self.request_id = self.request_id % 0xFFFF + 1
        return self.device.receive(packet(command, body, self.request_id, flags), peer, self.now)

    def ask(self, command: int, body: bytes = b"", peer: Peer = ME) -> tuple[int, bytes]:
        """Status and body of the one answer; its header is checked."""
        (reply,) = self.send(command, body, peer)
        status, ack, length, request_id = struct.unpack_from(">HHHH", reply.data)
        assert (ack, length, request_id) == (command + 1, len(reply.data) - 8, self.request_id)
        assert reply.peer == peer
        return status, reply.data[8:]

    def read(self, address: int, peer: Peer = ME) -> int:
        """One word; it must be readable."""
        status, body = self.ask(READREG, struct.pack(">I", address), peer)
        assert status == 0, f"{address:#x}: {status:#x}"
        return int.from_bytes(body, "big")

    def write(self, address: int, value: int, peer: Peer = ME) -> int:
        """Return the status of a WRITEREG."""
        return self.ask(WRITEREG, struct.pack(">II", address, value), peer)[0]
