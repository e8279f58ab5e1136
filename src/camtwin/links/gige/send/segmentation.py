"""UDP_SEGMENT: let the kernel cut one large datagram into packets, where every listener still sees packets.

One system call then sends what took 40, and the datagram passes the network stack once instead of once per
packet. If an interface cannot transmit large datagrams whole (tx-udp-segmentation), the kernel cuts them
before it. If it can, as loopback and veth can, cutting is left to the receiving side: the kernel does it for
a UDP socket, but a packet socket (Aravis' default, if it may have one) receives the whole datagram, and loses
every frame.

Listeners at veth's other end cannot be known; listeners on loopback can (loopback.py). So large datagrams are
used on loopback as long as no packet socket is open that would see them. That is checked for each frame, so
that a new packet socket costs at most the frame under way. An interface that cannot be asked, or whose answer
is not understood, counts as a no.

Sources: udp(7), packet(7), <linux/ethtool.h>.
"""

from __future__ import annotations

import array
import contextlib
import errno
import fcntl
import socket
import struct
from collections.abc import Iterator
from typing import Final

from camtwin.links.base.link import LinkProblem
from camtwin.links.gige.send.loopback import LOOPBACK, PacketSockets, is_own

UDP_SEGMENT: Final = 103  # <linux/udp.h>
MAX_SEGMENTS: Final = 64  # UDP_MAX_SEGMENTS of kernels before 6.9
MAX_BYTES: Final = 65_507  # of one datagram
SIOCETHTOOL: Final = 0x8946
ETHTOOL_GSTRINGS, ETHTOOL_GSSET_INFO, ETHTOOL_GFEATURES, ETHTOOL_SFEATURES = 0x1B, 0x37, 0x3A, 0x3B
ETH_SS_FEATURES: Final = 4
NAME_BYTES: Final = 32  # ETH_GSTRING_LEN
FEATURE: Final = b"tx-udp-segmentation"


class Segmentation:
    """Segmentation for one stream. interface: the one towards other hosts."""

    def __init__(self, interface: str) -> None:
        self._interface = interface
        self._address, self._own = "", False
        self._feature: _Feature | None = None
        self._packet_sockets = PacketSockets()

    def close(self) -> None:
        """Close what was opened; the next question opens it again."""
        if self._feature:
            self._feature.close()
            self._feature = None
        self._packet_sockets.close()

    def cuts(self, address: str) -> bool:
        """Tell whether every listener at `address` now receives packets if large datagrams are sent."""
        try:
            if address != self._address or self._feature is None:
                self.close()
                self._address, self._own = address, is_own(address)
                self._feature = _Feature(LOOPBACK if self._own else self._interface)
            return not self._feature.on or (self._own and not self._packet_sockets.see_loopback())
        except (OSError, ValueError):  # an interface or a kernel without an answer
            return False


@contextlib.contextmanager
def cut_by_kernel(interface: str = LOOPBACK) -> Iterator[None]:
    """Make the kernel cut large datagrams before this interface, then restore its setting.

    So every listener receives packets, packet sockets, too.

    Raises:
        LinkProblem: it is not permitted
    """
    with contextlib.closing(_Feature(interface)) as feature:
        was = feature.on
        try:
            feature.on = False
        except OSError as problem:
            denied = problem.errno == errno.EPERM
            why = "that needs the capability CAP_NET_ADMIN" if denied else problem.strerror
            raise LinkProblem(f"cannot turn tx-udp-segmentation off on {interface}: {why}") from None
        try:
            yield
        finally:
            feature.on = was


class _Feature:
    """The feature tx-udp-segmentation of an interface.

    Raises:
        OSError: the interface cannot be asked, or has no such feature
    """

    def __init__(self, interface: str) -> None:
        self._interface = interface
        self._sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._block, self._bit, self._blocks = self._find()
        except OSError:
            self.close()
            raise

    def close(self) -> None:
        self._sock.close()

    def _find(self) -> tuple[int, int, int]:
        """Return the feature's word, its bit, and the number of words."""
        info = self._ask(struct.pack("=IIQ", ETHTOOL_GSSET_INFO, 0, 1 << ETH_SS_FEATURES), 20)
        (count,) = struct.unpack_from("=I", info, 16)
        question = struct.pack("=III", ETHTOOL_GSTRINGS, ETH_SS_FEATURES, count)
        names = self._ask(question, 12 + count * NAME_BYTES)[12:]
        listed = [names[i : i + NAME_BYTES].rstrip(b"\0") for i in range(0, len(names), NAME_BYTES)]
        if FEATURE not in listed:
            raise OSError(f"{self._interface} has no {FEATURE.decode()}")
        return *divmod(listed.index(FEATURE), 32), -(-count // 32)

    @property
    def on(self) -> bool:
        """Whether the interface transmits large datagrams whole."""
        flags = self._ask(struct.pack("=II", ETHTOOL_GFEATURES, self._blocks), 8 + self._blocks * 16)
        (active,) = struct.unpack_from("=I", flags, 8 + self._block * 16 + 8)
        return bool(active >> self._bit & 1)

    @on.setter
    def on(self, on: bool) -> None:
        words = [0, 0] * self._blocks  # pairs: mask of the bits to change, and their values
        words[2 * self._block : 2 * self._block + 2] = 1 << self._bit, on << self._bit
        request = struct.pack(f"=II{len(words)}I", ETHTOOL_SFEATURES, self._blocks, *words)
        self._ask(request, len(request))

    def _ask(self, question: bytes, room: int) -> bytes:
        buffer = array.array("B", question.ljust(room, b"\0"))
        request = struct.pack("16sP16x", self._interface.encode(), buffer.buffer_info()[0])
        fcntl.ioctl(self._sock.fileno(), SIOCETHTOOL, request)
        return buffer.tobytes()
