"""Capture of a twin's link as a file that Wireshark reads: commands, answers and the stream.

Times are the camera's, not this computer's. Virtual time is tied to the calendar once, when the file is
opened; each packet's time is that epoch plus a virtual time. Packets of a frame have the time of their first
bit on the modelled wire (its speed, its gaps and GevSCPD), however unevenly this computer sent them;
commands, answers, resends, test packets and packets that a fault delayed have the time at which they really
arrived or left. So a slow computer does not show here.

Packets are in the order in which they left. The file has the packets that left and no others: not those that
a fault dropped or the network refused; damaged ones as damaged, doubled ones twice. Wireshark's users expect
Ethernet: the twin has its own MAC address, a host one derived from its IP address. UDP checksums are left out
(zero), as IPv4 allows.

A thread of its own writes whole packets, so the file is readable to its end however the run ends. If the disk
is slower than the link, the stream waits for it and frames count as late, because a capture must have no
holes. A full disk ends the run, with one line.

Source: draft-ietf-opsawg-pcap (magic a1b23c4d: nanoseconds), RFC 791, RFC 768, RFC 1112 for multicast MACs.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from camtwin.units import SEC, Ns
from camtwin.wire.gev import gvsp
from camtwin.wire.gev.device import Peer, Target
from camtwin.wire.ip import ethernet

if TYPE_CHECKING:
    from camtwin.links.gige.send.job import Job
    from camtwin.links.gige.send.sendmmsg import Batch

FILE_HEADER: Final = struct.pack("<IHHiIII", 0xA1B2_3C4D, 2, 4, 0, 0, 1 << 18, 1)  # LINKTYPE_ETHERNET
RECORD_BYTES: Final = 16  # before each packet: seconds, nanoseconds, length here, length there
MAX_WAITING_BYTES: Final = 64 << 20  # packets waiting for the disk: about half a second of a gigabit

MIN_BYTES: Final = 500  # memory of one waiting packet, however short


class Capture:
    """A pcap file, open until it is closed.

    Args:
        address, mac: the twin's
        now: returns the present virtual time; called on any thread
        on_problem: called on the writing thread with the exception that ended it, an OSError naming the file
        own: all addresses that the twin has had

    Raises:
        OSError: the file cannot be written
    """

    def __init__(
        self,
        path: Path,
        address: str,
        mac: bytes,
        now: Callable[[], Ns],
        on_problem: Callable[[BaseException], object],
    ) -> None:
        self.path, self.own, self._mac, self._on_problem = path, {address}, mac, on_problem
        self.now = now
        self._epoch_ns = time.time_ns() - now()
        self._queue: deque[tuple[int, Callable[[], bytes]]] = deque()
        self._waiting_bytes = 0
        self._ended = False
        self._problem: BaseException | None = None
        self._wake = threading.Condition()
        self._file = path.open("wb", buffering=0)
        try:
            self._write(FILE_HEADER)
        except OSError as problem:
            self._file.close()
            raise self._named(problem) from None
        self._thread = threading.Thread(target=self._run, name="pcap", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Write pending packets and end the thread; raise the exception that ended it before, if any."""
        with self._wake:
            self._ended = True
            self._wake.notify_all()
        self._thread.join()
        self._file.close()
        if self._problem:
            raise self._problem

    def datagram(
        self, source: Peer, destination: Peer, data: bytes, t_ns: Ns | None = None, *, whole: bool = True
    ) -> None:
        """Record a datagram at this virtual time, or now; `whole`: it must not be fragmented.

        Callable on any thread, which waits only if the disk is twice as far behind as a stream waits for.
        """
        at = self.now() if t_ns is None else t_ns
        self._put(
            MIN_BYTES + len(data),
            2 * MAX_WAITING_BYTES,
            lambda: self._headers(at, source, destination, len(data), whole) + data,
        )

    def datagrams(
        self,
        source: Peer,
        destination: Peer,
        batch: Batch,
        first: int,
        times_ns: NDArray[np.int64],
        *,
        whole: bool = True,
    ) -> None:
        """Record packets first.. of a batch, one for each virtual time; wait while the disk is far behind."""
        size = len(times_ns) * (batch.headers.shape[1] + batch.data_bytes)
        self._put(
            size,
            MAX_WAITING_BYTES,
            lambda: self._records(source, destination, batch, first, times_ns, whole),
        )

    # -- the thread ------------------------------------------------------------------------------
    def _put(self, size: int, most: int, build: Callable[[], bytes]) -> None:
        with self._wake:
            while self._waiting_bytes > most and not self._ended:
                self._wake.wait()
            if not self._ended:
                self._queue.append((size, build))
                self._waiting_bytes += size
                self._wake.notify_all()

    def _run(self) -> None:
        try:
            while taken := self._take():
                for size, build in taken:
                    self._write(build())
                    with self._wake:
                        self._waiting_bytes -= size
                        self._wake.notify_all()
        except BaseException as problem:
            self._problem = self._named(problem) if isinstance(problem, OSError) else problem
            self._on_problem(self._problem)
        finally:
            with self._wake:
                self._ended = True
                self._queue.clear()
                self._wake.notify_all()

    def _take(self) -> list[tuple[int, Callable[[], bytes]]]:
        """Return pending packets; none once the capture is closed and all have been written."""
        with self._wake:
            while not self._queue and not self._ended:
                self._wake.wait()
            taken = list(self._queue)
            self._queue.clear()
        return taken

    def _write(self, data: bytes) -> None:
        """All of it, or none: half a packet is taken back."""
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError:
            with contextlib.suppress(OSError):  # a pipe cannot
                self._file.truncate(self._file.tell() - (len(data) - len(rest)))
            raise

    def _named(self, problem: OSError) -> OSError:
        return OSError(problem.errno, problem.strerror, str(self.path))

    # -- bytes -----------------------------------------------------------------------------------
    def _headers(self, t_ns: Ns, source: Peer, destination: Peer, size: int, whole: bool) -> bytes:
        """Build the headers before `size` bytes of data: the record's, Ethernet's, IP's and UDP's."""
        seconds, nanoseconds = divmod(self._epoch_ns + t_ns, SEC)
        length = ethernet.HEADER_BYTES + size
        macs = {"source_mac": self._mac_of(source[0]), "destination_mac": self._mac_of(destination[0])}
        record = struct.pack("<IIII", seconds, nanoseconds, length, length)
        return record + ethernet.header(source, destination, size, whole=whole, **macs)

    def _records(
        self,
        source: Peer,
        destination: Peer,
        batch: Batch,
        first: int,
        times_ns: NDArray[np.int64],
        whole: bool,
    ) -> bytes:
        """Build the records of packets first.. of a batch at once.

        Only a short last packet is built alone.
        """
        stop, header_bytes, size = first + len(times_ns), batch.headers.shape[1], batch.data_bytes
        full = min(stop, batch.payload.size // size) - first
        begin = RECORD_BYTES + ethernet.HEADER_BYTES
        out = np.empty((full, begin + header_bytes + size), np.uint8)
        before = self._headers(0, source, destination, header_bytes + size, whole)
        out[:, :begin] = np.frombuffer(before, np.uint8)
        stamps = np.stack(np.divmod(times_ns[:full] + self._epoch_ns, SEC), axis=1).astype("<u4")
        out[:, :8] = stamps.view(np.uint8)
        out[:, begin : begin + header_bytes] = batch.headers[first : first + full]
        data = batch.payload[first * size : (first + full) * size]
        out[:, begin + header_bytes :] = data.reshape(full, size)
        records = out.tobytes()
        if first + full < stop:
            last = batch.packet(stop - 1)
            at = int(times_ns[-1])
            records += self._headers(at, source, destination, len(last), whole) + last
        return records

    def _mac_of(self, address: str) -> bytes:
        if address in self.own:
            return self._mac
        number = socket.inet_aton(address)
        if address == "255.255.255.255":
            return b"\xff" * 6
        if number[0] >> 4 == 0xE:  # multicast: its last 23 bits
            return bytes((0x01, 0x00, 0x5E, number[1] & 0x7F)) + number[2:]
        return b"\x02\0" + number  # locally administered


class StreamTap:
    """Reports each packet that the sender's thread has sent to the capture.

    source      the address that packets are sent from
    gap_bytes   on the wire around a packet: Ethernet's own and the camera's
    """

    def __init__(self, capture: Capture, source: Peer, gap_bytes: int) -> None:
        self._capture, self.source, self._gap_bytes = capture, source, gap_bytes
        self._times_ns = np.zeros(0, np.int64)
        self._last_ns: Ns = 0
        self.aside = False
        """Whether packets that leave now are not the frame's own, but answers, tests or delayed ones."""

    def begin(self, job: Job, block: gvsp.Block) -> None:
        """Begin a frame: compute its packets' times on the camera's wire."""
        start, end = job.camera_ns
        sizes = np.full(block.last_packet + 1, block.data_bytes + block.headers.shape[1], np.int64)
        sizes[0], sizes[-1] = len(block.leader), len(block.trailer)
        sizes[-2] -= len(block.headers) * block.data_bytes - block.payload_bytes
        wire = np.cumsum(np.maximum(sizes + ethernet.IP_UDP_BYTES, ethernet.MIN_IP_BYTES) + self._gap_bytes)
        delays = np.arange(1, len(wire) + 1) * job.packet_delay_ns
        moving_ns = max(0, end - start - int(delays[-1]))
        ends = wire / wire[-1] * moving_ns + delays
        self._times_ns = start + np.concatenate(([0], ends[:-1])).astype(np.int64)
        self._last_ns = start

    def sent(self, packet: bytes, target: Target, *, whole: bool) -> None:
        """Record a single packet that has left."""
        t_ns = None
        if not self.aside:
            extended = bool(packet[4] & 0x80)
            packet_id = int.from_bytes(packet[16:20] if extended else packet[5:8], "big")
            t_ns = self._last_ns = max(self._last_ns, int(self._times_ns[packet_id]))
        self._capture.datagram(self.source, (target.address, target.port), packet, t_ns, whole=whole)

    def sent_run(self, batch: Batch, first: int, count: int, target: Target, *, whole: bool) -> None:
        """Record packets first.. of a batch that have left; `aside` marks them as none of the frame's own."""
        if self.aside:
            times_ns = np.full(count, self._capture.now())
        else:
            times_ns = np.maximum(self._times_ns[first + 1 : first + 1 + count], self._last_ns)
            self._last_ns = int(times_ns[-1])
        destination = (target.address, target.port)
        self._capture.datagrams(self.source, destination, batch, first, times_ns, whole=whole)
