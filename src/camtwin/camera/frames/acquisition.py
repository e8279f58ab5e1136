"""Actions of the acquisition, state by state; the table in states.py says when they run."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import Protocol

from camtwin.camera.features.rates import asked_ns
from camtwin.camera.frames.exposure import Exposure, FrameReadout
from camtwin.camera.frames.modes import DriveModes
from camtwin.camera.frames.numbers import FrameNumbers
from camtwin.camera.frames.states import LEAVING, SHOOTING, TABLE, E, S
from camtwin.camera.frames.transport import Transmitter
from camtwin.camera.frames.triggers import TriggerPath, gated, overlap_ns
from camtwin.camera.settings import Settings
from camtwin.models.schema import Trigger
from camtwin.sensor.timing import RowTimes
from camtwin.simtime import Entry, Scheduler
from camtwin.subscribers import Subscribers
from camtwin.units import Ns

UNLIMITED = 1 << 62


class Sensor(Protocol):
    """The sensor's timing as the state machine uses it (sensor/timing.py)."""

    @property
    def base_ns(self) -> Ns: ...
    @property
    def row_times(self) -> RowTimes: ...
    def readout_ns(self, rows: int) -> Ns: ...


class AcquisitionPort(Protocol):
    """The camera as the state machine drives it."""

    clock: Scheduler
    trigger_timing: Trigger
    world: object
    transmitter: Transmitter
    modes: DriveModes
    numbers: FrameNumbers
    counts_acquisitions: bool
    on_exposure: Subscribers[Exposure]
    on_read: Subscribers[Exposure]

    def shutter(self, settings: Settings) -> Sensor: ...
    @property
    def latency_frames(self) -> int: ...
    @property
    def settings(self) -> Settings: ...
    @property
    def temperature_C(self) -> float: ...
    @property
    def timestamp(self) -> Ns: ...
    @property
    def sequencer_set(self) -> int: ...
    def emit(self, name: str, frame_id: int | None = None) -> None: ...
    @property
    def shortest_exposure_ns(self) -> Ns: ...
    def chunk_values(self) -> dict[str, float]: ...


@dataclass(frozen=True, slots=True)
class TriggeredFrame:
    """A frame that was triggered."""

    frame_id: int
    settings: Settings
    trigger_ns: Ns
    sequencer_set: int


