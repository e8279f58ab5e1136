"""The video node of a camera: formats, the stream, and its buffers, as Linux' videobuf2 has them.

One open file has the buffers, whoever asks for them first; others may look and set controls meanwhile. There
is no cropping here: a node with a list of sizes has none, its sub-device says where they lie.
"""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from errno import EAGAIN, EBADR, EBUSY, EFAULT, EINVAL, EIO
from fractions import Fraction
from math import gcd
from typing import Final, Protocol

from camtwin.links.v4l2.contract import FRAME_RATE, Driver
from camtwin.links.v4l2.controls import Controls
from camtwin.links.v4l2.formats import Formats, VideoFormat
from camtwin.links.v4l2.node import DRIVER, VERSION, Node
from camtwin.links.v4l2.open_file import MAX_WAITING, IoctlError, OpenFile, Reply
from camtwin.links.v4l2.queue import MIN_BUFFERS, BufferQueue, Slot
from camtwin.problem import Problem
from camtwin.wire.v4l2 import ioctls as io
from camtwin.wire.v4l2 import messages as m
from camtwin.wire.v4l2 import video as v

READ_BUFFERS: Final = 3
POLL_IN: Final = 0x1 | 0x40
O_ACCMODE_CLOEXEC: Final = 0o3 | 0o2000000
MICRO: Final = 1_000_000
CAPS: Final = v.CAP_VIDEO_CAPTURE | v.CAP_EXT_PIX_FORMAT | v.CAP_READWRITE | v.CAP_STREAMING


class FrameSink(Protocol):
    """Frames on their way into the buffers."""

    def start(self) -> None: ...
    def stop(self) -> None:
        """End the stream; nothing is written into a buffer from now on."""
        ...

    def fed(self) -> None:
        """Hear that there is another buffer."""
        ...


@dataclass
class Waiting:
    """A call that waits for a frame: `bytes` of a read, or None for a buffer."""

    file: OpenFile
    reply: Reply
    bytes: int | None = None


