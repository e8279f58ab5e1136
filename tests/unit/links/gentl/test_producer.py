"""GenTL's functions one by one: sizes, handles, orders, errors, as the standard has them."""

from __future__ import annotations

import ctypes as c
import threading
import time
from collections.abc import Sequence
from typing import Any

import pytest

from camtwin.links import native
from unit.links.gentl.calls import (
    ABORT,
    ACCESS_DENIED,
    BUFFER_TOO_SMALL,
    BUSY,
    CONTROL,
    EXCLUSIVE,
    FEATURE_CHANGE,
    FEATURE_INVALIDATE,
    FOREVER,
    INVALID_ADDRESS,
    INVALID_HANDLE,
    INVALID_ID,
    INVALID_INDEX,
    INVALID_PARAMETER,
    IO,
    MODULE,
    MODULES,
    NEW_BUFFER,
    NO_DATA,
    NOT_IMPLEMENTED,
    NOT_INITIALIZED,
    READONLY,
    RESOURCE_IN_USE,
    SIGNATURES,
    SUCCESS,
    TIMEOUT,
    BufferInfo,
    Entry,
    Failed,
    Library,
    Opened,
    exports,
)
from unit.links.gentl.serving import Serving

INFOS: dict[str, range] = {
    "GCGetInfo": range(11),
    "TLGetInfo": range(11),
    "IFGetInfo": range(3),
    "DevGetInfo": range(10),
    "DSGetInfo": range(14),
    "TLGetInterfaceInfo": range(3),
    "IFGetDeviceInfo": range(10),
    "GCGetPortInfo": range(13),
    "GCGetPortURLInfo": range(11),
    "EventGetInfo": range(5),
    "DSGetBufferInfo": range(32),
}
"""Commands that the standard knows, of functions that give an information."""


def arguments(kinds: Sequence[str], known: dict[str, Any], memory: c.Array[c.c_char]) -> list[Any]:
    """Return an argument for each parameter: what `known` has, else something that can do no harm."""
    plain = {"cmd": 0, "index": 0, "number": 1, "wait": 0, "length": 8, "id": b"nobody"}
    return [known.get(kind, plain.get(kind, c.addressof(memory))) for kind in kinds]


def test_all_functions_are_exported(library: Library) -> None:
    script = native.sources(native.GENTL)["gentl/exports.map"].decode()
    assert sorted(exports(script)) == sorted(SIGNATURES)
    assert len(SIGNATURES) == 64


@pytest.mark.parametrize(
    "name", [n for n in SIGNATURES if n not in ("GCInitLib", "GCGetLastError", "GCGetInfo")]
)
def test_before_the_library_is_initialised(name: str, lib: Library) -> None:
    memory = c.create_string_buffer(4096)
    assert lib(name, *arguments(SIGNATURES[name], {}, memory)) == NOT_INITIALIZED
    assert lib.error() == (NOT_INITIALIZED, "GCInitLib was not called")


@pytest.mark.parametrize("name", [n for n, kinds in SIGNATURES.items() if kinds and kinds[0] in MODULES])
def test_wrong_handles(name: str, opened: Opened) -> None:
    """NULL, no handle at all, one of another kind, and one that was closed."""
    lib, kinds = opened.lib, SIGNATURES[name]
    handles = opened.handles()
    handles["buffer"] = lib.handle("DSAllocAndAnnounceBuffer", opened.stream, 64, None)
    closed = lib.handle("DSAllocAndAnnounceBuffer", opened.stream, 64, None)
    lib.must("DSRevokeBuffer", opened.stream, closed, None, None)
    ports = ("system", "interface", "device", "stream", "port", "buffer")
    fits = ports if kinds[0] == "port" else (kinds[0],)
    others = [handle for kind, handle in handles.items() if kind not in fits]
    memory = c.create_string_buffer(4096)
    for wrong in (None, 0xDEAD, closed, *others):
        known = {**handles, "number": 0, kinds[0]: wrong}
        assert lib(name, *arguments(kinds, known, memory)) == INVALID_HANDLE, (name, wrong)
        assert lib.error()[0] == INVALID_HANDLE


