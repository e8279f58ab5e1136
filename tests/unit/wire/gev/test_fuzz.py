"""A slice of `make fuzz`, and that it finds what is wrong: each break of the device is met in it."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camtwin.wire.gev import bootstrap, gvcp
from camtwin.wire.gev.device import GevDevice
from camtwin.wire.gev.effects import Reply
from camtwin.wire.ip.address import Peer
from unit.wire.gev import fuzz
from unit.wire.gev.fakes import MAC, ME, OTHER
from unit.wire.gev.judged import Device, Found
from unit.wire.gev.oracle import complaint

SLICE, SEED = 20_000, 20


def test_a_slice() -> None:
    told: list[str] = []
    fuzzer = fuzz.fuzz(SLICE // 2, SEED, told.append)
    assert "nothing found" in told[-2]
    assert len(fuzzer.reached) > 250, "most of the control side, or the slice shows nothing"


def test_the_same_seed_sends_the_same_datagrams() -> None:
    runs = [fuzz.Fuzzer(7) for _ in range(2)]
    for fuzzer in runs:
        assert list(fuzz.episodes(fuzzer, 1000)) == [500, 1000]
    assert runs[0].corpus == runs[1].corpus
    assert runs[0].datagram() == runs[1].datagram() != fuzz.Fuzzer(8).datagram()


COMMANDS = st.sampled_from(list(gvcp.Command)) | st.integers(0, 0xFFFF)
WORDS = st.sampled_from([0xA00, 0xD00, 0xD04, 0xD18, 0x938, 0x954, 0x95C, 0, 2, 6]) | st.integers(
    0, 2**32 - 1
)
BODIES = st.binary(max_size=600) | st.lists(WORDS, max_size=16).map(lambda w: struct.pack(f">{len(w)}I", *w))


@given(
    st.lists(
        st.tuples(COMMANDS, st.integers(0, 255), st.integers(0, 0xFFFF), BODIES, st.booleans()), max_size=8
    ),
    st.booleans(),
)
@settings(max_examples=100, deadline=None)
def test_whatever_comes_the_answer_is_one_that_the_standard_has(
    commands: list[tuple[int, int, int, bytes, bool]], held: bool
) -> None:
    device = Device()
    if held:
        device.send(0, ME, fuzz.write(0xA00, 2))
    for command, flags, request_id, body, mine in commands:
        data = struct.pack(">BBHHH", 0x42, flags, command, len(body), request_id) + body
        device.send(0, ME if mine else OTHER, data)


# -- it finds what is wrong ------------------------------------------------------------------------


def anybody_writes(self: Any, address: int, data: bytes, peer: Peer, now: int) -> Any:
    return WRITE(self, address, data, self.controller or peer, now)


def no_key(self: Any, value: int, peer: Peer, now: int) -> Any:
    self.controller = self.controller and peer
    return SET_PRIVILEGE(self, value, peer, now)


def raises(self: Any, address: int, length: int) -> bytes:
    if address <= 0xD1C < address + length:
        raise KeyError("SCSP")
    return READ(self, address, length)


def answers_all(self: Any, request: Any) -> Any:
    return (yield from FORCE_IP(self, request)) or b""


def miscounts(self: Any, writes: Any, peer: Peer, now: int) -> Any:
    return (yield from WRITE_REGISTERS(self, writes, peer, now))[:3] + b"\1"


def forgets_the_id(self: Any) -> bytes:
    return PACK(self)[:6] + b"\0\1" + self.payload


def forgets_what_it_held(self: Any, now: int) -> Any:
    if self._pending and now >= self._pending.due_ns:
        self._pending = None
    return TICK(self, now)


def names_another(self: Any, now: int) -> list[Reply]:
    return [Reply(r.data[:7] + b"\7" + r.data[8:], r.peer) for r in STILL_PENDING(self, now)]


DEVICE: Any = GevDevice
WRITE, SET_PRIVILEGE, READ = DEVICE._write, DEVICE._set_privilege, bootstrap.Registers.read
TICK, STILL_PENDING = DEVICE.tick, DEVICE._still_pending
FORCE_IP, WRITE_REGISTERS, PACK = DEVICE._force_ip, DEVICE._write_registers, gvcp.Ack.pack


@pytest.mark.parametrize(
    ("owner", "name", "broken"),
    [
        (DEVICE, "_write", anybody_writes),
        (DEVICE, "_set_privilege", no_key),
        (bootstrap.Registers, "read", raises),
        (DEVICE, "_force_ip", answers_all),
        (DEVICE, "_write_registers", miscounts),
        (gvcp.Ack, "pack", forgets_the_id),
        (DEVICE, "tick", forgets_what_it_held),
        (DEVICE, "_still_pending", names_another),
    ],
)
def test_a_broken_device_is_found_and_the_episode_can_be_sent_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, owner: Any, name: str, broken: Callable[..., Any]
) -> None:
    monkeypatch.setattr(owner, name, broken)
    with pytest.raises(Found) as found:
        list(fuzz.episodes(fuzz.Fuzzer(SEED), SLICE))
    file = tmp_path / "episode.txt"
    fuzz.keep(found.value, file)
    with pytest.raises(Found) as again:
        fuzz.replay(file)
    assert str(again.value) == str(found.value)
    monkeypatch.undo()
    fuzz.replay(file)


LEAKY = """
from unit.wire.gev import fuzz
from camtwin.wire.gev.device import GevDevice
kept, receive = [], GevDevice.receive
def leaks(self, data, peer, now):
    kept.append(bytearray(b"x") * 4000)
    return receive(self, data, peer, now)
GevDevice.receive = leaks
fuzz.fuzz(10_000, 1)
"""


def test_a_leak_is_found() -> None:
    """In a process of its own: in a used one a leak may fit into what lies free."""
    path = os.pathsep.join(entry for entry in sys.path if entry)
    done = subprocess.run([sys.executable, "-c", LEAKY], env={**os.environ, "PYTHONPATH": path},
                          capture_output=True, text=True)  # fmt: skip
    assert "AssertionError: memory grew" in done.stderr


READ_CCP = bytes.fromhex("42 01 0080 0004 0001 00000a00")


@pytest.mark.parametrize(
    ("data", "answers", "what"),
    [
        (READ_CCP, ["0000 0081 0004 0001 00000000"], ""),
        (READ_CCP, ["8006 0081 0000 0001"], ""),
        (READ_CCP, [], "no answer"),
        (READ_CCP, ["0000 0081 0004 0001 00000000"] * 2, "2 answers"),
        (READ_CCP, ["0000 0081 0004 0002 00000000"], "the acknowledge's header"),
        (READ_CCP, ["0000 0080 0004 0001 00000000"], "the acknowledge's header"),
        (READ_CCP, ["0000 0081 0008 0001 0000000000000000"], "READREG_ACK"),
        (READ_CCP, ["8088 0081 0000 0001"], "status 0x8088"),
        (READ_CCP[:-1], ["0000 0081 0004 0001 00000000"], "a length or an id that is wrong"),
        (b"\x42\x00" + READ_CCP[2:], ["8006 0081 0000 0001"], "an answer where silence is due"),
        (fuzz.write(0xD00, 1), ["0000 0083 0004 0001 00000001"], "written by who is not in control"),
    ],
)
def test_the_oracle(data: bytes, answers: list[str], what: str) -> None:
    assert complaint(data, [bytes.fromhex(a) for a in answers], MAC, in_control=False, held=True) == what
