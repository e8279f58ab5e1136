"""Power-up of a bare sensor: rails, input clock and reset pin, and from when on it answers.

    XCLR high, all rails and the clock on -> listen_ns later it answers on the bus
                                          -> stream_ns later a stream can start

Rails may rise in any order while XCLR is low. A sensor that is let out of reset without all of its rails
hangs until XCLR has been low again. Whatever happens to a rail or to XCLR, its registers are lost; without a
clock it keeps them, and answers nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from camtwin.models.register_sheet import PowerUp
from camtwin.units import Ns


class Supply:
    """The state of a sensor's supplies; methods that change it return what goes wrong, or nothing."""

    def __init__(self, times: PowerUp, rails: Iterable[str]) -> None:
        self.times = times
        self.rails = dict.fromkeys(rails, False)
        self.inck_hz = 0
        self.xclr = False
        self.hangs = False
        self._since_ns: Ns | None = None

    @property
    def powered(self) -> bool:
        """Whether all rails are on."""
        return all(self.rails.values())

    @property
    def listens_ns(self) -> Ns | None:
        """Time from which on the bus is answered; None: not as things are."""
        return None if self._since_ns is None else self._since_ns + self.times.listen_ns

    @property
    def streams_ns(self) -> Ns | None:
        """Time from which on a stream can start; None: not as things are."""
        return None if self._since_ns is None else self._since_ns + self.times.stream_ns

    def set_rail(self, name: str, on: bool, now: Ns) -> str:
        """Switch a rail."""
        self.rails[name] = on
        wrong = ""
        if not on and self.xclr:
            self.hangs = self.times.early_xclr_hangs
            wrong = f"rail {name} falls while XCLR is high: the sensor hangs until XCLR is low"
        self._settle(now)
        return wrong

    def set_clock(self, hz: int, now: Ns) -> str:
        """Apply a frequency at INCK; 0: none."""
        stopped, self.inck_hz = self.inck_hz and not hz, hz
        self._settle(now)
        return "INCK stops while XCLR is high: nothing is answered" if stopped and self.xclr else ""

    def set_xclr(self, high: bool, now: Ns) -> str:
        """Set the level of the reset pin."""
        wrong = ""
        if high and not self.xclr and not self.powered:
            off = ", ".join(name for name, on in self.rails.items() if not on)
            self.hangs = self.times.early_xclr_hangs
            wrong = f"XCLR rises before rail {off}: the sensor hangs until XCLR is low"
        if not high:
            self.hangs = False
        self.xclr = high
        self._settle(now)
        return wrong

    def restart(self, now: Ns) -> None:
        """Begin again, as after XCLR, if it runs."""
        self._since_ns = None
        self._settle(now)

    def _settle(self, now: Ns) -> None:
        runs = self.powered and self.xclr and self.inck_hz > 0 and not self.hangs
        if not runs:
            self._since_ns = None
        elif self._since_ns is None:
            self._since_ns = now
