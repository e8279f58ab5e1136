"""The stream of a bare sensor in virtual time: when frames are read, and with which configuration.

    master   a frame begins one frame time after the last one; with extout_en and xvs_io_ctrl it sends a pulse
             at XVS as it begins
    slave    a frame begins with each pulse at XVS; one that comes within the frame under way is missed

The first frame is read once its first row is exposed (assumed). Frame times are fractions of a nanosecond,
and rounded once, so a rate is exact over any number of frames.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from camtwin.camera.registers.configuration import Configuration, Integration
from camtwin.camera.registers.register_file import RegisterFile, StreamEvent
from camtwin.sensor.timing import RowTimes, RowWindows
from camtwin.simtime import Entry, Scheduler
from camtwin.subscribers import Subscribers
from camtwin.units import Ns


@dataclass(frozen=True, slots=True)
class TimedFrame:
    """A frame of the stream, whose first row is read at read_ns; numbers count from 1 in each stream.

    values: those of the registers that it is taken with, by name.
    """

    number: int
    read_ns: Ns
    configuration: Configuration
    values: Mapping[str, int]

    @property
    def end_ns(self) -> Ns:
        """Time at which the next frame can begin."""
        return self.read_ns + round(self.configuration.frame_ns)

    def windows(self, integration: Integration) -> RowWindows:
        """Return when the rows gather light in one of the frame's exposures, in the order of readout."""
        one = self.configuration
        exposure_ns = one.exposure_ns(integration)
        start_ns = self.read_ns + integration.read_lines * one.line_ns - exposure_ns
        rows = RowTimes(step_ns=len(one.integrations) * one.line_ns)
        return RowWindows(round(start_ns), round(exposure_ns), rows)


class Stream:
    """The frames of one sensor, as its registers have them.

    Subscribers are called with:
    on_frame  each frame as it begins to be read
    on_cut    (t_ns, frame): a stream that ends within a frame
    on_xvs    the time of each pulse that it sends at XVS
    """

    def __init__(self, file: RegisterFile, clock: Scheduler) -> None:
        self.file, self.clock = file, clock
        self.on_frame = Subscribers[TimedFrame]()
        self.on_cut = Subscribers[Ns, TimedFrame]()
        self.on_xvs = Subscribers[Ns]()
        self.frame: TimedFrame | None = None
        self._due_ns = Fraction(0)
        self._entry: Entry | None = None
        self._free_ns: Ns = 0  # from then on a slave takes a pulse
        file.on_stream.subscribe(self._switched)

    def xvs(self) -> None:
        """Take a pulse at XVS, which starts a frame of a slave."""
        if not self.file.streaming or self._is_master or self._broken:
            return
        if self.clock.now < self._free_ns:
            self.file.on_remark(self.clock.now, "XVS: a pulse comes before the frame under way is over")
            return
        self._begin()

    @property
    def _is_master(self) -> bool:
        return bool(self.file.values()["ms_sel"] & 1)

    @property
    def _broken(self) -> bool:
        return self.frame is not None and not self.frame.configuration.streams

    def _switched(self, t_ns: Ns, event: StreamEvent) -> None:
        self.clock.cancel(self._entry)
        self._entry = None
        under_way, self.frame = self.frame, None
        if event == "cut" and under_way and t_ns < under_way.end_ns:
            self.on_cut(t_ns, under_way)
        if event != "start":
            return
        one = self.file.configuration
        self._due_ns = Fraction(t_ns) + (one.exposure_ns(one.integrations[0]) if one.streams else 0)
        self._free_ns = -(-self._due_ns // 1)
        if self._is_master and one.streams:
            self._plan()

    def _plan(self) -> None:
        self._entry = self.clock.at(max(round(self._due_ns), self.clock.now), self._begin)

    def _begin(self) -> None:
        """Begin a frame; with a configuration that gives none the stream stalls until it is started anew."""
        one = self.file.begin_frame()
        self.frame = frame = TimedFrame(self.file.frames, self.clock.now, one, self.file.taken)
        if not one.streams:
            return
        if self._is_master:
            self._due_ns += one.frame_ns
            self._plan()
            values = self.file.values()
            if values["extout_en"] & 1 and values["xvs_io_ctrl"] & 1:
                self.on_xvs(self.clock.now)
        self._free_ns = frame.end_ns - round(one.line_ns)  # clocks of two sensors are not the same
        self.on_frame(frame)
