"""A twin in USB3 Vision's terms: its descriptors, the speed of its port, its control interface."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from camtwin.camera import Camera
from camtwin.camera.camera import XML_ADDRESS
from camtwin.camera.links import U3vTiming
from camtwin.links.base.link import LinkProblem
from camtwin.models.schema import Usb3
from camtwin.problem import Problem
from camtwin.twins import Twin
from camtwin.wire.u3v import gencp, usb
from camtwin.wire.u3v.device import Acknowledge, Description, Effect, Endpoints, U3vDevice, U3vIdentity

TEXTS: Final = (0x04, 0x44, 0xC4, 0x104, 0x144, 0x184)
"""ABRM's texts, also used in descriptors: vendor, model, version, information, serial, user's name."""


class NoUsb(Problem, LinkProblem):
    """The model has no USB port."""


def bus_of(twin: Twin) -> Usb3:
    """Return the data sheet's USB section.

    Raises:
        NoUsb: it has none
    """
    if twin.sheet.usb3 is None:
        raise NoUsb(f"{twin.sheet.name} has no USB: its link is {twin.sheet.link}")
    return twin.sheet.usb3


def speed_of(twin: Twin) -> usb.Speed:
    """Return the speed of the port that the twin is plugged into."""
    timing = twin.camera.transmitter.timing
    return usb.Speed.HIGH if isinstance(timing, U3vTiming) and timing.high_speed else usb.Speed.SUPER


def identity_of(twin: Twin) -> usb.UsbIdentity:
    """Return the contents of the twin's descriptors, from its present registers.

    Raises:
        NoUsb: it has no USB
    """
    about = bus_of(twin)
    vendor, model, version, info, serial, user_name = (
        twin.camera.read(address, 64).partition(b"\0")[0].decode(errors="replace") for address in TEXTS
    )
    return usb.UsbIdentity(
        vendor_id=about.vendor_id,
        product_id=about.product_id,
        guid=f"{about.vendor_id:04X}{_own_half(about, serial):08X}",
        vendor=vendor,
        model=model,
        family=about.family,
        version=version,
        info=info,
        serial=serial,
        user_name=user_name,
    )


def _own_half(about: Usb3, serial: str) -> int:
    """Return the 32 bits of the GUID that tell the vendor's devices apart."""
    if about.guid == "serial" and serial.isdecimal() and int(serial) < 1 << 32:
        return int(serial)
    return zlib.crc32(serial.encode())


def control_of(twin: Twin, endpoints: Endpoints, pace: float = 1.0) -> U3vDevice:
    """Make the control interface of a twin.

    Raises:
        NoUsb: it has no USB
    """
    about = bus_of(twin)
    description = Description(XML_ADDRESS, twin.camera.xml_file)
    identity = U3vIdentity(about.family, speed_of(twin).u3v, twin.sheet.clock.tick_ns, description)
    return U3vDevice(identity, twin.camera, endpoints, pace=pace)


def received(camera: Camera, control: U3vDevice, data: bytes, host: str) -> Iterator[Effect]:
    """Report a command to the camera and yield its effects, with the faults that it is to meet."""
    watched = camera.watched
    request, header = (gencp.request_of(data, host), gencp.header_of(data)) if watched else (None, None)
    if request is None or header is None:
        yield from control.receive(data)
        return
    camera.asked(request)
    if (status := camera.faults.refusal_of(request)) is not None:
        if header.ack_requested:
            yield Acknowledge(header.ack(status=gencp.Status[status]))
        return
    after_ns = camera.faults.delay_of(request)
    for effect in control.receive(data):
        if isinstance(effect, Acknowledge):
            yield replace(effect, after_ns=effect.after_ns + after_ns)
        else:
            yield effect
