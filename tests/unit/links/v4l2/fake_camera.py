"""A camera without a sensor: a driver of two modes, whose frames are ramps in virtual time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from camtwin.links.v4l2.contract import Pixels
from camtwin.models.mode_file import ImageMode
from camtwin.problem import Problem
from camtwin.simtime import Entry, Scheduler
from camtwin.subscribers import Subscribers
from camtwin.units import SEC

EXPOSURE, GAIN, RATE, PATTERN, LINK, HOLD = 0x980911, 0x9A2009, 0x9A200B, 0x9A2070, 0x9F0901, 0x9A2003
MODE = ImageMode(
    active_w=64,
    active_h=48,
    mode_type="bayer",
    pixel_phase="rggb",
    csi_pixel_bit_depth=10,
    num_lanes=4,
    mclk_khz=27000,
    pix_clk_hz=1_000_000,
    line_length=100,
    max_framerate=60_000_000,
)
MODES = (MODE, MODE.model_copy(update={"active_w": 32, "active_h": 24, "csi_pixel_bit_depth": 12}))


@dataclass(frozen=True, slots=True)
class FakeControl:
    key: str
    id: int
    name: str
    type: str = "integer"
    flags: frozenset[str] = frozenset()
    menu: tuple[str | int, ...] = ()


@dataclass(frozen=True, slots=True)
class FakeFrame:
    number: int
    configuration: tuple[int, ...]


CONTROLS = (
    FakeControl("exposure", EXPOSURE, "Exposure"),
    FakeControl("hold", HOLD, "Group Hold", "boolean"),
    FakeControl("gain", GAIN, "Gain", "integer64"),
    FakeControl("frame_rate", RATE, "Frame Rate", "integer64"),
    FakeControl("pattern", PATTERN, "Test Pattern", "menu", frozenset(("stopped",)), ("Off", "Bars")),
    FakeControl("link", LINK, "Link Frequency", "integer menu", frozenset(("read only",)), (10**9,)),
)


class FakeDriver:
    """The driver; `broken` makes what it does fail."""

    def __init__(self, clock: Scheduler) -> None:
        self.clock = clock
        self.on_control, self.on_frame = Subscribers[int](), Subscribers[FakeFrame]()
        self.modes: tuple[ImageMode, ...] = MODES
        self.mode, self.controls = 0, CONTROLS
        self.values = {EXPOSURE: 100, HOLD: 0, GAIN: 1000, RATE: 60_000_000, PATTERN: 0, LINK: 0}
        self.streaming = self.broken = False
        self._number, self._next_ns = 0, 0.0
        self._entry: Entry | None = None

    def control(self, key: str) -> FakeControl:
        return next(one for one in self.controls if one.key == key)

    def select(self, mode: int) -> None:
        if self.streaming and mode != self.mode:
            raise Problem("the mode: not while it streams")
        self.mode = mode

    def reload(self, modes: Sequence[ImageMode]) -> None:
        self.modes, self.mode = tuple(modes), 0

    def limits(self, id: int) -> tuple[int, int, int, int]:
        return {
            EXPOSURE: (8, 3000, 1, 100),
            HOLD: (0, 1, 1, 0),
            GAIN: (1000, 356_176, 1, 1000),
            RATE: (1_500_000, 60_000_000, 1, 60_000_000),
            PATTERN: (0, 1, 1, 0),
            LINK: (0, 0, 1, 0),
        }[id]

    def get(self, id: int) -> int:
        return self.values[id]

    def set(self, values: Mapping[int, int]) -> None:
        if self.broken:
            raise Problem("nobody answers")
        changed = [id for id, value in values.items() if self.values[id] != value]
        self.values.update(values)
        for id in changed:
            self.on_control(id)

    def start(self) -> None:
        if self.broken:
            raise Problem("nobody answers")
        self.streaming, self._number, self._next_ns = True, 0, float(self.clock.now)
        self._plan()

    def stop(self) -> None:
        self.clock.cancel(self._entry)
        self.streaming, self._entry = False, None

    def _plan(self) -> None:
        self._next_ns += SEC * 1e6 / self.values[RATE]
        self._entry = self.clock.at(max(round(self._next_ns), self.clock.now), self._arrive)

    def _arrive(self) -> None:
        number, self._number = self._number, self._number + 1
        self._plan()
        self.on_frame(FakeFrame(number, (self.mode, self.values[EXPOSURE], self.values[GAIN])))

    def image(self, frame: FakeFrame) -> Pixels:
        """Return a ramp that begins with the frame's number."""
        mode = self.modes[frame.configuration[0]]
        codes = np.arange(mode.active_w * mode.active_h) + frame.number
        return (codes % (1 << mode.csi_pixel_bit_depth)).astype(np.uint16).reshape(mode.active_h, -1)
