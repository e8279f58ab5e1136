"""One packet as it arrived: what its header says, and what is wrong with it by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import permutations
from typing import Final

from camtwin.wire.csi2.lanes import unswapped
from camtwin.wire.csi2.packets import (
    CRC,
    CRC_BYTES,
    CRC_POLYNOMIAL,
    HEADER_BYTES,
    OVERHEAD_BYTES,
    Header,
    Uncorrectable,
    read_header,
)
from camtwin.wire.csi2.places import Part, part_of


class Kind(StrEnum):
    """Kinds of errors in a stream."""

    ECC_CORRECTED = "ecc-corrected"
    ECC = "ecc"
    CRC = "crc"
    WORD_COUNT = "word-count"
    LANE_SWAP = "lane-swap"
    LOST_LINE = "lost-line"
    SHORT_FRAME = "short-frame"
    FRAME_START = "frame-start"
    FRAME_END = "frame-end"
    FRAME_NUMBER = "frame-number"
    LINE_NUMBER = "line-number"
    DATA_TYPE = "data-type"
    EMBEDDED = "embedded"
    PACKET = "packet"
    MARK = "mark"
    TIME = "time"
    DUMP = "dump"


PERIOD: Final = (1 << 15) - 1
"""Bits after which a single wrong bit has the same effect on the CRC again."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """Something wrong with a packet.

    byte  of the packet; None: all of it
    """

    kind: Kind
    byte: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Packet:
    """A burst as it was understood.

    header  None: not to be read
    data    in the transmitter's order
    sound   whether the payload is what was sent
    """

    header: Header | None
    data: bytes
    wrong: tuple[Wrong, ...] = ()
    sound: bool = True

    @property
    def payload(self) -> memoryview:
        """What stands between header and CRC, whatever the word count says."""
        return memoryview(self.data)[HEADER_BYTES:-CRC_BYTES]


def whole(data: bytes) -> Header | None:
    """Return the header of a packet with nothing wrong; None if something is."""
    if len(data) < HEADER_BYTES:
        return None
    try:
        header, corrected = read_header(data)
    except Uncorrectable:
        return None
    if corrected is not None or header.packet_bytes != len(data):
        return None
    return header if not header.long or _crc_wrong(data) is None else None


def lane_order(data: bytes, lanes: int) -> tuple[int, ...] | None:
    """Return the order of lanes in which a long packet with something wrong has nothing wrong."""
    rounds = -(-HEADER_BYTES // lanes) * lanes
    if len(data) < max(rounds, OVERHEAD_BYTES):
        return None
    for order in permutations(range(lanes)):
        try:
            header, corrected = read_header(unswapped(data[:rounds], order))
        except Uncorrectable:
            continue
        fits = header.long and header.packet_bytes == len(data) and corrected is None
        if fits and whole(unswapped(data, order)):
            return order
    return None


def in_order(data: bytes, order: Sequence[int]) -> Packet | None:
    """Return a packet that is sound in another order of lanes; None if it is not."""
    back = unswapped(data, order)
    header = whole(back) if back != data else None
    if header is None or part_of(header.data_type) is Part.OTHER:
        return None
    lanes = ", ".join(f"{lane} on {k}" for k, lane in enumerate(order) if lane != k)
    return Packet(header, back, (Wrong(Kind.LANE_SWAP, None, f"lanes are swapped: {lanes}"),))


def examine(data: bytes) -> Packet:
    """Return a packet as it is understood, with everything that is wrong with it by itself."""
    if len(data) < HEADER_BYTES:
        text = f"a packet of {len(data)} bytes has no header"
        return Packet(None, data, (Wrong(Kind.PACKET, 0, text),), sound=False)
    wrong: list[Wrong] = []
    header: Header | None = None
    try:
        header, corrected = read_header(data)
    except Uncorrectable as error:
        wrong.append(Wrong(Kind.ECC, 0, str(error)))
    else:
        if corrected is not None:
            byte, bit = divmod(corrected, 8)
            wrong.append(
                Wrong(Kind.ECC_CORRECTED, byte, f"bit {bit} of the header is wrong, the ECC corrects it")
            )
        if part_of(header.data_type) is Part.OTHER:
            wrong.append(Wrong(Kind.DATA_TYPE, 0, f"data type {header.data_type:#04x} is no image's"))
        wrong += _length(header, len(data))
    long = header.long if header else len(data) >= OVERHEAD_BYTES
    if not long:
        return Packet(header, data, tuple(wrong), sound=not wrong)
    if len(data) < OVERHEAD_BYTES:
        return Packet(header, data, tuple(wrong), sound=False)
    bad = _crc_wrong(data)
    if bad:
        wrong.append(bad)
    return Packet(header, data, tuple(wrong), sound=bad is None)


def _length(header: Header, size: int) -> Iterator[Wrong]:
    if header.packet_bytes == size:
        return
    if header.long:
        text = f"word count {header.field}, but {max(0, size - OVERHEAD_BYTES)} bytes of payload"
        yield Wrong(Kind.WORD_COUNT, 1, text)
    else:
        yield Wrong(Kind.WORD_COUNT, HEADER_BYTES, f"{size - HEADER_BYTES} bytes behind a short packet")


def _crc_wrong(data: bytes) -> Wrong | None:
    """Return what is wrong with the CRC of a long packet of any length, if it is."""
    from camtwin.wire.csi2 import kernels

    size = len(data) - OVERHEAD_BYTES
    computed = kernels.checksum(memoryview(data)[HEADER_BYTES:-CRC_BYTES])
    (received,) = CRC.unpack(data[-CRC_BYTES:])
    if received == computed:
        return None
    single = [f"byte {at} bit {bit}" for at, bit in _single(received ^ computed, size)]
    one = f"; one wrong bit if it is {' or '.join(single)}" if single else "; more than one bit is wrong"
    text = f"CRC {received:04x}, but {computed:04x} is that of the payload{one}"
    return Wrong(Kind.CRC, HEADER_BYTES + size, text)


def _single(difference: int, size: int) -> Iterator[tuple[int, int]]:
    """Yield the bits of a packet, (byte, bit), that by themselves make this difference in its CRC."""
    if difference.bit_count() == 1:
        bit = difference.bit_length() - 1
        yield HEADER_BYTES + size + bit // 8, bit % 8
    if (behind := _effects().get(difference)) is not None:
        for last in range(8 * size - 1 - behind, -1, -PERIOD):
            yield HEADER_BYTES + last // 8, last % 8


@lru_cache(1)
def _effects() -> dict[int, int]:
    """Return how many bits of payload follow a wrong one, by what it does to the CRC."""
    effects: dict[int, int] = {}
    state = CRC_POLYNOMIAL
    for behind in range(PERIOD):
        effects[state] = behind
        state = state >> 1 ^ (CRC_POLYNOMIAL if state & 1 else 0)
    return effects
