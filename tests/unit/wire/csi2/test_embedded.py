"""Embedded data: any registers there and back, bytes typed by hand, and hostile lines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camtwin.wire.csi2 import embedded
from camtwin.wire.csi2.embedded import EmbeddedError

registers = st.dictionaries(st.integers(0, 0xFFFF), st.integers(0, 255), max_size=60)
depths = st.sampled_from([10, 12])


def hexed(text: str) -> bytes:
    return bytes.fromhex(text)


def test_raw10_by_hand():
    """Two neighbours, a register further on, and one of another page: 0x55 after every four bytes."""
    first, second = embedded.encode({0x0202: 0x06, 0x0203: 0x48, 0x0205: 9, 0x0340: 0x0C}, 28, 10)
    assert first.tobytes() == hexed(
        "0a aa 02 a5 55  02 5a 06 5a 55  48 55 00 5a 55  09 aa 03 a5 55  40 5a 0c 07 55  07 07 07 07 55"
        "07 07 07 07 55"
    )
    assert second.tobytes() == hexed("0a 07 07 07 55" + "07 07 07 07 55" * 6)


def test_raw12_by_hand():
    first, second = embedded.encode({0x0016: 0x05, 0x0017: 0x77, 0x0020: 1}, 16, 12)
    assert first.tobytes() == hexed(
        "0a aa 55  00 a5 55  16 5a 55  05 5a 55  77 a5 55  20 5a 55  01 07 55  07 07 55"
    )
    assert second.tobytes() == hexed("0a 07 55" + "07 07 55" * 7)


def test_a_second_line_begins_with_its_address():
    first, second = embedded.encode({0x0202: 1, 0x0203: 2, 0x0204: 3}, 12, 10)
    assert first.tobytes() == hexed("0a aa 02 a5 55  02 5a 01 5a 55  02 07 07 07 55")
    assert second.tobytes() == hexed("0a aa 02 a5 55  04 5a 03 07 55  07 07 07 07 55")


@given(registers=registers, bits=depths, lines=st.integers(1, 4), width=st.integers(20, 120))
def test_registers_come_back(registers, bits, lines, width):
    width *= 4
    try:
        payloads = embedded.encode(registers, width, bits, lines)
    except ValueError:
        assert len(registers) * 6 + 3 * lines > lines * (width - 8)
        return
    assert [payload.size for payload in payloads] == [width * bits // 8] * lines
    assert embedded.decode([payload.tobytes() for payload in payloads], bits) == registers


@pytest.mark.parametrize("registers", [{0x1_0000: 1}, {-1: 1}, {2: 256}, {2: -1}])
def test_what_is_no_register_is_refused(registers):
    with pytest.raises(ValueError, match=r"^register .* is not 16 bits of address, 8 of value$"):
        embedded.encode(registers, 100, 10)


@pytest.mark.parametrize(("width", "lines"), [(4, 2), (16, 1), (32, 2), (300, 2), (16, 0)])
def test_as_many_registers_as_there_is_room_for(width, lines):
    registers = {0x0200 + 3 * at: at & 0xFF for at in range(200)}
    some = embedded.fitting(registers, width, lines)
    assert list(some) == sorted(registers)[: len(some)]
    payloads = [payload.tobytes() for payload in embedded.encode(some, width, 10, lines)]
    assert embedded.decode(payloads, 10) == some
    one_more = {at: registers[at] for at in sorted(registers)[: len(some) + 1]}
    if len(some) < len(registers):
        with pytest.raises(ValueError, match="registers do not fit"):
            embedded.encode(one_more, width, 10, lines)


def test_too_many_registers_are_refused():
    with pytest.raises(ValueError, match=r"^4 registers do not fit into 2 lines of 10 pixels$"):
        embedded.encode({0x0202: 1, 0x0303: 2, 0x0404: 3, 5: 4}, 10, 10)


@pytest.mark.parametrize(
    ("bits", "line", "byte", "problem"),
    [
        (10, "0b 07 07 07 55", 0, "a line of embedded data begins with 0x0a"),
        (10, "0a 5a 01 5a 55  02 33 00 07 55", 6, "0x33 is no tag"),
        (10, "0a 5a 01 5a 54  02 07 07 07 55", 4, "0x54 is not the 0x55 between bytes"),
        (12, "0a 07 55  07 07 5a", 5, "0x5a is not the 0x55 between bytes"),
        (10, "0a 5a 01 5a 55", 5, "the line has no end, 0x07"),
        (10, "0a 07 07 07 55 07", 6, "the line ends within a group of 5"),
        (12, "", 0, "a line of embedded data begins with 0x0a"),
    ],
)
def test_a_line_that_cannot_be_read_says_where(bits, line, byte, problem):
    with pytest.raises(EmbeddedError, match=f"^payload byte {byte}: {problem}$") as error:
        embedded.decode([hexed(line)], bits)
    assert error.value.byte == byte


@given(st.binary(max_size=60), depths)
def test_hostile_lines_are_read_or_refused(line, bits):
    try:
        registers = embedded.decode([line], bits)
    except EmbeddedError as error:
        assert 0 <= error.byte <= len(line)
    else:
        assert all(0 <= a <= 0xFFFF and 0 <= v <= 0xFF for a, v in registers.items())
