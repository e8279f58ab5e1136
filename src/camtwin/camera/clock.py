"""The camera's own clock: virtual time since power-on or reset, in its ticks."""

from __future__ import annotations

from camtwin.simtime import Scheduler
from camtwin.units import Ns


class CameraTime:
    """The time that the camera's timestamps count.

    latched_ns  the time stored by TimestampLatch
    """

    def __init__(self, clock: Scheduler, tick_ns: Ns) -> None:
        self._clock, self._tick_ns = clock, tick_ns
        self.reset()
        self.latched_ns: Ns = 0

    @property
    def now(self) -> Ns:
        since = self._clock.now - self._zero
        return since - since % self._tick_ns

    def preset(self, ns: Ns) -> None:
        """Set the camera's clock to `ns`."""
        self._zero = self._clock.now - ns

    def reset(self) -> None:
        self.preset(0)

    def latch(self) -> None:
        self.latched_ns = self.now
