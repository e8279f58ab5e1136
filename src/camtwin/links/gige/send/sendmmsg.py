"""Many UDP packets with one system call: Linux' sendmmsg, through ctypes.

A packet here is a header (a row of an array) and a slice of one large payload. `Batch` prepares the kernel's
structures for all packets of a frame with a few numpy operations; sending then costs no Python per packet,
and the GIL is free meanwhile. If the call is missing, one sendmsg per packet does the same, slower.

Where the kernel cuts large datagrams (segmentation.py), many packets are one message of that call.

Layouts: sendmmsg(2), sendmsg(2) and <bits/socket.h> on 64-bit Linux, little- or big-endian alike.
"""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import struct
import sys
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from camtwin.links.gige.send.segmentation import MAX_BYTES, MAX_SEGMENTS, UDP_SEGMENT

MAX_MESSAGES: Final = 1024  # UIO_MAXIOV: limit of one call
MMSGHDR_WORDS: Final = 8  # of 8 bytes: name, namelen, iov, iovlen, control, controllen, flags; length sent
IOV, IOV_COUNT, CONTROL, CONTROL_BYTES = 2, 3, 4, 5  # the words that are not zero: the socket is connected


def _find() -> Any:
    if not sys.platform.startswith("linux") or struct.calcsize("P") != 8:
        return None
    try:
        call = ctypes.CDLL(None, use_errno=True).sendmmsg
    except (OSError, AttributeError):
        return None
    call.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int)
    call.restype = ctypes.c_int
    return call


_sendmmsg = _find()


class Batch:
    """Packets ready to send.

    headers     (n, h) uint8, C-contiguous
    payload     uint8, one-dimensional and contiguous: packet i carries payload[i * data_bytes:][:data_bytes]
    """

    def __init__(self, headers: NDArray[np.uint8], payload: NDArray[np.uint8], data_bytes: int) -> None:
        if payload.ndim != 1 or not payload.flags.c_contiguous or not headers.flags.c_contiguous:
            raise ValueError("headers and payload must be contiguous, the payload one-dimensional")
        count, header_bytes = headers.shape
        if not (count - 1) * data_bytes < payload.size <= count * data_bytes:
            raise ValueError(f"{payload.size} bytes do not fill {count} packets of {data_bytes}")
        self.headers, self.payload, self.data_bytes = headers, payload, data_bytes
        self._iov = self._messages = np.empty((0, 0), np.uint64)
        if _sendmmsg:
            index = np.arange(count, dtype=np.uint64)
            iov = np.empty((count, 2, 2), np.uint64)  # [packet][header, data][address, length]
            iov[:, 0, 0] = index * np.uint64(header_bytes) + np.uint64(headers.ctypes.data)
            iov[:, 0, 1] = header_bytes
            iov[:, 1, 0] = index * np.uint64(data_bytes) + np.uint64(payload.ctypes.data)
            iov[:, 1, 1] = data_bytes
            iov[-1, 1, 1] = payload.size - (count - 1) * data_bytes
            messages = np.zeros((count, MMSGHDR_WORDS), np.uint64)
            messages[:, IOV] = index * np.uint64(32) + np.uint64(iov.ctypes.data)
            messages[:, IOV_COUNT] = 2
            self._iov, self._messages = iov, messages
            size = struct.pack("@QiiH6x", 18, socket.IPPROTO_UDP, UDP_SEGMENT, self.packet_bytes)  # a cmsghdr
            self._cut = np.frombuffer(size, np.uint8)
            self._large = np.zeros(MMSGHDR_WORDS, np.uint64)
            self._large[[CONTROL, CONTROL_BYTES]] = self._cut.ctypes.data, self._cut.nbytes

    def __len__(self) -> int:
        return len(self.headers)

    def packet(self, index: int) -> bytes:
        """Return a copy of one packet."""
        start = index * self.data_bytes
        return self.headers[index].tobytes() + self.payload[start : start + self.data_bytes].tobytes()

    @property
    def packet_bytes(self) -> int:
        """Size of a full packet, without IP and UDP headers."""
        return self.headers.shape[1] + self.data_bytes

    def send(self, sock: socket.socket, first: int, count: int, *, cut: bool = False) -> int:
        """Send at most `count` packets from `first` on over a connected socket.

        Return the number sent, at least one.

        Args:
            cut: send them as one datagram, which the kernel cuts

        Raises:
            OSError: not even the first packet could be sent
        """
        count = min(count, len(self) - first, MAX_MESSAGES)
        if not _sendmmsg:
            return self._send_one(sock, first)
        message = self._messages.ctypes.data + first * 8 * MMSGHDR_WORDS
        if cut:
            count = max(1, min(count, MAX_SEGMENTS, MAX_BYTES // self.packet_bytes))
            self._large[IOV] = self._messages[first, IOV]
            self._large[IOV_COUNT] = 2 * count  # the packets' pieces lie one after the other
            message = self._large.ctypes.data
        sent = _sendmmsg(sock.fileno(), message, 1 if cut else count, 0)
        if sent < 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))
        return count if cut else sent

    def _send_one(self, sock: socket.socket, index: int) -> int:
        start = index * self.data_bytes
        sock.sendmsg([self.headers[index].data, self.payload[start : start + self.data_bytes].data])
        return 1


TRANSIENT: Final = frozenset({errno.EAGAIN, errno.ENOBUFS, errno.EINTR, errno.ECONNREFUSED})
"""Errors worth another try: the queue is full, or an earlier packet's receiver has gone."""
