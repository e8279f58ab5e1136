"""Ethernet, IPv4 and UDP headers of a datagram.

UDP's checksum is left out (zero), as IPv4 allows. Sources: IEEE 802.3, RFC 791, RFC 768.
"""

from __future__ import annotations

import struct
import zlib
from typing import Final

from camtwin.wire.ip.address import Peer, number

IP_UDP_BYTES: Final = 20 + 8
HEADER_BYTES: Final = 14 + IP_UDP_BYTES
AROUND_BYTES: Final = 8 + 14 + 4 + 12  # preamble, header, FCS, gap between frames
MIN_IP_BYTES: Final = 46  # on the wire; shorter packets are padded
IPV4, UDP = 0x0800, 17
DO_NOT_FRAGMENT, TIME_TO_LIVE = 0x4000, 64
NO_MAC: Final = bytes(6)  # on loopback


def header(
    source: Peer,
    destination: Peer,
    size: int,
    *,
    whole: bool,
    source_mac: bytes = NO_MAC,
    destination_mac: bytes = NO_MAC,
) -> bytes:
    """Return the HEADER_BYTES of headers before `size` bytes of data; `whole` sets do-not-fragment."""
    addresses = struct.pack(">II", number(source[0]), number(destination[0]))
    flags = DO_NOT_FRAGMENT if whole else 0
    fields = (0x4500, IP_UDP_BYTES + size, 0, flags, TIME_TO_LIVE << 8 | UDP)
    total = sum(fields) + sum(struct.unpack(">4H", addresses))
    total = (total >> 16) + (total & 0xFFFF)
    return (
        destination_mac
        + source_mac
        + struct.pack(">H5HH", IPV4, *fields, ~((total >> 16) + total) & 0xFFFF)
        + addresses
        + struct.pack(">4H", source[1], destination[1], 8 + size, 0)
    )


def mac_from_serial(serial: str) -> bytes:
    """Derive a locally administered hardware address from the serial number."""
    return b"\x02\xca" + zlib.crc32(serial.encode()).to_bytes(4, "big")
