"""Does the judge of CSI-2 streams turn red on a stream with one thing wrong in it?

The bytes of sound dumps are changed, as an encoder with that error would write them.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import wraps
from typing import TypeAlias

import numpy as np
import pytest

import csi2_decoder as decoder
from csi2_decoder import Wrong, ecc
from csi2_judge import FULL, SMALL, Sent, judge, random_codes, two_exposures

Change: TypeAlias = Callable[[bytes], bytes]


def sealed(packet: bytes | bytearray) -> bytes:
    """Return a long packet with the ECC and the CRC that its bytes ask for."""
    header, payload = bytes(packet[:3]), bytes(packet[4:-2])
    checksum = decoder.crc(np.frombuffer(payload, np.uint8)[None])
    return header + bytes([ecc(header)]) + payload + int(checksum[0]).to_bytes(2, "little")


def of_type(*types: int) -> Callable[[Change], Change]:
    """Let a change touch packets of some data types only."""

    def limited(change: Change) -> Change:
        @wraps(change)
        def changed(packet: bytes) -> bytes:
            return change(packet) if packet[0] & 0x3F in types else packet

        return changed

    return limited


@of_type(decoder.RAW10)
def low_bits_of_the_last_pixel_first(packet: bytes) -> bytes:
    low = [sum((byte >> 2 * pixel & 3) << 6 - 2 * pixel for pixel in range(4)) for byte in packet[8:-2:5]]
    changed = bytearray(packet)
    changed[8:-2:5] = bytes(low)
    return sealed(changed)


@of_type(decoder.RAW12)
def low_bits_of_the_second_pixel_first(packet: bytes) -> bytes:
    changed = bytearray(packet)
    changed[6:-2:3] = bytes(byte >> 4 | (byte & 15) << 4 for byte in packet[6:-2:3])
    return sealed(changed)


@of_type(decoder.RAW10, decoder.RAW12)
def low_bits_before_high_ones(packet: bytes) -> bytes:
    group = 5 if packet[0] & 0x3F == decoder.RAW10 else 3
    payload = packet[4:-2]
    turned = b"".join(
        payload[at + group - 1 : at + group] + payload[at : at + group - 1]
        for at in range(0, len(payload), group)
    )
    return sealed(packet[:4] + turned + packet[-2:])


@of_type(decoder.EMBEDDED, decoder.RAW10, decoder.RAW12)
def checksum_with_the_highest_bit_first(packet: bytes) -> bytes:
    state = 0xFFFF
    for byte in packet[4:-2]:
        state ^= byte << 8
        for _ in range(8):
            state = state << 1 & 0xFFFF ^ (0x1021 if state & 0x8000 else 0)
    return packet[:-2] + state.to_bytes(2, "little")


@of_type(decoder.EMBEDDED, decoder.RAW10, decoder.RAW12)
def checksum_with_its_high_byte_first(packet: bytes) -> bytes:
    return packet[:-2] + packet[:-3:-1]


def ecc_with_its_bits_turned(packet: bytes) -> bytes:
    return packet[:3] + bytes([int(f"{packet[3]:06b}"[::-1], 2)]) + packet[4:]


def ecc_of_bits_in_another_order(packet: bytes) -> bytes:
    turned = bytes(int(f"{byte:08b}"[::-1], 2) for byte in packet[2::-1])
    return packet[:3] + bytes([ecc(turned)]) + packet[4:]


@of_type(decoder.EMBEDDED, decoder.RAW10, decoder.RAW12)
def word_count_with_its_high_byte_first(packet: bytes) -> bytes:
    return sealed(packet[:1] + packet[2:0:-1] + packet[3:])


def first_two_lanes_exchanged(packet: bytes) -> bytes:
    changed = bytearray(packet)
    whole = len(packet) // SMALL.lanes * SMALL.lanes
    changed[0 : whole : SMALL.lanes] = packet[1 : whole : SMALL.lanes]
    changed[1 : whole : SMALL.lanes] = packet[0 : whole : SMALL.lanes]
    return bytes(changed)


def other_channel(packet: bytes) -> bytes:
    header = bytes([packet[0] ^ 0x40, *packet[1:3]])
    return header + bytes([ecc(header)]) + packet[4:]


@of_type(decoder.EMBEDDED)
def address_with_its_low_byte_first(packet: bytes) -> bytes:
    return sealed(packet.replace(b"\xaa\x02\xa5\x55\x03", b"\xaa\x03\xa5\x55\x02"))


@of_type(decoder.EMBEDDED)
def nothing_carried_as_zero(packet: bytes) -> bytes:
    changed = bytearray(packet)
    group = 5 if len(packet) == 4 + 20 + 2 else 3
    changed[3 + group : -2 : group] = bytes(len(packet[3 + group : -2 : group]))
    return sealed(changed)


@of_type(decoder.FRAME_START)
def frame_number_one_higher(packet: bytes) -> bytes:
    header = bytes([packet[0], packet[1] + 1, packet[2]])
    return header + bytes([ecc(header)])


@of_type(decoder.LINE_START)
def lines_from_zero(packet: bytes) -> bytes:
    header = bytes([packet[0], packet[1] - 1, packet[2]])
    return header + bytes([ecc(header)])


SABOTAGE: dict[Change, tuple[int, str]] = {
    low_bits_of_the_last_pixel_first: (10, "byte .* differ"),
    low_bits_of_the_second_pixel_first: (12, "byte .* differ"),
    low_bits_before_high_ones: (10, "byte .* differ"),
    checksum_with_the_highest_bit_first: (10, "wrong CRC"),
    checksum_with_its_high_byte_first: (12, "wrong CRC"),
    ecc_with_its_bits_turned: (10, "wrong bit"),
    ecc_of_bits_in_another_order: (10, "wrong bit"),
    word_count_with_its_high_byte_first: (10, "has 26 bytes, its header"),
    first_two_lanes_exchanged: (10, "has 4 bytes, its header is 05 40 2f 00"),
    other_channel: (10, "says channel 0, not 1"),
    address_with_its_low_byte_first: (10, r"registers: \{770: 7\}, not \{515: 7\}"),
    nothing_carried_as_zero: (12, "not 0x55"),
    frame_number_one_higher: (10, r"type and field \(1, 5\), not \(1, 6\)"),
    lines_from_zero: (10, r"type and field \(2, 0\), not \(2, 1\)"),
}


def sabotaged(sent: Sent, change: Change) -> bytes:
    """Return the dump of `sent`, each packet changed; the container of it stays sound."""
    changed = bytearray(SMALL.encoded(sent.frame()))[:16]
    for _, time_ns, kind, code, count, data in decoder.records(SMALL.encoded(sent.frame())):
        data = change(data) if kind == 1 else data
        changed += struct.pack("<QBBBBI", time_ns, kind, code, count, 0, len(data)) + data
    return bytes(changed)


def numbered_frame(bits: int) -> Sent:
    codes = random_codes(4, 16, bits)
    return Sent(codes, bits, 100, Fraction(12_345, 2), 5, {0x0203: 7}, channel=1, line_numbers=True)


@pytest.mark.parametrize("change", SABOTAGE, ids=lambda change: change.__name__)
def test_an_encoder_with_one_thing_wrong_is_caught(change: Change):
    bits, message = SABOTAGE[change]
    sent = numbered_frame(bits)
    judge(sabotaged(sent, lambda packet: packet), [sent], SMALL)
    with pytest.raises((AssertionError, Wrong), match=message):
        judge(sabotaged(sent, change), [sent], SMALL)


def test_times_that_are_wrong_are_caught():
    sent = numbered_frame(10)
    encoded = SMALL.encoded(sent.frame())
    later, slower = replace(sent, start_ns=101), replace(sent, line_ns=sent.line_ns + Fraction(1, 2))
    with pytest.raises(AssertionError, match=r"packet 0: \(100, 313, 393\), not \(101, 314, 394\)"):
        judge(encoded, [later], SMALL)
    with pytest.raises(AssertionError, match=r"packet 1: \(6272, .*, not \(6273, "):
        judge(encoded, [slower], SMALL)
    with pytest.raises(AssertionError, match=r"packet 0: \(100, 313, 393\), not \(100, 312, 391\)"):
        judge(encoded, [sent], replace(SMALL, bits_per_s=1_100_000_000))


def test_exposures_one_line_too_close_are_caught():
    (close, _), (_, wide) = two_exposures(24), two_exposures(26)
    with pytest.raises(AssertionError, match=r"times of packet 0: .*, not"):
        judge(close, wide, FULL)


@pytest.mark.parametrize("byte", range(5, 24))
def test_any_wrong_bit_of_a_payload_or_its_checksum_is_found(byte: int):
    sent = numbered_frame(10)
    for bit in range(8):

        @of_type(decoder.RAW10)
        def flip(packet: bytes, bit: int = bit) -> bytes:
            return packet[:byte] + bytes([packet[byte] ^ 1 << bit]) + packet[byte + 1 :]

        with pytest.raises(Wrong, match="wrong CRC"):
            judge(sabotaged(sent, flip), [sent], SMALL)


@pytest.mark.parametrize("bit", [0, 8, 20, 31])
def test_a_wrong_bit_of_a_header_is_corrected_in_a_stream_and_two_end_it(bit: int):
    sent = numbered_frame(10)
    one = sabotaged(sent, lambda packet: flipped(packet, bit))
    got = decoder.read(one)
    assert {p.wrong_bit for p in got.packets} == {bit}
    assert [p.header for p in got.packets] == [
        p.header for p in decoder.read(SMALL.encoded(sent.frame())).packets
    ]
    with pytest.raises(Wrong, match="more than one wrong bit"):
        decoder.read(sabotaged(sent, lambda packet: flipped(flipped(packet, bit), 3)))


def flipped(packet: bytes, bit: int) -> bytes:
    return packet[: bit // 8] + bytes([packet[bit // 8] ^ 1 << bit % 8]) + packet[bit // 8 + 1 :]