class Acquisition:
    """Runs TABLE for one camera."""

    def __init__(self, host: AcquisitionPort) -> None:
        self.host = host
        self.state = S.IDLE
        self.readout_end: Ns = 0
        self.trigger = TriggerPath(
            self,
            "FrameStart",
            E.TRIGGER,
            arrived="FrameTrigger",
            missed="TriggerSkipped",
            software="Software",
        )
        self.burst_trigger = TriggerPath(
            self,
            "FrameBurstStart",
            E.BURST,
            arrived="FrameBurstTrigger",
            missed="FrameBurstStartOvertrigger",
            software="SoftwareFrameBurstStart",
        )
        self._burst_left = 0
        self._shift_ns: Ns = 0  # from an edge of the trigger to its effect on the pixels
        self._gated = False  # the present exposure lasts as long as its trigger
        self._released: Ns | None = None  # end of such an exposure, once it is known
        self._shot: TriggeredFrame
        self._exposure: Exposure
        self._reading: FrameReadout | None = None
        self._discard = False  # whether the readout under way was aborted
        self._entry: Entry | None = None  # the one planned event of the present state
        self._readout_entry: Entry | None = None
        self._taken: Ns = -UNLIMITED  # time of the last trigger that was taken, or of a frame without one
        self._announced_ready = False
        self._coming = deque[Settings]()  # settings of the next frames: a sensor may apply settings late
        self._frames_left = 0
        self._leaving = {state: getattr(self, action) for state, action in LEAVING.items()}
        self._rows = {
            (state, event): (getattr(self, action), then)
            for states, event, action, then in TABLE
            for state in (states if isinstance(states, tuple) else (states,))
        }

    def fire(self, event: E | None) -> None:
        """Feed an event; one without a row in the present state is ignored."""
        while event is not None and (row := self._rows.get((self.state, event))):
            action, then = row
            if then is not None:
                left, self.state = self.state, then
                if left in self._leaving:
                    self._leaving[left]()
            event = action()

    def _plan(self, t_ns: Ns, event: E) -> None:
        self._entry = self.host.clock.at(t_ns, self.fire, event)

    @property
    def wants_frames(self) -> bool:
        """Whether more frames are to begin.

        After a stop the last frame may still be under way; it keeps the settings it began with.
        """
        return self._frames_left > 0 and self.state not in (S.IDLE, S.DRAIN)

    @property
    def under_way(self) -> int | None:
        """The id of the frame that is triggered or exposed, and not yet read."""
        return self._shot.frame_id if self.state in SHOOTING else None

    # -- arming ----------------------------------------------------------------------------------
    def open(self) -> E | None:
        self._count_frames()
        self._taken = -UNLIMITED
        self._coming = deque([self.host.settings] * self.host.latency_frames)
        self._burst_left = 0
        if self.host.counts_acquisitions:
            self.host.numbers.restart()
        self.host.emit("AcquisitionStart")
        return self.arm()

    def reopen(self) -> None:
        """Start again while the last frame of the acquisition before is still under way."""
        if not self._frames_left:
            self._count_frames()

    def _count_frames(self) -> None:
        s = self.host.settings
        single, multi = s.AcquisitionMode == "SingleFrame", s.AcquisitionMode == "MultiFrame"
        self._frames_left = 1 if single else s.AcquisitionFrameCount if multi else UNLIMITED

    def ready_at(self) -> Ns:
        """Return the earliest time of the next trigger.

        Exposures may overlap readouts, but not end before them. If exposure n+1 is shorter than readout n:
        t_readout(n) - t_exp(n+1) after the start of readout n; otherwise at the past end of exposure n.
        """
        s = self._coming[0] if self._coming else self.host.settings
        return max(self.readout_end - overlap_ns(s), self._taken + asked_ns(s, self.host.trigger_timing))

    def arm(self) -> E | None:
        self.host.clock.cancel(self._entry)
        if self._burst_is_over:
            return E.PARK
        due = self.ready_at()
        if due <= self.host.clock.now:
            return E.DUE
        self._plan(due, E.DUE)
        return None

    def become_ready(self) -> E | None:
        if self.trigger.take_held() or self.host.settings.TriggerMode["FrameStart"] == "Off":
            return E.TRIGGER
        self._announced_ready = True
        self.host.emit("TriggerReady")
        return None

    @property
    def _burst_is_over(self) -> bool:
        return self.host.settings.TriggerMode.get("FrameBurstStart") == "On" and not self._burst_left

    def park(self) -> None:
        self.host.emit("FrameBurstStartWait")

    def unpark(self) -> None:
        self.host.emit("FrameBurstStartBusy")

    def reconsider(self) -> E | None:
        return None if self._burst_is_over else E.UNPARK

    def begin_burst(self) -> E | None:
        self._burst_left = self.host.settings.AcquisitionBurstFrameCount
        self.host.emit("FrameBurstStart", self.host.numbers.coming_id)
        return self.arm()

    def skip_burst(self) -> None:
        self.host.emit(self.burst_trigger.missed)

    def recheck(self) -> E | None:
        if self._burst_is_over or self.ready_at() > self.host.clock.now:
            return E.UNREADY
        return None if self.host.settings.TriggerMode["FrameStart"] == "On" else E.TRIGGER

    def unready(self) -> None:
        if self._announced_ready:
            self._announced_ready = False
            self.host.emit("TriggerBusy")

    # -- one frame -------------------------------------------------------------------------------
    def take(self) -> E | None:
        """Freeze the frame: number, settings, start of exposure."""
        host, now = self.host, self.host.clock.now
        self._taken = now
        self._coming.append(host.settings)
        self._shot = TriggeredFrame(host.numbers.begin(), self._coming.popleft(), now, host.sequencer_set)
        self._frames_left -= 1
        self._burst_left = max(0, self._burst_left - 1)
        self._gated, self._released = gated(host.settings), None
        if host.settings.TriggerMode["FrameStart"] == "Off":
            return E.EXPOSE
        timing = host.trigger_timing
        start = now + timing.latency_ns - self.trigger.age_ns  # the sheet's latency counts from the pin
        if now < self.readout_end:
            host.emit("TriggerOverlapped", self._shot.frame_id)
            if self._reading and start < self.readout_end and timing.grid_ns:
                start += (self._reading.start_ns - start) % timing.grid_ns
        self._shift_ns = start - now + host.settings.TriggerDelay_ns["FrameStart"]
        self._plan(start, E.EXPOSE)
        return None

    def skip(self) -> None:
        if not self.trigger.hold():
            self.host.emit("TriggerSkipped")

    def begin_exposure(self) -> None:
        host, shot, now = self.host, self._shot, self.host.clock.now
        self._exposure = Exposure(
            frame_id=shot.frame_id,
            timestamp_ns=host.timestamp,
            settings=shot.settings,
            temperature_C=host.temperature_C,
            trigger_ns=shot.trigger_ns,
            start_ns=now,
            end_ns=now + shot.settings.ExposureTime_ns,
            reported=host.chunk_values() if shot.settings.ChunkModeActive else {},
            world=host.world,
            sequencer_set=shot.sequencer_set,
            row_times=host.shutter(shot.settings).row_times,
        )
        host.emit("FrameStart", shot.frame_id)
        host.emit("ExposureStart", shot.frame_id)
        if not self._gated:
            self._end_at(self._exposure.end_ns)
        elif self._released is not None:
            self._end_at(self._released)

    def _end_at(self, end_ns: Ns) -> None:
        """Set the end of the exposure, now that it is known.

        A gated exposure cannot end before the sensor is free.
        """
        host, exposure = self.host, self._exposure
        if self._gated:
            end_ns = max(end_ns, exposure.start_ns + host.shortest_exposure_ns, self.readout_end)
            settings = replace(exposure.settings, ExposureTime_ns=end_ns - exposure.start_ns)
            self._exposure = replace(exposure, end_ns=end_ns, settings=settings)
        host.on_exposure(self._exposure)
        self._plan(end_ns, E.EXPOSED)

    def release(self) -> None:
        """Handle the trigger's closing edge, which reaches the pixels as late as the opening one did."""
        if self._gated and self._released is None:
            self._released = self.host.clock.now + self._shift_ns
            if self.state is S.EXPOSING:
                self._end_at(self._released)

    def regate(self) -> None:
        """End a gated exposure if new settings disconnect its trigger."""
        if not gated(self.host.settings):
            self.release()

    def end_exposure(self) -> None:
        self.host.clock.cancel(self._entry)
        self.host.emit("ExposureEnd", self._exposure.frame_id)

    def try_readout(self) -> E | None:
        """Return READ if the sensor is free, and the frame has room or (link stalled) never will."""
        host = self.host
        if host.clock.now < self.readout_end:
            return None
        wait = host.transmitter.flowing and not host.transmitter.fits(self._shot.settings)
        return None if wait else E.READ

    def begin_readout(self) -> E:
        host, exposure, now = self.host, self._exposure, self.host.clock.now
        if self._reading:  # ends at this very nanosecond, but its event was planned after ours
            host.clock.cancel(self._readout_entry)
            self._end_readout()
        sensor = host.shutter(exposure.settings)
        self.readout_end = now + sensor.readout_ns(host.modes.rows_read(exposure.settings))
        number = host.numbers.of(exposure.frame_id)
        self._reading = FrameReadout(exposure, number, now, self.readout_end, now + sensor.base_ns)
        self._readout_entry = host.clock.at(self.readout_end, self._end_readout)
        host.emit("ReadoutStart", exposure.frame_id)
        if not host.transmitter.admit(self._reading):
            host.emit("FrameTransferSkipped", exposure.frame_id)
        elif short := host.modes.short_exposure(exposure):
            last_ns = short.end_ns + self.readout_end - now
            host.transmitter.admit(FrameReadout(short, number, short.end_ns, last_ns, short.end_ns))
        return E.NEXT if self._frames_left else E.LAST

    def _end_readout(self) -> None:
        readout, self._reading = self._reading, None
        assert readout is not None, "a readout ends once"
        frame_id = readout.exposure.frame_id
        self.host.emit("ReadoutEnd", frame_id)
        if not self._discard:
            self.host.emit("FrameEnd", frame_id)
        self._discard = False
        self.host.on_read(readout.exposure)
        self.fire(E.OVER)

    # -- ending ----------------------------------------------------------------------------------
    def stop_after(self) -> None:
        self._frames_left = 0
        self._clear_triggers()
        self.release()

    def _clear_triggers(self) -> None:
        self.trigger.clear()
        self.burst_trigger.clear()

    def drain(self) -> E | None:
        self.host.clock.cancel(self._entry)
        self._clear_triggers()
        return None if self._reading else E.OVER

    def abandon(self) -> E | None:
        """Drop the exposure and the memory. A readout under way must run out: at most t_readout to idle."""
        self._discard = self._reading is not None
        self.host.transmitter.clear()
        return self.drain()

    def cut(self) -> None:
        """Stop everything at once, because the power has gone."""
        self.state = S.IDLE
        self._clear_triggers()
        for entry in (self._entry, self._readout_entry):
            self.host.clock.cancel(entry)
        self.host.transmitter.clear()

    def close(self) -> None:
        self.host.emit("AcquisitionEnd")
