"""GenTL's functions by ctypes: each with the kinds of its parameters, so that tests can call all of them."""

from __future__ import annotations

import ctypes as c
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

SIGNATURES: Final = {
    name: kinds.split()
    for name, _, kinds in (
        line.partition(" ")
        for line in """\
GCGetInfo cmd type to size
GCGetLastError code to size
GCInitLib
GCCloseLib
GCReadPort port number to size
GCWritePort port number from size
GCReadPortStacked port entries size
GCWritePortStacked port entries size
GCGetPortURL port to size
GCGetPortInfo port cmd type to size
GCGetNumPortURLs port count
GCGetPortURLInfo port index cmd type to size
GCRegisterEvent port cmd handle
GCUnregisterEvent port cmd
EventGetData event to size wait
EventGetDataInfo event from length cmd type to size
EventGetInfo event cmd type to size
EventFlush event
EventKill event
TLOpen handle
TLClose system
TLGetInfo system cmd type to size
TLGetNumInterfaces system count
TLGetInterfaceID system index to size
TLGetInterfaceInfo system id cmd type to size
TLOpenInterface system id handle
TLUpdateInterfaceList system changed wait
IFClose interface
IFGetInfo interface cmd type to size
IFGetNumDevices interface count
IFGetDeviceID interface index to size
IFUpdateDeviceList interface changed wait
IFGetDeviceInfo interface id cmd type to size
IFOpenDevice interface id cmd handle
IFGetParentTL interface handle
DevGetPort device handle
DevGetNumDataStreams device count
DevGetDataStreamID device index to size
DevOpenDataStream device id handle
DevGetInfo device cmd type to size
DevClose device
DevGetParentIF device handle
DSAnnounceBuffer stream from length user handle
DSAllocAndAnnounceBuffer stream length user handle
DSAnnounceCompositeBuffer stream length from to user handle
DSFlushQueue stream cmd
DSStartAcquisition stream cmd number
DSStopAcquisition stream cmd
DSGetInfo stream cmd type to size
DSGetBufferID stream index handle
DSClose stream
DSRevokeBuffer stream buffer handle handle
DSQueueBuffer stream buffer
DSGetBufferInfo stream buffer cmd type to size
DSGetBufferInfoStacked stream buffer stack length
DSGetBufferChunkData stream buffer to size
DSGetParentDev stream handle
DSGetNumBufferParts stream buffer count
DSGetBufferPartInfo stream buffer index cmd type to size
DSGetBufferPartInfoStacked stream buffer stack length
DSGetNumFlows stream count
DSGetFlowInfo stream index cmd type to size
DSGetNumBufferSegments stream buffer count
DSGetBufferSegmentInfo stream buffer index cmd type to size
""".splitlines()
    )
}
"""Parameters: handles by their module, `handle` for the place of a new one; `to` and `from` are memory,
`size` is its size and the answer's, `length` a size that is only given."""
TYPES: Final[dict[str, Any]] = {
    "cmd": c.c_int32,
    "index": c.c_uint32,
    "number": c.c_uint64,
    "wait": c.c_uint64,
    "length": c.c_size_t,
    "id": c.c_char_p,
}
"""Types of parameters that are no pointers to memory."""
MODULES: Final = ("system", "interface", "device", "stream", "port", "buffer", "event")

SUCCESS = 0
ERROR, NOT_INITIALIZED, NOT_IMPLEMENTED, RESOURCE_IN_USE, ACCESS_DENIED = range(-1001, -1006, -1)
INVALID_HANDLE, INVALID_ID, NO_DATA, INVALID_PARAMETER, IO, TIMEOUT, ABORT = range(-1006, -1013, -1)
NOT_AVAILABLE, INVALID_ADDRESS, BUFFER_TOO_SMALL, INVALID_INDEX = range(-1014, -1018, -1)
BUSY = -1022
NEW_BUFFER, FEATURE_INVALIDATE, FEATURE_CHANGE, REMOTE_DEVICE, MODULE = range(1, 6)
READONLY, CONTROL, EXCLUSIVE = 2, 3, 4
FOREVER: Final = 2**64 - 1


class Entry(c.Structure):
    """PORT_REGISTER_STACK_ENTRY, packed as all structures of GenTL are (1.6, 6.5)."""

    _pack_ = 1
    _fields_ = (("address", c.c_uint64), ("data", c.c_void_p), ("size", c.c_size_t))


class BufferInfo(c.Structure):
    """DS_BUFFER_INFO_STACKED (GenTL 1.6, 6.5.1.2)."""

    _pack_ = 1
    _fields_ = (
        ("cmd", c.c_int32),
        ("type", c.c_int32),
        ("data", c.c_void_p),
        ("size", c.c_size_t),
        ("result", c.c_int32),
    )


class Failed(AssertionError):
    """A call that failed, and did not have to: its code, and the text of its error."""


