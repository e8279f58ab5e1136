"""Writes that take their time: acknowledged when they are done, told of before, and done once."""

from __future__ import annotations

import struct

import pytest

from camtwin.units import MS, SEC
from camtwin.wire.gev.gvcp import Status
from unit.wire.gev.fakes import CCP, FEATURES, ME, OTHER, READREG, WRITEMEM, WRITEREG, Host, packet, words

GVCP_CONFIGURATION, WANTED = 0x954, 2
SLOW_NS = 700 * MS
SAVE = packet(WRITEREG, words(FEATURES, 1), 77)
SAVED = struct.pack(">HHHHI", 0, WRITEREG + 1, 4, 77, 1)


def pending(left_ms: int) -> bytes:
    """Chapter PENDING_ACK: status, 0x89, length 4, the command's id, 16 reserved, time to completion."""
    return struct.pack(">HHHHHH", 0, 0x89, 4, 77, 0, left_ms)


@pytest.fixture
def slow(controller: Host) -> Host:
    controller.camera.slow_ns = SLOW_NS
    return controller


def ask(host: Host, data: bytes = SAVE) -> list[bytes]:
    return [reply.data for reply in host.device.receive(data, ME, host.now)]


def later(host: Host, ns: int) -> list[bytes]:
    """Return the answers as time passes."""
    host.now += ns
    host.device.tick(host.now)
    answers = [reply.data for reply in host.network.answers]
    assert {reply.peer for reply in host.network.answers} <= {ME}
    host.network.answers.clear()
    return answers


def test_who_wants_to_know_is_told_how_long_it_takes_and_when_it_is_done(slow: Host) -> None:
    assert slow.read(0x934) >> 5 & 1, "the capability says so"
    assert slow.write(GVCP_CONFIGURATION, WANTED) == 0
    assert ask(slow) == [pending(700)]
    assert slow.device.next_timer() == slow.now + SLOW_NS
    assert later(slow, SLOW_NS - 1) == []
    assert later(slow, 1) == [SAVED]
    assert later(slow, SLOW_NS) == []
    assert len(slow.camera.written) == 1


def test_a_copy_after_a_slow_one_is_done_is_still_a_copy(slow: Host) -> None:
    slow.camera.slow_ns = 5 * SEC
    assert slow.write(GVCP_CONFIGURATION, WANTED | 1) == 0  # no heartbeat
    ask(slow)
    assert later(slow, 5 * SEC) == [SAVED]
    slow.now += SEC
    assert ask(slow) == [SAVED]
    assert len(slow.camera.written) == 1


def test_sent_again_it_is_told_again_and_done_once(slow: Host) -> None:
    slow.write(GVCP_CONFIGURATION, WANTED)
    ask(slow)
    slow.now += 250 * MS
    assert ask(slow) == [pending(450)]
    slow.now += 449 * MS + 1
    assert ask(slow) == [pending(1)]
    assert later(slow, MS) == [SAVED]
    assert ask(slow) == [SAVED]
    assert len(slow.camera.written) == 1


def test_who_has_not_asked_waits(slow: Host) -> None:
    assert [ask(slow), ask(slow)] == [[], []]
    assert later(slow, SLOW_NS) == [SAVED]
    assert len(slow.camera.written) == 1


def test_within_the_pending_timeout_nothing_is_told(slow: Host) -> None:
    slow.write(GVCP_CONFIGURATION, WANTED)
    slow.camera.slow_ns = slow.read(0x958) * MS
    assert ask(slow) == []
    assert later(slow, slow.camera.slow_ns) == [SAVED]


def test_a_write_without_acknowledge_has_none(slow: Host) -> None:
    slow.write(GVCP_CONFIGURATION, WANTED)
    data = packet(WRITEREG, words(FEATURES, 1), 77, flags=0)
    assert [ask(slow, data), later(slow, 1), ask(slow, data)] == [[], [], []]
    assert later(slow, SLOW_NS) == []
    assert len(slow.camera.written) == 1


def test_meanwhile_reads_are_answered_and_writes_are_not_carried_out(slow: Host) -> None:
    slow.write(GVCP_CONFIGURATION, WANTED)
    ask(slow)
    assert slow.read(FEATURES + 4) == 0x0405_0607
    assert slow.write(FEATURES + 4, 1) == Status.BUSY
    assert slow.write(CCP, 0) == Status.BUSY
    assert slow.ask(WRITEMEM, words(FEATURES + 4, 1))[0] == Status.BUSY
    assert slow.write(FEATURES + 4, 1, OTHER) == Status.ACCESS_DENIED
    assert slow.ask(READREG, words(0x100))[0] == Status.INVALID_ADDRESS
    assert ask(slow) == [pending(700)], "it is still the one that is under way"
    assert later(slow, SLOW_NS) == [SAVED]
    assert slow.write(FEATURES + 4, 1) == 0
    assert len(slow.camera.written) == 2


def test_an_acknowledge_that_is_due_goes_before_the_next_answer(slow: Host) -> None:
    ask(slow)
    slow.now += SLOW_NS
    assert slow.write(FEATURES + 4, 1) == 0
    assert [reply.data for reply in slow.network.answers] == [SAVED]


def test_who_waits_for_an_acknowledge_is_not_silent(slow: Host) -> None:
    slow.camera.slow_ns = 5 * SEC
    assert ask(slow) == []
    assert later(slow, 5 * SEC) == [SAVED]
    assert slow.device.controller == ME
    assert slow.device.next_timer() == 8 * SEC
    assert later(slow, 3 * SEC) == []
    assert slow.device.controller is None


def test_what_is_refused_halfway_takes_its_time_as_well(slow: Host) -> None:
    data = packet(WRITEREG, words(FEATURES, 1, 0x600, 2), 77)
    assert ask(slow, data) == []
    assert later(slow, SLOW_NS) == [struct.pack(">HHHHI", Status.WRITE_PROTECT, WRITEREG + 1, 4, 77, 1)]


def test_more_than_the_message_holds_is_told_as_the_most(slow: Host) -> None:
    slow.write(GVCP_CONFIGURATION, WANTED)
    slow.camera.slow_ns = 70_000 * MS
    assert ask(slow) == [pending(0xFFFF)]
