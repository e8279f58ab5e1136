"""USB3 Vision and GenCP: golden bytes, typed from the specifications' layouts and not from our code.

Sources: GenCP 1.2 (messages, ABRM), USB3 Vision 1.1 (SBRM, SIRM, EIRM, manifest, leader, trailer, event,
device info descriptor), USB 3.2 chapter 9 (descriptors).
"""

from __future__ import annotations

import dataclasses
import hashlib

import pytest

from camtwin.wire.image import CHUNKS, IMAGE_CHUNKS, Image
from camtwin.wire.status import StatusError
from camtwin.wire.u3v import gencp, usb
from camtwin.wire.u3v import stream as u3v
from camtwin.wire.u3v.device import Acknowledge, Description, U3vDevice, U3vIdentity
from camtwin.wire.u3v.gencp import Status


def hexed(text: str) -> bytes:
    return bytes.fromhex(text)


READMEM = hexed("55335643 0040 0008 0c00 0700  4400000000000000 0000 4000")
WRITEMEM = hexed("55335643 0040 0208 0c00 0800  0000020000000000 01000000")
READ_STACKED = hexed("55335643 0040 0608 1800 0900  0400000000000000 0000 4000 cc01000000000000 0000 0400")
WRITE_STACKED = hexed(
    "55335643 0040 0808 1d00 0a00  1000000000000000 0000 0400 78563412 2000000000000000 0000 0100 ff"
)


@pytest.mark.parametrize(
    ("message", "header", "body"),
    [
        (READMEM, (0x4000, 0x0800, 12, 7), gencp.ReadMem(((0x44, 64),))),
        (WRITEMEM, (0x4000, 0x0802, 12, 8), gencp.WriteMem(((0x2_0000, b"\1\0\0\0"),))),
        (READ_STACKED, (0x4000, 0x0806, 24, 9), gencp.ReadMem(((4, 64), (0x1CC, 4)))),
        (
            WRITE_STACKED,
            (0x4000, 0x0808, 29, 10),
            gencp.WriteMem(((0x10, b"\x78\x56\x34\x12"), (0x20, b"\xff"))),
        ),
    ],
)
def test_commands(message, header, body):
    found = gencp.header_of(message)
    assert found is not None
    assert found == gencp.Header(*header)
    assert found.ack_requested
    assert not found.resend
    assert gencp.body_of(found, message) == body


def test_acknowledges():
    read, write = gencp.Header(0x4000, 0x0800, 12, 7), gencp.Header(0x4000, 0x0802, 12, 8)
    assert read.ack(b"\xaa\xbb") == hexed("55335643 0000 0108 0200 0700 aabb")
    assert write.ack(gencp.written(4)) == hexed("55335643 0000 0308 0400 0800 0000 0400")
    stacked = gencp.Header(0x4000, 0x0808, 29, 10)
    assert stacked.ack(gencp.written(4, 1)) == hexed("55335643 0000 0908 0800 0a00 0000 0400 0000 0100")
    refused = read.ack(status=Status.INVALID_ADDRESS)
    assert refused == hexed("55335643 0380 0108 0000 0700")
    assert write.pending_ack(500) == hexed("55335643 0000 0508 0400 0800 0000 f401")


def test_flags():
    header = gencp.header_of(hexed("55335643 0080 0008 0c00 0700"))
    assert header
    assert (header.ack_requested, header.resend) == (False, True)
    assert gencp.header_of(hexed("55335642 0040 0008 0c00 0700")) is None
    assert gencp.header_of(READMEM[:11]) is None


def test_status_codes():
    assert {s.value: s.name for s in Status} == {
        0x0000: "SUCCESS",
        0x8001: "NOT_IMPLEMENTED",
        0x8002: "INVALID_PARAMETER",
        0x8003: "INVALID_ADDRESS",
        0x8004: "WRITE_PROTECT",
        0x8005: "BAD_ALIGNMENT",
        0x8006: "ACCESS_DENIED",
        0x8007: "BUSY",
        0x800B: "TIMEOUT",
        0x800E: "INVALID_HEADER",
        0x800F: "WRONG_CONFIGURATION",
        0x8FFF: "ERROR",
        0xA001: "RESEND_NOT_SUPPORTED",
        0xA002: "STREAM_ENDPOINT_HALTED",
        0xA003: "PAYLOAD_SIZE_NOT_ALIGNED",
        0xA004: "STREAM_REGISTERS_INCONSISTENT",
        0xA005: "EVENT_ENDPOINT_HALTED",
        0xA100: "DATA_DISCARDED",
        0xA101: "DATA_OVERRUN",
    }


