"""UDP_SEGMENT: the kernel cuts one large datagram into packets, where it does so before anybody sees them.

One system call then sends what took 40, and the way down to the interface is gone once, not once a packet.
Where the interface says that it does not take large datagrams whole (tx-udp-segmentation), the kernel cuts
them before it. Where it says that it does, as loopback and veth do, the cutting is left to who receives: the
kernel does it for a UDP socket, but a packet socket (Aravis' default, where it may have one) is given the
whole datagram, and loses every frame.

Who listens at veth's other end cannot be known. Who listens at loopback can (loopback.py). So there it is
used as long as no packet socket is open that would see it; asked anew for each frame, so that one which opens
costs at most the frame under way. What cannot be asked, or is not understood, counts as a no.

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
    """Of one stream. interface: the one towards other hosts"""

    def __init__(self, interface: str) -> None:
        self._interface = interface
        self._address, self._own = "", False
        self._feature: _Feature | None = None
        self._packet_sockets = PacketSockets()

    def close(self) -> None:
        """Let go of what was opened; to ask again opens it again."""
        if self._feature:
            self._feature.close()
            self._feature = None
        self._packet_sockets.close()

    def cuts(self, address: str) -> bool:
        """Does all that listens at `address` now get packets, where large datagrams are sent?"""
        try:
            if address != self._address or self._feature is None:
                self.close()
                self._address, self._own = address, is_own(address)
                self._feature = _Feature(LOOPBACK if self._own else self._interface)
            return not self._feature.on or (self._own and not self._packet_sockets.see_loopback())
        except (OSError, ValueError):  # an interface, or a kernel, that does not say
            return False


@contextlib.contextmanager
def cut_by_kernel(interface: str = LOOPBACK) -> Iterator[None]:
    """Meanwhile the kernel cuts large datagrams on this interface itself; then it is as it was.

    So everybody gets packets, packet sockets, too. LinkProblem where that is not allowed."""
    with contextlib.closing(_Feature(interface)) as feature:
        was = feature.on
        try:
            feature.on = False
        except OSError as problem:
            denied = problem.errno == errno.EPERM
            why = "that needs the capability CAP_NET_ADMIN" if denied else problem.strerror
            raise LinkProblem(f"{interface} keeps large datagrams whole: {why}") from None
        try:
            yield
        finally:
            feature.on = was


class _Feature:
    """tx-udp-segmentation of an interface. OSError where it cannot be asked, or has no such feature."""

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
        """Its word and bit, and how many words there are."""
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
        """Does the interface take large datagrams whole?"""
        flags = self._ask(struct.pack("=II", ETHTOOL_GFEATURES, self._blocks), 8 + self._blocks * 16)
        (active,) = struct.unpack_from("=I", flags, 8 + self._block * 16 + 8)
        return bool(active >> self._bit & 1)

    @on.setter
    def on(self, on: bool) -> None:
        words = [0, 0] * self._blocks  # which bits are meant, and what they are to be
        words[2 * self._block : 2 * self._block + 2] = 1 << self._bit, on << self._bit
        request = struct.pack(f"=II{len(words)}I", ETHTOOL_SFEATURES, self._blocks, *words)
        self._ask(request, len(request))

    def _ask(self, question: bytes, room: int) -> bytes:
        buffer = array.array("B", question.ljust(room, b"\0"))
        request = struct.pack("16sP16x", self._interface.encode(), buffer.buffer_info()[0])
        fcntl.ioctl(self._sock.fileno(), SIOCETHTOOL, request)
        return buffer.tobytes()
