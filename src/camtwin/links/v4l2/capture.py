"""The buffers of one open file of a video node, and the calls that wait for frames in them.

A file has buffers once it asks for some, or reads. Whether it may is the node's to say (video.py).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from errno import EAGAIN, EBADR, EBUSY, EFAULT, EINVAL
from typing import Final, Protocol

from camtwin.links.v4l2.open_file import MAX_WAITING, IoctlError, OpenFile, Reply
from camtwin.links.v4l2.queue import MIN_BUFFERS, BufferQueue, Slot
from camtwin.wire.v4l2 import ioctls as io
from camtwin.wire.v4l2 import messages as m
from camtwin.wire.v4l2 import video as v

READ_BUFFERS: Final = 3
O_ACCMODE_CLOEXEC: Final = 0o3 | 0o2000000
MEMORIES: Final = (v.MMAP, v.USERPTR, v.DMABUF)


class CaptureNode(Protocol):
    """The node that a capture belongs to."""

    @property
    def frame_bytes(self) -> int:
        """The bytes of a frame in the present format."""
        ...

    def check(self, capture: Capture, /) -> None:
        """Let a capture have or use buffers. IoctlError if another file has them."""
        ...

    def run(self, capture: Capture, /) -> None:
        """Let frames come."""
        ...

    def halt(self, capture: Capture, /) -> None:
        """End the frames; nothing is written into the capture's buffers from now on."""
        ...

    def fed(self) -> None:
        """Hear that there is another buffer."""
        ...


@dataclass
class Waiting:
    """A call that waits for a frame: `bytes` of a read, or None for a buffer."""

    reply: Reply
    bytes: int | None = None


