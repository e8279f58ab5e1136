"""Meet the camera as a host on USB: descriptors and USB3 Vision's bytes, typed from the standards' facts."""

from __future__ import annotations

import io
import zipfile
from typing import Final
from xml.etree import ElementTree

from camtwin.verify.case import Case
from camtwin.verify.hosts import GenCp
from camtwin.verify.measures import Value, measurement

ABRM_MANIFEST, ABRM_SBRM = 0x1D0, 0x1D8
SBRM_VERSION, SBRM_SIRM = 0x00, 0x20
SI_CONTROL, SI_PAYLOAD, SI_LEADER, SI_TRAILER = 0x04, 0x08, 0x10, 0x14
SI_SETUP: Final = 0x18  # greatest leader, transfer size and count, two last sizes, greatest trailer
DEVICE, CONFIGURATION, INTERFACE = 1, 2, 4


@measurement("usb_release")
def usb_release(case: Case, low: float, high: float) -> None:
    """Enumerate the device: it has a release of USB between these two."""
    found = GenCp(case, case.open().usb()).descriptor(DEVICE, 18)
    case.within("release of the descriptor", int.from_bytes(found[2:4], "little") / 256, low, high)


@measurement("usb3_vision_host")
def usb3_vision_host(case: Case, version: str, **features: Value) -> None:
    """Find the description by the manifest, and take a frame, as a host that knows the standard alone."""
    cam = case.open(features, render=True)
    usb = cam.usb()
    gencp = GenCp(case, usb)
    interfaces = gencp.descriptor(CONFIGURATION, 4096)
    at, found = 0, set()
    while at < len(interfaces):
        length, kind = interfaces[at], interfaces[at + 1]
        if kind == INTERFACE:
            found.add(tuple(interfaces[at + 5 : at + 8]))
        at += length or 255
    wanted = {(0xEF, 0x05, protocol) for protocol in (0, 1, 2)}
    case.that("it has interfaces for control, events and stream", wanted <= found)
    sbrm, manifest = (gencp.number(a, 8) for a in (ABRM_SBRM, ABRM_MANIFEST))
    word = gencp.number(sbrm + SBRM_VERSION)
    case.equal("USB3 Vision", f"{word >> 16}.{word & 0xFFFF}", version)
    place, size = (gencp.number(manifest + 8 + a, 8) for a in (8, 16))
    with zipfile.ZipFile(io.BytesIO(gencp.read(place, size))) as file:
        (name,) = file.namelist()
        root = ElementTree.fromstring(file.read(name))
    case.equal("description", root.tag.rpartition("}")[2], "RegisterDescription")
    case.equal("of", root.get("ModelName", "").replace("_", "-"), cam.DeviceModelName)
    sirm = gencp.number(sbrm + SBRM_SIRM, 8)
    payload = gencp.number(sirm + SI_PAYLOAD, 8)
    leader, trailer = (gencp.number(sirm + a) for a in (SI_LEADER, SI_TRAILER))
    for i, value in enumerate((leader, payload, 1, 0, 0, trailer)):
        gencp.write(sirm + SI_SETUP + 4 * i, value)
    gencp.write(sirm + SI_CONTROL, 1)
    (frame,) = cam.grab()
    case.equal("transfers of a frame", [len(t) for t in usb.transfers[:3]], [leader, payload, trailer])
    case.equal("leader and trailer", (usb.transfers[0][:4], usb.transfers[2][:4]), (b"U3VL", b"U3VT"))
    case.that("the payload is the picture", usb.transfers[1] == frame.picture.astype("u1").tobytes())
    gencp.write(sirm + SI_CONTROL, 0)
    usb.transfers.clear()
    cam.grab()
    case.equal("transfers with the stream disabled", len(usb.transfers), 0)
