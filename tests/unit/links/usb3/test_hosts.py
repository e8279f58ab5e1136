"""A USB device and several hosts: who may look, who has it, and how they notice that it has booted."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable, Iterator

import pytest

from unit.links.usb3.usb_host import CONTROL_OUT, EBUSY, EPIPE, OPEN, STREAM_IN, Host
from unit.links.usb3.usb_twin import Running, stub

SET_CONFIGURATION = 0x00, 9
GONE = EOFError, ConnectionError


@pytest.fixture
def running() -> Iterator[Running]:
    with Running(stub(1), stub(2)) as running:
        yield running
    assert running.problem is None


def listed(running: Running) -> list[tuple[str, int]]:
    """Return bus id and address of the devices."""
    with socket.create_connection(("127.0.0.1", running.port), 5) as sock:
        sock.sendall(struct.pack(">HHI", 0x0111, 0x8005, 0))
        reply = b"".join(iter(lambda: sock.recv(4096), b""))
    (count,) = struct.unpack_from(">I", reply, 8)
    each = [reply[12 + n * 324 :][:324] for n in range(count)]
    return [(b[256:288].rstrip(b"\0").decode(), struct.unpack_from(">I", b, 292)[0]) for b in each]


def told(running: Running, what: Callable[[], object]) -> None:
    running.on_its_thread(lambda: running.cameras[0].runtime.command(what))


def test_a_device_in_use_shows_what_it_is_and_is_busy_otherwise(running):
    with Host(running.port) as owner, Host(running.port, operation=OPEN) as visitor:
        lengths = running.start(owner)
        owner.frame(lengths)
        assert visitor.status == 0
        assert visitor.control(0x80, 6, 0x0100, 0, 18)[1][8:12] == b"\x76\x26\x02\xba"
        assert visitor.control(0x80, 6, 0x0303, 0x0409, 255)[1].decode("utf-16-le")[1:] == "acA4112-20um"
        assert visitor.control(0x80, 8, length=1) == (0, b"\1")  # GET_CONFIGURATION
        assert visitor.control(0x80, 6, 0x0700, 0, 9) == (EPIPE, b"")
        assert visitor.control(*SET_CONFIGURATION, 1) == (EBUSY, b"")
        assert visitor.control(0x02, 1, 0, 0x83) == (EBUSY, b"")  # CLEAR_FEATURE(ENDPOINT_HALT)
        assert visitor.answer(visitor.submit(CONTROL_OUT, 4, b"U3VC")) == (EBUSY, b"")
        assert visitor.answer(visitor.submit(STREAM_IN, 1024)) == (EBUSY, b"")
        assert visitor.answer(visitor.unlink(99)) == (0, b"")
        before = owner.frame(lengths)[0]
        assert owner.frame(lengths)[0] == before + 1
        with Host(running.port) as second:
            assert second.status == 2
    running.eventually(lambda: not running.cameras[0].hosts)


def test_whoever_uses_a_free_device_has_it_until_it_is_unconfigured(running):
    with Host(running.port, operation=OPEN) as one, Host(running.port, operation=OPEN) as other:
        assert one.control(*SET_CONFIGURATION, 1) == (0, b"")
        assert one.word(0x1CC) > 0
        assert other.control(*SET_CONFIGURATION, 1) == (EBUSY, b"")
        waiting = one.submit(STREAM_IN, 1024)
        assert one.control(*SET_CONFIGURATION, 0) == (0, b"")
        assert one.answer(waiting)[0] == -108  # ESHUTDOWN
        assert other.control(*SET_CONFIGURATION, 1) == (0, b"")
        assert other.word(0x1CC) > 0
        assert one.control(0x80, 8, length=1) == (0, b"\1")
        assert one.control(*SET_CONFIGURATION, 1) == (EBUSY, b"")
        other.sock.close()
        running.eventually(lambda: not running.cameras[0].connection)
        assert one.control(*SET_CONFIGURATION, 1) == (0, b"")


def test_an_imported_device_stays_with_its_kernel(running):
    with Host(running.port) as kernel, Host(running.port, operation=OPEN) as other:
        assert kernel.control(*SET_CONFIGURATION, 0) == (0, b"")
        assert other.control(*SET_CONFIGURATION, 1) == (EBUSY, b"")


@pytest.mark.parametrize("how", ["DeviceReset", "power"])
def test_after_a_boot_it_has_another_address_and_all_hosts_have_lost_it(running, how):
    camera = running.twins[0].camera
    assert listed(running) == [("1-1", 2), ("1-2", 3)]
    with (
        Host(running.port) as owner,
        Host(running.port, operation=OPEN) as visitor,
        Host(running.port, "1-2") as b,
    ):
        if how == "DeviceReset":
            assert owner.write(running.address("DeviceReset"), 1) == 0
        else:
            told(running, camera.power_off)
            told(running, camera.power_on)
        for host in (owner, visitor):
            with pytest.raises(GONE):
                host.answer(-1)
        assert b.word(0x1CC) > 0
    assert listed(running) == [("1-1", 4), ("1-2", 3)]
    with Host(running.port) as again:
        assert again.word(running.address("Width")) == 4096


def test_addresses_begin_again_and_leave_out_those_in_use(running):
    for _ in range(125):
        told(running, running.twins[0].camera.power_cycle)
    assert listed(running) == [("1-1", 2), ("1-2", 3)]
    told(running, running.twins[0].camera.power_cycle)
    assert listed(running) == [("1-1", 4), ("1-2", 3)]