class Capture:
    """The buffers of one open file.

    first  number of the first frame of its stream, which it counts from
    reads  whether the buffers are those of `read`
    """

    def __init__(self, file: OpenFile, node: CaptureNode) -> None:
        self.file, self.node = file, node
        self.queue = BufferQueue()
        self.first = 0
        self.reads = False
        self._waiting: deque[Waiting] = deque()
        self._rest: tuple[Slot, int] | None = None

    def close(self) -> None:
        """End the stream and give the buffers back; calls that wait are answered by nobody."""
        waiting, self._waiting = self._waiting, deque()
        for each in waiting:
            each.reply.close()
        self.release()

    def release(self) -> None:
        """Give the buffers back."""
        self.stop()
        self.queue.free()
        self.reads, self._rest = False, None

    def _check(self) -> None:
        self.node.check(self)
        if self.reads:
            raise IoctlError(EBUSY)

    # -- buffers ---------------------------------------------------------------------------------------
    def request(self, data: bytes) -> bytes:
        """Answer REQBUFS."""
        asked = v.RequestBuffers.unpack(data)
        if asked.type != v.CAPTURE or asked.memory not in MEMORIES:
            raise IoctlError(EINVAL)
        self._check()
        if self.queue.streaming:
            raise IoctlError(EBUSY)
        self.release()
        count = 0
        if asked.count:
            count = self.queue.allocate(max(asked.count, MIN_BUFFERS), asked.memory, self.node.frame_bytes)
        return v.RequestBuffers(count, v.CAPTURE, asked.memory, v.BUF_CAPS).pack()

    def create(self, data: bytes) -> bytes:
        """Answer CREATE_BUFS."""
        asked = v.CreateBuffers.unpack(data)
        if asked.format.type != v.CAPTURE or asked.memory not in MEMORIES:
            raise IoctlError(EINVAL)
        told = replace(
            asked, index=len(self.queue.slots), capabilities=v.BUF_CAPS, flags=0, reserved=(0,) * 6
        )
        if asked.count == 0:
            return told.pack()
        self._check()
        size = v.PixFormat.unpack(asked.format.pix).sizeimage
        if size < self.node.frame_bytes or self.queue.memory not in (0, asked.memory):
            raise IoctlError(EINVAL)
        made = self.queue.allocate(asked.count, asked.memory, size)
        return replace(told, count=made).pack()

    def put(self, request: m.Request, descriptor: int | None) -> bytes:
        """Answer QBUF and PREPARE_BUF; `descriptor` is that of a DMABUF."""
        asked = v.Buffer.unpack(request.data)
        if asked.type != v.CAPTURE:
            raise IoctlError(EINVAL)
        self._check()
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
            self.node.fed()
        return slot.told().pack()

    def export(self, data: bytes, reply: Reply) -> None:
        """Answer EXPBUF."""
        asked = v.ExportBuffer.unpack(data)
        self.node.check(self)
        slot = self.queue.at(asked.index) if asked.type == v.CAPTURE else None
        if slot is None or slot.memory != v.MMAP or asked.plane or asked.flags & ~O_ACCMODE_CLOEXEC:
            raise IoctlError(EINVAL)
        reply.send(0, replace(asked, fd=-1, reserved=(0,) * 11).pack(), passed=slot.descriptor)

    # -- the stream ------------------------------------------------------------------------------------
    def stream_on(self, data: bytes) -> bytes:
        """Answer STREAMON."""
        self._check_stream(data)
        if not self.queue.slots:
            raise IoctlError(EINVAL)
        self._start()
        return b""

    def stream_off(self, data: bytes) -> bytes:
        """Answer STREAMOFF."""
        self._check_stream(data)
        self.stop()
        return b""

    def _check_stream(self, data: bytes) -> None:
        if int.from_bytes(data[: io.INT], "little") != v.CAPTURE:
            raise IoctlError(EINVAL)
        self._check()

    def _start(self) -> None:
        if not self.queue.streaming:
            self.node.run(self)
            self.queue.streaming = True

    def stop(self) -> None:
        """End the stream; calls that wait for a frame fail."""
        if not self.queue.streaming:
            self.queue.stop()
            return
        self.queue.streaming = False
        self.node.halt(self)
        self.queue.stop()
        waiting, self._waiting = self._waiting, deque()
        for each in waiting:
            each.reply.send(-EINVAL)
        self.file.changed()

    def deliver(self) -> None:
        """Tell the program that a frame is ready: it lies in the queue."""
        self.file.send_token()
        while self._waiting and self.queue.done:
            each = self._waiting.popleft()
            if each.bytes is None:
                self._answer(each.reply)
            else:
                self._answer_read(each.reply, each.bytes)

    # -- frames for the program --------------------------------------------------------------------------
    def dequeue(self, request: m.Request, reply: Reply) -> None:
        """Answer DQBUF, now or when there is a frame."""
        asked = v.Buffer.unpack(request.data)
        if asked.type != v.CAPTURE or (self.queue.slots and asked.memory != self.queue.memory):
            raise IoctlError(EINVAL)
        self._check()
        if not self.queue.streaming:
            raise IoctlError(EINVAL)
        if self.queue.done:
            self._answer(reply)
        else:
            self._wait(request, reply, None)

    def _wait(self, request: m.Request, reply: Reply, count: int | None) -> None:
        if not request.blocking:
            raise IoctlError(EAGAIN)
        for each in [one for one in self._waiting if not one.reply.alive]:
            self._waiting.remove(each)
            each.reply.close()
        if len(self._waiting) >= MAX_WAITING:
            raise IoctlError(EBUSY)
        self._waiting.append(Waiting(reply, count))

    def _answer(self, reply: Reply) -> None:
        """Hand the oldest frame to a caller, unless it has hung up."""
        slot = self.queue.take_done()
        assert slot, "a frame is ready"
        copied = slot.descriptor if slot.memory == v.USERPTR else -1
        if not reply.send(0, slot.told().pack(), tokens=1, passed=copied):
            self.queue.put_back(slot)

    # -- read --------------------------------------------------------------------------------------------
    def read_begins(self) -> None:
        """Let the stream run into buffers of its own, as the first read and the first poll do."""
        self.queue.allocate(READ_BUFFERS, v.MMAP, self.node.frame_bytes)
        self.reads = True
        for slot in self.queue.slots:
            self.queue.put(slot)
        try:
            self._start()
        except IoctlError:
            self.release()
            raise

    def read(self, request: m.Request, reply: Reply) -> None:
        """Answer `read`, now or when there is a frame."""
        self.node.check(self)
        if self.queue.slots and not self.reads:
            raise IoctlError(EBUSY)
        if not self.reads:
            self.read_begins()
        if self._rest or self.queue.done:
            self._answer_read(reply, request.number)
        else:
            self._wait(request, reply, request.number)

    def _answer_read(self, reply: Reply, count: int) -> None:
        """Hand over the rest of a frame, or as much as is wanted."""
        tokens = 0
        if self._rest:
            slot, at = self._rest
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
        self._rest = (slot, at + size) if at + size < slot.bytesused else None
        if self._rest is None:
            self.queue.put(slot)
            self.node.fed()
