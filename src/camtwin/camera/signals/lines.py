"""Lines: the wires of the camera, as logic.

    input   pin -> input filter (shortest pulse) -> debouncer -> inverter -> inner -> Line0RisingEdge, ...
    output  source -> inverter -> inner -> output stage (optocoupler) -> pin

The filter passes a pulse that lasts at least its time, delayed by that time; so does the debouncer, with one
time for high and one for low. Both act on the level at the pin, before the inverter. The output stage follows
`inner` after its switching time, and a change that is reversed before that never appears.

Edges from outside are commands, like a host's writes: `drive` now, `pulse` planned in virtual time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final, NoReturn, Protocol

from camtwin.camera.settings import Settings
from camtwin.camera.signals.bus import edges
from camtwin.models.schema import Lines as LineTiming
from camtwin.numbers import whole
from camtwin.problem import Problem, nearest
from camtwin.simtime import Entry, Scheduler
from camtwin.subscribers import Subscribers
from camtwin.units import Ns

EDGES_KEPT: Final = 1 << 16
"""Number of latest edges that a line remembers."""


class LinePort(Protocol):
    """The camera as its lines use it."""

    clock: Scheduler

    @property
    def settings(self) -> Settings: ...
    @property
    def line_timing(self) -> LineTiming: ...
    def emit(self, name: str, frame_id: int | None = None) -> None: ...
    def journal(self, word: str, *args: int | str) -> None: ...


class NoSuchLine(Problem, KeyError):
    """The model has no line of that name."""

    __str__ = Exception.__str__  # KeyError's would put it in quotes


class NamedLines(dict[str, "Line"]):
    """Lines by name; NoSuchLine lists those that there are."""

    def __missing__(self, name: object) -> NoReturn:
        near = nearest(str(name), self)
        raise NoSuchLine(f"no line {name}{near}" if near else f"no line {name}: there are {', '.join(self)}")


class Line:
    """One line. Times are virtual ns; True is a high level, and current through an opto output.

    level   at the pin
    status  inside (LineStatus): an input's level as the camera reads it, an output's before its stage
    load_ns additional switch-off delay of an output, caused by its load
    """

    def __init__(self, name: str, host: LinePort, *, isolated: bool) -> None:
        self.name, self._host = name, host
        self._on_ns, self._off_ns = (
            (host.line_timing.opto_on_ns, host.line_timing.opto_off_ns) if isolated else (0, 0)
        )
        self.level = self.status = False
        self.load_ns: Ns = 0
        self._driven = self._filtered = self._stable = False  # from outside; after the filter; debounced
        self._output = self._unpowered = False
        self._pending: Entry | None = None  # pending change in the filter, or in the output stage
        self._bouncing: Entry | None = None
        self._holding: Entry | None = None  # end of an output pulse that would be too short
        self._active = False  # the output's source
        self._rose_ns: Ns = -(1 << 62)
        self._at_pin: deque[tuple[Ns, bool]] = deque(maxlen=EDGES_KEPT)
        self._inside: deque[tuple[Ns, bool]] = deque(maxlen=EDGES_KEPT)
        self.on_change = Subscribers[()]()  # an output's pin, or the direction

    @property
    def edges(self) -> list[tuple[Ns, bool]]:
        """The latest EDGES_KEPT (t_ns, level) at the pin."""
        return list(self._at_pin)

    @property
    def inner(self) -> list[tuple[Ns, bool]]:
        """The latest (t_ns, level) inside: before an output's stage, or after an input's inverter."""
        return list(self._inside)

    @property
    def is_output(self) -> bool:
        return self._output

    # -- from outside ----------------------------------------------------------------------------
    def drive(self, level: bool) -> None:
        """Drive the wire of an input high or low, now.

        Raises:
            ValueError: the line is an output
        """
        self._wants_input()
        self._host.journal("drive", self.name, int(level))
        self._drive(bool(level))

    def pulse(self, width_ns: Ns, *, period_ns: Ns = 0, count: int = 1, delay_ns: Ns = 0) -> None:
        """Plan `count` high pulses, the first after `delay_ns`.

        Raises:
            ValueError: the line is an output, or the pulses are impossible
        """
        self._wants_input()
        width_ns, period_ns, delay_ns = (
            whole(f"{self.name}: a time of", ns, "ns") for ns in (width_ns, period_ns, delay_ns)
        )
        count = whole(f"{self.name}: a count of", count, "pulses")
        if width_ns < 1:
            raise ValueError(f"{self.name}: a pulse of {width_ns} ns is below the minimum 1 ns")
        if count < 1 or delay_ns < 0:
            raise ValueError(
                f"{self.name}: {count} pulses after {delay_ns} ns; allowed are 1 or more, after 0 ns or more"
            )
        if count > 1 and period_ns <= width_ns:
            raise ValueError(
                f"{self.name}: a period of {period_ns} ns is not above the width of the pulse, {width_ns} ns"
            )
        self._host.journal("pulse", self.name, width_ns, period_ns, count, delay_ns)
        clock = self._host.clock
        clock.at(clock.now + delay_ns, self._rise, width_ns, period_ns, count)

    def _wants_input(self) -> None:
        if self._output:
            raise ValueError(f"{self.name} is an output: only an input can be driven from outside")

    def _rise(self, width_ns: Ns, period_ns: Ns, left: int) -> None:
        self._drive(True)
        clock = self._host.clock
        clock.at(clock.now + width_ns, self._fall, width_ns, period_ns, left - 1)

    def _fall(self, width_ns: Ns, period_ns: Ns, left: int) -> None:
        self._drive(False)
        if left:
            clock = self._host.clock
            clock.at(clock.now + period_ns - width_ns, self._rise, width_ns, period_ns, left)

    # -- input -----------------------------------------------------------------------------------
    def _drive(self, level: bool) -> None:
        self._driven = level
        if not self._output:
            self._pin(level)
            self._await(level)

    def _pin(self, level: bool) -> None:
        if level != self.level:
            self.level = level
            self._at_pin.append((self._host.clock.now, level))
            if self._output:
                self.on_change()

    def _await(self, level: bool) -> None:
        clock = self._host.clock
        clock.cancel(self._pending)
        if level != self._filtered and not self._unpowered:
            self._pending = clock.at(clock.now + self._host.line_timing.filter_ns, self._pass, level)

    def _pass(self, level: bool) -> None:
        self._filtered = level
        clock, s = self._host.clock, self._host.settings
        clock.cancel(self._bouncing)
        if level == self._stable:
            return
        times = s.LineDebouncerHighTimeAbs_ns if level else s.LineDebouncerLowTimeAbs_ns
        if wait_ns := times[self.name] or s.LineDebouncerTime_ns[self.name]:  # a model has two times or one
            self._bouncing = clock.at(clock.now + wait_ns, self._accept, level)
        else:
            self._accept(level)

    def _accept(self, level: bool) -> None:
        self._stable = level
        self._inner(level != self._host.settings.LineInverter[self.name])

    def _inner(self, status: bool) -> bool:
        """Set the level inside; True if it changed."""
        if status == self.status:
            return False
        self.status = status
        self._inside.append((self._host.clock.now, status))
        if not self._output:
            self._host.emit(edges(self.name)[not status])
        return True

    # -- output ----------------------------------------------------------------------------------
    def follow(self, level: bool) -> None:
        """Follow a new level of an output's source, but keep a pulse for LineMinimumOutputPulseWidth."""
        clock = self._host.clock
        clock.cancel(self._holding)
        if level and not self._active:
            self._rose_ns = clock.now
        self._active = level
        end_ns = self._rose_ns + self._host.settings.LineMinimumOutputPulseWidth_ns[self.name]
        if not level and clock.now < end_ns:
            self._holding = clock.at(end_ns, self._switch, False)
        else:
            self._switch(level)

    def _switch(self, level: bool) -> None:
        status = level != self._host.settings.LineInverter[self.name]
        if not self._inner(status) and self.level == status:
            return
        clock = self._host.clock
        clock.cancel(self._pending)
        if status == self.level:
            return
        if wait := self._on_ns if status else self._off_ns + self.load_ns:
            self._pending = clock.at(clock.now + wait, self._pin, status)
        else:
            self._pin(status)

    # -- power -----------------------------------------------------------------------------------
    def power_off(self) -> None:
        """Lose power: an output releases its pin, and an input is no longer read."""
        self._host.clock.cancel(self._pending)
        self._host.clock.cancel(self._bouncing)
        self._host.clock.cancel(self._holding)
        if self._output:
            self._pin(False)
        self.status = self._filtered = self._stable = False
        self._unpowered = True

    def power_on(self) -> None:
        """Regain power: an input reads the level at its pin."""
        self._unpowered = False
        if not self._output:
            self._drive(self._driven)

    # -- settings --------------------------------------------------------------------------------
    def refresh(self, source_level: Callable[[str], bool]) -> None:
        """Apply changes of mode, source or inverter; `source_level` returns the level of a source."""
        s, clock = self._host.settings, self._host.clock
        output = s.LineMode[self.name] == "Output"
        if output != self._output:
            self._output = output
            clock.cancel(self._pending)
            clock.cancel(self._bouncing)
            clock.cancel(self._holding)
            if not output:
                self._filtered = self._stable = self.level
                self._drive(self._driven)
            self.on_change()
        if output:
            source = s.LineSource[self.name]
            self.follow(source != "Off" and source_level(source))
        else:
            self._inner(self._stable != s.LineInverter[self.name])
