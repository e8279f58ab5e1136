"""Arguments of the ioctls of controls and events. Source: linux/videodev2.h, linux/v4l2-controls.h."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Final

from camtwin.wire.v4l2.layout import S32, S64, U32, U64, Chars, Layout, Numbers, Union
from camtwin.wire.v4l2.video import Time

INTEGER, BOOLEAN, MENU, BUTTON, INTEGER64, CLASS = 1, 2, 3, 4, 5, 6
INTEGER_MENU: Final = 9
"""Types of controls, V4L2_CTRL_TYPE_*."""
DISABLED, GRABBED, READ_ONLY, UPDATE, INACTIVE, SLIDER, WRITE_ONLY, VOLATILE = (1 << n for n in range(8))
EXECUTE_ON_WRITE: Final = 0x200
"""Flags, V4L2_CTRL_FLAG_*."""
NEXT_CTRL, NEXT_COMPOUND = 0x8000_0000, 0x4000_0000
ID_MASK: Final = 0x0FFF_FFFF
CLASS_MASK: Final = 0x0FFF_0000
CURRENT_VALUES, DEFAULT_VALUES, REQUEST_VALUES = 0, 0x0F00_0000, 0x0F01_0000
"""`which` of extended controls, if it is no class."""
MAX_CONTROLS: Final = 1024
"""Most controls in one call, V4L2_CID_MAX_CTRLS."""
CLASS_NAMES: Final = {
    0x0098_0000: "User Controls",
    0x009A_0000: "Camera Controls",
    0x009E_0000: "Image Source Controls",
    0x009F_0000: "Image Processing Controls",
}
EVENT_ALL, EVENT_CTRL, EVENT_FRAME_SYNC = 0, 3, 4
EVENT_SEND_INITIAL, EVENT_ALLOW_FEEDBACK = 1, 2
CHANGED_VALUE, CHANGED_FLAGS, CHANGED_RANGE = 1, 2, 4


@dataclass(frozen=True)
class ControlValue(Layout):
    """One 32-bit control, v4l2_control."""

    id: U32
    value: S32


@dataclass(frozen=True)
class ExtControl(Layout):
    PACKED: ClassVar[bool] = True

    id: U32
    size: U32
    reserved2: U32
    value: S64


@dataclass(frozen=True)
class ExtControls(Layout):
    which: U32
    count: U32
    error_idx: U32
    request_fd: S32
    reserved: Annotated[tuple[int, ...], Numbers("I", 1)]
    controls: U64


@dataclass(frozen=True)
class QueryControl(Layout):
    id: U32
    type: U32 = 0
    name: Annotated[str, Chars(32)] = ""
    minimum: S32 = 0
    maximum: S32 = 0
    step: S32 = 0
    default_value: S32 = 0
    flags: U32 = 0
    reserved: Annotated[tuple[int, ...], Numbers("I", 2)] = (0,) * 2


@dataclass(frozen=True)
class QueryExtControl(Layout):
    id: U32
    type: U32 = 0
    name: Annotated[str, Chars(32)] = ""
    minimum: S64 = 0
    maximum: S64 = 0
    step: U64 = 0
    default_value: S64 = 0
    flags: U32 = 0
    elem_size: U32 = 0
    elems: U32 = 0
    nr_of_dims: U32 = 0
    dims: Annotated[tuple[int, ...], Numbers("I", 4)] = (0,) * 4
    reserved: Annotated[tuple[int, ...], Numbers("I", 32)] = (0,) * 32


@dataclass(frozen=True)
class QueryMenu(Layout):
    """An item of a menu: its name, or, in a menu of numbers, the number in the first eight bytes."""

    PACKED: ClassVar[bool] = True

    id: U32
    index: U32
    item: Annotated[bytes, Union(32, 1)]
    reserved: U32


@dataclass(frozen=True)
class Subscription(Layout):
    type: U32
    id: U32
    flags: U32
    reserved: Annotated[tuple[int, ...], Numbers("I", 5)] = (0,) * 5


@dataclass(frozen=True)
class Event(Layout):
    """An event; `data` is read by ControlEvent or FrameSync."""

    type: U32
    data: Annotated[bytes, Union(64, 8)]
    pending: U32
    sequence: U32
    timestamp: Time
    id: U32
    reserved: Annotated[tuple[int, ...], Numbers("I", 8)] = (0,) * 8


@dataclass(frozen=True)
class ControlEvent(Layout):
    changes: U32
    type: U32
    value: S64
    flags: U32
    minimum: S32
    maximum: S32
    step: S32
    default_value: S32


@dataclass(frozen=True)
class FrameSync(Layout):
    frame_sequence: U32
