"""The controls of a module's driver: each shows a quantity of the sensor in a unit of its own.

What is kept is `Drive`, in the units of registers. A control is a view of it, so that several may show the
same quantity, in microseconds, lines or hundreds of microseconds: what one sets is seen in the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import ceil
from typing import Final, NamedTuple

from camtwin.camera.module.plan import ModePlan
from camtwin.camera.registers.configuration import PEDESTAL, UNITY
from camtwin.camera.registers.driver import counted
from camtwin.models.driver_sheet import ControlRow, ControlType, View

US = 1000
"""Nanoseconds."""
FULL_SCALE: Final = 1024
"""Analogue gain is this / (this - code)."""
MAX_DIGITAL: Final = 16


class Limits(NamedTuple):
    """The range of a control now."""

    min: int
    max: int
    step: int
    default: int


@dataclass(frozen=True, slots=True)
class Drive:
    """Values that the controls have set.

    digital: in 1/256. black_level: at 12 bits. others: registers that controls show as they are.
    """

    lines: int
    exposure: int
    analogue: int = 0
    digital: int = UNITY
    black_level: int = PEDESTAL
    pattern: int = 0
    slave: bool = False
    broadcast: bool = False
    hold: bool = False
    others: Mapping[str, int] = field(default_factory=dict[str, int])

    def settled(self, plan: ModePlan) -> Drive:
        """Return the drive as registers hold it, within a mode: an exposure ends with its frame."""
        lines = plan.settled(min(max(self.lines, plan.min_lines), plan.max_lines))
        exposure = min(max(self.exposure, plan.sheet.timing.min_exposure_lines), lines - plan.margin)
        value, shift = counted(Fraction(exposure), int)
        return replace(self, lines=lines, exposure=value << shift)

    def registers(self, plan: ModePlan) -> dict[str, int]:
        """Return the values of the registers that follow, by name."""
        frame_lines, stretch = counted(Fraction(self.lines), ceil)
        exposure, shift = counted(Fraction(self.exposure), int)
        return {
            **self.others,
            "ms_sel": int(not self.slave),
            "second_address_enable": int(self.broadcast),
            "second_address_ack": int(self.broadcast),
            "frame_length_lines": frame_lines,
            "fll_lshift": stretch,
            "coarse_integration_time": exposure,
            "cit_lshift": shift,
            "analog_gain_code_global": self.analogue,
            "digital_gain_greenr": self.digital,
            "manual_pedestal_enable": 1,
            "manual_pedestal": self.black_level,
            "test_pattern_mode": self.pattern,
        }


@dataclass(frozen=True, slots=True)
class Control:
    """A control as a host sees it.

    key: its name in the driver's sheet. flags: "read only"; "stopped", if it cannot be set while the module
    streams. menu: its entries, words, or numbers of an integer menu.
    """

    key: str
    id: int
    name: str
    type: ControlType
    unit: str
    flags: frozenset[str]
    menu: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Quantity:
    """Functions that show a quantity: value of a drive, drive with a value, limits; put None: read only."""

    get: Callable[[ControlRow, ModePlan, Drive], int]
    limits: Callable[[ControlRow, ModePlan, Drive], tuple[int, int]]
    put: Callable[[ControlRow, ModePlan, Drive, int], Drive] | None = None
    stopped: bool = False


def code_of(gain: Fraction) -> int:
    """Return the code of an analogue gain that comes nearest."""
    return round(FULL_SCALE - FULL_SCALE / gain)


def gain_of(code: int) -> Fraction:
    """Return the analogue gain of a code."""
    return Fraction(FULL_SCALE, FULL_SCALE - code)


def _total(_: ControlRow, __: ModePlan, drive: Drive) -> int:
    return round(1000 * gain_of(drive.analogue) * drive.digital / UNITY)


def _with_total(_: ControlRow, plan: ModePlan, drive: Drive, value: int) -> Drive:
    """Amplify before the converter as far as possible, then after it."""
    top = plan.sheet.gain
    wanted, most = Fraction(value, 1000), gain_of(top.max_analogue_code)
    analogue = code_of(min(wanted, most))
    digital = round(UNITY * wanted / most) if wanted > most else UNITY
    return replace(drive, analogue=analogue, digital=min(digital, top.max_digital_code))


def _exposed_ns(plan: ModePlan, drive: Drive) -> Fraction:
    return drive.exposure * plan.line_ns


def _exposure(unit_ns: int) -> Quantity:
    """Return how an exposure is shown in a unit."""

    def get(row: ControlRow, plan: ModePlan, drive: Drive) -> int:
        return round(_exposed_ns(plan, drive) / unit_ns)

    def limits(row: ControlRow, plan: ModePlan, drive: Drive) -> tuple[int, int]:
        return row.min, min(row.max, int((drive.lines - plan.margin) * plan.line_ns / unit_ns))

    def put(row: ControlRow, plan: ModePlan, drive: Drive, value: int) -> Drive:
        return replace(drive, exposure=round(value * unit_ns / plan.line_ns))

    return Quantity(get, limits, put)


def _toggle(name: str, *, stopped: bool = False) -> Quantity:
    return Quantity(
        lambda row, plan, drive: int(getattr(drive, name)),
        lambda row, plan, drive: (0, 1),
        lambda row, plan, drive, value: replace(drive, **{name: bool(value)}),
        stopped,
    )


def _fixed(value: Callable[[ModePlan], int]) -> Quantity:
    """Return how a number of a mode is shown, which nobody sets."""
    return Quantity(lambda row, plan, drive: value(plan), lambda row, plan, drive: (value(plan), value(plan)))


def _shift(plan: ModePlan) -> int:
    return 12 - plan.mode.csi_pixel_bit_depth


QUANTITIES: Final[Mapping[View, Quantity]] = {
    "hold": _toggle("hold"),
    "slave": _toggle("slave", stopped=True),
    "broadcast": _toggle("broadcast"),
    "gain": Quantity(_total, lambda row, plan, drive: (row.min, row.max), _with_total),
    "analogue_gain": Quantity(
        lambda row, plan, drive: drive.analogue,
        lambda row, plan, drive: (row.min, row.max),
        lambda row, plan, drive, value: replace(drive, analogue=value),
    ),
    "exposure_us": _exposure(US),
    "exposure_100us": _exposure(100 * US),
    "exposure_lines": Quantity(
        lambda row, plan, drive: drive.exposure,
        lambda row, plan, drive: (plan.sheet.timing.min_exposure_lines, drive.lines - plan.margin),
        lambda row, plan, drive, value: replace(drive, exposure=value),
    ),
    "frame_rate": Quantity(
        lambda row, plan, drive: plan.rate_of(drive.lines),
        lambda row, plan, drive: (row.min, int(plan.mode.fps * 1_000_000)),
        lambda row, plan, drive, value: replace(drive, lines=plan.lines_at(value)),
    ),
    "vertical_blanking": Quantity(
        lambda row, plan, drive: drive.lines - plan.mode.active_h,
        lambda row, plan, drive: (plan.min_lines - plan.mode.active_h, plan.max_lines - plan.mode.active_h),
        lambda row, plan, drive, value: replace(drive, lines=plan.mode.active_h + value),
    ),
    "horizontal_blanking": _fixed(lambda plan: plan.mode.line_length - plan.mode.active_w),
    "pixel_rate": _fixed(lambda plan: int(plan.pixel_hz)),
    "link_frequency": _fixed(lambda plan: 0),
    "pattern": Quantity(
        lambda row, plan, drive: drive.pattern,
        lambda row, plan, drive: (0, len(row.menu) - 1),
        lambda row, plan, drive, value: replace(drive, pattern=value),
    ),
    "black_level": Quantity(
        lambda row, plan, drive: drive.black_level >> _shift(plan),
        lambda row, plan, drive: (row.min, row.max >> _shift(plan)),
        lambda row, plan, drive, value: replace(drive, black_level=value << _shift(plan)),
    ),
    "register": Quantity(
        lambda row, plan, drive: drive.others[row.shows],
        lambda row, plan, drive: (row.min, row.max),
        lambda row, plan, drive, value: replace(drive, others={**drive.others, row.shows: value}),
    ),
}
"""Functions that show the quantities of a drive; which mode there is, `sensor_mode`, is the driver's."""
