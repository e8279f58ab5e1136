"""Registers that a description has and no feature of the twin owns, in spans of adjoining ones.

A client that keeps the camera's own description reads them: limits, steps of formulas, parts of values. They
hold what the camera had, and what is written; nothing follows.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from camtwin.genicam.formula import Value
from camtwin.genicam.node_map import REGISTERS, NodeMap

MAX_REGISTER_BYTES: Final = 256
"""Limit of a register; longer ones are files."""
MAX_SPAN_BYTES: Final = 1024
"""Limit of adjoining registers that are one row of a sheet."""


@dataclass(frozen=True)
class RegisterNode:
    """A register of a description: its address, length, access, and value as the description tells it."""

    name: str
    address: int
    length: int
    access: str
    packed: bytes | None


@dataclass(frozen=True)
class Span:
    """Adjoining registers of one access, RO or RW, with their bytes."""

    address: int
    data: bytes
    access: str


def registers_of(nodes: NodeMap) -> Iterator[RegisterNode]:
    """Yield the registers of the camera itself whose place is known, in the order of the description."""
    for name, node in nodes.nodes.items():
        if node.kind not in REGISTERS or node.text("AccessMode") == "WO":
            continue
        port = nodes.port(node)
        if port is None or port.text("ChunkID") or port.text("EventID"):
            continue
        place = nodes.place(node, {})
        if place is None or not 0 <= place.address < 1 << 32 or place.length > MAX_REGISTER_BYTES:
            continue
        whole = None if place.bits else _packed(nodes.value(name), node.kind, place.length, place.order)
        access = "RO" if node.text("AccessMode") == "RO" else "RW"
        yield RegisterNode(name, place.address, place.length, access, whole)


def _packed(value: Value, kind: str, length: int, order: str) -> bytes | None:
    if not isinstance(value, int | float) or kind not in ("IntReg", "FloatReg"):
        return None
    try:
        if kind == "FloatReg":
            return struct.pack((">" if order == "big" else "<") + {4: "f", 8: "d"}[length], value)
        return int(value).to_bytes(length, "big" if order == "big" else "little", signed=value < 0)
    except (OverflowError, KeyError, struct.error, ValueError):
        return None


def spans(
    nodes: NodeMap, contents: Mapping[int, bytes], taken: Callable[[int, int], bool], word: int
) -> list[Span]:
    """Return what is known of the registers that nobody owns, sorted by address.

    contents  bytes that were read, by address
    taken     tells whether some of the bytes (address, length) are another's
    word      bytes in which the link reads
    """
    known: dict[int, tuple[bytes, str]] = {}
    for register in registers_of(nodes):
        data = contents.get(register.address, register.packed)
        if data is None or len(data) != register.length or (register.address | register.length) % word:
            continue
        if not taken(register.address, register.length):
            before = known.get(register.address, (b"", "RO"))
            both = "RW" if "RW" in (before[1], register.access) else "RO"  # parts may share a register
            known[register.address] = max(data, before[0], key=len), both
    found: list[Span] = []
    for address, (data, access) in sorted(known.items()):
        last = found[-1] if found else Span(-1, b"", "")
        end = last.address + len(last.data)
        if address < end:
            continue  # it lies in the one before
        if address == end and access == last.access and len(last.data) + len(data) <= MAX_SPAN_BYTES:
            found[-1] = Span(last.address, last.data + data, access)
        else:
            found.append(Span(address, data, access))
    return found
