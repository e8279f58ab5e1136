"""A network in process: hosts that speak GigE Vision's bytes with a twin, without sockets, in virtual time.

    host = cam.host()
    host.send(bytes.fromhex("42 01 0080 0004 0001 00000a00"))     # READREG of CCP; the answers, as bytes
    host.messages, host.packets                                   # what came to it since

It is the same device side as on sockets (wire/gev.py). A picture arrives in one piece, when its last bit
would have; of a session that renders none it is zeros. Packets that a host asks for again do not come: who
keeps pictures is the sender on sockets (sender.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from camtwin.camera import Transfer
from camtwin.camera.events import Event
from camtwin.links.camera_port import GevPort, link_Mbps, message_of
from camtwin.links.interface import mac_from_serial
from camtwin.links.stream import image_of
from camtwin.simtime import Entry
from camtwin.twins import Twin
from camtwin.wire import gev, gvsp
from camtwin.wire.gvcp import PORT, PacketResend, Status, StatusError, ack_of, write_reg

HOME: Final = 0x0A00_0001
NETMASK: Final = 0xFF00_0000
STREAM_PORT: Final = 49_152  # where the camera's pictures come from
MESSAGE_PORT: Final = 49_153  # and its messages
CONTROL_PORT: Final = 50_000  # of hosts
NO_ANSWER: Final = 0xFFFF  # no status of GigE Vision


@dataclass(eq=False)
class Host:
    """One host. messages and packets: what the camera sent to its address, whatever the port, as bytes."""

    network: Network
    address: str
    messages: list[bytes] = field(default_factory=list[bytes])
    packets: list[bytes] = field(default_factory=list[bytes])
    _request: int = 0

    def send(self, data: bytes, *, port: int = CONTROL_PORT, to: int = PORT) -> list[bytes]:
        """A datagram from one of its ports to the camera, now; the camera's answers.

        to  the camera's port: that of commands, or MCSP for the acknowledge of a message"""
        return self.network.carry(data, (self.address, port), to)

    def write(self, register: int, value: int) -> int:
        """Write a register; the status that is answered, NO_ANSWER if nothing is."""
        self._request = self._request % 0xFFFF + 1
        answers = [ack_of(data) for data in self.send(write_reg(register, value, self._request))]
        return answers[0].status if answers and answers[0] else NO_ANSWER


class Network:
    """The twin and its hosts; it is what wire.gev wants of a network and of a stream.

    hear     told of each event, as it would be without a network
    render   whether pictures are made
    """

    def __init__(self, twin: Twin, hear: Callable[[Event], object], *, render: bool) -> None:
        self._twin, self._hear, self._render = twin, hear, render
        self.hosts: dict[str, Host] = {}
        self._timer: Entry | None = None
        self._block_id = 0
        camera = twin.camera
        identity = gev.Identity(
            mac=mac_from_serial(camera.serial),
            address=HOME,
            netmask=NETMASK,
            xml_url=camera.xml_url,
            link_Mbps=link_Mbps(camera),
            stream_port=STREAM_PORT,
            message_port=MESSAGE_PORT,
        )
        self.gev = gev.GevDevice(identity, GevPort(camera), self, self)
        camera.events.send = self._notify
        camera.on_power.append(self.gev.power_changed)
        self._arrive = camera.transmitter.on_delivery
        camera.transmitter.on_delivery = self._deliver

    def host(self, number: int) -> Host:
        """The host of this number, from 1 on; made when it is first asked for. ValueError beyond the net."""
        if not 0 < number < 1 << 16:
            raise ValueError(f"there is no host {number}: hosts are numbered from 1 to 65535")
        address = gev.dotted(HOME + number)
        return self.hosts.setdefault(address, Host(self, address))

    def carry(self, data: bytes, peer: gev.Peer, to: int) -> list[bytes]:
        """A datagram to the camera; what it answers at once: nothing if it does not get through."""
        answers = []
        if not self._twin.camera.reachable:
            return answers
        if to == PORT:
            answers = [reply.data for reply in self.gev.receive(data, peer, self._twin.clock.now)]
        elif to == MESSAGE_PORT:
            self.gev.acknowledged(data, peer)
        self._plan()
        return answers

    # -- time ------------------------------------------------------------------------------------
    def _plan(self) -> None:
        clock, due = self._twin.clock, self.gev.next_timer()
        clock.cancel(self._timer)
        self._timer = None if due is None else clock.at(max(due, clock.now), self._tick)

    def _tick(self) -> None:
        self.gev.tick(self._twin.clock.now)
        self._plan()

    # -- wire.ports.NetworkPort ------------------------------------------------------------------
    def move(self, address: int) -> tuple[int, int, int]:
        """There is no other address to be had."""
        if address not in (0, HOME):
            raise StatusError(Status.ERROR, f"FORCEIP: {gev.dotted(address)} is no address of this network")
        return HOME, STREAM_PORT, MESSAGE_PORT

    def send_message(self, data: bytes, peer: gev.Peer) -> None:
        if peer[0] in self.hosts:
            self.hosts[peer[0]].messages.append(data)

    def message_done(self) -> None:
        self._twin.camera.events.sent()

    def _notify(self, event: Event) -> bool:
        self._hear(event)
        held = self.gev.notify(message_of(event), self._twin.clock.now)
        self._plan()
        return held

    # -- wire.ports.StreamPort -------------------------------------------------------------------
    def open(self) -> None:
        self._block_id = 0

    def close(self) -> None:
        """A picture that is on its way finds no channel when it arrives."""

    def end_acquisition(self) -> None:
        self._twin.camera.execute("AcquisitionAbort")

    def resend(self, request: PacketResend, extended_status: bool) -> None:
        """Nothing is kept here."""

    def fire_test_packet(self, target: gev.Target, packet_bytes: int, do_not_fragment: bool) -> None:
        self._to(target, [gvsp.probe_packet(packet_bytes)])

    def _deliver(self, transfer: Transfer) -> None:
        if target := self.gev.target:
            self._to(target, self._packets(transfer, target))
        self._arrive(transfer)

    def _packets(self, transfer: Transfer, target: gev.Target) -> Iterator[bytes]:
        exposure = transfer.exposure
        payload = self._twin.render(exposure).tobytes() if self._render else bytes(exposure.payload_bytes)
        self._block_id = gvsp.next_block_id(self._block_id, target.block_id_64)
        block = gvsp.frame_packets(
            image_of(exposure),
            len(payload),
            self._block_id,
            exposure.settings.GevSCPSPacketSize,
            target.block_id_64,
        )
        yield block.leader
        for i, header in enumerate(block.headers):
            yield header.tobytes() + payload[i * block.data_bytes : (i + 1) * block.data_bytes]
        yield block.trailer

    def _to(self, target: gev.Target, packets: Iterator[bytes] | list[bytes]) -> None:
        if target.address in self.hosts:
            self.hosts[target.address].packets.extend(packets)
