"""The video node of a camera: which call is whose, and which open file has the buffers.

One file has them, as with a driver (videobuf2): whoever asks for them first; others may look and set controls
meanwhile. A node that is shared gives buffers to each file that asks, and the same frames to all of them.
There is no cropping here: a node with a list of sizes has none, its sub-device says where they lie.
"""

from __future__ import annotations

from collections.abc import Callable
from errno import EBUSY, EINVAL
from typing import Final, Protocol

from camtwin.links.v4l2.capture import Capture
from camtwin.links.v4l2.contract import Driver
from camtwin.links.v4l2.controls import Controls
from camtwin.links.v4l2.format_calls import FormatCalls
from camtwin.links.v4l2.formats import Formats, VideoFormat
from camtwin.links.v4l2.node import DRIVER, VERSION, Node
from camtwin.links.v4l2.open_file import IoctlError, OpenFile, Reply
from camtwin.wire.v4l2 import ioctls as io
from camtwin.wire.v4l2 import messages as m
from camtwin.wire.v4l2 import video as v

POLL_IN: Final = 0x1 | 0x40
CAPS: Final = v.CAP_VIDEO_CAPTURE | v.CAP_EXT_PIX_FORMAT | v.CAP_READWRITE | v.CAP_STREAMING


class FrameSink(Protocol):
    """Frames on their way into the buffers."""

    @property
    def next_number(self) -> int:
        """The number of the next frame."""
        ...

    def start(self) -> None: ...
    def stop(self) -> None:
        """End the stream; nothing is written into a buffer from now on."""
        ...

    def leave(self, capture: Capture, /) -> None:
        """Write nothing into the buffers of one of several captures from now on."""
        ...

    def fed(self) -> None:
        """Hear that there is another buffer."""
        ...


