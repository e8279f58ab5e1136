"""The USB device: standard requests, halts and resets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camtwin.wire.u3v.usb import ENDPOINTS, STREAM_IN, Descriptors, Setup, Speed, UsbDevice, UsbIdentity

WHO = UsbIdentity(0x2676, 0xBA02, "267601234567", "Basler", "acA", "ace", "1.0", "info", "42", "me")
DESCRIPTORS = Descriptors(WHO, Speed.SUPER)


class Bench:
    def __init__(self) -> None:
        self.heard: list[object] = []
        self.device = UsbDevice(
            DESCRIPTORS,
            lambda endpoint: self.heard.append(("halt", endpoint)),
            lambda endpoint: self.heard.append(("clear", endpoint)),
            lambda: self.heard.append("reset"),
        )

    def ask(self, kind: int, request: int, value: int = 0, index: int = 0, length: int = 255) -> bytes | None:
        return self.device.control(Setup(kind, request, value, index, length))


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_descriptors_are_cut_to_what_is_asked(bench):
    assert bench.ask(0x80, 6, 0x0100) == DESCRIPTORS.device
    assert bench.ask(0x80, 6, 0x0200, length=9) == DESCRIPTORS.configuration[:9]
    assert bench.ask(0x80, 6, 0x0F00) == DESCRIPTORS.bos


def test_configuration(bench):
    assert bench.ask(0x80, 8) == b"\0"
    assert bench.ask(0x00, 9, 1) == b""
    assert bench.ask(0x80, 8) == b"\1"
    assert bench.ask(0x00, 9, 2) is None
    assert bench.heard == ["reset"]


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_halts(bench, endpoint):
    assert bench.ask(0x02, 3, 0, endpoint) == b""
    assert bench.ask(0x82, 0, 0, endpoint) == b"\1\0"
    assert bench.device.halted == {endpoint}
    assert bench.ask(0x02, 1, 0, endpoint) == b""
    assert bench.ask(0x82, 0, 0, endpoint) == b"\0\0"
    assert bench.heard == [("halt", endpoint), ("clear", endpoint)]


def test_a_reset_clears_halts(bench):
    bench.device.halt(STREAM_IN)
    bench.ask(0x00, 9, 1)
    bench.device.halt(STREAM_IN)
    assert bench.ask(0x23, 3, 4, 1) == b""
    assert bench.device.halted == set()
    assert bench.ask(0x80, 8) == b"\0"


@pytest.mark.parametrize(
    "setup",
    [
        (0x02, 3, 0, 0x84),
        (0x02, 3, 1, 0x81),
        (0x00, 3, 1, 0),
        (0x80, 6, 0x0A00),
        (0xC0, 1, 0, 0),
        (0x40, 6, 0x100),
    ],
)
def test_the_rest_is_stalled(bench, setup):
    assert bench.ask(*setup) is None
    assert bench.heard == []


@given(st.binary(min_size=8, max_size=8))
def test_every_request_is_answered_or_stalled(data):
    answer = Bench().device.control(Setup.unpack(data))
    assert answer is None or len(answer) <= int.from_bytes(data[6:], "little")


def test_texts_are_as_long_as_a_descriptor_can_be():
    long = Descriptors(UsbIdentity(1, 2, "g", "v" * 300, "m", "f", "1", "i", "s", "ü"), Speed.HIGH)
    assert long.find(3, 2) == bytes((254, 3)) + b"v\0" * 126
    assert long.find(3, 8) == bytes((4, 3)) + "ü".encode("utf-16-le")
