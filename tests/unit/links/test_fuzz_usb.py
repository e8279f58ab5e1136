"""A slice of `make fuzz` for GenCP and USB/IP, and devices with one thing wrong that it has to find."""

from __future__ import annotations

import pytest

from camtwin.links.usb3 import Usb3Camera
from camtwin.wire import gencp
from camtwin.wire.u3v_device import U3vDevice
from unit.links import fuzz_usb

SEED, SLICE = 7, 6000


def test_a_slice() -> None:
    fuzz_usb.fuzz(SLICE, SEED)


def forgets_the_length(_header: gencp.Header, data: bytes) -> gencp.Body:
    return gencp._PARSERS[int.from_bytes(data[6:8], "little")](data[12:])


def test_a_broken_codec_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gencp, "body_of", forgets_the_length)
    with pytest.raises(AssertionError, match="KeyError"):
        fuzz_usb.to_devices(fuzz_usb.Fuzzer(SEED), SLICE)


def test_an_answer_that_is_too_long_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("camtwin.wire.u3v_bootstrap.MOST_TRANSFER", 1 << 16)
    read = U3vDevice._carry_out
    monkeypatch.setattr(U3vDevice, "_carry_out", lambda self, h, d: read(self, h, d).ljust(1013, b"\0"))
    monkeypatch.setattr(fuzz_usb.bootstrap, "MOST_TRANSFER", 1024)
    with pytest.raises(AssertionError):
        fuzz_usb.to_devices(fuzz_usb.Fuzzer(SEED), SLICE)


def test_a_request_that_raises_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def raises(self: Usb3Camera, message: object) -> None:
        raise LookupError("an endpoint")

    monkeypatch.setattr(Usb3Camera, "_request", raises)
    with pytest.raises((AssertionError, OSError, EOFError)):
        fuzz_usb.over_sockets(fuzz_usb.Fuzzer(SEED), 200)
