"""From image memory to link: how long a frame travels, and what happens when there is no room.

Nothing is sent here. This is the link's timing as data, the same in virtual and in wall time: it decides
when a frame leaves and when the memory is free again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from camtwin.camera.frames.exposure import Readout, Transfer
from camtwin.camera.settings import Settings
from camtwin.models.schema import GigE, Memory, Usb3
from camtwin.simtime import Entry, Scheduler
from camtwin.subscribers import Subscribers
from camtwin.units import SEC, Ns

IP_UDP_GVSP_BYTES = 20 + 8 + 8  # inside the packet size: what a packet spends before its payload
ETHERNET_BYTES = 8 + 14 + 4 + 12  # around it: preamble, header, FCS, gap between frames
LEADER_BYTES = IP_UDP_GVSP_BYTES + 36
TRAILER_BYTES = 46  # IP_UDP_GVSP_BYTES + 8, padded to Ethernet's least frame
CHUNK_TRAILER_BYTES = IP_UDP_GVSP_BYTES + 16


class LinkTiming(Protocol):
    """How long a frame is on the link."""

    @property
    def bytes_per_s(self) -> int: ...
    def transfer_ns(self, settings: Settings, payload_bytes: int) -> Ns: ...


@dataclass(frozen=True, slots=True)
class GigETiming:
    """GVSP packets on an Ethernet wire."""

    wire: GigE

    @property
    def bytes_per_s(self) -> int:
        return self.wire.bits_per_s // 8

    def transfer_ns(self, settings: Settings, payload_bytes: int) -> Ns:
        """Leader, payload packets and trailer, with GevSCPD after each; slower where the limit says so."""
        full, rest = divmod(payload_bytes, settings.GevSCPSPacketSize - IP_UDP_GVSP_BYTES)
        packets = full + (rest > 0) + 2
        inside = full * settings.GevSCPSPacketSize + (rest + IP_UDP_GVSP_BYTES if rest else 0)
        trailer = CHUNK_TRAILER_BYTES if settings.ChunkModeActive else TRAILER_BYTES
        wire_bytes = LEADER_BYTES + inside + trailer + packets * (ETHERNET_BYTES + self.wire.gap_bytes)
        bits_per_s = min(self.wire.bits_per_s, 8 * settings.DeviceLinkThroughputLimit)
        return wire_bytes * 8 * SEC // bits_per_s + packets * settings.GevSCPD


@dataclass(frozen=True, slots=True)
class U3vTiming:
    """USB3 Vision on a SuperSpeed or a HighSpeed bus; the camera may hold its rate below the bus's."""

    bus: Usb3
    high_speed: bool = False

    @property
    def bytes_per_s(self) -> int:
        return self.bus.high_bytes_per_s if self.high_speed else self.bus.super_bytes_per_s

    def transfer_ns(self, settings: Settings, payload_bytes: int) -> Ns:
        """The payload at the rate that it gets; leader and trailer, 84 bytes, are not counted."""
        rate = self.bytes_per_s
        if settings.DeviceLinkThroughputLimitMode == "On":
            rate = min(rate, settings.DeviceLinkThroughputLimit)
        return payload_bytes * SEC // rate


@dataclass(frozen=True, slots=True)
class NoLink:
    """Nothing in the way: a frame is there when it has been read, unless the limit says otherwise."""

    bytes_per_s = 50_000_000_000

    def transfer_ns(self, settings: Settings, payload_bytes: int) -> Ns:
        limit = settings.DeviceLinkThroughputLimit
        return 0 if limit >= self.bytes_per_s else payload_bytes * SEC // limit


