"""Recorded frames in place of exposures: a camera whose acquisition plays a recording.

The frames come as far apart as they were, with their own times and block ids; those that are missing stay
missing. Triggers, exposure times and rates have no effect. An acquisition that starts again goes on with the
frame that follows, and after the last one ends; the next one plays the recording anew.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from camtwin.camera.frames.acquisition import Acquisition, AcquisitionPort
from camtwin.camera.frames.exposure import Exposure, FrameReadout
from camtwin.camera.frames.states import E, S
from camtwin.units import Ns


@dataclass(frozen=True, slots=True)
class RecordedFrame:
    """A frame of a recording.

    number        in its stream, from 0
    timestamp_ns  by the camera's clock
    payload       returns its bytes as they were sent; a problem that names the file if it is gone
    offset        OffsetX and OffsetY; None: as the settings have it
    """

    number: int
    timestamp_ns: Ns
    payload: Callable[[], NDArray[np.uint8]]
    offset: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """An event of a recording: its name in EventSelector, its time, and its frame's number or None."""

    name: str
    timestamp_ns: Ns
    number: int | None = None


Moment = RecordedFrame | RecordedEvent


class Events(Protocol):
    """The queue of events on their way to hosts."""

    def notify(
        self, name: str, timestamp_ns: Ns, frame_id: int | None, frame_number: int | None, /
    ) -> None: ...


class PlayerPort(AcquisitionPort, Protocol):
    """The camera as the player drives it."""

    @property
    def events(self) -> Events: ...

    def preset_timestamp(self, ns: Ns) -> None: ...


class Player(Acquisition):
    """The acquisition of a camera that plays `moments`, which are in the order of their times."""

    def __init__(self, host: PlayerPort, moments: Sequence[Moment]) -> None:
        super().__init__(host)
        self.host: PlayerPort = host
        self.moments, self._at = moments, 0
        self._offset_ns: Ns = 0  # from the recording's times to the clock's

    def fire(self, event: E | None) -> None:
        """Start or end; nothing else reaches a recording."""
        if event is E.START and self.state is S.IDLE:
            self._begin()
        elif event in (E.STOP, E.ABORT) and self.state is S.BUSY:
            self._finish()
            if event is E.ABORT:
                self.host.transmitter.clear()

    def _begin(self) -> None:
        host = self.host
        self._count_frames()
        self.state = S.BUSY
        if self._at >= len(self.moments):
            self._at = 0
        if host.counts_acquisitions:
            host.numbers.restart()
        first_ns = self.moments[self._at].timestamp_ns
        self._offset_ns = host.clock.now - first_ns
        host.preset_timestamp(first_ns)
        host.emit("AcquisitionStart")
        self._wait()

    def _wait(self) -> None:
        due = self.moments[self._at].timestamp_ns + self._offset_ns
        self._entry = self.host.clock.at(max(due, self.host.clock.now), self._play)

    def _play(self) -> None:
        moment = self.moments[self._at]
        self._at += 1
        if isinstance(moment, RecordedEvent):
            self.host.events.notify(moment.name, moment.timestamp_ns, None, moment.number)
        else:
            self._send(moment)
            self._frames_left -= 1
        if self._at < len(self.moments) and self._frames_left:
            self._wait()
        else:
            self._finish()

    def _send(self, frame: RecordedFrame) -> None:
        host, now = self.host, self.host.clock.now
        settings = host.settings
        if frame.offset:
            settings = replace(settings, OffsetX=frame.offset[0], OffsetY=frame.offset[1])
        exposure = Exposure(
            frame_id=host.numbers.begin(),
            timestamp_ns=frame.timestamp_ns,
            settings=settings,
            temperature_C=host.temperature_C,
            trigger_ns=now,
            start_ns=now,
            end_ns=now,
            reported=host.chunk_values(),
            world=frame,
        )
        host.on_exposure(exposure)
        if not host.transmitter.admit(FrameReadout(exposure, frame.number, now, now, now)):
            host.emit("FrameTransferSkipped", exposure.frame_id)

    def _finish(self) -> None:
        self.host.clock.cancel(self._entry)
        self._frames_left = 0
        self.state = S.IDLE
        self.host.emit("AcquisitionEnd")