class VideoNode(Node):
    """The video node.

    shared   whether several files can have buffers, and each gets all frames
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
        shared: bool,
        command: Callable[[Callable[[], None]], None],
        sweep: Callable[[], None],
    ) -> None:
        self.card, self.bus_info, self.controls = card, bus_info, controls
        self.shared, self.sweep = shared, sweep
        self.formats = FormatCalls(driver, formats, self, command)
        self.captures: dict[OpenFile, Capture] = {}
        self.stream: FrameSink
        super().__init__(name, device, {**controls.calls, **self.formats.calls, **self._calls()})

    def _calls(self) -> dict[int, Callable[[OpenFile, bytes], bytes]]:
        return {
            io.QUERYCAP: lambda *_: self._capability(),
            io.ENUMINPUT: lambda _, data: self._input(data),
            io.G_INPUT: lambda *_: bytes(io.INT),
            io.S_INPUT: lambda _, data: self._set_input(data),
            io.G_PRIORITY: lambda *_: self._priority().to_bytes(io.INT, "little"),
            io.S_PRIORITY: self._set_priority,
            io.LOG_STATUS: lambda *_: b"",
            io.QUERYBUF: self._query_buffer,
            io.REQBUFS: lambda file, data: self.captures[file].request(data),
            io.CREATE_BUFS: lambda file, data: self.captures[file].create(data),
            io.STREAMON: lambda file, data: self.captures[file].stream_on(data),
            io.STREAMOFF: lambda file, data: self.captures[file].stream_off(data),
        }

    # -- open files ------------------------------------------------------------------------------------
    def opened(self, file: OpenFile) -> None:
        super().opened(file)
        self.captures[file] = Capture(file, self)
        self.controls.opened(file)

    def closed(self, file: OpenFile) -> None:
        super().closed(file)
        self.controls.closed(file)
        self.captures[file].close()
        del self.captures[file]

    def close(self) -> None:
        """End all streams, and let all waiting calls fail."""
        for capture in self.captures.values():
            capture.release()

    def events(self, file: OpenFile, wanted: int) -> int:
        told = super().events(file, wanted)
        if not wanted & POLL_IN:
            return told
        capture = self.captures[file]
        if not capture.queue.slots and not self._taken(capture):
            capture.read_begins()
        streams = capture.queue.streaming and capture.queue.fed
        return told if streams else told | m.POLL_ERR

    def handle(self, file: OpenFile, request: m.Request, passed: list[int], reply: Reply) -> None:
        capture = self.captures[file]
        number = request.number if request.call == m.IOCTL and not request.null else 0
        if request.call == m.MMAP:
            offset, length = m.PLACE.unpack(request.data)
            reply.send(0, passed=self._seen(capture).queue.mapped(offset, length).descriptor)
        elif request.call == m.READ:
            capture.read(request, reply)
        elif number == io.DQBUF:
            capture.dequeue(request, reply)
        elif number in (io.QBUF, io.PREPARE_BUF):
            reply.send(0, capture.put(request, passed[0] if passed else None))
        elif number == io.EXPBUF:
            capture.export(request.data, reply)
        else:
            if request.call == m.IOCTL and request.number in WRITES:
                self._check_priority(file)
            lost = len(capture.queue.done)
            if number in DRAINS:
                told = self.calls[number](file, request.data)
                reply.send(0, told, tokens=max(0, lost - len(capture.queue.done)))
                return
            super().handle(file, request, passed, reply)

    # -- who has buffers: CaptureNode ------------------------------------------------------------------
    @property
    def format(self) -> VideoFormat:
        """The format of frames."""
        return self.formats.format

    @property
    def frame_bytes(self) -> int:
        return self.format.bytes

    @property
    def busy(self) -> bool:
        """Whether a file has buffers, which keep the format as it is."""
        return any(each.queue.slots for each in self.captures.values())

    @property
    def streaming(self) -> list[Capture]:
        """Those that want frames."""
        return [each for each in self.captures.values() if each.queue.streaming]

    def _others(self, capture: Capture) -> list[Capture]:
        return [each for each in self.captures.values() if each is not capture and each.queue.slots]

    def _taken(self, capture: Capture) -> bool:
        """Tell whether another file has the buffers."""
        if self.shared:
            return False
        if self._others(capture):
            self.sweep()
        return bool(self._others(capture))

    def check(self, capture: Capture) -> None:
        if self._taken(capture):
            raise IoctlError(EBUSY)

    def _seen(self, capture: Capture) -> Capture:
        """Return the capture whose buffers a file sees: its own, or those of the one file that has them."""
        others = [] if self.shared or capture.queue.slots else self._others(capture)
        return others[0] if others else capture

    def run(self, capture: Capture) -> None:
        if self.streaming:
            capture.first = self.stream.next_number
        else:
            self.formats.drive(self.stream.start)
            capture.first = 0

    def halt(self, capture: Capture) -> None:
        if self.streaming:
            self.stream.leave(capture)
        else:
            self.stream.stop()

    def fed(self) -> None:
        self.stream.fed()

    def fixed(self, file: OpenFile) -> bool:
        """Tell whether others have buffers of the present format, which therefore stays (FormatNode)."""
        if self.busy:
            self.sweep()
        if self.captures[file].queue.slots or (self.busy and not self.shared):
            raise IoctlError(EBUSY)
        return self.busy

    def _query_buffer(self, file: OpenFile, data: bytes) -> bytes:
        asked = v.Buffer.unpack(data)
        if asked.type != v.CAPTURE:
            raise IoctlError(EINVAL)
        return self._seen(self.captures[file]).queue.at(asked.index).told().pack()

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


WRITES: Final = frozenset(
    (
        *(io.S_FMT, io.S_PARM, io.S_INPUT, io.S_CTRL, io.S_EXT_CTRLS),
        *(io.REQBUFS, io.CREATE_BUFS, io.STREAMON, io.STREAMOFF),
    )
)
"""Calls that a file of a lower priority may not make."""
DRAINS: Final = frozenset((io.REQBUFS, io.STREAMOFF))
"""Calls that take frames away which nobody has fetched."""