class Library:
    """A producer: calls return GenTL's code; `get...` return what was asked for, and raise Failed."""

    def __init__(self, path: str | Path) -> None:
        self.dll = c.CDLL(str(path))
        for name, kinds in SIGNATURES.items():
            function = getattr(self.dll, name)
            function.argtypes = [TYPES.get(kind, c.c_void_p) for kind in kinds]
            function.restype = c.c_int32

    def __call__(self, name: str, *args: Any) -> int:
        return getattr(self.dll, name)(*args)

    def error(self) -> tuple[int, str]:
        """Return the last error of this thread."""
        code, size, text = c.c_int32(), c.c_size_t(1024), c.create_string_buffer(1024)
        assert self("GCGetLastError", c.addressof(code), text, c.addressof(size)) == SUCCESS
        return code.value, text.value.decode()

    def must(self, name: str, *args: Any) -> None:
        if code := self(name, *args):
            raise Failed(f"{name}: {code} {self.error()[1]}")

    def handle(self, name: str, *args: Any) -> int:
        """Return the handle that a function gives in its last parameter."""
        place = c.c_void_p()
        self.must(name, *args, c.addressof(place))
        return place.value or 0

    def count(self, name: str, *args: Any) -> int:
        place = c.c_uint32()
        self.must(name, *args, c.addressof(place))
        return place.value

    def text(self, name: str, *args: Any) -> str:
        return self.info(name, *args, typed=False)[1].partition(b"\0")[0].decode()

    def info(self, name: str, *args: Any, typed: bool = True) -> tuple[int, bytes]:
        """Return the type and the bytes of an information."""
        kind, size, data = c.c_int32(), c.c_size_t(4096), c.create_string_buffer(4096)
        where = [c.addressof(kind)] if typed else []
        self.must(name, *args, *where, data, c.addressof(size))
        return kind.value, data.raw[: size.value]

    def value(self, name: str, *args: Any) -> int:
        return int.from_bytes(self.info(name, *args)[1], "little")

    def read(self, port: int, address: int, count: int) -> bytes:
        size, data = c.c_size_t(count), c.create_string_buffer(count)
        self.must("GCReadPort", port, address, data, c.addressof(size))
        return data.raw[: size.value]

    def write(self, port: int, address: int, data: bytes) -> int:
        size = c.c_size_t(len(data))
        return self("GCWritePort", port, address, c.create_string_buffer(data), c.addressof(size))

    def event(self, event: int, wait_ms: int = 5000) -> bytes:
        """Return the data of an event, waiting for it."""
        size, data = c.c_size_t(4096), c.create_string_buffer(4096)
        self.must("EventGetData", event, data, c.addressof(size), wait_ms)
        return data.raw[: size.value]


class Opened:
    """A library whose modules are open, down to the stream of the first device of an interface."""

    def __init__(self, library: Library, interface: str = "camtwin-gev", access: int = EXCLUSIVE) -> None:
        self.lib = library
        library.must("GCInitLib")
        self.system = library.handle("TLOpen")
        library.must("TLUpdateInterfaceList", self.system, None, 100)
        self.interface = library.handle("TLOpenInterface", self.system, interface.encode())
        library.must("IFUpdateDeviceList", self.interface, None, 20_000)
        self.id = library.text("IFGetDeviceID", self.interface, 0).encode()
        self.device = library.handle("IFOpenDevice", self.interface, self.id, access)
        self.port = library.handle("DevGetPort", self.device)
        self.stream = library.handle("DevOpenDataStream", self.device, b"Stream0")
        self.event = library.handle("GCRegisterEvent", self.stream, NEW_BUFFER)

    def allocate(self, size: int, count: int = 4) -> list[int]:
        """Allocate buffers, and queue them."""
        made = [self.lib.handle("DSAllocAndAnnounceBuffer", self.stream, size, None) for _ in range(count)]
        for buffer in made:
            self.lib.must("DSQueueBuffer", self.stream, buffer)
        return made

    def buffer(self, wait_ms: int = 10_000) -> int:
        """Return the next buffer with a frame."""
        return int.from_bytes(self.lib.event(self.event, wait_ms)[:8], "little")

    def of(self, buffer: int, cmd: int) -> int:
        return self.lib.value("DSGetBufferInfo", self.stream, buffer, cmd)

    def bytes_of(self, buffer: int) -> bytes:
        return c.string_at(self.of(buffer, 0), self.of(buffer, 9))

    def handles(self) -> dict[str, int]:
        names = ("system", "interface", "device", "stream", "port", "event")
        return {name: getattr(self, name) for name in names}

    def close(self) -> None:
        self.lib.must("GCCloseLib")


def exports(script: str) -> Sequence[str]:
    """Return the names of a linker's version script."""
    return re.findall(r"\b((?:GC|TL|IF|Dev|DS|Event)[A-Z]\w*)", script)
