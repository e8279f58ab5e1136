"""Hostile GenCP and USB/IP messages: `python fuzz_usb.py [--count N] [--seed S]`, see `make fuzz`.

Mutated commands go to the control of a real camera, where each must meet a status or silence, and an
answer no longer than the transfers that were agreed. A share of them goes as URBs, themselves mutated,
over sockets to a running twin: it answers, stalls or closes the connection, and the next host finds it
as it was. Descriptors and threads may not grow. The same seed and count send the same messages.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import struct
import sys
import threading
import time
from pathlib import Path
from typing import Final

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))

from camtwin.links.port import CameraPort
from camtwin.wire import gencp, u3v, usb
from camtwin.wire import u3v_bootstrap as bootstrap
from camtwin.wire.u3v_device import Description, Identity, U3vDevice
from spec.test_usb3_vision import READ_STACKED, READMEM, WRITE_STACKED, WRITEMEM
from unit.links.usb_host import Host
from unit.links.usb_twin import Running, stub

EPISODE: Final = 2000  # commands to one camera
SOCKETS: Final = 100  # one message in so many is a URB over a socket
BURST: Final = 20  # URBs of one connection
EDGES: Final = (0, 1, 2, 3, 4, 7, 8, 12, 52, 255, 256, 1011, 1012, 1013, 1024, 0x7FFF, 0x8000, 0xFFFF)
CODES: Final = (*map(int, gencp.Command), 0x0801, 0x0805, 0xFFFF)
SETUPS: Final = tuple(
    struct.pack("<BBHHH", *setup)
    for setup in (
        (0x80, 6, 0x100, 0, 18), (0x80, 6, 0x200, 0, 255), (0x80, 6, 0x303, 0x409, 255), (0, 9, 1, 0, 0),
        (0x02, 3, 0, 0x83, 0), (0x02, 1, 0, 0x83, 0), (0x82, 0, 0, 0x81, 2), (0x23, 3, 4, 0, 0),
    )
)  # fmt: skip


class Quiet:
    """A stream and endpoints that do what they are told and keep nothing."""

    payload_bytes = 12_288_000
    stream_halted = events_halted = False

    def ignore(self, *_: object) -> None: ...

    close = end_acquisition = ignore

    def open(self, transfers: u3v.Transfers, /) -> None: ...
    def send_event(self, message: bytes, /) -> None: ...


class Fuzzer:
    """Makes messages."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        rows = bootstrap.table(u3v.LEADER.size, u3v.TRAILER.size, u3v.MOST_EVENT_BYTES)
        self.addresses = [row.address for row in rows] + sorted(stub().camera.registers.at)

    def command(self) -> bytes:
        """A GenCP command, sound outside in most cases, or nothing inside would be reached."""
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
        """A request, or the taking back of one."""
        rng = self.random
        if rng.random() < 0.2:
            return struct.pack(">6I24x", 2, sequence, 0x1_0002, 0, 0, rng.randrange(sequence + 2))
        endpoint = rng.choice((0, 0x80, *usb.ENDPOINTS, rng.randrange(256)))
        incoming = endpoint >> 7
        data = b"" if incoming else self.command()
        length = rng.choice((0, 8, 255, 1024, 1 << 20)) if incoming else len(data)
        head = struct.pack(">10I", 1, sequence, 0x1_0002, incoming, endpoint & 15, 0, length, 0, 0, 0)
        urb = bytearray(head + rng.choice(SETUPS) + data)
        if rng.random() < 0.1:
            urb[rng.randrange(len(urb))] ^= 1 << rng.randrange(8)
        return bytes(urb)


def new_device() -> U3vDevice:
    """The control of a camera that nobody has touched."""
    camera, quiet = stub().camera, Quiet()
    who = Identity("ace", 8, 1, Description(0xF000_0000, camera.xml_file))
    return U3vDevice(who, CameraPort(camera, gencp.Status), quiet, quiet)


def to_devices(fuzzer: Fuzzer, count: int) -> None:
    """So many commands; AssertionError names the first that is answered as none may be."""
    device = new_device()
    for done in range(count):
        if done % EPISODE == 0:
            device = new_device()
        data = fuzzer.command()
        try:
            ack = device.receive(data)
        except Exception as problem:
            raise AssertionError(f"{type(problem).__name__}: {problem}: {data.hex()}") from problem
        if ack is not None:
            prefix, status, code, length, _ = gencp.HEADER.unpack_from(ack)
            asked = int.from_bytes(data[6:8], "little")
            assert (prefix, code, length) == (gencp.PREFIX, asked + 1 & 0xFFFF, len(ack) - 12), data.hex()
            assert len(ack) <= bootstrap.MOST_TRANSFER, data.hex()
            assert status in [*map(int, gencp.Status)], data.hex()


def over_sockets(fuzzer: Fuzzer, count: int) -> None:
    """So many URBs to a running twin, a connection for each burst of them."""
    with Running(stub()) as running:
        before = None
        for _ in range(max(1, count // BURST)):
            with Host(running.port) as host:
                assert host.status == 0, "the last host still has it"
                host.sock.settimeout(0.02)
                with contextlib.suppress(ConnectionError, TimeoutError):
                    host.sock.sendall(b"".join(fuzzer.urb(n) for n in range(1, BURST + 1)))
                    while host.sock.recv(1 << 16):
                        pass
            running.eventually(lambda: running.cameras[0].connection is None)
            now = len(os.listdir("/proc/self/fd")), threading.active_count()
            before = before or now
            assert now[0] <= before[0], "descriptors"
            assert now[1] <= before[1] + 2, "threads"  # those that render come when they are needed
        with Host(running.port) as host:
            assert host.control(0x80, 6, 0x0100, 0, 18)[0] == 0
            assert host.word(0x1CC) > 0
    assert running.problem is None, running.problem


def fuzz(count: int, seed: int) -> None:
    """`count` messages, a share of them over sockets."""
    fuzzer = Fuzzer(seed)
    over = count // SOCKETS
    to_devices(fuzzer, count - over)
    over_sockets(fuzzer, over)


def main() -> None:
    parser = argparse.ArgumentParser(description="Hostile GenCP and USB/IP messages.")
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    args = parser.parse_args()
    print(f"seed {args.seed}", flush=True)
    begun = time.monotonic()
    fuzz(args.count, args.seed)
    print(f"{args.count} GenCP and USB/IP messages in {time.monotonic() - begun:.0f} s: nothing found")


if __name__ == "__main__":
    main()
