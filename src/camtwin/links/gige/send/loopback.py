"""Who listens on this computer itself: its own addresses, and packet sockets that see what loopback carries.

All packet sockets of loopback are of this network namespace, and /proc/net/packet lists them.

Source: packet_seq_show() of Linux' net/packet/af_packet.c.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Final

LOOPBACK: Final = "lo"
PACKET_SOCKETS: Final = Path("/proc/thread-self/net/packet")
COLUMNS: Final = ("sk", "RefCnt", "Type", "Proto", "Iface")  # and more; Iface: its index, 0 for any


def is_own(address: str) -> bool:
    """Is it an address of this host, so that loopback carries what is sent there?"""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            sock.bind((address, 0))
        except OSError:
            return False
    return True


class PacketSockets:
    """Those of this network namespace. The kernel's list stays open: it is read anew for each frame."""

    def __init__(self) -> None:
        self._list: int | None = None

    def close(self) -> None:
        if self._list is not None:
            os.close(self._list)
            self._list = None

    def see_loopback(self) -> bool:
        """Does one of them see what loopback carries? One of protocol 0 only sends.

        OSError and ValueError where that cannot be known."""
        if self._list is None:
            self._list = os.open(PACKET_SOCKETS, os.O_RDONLY | os.O_CLOEXEC)
            self._seen_by = {0, socket.if_nametoindex(LOOPBACK)}
        sockets = [line.split() for line in self._read(self._list).decode().splitlines()]
        at = len(COLUMNS)
        if not sockets or tuple(sockets[0][:at]) != COLUMNS or any(len(fields) < at for fields in sockets):
            raise ValueError(f"{PACKET_SOCKETS} has other columns than {COLUMNS}")
        return any(int(fields[3], 16) and int(fields[4]) in self._seen_by for fields in sockets[1:])

    @staticmethod
    def _read(descriptor: int) -> bytes:
        text = b""
        while piece := os.pread(descriptor, 1 << 16, len(text)):
            text += piece
        return text
