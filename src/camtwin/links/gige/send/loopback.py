"""Listeners on this computer itself: its own addresses, and packet sockets that see loopback.

Packet sockets belong to this network namespace, and /proc/net/packet lists them.

Source: packet_seq_show() of Linux' net/packet/af_packet.c.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Final

LOOPBACK: Final = "lo"
PACKET_SOCKETS: Final = Path("/proc/thread-self/net/packet")
# and more; Iface: the interface's index, 0 for any
COLUMNS: Final = ("sk", "RefCnt", "Type", "Proto", "Iface")


def is_own(address: str) -> bool:
    """Tell whether an address is this host's own, so that loopback carries packets to it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            sock.bind((address, 0))
        except OSError:
            return False
    return True


class PacketSockets:
    """Packet sockets of this network namespace. The kernel's list stays open and is read for each frame."""

    def __init__(self) -> None:
        self._list: int | None = None

    def close(self) -> None:
        if self._list is not None:
            os.close(self._list)
            self._list = None

    def see_loopback(self) -> bool:
        """Tell whether a packet socket receives from loopback; one of protocol 0 only sends.

        Raises:
            OSError, ValueError: the list cannot be read
        """
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
