"""The tree as bytes: the registers behind READREG, READMEM, WRITEREG and WRITEMEM."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Generic

from camtwin.genicam.bound import Node, SheetError
from camtwin.genicam.device import At, Device, Key, S
from camtwin.genicam.nodes import Feature, Numeric, String
from camtwin.genicam.tree import Tree
from camtwin.problem import Refused


@dataclass(frozen=True)
class RegisterAccess(Generic[S]):
    """Access to one register.

    number  whether its value is one number, so that a part of it means nothing
    """

    length: int
    read: Callable[[Device[S]], bytes]  # (device)
    write: Callable[[Device[S], bytes], None] | None  # (device, data)
    number: bool = False


class Registers(Generic[S]):
    """Registers of a tree by address: its features' values, and everything that rules decide."""

    def __init__(self, tree: Tree[S]) -> None:
        self.tree, self.at = tree, dict[int, RegisterAccess[S]]()
        shared: dict[int, list[Node]] = {}
        for node in (*tree.here, *tree.unlisted):
            for plane, address, coding in node.registers():
                value = plane == "Value"
                if value and (node.feature.elsewhere or node.feature.chunk):
                    continue  # answered by the link, or only in frames
                if value and node.feature.bits:
                    shared.setdefault(address, []).append(node)
                    continue
                for key, offset in node.keys.items():
                    self.at[address + offset] = self._register(node, plane, coding, key)
        self.at |= {address: self._shared(nodes) for address, nodes in shared.items()}
        self._sorted = sorted(self.at)
        for low, high in pairwise(self._sorted):
            if low + self.at[low].length > high or high > 0xFFFF_FFFF:
                raise SheetError(f"the registers at {low:#x} and {high:#x} overlap: give one an `at`")

    def _register(self, node: Node, plane: str, coding: Feature[Any], key: Key) -> RegisterAccess[S]:
        tree, order, value = self.tree, self.tree.order, plane == "Value"
        entries, names = (node.words, node.names) if value else ({}, {})

        def read(device: Device[S]) -> bytes:
            if value and node.access == "WO":
                return bytes(coding.length)
            at = At(device.settings, device, key)
            if value and coding.stored and isinstance(coding, String):  # its bytes, which need not be text
                return coding.pack(tree.held(node, at), order)
            shown = tree.ask(node, plane, at)
            return coding.pack(entries[shown] if entries else shown, order)

        def write(device: Device[S], data: bytes) -> None:
            wire = coding.unpack(data, order)
            tree.set(device, node.feature.name, names.get(wire, wire) if entries else wire, key)

        writable = value and node.access != "RO"
        return RegisterAccess(coding.length, read, write if writable else None, isinstance(coding, Numeric))

    def _shared(self, nodes: list[Node]) -> RegisterAccess[S]:
        """Combine several features in one register; a write changes only features whose bits differ.

        A command's bits read 0. Bits of read-only features are ignored like unused ones, because hosts write
        such registers whole.
        """
        tree, order = self.tree, self.tree.order
        length = max(n.feature.length for n in nodes)
        fields = [(n, *n.feature.bits) for n in nodes if n.feature.bits]

        def bits_of(device: Device[S], node: Node) -> int:
            if node.access == "WO":
                return 0
            shown = tree.get(device, node.feature.name)
            return node.words[shown] if node.words else int(shown)

        def read(device: Device[S]) -> bytes:
            return sum(bits_of(device, node) << low for node, low, _ in fields).to_bytes(length, order)

        def write(device: Device[S], data: bytes) -> None:
            new, old = int.from_bytes(data, order), int.from_bytes(read(device), order)
            for node, low, width in fields:
                if node.access != "RO" and (new ^ old) >> low & (1 << width) - 1:
                    wire = new >> low & (1 << width) - 1
                    tree.set(device, node.feature.name, node.names.get(wire, wire) if node.words else wire)

        return RegisterAccess(length, read, write)

    def any_in(self, address: int, length: int) -> bool:
        """Tell whether a register covers one of these bytes."""
        i = bisect_right(self._sorted, address + length - 1)
        return bool(i) and self._sorted[i - 1] + self.at[self._sorted[i - 1]].length > address

    def read(self, device: Device[S], address: int, length: int) -> bytes:
        """Read adjoining registers, or a part of one."""
        r = self.at.get(address)
        if r is not None and r.length == length:
            return r.read(device)
        out, at, end = b"", address, address + length
        while at < end:
            start, r = self._covering(at)
            out += r.read(device)[at - start : end - start]
            at = start + r.length
        return out

    def write(self, device: Device[S], address: int, data: bytes) -> None:
        at, end = address, address + len(data)
        while at < end:
            start, r = self._covering(at)
            if r.write is None:
                raise Refused("readonly", f"the register at {start:#x} is read-only")
            part, skip = data[at - address : start + r.length - address], at - start
            if whole := self._whole(device, start, r, skip, part):
                r.write(device, whole)
            at = start + r.length

    @staticmethod
    def _whole(device: Device[S], start: int, r: RegisterAccess[S], skip: int, part: bytes) -> bytes:
        """Return the register's bytes with a part of them written; none while parts of a number are missing.

        Other registers take each part at once. A number is written when its last part has come, in whatever
        order, because a new half and an old half are a number that the host never meant.
        """
        parts = device.parts.pop(start, {})
        if len(part) == r.length:
            return part
        parts |= dict(enumerate(part, skip))
        if r.number and len(parts) < r.length:
            device.parts[start] = parts
            return b""
        if len(parts) < r.length:
            parts = dict(enumerate(r.read(device))) | parts
        return bytes(parts[i] for i in range(r.length))

    def _covering(self, address: int) -> tuple[int, RegisterAccess[S]]:
        i = bisect_right(self._sorted, address)
        start = self._sorted[i - 1] if i else 0
        if not i or address >= start + self.at[start].length:
            raise Refused("address", f"no register at {address:#x}")
        return start, self.at[start]
