"""A capture of the twin's own link: what left and came, as it was, in the camera's time.

The file is read by a parser of its own, typed from the format's draft and the RFCs.
"""

from __future__ import annotations

import errno
import itertools
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from camtwin.links.gige.faults import Faults
from camtwin.links.gige.pcap import Capture
from camtwin.units import MS, SEC
from unit.links.gige.gige_host import Client, Running, StubTwin, force, start
from unit.links.gige.receiver import LEADER, PAYLOAD, TRAILER, Packet, Receiver

DO_NOT_FRAGMENT = 1 << 30  # of SCPS
MAC = bytes.fromhex("02ca00000001")


@dataclass(frozen=True)
class Captured:
    t_ns: int
    macs: tuple[bytes, bytes]  # to, from
    source: tuple[str, int]
    to: tuple[str, int]
    whole: bool
    data: bytes


def dotted(address: bytes) -> str:
    return ".".join(map(str, address))


def read(path: Path) -> list[Captured]:
    """Every packet of the file, all its lengths and checksums right, to the file's last byte."""
    file = path.read_bytes()
    assert struct.unpack_from("<IHHIIII", file) == (0xA1B23C4D, 2, 4, 0, 0, 1 << 18, 1)
    at, packets = 24, []
    while at < len(file):
        s, ns, length, original = struct.unpack_from("<IIII", file, at)
        frame = file[at + 16 : at + 16 + length]
        assert length == original == len(frame)
        assert ns < SEC
        assert frame[12:14] == b"\x08\0"
        ip, udp, data = frame[14:34], frame[34:42], frame[42:]
        assert (ip[0], ip[9]) == (0x45, 17)
        total = sum(struct.unpack(">10H", ip))
        assert (total & 0xFFFF) + (total >> 16) == 0xFFFF, "the sum over a right header, RFC 791"
        assert int.from_bytes(ip[2:4], "big") == length - 14
        source, to, size, checksum = struct.unpack(">4H", udp)
        assert (size, checksum) == (8 + len(data), 0)
        macs = frame[:6], frame[6:12]
        packets.append(
            Captured(
                s * SEC + ns, macs, (dotted(ip[12:16]), source), (dotted(ip[16:]), to), ip[6] == 0x40, data
            )
        )
        at += 16 + length
    return packets


def form(packet: Captured) -> int:
    return packet.data[4]


def session(path: Path, faults: Faults | None = None, **features: int) -> tuple[Running, int, list[Packet]]:
    """Stream a fifth of a second; return the twin's link, the stream's port and the packets received."""
    twin = StubTwin()
    with Receiver() as receiver, Running(twin, pcap=path, faults=faults) as running:
        client = Client(running.port)
        start(client, receiver, twin, **{"GevSCPSPacketSize": DO_NOT_FRAGMENT | 576, **features})
        time.sleep(0.2)
        client.write(twin.address("AcquisitionStop"), 1)
        got = receiver.silence(0.1)
        client.sock.close()
    assert running.problem is None
    return running, receiver.port, got


def test_what_went_over_the_link_is_in_the_file(tmp_path: Path) -> None:
    running, port, got = session(tmp_path / "c")
    packets = read(tmp_path / "c")
    twin, mac = ("127.0.0.1", running.port), running.link.gev.identity.mac
    asked = [p for p in packets if p.to == twin]
    answered = [p for p in packets if p.source == twin]
    stream = [p for p in packets if p.to[1] == port]
    assert len(asked) + len(answered) + len(stream) == len(packets)
    assert len(asked) == len(answered) == 8
    for question, answer in zip(asked, answered, strict=True):
        assert question.source == answer.to
        assert question.t_ns <= answer.t_ns
        assert question.data[:4] == bytes.fromhex("42010082")
        assert answer.data[:4] == bytes.fromhex("00000083")
    assert all(p.macs == (mac, mac) for p in packets), "one host, one address, one MAC"
    headers = [struct.pack(">HHI", p.status, p.block_id, p.form << 24 | p.packet_id) for p in got]
    assert [p.data for p in stream] == [h + p.data for h, p in zip(headers, got, strict=True)]
    assert all(p.whole for p in stream)


@pytest.mark.parametrize("delay_ns", [0, 8_000])
def test_frames_stand_at_the_times_of_the_cameras_wire(tmp_path: Path, delay_ns: int) -> None:
    """576 B of IP and 38 + 32 of Ethernet and gap are 5168 ns at 1 Gb/s, and GevSCPD comes on top."""
    _, port, _ = session(tmp_path / "c", GevSCPD=delay_ns, Width=4096, Height=50)
    stream = [p for p in read(tmp_path / "c") if p.to[1] == port]
    frames = [list(f) for _, f in itertools.groupby(stream, lambda p: p.data[2:4])]
    assert len(frames) >= 3
    for frame in frames:
        assert [form(p) for p in frame] == [LEADER, *[PAYLOAD] * 380, TRAILER]
        assert len(frame[-2].data) == 8 + 204_800 - 379 * 540
        times = [p.t_ns for p in frame]
        steps = [b - a for a, b in itertools.pairwise(times)]
        leader, last = 28 + 44 + 70, 28 + 148 + 70
        for step, size in zip(steps, [leader, *[646] * 379, last], strict=True):
            assert step == pytest.approx(size * 8 + delay_ns, abs=60), "rounding, and the sensor's pace"
    starts = [f[0].t_ns for f in frames]
    whole_ns = (142 + 379 * 646 + 246 + 116) * 8 + 382 * delay_ns
    periods = [b - a for a, b in itertools.pairwise(starts)]
    assert periods == pytest.approx([max(whole_ns, 4 * MS)] * len(periods), abs=100), "or the exposure's"