class Transmitter:
    """The image memory and the link that empties it, one frame after the other, cut-through.

    Subscribers are told: on_transfer when a frame's first bit leaves, on_delivery when its last one has
    arrived, on_abort when everything in the memory is thrown away.
    """

    def __init__(
        self,
        clock: Scheduler,
        timing: LinkTiming,
        memory: Memory,
        emit: Callable[[str, int | None], None],
        room_made: Callable[[], None],
    ) -> None:
        self.timing, self.memory = timing, memory
        self.stalled: set[str] = set()
        self.on_transfer = Subscribers[Transfer]()
        self.on_delivery = Subscribers[Transfer]()
        self.on_abort = Subscribers[()]()
        self._clock, self._emit, self._room_made = clock, emit, room_made
        self._used_bytes = 0
        self._full = False
        self._queue: deque[Readout] = deque()
        self._planned: Entry | None = None  # the start or the end of a transfer
        self._under_way: Transfer | None = None
        self._left_ns: Ns | None = None  # of a transfer that a stall interrupted

    @property
    def empty(self) -> bool:
        return not self._queue

    @property
    def flowing(self) -> bool:
        """Nothing stalls the link."""
        return not self.stalled

    @property
    def leaving(self) -> Transfer | None:
        """The frame on the link."""
        return self._under_way

    def fits(self, settings: Settings) -> bool:
        """Room for one more such frame? One always fits into an empty memory."""
        size = self.memory.size_bytes
        return not self._used_bytes or size is None or self._used_bytes + self._stored_bytes(settings) <= size

    def _stored_bytes(self, settings: Settings) -> int:
        return settings.Width * settings.Height * self.memory.stored_bits // 8

    def admit(self, readout: Readout) -> bool:
        """Take a frame at the start of its readout, or refuse it."""
        exposure = readout.exposure
        if not self.fits(exposure.settings):
            return False
        self._queue.append(readout)
        self._used_bytes += self._stored_bytes(exposure.settings)
        if not self._full and not self.fits(exposure.settings):
            self._full = True
            self._emit("TransferBufferFull", exposure.frame_id)
        self._pump()
        return True

    def stall(self, why: str = "link") -> None:
        """The link stops; the memory keeps what it has. It stands until nothing of what stalls it is left."""
        self.stalled.add(why)
        if len(self.stalled) > 1:
            return
        if self._planned is not None:
            if self._under_way:
                self._left_ns = self._planned[0] - self._clock.now
            self._clock.cancel(self._planned)
            self._planned = None
        self._room_made()  # whoever waits for room must stop waiting

    def resume(self, why: str = "link") -> None:
        self.stalled.discard(why)
        self._pump()

    def clear(self) -> None:
        """Throw everything away (AcquisitionAbort)."""
        self._clock.cancel(self._planned)
        self._planned = self._under_way = self._left_ns = None
        self._queue.clear()
        self._used_bytes = 0
        self.on_abort()
        self._free()

    def _pump(self) -> None:
        if self._planned is not None or not self._queue or not self.flowing:
            return
        now = self._clock.now
        if self._left_ns is not None:
            self._planned = self._clock.at(now + self._left_ns, self._end)
            self._left_ns = None
        elif (first := self._queue[0].first_data_ns) > now:
            self._planned = self._clock.at(first, self._begin)
        else:
            self._begin()

    def _begin(self) -> None:
        readout, start = self._queue[0], self._clock.now
        exposure = readout.exposure
        travel = self.timing.transfer_ns(exposure.settings, exposure.payload_bytes)
        end = max(start + travel, readout.end_ns)  # cut-through cannot overtake the sensor
        self._under_way = Transfer(exposure, start, end)
        self._planned = self._clock.at(end, self._end)
        self.on_transfer(self._under_way)

    def _end(self) -> None:
        exposure, transfer = self._queue.popleft().exposure, self._under_way
        self._planned = self._under_way = None
        self._used_bytes -= self._stored_bytes(exposure.settings)
        if transfer:
            self.on_delivery(replace(transfer, end_ns=self._clock.now))  # later than planned after a stall
        self._free()

    def _free(self) -> None:
        if self._full:
            self._full = False
            self._emit("TransferBufferReady", None)
        self._pump()
        self._room_made()
