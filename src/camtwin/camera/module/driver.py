"""The driver of a sensor module, sans-IO: it programs the sensor over the bus as one in a kernel does.

    start   reset -> id -> init table -> mode table -> controls -> stream on
    set     the registers that change, held together so that one frame takes them all
    stop    stream off; the sensor stays powered, in standby

The sensor forgets everything in a reset, so the driver keeps what is set, as `Drive`, and a stream begins
with it. Registers are written while the stream runs, and take effect frames later.

With broadcast on, controls are written to the address that all sensors in broadcast hear. What they get from
another driver so, their own drivers do not know, and write over when their streams start.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from camtwin.camera.frames.exposure import Exposure
from camtwin.camera.module.controls import QUANTITIES, Control, Drive, Limits
from camtwin.camera.module.plan import ModePlan, planned
from camtwin.camera.registers.configuration import Configuration
from camtwin.models import DriverSheet, ImageMode, RegisterSheet
from camtwin.models.driver_sheet import ControlRow
from camtwin.problem import Problem, nearest
from camtwin.subscribers import Subscribers
from camtwin.units import Ns
from camtwin.wire.csi2.cci import INDEX_BYTES, Done, Message, Read, Write

HOLD: Final = "grouped_parameter_hold"
FIRST: Final = ("sensor_mode", "frame_rate", "vertical_blanking")
"""Controls that narrow others are set before them."""


class Busy(Problem):
    """A request that has to wait until the module does not stream."""


class BusFault(Problem):
    """The sensor does not acknowledge what the driver writes to it."""


class DriverPort(Protocol):
    """The board on which a driver runs."""

    inck_hz: int
    """Input clock that the board says that it has."""

    @property
    def address(self) -> int:
        """The sensor's own address on the bus."""
        ...

    @property
    def broadcast_address(self) -> int:
        """The address that sensors in broadcast hear."""
        ...

    def transfer(self, *messages: Message) -> Done:
        """Carry out a transfer on the bus, in its time."""
        ...

    def reset(self, *, low: bool) -> None:
        """Set the level of the sensor's reset pin."""
        ...

    def wait(self, ns: Ns) -> None:
        """Let time go on."""
        ...


@dataclass(frozen=True, slots=True)
class ModuleFrame:
    """A frame that has arrived.

    number: counts from 0 in each stream. timestamp_ns: when its first row was read. exposure: of its light,
    all that its image depends on besides the configuration.
    """

    number: int
    timestamp_ns: Ns
    configuration: Configuration
    exposure: Exposure


