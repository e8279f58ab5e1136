"""Meet the camera as a host on USB: descriptors and USB3 Vision's bytes, typed from the standards' facts."""

from __future__ import annotations

import io
import struct
import zipfile
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree

from camtwin.verify.case import Case
from camtwin.verify.measures import Value, measurement

if TYPE_CHECKING:
    from camtwin.links.usb3.host import UsbHost

READMEM, WRITEMEM = 0x0800, 0x0802
PREFIX: Final = 0x4356_3355  # "U3VC"
ABRM_MANIFEST, ABRM_SBRM = 0x1D0, 0x1D8
SBRM_VERSION, SBRM_SIRM = 0x00, 0x20
SI_CONTROL, SI_PAYLOAD, SI_LEADER, SI_TRAILER = 0x04, 0x08, 0x10, 0x14
SI_SETUP: Final = 0x18  # greatest leader, transfer size and count, two last sizes, greatest trailer
MOST: Final = 512  # bytes that are asked for at once
DEVICE: Final = 1


class GenCp:
    """Commands of one host."""

    def __init__(self, usb: UsbHost) -> None:
        self.usb, self.request_id = usb, 0

    def ask(self, case: Case, command: int, body: bytes) -> bytes:
        """Return the body of the acknowledge; a refusal is a failure."""
        self.request_id += 1
        head = struct.pack("<IHHHH", PREFIX, 0x4000, command, len(body), self.request_id)
        ack = self.usb.send(head + body)
        if ack is None:
            case.wrong(f"no answer to command {command:#x}")
        told = struct.unpack_from("<IHHHH", ack)
        if told != (PREFIX, 0, command + 1, len(ack) - 12, self.request_id):
            case.wrong(f"command {command:#x} is answered by {ack[:12].hex()}")
        return ack[12:]

    def read(self, case: Case, address: int, length: int) -> bytes:
        parts = []
        for at in range(0, length, MOST):
            size = min(MOST, length - at)
            parts.append(self.ask(case, READMEM, struct.pack("<QHH", address + at, 0, size)))
        return b"".join(parts)

    def number(self, case: Case, address: int, length: int = 4) -> int:
        return int.from_bytes(self.read(case, address, length), "little")

    def write(self, case: Case, address: int, value: int) -> None:
        self.ask(case, WRITEMEM, struct.pack("<QI", address, value))


def descriptor(case: Case, usb: UsbHost, kind: int, length: int) -> bytes:
    """Read a descriptor of the device; a refusal is a failure."""
    found = usb.setup(struct.pack("<BBHHH", 0x80, 6, kind << 8, 0, length))
    if found is None:
        case.wrong(f"descriptor {kind} is refused")
    return found


@measurement("usb_release")
def usb_release(case: Case, low: float, high: float) -> None:
    """Enumerate the device: it has a release of USB between these two."""
    found = descriptor(case, case.open().usb(), DEVICE, 18)
    case.within("release of the descriptor", int.from_bytes(found[2:4], "little") / 256, low, high)


@measurement("usb3_vision_host")
def usb3_vision_host(case: Case, version: str, **features: Value) -> None:
    """Find the description by the manifest, and take a frame, as a host that knows the standard alone."""
    cam = case.open(features, render=True)
    usb = cam.usb()
    interfaces = descriptor(case, usb, 2, 4096)
    at, found = 0, set()
    while at < len(interfaces):
        length, kind = interfaces[at], interfaces[at + 1]
        if kind == 4:
            found.add(tuple(interfaces[at + 5 : at + 8]))
        at += length or 255
    wanted = {(0xEF, 0x05, protocol) for protocol in (0, 1, 2)}
    case.that("it has interfaces for control, events and stream", wanted <= found)
    gencp = GenCp(usb)
    sbrm, manifest = (gencp.number(case, a, 8) for a in (ABRM_SBRM, ABRM_MANIFEST))
    word = gencp.number(case, sbrm + SBRM_VERSION)
    case.equal("USB3 Vision", f"{word >> 16}.{word & 0xFFFF}", version)
    place, size = (gencp.number(case, manifest + 8 + a, 8) for a in (8, 16))
    with zipfile.ZipFile(io.BytesIO(gencp.read(case, place, size))) as file:
        (name,) = file.namelist()
        root = ElementTree.fromstring(file.read(name))
    case.equal("description", root.tag.rpartition("}")[2], "RegisterDescription")
    case.equal("of", root.get("ModelName", "").replace("_", "-"), cam.DeviceModelName)
    sirm = gencp.number(case, sbrm + SBRM_SIRM, 8)
    payload = gencp.number(case, sirm + SI_PAYLOAD, 8)
    leader, trailer = (gencp.number(case, sirm + a) for a in (SI_LEADER, SI_TRAILER))
    for i, value in enumerate((leader, payload, 1, 0, 0, trailer)):
        gencp.write(case, sirm + SI_SETUP + 4 * i, value)
    gencp.write(case, sirm + SI_CONTROL, 1)
    (frame,) = cam.grab()
    case.equal("transfers of a frame", [len(t) for t in usb.transfers[:3]], [leader, payload, trailer])
    case.equal("leader and trailer", (usb.transfers[0][:4], usb.transfers[2][:4]), (b"U3VL", b"U3VT"))
    case.that("the payload is the picture", usb.transfers[1] == frame.picture.astype("u1").tobytes())
    gencp.write(case, sirm + SI_CONTROL, 0)
    usb.transfers.clear()
    cam.grab()
    case.equal("transfers with the stream disabled", len(usb.transfers), 0)
