"""An independent decoder of CSI-2 dumps: a second judge of what `camtwin.wire.csi2` encodes.

It imports nothing of camtwin and was typed without reading the encoder: the two shall not share an error.
Sources: docs/csi2.md for the container and what a twin sends; MIPI CSI-2 1.3 as public texts give it (9.5
ECC, 9.6 checksum); V4L2_PIX_FMT_SRGGB10P and SRGGB12P of Linux for packed pixels; the parsers of libcamera
and of Palm's smia10.c for embedded data. `read` walks the records of a dump and returns packets, `frames`
puts these together; both raise `Wrong` at the first thing that is not as the sources say.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, pairwise, zip_longest

import numpy as np
from numpy.typing import NDArray

FRAME_START, FRAME_END, LINE_START, LINE_END, EMBEDDED, RAW10, RAW12 = 0, 1, 2, 3, 0x12, 0x2B, 0x2C
SHORT = (FRAME_START, FRAME_END, LINE_START, LINE_END)
BITS = {RAW10: 10, RAW12: 12}

STOP, HIGH_SPEED, ULTRA_LOW_POWER, WAKING = range(4)
FOLLOWING = ((HIGH_SPEED, ULTRA_LOW_POWER), (STOP,), (WAKING,), (STOP,))
"""The states that may follow each state of the lanes."""
MIN_NS = {STOP: 100, WAKING: 1_000_000}
"""How long some of them last at least, in ns: T_HS-EXIT after a burst, and T_WAKEUP of D-PHY 1.2."""


class Wrong(Exception):
    """A dump that is not sound: what is wrong, and where."""


PARITY = (
    (0, 1, 2, 4, 5, 7, 10, 11, 13, 16, 20, 21, 22, 23),
    (0, 1, 3, 4, 6, 8, 10, 12, 14, 17, 20, 21, 22, 23),
    (0, 2, 3, 5, 6, 9, 11, 12, 15, 18, 20, 21, 22),
    (1, 2, 3, 7, 8, 9, 13, 14, 15, 19, 20, 21, 23),
    (4, 5, 6, 7, 8, 9, 16, 17, 18, 19, 20, 22, 23),
    (10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 21, 22, 23),
)
"""The bits of a header that parity bits 0 to 5 are the exclusive or of: bit 0 is the identifier's lowest."""


def ecc(header: Sequence[int]) -> int:
    """Return the ECC of the first three bytes of `header`."""
    bits = [byte >> bit & 1 for byte in header[:3] for bit in range(8)]
    return sum((sum(bits[d] for d in parity) & 1) << p for p, parity in enumerate(PARITY))


def corrected(header: Sequence[int]) -> tuple[bytes, int | None]:
    """Return a header of 4 bytes without its wrong bit, and which of its 32 bits that was.

    There is no table of syndromes: the one bit is sought that makes the header sound if it is flipped.
    """
    sent = int.from_bytes(header, "little")
    for bit, flip in (None, 0), *((bit, 1 << bit) for bit in range(32)):
        tried = (sent ^ flip).to_bytes(4, "little")
        if ecc(tried) == tried[3]:
            return tried, bit
    raise Wrong(f"header {bytes(header).hex(' ')} has more than one wrong bit")


CRC_OF_BYTE: NDArray[np.uint16] = np.arange(256, dtype=np.uint16)
for _ in range(8):
    CRC_OF_BYTE = CRC_OF_BYTE >> np.uint16(1) ^ (CRC_OF_BYTE & np.uint16(1)) * np.uint16(0x8408)


