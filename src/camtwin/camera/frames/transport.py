"""From image memory to link: the time that a frame takes, and what happens when memory is full.

Nothing is sent here. This is the link's timing as data, the same in virtual and in wall time: it decides
when a frame leaves and when the memory is free again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import replace

from camtwin.camera.features.rates import free_running
from camtwin.camera.frames.exposure import FrameReadout, Transfer
from camtwin.camera.links import LinkTiming
from camtwin.camera.settings import Settings
from camtwin.models.schema import Memory
from camtwin.simtime import Entry, Scheduler
from camtwin.subscribers import Subscribers
from camtwin.units import Ns


class Transmitter:
    """The image memory and the link that empties it, one frame after the other, cut-through.

    Subscribers are called: on_transfer when a frame's first bit leaves, on_delivery when its last one has
    arrived, on_abort when everything in the memory is dropped.

    misnumbered  numbers in their stream of frames that are to leave with a wrong one, and that one
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
        self.misnumbered: dict[int, int] = {}
        self.on_transfer = Subscribers[Transfer]()
        self.on_delivery = Subscribers[Transfer]()
        self.on_abort = Subscribers[()]()
        self._clock, self._emit, self._room_made = clock, emit, room_made
        self._used_bytes = 0
        self._full = False
        self._queue: deque[FrameReadout] = deque()
        self._planned: Entry | None = None  # the start or the end of a transfer
        self._under_way: Transfer | None = None
        self._left_ns: Ns | None = None  # of a transfer that a stall interrupted

    @property
    def empty(self) -> bool:
        return not self._queue

    @property
    def flowing(self) -> bool:
        """Whether nothing stalls the link."""
        return not self.stalled

    @property
    def leaving(self) -> Transfer | None:
        """The frame on the link."""
        return self._under_way

    def fits(self, settings: Settings) -> bool:
        """Tell whether there is room for one more such frame. One always fits into an empty memory."""
        size, most = self.memory.size_bytes, self.memory.free_run_images
        if most is not None and len(self._queue) >= most and free_running(settings):
            return False
        return not self._used_bytes or size is None or self._used_bytes + self._stored_bytes(settings) <= size

    def _stored_bytes(self, settings: Settings) -> int:
        return settings.Width * settings.Height * self.memory.stored_bits // 8

    def admit(self, readout: FrameReadout) -> bool:
        """Take a frame at the start of its readout; False if there is no room."""
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
        """Stop the link for a reason; it resumes once no reason is left. The memory keeps its frames."""
        self.stalled.add(why)
        if len(self.stalled) > 1:
            return
        if self._planned is not None:
            if self._under_way:
                self._left_ns = self._planned[0] - self._clock.now
            self._clock.cancel(self._planned)
            self._planned = None
        self._room_made()  # frames that wait for room must stop waiting

    def resume(self, why: str = "link") -> None:
        self.stalled.discard(why)
        self._pump()

    def clear(self) -> None:
        """Drop everything (AcquisitionAbort)."""
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
        number = self.misnumbered.pop(readout.number, readout.number)
        self._under_way = Transfer(exposure, number, start, end)
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