@pytest.mark.parametrize("name", INFOS)
def test_sizes(name: str, opened: Opened) -> None:
    """Ask for the size alone, with too little, exactly enough, and too much room, and without a size."""
    lib, kinds = opened.lib, SIGNATURES[name]
    handles: dict[str, Any] = opened.handles()
    handles["buffer"] = lib.handle("DSAllocAndAnnounceBuffer", opened.stream, 64, None)
    handles |= {"index": 0, "id": b"camtwin-gev" if name == "TLGetInterfaceInfo" else opened.id}
    known = 0
    for cmd in INFOS[name]:
        first = [handles[kind] if kind != "cmd" else cmd for kind in kinds[:-3]]
        kind, size = c.c_int32(), c.c_size_t(0)
        code = lib(name, *first, c.addressof(kind), None, c.addressof(size))
        if code:
            assert code in (NOT_IMPLEMENTED, -1014), (name, cmd)
            continue
        known += 1
        needed = size.value
        for room in (needed - 1, needed, needed + 9):
            data = c.create_string_buffer(b"\xa5" * (needed + 16), needed + 16)
            size = c.c_size_t(room)
            code = lib(name, *first, c.addressof(kind), data, c.addressof(size))
            assert code == (BUFFER_TOO_SMALL if room < needed else SUCCESS), (name, cmd, room)
            assert size.value == needed
            assert data.raw[needed:] == b"\xa5" * 16, "nothing is written behind the end"
            if room < needed:
                assert data.raw == b"\xa5" * (needed + 16)
        assert lib(name, *first, None, None, None) == INVALID_PARAMETER
    assert known >= len(INFOS[name]) - 2


def test_texts_of_errors_are_each_threads_own(lib: Library) -> None:
    lib.must("GCInitLib")
    assert lib("GCInitLib") == RESOURCE_IN_USE
    found: list[tuple[int, str]] = []
    thread = threading.Thread(target=lambda: found.append(lib.error()))
    thread.start()
    thread.join()
    assert found == [(SUCCESS, "no error")]
    assert lib.error() == (RESOURCE_IN_USE, "GCInitLib was called before")
    size, text = c.c_size_t(4), c.create_string_buffer(4)
    assert lib("GCGetLastError", None, text, c.addressof(size)) == BUFFER_TOO_SMALL
    assert size.value == len("GCInitLib was called before") + 1


def test_orders(opened: Opened) -> None:
    """Do what is not to be done now."""
    lib, stream = opened.lib, opened.stream
    place = c.addressof(c.c_void_p())
    assert lib("TLOpen", place) == RESOURCE_IN_USE
    assert lib("TLOpenInterface", opened.system, b"camtwin-gev", place) == RESOURCE_IN_USE
    assert lib("IFOpenDevice", opened.interface, opened.id, CONTROL, place) == RESOURCE_IN_USE
    assert lib("DevOpenDataStream", opened.device, b"Stream0", place) == RESOURCE_IN_USE
    assert lib("GCRegisterEvent", stream, NEW_BUFFER, place) == RESOURCE_IN_USE
    assert lib("GCUnregisterEvent", stream, 4) == INVALID_PARAMETER
    assert lib("DSStopAcquisition", stream, 0) == RESOURCE_IN_USE
    (first, *_) = opened.allocate(64)
    assert lib("DSQueueBuffer", stream, first) == RESOURCE_IN_USE
    assert lib("DSRevokeBuffer", stream, first, None, None) == BUSY
    lib.must("DSFlushQueue", stream, 4)
    lib.must("DSRevokeBuffer", stream, first, None, None)
    lib.must("DSStartAcquisition", stream, 0, FOREVER)
    assert lib("DSStartAcquisition", stream, 0, FOREVER) == RESOURCE_IN_USE
    lib.must("DSStopAcquisition", stream, 0)


