"""Who listens on this computer itself: its own addresses, and packet sockets that see what loopback carries.

All packet sockets of loopback are of this network namespace, and /proc/net/packet lists them.

Source: packet_seq_show() of Linux' net/packet/af_packet.c.
"""

from __future__ import annotations

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


def watched() -> bool:
    """Has somebody a packet socket that sees what loopback carries? One of protocol 0 only sends.

    OSError and ValueError where that cannot be known."""
    sockets = [line.split() for line in PACKET_SOCKETS.read_text().splitlines()]
    at = len(COLUMNS)
    if not sockets or tuple(sockets[0][:at]) != COLUMNS or any(len(fields) < at for fields in sockets):
        raise ValueError(f"{PACKET_SOCKETS} has other columns than {COLUMNS}")
    seen_by = {0, socket.if_nametoindex(LOOPBACK)}
    return any(int(fields[3], 16) and int(fields[4]) in seen_by for fields in sockets[1:])
