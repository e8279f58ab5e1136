"""Messages between a program's open files and the server of their device, sans-IO.

A connection is an open file. A message on it is a request, and a socket travels with it, on which the answer
is sent:

    request  call u32 | flags u32 | number u32 | size u32 | data
    answer   result i32 | tokens u32 | data

IOCTL    number is the ioctl's, data its argument of `size` bytes and, behind it, the array it points to;
         with a buffer of DMABUF its descriptor travels, too
MMAP     data is the offset u64 and the length u64; the answer brings the descriptor of the memory
READ     number is how many bytes are wanted; the answer brings a descriptor, and offset u64 and length u64
POLL     number has the events that are waited for; the answer's result is those that are there. If there is
         none, and size is 1, a second answer follows when there is one

Numbers are in the computer's own order, as ioctls' arguments are. A result below 0 is an error of Linux. For
each frame that is ready the server sends one message of one byte, a token, on the connection itself, so that
poll, select and epoll find it readable; an answer says how many tokens its caller has to take away.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from camtwin.wire.v4l2 import ioctls

IOCTL, MMAP, READ, POLL = 1, 2, 3, 4
NONBLOCKING, NULL, UNMAPPED = 1, 2, 4
"""Flags: the file is O_NONBLOCK; the argument is a null pointer; a buffer that it points to is no memory."""
POLL_PRI, POLL_ERR = 0x2, 0x8
"""Events of `poll` that the server answers for; that a frame is ready (POLLIN) tokens tell."""
HEAD: Final = struct.Struct("=IIII")
ANSWER: Final = struct.Struct("=iI")
PLACE: Final = struct.Struct("=QQ")
TOKEN: Final = b"\0"
MAX_MESSAGE: Final = 1 << 16


class ProtocolError(ValueError):
    """Bytes that are no request; the connection is to be closed."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request without its descriptors; `data` has at least the `size` bytes of an ioctl's argument."""

    call: int
    number: int
    data: bytes
    size: int = 0
    blocking: bool = True
    null: bool = False
    unmapped: bool = False


def parse(message: bytes) -> Request:
    """Parse a request. ProtocolError if it is none."""
    if len(message) < HEAD.size or len(message) > MAX_MESSAGE:
        raise ProtocolError(f"a request of {len(message)} bytes is not within {HEAD.size} .. {MAX_MESSAGE}")
    call, flags, number, size = HEAD.unpack_from(message)
    data = message[HEAD.size :]
    if call == IOCTL and (size != ioctls.size_of(number) or (len(data) < size and not flags & NULL)):
        raise ProtocolError(f"an argument of {len(data)} bytes is not that of ioctl {number:#x}")
    if call == MMAP and len(data) != PLACE.size:
        raise ProtocolError(f"{len(data)} bytes are no offset and length")
    if call not in (IOCTL, MMAP, READ, POLL):
        raise ProtocolError(f"there is no call {call}")
    return Request(
        call, number, data, size, not flags & NONBLOCKING, bool(flags & NULL), bool(flags & UNMAPPED)
    )


def request(
    call: int, number: int = 0, data: bytes = b"", *, size: int = 0, blocking: bool = True, null: bool = False
) -> bytes:
    """Return a request, as the preloaded object sends it."""
    flags = (0 if blocking else NONBLOCKING) | (NULL if null else 0)
    return HEAD.pack(call, flags, number, size) + data


def answer(result: int, data: bytes = b"", tokens: int = 0) -> bytes:
    """Return the answer to a request."""
    return ANSWER.pack(result, tokens) + data
