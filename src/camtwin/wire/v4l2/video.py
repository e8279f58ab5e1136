"""Arguments of the ioctls of video nodes: formats, buffers, streaming. Source: linux/videodev2.h."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from camtwin.wire.v4l2.layout import S32, S64, U8, U16, U32, U64, Chars, Layout, Numbers, Union

CAPTURE: Final = 1
"""The only type of buffers and formats here, V4L2_BUF_TYPE_VIDEO_CAPTURE."""
FIELD_ANY, FIELD_NONE = 0, 1
MMAP, USERPTR, DMABUF = 1, 2, 4
"""Kinds of memory, V4L2_MEMORY_*."""

CAP_VIDEO_CAPTURE, CAP_EXT_PIX_FORMAT, CAP_READWRITE = 0x1, 0x0020_0000, 0x0100_0000
CAP_STREAMING, CAP_DEVICE_CAPS = 0x0400_0000, 0x8000_0000
FMT_EMULATED: Final = 0x2
"""The pixels of this format are made by software, V4L2_FMT_FLAG_EMULATED."""
PIX_FMT_PRIV_MAGIC: Final = 0xFEED_CAFE
COLORSPACE_RAW, XFER_FUNC_NONE, YCBCR_ENC_601, QUANTIZATION_FULL_RANGE = 11, 5, 1, 1

BUF_MAPPED, BUF_QUEUED, BUF_DONE, BUF_ERROR, BUF_PREPARED = 0x1, 0x2, 0x4, 0x40, 0x400
BUF_TIMESTAMP_MONOTONIC: Final = 0x2000
BUF_REQUEST_FD: Final = 0x0080_0000
BUF_CAPS: Final = 0x1 | 0x2 | 0x4 | 0x10
"""Buffers can be of any kind of memory, and outlive their queue (ORPHANED_BUFS)."""

INPUT_CAMERA, INPUT_IS_CAMERA = 2, 2
CAP_TIMEPERFRAME: Final = 0x1000
FRAME_SIZE_DISCRETE, FRAME_INTERVAL_CONTINUOUS = 1, 2
SEL_CROP, SEL_CROP_DEFAULT, SEL_CROP_BOUNDS, SEL_NATIVE_SIZE = 0, 1, 2, 3
PRIORITY_UNSET, PRIORITY_BACKGROUND, PRIORITY_INTERACTIVE, PRIORITY_RECORD = range(4)


def fourcc(text: str) -> int:
    """Return the number of a pixel format by its four characters."""
    return int.from_bytes(text.encode("ascii"), "little")


@dataclass(frozen=True)
class Capability(Layout):
    driver: Annotated[str, Chars(16)]
    card: Annotated[str, Chars(32)]
    bus_info: Annotated[str, Chars(32)]
    version: U32
    capabilities: U32
    device_caps: U32
    reserved: Annotated[tuple[int, ...], Numbers("I", 3)] = (0,) * 3


@dataclass(frozen=True)
class FormatDescription(Layout):
    index: U32
    type: U32
    flags: U32
    description: Annotated[str, Chars(32)]
    pixelformat: U32
    mbus_code: U32 = 0
    reserved: Annotated[tuple[int, ...], Numbers("I", 3)] = (0,) * 3


@dataclass(frozen=True)
class PixFormat(Layout):
    width: U32
    height: U32
    pixelformat: U32
    field: U32
    bytesperline: U32
    sizeimage: U32
    colorspace: U32
    priv: U32
    flags: U32
    ycbcr_enc: U32
    quantization: U32
    xfer_func: U32


@dataclass(frozen=True)
class Format(Layout):
    """The format of a type of buffers; `pix` is read by PixFormat."""

    type: U32
    pix: Annotated[bytes, Union(200, 8)]


@dataclass(frozen=True)
class Fraction(Layout):
    numerator: U32
    denominator: U32


@dataclass(frozen=True)
class Rectangle(Layout):
    left: S32
    top: S32
    width: U32
    height: U32


@dataclass(frozen=True)
class RequestBuffers(Layout):
    count: U32
    type: U32
    memory: U32
    capabilities: U32 = 0
    flags: U8 = 0
    reserved: Annotated[tuple[int, ...], Numbers("B", 3)] = (0,) * 3


@dataclass(frozen=True)
class Time(Layout):
    """A time in seconds, and microseconds or nanoseconds."""

    seconds: S64 = 0
    fraction: S64 = 0


@dataclass(frozen=True)
class Timecode(Layout):
    type: U32 = 0
    flags: U32 = 0
    numbers: Annotated[tuple[int, ...], Numbers("B", 8)] = (0,) * 8


@dataclass(frozen=True)
class Buffer(Layout):
    """A buffer; `place` is an offset, a pointer or a descriptor, as its memory is."""

    index: U32
    type: U32
    bytesused: U32
    flags: U32
    field: U32
    timestamp: Time
    timecode: Timecode
    sequence: U32
    memory: U32
    place: U64
    length: U32
    reserved2: U32 = 0
    request_fd: S32 = 0


@dataclass(frozen=True)
class ExportBuffer(Layout):
    type: U32
    index: U32
    plane: U32
    flags: U32
    fd: S32
    reserved: Annotated[tuple[int, ...], Numbers("I", 11)] = (0,) * 11


@dataclass(frozen=True)
class CreateBuffers(Layout):
    index: U32
    count: U32
    memory: U32
    format: Format
    capabilities: U32 = 0
    flags: U32 = 0
    reserved: Annotated[tuple[int, ...], Numbers("I", 6)] = (0,) * 6


@dataclass(frozen=True)
class CaptureParameters(Layout):
    capability: U32
    capturemode: U32
    timeperframe: Fraction
    extendedmode: U32 = 0
    readbuffers: U32 = 0
    reserved: Annotated[tuple[int, ...], Numbers("I", 4)] = (0,) * 4


@dataclass(frozen=True)
class StreamParameters(Layout):
    """Parameters of a type of buffers; `parameters` is read by CaptureParameters."""

    type: U32
    parameters: Annotated[bytes, Union(200, 4)]


@dataclass(frozen=True)
class Input(Layout):
    index: U32
    name: Annotated[str, Chars(32)]
    type: U32
    audioset: U32 = 0
    tuner: U32 = 0
    std: U64 = 0
    status: U32 = 0
    capabilities: U32 = 0
    reserved: Annotated[tuple[int, ...], Numbers("I", 3)] = (0,) * 3


@dataclass(frozen=True)
class FrameSize(Layout):
    """A size of a pixel format; `size` is read by Size."""

    index: U32
    pixel_format: U32
    type: U32
    size: Annotated[bytes, Union(24, 4)]
    reserved: Annotated[tuple[int, ...], Numbers("I", 2)] = (0,) * 2


@dataclass(frozen=True)
class Size(Layout):
    width: U32
    height: U32


@dataclass(frozen=True)
class FrameInterval(Layout):
    """An interval of a format and size; `interval` is read by IntervalRange."""

    index: U32
    pixel_format: U32
    width: U32
    height: U32
    type: U32
    interval: Annotated[bytes, Union(24, 4)]
    reserved: Annotated[tuple[int, ...], Numbers("I", 2)] = (0,) * 2


@dataclass(frozen=True)
class IntervalRange(Layout):
    min: Fraction
    max: Fraction
    step: Fraction


@dataclass(frozen=True)
class BusFormat(Layout):
    """A format on the link between sub-devices, v4l2_mbus_framefmt."""

    width: U32
    height: U32
    code: U32
    field: U32 = FIELD_NONE
    colorspace: U32 = COLORSPACE_RAW
    ycbcr_enc: U16 = YCBCR_ENC_601
    quantization: U16 = QUANTIZATION_FULL_RANGE
    xfer_func: U16 = XFER_FUNC_NONE
    flags: U16 = 0
    reserved: Annotated[tuple[int, ...], Numbers("H", 10)] = (0,) * 10
