"""Hostile datagrams against the control channel: `python fuzz.py [--count N] [--seed S]`, see `make fuzz`.

Mutations of golden messages go to a GevDevice with a real camera behind it, and a share of them over sockets
to a running GigeLink. What reaches a line after another that no datagram had reached before becomes a message
to mutate (coverage by sys.settrace, of the control side's files only). In half of the episodes the sender has
control. After each datagram an oracle (oracle.py) judges answer or silence, and that only a controller has
changed anything; at the end nothing may have grown: memory, descriptors, threads.

The same seed and count send the same datagrams. An episode that fails is written to a file, line by line
`step_ns sender hex`, and `--replay FILE` does it again.
"""

from __future__ import annotations

import argparse
import gc
import os
import random
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any, Final

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[3]))

from camtwin.links.base.render_pool import threads
from camtwin.links.gige import link as gige
from camtwin.links.gige import port as camera_port
from camtwin.units import MS, SEC
from camtwin.wire import pending
from camtwin.wire.gev import bootstrap, gvcp, messages, ports
from camtwin.wire.gev import device as gev
from spec.test_gige_vision import CONVERSATION
from spec.test_gvcp_messages import COMMANDS as MESSAGES
from unit.wire.gev.fakes import MAC, ME, OTHER
from unit.wire.gev.judged import AWAY, HOME, Device, Found, new_camera
from unit.wire.gev.oracle import complaint, is_pending, is_silence_due

EPISODE: Final = 500  # datagrams to one device
ALL_TRACED, TRACED = 50_000, 10  # the first ones, then one in ten: tracing takes two thirds of the time
SOCKETS: Final = 50  # one in so many goes over sockets
WATCHED: Final = {
    module.__file__ for module in (gev, gvcp, messages, pending, bootstrap, ports, gige, camera_port)
}
EDGES: Final = (0, 1, 2, 3, 4, 7, 8, 0x7F, 0x80, 0xFF, 0x100, 535, 536, 540, 0x7FFF, 0x8000, 0xFFFC, 0xFFFF)
WIDE: Final = (*EDGES, 0x1_0000, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFC, 0xFFFF_FFFF, 0xE000_0001)
COMMANDS: Final = (*map(int, gvcp.Command), 0x81, 0x89, 0xFFFF)
STREAMING: Final = ((0xD18, 0x0A00_0009), (0xD00, 4000), (0xD04, 0xC000_05DC))
"""SCDA, SCP, SCPS with a test packet."""
TELLING: Final = ((0xB10, 0x0A00_0009), (0xB14, 10), (0xB18, 2), (0xB00, 4001), (0x954, 2))
"""MCDA, MCTT, MCRC, MCP; PENDING_ACK is wanted."""
MAX_GROWTH: Final = 16 << 20  # B of RSS from a tenth of the run to its end


