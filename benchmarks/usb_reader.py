"""A host that takes frames and looks at no pixel; prints what it took as JSON. Run by usb3.py.

usb_reader.py PORT SECONDS --start ADDRESS   by USB/IP: two frames of 1 MiB requests are always pending
usb_reader.py PORT SECONDS --plain BYTES     whatever comes, so many bytes a frame
"""

import argparse
import json
import socket
import struct
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from unit.links.usb3.usb_host import STREAM_IN, Host

TRANSFER = 1 << 20
AHEAD = 2  # frames
HEAD, LEADER = 48, 52


def take(sock: socket.socket, count: int, room: memoryview) -> None:
    """Read so many bytes, over and over the same memory."""
    while count:
        got = sock.recv_into(room[: min(count, len(room))])
        if not got:
            raise EOFError
        count -= got


def attached(port: int, start: int) -> tuple[socket.socket, int, bytes]:
    """Attach a camera that streams.

    Return its connection, the size of a frame's answers, and its requests.
    """
    host = Host(port)
    lengths = host.enable(TRANSFER)
    size = host.word(host.sirm + 8, 8) + sum(lengths[:1] + lengths[-1:]) + HEAD * len(lengths)
    head = struct.pack(">5I", 1, 1 << 20, 0x1_0002, 1, STREAM_IN & 15)  # one number will do: nobody looks
    requests = b"".join(head + struct.pack(">5I8x", 0, n, 0, 0, 0) for n in lengths)
    host.write(start, 1)
    return host.sock, size, requests


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("seconds", type=float)
    parser.add_argument("--start", type=int, help="address of AcquisitionStart")
    parser.add_argument("--plain", type=int, metavar="BYTES")
    args = parser.parse_args()
    if args.plain:
        sock, size, requests = socket.create_connection(("127.0.0.1", args.port)), args.plain, b""
    else:
        sock, size, requests = attached(args.port, args.start)
        sock.sendall(requests * AHEAD)
    room, frames = memoryview(bytearray(TRANSFER)), 0
    begun, cpu = time.monotonic(), time.process_time()
    while time.monotonic() - begun < args.seconds:
        sock.recv_into(room, HEAD + LEADER, socket.MSG_WAITALL)
        assert args.plain or room[HEAD : HEAD + 4] == b"U3VL", "where a frame should begin, none does"
        take(sock, size - HEAD - LEADER, room)
        sock.sendall(requests)
        frames += 1
    took, cpu = time.monotonic() - begun, time.process_time() - cpu
    json.dump({"frames": frames, "seconds": took, "cpu_s": cpu}, sys.stdout)


main()
