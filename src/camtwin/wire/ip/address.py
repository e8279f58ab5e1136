"""Internet addresses: text where sockets take them, 32-bit numbers where registers hold them."""

from __future__ import annotations

from typing import TypeAlias

Peer: TypeAlias = tuple[str, int]
"""Internet address as text, UDP port."""


def dotted(address: int) -> str:
    """Format an address as text: 0x7F000001 -> 127.0.0.1."""
    return ".".join(str(byte) for byte in address.to_bytes(4, "big"))


def number(address: str) -> int:
    """Parse an address from text: 127.0.0.1 -> 0x7F000001."""
    return int.from_bytes(bytes(int(part) for part in address.split(".")), "big")


def is_host(address: int, netmask: int) -> bool:
    """Tell whether a device can have this address.

    It must lie in classes A to C, and be neither its network's own address nor the broadcast address.
    """
    hosts = ~netmask & 0xFFFF_FFFF
    unicast = 0 < address >> 24 < 0xE0
    contiguous = hosts & hosts + 1 == 0 and hosts != 0xFFFF_FFFF
    return unicast and contiguous and (hosts < 2 or 0 < address & hosts < hosts)
