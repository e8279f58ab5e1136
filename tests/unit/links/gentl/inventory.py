"""Everything that a producer tells of its modules: inventory.py FILE INTERFACE [ADDRESS], JSON on stdout.

ADDRESS  of a register that starts the camera, which is written before a frame is waited for
"""

from __future__ import annotations

import ctypes as c
import json
import sys
from typing import Final

from unit.links.gentl.calls import EXCLUSIVE, FOREVER, NEW_BUFFER, Library

KINDS: Final = {  # of information, and the module it is of
    "TLGetInfo": ("system", 11),
    "IFGetInfo": ("interface", 3),
    "DevGetInfo": ("device", 10),
    "DSGetInfo": ("stream", 14),
    "GCGetPortInfo": ("port", 13),
    "GCGetPortURLInfo": ("url", 11),
    "EventGetInfo": ("event", 5),
    "DSGetBufferInfo": ("buffer", 32),
}
"""Functions that give an information, the module it is of, and how many the standard has."""


def told(path: str, interface: int, address: int | None) -> list[list[object]]:
    """Return (function, command, type, size) of each answer."""
    lib = Library(path)
    lib.must("GCInitLib")
    system = lib.handle("TLOpen")
    lib.must("TLUpdateInterfaceList", system, None, 100)
    name = lib.text("TLGetInterfaceID", system, interface).encode()
    opened = lib.handle("TLOpenInterface", system, name)
    lib.must("IFUpdateDeviceList", opened, None, 1000)
    device = lib.handle("IFOpenDevice", opened, lib.text("IFGetDeviceID", opened, 0).encode(), EXCLUSIVE)
    port = lib.handle("DevGetPort", device)
    stream = lib.handle("DevOpenDataStream", device, lib.text("DevGetDataStreamID", device, 0).encode())
    event = lib.handle("GCRegisterEvent", stream, NEW_BUFFER)
    buffer = lib.handle("DSAllocAndAnnounceBuffer", stream, 64 << 20, None)
    lib.must("DSQueueBuffer", stream, buffer)
    lib.must("DSStartAcquisition", stream, 0, FOREVER)
    if address is not None:
        assert lib.write(port, address, (1).to_bytes(4, "big")) == 0
        lib.event(event)
    modules = {
        "system": [system],
        "interface": [opened],
        "device": [device],
        "stream": [stream],
        "port": [port],
        "url": [port, 0],
        "event": [event],
        "buffer": [stream, buffer],
    }
    answers: list[list[object]] = []
    for function, (module, count) in KINDS.items():
        for cmd in range(count):
            kind, size = c.c_int32(), c.c_size_t()
            if not lib(function, *modules[module], cmd, c.addressof(kind), None, c.addressof(size)):
                answers.append([function, cmd, kind.value, size.value])
    lib.must("GCCloseLib")
    return answers


if __name__ == "__main__":
    file, number, *start = sys.argv[1:]
    json.dump(told(file, int(number), int(start[0]) if start else None), sys.stdout)