class Fuzzer:
    """Makes datagrams; learns from what they reach. `addresses`: of registers, as many as there are."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        camera = new_camera()
        tree = camera.tree.nodes.values()
        features = sorted({at for node in tree if (at := getattr(node, "address", None)) is not None})
        self.addresses = [r.address for r in bootstrap.TABLE] + features
        save = camera.tree.nodes["UserSetSave"]
        self.saving = [(save.address + save.strides[0] * user_set, 1) for user_set in (1, 2, 3)]
        self.corpus = [bytes.fromhex(command) for _, command, _ in CONVERSATION]
        self.corpus += [bytes.fromhex(command) for _, command, _ in MESSAGES]
        for address in (HOME, AWAY, 0):
            body = struct.pack(">2x6s12xI12xI12xI", MAC, address, 0xFF00_0000, 0)
            self.corpus.append(struct.pack(">BBHHH", 0x42, 1, 4, 56, 1) + body)
        for privilege in (1, 2, 6, 0x1234_0002, 0):
            self.corpus.append(write(0xA00, privilege))
        words = (*STREAMING, *TELLING, (0x95C, 0x1234), (0x954, 1), (0x954, 8))
        words = (*words, *self.saving)
        self.corpus += [write(address, word) for address, word in words]
        self.reached: set[tuple[int, int]] = set()
        self._new, self._calls = False, 0
        self._lines: dict[Any, int] = {}

    def datagram(self) -> bytes:
        rng = self.random
        data = bytearray(rng.choice(self.corpus))
        for _ in range(rng.choice((0, 1, 1, 2, 3, 6))):
            rng.choice(MUTATIONS)(self, data)
        if len(data) >= 8 and rng.random() < 0.9:  # most are sound outside, or nothing inside is reached
            data[0] = 0x42
            struct.pack_into(">H", data, 4, len(data) - 8)
            data[1] |= rng.random() < 0.9
        return bytes(data)

    def traced(self, call: Callable[[], None], data: bytes) -> None:
        """Call, traced or not; where it is seen to have reached something new, `data` is one to mutate."""
        self._new, self._calls = False, self._calls + 1
        if self._calls > ALL_TRACED and self._calls % TRACED:
            call()
            return
        sys.settrace(self._enter)
        try:
            call()
        finally:
            sys.settrace(None)
        if self._new:
            self.corpus.append(data)

    def _enter(self, frame: FrameType, event: str, _: object) -> Any:
        code = frame.f_code
        if (base := self._lines.get(code)) is None:
            base = self._lines[code] = (len(self._lines) << 16) if code.co_filename in WATCHED else -1
        if base < 0:
            return None
        previous, reached = base, self.reached

        def line(frame: FrameType, event: str, _: object) -> Any:
            nonlocal previous
            if event == "line":
                here = base + frame.f_lineno
                if (previous, here) not in reached:
                    reached.add((previous, here))
                    self._new = True
                previous = here
            return line

        return line

    # -- mutations, in place ---------------------------------------------------------------------
    def flip(self, data: bytearray) -> None:
        if data:
            data[self.random.randrange(len(data))] ^= 1 << self.random.randrange(8)

    def narrow(self, data: bytearray) -> None:
        if len(data) >= 2:
            at = self.random.randrange(0, len(data) - 1, 2)
            struct.pack_into(">H", data, at, self.random.choice(EDGES))

    def wide(self, data: bytearray) -> None:
        if len(data) >= 12:
            struct.pack_into(">I", data, self.random.randrange(8, len(data) - 3, 4), self.random.choice(WIDE))

    def address(self, data: bytearray) -> None:
        if len(data) >= 12:
            at = self.random.choice(self.addresses) + self.random.choice((0, 0, 0, 0, 4, -4, 1, 2))
            struct.pack_into(">I", data, self.random.randrange(8, len(data) - 3, 4), at & 0xFFFF_FFFF)

    def command(self, data: bytearray) -> None:
        if len(data) >= 4:
            struct.pack_into(">H", data, 2, self.random.choice(COMMANDS))

    def cut(self, data: bytearray) -> None:
        del data[self.random.randrange(len(data) + 1) :]

    def grow(self, data: bytearray) -> None:
        data += self.random.randbytes(self.random.choice((1, 2, 4, 8, 64, 536)))

    def splice(self, data: bytearray) -> None:
        other = self.random.choice(self.corpus)
        data[self.random.randrange(len(data) + 1) :] = other[self.random.randrange(len(other) + 1) :]
        del data[1500:]

    def repeat(self, data: bytearray) -> None:
        """Repeat the body: several registers in a command."""
        data += data[8:600]

    def named(self, data: bytearray) -> None:
        if len(data) >= 8:
            struct.pack_into(">H", data, 6, self.random.choice((0, 1, 2, 0xFFFF)))


MUTATIONS: Final = (
    Fuzzer.flip, Fuzzer.narrow, Fuzzer.wide, Fuzzer.address, Fuzzer.address, Fuzzer.command, Fuzzer.cut,
    Fuzzer.grow, Fuzzer.splice, Fuzzer.repeat, Fuzzer.named,
)  # fmt: skip


def write(address: int, word: int) -> bytes:
    return struct.pack(">BBHHHII", 0x42, 1, 0x82, 8, 1, address, word)


def episodes(fuzzer: Fuzzer, count: int) -> Iterator[int]:
    """Send so many datagrams to devices, an episode to each; yields how many have been sent. Raises Found."""
    rng, sent, number = fuzzer.random, 0, 0
    while sent < count:
        device = Device()
        if number % 2:
            device.send(0, ME, write(0xA00, rng.choice((1, 2, 2, 6))))
            for address, word in (*STREAMING, *TELLING):
                device.send(0, ME, write(address, word))
        for _ in range(min(EPISODE, count - sent)):
            step = rng.choice((0, 1000, 100_000, MS)) if rng.random() < 0.999 else 4 * SEC
            peer = OTHER if rng.random() < 0.2 else ME
            if number % 2 and device.gev.controller is None and rng.random() < 0.3:
                data = write(0xA00, 2)
            else:
                data = fuzzer.datagram()
            fuzzer.traced(lambda at=device, s=step, p=peer, d=data: at.send(s, p, d), data)
            sent += 1
        number += 1
        yield sent


def over_sockets(fuzzer: Fuzzer, count: int) -> None:
    """Send so many datagrams to a twin on loopback, each judged; no descriptor and no thread is left over."""
    import socket

    from unit.links.gige.gige_host import Running, StubTwin

    with Running(StubTwin()) as running:
        device, peer = running.link.gev, ("127.0.0.1", running.port)
        running.link.sender.sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 0)  # stays here
        mine, others = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        with mine, others:
            for sock in (mine, others):
                sock.connect(peer)
                sock.settimeout(5)
            before = resources()
            for number in range(count):
                if number % 20 == 0 and number // 200 % 2:
                    mine.send(write(0xA00, 2))
                    mine.recv(2048)
                data, sock = fuzzer.datagram(), others if fuzzer.random.random() < 0.2 else mine
                held, in_control = device.controller is not None, device.controller == sock.getsockname()
                sock.send(data)
                answers: list[bytes] = []
                if is_silence_due(data, bytes(6)):
                    sock.send(struct.pack(">BBHHHI", 0x42, 1, 0x80, 4, 0xABCD, 0))
                    if (said := sock.recv(2048))[6:8] != b"\xab\xcd":
                        answers.append(said)
                else:
                    while is_pending(data, [said := sock.recv(2048)], True):
                        pass
                    answers.append(said)
                in_control |= device.controller == sock.getsockname()  # it may have taken it, or let it go
                if what := complaint(data, answers, bytes(6), in_control, held):
                    raise Found(f"over sockets, {what}", [(0, ("127.0.0.1", 0), data)])
            now = resources()
            assert now[0] == before[0], f"descriptors: {before[0]}, then {now[0]}"
            assert now[1] <= before[1] + threads(), f"threads: {before[1]}, then {now[1]}"
        assert running.problem is None


def resources() -> tuple[int, int]:
    """Descriptors, threads."""
    return len(os.listdir("/proc/self/fd")), threading.active_count()


def resident_bytes() -> int:
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


def fuzz(count: int, seed: int, tell: Callable[[str], object] = lambda line: None) -> Fuzzer:
    """`count` datagrams, a share of them over sockets; raises Found or AssertionError."""
    fuzzer, begin, resident, told = Fuzzer(seed), time.monotonic(), 0, 0.0
    over = count // SOCKETS
    for sent in episodes(fuzzer, count - over):
        if not resident and sent * 10 >= count:
            resident = resident_bytes()
        if (now := time.monotonic()) - told > 5:
            told, rate = now, sent / (now - begin)
            tell(
                f"{sent} of {count}, {rate:.0f}/s, {len(fuzzer.reached)} edges, {len(fuzzer.corpus)} messages"
            )
    grown = resident_bytes() - resident
    assert grown < MAX_GROWTH, f"memory grew by {grown} bytes"
    over_sockets(fuzzer, over)
    took = time.monotonic() - begin
    tell(f"{count} datagrams in {took:.0f} s, {over} of them over sockets: nothing found;")
    tell(f"{len(fuzzer.reached)} edges reached; memory grew by {grown / 2**20:.1f} MiB")
    return fuzzer


def replay(file: Path) -> None:
    """Send an episode again, as `keep` wrote it."""
    device = Device()
    for line in file.read_text().splitlines():
        step, sender, data = line.split(" ")
        device.send(int(step), ME if sender == "me" else OTHER, bytes.fromhex(data))


def keep(found: Found, file: Path) -> None:
    lines = (f"{step} {'me' if peer == ME else 'other'} {data.hex()}" for step, peer, data in found.episode)
    file.write_text("\n".join(lines) + "\n")


def main() -> int:
    parser = argparse.ArgumentParser(description="Hostile datagrams against the control channel.")
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    parser.add_argument("--replay", type=Path)
    args = parser.parse_args()
    file = Path(f"fuzz-{args.seed}.txt")
    try:
        if args.replay:
            replay(args.replay)
        else:
            print(f"seed {args.seed}", flush=True)
            fuzz(args.count, args.seed, lambda line: print(line, flush=True))
    except Found as found:
        keep(found, args.replay or file)
        print(
            f"{found}\nagain: {sys.executable} {sys.argv[0]} --replay {args.replay or file}", file=sys.stderr
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