class ModuleDriver:
    """Modes and controls of one sensor module.

    modes       image modes, of the mode file
    controls    in the order of the driver's sheet

    Subscribers are called with:
    on_set      the id and the value of each control that was set
    on_control  the id of each control whose value or limits change
    on_frame    each frame as it has arrived
    """

    def __init__(
        self, sheet: DriverSheet, registers: RegisterSheet, modes: Sequence[ImageMode], board: DriverPort
    ) -> None:
        self.sheet, self.registers, self.board = sheet, registers, board
        self.on_set = Subscribers[int, int]()
        self.on_control = Subscribers[int]()
        self.on_frame = Subscribers[ModuleFrame]()
        self.streaming = False
        self.mode = 0
        self._rows = {row.id: row for row in sheet.controls.values()}
        self._min_rate = next(row.min for row in sheet.controls.values() if row.view == "frame_rate")
        self._written: dict[str, int] = {}
        self.modes: tuple[ImageMode, ...] = ()
        self._plans: tuple[ModePlan, ...] = ()
        self.reload(modes)

    # -- modes -----------------------------------------------------------------------------------
    @property
    def plan(self) -> ModePlan:
        """The mode that is selected, with the board's clock."""
        return self._plans[self.mode]

    @property
    def plans(self) -> tuple[ModePlan, ...]:
        """All modes, with the board's clock."""
        return self._plans

    def reload(self, modes: Sequence[ImageMode]) -> None:
        """Take the modes of a mode file anew; the first is selected, and controls have their defaults.

        Raises:
            Busy: the module streams
            Problem: the board's clock does not serve for a mode
        """
        self._stopped("the list of modes")
        plans = tuple(planned(self.registers, one, self.board.inck_hz, self._min_rate) for one in modes)
        before = self._shown() if self._plans else None
        self.modes, self._plans, self.mode = tuple(modes), plans, 0
        self.drive = self._default(self.plan)
        if before:
            self._tell(before)

    def select(self, mode: int) -> None:
        """Select a mode, at its highest rate. Busy while the module streams; Problem if there is none."""
        if not 0 <= mode < len(self.modes):
            raise Problem(f"mode {mode}: there are modes 0 to {len(self.modes) - 1}")
        if mode == self.mode:
            return
        self._stopped("Sensor Mode")
        before = self._shown()
        self._enter(mode)
        self._tell(before)

    def _enter(self, mode: int) -> None:
        """Change to a mode, with the same exposure time as far as its frames allow."""
        exposed_ns = self.drive.exposure * self.plan.line_ns
        self.mode = mode
        plan = self.plan
        exposure = round(exposed_ns / plan.line_ns)
        self.drive = replace(self.drive, lines=plan.settled(plan.min_lines), exposure=exposure).settled(plan)

    def _stopped(self, what: str) -> None:
        if self.streaming:
            raise Busy(f"{what}: not while the module streams")

    # -- controls --------------------------------------------------------------------------------
    @property
    def controls(self) -> tuple[Control, ...]:
        """The controls, in the order of the driver's sheet."""
        return tuple(self._control(key, row) for key, row in self.sheet.controls.items())

    def _control(self, key: str, row: ControlRow) -> Control:
        flags = set[str]()
        menu: tuple[str | int, ...] = row.menu
        if row.view == "sensor_mode":
            flags.add("stopped")
        elif (quantity := QUANTITIES[row.view]).put is None:
            flags.add("read only")
        elif quantity.stopped:
            flags.add("stopped")
        if row.view == "link_frequency":
            menu = (int(self.plan.lane_bps / 2),)
        return Control(key, row.id, row.name, row.type, row.unit, frozenset(flags), menu)

    def control(self, key: str) -> Control:
        """Return a control by its key or its name. Problem if there is none."""
        for one in self.controls:
            if key in (one.key, one.name):
                return one
        raise Problem(f"no control {key!r}{nearest(key, [one.key for one in self.controls])}")

    def get(self, id: int) -> int:
        """Return the value of a control."""
        return self._value(self._row(id), self.drive)

    def limits(self, id: int) -> Limits:
        """Return the range of a control now."""
        row = self._row(id)
        low, high = self._range(row, self.drive)
        return Limits(low, high, row.step, self._value(row, self._default(self.plan)))

    def _row(self, id: int) -> ControlRow:
        if id not in self._rows:
            raise Problem(f"no control has the id {id:#010x}")
        return self._rows[id]

    def _range(self, row: ControlRow, drive: Drive) -> tuple[int, int]:
        if row.view == "sensor_mode":
            return 0, len(self.modes) - 1
        return QUANTITIES[row.view].limits(row, self.plan, drive)

    def _value(self, row: ControlRow, drive: Drive) -> int:
        if row.view == "sensor_mode":
            return self.mode
        low, high = self._range(row, drive)
        return min(max(QUANTITIES[row.view].get(row, self.plan, drive), low), high)

    def _default(self, plan: ModePlan) -> Drive:
        """Return the drive that a driver begins with: the sheet's defaults, at the mode's highest rate."""
        rows = self.sheet.controls.values()
        others = {row.shows: row.default for row in rows if row.view == "register"}
        drive = Drive(lines=plan.settled(plan.min_lines), exposure=1, others=others)
        for row in rows:
            if row.view in ("exposure_us", "gain"):
                put = QUANTITIES[row.view].put
                assert put
                drive = put(row, plan, drive, row.default)
            elif row.view == "black_level":
                drive = replace(drive, black_level=row.default)
        return drive.settled(plan)

    def set(self, values: Mapping[int, int]) -> None:
        """Set controls, all or none, and write what follows if the module streams.

        Controls that narrow others are set first: a rate, then an exposure.

        Raises:
            Busy: a control that cannot be set while the module streams
            Problem: names the control, the value and the limit; nothing is changed
            BusFault: the sensor does not acknowledge; the driver keeps what it had
        """
        rows = sorted(((self._row(id), value) for id, value in values.items()), key=lambda one: _rank(one[0]))
        before, was = self._shown(), (self.mode, self.drive)
        try:
            for row, value in rows:
                self._put(row, value)
            if self.streaming:
                self._write_changes(was[1])
        except Problem:
            self.mode, self.drive = was
            raise
        for id, value in values.items():
            self.on_set(id, value)
        self._tell(before)

    def _put(self, row: ControlRow, value: int) -> None:
        """Set one control."""
        low, high = self._range(row, self.drive)
        unit = f" {row.unit}" if row.unit else ""
        quantity = QUANTITIES.get(row.view)
        if quantity and quantity.put is None:
            raise Problem(f"{row.name} is read only")
        if value == self._value(row, self.drive):
            return
        if not low <= value <= high:
            limit, word = (low, "below the minimum") if value < low else (high, "above the maximum")
            raise Problem(f"{row.name} {value}{unit} is {word} {limit}{unit}")
        if (value - low) % row.step:
            raise Problem(f"{row.name} {value}{unit} is not {low} and a multiple of {row.step}")
        if quantity is None:
            self._stopped(row.name)
            self._enter(value)
            return
        if quantity.stopped:
            self._stopped(row.name)
        assert quantity.put
        self.drive = quantity.put(row, self.plan, self.drive, value).settled(self.plan)

    def _shown(self) -> dict[int, tuple[int, tuple[int, int]]]:
        return {id: (self.get(id), self._range(row, self.drive)) for id, row in self._rows.items()}

    def _tell(self, before: Mapping[int, object]) -> None:
        for id, shown in self._shown().items():
            if shown != before[id]:
                self.on_control(id)

    # -- streams ---------------------------------------------------------------------------------
    def start(self) -> None:
        """Reset the sensor, write all its registers and start the stream; nothing if it streams.

        Raises:
            BusFault: the sensor does not acknowledge; the stream has not started
            Problem: another sensor answers
        """
        if self.streaming:
            return
        times = self.sheet.timing
        self.board.reset(low=True)
        self.board.wait(times.reset_ns)
        self.board.reset(low=False)
        self.board.wait(times.answers_ns)
        self.identify()
        self.board.wait(times.streams_ns - times.answers_ns)
        self._written = {}
        self._write(self.sheet.init.items())
        self._write(self.plan.registers.items())
        self._write(self.drive.registers(self.plan).items())
        self._write([("mode_select", 1), *([(HOLD, 1)] if self.drive.hold else [])])
        self.streaming = True

    def stop(self) -> None:
        """End the stream after the frame under way, which is not received any more."""
        if self.streaming:
            self.streaming = False
            self._write([(HOLD, 0), ("mode_select", 0)])

    def identify(self) -> None:
        """Read the sensor's id. BusFault if nobody answers; Problem if another sensor does."""
        register = self.registers.registers["sensor_model_id"]
        address = self.board.address
        done = self.board.transfer(
            Write(address, register.address.to_bytes(INDEX_BYTES, "big")), Read(address, register.bytes)
        )
        if done.refusal:
            raise BusFault(f"{self.registers.title}: nobody answers at address {address:#04x}")
        if (found := int.from_bytes(done.reads[0], "big")) != register.reset:
            raise Problem(f"id {found:#06x} is not {register.reset:#06x}, that of {self.registers.title}")

    def arrived(self, frame: ModuleFrame) -> None:
        """Take a frame whose last row is read; frames of a stream that is over are lost."""
        if self.streaming:
            self.on_frame(frame)

    def _write_changes(self, was: Drive) -> None:
        """Write the registers that differ from what is written, held together if they are several."""
        drive, now = self.drive, self.drive.registers(self.plan)
        changed = {name: value for name, value in now.items() if self._written.get(name) != value}
        own = drive.hold == was.hold and not drive.hold and len(changed) > 1
        writes = list(changed.items())
        if own or drive.hold > was.hold:
            writes.insert(0, (HOLD, 1))
        if own or drive.hold < was.hold:
            writes.append((HOLD, 0))
        self._write(writes, everybody=drive.broadcast and was.broadcast)

    def _write(self, values: Iterable[tuple[str, int]], *, everybody: bool = False) -> None:
        """Write registers by name, one transfer each."""
        address = self.board.broadcast_address if everybody else self.board.address
        for name, value in values:
            register = self.registers.registers[name]
            index = register.address.to_bytes(INDEX_BYTES, "big")
            done = self.board.transfer(Write(address, index + value.to_bytes(register.bytes, "big")))
            if done.refusal:
                raise BusFault(f"{name} is not acknowledged at address {address:#04x}")
            self._written[name] = value


def _rank(row: ControlRow) -> int:
    return FIRST.index(row.view) if row.view in FIRST else len(FIRST)