def test_leader_and_trailer():
    image = Image(4096, 3000, 16, 8, 0x010C_0047, 0x0102_0304_0506_0708)
    assert u3v.leader(image, 5) == hexed(
        "5533564c 0000 3400 0500000000000000 0000 0100 0807060504030201"
        "47000c01 00100000 b80b0000 10000000 08000000 0000 0000"
    )
    assert u3v.trailer(5, 18_432_000, 3000) == hexed(
        "55335654 0000 2000 0500000000000000 0000 0000 0040190100000000 b80b0000"
    )
    cut = u3v.trailer(6, 1000, 3000, Status.DATA_OVERRUN)
    assert cut[16:20] == hexed("01a1 0000")


def test_leader_and_trailer_of_chunks():
    """With chunks: other payload types, a leader without an image's shape, a trailer with a layout id."""
    both = Image(4096, 3000, 16, 8, 0x010C_0047, 7, payload_type=IMAGE_CHUNKS)
    alone = dataclasses.replace(both, payload_type=CHUNKS)
    assert u3v.leader(both, 5)[16:20] == hexed("0000 0140")
    assert u3v.leader(alone, 5) == hexed("5533564c 0000 1c00 0500000000000000 0000 0040 0700000000000000")
    assert u3v.trailer(5, 100, 3000, layout_id=0x11223344) == hexed(
        "55335654 0000 2400 0500000000000000 0000 0000 6400000000000000 b80b0000 44332211"
    )


def test_event():
    assert u3v.event(0x4FFF, 0x1122334455667788, 3, b"\1\2") == hexed(
        "55335645 0000 000c 0e00 0300 0e00 ff4f 8877665544332211 0102"
    )


# --- registers


class Port:
    """A camera of nothing but a few bytes, and an endpoint that takes events."""

    timestamp_latched = 0x0102_0304_0506_0708
    payload_bytes, has_chunks = 12_288_000, False
    stream_halted = events_halted = False

    refusal: Status | None = None

    def read(self, address: int, length: int) -> bytes:
        if self.refusal:
            raise StatusError(self.refusal, "the camera says no")
        return bytes(length)

    def write(self, address: int, data: bytes) -> None: ...
    def latch_timestamp(self) -> None: ...
    def reset_timestamp(self) -> None: ...
    def action(self, device_key: int, group_key: int, group_mask: int) -> bool:
        return False

    def take_control(self, taker: object) -> bool:
        return True

    def leave_control(self, holder: object) -> None: ...
    def report(self, event: str) -> None: ...

    busy_ns = 0


def answer(device: U3vDevice, command: bytes) -> bytes | None:
    """Return the immediate acknowledge; None without one."""
    acks = [effect for effect in device.receive(command) if isinstance(effect, Acknowledge)]
    return acks[-1].data if acks else None


XML = b"PK zipped"
DEVICE = U3vDevice(U3vIdentity("ace", 8, 1, Description(0xF000_0000, XML)), Port(), Port())


def read(address: int, count: int) -> bytes:
    command = hexed("55335643 0040 0008 0c00 0100") + address.to_bytes(8, "little") + bytes(2)
    ack = answer(DEVICE, command + count.to_bytes(2, "little"))
    assert ack
    assert ack[4:6] == bytes(2), f"status {ack[4:6].hex()} at {address:#x}"
    return ack[12:]


def word(address: int, count: int = 4) -> int:
    return int.from_bytes(read(address, count), "little")


WRITE_4 = "55335643 0040 0208 0c00 0100"  # a header, then an address of 8 bytes and 4 bytes
NONE = "0400 0100 0000 0000"