def crc(payloads: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """Return the CRC of each row of `payloads`: x^16 + x^12 + x^5 + 1, lowest bit first, from 0xFFFF."""
    state = np.full(len(payloads), 0xFFFF, np.uint16)
    for column in np.ascontiguousarray(payloads.T):
        state = state >> np.uint16(8) ^ CRC_OF_BYTE[(state ^ column) & np.uint16(0xFF)]
    return state


def merged(lanes: Sequence[bytes]) -> bytes:
    """Return the byte stream that was shared out to `lanes`, a byte to each in turn."""
    stream = bytearray(sum(len(lane) for lane in lanes))
    for lane, data in enumerate(lanes):
        stream[lane :: len(lanes)] = data
    return bytes(stream)


def unpacked(rows: NDArray[np.uint8], bits: int) -> NDArray[np.uint16]:
    """Return the codes of RAW10 or RAW12 payloads of one length, a payload a row.

    RAW10: the high 8 bits of four pixels, then a byte of low bits, the first pixel's in bits 1 and 0.
    RAW12: the high 8 bits of two pixels, then a byte of low bits, the first pixel's in bits 3 to 0.
    """
    low, pixels = bits - 8, 8 // (bits - 8)
    if rows.shape[1] % (pixels + 1):
        raise Wrong(f"{rows.shape[1]} bytes are no whole groups of {pixels} pixels of {bits} bits")
    groups = rows.reshape(len(rows), -1, pixels + 1).astype(np.uint16)
    shifts = np.arange(0, 8, low, dtype=np.uint16)
    codes = groups[..., :pixels] << np.uint16(low) | groups[..., pixels:] >> shifts & np.uint16(2**low - 1)
    return codes.reshape(len(rows), -1)


def registers(payload: bytes, bits: int) -> list[tuple[int, int]]:
    """Return addresses and values in an embedded line that is packed like pixels of `bits` bits.

    Tag A5 replaces the low byte of the address as it has been counted up, its carry too: so do libcamera
    and Palm's smia10.c. After AA the low byte must be said, as the latter wants it.
    """
    group = {10: 5, 12: 3}[bits]
    if set(payload[group - 1 :: group]) - {0x55}:
        raise Wrong("a byte of an embedded line that carries nothing is not 0x55")
    line = bytes(byte for at, byte in enumerate(payload) if at % group != group - 1)
    if line[:1] != b"\x0a":
        raise Wrong("an embedded line does not begin with 0a")
    found: list[tuple[int, int]] = []
    high, address = -1, -1  # not said yet
    for at in range(1, len(line) - 1, 2):
        tag, value = line[at : at + 2]
        if tag == 0x07 and set(line[at:]) == {0x07}:
            return found
        if tag == 0xAA:
            high, address = value, -1
        elif tag == 0xA5 and high >= 0:
            address = high << 8 | value
        elif tag in (0x5A, 0x55) and address >= 0:
            if tag == 0x5A:
                found.append((address, value))
            address += 1
            high = address >> 8
        else:
            raise Wrong(f"byte {at} of an embedded line is tag {tag:02x}")
    raise Wrong("an embedded line has no end")


@dataclass(frozen=True)
class Packet:
    """A packet of a dump, its header corrected.

    at                  byte of the dump at which its record begins
    enter_ns, leave_ns  when the lanes leave the stop state for it, and when they are back
    meant               virtual channel that the transmitter meant; None if the dump does not say it
    wrong_bit           of the header, which has been corrected
    field               word count of a long packet, number of a short one
    checksum            CRC of a long packet, as it was sent
    """

    at: int
    enter_ns: int
    time_ns: int
    lanes: int
    meant: int | None
    header: bytes
    wrong_bit: int | None
    channel: int
    data_type: int
    field: int
    payload: bytes
    checksum: int | None
    leave_ns: int = -1


@dataclass
class Dump:
    """The packets of a dump, and the times of the lanes' sleep: ULPS, waking, in the stop state."""

    packets: list[Packet] = field(default_factory=list)
    sleeps: list[tuple[int, int, int]] = field(default_factory=list)


def records(dump: bytes) -> Iterator[tuple[int, int, int, int, int, bytes]]:
    """Yield where each record begins, its time in ns, kind, second byte, number of lanes, and payload."""
    if dump[:16] != b"CSI2DUMP\x01\x00" + bytes(6):
        raise Wrong(f"a dump begins with {dump[:16].hex(' ')}")
    at, before = 16, 0
    while at < len(dump):
        head = dump[at : at + 16].ljust(16, b"\xff")
        time_ns, kind, code, lanes, zero, size = struct.unpack("<QBBBBI", head)
        burst = kind == 1 and code in (0, 1, 2, 3, 255) and 1 <= size <= 65541
        mark = kind == 2 and code in range(4) and size == 0
        if not (burst or mark) or lanes not in range(1, 5) or zero:
            raise Wrong(f"the record at byte {at} has a header of {head.hex(' ')}")
        if len(dump) < at + 16 + size or time_ns < before:
            raise Wrong(f"the record at byte {at} is cut, or of a time before the one before it")
        yield at, time_ns, kind, code, lanes, dump[at + 16 : at + 16 + size]
        at, before = at + 16 + size, time_ns


def read(dump: bytes) -> Dump:
    """Return the packets of a dump; the lanes must be in the right state for each, and at the end in stop."""
    result = Dump()
    state, marks_ns = STOP, [0]
    sent: Packet | None = None
    for at, time_ns, kind, code, lanes, data in records(dump):
        if kind == 1:
            if state != HIGH_SPEED or sent:
                raise Wrong(f"the burst at byte {at} is not alone between marks HS and LP")
            sent = _packet(at, marks_ns[-1], time_ns, lanes, code, data)
            continue
        if code not in FOLLOWING[state] or (state == HIGH_SPEED and not sent):
            raise Wrong(f"the mark at byte {at} takes the lanes from state {state} to {code}")
        lasted_ns = time_ns - marks_ns[-1]
        if len(marks_ns) > 1 and lasted_ns < MIN_NS.get(state, 0):
            raise Wrong(f"the mark at byte {at} ends state {state} after {lasted_ns} ns")
        if sent:
            result.packets.append(replace(sent, leave_ns=time_ns))
            sent = None
        if state == WAKING:
            result.sleeps.append((marks_ns[-2], marks_ns[-1], time_ns))
        state = code
        marks_ns.append(time_ns)
    if state != STOP:
        raise Wrong(f"the dump ends with the lanes in state {state}")
    return result


def _packet(at: int, enter_ns: int, time_ns: int, lanes: int, code: int, data: bytes) -> Packet:
    header, wrong_bit = corrected(data[:4].ljust(4, b"\xff"))
    channel, data_type, number = header[0] >> 6, header[0] & 0x3F, header[1] | header[2] << 8
    payload, checksum = data[4:-2], int.from_bytes(data[-2:], "little")
    if data_type in SHORT:
        payload, checksum = b"", None
    if len(data) != (4 if data_type in SHORT else 4 + number + 2):
        raise Wrong(f"the burst at byte {at} has {len(data)} bytes, its header is {header.hex(' ')}")
    known = (header, wrong_bit, channel, data_type, number, payload, checksum)
    return Packet(at, enter_ns, time_ns, lanes, None if code == 255 else code, *known)


def wrong_crcs(packets: Sequence[Packet]) -> list[Packet]:
    """Return the packets whose CRC is not that of their payload."""
    wrong: list[Packet] = []
    for size in {len(p.payload) for p in packets if p.checksum is not None}:
        group = [p for p in packets if p.checksum is not None and len(p.payload) == size]
        wrong += [p for p, right in zip(group, crc(_rows(group)), strict=True) if p.checksum != right]
    return wrong


def _rows(packets: Sequence[Packet]) -> NDArray[np.uint8]:
    """Return the payloads of packets of one length, each a row."""
    return np.array([np.frombuffer(packet.payload, np.uint8) for packet in packets])


@dataclass(frozen=True)
class Frame:
    """A frame of one virtual channel, and the packets it came in."""

    channel: int
    number: int
    bits: int
    codes: NDArray[np.uint16]
    registers: dict[int, int]
    line_numbers: bool
    packets: list[Packet]


def frames(dump: Dump) -> list[Frame]:
    """Return the frames of a dump in the order of their ends; all their packets must be sound."""
    for packet in wrong_crcs(dump.packets):
        raise Wrong(f"the packet at byte {packet.at} has a wrong CRC")
    result: list[Frame] = []
    open_: dict[int, list[Packet]] = {}
    for packet in dump.packets:
        if packet.wrong_bit is not None:
            raise Wrong(f"the packet at byte {packet.at} has wrong bit {packet.wrong_bit} in its header")
        if packet.meant not in (None, packet.channel):
            raise Wrong(f"the packet at byte {packet.at} says channel {packet.channel}, not {packet.meant}")
        if (packet.data_type == FRAME_START) == (packet.channel in open_):
            raise Wrong(f"the packet at byte {packet.at} of type {packet.data_type:#x} is out of its frame")
        open_.setdefault(packet.channel, []).append(packet)
        if packet.data_type == FRAME_END:
            result.append(_frame(open_.pop(packet.channel)))
    if open_:
        raise Wrong(f"frames of channels {sorted(open_)} do not end")
    return result


def _frame(packets: list[Packet]) -> Frame:
    """Return the frame of packets from frame start to frame end."""
    start = packets[0]
    embedded = [p for p in packets if p.data_type == EMBEDDED]
    rows = [p for p in packets if p.data_type in BITS]
    if not rows:
        raise Wrong(f"the frame at byte {start.at} has no rows")
    row, size = rows[0].data_type, rows[0].field
    numbered = any(p.data_type in (LINE_START, LINE_END) for p in packets)
    lines = [[(LINE_START, k), (row, size), (LINE_END, k)] for k in range(1, len(rows) + 1)]
    expected = chain(
        [(FRAME_START, start.field)],
        [(EMBEDDED, size)] * len(embedded),
        chain(*lines) if numbered else [(row, size)] * len(rows),
        [(FRAME_END, start.field)],
    )
    for packet, right in zip_longest(packets, expected):
        got = packet and (packet.data_type, packet.field)
        if got != right:
            raise Wrong(f"the frame at byte {start.at} has a packet of type and field {got}, not {right}")
    found = [pair for packet in embedded for pair in registers(packet.payload, BITS[row])]
    if any(later <= address for (address, _), (later, _) in pairwise(found)):
        raise Wrong(f"the frame at byte {start.at} has embedded data of addresses that do not rise")
    codes = unpacked(_rows(rows), BITS[row])
    return Frame(start.channel, start.field, BITS[row], codes, dict(found), numbered, packets)
