"""Dumps of a sensor's registers, as tools and drivers write them -> the bytes at their addresses.

    0340: 0c 1e 11 a0                                rows of i2cdump, hexdump -C, xxd: address, bytes
    0x0340 0x0c1e      reg 0x0340 = 0x0c             address and value, with any words around them
    {0x0340, 0x0c}, {CCI_REG16(0x0342), 0x11a0},     tables in C
    i2ctransfer -y 10 w4@0x1a 0x03 0x40 0x0c 0x1e    command lines
    i2c_write: i2c-10 #0 a=01a f=0000 l=3 [01-00-01] the kernel's trace of a bus, with its i2c_reply

Numbers are hexadecimal. A value of one or two digits is a byte, a longer one as many as it has digits for. A
later line wins. Lines in which nothing is found are counted, not refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Final, TypeAlias

HEX: Final = "[0-9a-fA-F]"
ROW: Final = re.compile(rf"^\s*(?:0x)?({HEX}{{2,8}})(?::|\s\s)\s*(?=(?:0x)?(?:{HEX}{{2}}|XX|xx))")
"""An address, and behind it bytes."""
BYTES: Final = re.compile(rf"(?:0x)?((?:{HEX}{{2}}|XX|xx)+)")
PAIR: Final = re.compile(rf"0x({HEX}{{3,4}})(?!{HEX})\)?\W[^{{}}]*?0x({HEX}{{1,8}})(?!{HEX})")
SPACED: Final = re.compile(rf"^\s*({HEX}{{4}})[\s=]+({HEX}{{2}}|{HEX}{{4}})\s*$")
MACRO: Final = re.compile(rf"CCI_REG(8|16|24|32)\(0x({HEX}{{3,4}})\)\s*,\s*(0x{HEX}+|\d+)")
TRANSFER: Final = re.compile(rf"\bw\d+@(?:0x)?({HEX}+)((?:\s+0x{HEX}{{1,2}})+)")
TRACE: Final = re.compile(rf"i2c_(write|reply): \S+ #\d+ a=({HEX}+) f={HEX}+ l=\d+ \[((?:{HEX}{{2}}-?)+)\]")
COMMENT: Final = re.compile(r"/\*.*?\*/|//.*$|(?:^|(?<=\s))#(?!\d+ a=).*$")
"""Comments of C and of shells; the kernel's trace counts messages with a #."""
INDEX_BYTES: Final = 2
MAX_ADDRESS: Final = 0xFFFF
Found: TypeAlias = tuple[int, bytes]


@dataclass
class Dump:
    """The bytes of a dump by address, and the lines in which nothing was found: number and text."""

    memory: dict[int, int] = field(default_factory=dict)
    unread: list[tuple[int, str]] = field(default_factory=list)


def parse(text: str, addresses: frozenset[int]) -> Dump:
    """Parse a dump; `addresses` are the sensor's on the bus, for traces of buses with others on them."""
    dump, index = Dump(), 0
    for number, line in enumerate(text.splitlines(), 1):
        bare = COMMENT.sub(" ", line)
        if traced := TRACE.search(bare):
            data = bytes.fromhex(traced[3].replace("-", ""))
            if int(traced[2], 16) not in addresses:
                continue
            if traced[1] == "write" and len(data) >= INDEX_BYTES:
                index, data = int.from_bytes(data[:INDEX_BYTES], "big"), data[INDEX_BYTES:]
            found = [(index, data)]
            index += len(data)
        else:
            found = [*_found(bare, addresses)]
        for address, data in found:
            for place, byte in enumerate(data, address):
                if place <= MAX_ADDRESS:
                    dump.memory[place] = byte
        if not found and re.search(rf"{HEX}{{2}}", bare):
            dump.unread.append((number, line.strip()))
    return dump


def _found(line: str, addresses: frozenset[int]) -> Iterator[Found]:
    """Yield the addresses of a line, each with its bytes; nothing at addresses of other chips."""
    if sent := TRANSFER.search(line):
        data = bytes(int(one, 16) for one in sent[2].split())
        if int(sent[1], 16) in addresses and len(data) > INDEX_BYTES:
            yield int.from_bytes(data[:INDEX_BYTES], "big"), data[INDEX_BYTES:]
        return
    if macros := MACRO.findall(line):
        for bits, address, value in macros:
            number = int(value, 0) & (1 << int(bits)) - 1
            yield int(address, 16), number.to_bytes(int(bits) // 8, "big")
        return
    if row := ROW.match(line):
        yield from _row(int(row[1], 16), line[row.end() :])
        return
    if spaced := SPACED.match(line):
        yield int(spaced[1], 16), bytes.fromhex(spaced[2])
        return
    for address, value in PAIR.findall(line):
        yield int(address, 16), _bytes(value)


def _row(address: int, text: str) -> Iterator[Found]:
    """Yield the bytes of a row one by one; XX is a byte that could not be read.

    Two blanks part halves of a row, and the bytes as text, which tools put behind them: later parts count
    only where they are bytes, each by itself.
    """
    for part, words in enumerate(re.split(r"\s{2,}|\s*\|", text.strip())):
        groups = [BYTES.fullmatch(word) for word in words.replace(",", " ").split()]
        known = [group[1] for group in takewhile(bool, groups) if group]
        if part and (len(known) < len(groups) or any(len(digits) > 2 for digits in known)):
            return
        digits = "".join(known)
        for place in range(0, len(digits), 2):
            if (pair := digits[place : place + 2]) not in ("XX", "xx"):
                yield address, bytes.fromhex(pair)
            address += 1
        if len(known) < len(groups):
            return


def _bytes(digits: str) -> bytes:
    return bytes.fromhex(digits.zfill(len(digits) + len(digits) % 2))
