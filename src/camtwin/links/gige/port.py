"""A camera in GigE Vision's terms: its events as messages, its IP configuration, its link's speed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from camtwin.camera import Camera
from camtwin.camera.links import GIGE, GigETiming
from camtwin.links.base.link import LinkProblem
from camtwin.models import CameraSheet
from camtwin.problem import Problem, Refused
from camtwin.units import Ns
from camtwin.wire.device import DevicePort
from camtwin.wire.gev import bootstrap, gvcp
from camtwin.wire.gev.device import GevDevice
from camtwin.wire.gev.effects import Effect, Reply
from camtwin.wire.ip.address import Peer
from camtwin.wire.ip.configuration import StoredConfiguration

DEFAULT_GIGE_MBPS: Final = 1000


class NoNetwork(Problem, LinkProblem):
    """The model has no Ethernet port."""


def require_network(sheet: CameraSheet) -> None:
    """Check that a model's link is GigE Vision.

    Raises:
        NoNetwork: it is another one
    """
    if sheet.link != GIGE.name:
        raise NoNetwork(f"{sheet.name} has no network: its link is {sheet.link}")


def stored_configuration(port: DevicePort) -> StoredConfiguration:
    """Read the IP configuration that the camera stores; a model that stores none uses DHCP."""

    def word(address: int) -> int:
        return int.from_bytes(port.read(address, 4), "big")

    try:
        steps = word(bootstrap.IP_CONFIGURATION)
        places = bootstrap.PERSISTENT_IP, bootstrap.PERSISTENT_MASK, bootstrap.PERSISTENT_GATEWAY
        use_persistent, use_dhcp = steps & bootstrap.USE_PERSISTENT, steps & bootstrap.USE_DHCP
        return StoredConfiguration(bool(use_persistent), bool(use_dhcp), *map(word, places))
    except Refused:
        return StoredConfiguration(use_persistent=False, use_dhcp=True)


def link_Mbps(camera: Camera) -> int:
    """Return the link's speed as its register shows it."""
    timing = camera.transmitter.timing
    return timing.wire.bits_per_s // 10**6 if isinstance(timing, GigETiming) else DEFAULT_GIGE_MBPS


def received(camera: Camera, gev: GevDevice, data: bytes, peer: Peer, now: Ns) -> Iterator[Effect]:
    """Report a datagram to the camera and yield its effects, with the faults that it is to meet."""
    request = gvcp.request_of(data, peer)
    if request is None:
        yield from gev.receive(data, peer, now)
        return
    camera.asked(request)
    header, status = gvcp.header_of(data), camera.faults.refusal_of(request)
    if header and status is not None:
        if header.ack_required:
            ack = gvcp.Ack(gvcp.Status[status], header.command + 1 & 0xFFFF, header.request_id)
            yield Reply(ack.pack(), peer, f"{status} on purpose")
        return
    after_ns = camera.faults.delay_of(request)
    for effect in gev.receive(data, peer, now):
        yield replace(effect, after_ns=after_ns) if isinstance(effect, Reply) and after_ns else effect
