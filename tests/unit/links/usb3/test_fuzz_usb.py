"""A slice of `make fuzz` for GenCP and USB/IP, and devices with one thing wrong that it has to find."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest

from camtwin.links.usb3.link import Usb3Camera
from camtwin.links.usb3.pipes import InPipe
from camtwin.wire.u3v import gencp, usbip
from camtwin.wire.u3v.device import U3vDevice
from unit.links.usb3 import fuzz_usb

SEED, SLICE = 7, 12_000
REACHED = {0, 0x8001, 0x8002, 0x8003, 0x8004, 0x8005, 0x8006, 0x800E}
"""Statuses that a slice meets, or it shows nothing."""


def test_a_slice() -> None:
    statuses = fuzz_usb.fuzz(SLICE, SEED)
    assert statuses.keys() >= REACHED


def test_the_same_seed_sends_the_same_messages() -> None:
    one, other = fuzz_usb.Fuzzer(SEED), fuzz_usb.Fuzzer(SEED)
    for _ in range(100):
        assert one.command() == other.command()
        assert one.urb(9) == other.urb(9)
        assert one.storm(9) == other.storm(9)
        assert one.operation() == other.operation()


def forgets_the_length(_header: gencp.Header, data: bytes) -> gencp.Body:
    return gencp._PARSERS[int.from_bytes(data[6:8], "little")](data[12:])


def test_a_broken_codec_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gencp, "body_of", forgets_the_length)
    with pytest.raises(AssertionError, match="KeyError"):
        fuzz_usb.to_devices(fuzz_usb.Fuzzer(SEED), SLICE)


def test_an_answer_that_is_too_long_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("camtwin.wire.u3v.bootstrap.MAX_TRANSFER", 1 << 16)
    read = U3vDevice._carry_out

    def longer(self: U3vDevice, header: gencp.Header, data: bytes, busy: bool) -> Any:
        return (yield from read(self, header, data, busy)).ljust(1013, b"\0")

    monkeypatch.setattr(U3vDevice, "_carry_out", longer)
    monkeypatch.setattr(fuzz_usb.bootstrap, "MAX_TRANSFER", 1024)
    with pytest.raises(AssertionError):
        fuzz_usb.to_devices(fuzz_usb.Fuzzer(SEED), SLICE)


def keeps_what_is_taken_back(self: InPipe, sequence: int) -> bool:
    return any(request[0] == sequence for request in self._requests)


def answers_with_more(self: InPipe) -> None:
    while self._requests and self._messages:
        (sequence, _), message = self._requests.popleft(), self._messages.popleft()
        self._answer(usbip.submit_reply(sequence, len(message)) + message)


def stalls_and_answers(self: Usb3Camera, endpoint: int, errno: int) -> None:
    FAIL(self, endpoint, errno)
    FAIL(self, endpoint, errno)
    if endpoint == 0x83:
        self._writer().reply(usbip.submit_reply(1, 0, errno))


FAIL = Usb3Camera._fail


@pytest.mark.parametrize(
    ("owner", "name", "broken"),
    [
        (InPipe, "unlink", keeps_what_is_taken_back),
        (InPipe, "_pump", answers_with_more),
        (Usb3Camera, "_fail", stalls_and_answers),
    ],
)
def test_a_broken_camera_is_found(
    owner: object, name: str, broken: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owner, name, broken)
    with pytest.raises(AssertionError):
        fuzz_usb.to_cameras(fuzz_usb.Fuzzer(SEED), SLICE)


LEAKY = """
from unit.links.usb3 import fuzz_usb
from camtwin.wire.u3v.device import U3vDevice
kept, receive = [], U3vDevice.receive
def leaks(self, data):
    kept.append(bytearray(b"x") * 8000)
    return receive(self, data)
U3vDevice.receive = leaks
fuzz_usb.fuzz(24_000, 1)
"""


def test_a_leak_is_found() -> None:
    """In a process of its own: in a used one a leak may fit into what lies free."""
    path = os.pathsep.join(entry for entry in sys.path if entry)
    done = subprocess.run([sys.executable, "-c", LEAKY], env={**os.environ, "PYTHONPATH": path},
                          capture_output=True, text=True)  # fmt: skip
    assert "AssertionError: memory grew" in done.stderr


def test_a_request_that_raises_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def raises(self: Usb3Camera, message: object) -> None:
        raise LookupError("an endpoint")

    monkeypatch.setattr(Usb3Camera, "_request", raises)
    with pytest.raises((AssertionError, OSError, EOFError)):
        fuzz_usb.over_sockets(fuzz_usb.Fuzzer(SEED), 200)