@pytest.mark.parametrize("kind", ["drop", "corrupt", "duplicate", "reorder", "delay"])
def test_faults_are_captured_as_they_left(tmp_path: Path, kind: str) -> None:
    running, port, got = session(tmp_path / "c", Faults.parse([f"{kind}=0.1"], seed=2))
    stream = [p for p in read(tmp_path / "c") if p.to[1] == port]
    assert running.link.sender.faults[kind] > 3
    assert [p.data[8:] for p in stream] == [p.data for p in got]
    assert [int.from_bytes(p.data[5:8], "big") for p in stream] == [p.packet_id for p in got]
    if kind == "delay":
        late = [
            p
            for p, q in itertools.pairwise(stream)
            if form(p) == PAYLOAD and p.t_ns > stream[0].t_ns + 4 * MS
        ]
        assert len(late) > 3
    else:
        assert [p.t_ns for p in stream] == sorted(p.t_ns for p in stream)


def capture(path: Path, problems: list[BaseException]) -> Capture:
    return Capture(path, "127.0.0.1", MAC, time.monotonic_ns, problems.append)


def test_a_host_elsewhere_has_a_mac_of_its_address(tmp_path: Path) -> None:
    problems: list[BaseException] = []
    it = capture(tmp_path / "c", problems)
    for to in ("10.1.2.3", "239.129.3.4", "255.255.255.255"):
        it.datagram(("127.0.0.1", 1), (to, 2), b"abc", 7, whole=False)
    it.close()
    packets = read(tmp_path / "c")
    expected = ["02000a010203", "01005e010304", "ffffffffffff"]
    assert [p.macs for p in packets] == [(bytes.fromhex(to), MAC) for to in expected]
    assert [p.data for p in packets] == [b"abc"] * 3
    assert not any(p.whole for p in packets)
    assert not problems
    assert abs(packets[0].t_ns - 7 + time.monotonic_ns() - time.time_ns()) < 3 * SEC


class Filling:
    """A file on a disk with so much room."""

    def __init__(self, file, room: int) -> None:
        self.file, self.room = file, room

    def write(self, data) -> int:
        if not self.room:
            raise OSError(errno.ENOSPC, "No space left on device")
        done = self.file.write(data[: self.room])
        self.room -= done
        return done

    def __getattr__(self, name: str):
        return getattr(self.file, name)


def test_a_full_disk_is_one_error_and_leaves_whole_packets(tmp_path: Path) -> None:
    problems: list[BaseException] = []
    it = capture(tmp_path / "c", problems)
    it._file = Filling(it._file, 1000)  # pyright: ignore[reportAttributeAccessIssue]
    settle(lambda: it.datagram(("127.0.0.1", 1), ("127.0.0.1", 2), bytes(100)) or bool(problems))
    it.datagram(("127.0.0.1", 1), ("127.0.0.1", 2), bytes(100))  # nobody hangs
    with pytest.raises(OSError, match="No space left"):
        it.close()
    (problem,) = problems
    assert isinstance(problem, OSError)
    assert (problem.errno, problem.filename) == (errno.ENOSPC, str(tmp_path / "c"))
    assert len(read(tmp_path / "c")) == 1000 // 158


def settle(done: Callable[[], bool]) -> None:
    end = time.monotonic() + 3
    while not done():
        assert time.monotonic() < end
        time.sleep(0.001)


def test_after_force_ip_the_twin_has_its_new_address_there_too(tmp_path: Path) -> None:
    twin, moved = StubTwin(), "127.0.0.5"
    with Receiver() as receiver, Running(twin, pcap=tmp_path / "c") as running:
        client, mac = Client(running.port), running.link.gev.identity.mac
        assert client.ask(4, force(mac, moved)) == (0, b"")
        client.peer = (moved, running.port)
        start(client, receiver, twin, GevSCPSPacketSize=DO_NOT_FRAGMENT | 576)
        receiver.packets()
        source = (moved, client.read(0xD1C))
        client.sock.close()
    packets = read(tmp_path / "c")
    assert packets[0].to == ("127.0.0.1", running.port)
    assert packets[1].source == (moved, running.port)
    stream = [p for p in packets if p.to[1] == receiver.port]
    assert {(p.source, p.macs[1]) for p in stream} == {(source, mac)}
    asked = {p.macs[0] for p in packets if p.to[1] == running.port}
    answered = {p.macs[1] for p in packets if p.source[1] == running.port}
    assert asked == answered == {mac}


def test_a_file_that_cannot_be_is_told_before_the_twin_is_ready(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="gone"), Running(StubTwin(), pcap=tmp_path / "gone" / "c"):
        pass
    with pytest.raises(OSError, match="No space left") as told, Running(StubTwin(), pcap=Path("/dev/full")):
        pass
    assert told.value.filename == "/dev/full"
