"""CCI: transfers of stock tools, time on the bus, several chips, any transfer against a second reading."""

from __future__ import annotations

import random

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from camtwin.wire.csi2.cci import Bus, Done, Hearing, Read, Refusal, Wait, Write
from unit.wire.csi2.buses import SPACE, Chip, Expected, random_messages, run

ACK, SILENT = Hearing.ACKNOWLEDGES, Hearing.SILENT


def chip(address: int = 0x1A, **named) -> Chip:
    one = Chip({address: ACK}, **named)
    one.memory[0x16:0x18] = bytes.fromhex("0577")
    return one


def test_the_id_as_i2ctransfer_reads_it():
    done = run(Bus([chip()], 400_000), [Write(0x1A, bytes.fromhex("0016")), Read(0x1A, 2)], 1000)
    assert done == Done(
        1000, 1000 + 142_500, (bytes.fromhex("0577"),), None
    )  # 57 clocks: 2 edges, 6 bytes, P


@pytest.mark.parametrize(
    ("hz", "end_ns"), [(100_000, 380_000), (400_000, 95_000), (1_000_000, 38_000), (333_333, 114_001)]
)
def test_a_byte_written_takes_38_clocks(hz, end_ns):
    assert run(Bus([chip()], hz), [Write(0x1A, bytes.fromhex("010001"))]).end_ns == end_ns


def test_each_byte_is_there_when_it_is_acknowledged():
    one = chip()
    seen = []
    for effect in Bus([one], 1_000_000).transfer([Write(0x1A, bytes.fromhex("0202 1234"))], 0):
        if isinstance(effect, Wait):
            seen.append((effect.until_ns, bytes(one.memory[0x0202:0x0204]).hex()))
    assert seen[-3:] == [(37_000, "0000"), (46_000, "1200"), (47_000, "1234")]


def test_writes_and_reads_go_on_in_sequence_and_around_the_end():
    one = chip()
    bus = Bus([one], 400_000)
    run(bus, [Write(0x1A, bytes.fromhex("fffe 01 02 03"))])
    assert (one.memory[0xFFFE], one.memory[0xFFFF], one.memory[0], one.index) == (1, 2, 3, 1)
    assert run(bus, [Write(0x1A, bytes.fromhex("ffff")), Read(0x1A, 2)]).reads == (b"\x02\x03",)
    assert run(bus, [Read(0x1A, 1)]).reads == (b"\x00",)  # goes on where the last one ended
    run(bus, [Write(0x1A, b"\x55")])  # half an index
    assert one.index == 2


def test_nobody_at_an_address():
    done = run(Bus([chip()], 400_000), [Write(0x10, bytes.fromhex("010001")), Read(0x1A, 1)])
    assert done == Done(0, 27_500, (), Refusal(0, 0))  # S, address, P: the rest is not sent


def test_a_register_that_refuses_ends_the_transfer():
    one = chip(refused=frozenset({0x0105}))
    done = run(Bus([one], 400_000), [Write(0x1A, bytes.fromhex("0104 01 02 03")), Read(0x1A, 1)])
    assert (done.refusal, done.reads) == (Refusal(0, 4), ())
    assert (one.memory[0x0104:0x0107], one.index) == (bytes([1, 0, 0]), 0x0105)


def test_a_broadcast_reaches_all_and_one_acknowledges():
    first, second = Chip({0x1A: ACK, 0x36: ACK}), Chip({0x10: ACK, 0x36: SILENT})
    bus = Bus([first, second], 400_000)
    assert run(bus, [Write(0x36, bytes.fromhex("0104 01"))]).refusal is None
    assert (first.memory[0x0104], second.memory[0x0104]) == (1, 1)
    second.memory[0x0104], second.index = 0x55, 0x0104
    assert run(bus, [Write(0x36, bytes.fromhex("0104")), Read(0x36, 1)]).reads == (b"\x01",)
    first.own = {0x1A: ACK}
    assert run(bus, [Write(0x36, bytes.fromhex("0104 77"))]).refusal == Refusal(0, 0)
    assert second.memory[0x0104] == 0x55


def test_two_chips_that_send_at_once_are_joined_bit_by_bit():
    first, second = Chip({0x36: ACK}), Chip({0x36: ACK})
    first.memory[0], second.memory[0] = 0b1100, 0b1010
    assert run(Bus([first, second], 400_000), [Read(0x36, 1)]).reads == (b"\x08",)


def test_a_chip_that_is_switched_off_meanwhile_goes_silent():
    one = chip()
    refusals = []
    for effect in Bus([one], 400_000).transfer([Write(0x1A, bytes.fromhex("0202 1234"))], 0):
        if isinstance(effect, Done):
            refusals.append(effect.refusal)
        elif effect.until_ns >= 92_500:  # the first byte of data is there
            one.own = {}
    assert refusals == [Refusal(0, 3)]
    assert one.memory[0x0202:0x0204] == bytes(2)


def test_no_message_is_no_transfer():
    assert run(Bus([chip()], 400_000), [], 5) == Done(5, 5, (), None)


class Transfers(RuleBasedStateMachine):
    """Any transfers, on a chip with some registers that refuse, against a second reading of them."""

    @initialize(refused=st.frozensets(st.integers(0, SPACE - 1), max_size=3))
    def begin(self, refused) -> None:
        self.chip = chip(refused=refused)
        self.expected = Expected(self.chip)
        self.bus = Bus([self.chip], 1_000_000)

    @rule(
        messages=st.lists(
            st.one_of(
                st.builds(Read, st.sampled_from((0x1A, 0x1A, 0x10)), st.integers(0, 40)),
                st.builds(Write, st.sampled_from((0x1A, 0x1A, 0x10)), st.binary(max_size=12)),
            ),
            min_size=1,
            max_size=4,
        )
    )
    def transfer(self, messages) -> None:
        done = run(self.bus, messages)
        assert (done.reads, done.refusal, done.end_ns // 1000) == self.expected.transfer(messages)
        assert (self.chip.memory, self.chip.index) == (self.expected.memory, self.expected.index)

    @rule(near=st.sampled_from((0x0000, 0xFFFE)), data=st.binary(min_size=3, max_size=5))
    def around_the_end(self, near, data) -> None:
        self.transfer([Write(0x1A, near.to_bytes(2, "big") + data), Read(0x1A, 2)])


Transfers.TestCase.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)
TestTransfers = Transfers.TestCase


def test_random_transfers():
    rng = random.Random(412)
    one = chip(refused=frozenset({0x0105, 0x3000}))
    expected, bus = Expected(one), Bus([one], 1_000_000)
    for number in range(2_000):
        messages = random_messages(rng)
        done = run(bus, messages)
        assert (done.reads, done.refusal, done.end_ns // 1000) == expected.transfer(messages), (
            number,
            messages,
        )
    assert one.memory == expected.memory
