"""Hostile GenCP and USB/IP messages: `python fuzz_usb.py [--count N] [--seed S]`, see `make fuzz`.

A third are GenCP commands for the control of a real camera, where each must meet a status or silence, and
an answer no longer than the transfers that were agreed. The others are bytes of USB/IP: requests and their
taking back, sound and damaged, cut where a network might cut them, for a whole camera (usb_attached.py),
which answers each once at most, stalls, or has the connection closed. A share goes over sockets to a running
twin, and the next host finds it as it was. Memory, descriptors and threads may not grow. The same seed and
count send the same.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import struct
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))

from camtwin.links.base.render_pool import threads
from camtwin.simtime import Scheduler
from camtwin.twins import build
from camtwin.units import MS
from camtwin.wire.u3v import bootstrap, gencp, usb, usbip
from camtwin.wire.u3v import stream as u3v
from camtwin.wire.u3v.device import Acknowledge, Description, U3vDevice, U3vIdentity
from spec.test_usb3_vision import READ_STACKED, READMEM, WRITE_STACKED, WRITEMEM
from unit.links.usb3.usb_attached import Attached
from unit.links.usb3.usb_host import Host
from unit.links.usb3.usb_twin import SHEET, Running, stub
from unit.wire.gev.fuzz import MAX_GROWTH, resident_bytes, resources

EPISODE: Final = 2000  # messages to one camera
SOCKETS: Final = 100  # one message in so many goes over a socket
BURST: Final = 20  # messages of one connection
STORM: Final = 50
EDGES: Final = (0, 1, 2, 3, 4, 7, 8, 12, 52, 255, 256, 1011, 1012, 1013, 1024, 0x7FFF, 0x8000, 0xFFFF)
WORDS: Final = (*EDGES, 1 << 16, (1 << 16) + 1, 1 << 20, 1 << 28, (1 << 28) + 1, 0x7FFF_FFFF, 0xFFFF_FFFF)
CODES: Final = (*map(int, gencp.Command), 0x0801, 0x0805, 0xFFFF)
STATUSES: Final = {*map(int, gencp.Status)}
SETUPS: Final = tuple(
    struct.pack("<BBHHH", *setup)
    for setup in (
        (0x80, 6, 0x100, 0, 18), (0x80, 6, 0x200, 0, 255), (0x80, 6, 0x303, 0x409, 255), (0, 9, 1, 0, 0),
        (0x02, 3, 0, 0x83, 0), (0x02, 1, 0, 0x83, 0), (0x82, 0, 0, 0x81, 2), (0x23, 3, 4, 0, 0),
    )
)  # fmt: skip


class Quiet:
    """Endpoints that are never halted."""

    stream_halted = events_halted = False


class Fuzzer:
    """Makes messages."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        rows = bootstrap.table(u3v.LEADER.size, u3v.MAX_EVENT_BYTES)
        ours, cameras = [row.address for row in rows], sorted(stub().camera.registers.at)
        self.addresses = ours * (1 + len(cameras) // len(ours)) + cameras  # the camera has many more

    def command(self) -> bytes:
        """Make a GenCP command, outwardly sound in most cases, so that its inside is reached."""
        rng = self.random
        data = bytearray(rng.choice((READMEM, WRITEMEM, READ_STACKED, WRITE_STACKED)))
        struct.pack_into(
            "<Q", data, 12, rng.choice(self.addresses) + rng.choice((0, 0, 0, 0, 4, -4 % 2**63, 1))
        )
        for _ in range(rng.choice((0, 1, 1, 2, 4))):
            match rng.randrange(6):
                case 0:
                    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
                case 1:
                    struct.pack_into("<H", data, rng.randrange(0, len(data) - 1, 2), rng.choice(EDGES))
                case 2:
                    struct.pack_into("<H", data, 6, rng.choice(CODES))
                case 3:
                    del data[rng.randrange(14, len(data) + 1) :]
                case 4:
                    data += rng.randbytes(rng.choice((1, 4, 8, 64, 1000)))
                case 5:
                    data += data[12:200]
        if rng.random() < 0.9:
            struct.pack_into(
                "<IHHH", data, 0, 0x4356_3355, 0x4000, struct.unpack_from("<H", data, 6)[0], len(data) - 12
            )
        return bytes(data)

    def urb(self, sequence: int) -> bytes:
        """Make a request, or the unlinking of one, sound in most cases."""
        rng = self.random
        if rng.random() < 0.2:
            urb = bytearray(unlink(sequence, rng.randrange(sequence + 2)))
        else:
            endpoint = rng.choice((0, 0x80, *usb.ENDPOINTS, *usb.ENDPOINTS, rng.randrange(256)))
            incoming = endpoint >> 7
            data = b"" if incoming else self.command()
            length = rng.choice((0, 8, 255, 1024, 1 << 20)) if incoming else len(data)
            head = struct.pack(">10I", 1, sequence, 0x1_0002, incoming, endpoint & 15, 0, length, 0, 0, 0)
            urb = bytearray(head + rng.choice(SETUPS) + data)
        match rng.randrange(60):
            case 0:
                urb[rng.randrange(len(urb))] ^= 1 << rng.randrange(8)
            case 1:
                struct.pack_into(">I", urb, rng.randrange(0, 48, 4), rng.choice(WORDS))
            case 2:
                del urb[rng.randrange(len(urb)) :]
        return bytes(urb)

    def storm(self, sequence: int) -> bytes:
        """Make requests on one endpoint, all unlinked, some twice, in no order."""
        rng, endpoint = self.random, self.random.choice(usb.ENDPOINTS[1:])
        head = struct.pack(">3I", 0x1_0002, 1, endpoint & 15)
        targets = range(sequence, sequence + STORM)
        asked = [struct.pack(">2I", 1, n) + head + struct.pack(">5I8x", 0, 1024, 0, 0, 0) for n in targets]
        back = [unlink(sequence + STORM + n, rng.choice(targets)) for n in range(STORM)]
        return b"".join(asked + back)

    def operation(self) -> bytes:
        """Make the first bytes of a connection."""
        rng = self.random
        data = bytearray(struct.pack(">HHI", 0x0111, rng.choice((0x8003, 0x8005)), 0))
        data += rng.choice((b"1-1", b"1-2", b"", bytes(32), b"\xff" * 32)).ljust(32, b"\0")
        for _ in range(rng.choice((0, 0, 1, 3))):
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        return bytes(data[: rng.choice((40, 40, 8, 7, rng.randrange(41)))])

    def pieces(self, data: bytes) -> list[bytes]:
        """Cut bytes as a network does."""
        if self.random.random() < 0.8:
            return [data]
        at = sorted(self.random.randrange(len(data) + 1) for _ in range(3))
        return [data[a:b] for a, b in zip([0, *at], [*at, len(data)], strict=True)]


def unlink(sequence: int, target: int) -> bytes:
    return struct.pack(">6I24x", 2, sequence, 0x1_0002, 0, 0, target)


def new_device() -> tuple[U3vDevice, Scheduler]:
    """Return the control of a camera in its initial state."""
    camera, quiet = stub().camera, Quiet()
    who = U3vIdentity("ace", 8, 1, Description(0xF000_0000, camera.xml_file))
    return U3vDevice(who, camera, quiet), camera.clock


def to_devices(fuzzer: Fuzzer, count: int) -> Counter[int]:
    """Send so many commands; return how often each status came.

    AssertionError names the first answer that is not permitted.
    """
    (device, clock), statuses = new_device(), Counter[int]()
    for done in range(count):
        if done % EPISODE == 0:
            device, clock = new_device()
        clock.advance_to(clock.now + 10 * MS)
        data = fuzzer.command()
        try:
            effects = list(device.receive(data))
            ack = effects[-1].data if effects and isinstance(effects[-1], Acknowledge) else None
        except Exception as problem:
            raise AssertionError(f"{type(problem).__name__}: {problem}: {data.hex()}") from problem
        if ack is not None:
            prefix, status, code, length, _ = gencp.HEADER.unpack_from(ack)
            asked = int.from_bytes(data[6:8], "little")
            codes = (asked + 1 & 0xFFFF, gencp.Command.PENDING + 1)
            assert (prefix, length) == (gencp.PREFIX, len(ack) - 12), data.hex()
            assert code in codes, data.hex()
            assert len(ack) <= bootstrap.MAX_TRANSFER, data.hex()
            assert status in STATUSES, data.hex()
            statuses[status] += 1
    return statuses


def to_cameras(fuzzer: Fuzzer, count: int) -> int:
    """Send so many requests, unlinked or not; return how often a connection had to be closed."""
    rng, done, closed = fuzzer.random, 0, 0
    while done < count:
        camera, sequence, data = Attached(), 1, b""
        try:
            while sequence < EPISODE and done < count:
                many = rng.random() < 0.001
                data = fuzzer.storm(sequence) if many else fuzzer.urb(sequence)
                count_of = 2 * STORM if many else 1
                sequence, done = sequence + count_of, done + count_of
                camera.wall_ns += rng.choice((0, 0, 0, MS // 10, MS))
                for piece in fuzzer.pieces(data):
                    if not camera.receive(piece):
                        closed += 1
                        break
        except Exception as problem:
            raise AssertionError(f"{type(problem).__name__}: {problem}: {data.hex()}") from problem
        finally:
            camera.close()
    return closed


def to_parsers(fuzzer: Fuzzer, count: int) -> None:
    """Parse so many beginnings of connections: an operation, nothing yet, or none of USB/IP's."""
    for _ in range(count):
        parser = usbip.Parser()
        with contextlib.suppress(usbip.ProtocolError):
            for piece in fuzzer.pieces(fuzzer.operation()):
                for message in parser.feed(piece):
                    assert isinstance(message, usbip.DevList | usbip.Import)


def over_sockets(fuzzer: Fuzzer, count: int) -> None:
    """Send so many to a running twin, a connection for each burst of them."""
    with Running(stub()) as running:
        before = None
        for number in range(max(1, count // BURST)):
            with Host(running.port) as host:
                assert host.status == 0, "the last host still has it"
                host.sock.settimeout(0.02)
                with contextlib.suppress(ConnectionError, TimeoutError):
                    burst = [fuzzer.urb(n) for n in range(1, BURST + 1)]
                    host.sock.sendall(fuzzer.storm(1) if number % 10 == 0 else b"".join(burst))
                    while host.sock.recv(1 << 16):
                        pass
            running.eventually(lambda: running.cameras[0].connection is None)
            now = resources()
            before = before or now
            assert now[0] <= before[0], "descriptors"
            assert now[1] <= before[1] + threads(), "threads"  # they come when they are needed
        with Host(running.port) as host:
            assert host.control(0x80, 6, 0x0100, 0, 18)[0] == 0
            assert host.word(0x1CC) > 0
    assert running.problem is None, running.problem


def fuzz(count: int, seed: int, tell: Callable[[str], object] = lambda line: None) -> Counter[int]:
    """`count` messages, a share of them over sockets; how often each status of GenCP came."""
    fuzzer, begun, left = Fuzzer(seed), time.monotonic(), count
    statuses, closed, before, told = Counter[int](), 0, (0, 0, 0), 0.0
    build(SHEET).prepare()  # kernels and the chart, which stay: automatic exposure looks at pictures
    over = count // SOCKETS
    left -= over
    while left > 0:
        share = min(left, 3 * EPISODE)
        statuses += to_devices(fuzzer, share // 3)
        to_parsers(fuzzer, share // 100)
        closed += to_cameras(fuzzer, share - share // 3 - share // 100)
        left -= share
        if not before[0] and left < count * 0.9:
            before = resident_bytes(), *resources()
        if (now := time.monotonic()) - told > 5:
            told = now
            tell(f"{count - over - left} of {count}, {closed} connections closed")
    after = resident_bytes(), *resources()
    grown = after[0] - before[0]
    assert grown < MAX_GROWTH, f"memory grew by {grown} bytes"
    assert after[1:] == before[1:], f"descriptors and threads: {before[1:]}, then {after[1:]}"
    over_sockets(fuzzer, over)
    took = time.monotonic() - begun
    tell(f"{count} GenCP and USB/IP messages in {took:.0f} s, {over} of them over sockets: nothing found;")
    tell(f"{len(statuses)} statuses met, {closed} connections closed; memory grew by {grown / 2**20:.1f} MiB")
    return statuses


def main() -> None:
    parser = argparse.ArgumentParser(description="Hostile GenCP and USB/IP messages.")
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    args = parser.parse_args()
    print(f"seed {args.seed}", flush=True)
    fuzz(args.count, args.seed, lambda line: print(line, flush=True))


if __name__ == "__main__":
    main()
