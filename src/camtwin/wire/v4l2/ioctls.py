"""Numbers of ioctls, each with the structure of its argument. Source: linux/videodev2.h, asm-generic/ioctl.h.

A number says what is called, the direction and the size of the argument; so each is made of these.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from camtwin.wire.v4l2 import controls, media, subdevice, video
from camtwin.wire.v4l2.layout import Layout

Direction: TypeAlias = Literal["", "r", "w", "rw"]
_DIRECTIONS: Final[dict[Direction, int]] = {"": 0, "w": 1, "r": 2, "rw": 3}
INT: Final = 4
"""Size of an argument that is a number."""


def number(kind: str, call: int, direction: Direction, size: int) -> int:
    """Return the number of an ioctl."""
    return _DIRECTIONS[direction] << 30 | size << 16 | ord(kind) << 8 | call


def size_of(request: int) -> int:
    """Return the size of an ioctl's argument in bytes."""
    return request >> 16 & 0x3FFF


def _video(call: int, direction: Direction, argument: type[Layout] | int) -> int:
    return number("V", call, direction, argument if isinstance(argument, int) else argument.sizeof())


def _media(call: int, argument: type[Layout]) -> int:
    return number("|", call, "rw", argument.sizeof())


QUERYCAP: Final = _video(0, "r", video.Capability)
ENUM_FMT: Final = _video(2, "rw", video.FormatDescription)
G_FMT: Final = _video(4, "rw", video.Format)
S_FMT: Final = _video(5, "rw", video.Format)
TRY_FMT: Final = _video(64, "rw", video.Format)
REQBUFS: Final = _video(8, "rw", video.RequestBuffers)
QUERYBUF: Final = _video(9, "rw", video.Buffer)
QBUF: Final = _video(15, "rw", video.Buffer)
EXPBUF: Final = _video(16, "rw", video.ExportBuffer)
DQBUF: Final = _video(17, "rw", video.Buffer)
STREAMON: Final = _video(18, "w", INT)
STREAMOFF: Final = _video(19, "w", INT)
G_PARM: Final = _video(21, "rw", video.StreamParameters)
S_PARM: Final = _video(22, "rw", video.StreamParameters)
ENUMINPUT: Final = _video(26, "rw", video.Input)
G_INPUT: Final = _video(38, "r", INT)
S_INPUT: Final = _video(39, "rw", INT)
G_PRIORITY: Final = _video(67, "r", INT)
S_PRIORITY: Final = _video(68, "w", INT)
LOG_STATUS: Final = _video(70, "", 0)
ENUM_FRAMESIZES: Final = _video(74, "rw", video.FrameSize)
ENUM_FRAMEINTERVALS: Final = _video(75, "rw", video.FrameInterval)
CREATE_BUFS: Final = _video(92, "rw", video.CreateBuffers)
PREPARE_BUF: Final = _video(93, "rw", video.Buffer)

G_CTRL: Final = _video(27, "rw", controls.ControlValue)
S_CTRL: Final = _video(28, "rw", controls.ControlValue)
QUERYCTRL: Final = _video(36, "rw", controls.QueryControl)
QUERYMENU: Final = _video(37, "rw", controls.QueryMenu)
G_EXT_CTRLS: Final = _video(71, "rw", controls.ExtControls)
S_EXT_CTRLS: Final = _video(72, "rw", controls.ExtControls)
TRY_EXT_CTRLS: Final = _video(73, "rw", controls.ExtControls)
QUERY_EXT_CTRL: Final = _video(103, "rw", controls.QueryExtControl)
DQEVENT: Final = _video(89, "r", controls.Event)
SUBSCRIBE_EVENT: Final = _video(90, "w", controls.Subscription)
UNSUBSCRIBE_EVENT: Final = _video(91, "w", controls.Subscription)

SUBDEV_QUERYCAP: Final = _video(0, "r", subdevice.SubdeviceCapability)
SUBDEV_ENUM_MBUS_CODE: Final = _video(2, "rw", subdevice.BusCode)
SUBDEV_G_FMT: Final = _video(4, "rw", subdevice.PadFormat)
SUBDEV_S_FMT: Final = _video(5, "rw", subdevice.PadFormat)
SUBDEV_G_CROP: Final = _video(59, "rw", subdevice.PadCrop)
SUBDEV_S_CROP: Final = _video(60, "rw", subdevice.PadCrop)
SUBDEV_G_SELECTION: Final = _video(61, "rw", subdevice.PadSelection)
SUBDEV_S_SELECTION: Final = _video(62, "rw", subdevice.PadSelection)
SUBDEV_ENUM_FRAME_SIZE: Final = _video(74, "rw", subdevice.PadFrameSize)

DEVICE_INFO: Final = _media(0, media.DeviceInfo)
ENUM_ENTITIES: Final = _media(1, media.EntityDescription)
ENUM_LINKS: Final = _media(2, media.LinksEnum)
SETUP_LINK: Final = _media(3, media.LinkDescription)
G_TOPOLOGY: Final = _media(4, media.Topology)