@pytest.mark.parametrize(
    ("port", "commands", "ack"),
    [
        # each status where a device gives it; the last command is the one that is answered so
        ({}, ["55335643 0040 000a 0000 0100"], "55335643 0180 010a 0000 0100"),
        ({}, ["55335643 0040 0008 0c00 0100 0000000000000000 0000 0000"], "55335643 0280 0108 0000 0100"),
        ({}, ["55335643 0040 0008 0c00 0100 ffffffffffffffff 0000 0200"], "55335643 0380 0108 0000 0100"),
        ({}, [WRITE_4 + "cc01000000000000 01000000"], "55335643 0480 0308" + NONE),
        ({}, ["55335643 0040 0208 0a00 0100 0410000f00000000 0100"], "55335643 0580 0308" + NONE),
        ({}, ["55335643 0040 0008 0c00 0100 f801000000000000 0000 0400"], "55335643 0680 0108 0000 0100"),
        (
            {"refusal": Status.BUSY},
            ["55335643 0040 0008 0c00 0100 0000020000000000 0000 0400"],
            "55335643 0780 0108 0000 0100",
        ),
        ({}, ["55335643 0040 0008 1000 0100 0000000000000000 0000 0400"], "55335643 0e80 0108 0000 0100"),
        (
            {},
            [
                *(WRITE_4 + text for text in (
                    "1810000f00000000 34000000", "1c10000f00000000 00001000", "2010000f00000000 0c000000",
                    "2c10000f00000000 20000000", "0410000f00000000 01000000", "1c10000f00000000 00002000",
                )),
            ],
            "55335643 0f80 0308" + NONE,
        ),
        (
            {"refusal": Status.ERROR},
            ["55335643 0040 0008 0c00 0100 0000020000000000 0000 0400"],
            "55335643 ff8f 0108 0000 0100",
        ),
        ({"stream_halted": True}, [WRITE_4 + "0410000f00000000 01000000"], "55335643 02a0 0308" + NONE),
        (
            {},
            [WRITE_4 + "1c10000f00000000 ea030000", WRITE_4 + "0410000f00000000 01000000"],
            "55335643 03a0 0308" + NONE,
        ),
        ({}, [WRITE_4 + "0410000f00000000 01000000"], "55335643 04a0 0308" + NONE),
        ({"events_halted": True}, [WRITE_4 + "0020000f00000000 01000000"], "55335643 05a0 0308" + NONE),
        # stacked: what was written of each, up to the one that was refused
        (
            {},
            [
                "55335643 0040 0808 2000 0100 1810000f00000000 0000 0400 34000000"
                "cc01000000000000 0000 0400 01000000"
            ],
            "55335643 0480 0908 0800 0100 0000 0400 0000 0000",
        ),
        (
            {},
            ["55335643 0040 0608 1800 0100 0802000000000000 0000 0400 0000000000000000 0000 0400"],
            "55335643 0000 0708 0800 0100 ffffffff 02000100",
        ),
    ],
)  # fmt: skip
def test_what_a_device_answers(port: dict[str, object], commands: list[str], ack: str) -> None:
    there = Port()
    vars(there).update(port)
    device = U3vDevice(U3vIdentity("ace", 8, 1, Description(0xF000_0000, XML)), there, there)
    answers = [answer(device, hexed(command)) for command in commands]
    assert answers[-1] == hexed(ack)


class Flash(Port):
    """A camera whose writes take 300 ms."""

    writes = 0

    def write(self, address: int, data: bytes) -> None:
        self.busy_ns, self.writes = 300_000_000, self.writes + 1


def test_a_write_that_takes_long():
    """PENDING_ACK at once, 1300 ms: what it takes and a second of patience; at last its acknowledge."""
    port = Flash()
    device = U3vDevice(U3vIdentity("ace", 8, 1, Description(0xF000_0000, XML)), port, port)
    save, pending = (
        hexed(WRITE_4 + "0000020000000000 01000000"),
        hexed("55335643 0000 0508 0400 0100 0000 1405"),
    )
    later = Acknowledge(hexed("55335643 0000 0308 0400 0100 0000 0400"), 300_000_000)
    assert list(device.receive(save)) == [later, Acknowledge(pending)]
    assert answer(device, save[:4] + hexed("00c0") + save[6:]) == pending, "it is resent"
    other = hexed("55335643 0040 0208 0c00 0200 0000020000000000 02000000")
    assert answer(device, other) == hexed("55335643 0780 0308 0000 0200")
    assert port.writes == 1
    port.busy_ns = 0
    assert answer(device, other) == hexed("55335643 0000 0508 0400 0200 0000 1405")