def test_ids_and_indices(opened: Opened) -> None:
    lib, size = opened.lib, c.addressof(c.c_size_t())
    place = c.addressof(c.c_void_p())
    assert lib("TLOpenInterface", opened.system, b"nobody", place) == INVALID_ID
    assert lib("TLOpenInterface", opened.system, None, place) == INVALID_PARAMETER
    assert lib("IFOpenDevice", opened.interface, b"nobody", EXCLUSIVE, place) == INVALID_ID
    assert lib.error()[1] == "no twin nobody runs"
    assert lib("IFOpenDevice", opened.interface, opened.id, 9, place) == INVALID_PARAMETER
    assert lib("DevOpenDataStream", opened.device, b"nobody", place) == INVALID_ID
    assert lib("TLGetInterfaceID", opened.system, 3, None, size) == INVALID_INDEX
    assert lib("IFGetDeviceID", opened.interface, 1, None, size) == INVALID_INDEX
    assert lib("DevGetDataStreamID", opened.device, 1, None, size) == INVALID_INDEX
    assert lib("DSGetBufferID", opened.stream, 0, place) == INVALID_INDEX


def test_parents(opened: Opened) -> None:
    lib = opened.lib
    assert lib.handle("IFGetParentTL", opened.interface) == opened.system
    assert lib.handle("DevGetParentIF", opened.device) == opened.interface
    assert lib.handle("DSGetParentDev", opened.stream) == opened.device


def test_registers(opened: Opened, serving: Serving) -> None:
    lib, width = opened.lib, serving.address("Width")
    assert lib.read(opened.port, width, 4) == (64).to_bytes(4, "big")
    assert lib.write(opened.port, 0x7000_0000, bytes(4)) == INVALID_ADDRESS
    assert lib.error()[1] == "no register at 0x70000000"
    assert lib.write(opened.port, 0xA00, bytes(4)) == ACCESS_DENIED
    assert lib.error()[1] == "CCP is a register of the network, and GenTL uses none"
    assert lib.write(opened.port, width, (63).to_bytes(4, "big")) == -1019
    assert "Width 63" in lib.error()[1]
    size = c.c_size_t(0)
    assert (
        lib("GCReadPort", opened.port, width, c.create_string_buffer(4), c.addressof(size))
        == INVALID_PARAMETER
    )
    xml_file = serving.twins[0].camera.xml_file
    assert lib.read(opened.port, 0xF000_0000, len(xml_file)) == xml_file


def test_stacked_registers(opened: Opened, serving: Serving) -> None:
    """The number says how many were carried out before one was refused."""
    lib = opened.lib
    first, second = c.create_string_buffer(4), c.create_string_buffer(32)
    places = ((serving.address("Width"), first, 4), (0x48, second, 32), (0x7000_0000, first, 4))
    entries = (Entry * 3)(*((address, c.addressof(data), size) for address, data, size in places))
    count = c.c_size_t(3)
    assert lib("GCReadPortStacked", opened.port, c.addressof(entries), c.addressof(count)) == INVALID_ADDRESS
    assert count.value == 2
    assert (first.raw, second.value) == ((64).to_bytes(4, "big"), b"Baumer")