class VideoNode(Node):
    """The video node.

    command  carries out a call of the driver's at the present camera time
    sweep    looks whether files have been closed whose end has not been heard yet
    """

    def __init__(
        self,
        name: str,
        device: tuple[int, int],
        *,
        card: str,
        bus_info: str,
        driver: Driver,
        formats: Formats,
        controls: Controls,
        command: Callable[[Callable[[], None]], None],
        sweep: Callable[[], None],
    ) -> None:
        self.card, self.bus_info, self.driver = card, bus_info, driver
        self.formats, self.controls = formats, controls
        self.command, self.sweep = command, sweep
        self.format = formats.of_mode(driver.mode)
        self.frame_rate = driver.control(FRAME_RATE).id
        self.queue = BufferQueue()
        self.stream: FrameSink
        self.owner: OpenFile | None = None
        self._waiting: deque[Waiting] = deque()
        self._reading: tuple[Slot, int] | None = None
        self._reads = False
        super().__init__(name, device, {**controls.calls, **self._looks(), **self._changes()})

    def _looks(self) -> dict[int, Callable[[OpenFile, bytes], bytes]]:
        return {
            io.QUERYCAP: lambda *_: self._capability(),
            io.ENUM_FMT: lambda _, data: self._format_name(data),
            io.G_FMT: lambda _, data: self._get_format(data),
            io.TRY_FMT: lambda _, data: self._try_format(data)[0],
            io.ENUM_FRAMESIZES: lambda _, data: self._frame_size(data),
            io.ENUM_FRAMEINTERVALS: lambda _, data: self._frame_interval(data),
            io.G_PARM: lambda _, data: self._parameters(data),
            io.ENUMINPUT: lambda _, data: self._input(data),
            io.G_INPUT: lambda *_: bytes(io.INT),
            io.G_PRIORITY: lambda *_: self._priority().to_bytes(io.INT, "little"),
            io.S_PRIORITY: self._set_priority,
            io.LOG_STATUS: lambda *_: b"",
            io.QUERYBUF: lambda _, data: self._slot(data).told().pack(),
        }

    def _changes(self) -> dict[int, Callable[[OpenFile, bytes], bytes]]:
        return {
            io.S_FMT: self._set_format,
            io.S_PARM: self._set_parameters,
            io.S_INPUT: lambda _, data: self._set_input(data),
            io.REQBUFS: self._request_buffers,
            io.CREATE_BUFS: self._create_buffers,
            io.STREAMON: self._stream_on,
            io.STREAMOFF: self._stream_off,
        }

    # -- open files ------------------------------------------------------------------------------------
    def opened(self, file: OpenFile) -> None:
        super().opened(file)
        self.controls.opened(file)

    def closed(self, file: OpenFile) -> None:
        super().closed(file)
        self.controls.closed(file)
        for each in [one for one in self._waiting if one.file is file]:
            self._waiting.remove(each)
            each.reply.close()
        if self.owner is file:
            self._release()

    def _release(self) -> None:
        """Take the buffers from the file that has them."""
        self._halt()
        self.queue.free()
        self.owner, self._reads, self._reading = None, False, None

    def _busy(self, file: OpenFile) -> bool:
        """Tell whether another file has the buffers."""
        if self.owner not in (None, file):
            self.sweep()
        return self.owner not in (None, file)

    def _check_owner(self, file: OpenFile) -> None:
        if self._busy(file) or self._reads:
            raise IoctlError(EBUSY)

    def events(self, file: OpenFile, wanted: int) -> int:
        told = super().events(file, wanted)
        if not wanted & POLL_IN:
            return told
        if not self.queue.slots and not self._busy(file):
            self._read_begins(file)
        streams = self.owner is file and self.queue.streaming and self.queue.fed
        return told if streams else told | m.POLL_ERR

    def handle(self, file: OpenFile, request: m.Request, passed: list[int], reply: Reply) -> None:
        if request.call == m.MMAP:
            offset, length = m.PLACE.unpack(request.data)
            reply.send(0, passed=self.queue.mapped(offset, length).descriptor)
        elif request.call == m.READ:
            self._read(file, request, reply)
        elif request.call == m.IOCTL and not request.null and request.number == io.DQBUF:
            self._dequeue(file, request, reply)
        elif request.call == m.IOCTL and not request.null and request.number in (io.QBUF, io.PREPARE_BUF):
            told = self._queue(file, request, passed[0] if passed else None)
            reply.send(0, told)
        elif request.call == m.IOCTL and not request.null and request.number == io.EXPBUF:
            self._export(file, request.data, reply)
        else:
            if request.call == m.IOCTL and request.number in WRITES:
                self._check_priority(file)
            lost = len(self.queue.done)
            if request.call == m.IOCTL and request.number in DRAINS and request.number in self.calls:
                if request.null:
                    super().handle(file, request, passed, reply)
                told = self.calls[request.number](file, request.data)
                reply.send(0, told, tokens=max(0, lost - len(self.queue.done)))
                return
            super().handle(file, request, passed, reply)

    # -- priority ----------------------------------------------------------------------------------------
    def _priority(self) -> int:
        self.sweep()
        return max((file.priority for file in self.files), default=v.PRIORITY_UNSET)

    def _set_priority(self, file: OpenFile, data: bytes) -> bytes:
        wanted = int.from_bytes(data[: io.INT], "little")
        if wanted not in (v.PRIORITY_BACKGROUND, v.PRIORITY_INTERACTIVE, v.PRIORITY_RECORD):
            raise IoctlError(EINVAL)
        self._check_priority(file)
        file.priority = wanted
        return b""

    def _check_priority(self, file: OpenFile) -> None:
        if self._priority() > file.priority:
            raise IoctlError(EBUSY)

    # -- what it is ------------------------------------------------------------------------------------
    def _capability(self) -> bytes:
        caps = CAPS | v.CAP_DEVICE_CAPS
        return v.Capability(DRIVER, self.card, self.bus_info, VERSION, caps, CAPS).pack()

    def _input(self, data: bytes) -> bytes:
        if v.Input.unpack(data).index:
            raise IoctlError(EINVAL)
        return v.Input(0, self.card, v.INPUT_CAMERA).pack()

    @staticmethod
    def _set_input(data: bytes) -> bytes:
        if any(data[: io.INT]):
            raise IoctlError(EINVAL)
        return bytes(io.INT)

    # -- formats -----------------------------------------------------------------------------------------
    def _format_name(self, data: bytes) -> bytes:
        asked, names = v.FormatDescription.unpack(data), self.formats.names()
        if asked.type != v.CAPTURE or asked.index >= len(names):
            raise IoctlError(EINVAL)
        one = names[asked.index]
        flags = v.FMT_EMULATED if one.emulated else 0
        return v.FormatDescription(
            asked.index, v.CAPTURE, flags, one.description, v.fourcc(one.fourcc), asked.mbus_code
        ).pack()

    def _get_format(self, data: bytes) -> bytes:
        if v.Format.unpack(data).type != v.CAPTURE:
            raise IoctlError(EINVAL)
        return _format(self.format)

    def _try_format(self, data: bytes) -> tuple[bytes, VideoFormat]:
        asked = v.Format.unpack(data)
        if asked.type != v.CAPTURE:
            raise IoctlError(EINVAL)
        pixels = v.PixFormat.unpack(asked.pix)
        one = self.formats.nearest(pixels.pixelformat, pixels.width, pixels.height)
        return _format(one), one

    def _set_format(self, _: OpenFile, data: bytes) -> bytes:
        told, one = self._try_format(data)
        if self.queue.slots:
            self.sweep()
        if self.queue.slots:
            raise IoctlError(EBUSY)
        self.drive(lambda: self.driver.select(one.mode))
        self.format = one
        return told

    def mode_changed(self) -> None:
        """Follow a driver that has been set to another mode: by a control, or by the sub-device."""
        if self.format.mode != self.driver.mode:
            self.format = self.formats.of_mode(self.driver.mode)

    def _frame_size(self, data: bytes) -> bytes:
        asked = v.FrameSize.unpack(data)
        sizes = self.formats.sizes(asked.pixel_format)
        if asked.index >= len(sizes):
            raise IoctlError(EINVAL)
        one = sizes[asked.index]
        size = v.Size(one.width, one.height).pack()
        return v.FrameSize(
            asked.index, asked.pixel_format, v.FRAME_SIZE_DISCRETE, size.ljust(24, b"\0")
        ).pack()

    def _frame_interval(self, data: bytes) -> bytes:
        asked = v.FrameInterval.unpack(data)
        size = asked.width, asked.height
        found = [one for one in self.formats.sizes(asked.pixel_format) if (one.width, one.height) == size]
        if asked.index or not found:
            raise IoctlError(EINVAL)
        fastest = round(self.formats.modes[found[0].mode].fps * MICRO)
        slowest = self.driver.limits(self.frame_rate)[0]
        step = v.Fraction(1, 1)
        interval = v.IntervalRange(interval_of(fastest), interval_of(slowest), step).pack()
        return v.FrameInterval(0, asked.pixel_format, *size, v.FRAME_INTERVAL_CONTINUOUS, interval).pack()

    def _parameters(self, data: bytes) -> bytes:
        if v.StreamParameters.unpack(data).type != v.CAPTURE:
            raise IoctlError(EINVAL)
        rate = self.driver.get(self.frame_rate)
        told = v.CaptureParameters(v.CAP_TIMEPERFRAME, 0, interval_of(rate), 0, READ_BUFFERS)
        return v.StreamParameters(v.CAPTURE, told.pack().ljust(200, b"\0")).pack()

    def _set_parameters(self, _: OpenFile, data: bytes) -> bytes:
        asked = v.StreamParameters.unpack(data)
        if asked.type != v.CAPTURE:
            raise IoctlError(EINVAL)
        wanted = v.CaptureParameters.unpack(asked.parameters).timeperframe
        self.set_interval(wanted)
        return self._parameters(data)

    def set_interval(self, wanted: v.Fraction) -> None:
        """Set the time of a frame, as near as the mode allows; without one: the shortest."""
        lowest, highest, step, _ = self.driver.limits(self.frame_rate)
        rate = highest
        if wanted.numerator and wanted.denominator:
            rate = round(Fraction(wanted.denominator * MICRO, wanted.numerator))
        rate = min(max(rate, lowest), highest)
        self.drive(lambda: self.driver.set({self.frame_rate: rate - (rate - lowest) % step}))

    def drive(self, call: Callable[[], None]) -> None:
        try:
            self.command(call)
        except Problem:
            raise IoctlError(EIO) from None

    # -- buffers -----------------------------------------------------------------------------------------
    def _slot(self, data: bytes) -> Slot:
        asked = v.Buffer.unpack(data)
        if asked.type != v.CAPTURE:
            raise IoctlError(EINVAL)
        return self.queue.at(asked.index)

    def _request_buffers(self, file: OpenFile, data: bytes) -> bytes:
        asked = v.RequestBuffers.unpack(data)
        if asked.type != v.CAPTURE or asked.memory not in (v.MMAP, v.USERPTR, v.DMABUF):
            raise IoctlError(EINVAL)
        self._check_owner(file)
        if self.queue.streaming:
            raise IoctlError(EBUSY)
        self._release()
        count = 0
        if asked.count:
            count = self.queue.allocate(max(asked.count, MIN_BUFFERS), asked.memory, self.format.bytes)
            self.owner = file
        return v.RequestBuffers(count, v.CAPTURE, asked.memory, v.BUF_CAPS).pack()

    def _create_buffers(self, file: OpenFile, data: bytes) -> bytes:
        asked = v.CreateBuffers.unpack(data)
        if asked.format.type != v.CAPTURE or asked.memory not in (v.MMAP, v.USERPTR, v.DMABUF):
            raise IoctlError(EINVAL)
        told = replace(
            asked, index=len(self.queue.slots), capabilities=v.BUF_CAPS, flags=0, reserved=(0,) * 6
        )
        if asked.count == 0:
            return told.pack()
        self._check_owner(file)
        size = v.PixFormat.unpack(asked.format.pix).sizeimage
        if size < self.format.bytes or self.queue.memory not in (0, asked.memory):
            raise IoctlError(EINVAL)
        made = self.queue.allocate(asked.count, asked.memory, size)
        self.owner = file
        return replace(told, count=made).pack()

    def _queue(self, file: OpenFile, request: m.Request, descriptor: int | None) -> bytes:
        asked = v.Buffer.unpack(request.data)
        if asked.type != v.CAPTURE:
            raise IoctlError(EINVAL)
        self._check_owner(file)
        prepares = request.number == io.PREPARE_BUF
        slot = self.queue.at(asked.index)
        if asked.flags & v.BUF_REQUEST_FD:
            raise IoctlError(EINVAL if prepares else EBADR)
        if prepares and slot.prepared:
            raise IoctlError(EINVAL)
        if not (slot.prepared and slot.state == "dequeued" and asked.memory == slot.memory):
            if request.unmapped:
                raise IoctlError(EFAULT)
            slot = self.queue.prepare(asked, descriptor)
        if prepares:
            slot.prepared = True
        else:
            self.queue.put(slot)
            self.stream.fed()
        return slot.told().pack()

    def _export(self, file: OpenFile, data: bytes, reply: Reply) -> None:
        asked = v.ExportBuffer.unpack(data)
        if self._busy(file):
            raise IoctlError(EBUSY)
        slot = self.queue.at(asked.index) if asked.type == v.CAPTURE else None
        if slot is None or slot.memory != v.MMAP or asked.plane or asked.flags & ~O_ACCMODE_CLOEXEC:
            raise IoctlError(EINVAL)
        reply.send(0, replace(asked, fd=-1, reserved=(0,) * 11).pack(), passed=slot.descriptor)

    # -- the stream --------------------------------------------------------------------------------------
    def _stream_on(self, file: OpenFile, data: bytes) -> bytes:
        self._check_stream(file, data)
        if not self.queue.slots:
            raise IoctlError(EINVAL)
        self._run()
        return b""

    def _stream_off(self, file: OpenFile, data: bytes) -> bytes:
        self._check_stream(file, data)
        self._halt()
        return b""

    def _check_stream(self, file: OpenFile, data: bytes) -> None:
        if int.from_bytes(data[: io.INT], "little") != v.CAPTURE:
            raise IoctlError(EINVAL)
        self._check_owner(file)

    def _run(self) -> None:
        if not self.queue.streaming:
            self.drive(self.stream.start)
            self.queue.streaming = True

    def _halt(self) -> None:
        """End the stream; calls that wait for a frame fail."""
        if self.queue.streaming:
            self.stream.stop()
        self.queue.stop()
        waiting, self._waiting = self._waiting, deque()
        for each in waiting:
            each.reply.send(-EINVAL)
        if self.owner:
            self.owner.changed()

    def deliver(self) -> None:
        """Tell the program that a frame is ready: it lies in the queue."""
        if self.owner:
            self.owner.send_token()
        while self._waiting and self.queue.done:
            each = self._waiting.popleft()
            if each.bytes is None:
                self._answer(each.reply)
            else:
                self._answer_read(each.reply, each.bytes)

    # -- frames for the program --------------------------------------------------------------------------
    def _dequeue(self, file: OpenFile, request: m.Request, reply: Reply) -> None:
        asked = v.Buffer.unpack(request.data)
        if asked.type != v.CAPTURE or (self.queue.slots and asked.memory != self.queue.memory):
            raise IoctlError(EINVAL)
        self._check_owner(file)
        if not self.queue.streaming:
            raise IoctlError(EINVAL)
        if self.queue.done:
            self._answer(reply)
        else:
            self._wait(file, request, reply, None)

    def _wait(self, file: OpenFile, request: m.Request, reply: Reply, count: int | None) -> None:
        if not request.blocking:
            raise IoctlError(EAGAIN)
        for each in [one for one in self._waiting if not one.reply.alive]:
            self._waiting.remove(each)
            each.reply.close()
        if len(self._waiting) >= MAX_WAITING:
            raise IoctlError(EBUSY)
        self._waiting.append(Waiting(file, reply, count))

    def _answer(self, reply: Reply) -> None:
        """Hand the oldest frame to a caller, unless it has hung up."""
        slot = self.queue.take_done()
        assert slot, "a frame is ready"
        copied = slot.descriptor if slot.memory == v.USERPTR else -1
        if not reply.send(0, slot.told().pack(), tokens=1, passed=copied):
            self.queue.put_back(slot)

    # -- read ------------------------------------------------------------------------------------------
    def _read_begins(self, file: OpenFile) -> None:
        """Give a file buffers of the server's own, which calls of read empty."""
        self.queue.allocate(READ_BUFFERS, v.MMAP, self.format.bytes)
        self.owner, self._reads = file, True
        for slot in self.queue.slots:
            self.queue.put(slot)
        self._run()

    def _read(self, file: OpenFile, request: m.Request, reply: Reply) -> None:
        if self._busy(file) or (self.queue.slots and not self._reads):
            raise IoctlError(EBUSY)
        if not self._reads:
            self._read_begins(file)
        if self._reading or self.queue.done:
            self._answer_read(reply, request.number)
        else:
            self._wait(file, request, reply, request.number)

    def _answer_read(self, reply: Reply, count: int) -> None:
        """Hand over the rest of a frame, or as much as is wanted."""
        tokens = 0
        if self._reading:
            slot, at = self._reading
        else:
            taken = self.queue.take_done()
            assert taken, "a frame is ready"
            slot, at, tokens = taken, 0, 1
        size = min(count, slot.bytesused - at)
        sent = reply.send(size, m.PLACE.pack(at, size), tokens=tokens, passed=slot.descriptor)
        if not sent:
            if tokens:
                self.queue.put_back(slot)
            return
        self._reading = (slot, at + size) if at + size < slot.bytesused else None
        if self._reading is None:
            self.queue.put(slot)
            self.stream.fed()

    def close(self) -> None:
        """End the stream, and let all waiting calls fail."""
        with contextlib.suppress(IoctlError):
            self._release()


WRITES: Final = frozenset(
    (
        *(io.S_FMT, io.S_PARM, io.S_INPUT, io.S_CTRL, io.S_EXT_CTRLS),
        *(io.REQBUFS, io.CREATE_BUFS, io.STREAMON, io.STREAMOFF),
    )
)
"""Calls that a file of a lower priority may not make."""
DRAINS: Final = frozenset((io.REQBUFS, io.STREAMOFF))
"""Calls that take frames away which nobody has fetched."""


def _format(one: VideoFormat) -> bytes:
    return v.Format(v.CAPTURE, one.pixels().pack().ljust(200, b"\0")).pack()


def interval_of(rate: int) -> v.Fraction:
    """Return the time of a frame at a rate in 1e-6 frames/s."""
    common = gcd(rate, MICRO)
    return v.Fraction(MICRO // common, rate // common)
