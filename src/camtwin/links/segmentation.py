"""UDP_SEGMENT: the kernel cuts one large datagram into packets, where it does so before anybody sees them.

One system call then sends what took 40, and the way down to the interface is gone once, not once a packet.
Where the interface says that it takes large datagrams whole (tx-udp-segmentation, as loopback and veth do
unless it is switched off), the cutting is left to whoever receives: a packet socket, Aravis' default, is then
given the whole datagram, and loses every frame. So it is used only where the interface says no: there the
kernel cuts, and every receiver gets real packets.

Sources: udp(7), <linux/ethtool.h>.
"""

from __future__ import annotations

import array
import fcntl
import socket
import struct
from typing import Final

UDP_SEGMENT: Final = 103  # <linux/udp.h>
MOST_SEGMENTS: Final = 64  # UDP_MAX_SEGMENTS of kernels before 6.9
MOST_BYTES: Final = 65_507  # of one datagram
SIOCETHTOOL: Final = 0x8946
ETHTOOL_GSTRINGS, ETHTOOL_GSSET_INFO, ETHTOOL_GFEATURES = 0x1B, 0x37, 0x3A
ETH_SS_FEATURES: Final = 4
NAME_BYTES: Final = 32  # ETH_GSTRING_LEN
FEATURE: Final = b"tx-udp-segmentation"


def cuts(interface: str, address: str) -> bool:
    """Does the kernel cut large datagrams for `address` itself? `interface`: the one towards other hosts."""
    name = "lo" if _is_own(address) else interface
    try:
        return not _takes_whole(name)
    except OSError:  # no such ioctl, no such feature: an interface that does not say
        return False


def _is_own(address: str) -> bool:
    """Is it an address of this host, so that loopback carries what is sent there?"""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            sock.bind((address, 0))
        except OSError:
            return False
    return True


def _takes_whole(interface: str) -> bool:
    """Is tx-udp-segmentation on? OSError where the interface cannot be asked."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:

        def ask(question: bytes, room: int) -> bytes:
            buffer = array.array("B", question.ljust(room, b"\0"))
            request = struct.pack("16sP16x", interface.encode(), buffer.buffer_info()[0])
            fcntl.ioctl(sock.fileno(), SIOCETHTOOL, request)
            return buffer.tobytes()

        info = ask(struct.pack("=IIQ", ETHTOOL_GSSET_INFO, 0, 1 << ETH_SS_FEATURES), 20)
        (count,) = struct.unpack_from("=I", info, 16)
        question = struct.pack("=III", ETHTOOL_GSTRINGS, ETH_SS_FEATURES, count)
        names = ask(question, 12 + count * NAME_BYTES)[12:]
        listed = [names[i : i + NAME_BYTES].rstrip(b"\0") for i in range(0, len(names), NAME_BYTES)]
        if FEATURE not in listed:
            raise OSError(f"{interface} has no {FEATURE.decode()}")
        index, blocks = listed.index(FEATURE), -(-count // 32)
        flags = ask(struct.pack("=II", ETHTOOL_GFEATURES, blocks), 8 + blocks * 16)
        (active,) = struct.unpack_from("=I", flags, 8 + index // 32 * 16 + 8)
        return bool(active >> index % 32 & 1)