def test_a_frame_in_each_kind_of_buffer(opened: Opened, serving: Serving) -> None:
    """In the order in which they were queued: too small, announced, allocated."""
    lib, size = opened.lib, 64 * 48
    own = c.create_string_buffer(size + 100)
    small = lib.handle("DSAllocAndAnnounceBuffer", opened.stream, 1000, None)
    announced = lib.handle("DSAnnounceBuffer", opened.stream, own, len(own), 77)
    allocated = lib.handle("DSAllocAndAnnounceBuffer", opened.stream, size, 78)
    for buffer in (small, announced, allocated):
        lib.must("DSQueueBuffer", opened.stream, buffer)
    lib.must("DSStartAcquisition", opened.stream, 0, 3)
    assert serving.write(opened, "AcquisitionStart", 1) == 0
    assert [opened.buffer() for _ in range(3)] == [small, announced, allocated]
    assert [opened.of(small, cmd) for cmd in (7, 29, 9)] == [1, 1, 1000], "incomplete, larger than the buffer"
    for number, buffer in enumerate((announced, allocated), 2):
        assert [opened.of(buffer, cmd) for cmd in (7, 9, 10, 11, 16, 17)] == [0, size, 64, 48, number, 1]
        assert opened.of(buffer, 20) == 0x0108_0001, "Mono8"
        assert len(set(opened.bytes_of(buffer))) > 2, "noise"
    assert lib.value("DSGetInfo", opened.stream, 8) == 0, (
        "three were asked for, and it does not grab any more"
    )
    assert serving.write(opened, "AcquisitionStop", 1) == 0
    lib.must("DSStopAcquisition", opened.stream, 0)
    base, user = c.c_void_p(), c.c_void_p()
    lib.must("DSRevokeBuffer", opened.stream, announced, c.addressof(base), c.addressof(user))
    assert (base.value, user.value) == (c.addressof(own), 77)


def test_what_a_program_writes_into_an_allocated_buffer_is_its_own(opened: Opened, serving: Serving) -> None:
    """The server's memory lies there: what comes next in it shows nothing of it, nor changes what is kept."""
    size = 64 * 48
    buffers = opened.allocate(size, 6)
    bases = [opened.of(buffer, 0) for buffer in buffers]
    opened.lib.must("DSStartAcquisition", opened.stream, 0, FOREVER)
    assert serving.write(opened, "AcquisitionStart", 1) == 0
    kept = opened.buffer()
    before = opened.bytes_of(kept)
    for _ in range(40):
        buffer = opened.buffer()
        assert 0 in opened.bytes_of(buffer) or set(opened.bytes_of(buffer)) != {255}
        c.memset(opened.of(buffer, 0), 255, size)
        opened.lib.must("DSQueueBuffer", opened.stream, buffer)
    assert opened.bytes_of(kept) == before
    assert [opened.of(buffer, 0) for buffer in buffers] == bases


def test_waits_end(opened: Opened) -> None:
    lib = opened.lib
    began = time.monotonic()
    assert _wait(opened, 100) == TIMEOUT
    assert 0.09 < time.monotonic() - began < 5
    for end in (
        lambda: lib("EventKill", opened.event),
        lambda: lib("GCUnregisterEvent", opened.stream, NEW_BUFFER),
    ):
        timer = threading.Timer(0.1, end)
        timer.start()
        assert _wait(opened, FOREVER) == ABORT
        timer.join()
    assert _wait(opened, 0) == INVALID_HANDLE


def _wait(opened: Opened, wait_ms: int) -> int:
    data, size = c.create_string_buffer(16), c.c_size_t(16)
    return opened.lib("EventGetData", opened.event, data, c.addressof(size), wait_ms)


def test_stacked_information(opened: Opened) -> None:
    """Each entry has a result of its own; the last error stays as it was (GenTL 1.6, 6.3.5.17)."""
    lib, (buffer,) = opened.lib, opened.allocate(64, 1)
    assert lib("DSQueueBuffer", opened.stream, buffer) == RESOURCE_IN_USE
    before = lib.error()
    places = [c.create_string_buffer(b"\xa5" * 16, 16) for _ in range(4)]
    rooms = ((1, 8), (99, 8), (1, 7), (5, 16))
    infos = (BufferInfo * 4)(
        *((cmd, 0, c.addressof(p), room, 99) for (cmd, room), p in zip(rooms, places, strict=True))
    )
    lib.must("DSGetBufferInfoStacked", opened.stream, buffer, c.addressof(infos), 4)
    assert [info.result for info in infos] == [0, NOT_IMPLEMENTED, BUFFER_TOO_SMALL, 0]
    assert [(infos[i].type, infos[i].size) for i in (0, 2, 3)] == [(12, 8), (12, 8), (11, 1)]
    assert int.from_bytes(places[0].raw[:8], "little") == 64
    assert places[2].raw == b"\xa5" * 16
    assert lib.error() == before


