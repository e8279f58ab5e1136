"""Random ioctls and messages on the sockets of a camera: `python fuzz_video.py [--count N] [--seed S]`.

Several programs open nodes, ask what makes sense and what does not, pass descriptors that are none of memory,
hang up in the middle, and send bytes that are no request. The server may close a connection, but answers the
others; no exception reaches it, and neither its memory nor its descriptors grow. See `make fuzz`.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import os
import random
import resource
import sys
import tempfile
from pathlib import Path
from typing import Final

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[3]))

from camtwin.wire.v4l2 import ioctls as io
from camtwin.wire.v4l2 import messages as m
from camtwin.wire.v4l2 import video as v
from unit.links.v4l2.fake_camera import CONTROLS
from unit.links.v4l2.running import Client, RunningCamera

NODES = ("video", "video", "video", "v4l-subdev", "media")
NUMBERS = [n for name, n in vars(io).items() if name.isupper() and isinstance(n, int) and n > 1 << 16]
BUFFERS = (io.REQBUFS, io.QBUF, io.DQBUF, io.STREAMON, io.STREAMOFF, io.QUERYBUF, io.CREATE_BUFS, io.EXPBUF)
SMALL: Final = (0, 1, 2, 3, 4, 9, 0xFFFF_FFFF, 0x8000_0000)
MAX_GROWTH_BYTES: Final = 20_000_000
WARM_UP: Final = 2000
TOLD: Final = 100_000


def argument(rng: random.Random, number: int) -> bytes:
    """Return an argument: small numbers, ids of controls, or noise; sometimes with a sensible beginning."""
    size = io.size_of(number)
    if rng.random() < 0.1:
        return rng.randbytes(size)
    ids = [control.id for control in CONTROLS]
    words = [rng.choice((*SMALL, *ids)) if rng.random() < 0.4 else 0 for _ in range(-(-size // 4))]
    if number in BUFFERS and words:
        words[0:2] = [rng.randrange(5), v.CAPTURE]
        if number in (io.STREAMON, io.STREAMOFF):
            words[0] = v.CAPTURE
        if number == io.REQBUFS:
            words[2] = rng.choice((1, 2, 4))
        if number in (io.QBUF, io.DQBUF):
            words[15] = rng.choice((1, 2, 4))
    data = b"".join(word.to_bytes(4, "little") for word in words)[:size]
    return data + rng.randbytes(20 * rng.randrange(3) if rng.random() < 0.2 else 0)


def message(rng: random.Random) -> bytes:
    """Return a request, or what is none."""
    chance = rng.random()
    if chance < 0.05:
        return rng.randbytes(rng.randrange(1, 200))
    if chance < 0.1:
        return m.request(
            m.MMAP, 0, m.PLACE.pack(rng.choice((0, 8192, 1 << 40)), rng.choice((0, 1, 6144, 1 << 40)))
        )
    if chance < 0.15:
        return m.request(m.READ, rng.choice((0, 1, 100, 6144, 1 << 31)), blocking=False)
    if chance < 0.2:
        return m.request(m.POLL, rng.choice((0, 1, 2, 3, 0x45)), size=rng.randrange(2))
    number = rng.choice(BUFFERS if rng.random() < 0.4 else NUMBERS)
    if rng.random() < 0.02:
        number ^= 1 << rng.randrange(30)
    null = rng.random() < 0.02
    data = b"" if null else argument(rng, number)
    return m.request(m.IOCTL, number, data, size=io.size_of(number), blocking=rng.random() < 0.2, null=null)


class Programs:
    """Programs that come and go; `passed` are descriptors that they pass."""

    def __init__(self, camera: RunningCamera, rng: random.Random) -> None:
        self.camera, self.rng = camera, rng
        self.clients: list[Client] = []
        memory = os.memfd_create("fuzz", os.MFD_ALLOW_SEALING)
        os.ftruncate(memory, 6144)
        self.passed = [memory, os.open("/dev/null", os.O_RDWR), os.open("/proc/self/stat", os.O_RDONLY)]

    def step(self) -> None:
        """Send one message; hang up before its answer, or wait for it."""
        rng = self.rng
        if not self.clients or (len(self.clients) < 6 and rng.random() < 0.02):
            self.clients.append(self.camera.open(rng.choice(NODES)))
        client = rng.choice(self.clients)
        if rng.random() < 0.01:
            self.drop(client)
            return
        text = message(rng)
        more = [rng.choice(self.passed)] if rng.random() < 0.1 else []
        try:
            if rng.random() < 0.01:
                client.socket.send(text)  # without a socket for the answer
                self.drop(client)
                return
            with client.send(text, *more) as here:
                here.settimeout(0.05 if rng.random() < 0.5 else 0.0001)
                with contextlib.suppress(TimeoutError, BlockingIOError):
                    _, _, got = client.receive(here)
                    for descriptor in got:
                        os.close(descriptor)
        except (OSError, EOFError, AssertionError):
            self.drop(client)

    def drop(self, client: Client) -> None:
        client.socket.close()
        self.clients.remove(client)

    def close(self) -> None:
        for client in tuple(self.clients):
            self.drop(client)
        for descriptor in self.passed:
            os.close(descriptor)


def memory_bytes() -> int:
    """Return the memory that this process has, in which the server runs."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def fuzz(count: int, seed: int) -> int:
    """Send so many messages; return by how many bytes the process has grown."""
    rng = random.Random(seed)
    with RunningCamera(pace=5.0, convert=bool(seed % 2), shared=bool(seed // 2 % 2)) as camera:
        programs = Programs(camera, rng)
        before = 0
        for number in range(count):
            if number == min(WARM_UP, count // 2):
                before = memory_bytes()
            programs.step()
            assert camera.problem is None, f"seed {seed}, message {number}: {camera.problem!r}"
            if number % TOLD == TOLD - 1:
                print(f"{number + 1} messages, {memory_bytes() - before:+} bytes", flush=True)
        grown = memory_bytes() - before
        programs.close()
        with camera.open() as client:  # it still answers, and its buffers are free
            assert client.call(io.REQBUFS, v.RequestBuffers(2, v.CAPTURE, v.MMAP)).count == 2
    return grown


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    chosen = parser.parse_args(arguments)
    print(f"video devices: {chosen.count} messages, --seed {chosen.seed}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_RUNTIME_DIR"] = folder
        grown = fuzz(chosen.count, chosen.seed)
    assert grown < MAX_GROWTH_BYTES, f"grown by {grown} bytes"
    print(f"the server is whole, and has grown by {grown} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