def test_abrm():
    assert word(0x000) == 0x0001_0002  # GenCP 1.2
    assert read(0x084, 64) == b"ace".ljust(64, b"\0")
    capability = word(0x1C4, 8)
    assert [bit for bit in (0, 8, 12, 13, 14) if capability >> bit & 1] == [0, 8, 13]
    assert word(0x1CC) > 0
    assert word(0x1F0, 8) == 0x0102_0304_0506_0708
    assert word(0x1FC, 8) == 1  # ns a tick
    assert (word(0x208), word(0x20C)) == (0xFFFF_FFFF, 0xFFFF_FFFF)  # little-endian


def test_sbrm_sirm_eirm():
    sbrm = word(0x1D8, 8)
    assert word(sbrm) == 0x0001_0001  # USB3 Vision 1.1
    assert word(sbrm + 0x04, 8) == 0b011  # SIRM, EIRM, no IIDC2
    assert word(sbrm + 0x04) == 0b011  # Aravis reads only half of it
    assert (word(sbrm + 0x14), word(sbrm + 0x18)) == (1024, 1024)
    assert word(sbrm + 0x1C) == 1
    assert (word(sbrm + 0x28), word(sbrm + 0x34)) == (0x30, 0x0C)
    assert word(sbrm + 0x40) == 8  # SuperSpeed
    sirm, eirm = word(sbrm + 0x20, 8), word(sbrm + 0x2C, 8)
    assert word(sirm) >> 24 == 2  # sizes in multiples of 4
    assert word(sirm + 0x08, 8) == 12_288_000
    assert (word(sirm + 0x10), word(sirm + 0x14)) == (52, 32)
    assert word(eirm + 0x04) >= 24


def test_manifest():
    manifest = word(0x1D0, 8)
    assert word(manifest, 8) == 1
    entry = read(manifest + 8, 64)
    assert entry[:4] == hexed("00000001")  # version 1.0.0
    format_ = int.from_bytes(entry[4:8], "little")
    assert (format_ & 7, format_ >> 10 & 0x3F, format_ >> 16 & 0xFF, format_ >> 24) == (
        0,
        1,
        1,
        1,
    )  # zip, 1.1
    assert entry[8:24] == hexed("000000f000000000 0900000000000000")
    assert entry[24:44] == hashlib.sha1(XML).digest()


# --- descriptors

WHO = usb.UsbIdentity(0x2676, 0xBA02, "267601234567", "Basler", "acA", "ace", "1.0", "info", "42", "me")
INTERFACES_SUPER = """
    0904 0000 02 ef0500 00
    1424 01 0200 0100 0100 0100 01 02 03 04 05 06 07 08 0c
    0705 81 02 0004 00  0630 00 00 0000
    0705 01 02 0004 00  0630 00 00 0000
    0904 0100 01 ef0501 00
    0705 82 02 0004 00  0630 00 00 0000
    0904 0200 01 ef0502 00
    0705 83 02 0004 00  0630 0f 00 0000
"""


def test_descriptors_at_super_speed():
    d = usb.Descriptors(WHO, usb.Speed.SUPER)
    assert d.device == hexed("1201 0003 ef0201 09 7626 02ba 0001 02 03 07 01")
    body = hexed("080b 00 03 ef0500 00" + INTERFACES_SUPER)
    assert d.configuration == hexed("0902 7400 03 01 00 80 70") + body
    assert len(d.configuration) == 0x74
    assert d.bos == hexed("050f 1600 02  0710 02 02000000  0a10 03 00 0c00 02 00 0000")
    assert d.find(3, 0) == hexed("0403 0904")
    assert d.find(3, 1) == bytes((26, 3)) + "267601234567".encode("utf-16-le")
    assert d.find(3, 9) is None
    assert d.find(6, 0) is None  # a qualifier is for those that are not at SuperSpeed


def test_descriptors_at_high_speed():
    d = usb.Descriptors(WHO, usb.Speed.HIGH)
    assert d.device[2:8] == hexed("1002 ef0201 40")
    assert d.find(6, 0) == hexed("0a06 1002 ef0201 40 01 00")
    assert hexed("0705 83 02 0002 00") in d.configuration
    assert hexed("0630") not in d.configuration