def test_what_twins_do_not_send(opened: Opened) -> None:
    lib, (buffer,) = opened.lib, opened.allocate(64, 1)
    count = c.c_uint32(9)
    assert lib("DSGetNumBufferParts", opened.stream, buffer, c.addressof(count)) == NO_DATA
    assert count.value == 0
    assert lib("DSGetNumFlows", opened.stream, c.addressof(count)) == NOT_IMPLEMENTED
    assert lib("DSGetNumBufferSegments", opened.stream, buffer, c.addressof(count)) == NOT_IMPLEMENTED


# -- access, and events of modules -------------------------------------------------------------------
@pytest.mark.parametrize(("access", "writes"), [(READONLY, ACCESS_DENIED), (CONTROL, 0), (EXCLUSIVE, 0)])
def test_access(access: int, writes: int, lib: Library, serving: Serving) -> None:
    opened = Opened(lib, access=access)
    assert serving.write(opened, "Width", 128) == writes
    assert int.from_bytes(lib.read(opened.port, serving.address("Width"), 4), "big") >= 64
    status = lib.value("DevGetInfo", opened.device, 5)
    assert status == (6 if access == READONLY else 5)


def test_another_host_is_in_control(lib: Library, serving: Serving) -> None:
    camera, other = serving.twins[0].camera, object()
    assert serving.on_its_thread(lambda: camera.take_control(other))
    try:
        with pytest.raises(AssertionError, match="is controlled by another host"):
            Opened(lib)
        lib.must("GCCloseLib")
        opened = Opened(lib, access=READONLY)
        register = c.create_string_buffer(8)
        width = serving.address("Width")
        event = lib.handle("GCRegisterEvent", opened.port, FEATURE_INVALIDATE)
        serving.on_its_thread(lambda: camera.write(width, (96).to_bytes(4, "big")))
        assert lib.event(event) == b"Width\0"
        assert lib.info("EventGetDataInfo", event, b"Width\0", 6, 0)[1] == b"Width\0"
        assert lib.read(opened.port, width, 4) == (96).to_bytes(4, "big")
        del register
    finally:
        serving.on_its_thread(lambda: camera.leave_control(other))


def test_devices_come_and_go(lib: Library, serving: Serving) -> None:
    """A second server comes and goes while nobody asks for lists; then a device loses its power."""
    opened = Opened(lib, access=READONLY)
    module = lib.handle("GCRegisterEvent", opened.interface, MODULE)
    stale = lib.handle("GCRegisterEvent", opened.interface, FEATURE_INVALIDATE)
    change = lib.handle("GCRegisterEvent", opened.interface, FEATURE_CHANGE)
    own = lib.handle("GCRegisterEvent", opened.device, MODULE)
    time.sleep(0.6)  # the first list of the watcher
    second = Serving("baumer-vcxg-124m")
    second.twins[0].camera.serial = "700000000099"
    with second:
        found = lib.event(module)
        assert int.from_bytes(found[:8], "little") == 0x9100
        assert b"700000000099" in found
        lib.must("IFUpdateDeviceList", opened.interface, None, 1000)
        assert lib.event(stale) == b"DeviceSelector\0"
        assert lib.write(opened.interface, 0xC000, (1).to_bytes(8, "little")) == 0
    gone = lib.event(module)
    assert int.from_bytes(gone[:8], "little") == 0x9101
    lib.must("IFUpdateDeviceList", opened.interface, None, 1000)
    assert lib.event(change) == b"DeviceSelector\0" + b"0\0"
    camera = serving.twins[0].camera
    serving.on_its_thread(camera.power_off)
    try:
        lost = lib.event(own)
        assert (int.from_bytes(lost[:8], "little"), camera.serial.encode() in lost) == (0x9101, True)
        with pytest.raises(Failed, match=f"{IO} .*: the camera has no power"):
            lib.read(opened.port, 0, 4)
    finally:
        serving.on_its_thread(camera.power_on)
