"""Controls and events of a camera's nodes, by the rules of Linux' control framework.

Video node and sub-device have the same controls. A value that is out of range is moved into it; a set of
several is carried out as a whole or not at all; each change is an event for whoever has subscribed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from errno import EACCES, EBUSY, EINVAL, ENOENT, ENOSPC, ERANGE
from typing import Final

from camtwin.links.v4l2.contract import Driver, DriverControl
from camtwin.links.v4l2.open_file import IoctlError, OpenFile
from camtwin.problem import Problem
from camtwin.units import Ns
from camtwin.wire.v4l2 import controls as c
from camtwin.wire.v4l2 import ioctls as io
from camtwin.wire.v4l2.layout import array, joined

MAX_32: Final = 0x7FFF_FFFF
EVENT_BYTES: Final = 64
MENUS: Final = (c.MENU, c.INTEGER_MENU)


TYPES: Final[Mapping[str, int]] = {
    "integer": c.INTEGER,
    "boolean": c.BOOLEAN,
    "menu": c.MENU,
    "integer64": c.INTEGER64,
    "integer menu": c.INTEGER_MENU,
}


@dataclass(frozen=True, slots=True)
class Control:
    """A control as programs see it; `stopped`: it cannot be set while frames stream."""

    id: int
    name: str
    type: int
    flags: int
    stopped: bool = False

    @classmethod
    def of(cls, one: DriverControl) -> Control:
        flags = c.READ_ONLY if "read only" in one.flags else 0
        if not flags and TYPES[one.type] in (c.INTEGER, c.INTEGER64):
            flags = c.SLIDER
        return cls(one.id, one.name, TYPES[one.type], flags, "stopped" in one.flags)

    @classmethod
    def heading(cls, number: int) -> Control:
        """Return the heading that lists have before the controls of a class."""
        name = c.CLASS_NAMES.get(number, f"Class {number:#x}")
        return cls(number | 1, name, c.CLASS, c.READ_ONLY | c.WRITE_ONLY)


class Controls:
    """The controls of one driver for all files that are open.

    command  carries out a call at the present camera time
    now      tells the time of events
    """

    def __init__(
        self, driver: Driver, command: Callable[[Callable[[], None]], None], now: Callable[[], Ns]
    ) -> None:
        self.driver, self._command, self._now = driver, command, now
        classes = {control.id & c.CLASS_MASK for control in driver.controls}
        some = [*map(Control.of, driver.controls), *map(Control.heading, classes)]
        self._all = {control.id: control for control in sorted(some, key=lambda each: each.id)}
        self._files: list[OpenFile] = []
        self._by: OpenFile | None = None
        self._known: dict[int, tuple[int, tuple[int, int, int, int]]] = {}
        self._remember()
        self.leave = driver.on_control.subscribe(self._changed)
        self.calls: dict[int, Callable[[OpenFile, bytes], bytes]] = {
            io.QUERYCTRL: lambda _, data: self._query(data),
            io.QUERY_EXT_CTRL: lambda _, data: self._query_extended(data),
            io.QUERYMENU: lambda _, data: self._query_menu(data),
            io.G_CTRL: lambda _, data: self._get(data),
            io.S_CTRL: self._set,
            io.G_EXT_CTRLS: lambda _, data: self._get_several(data),
            io.TRY_EXT_CTRLS: lambda file, data: self._set_several(file, data, trying=True),
            io.S_EXT_CTRLS: lambda file, data: self._set_several(file, data, trying=False),
            io.SUBSCRIBE_EVENT: self._subscribe,
            io.UNSUBSCRIBE_EVENT: self._unsubscribe,
            io.DQEVENT: self._dequeue,
        }

    def opened(self, file: OpenFile) -> None:
        """Let an open file have events."""
        self._files.append(file)

    def closed(self, file: OpenFile) -> None:
        if file in self._files:
            self._files.remove(file)

    # -- what there is --------------------------------------------------------------------------------
    def _asked(self, number: int) -> Control:
        """Return a control, or the next one if that is asked for."""
        first = number & c.ID_MASK
        if number & (c.NEXT_CTRL | c.NEXT_COMPOUND):
            if not number & c.NEXT_CTRL:  # none is compound
                raise IoctlError(EINVAL)
            found = next((each for each in self._all.values() if each.id > first), None)
        else:
            found = self._all.get(number)
        if found is None:
            raise IoctlError(EINVAL)
        return found

    def _flags(self, control: Control) -> int:
        return control.flags | (c.GRABBED if control.stopped and self.driver.streaming else 0)

    def _menu(self, control: Control) -> Sequence[str | int]:
        return next(one.menu for one in self.driver.controls if one.id == control.id)

    def _limits(self, control: Control) -> tuple[int, int, int, int]:
        if control.type == c.CLASS:
            return 0, 0, 0, 0
        lowest, highest, step, default = self.driver.limits(control.id)
        return lowest, highest, 1 if control.type in MENUS else step, default

    def _query(self, data: bytes) -> bytes:
        control = self._asked(c.QueryControl.unpack(data).id)
        limits = (0, 0, 0, 0) if control.type == c.INTEGER64 else self._limits(control)
        return c.QueryControl(control.id, control.type, control.name, *limits, self._flags(control)).pack()

    def _query_extended(self, data: bytes) -> bytes:
        control = self._asked(c.QueryExtControl.unpack(data).id)
        size = 8 if control.type == c.INTEGER64 else 4
        return c.QueryExtControl(
            control.id,
            control.type,
            control.name,
            *self._limits(control),
            self._flags(control),
            elem_size=size,
            elems=1,
        ).pack()

    def _query_menu(self, data: bytes) -> bytes:
        asked = c.QueryMenu.unpack(data)
        control = self._all.get(asked.id)
        if control is None or control.type not in MENUS:
            raise IoctlError(EINVAL)
        lowest, highest, _, _ = self._limits(control)
        menu = self._menu(control)
        if not lowest <= asked.index <= highest or asked.index >= len(menu):
            raise IoctlError(EINVAL)
        item = menu[asked.index]
        text = item.encode()[:31] if isinstance(item, str) else item.to_bytes(8, "little", signed=True)
        return c.QueryMenu(asked.id, asked.index, text, 0).pack()

    # -- one value --------------------------------------------------------------------------------------
    def _plain(self, number: int) -> Control:
        control = self._all.get(number)
        if control is None or control.type == c.INTEGER64:
            raise IoctlError(EINVAL)
        return control

    def _get(self, data: bytes) -> bytes:
        control = self._plain(c.ControlValue.unpack(data).id)
        if control.flags & c.WRITE_ONLY:
            raise IoctlError(EACCES)
        return c.ControlValue(control.id, self.driver.get(control.id)).pack()

    def _set(self, file: OpenFile, data: bytes) -> bytes:
        asked = c.ControlValue.unpack(data)
        control = self._plain(asked.id)
        value = self._settable(control, asked.value)
        self._apply(file, {control.id: value})
        return c.ControlValue(control.id, self.driver.get(control.id)).pack()

    def _settable(self, control: Control, value: int, *, trying: bool = False) -> int:
        """Return the value that is set in place of one. IoctlError if none is."""
        if control.flags & c.READ_ONLY:
            raise IoctlError(EACCES)
        if self._flags(control) & c.GRABBED and not trying:
            raise IoctlError(EBUSY)
        lowest, highest, step, _ = self._limits(control)
        if control.type in MENUS:
            if not lowest <= value <= highest:
                raise IoctlError(ERANGE)
            return value
        if control.type == c.BOOLEAN:
            return int(value != 0)
        if control.type == c.BUTTON:
            return 0
        value = min(max(value, lowest), highest)
        return min(lowest + (value - lowest + step // 2) // step * step, highest)

    def _apply(self, file: OpenFile | None, values: dict[int, int]) -> None:
        self._by = file
        try:
            self._command(lambda: self.driver.set(values))
        except Problem:
            raise IoctlError(EINVAL) from None
        finally:
            self._by = None

    # -- several values -------------------------------------------------------------------------------
    def _several(self, data: bytes) -> tuple[c.ExtControls, list[c.ExtControl]]:
        head = c.ExtControls.unpack(data)
        controls: list[c.ExtControl] = array(c.ExtControl, data[c.ExtControls.sizeof() :])
        is_class = head.which & c.CLASS_MASK == head.which and head.which in self._classes()
        if head.which not in (c.CURRENT_VALUES, c.DEFAULT_VALUES) and not is_class:
            raise IoctlError(EINVAL, self._answered(head, controls, head.count))
        if head.count > c.MAX_CONTROLS or len(controls) < head.count:
            raise IoctlError(EINVAL, self._answered(head, controls, head.count))
        return head, controls[: head.count]

    def _classes(self) -> set[int]:
        return {number & c.CLASS_MASK for number in self._all}

    @staticmethod
    def _answered(head: c.ExtControls, controls: Iterable[c.ExtControl], error: int) -> bytes:
        told = c.ExtControls(head.which, head.count, error, head.request_fd, (0,), head.controls)
        return told.pack() + joined(list(controls))

    def _found(self, head: c.ExtControls, one: c.ExtControl) -> Control:
        control = self._all.get(one.id & c.ID_MASK)
        is_class = head.which not in (c.CURRENT_VALUES, c.DEFAULT_VALUES)
        if control is None or (is_class and control.id & c.CLASS_MASK != head.which):
            raise IoctlError(EINVAL)
        return control

    def _get_several(self, data: bytes) -> bytes:
        head, controls = self._several(data)
        try:
            got = [self._read(self._found(head, one), head.which == c.DEFAULT_VALUES) for one in controls]
        except IoctlError as error:
            raise IoctlError(error.errno, self._answered(head, controls, head.count)) from None
        return self._answered(head, map(_filled, controls, got), head.count)

    def _read(self, control: Control, default: bool) -> tuple[Control, int]:
        if control.flags & c.WRITE_ONLY:
            raise IoctlError(EACCES)
        return control, self._limits(control)[3] if default else self.driver.get(control.id)

    def _set_several(self, file: OpenFile, data: bytes, *, trying: bool) -> bytes:
        head, controls = self._several(data)
        if head.which == c.DEFAULT_VALUES:
            raise IoctlError(EINVAL, self._answered(head, controls, head.count))
        values: dict[int, int] = {}
        for index, one in enumerate(controls):
            try:
                control = self._found(head, one)
                values[control.id] = self._settable(control, _value(control, one), trying=trying)
            except IoctlError as error:
                failed = index if trying else head.count
                raise IoctlError(error.errno, self._answered(head, controls, failed)) from None
        if not trying and values:
            try:
                self._apply(file, values)
            except IoctlError as error:
                raise IoctlError(error.errno, self._answered(head, controls, head.count)) from None
            values = {number: self.driver.get(number) for number in values}
        told = [(self._all[one.id & c.ID_MASK], values[one.id & c.ID_MASK]) for one in controls]
        return self._answered(head, map(_filled, controls, told), head.count)

    # -- events ----------------------------------------------------------------------------------------
    def _subscribe(self, file: OpenFile, data: bytes) -> bytes:
        asked = c.Subscription.unpack(data)
        control = self._all.get(asked.id) if asked.type == c.EVENT_CTRL else None
        if control is None and (asked.type != c.EVENT_FRAME_SYNC or asked.id):
            raise IoctlError(EINVAL)
        new = file.subscribe(asked.type, asked.id, asked.flags)
        if not new and not file.wants(asked.type, asked.id):
            raise IoctlError(ENOSPC)
        initial = new and asked.flags & c.EVENT_SEND_INITIAL
        if initial and control and control.type != c.CLASS:
            told = c.CHANGED_FLAGS | (0 if control.flags & c.WRITE_ONLY else c.CHANGED_VALUE)
            file.queue(c.EVENT_CTRL, control.id, self._event(control, told), self._now())
        return b""

    @staticmethod
    def _unsubscribe(file: OpenFile, data: bytes) -> bytes:
        asked = c.Subscription.unpack(data)
        file.unsubscribe(asked.type, asked.id)
        return b""

    @staticmethod
    def _dequeue(file: OpenFile, _: bytes) -> bytes:
        event = file.fetch()
        if event is None:
            raise IoctlError(ENOENT)
        return event.pack()

    def _event(self, control: Control, changes: int) -> bytes:
        value = 0 if control.flags & c.WRITE_ONLY else self.driver.get(control.id)
        limits = (0, 0, 0, 0) if control.type == c.INTEGER64 else self._limits(control)
        return c.ControlEvent(changes, control.type, value, self._flags(control), *limits).pack()

    def frame_begins(self, sequence: int) -> None:
        """Tell that a frame begins."""
        data = c.FrameSync(sequence & 0xFFFF_FFFF).pack()
        for file in tuple(self._files):
            file.queue(c.EVENT_FRAME_SYNC, 0, data, self._now())

    def _remember(self) -> None:
        for control in self.driver.controls:
            self._known[control.id] = self.driver.get(control.id), self.driver.limits(control.id)

    def _changed(self, number: int) -> None:
        """Tell subscribers that a value or its limits have changed."""
        control = self._all.get(number)
        if control is None:
            return
        before, now = self._known[number], (self.driver.get(number), self.driver.limits(number))
        self._known[number] = now
        changes = (c.CHANGED_VALUE if before[0] != now[0] else 0) | (
            c.CHANGED_RANGE if before[1] != now[1] else 0
        )
        if not changes:
            return
        data = self._event(control, changes)
        for file in tuple(self._files):
            if file.wants(c.EVENT_CTRL, number, own=file is self._by):
                file.queue(c.EVENT_CTRL, number, data, self._now())


def _value(control: Control, one: c.ExtControl) -> int:
    """Return the value that a program has given: of 64 bits, or of the lower 32."""
    if control.type == c.INTEGER64:
        return one.value
    low = one.value & 0xFFFF_FFFF
    return low - (1 << 32) if low > MAX_32 else low


def _filled(one: c.ExtControl, got: tuple[Control, int]) -> c.ExtControl:
    control, value = got
    if control.type != c.INTEGER64:  # the upper half of the union is the program's
        value = (one.value >> 32 << 32) | (value & 0xFFFF_FFFF)
    return c.ExtControl(one.id, 0, 0, value)
