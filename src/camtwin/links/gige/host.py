"""A network in process: hosts that exchange GigE Vision's bytes with a twin in virtual time, without sockets.

    host = cam.host()
    host.send(bytes.fromhex("42 01 0080 0004 0001 00000a00"))     # READREG of CCP; the answers, as bytes
    host.messages, host.packets                                   # datagrams that arrived since

The camera configures its address as on any network (wire/ip/configuration.py); a DHCP server offers 10.0.0.1
at once, unless another server is put there, or none:

    host.network.dhcp = None
    cam.world.power_cycle()                                       # and 20 s later it is at 169.254.x.y
    cam.world.unplug()

The device side is the same as on sockets (wire/gev/device.py). An image arrives in one piece, at the time of
its last bit; in a session that renders none it is zeros. Packets that a host requests again do not come: only
the sender on sockets (sender.py) keeps frames.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from camtwin.camera import Transfer
from camtwin.camera.reports.events import Event
from camtwin.links.base.frames import image_of
from camtwin.links.base.messages import message_of
from camtwin.links.gige.dhcp_server import DhcpServer
from camtwin.links.gige.faults import Attempts, FaultInjector, Faults
from camtwin.links.gige.port import link_Mbps, received, require_network, stored_configuration
from camtwin.simtime import Entry
from camtwin.twins import Twin
from camtwin.wire.effects import CloseStream, EndSession
from camtwin.wire.gev import gvcp, gvsp
from camtwin.wire.gev.device import GevDevice
from camtwin.wire.gev.effects import (
    Effect,
    FireTestPacket,
    MessageDone,
    OpenStream,
    Reply,
    SendMessage,
    UseBlockIds,
)
from camtwin.wire.gev.gvcp import PORT, Command, ack_of, write_reg
from camtwin.wire.gev.ports import NO_LOCATION, GevIdentity, NetworkLocation, Target
from camtwin.wire.ip import ethernet
from camtwin.wire.ip.address import Peer, dotted
from camtwin.wire.ip.configuration import Address, IpConfiguration

CAMERA_ADDRESS: Final = 0x0A00_0001  # hosts follow it
STREAM_PORT: Final = 49_152  # the camera's, for the stream
MESSAGE_PORT: Final = 49_153  # the camera's, for messages
CONTROL_PORT: Final = 50_000  # the hosts'
NO_ANSWER: Final = 0xFFFF  # not a status of GigE Vision


@dataclass(eq=False)
class GevHost:
    """One host.

    Its lists hold, as bytes, the datagrams that the camera sent to its address, whatever the port.

    messages  of the message channel
    packets   of the stream
    answers   acknowledges that were not due at once
    """

    network: Network
    address: str
    messages: list[bytes] = field(default_factory=list[bytes])
    packets: list[bytes] = field(default_factory=list[bytes])
    answers: list[bytes] = field(default_factory=list[bytes])
    _request: int = 0

    def send(
        self, data: bytes, *, port: int = CONTROL_PORT, to: int = PORT, at: str | None = None
    ) -> list[bytes]:
        """Send a datagram from one of the host's ports to the camera; return the immediate answers.

        to  the camera's port: for commands, or MCSP for the acknowledge of a message
        at  the destination address; only the camera's own gets an answer. None: a broadcast
        """
        return self.network.carry(data, (self.address, port), to, at)

    def write(self, register: int, value: int) -> int:
        """Write a register; return the acknowledge's status, NO_ANSWER if there is none."""
        self._request = self._request % 0xFFFF + 1
        answers = [ack_of(data) for data in self.send(write_reg(register, value, self._request))]
        return answers[0].status if answers and answers[0] else NO_ANSWER


class Network:
    """The twin and its hosts: carries datagrams, and carries out the device side's effects.

    render   whether images are rendered
    deaf     deliberately lose everything that hosts send

    Raises:
        NoNetwork: the model has another link
    """

    def __init__(self, twin: Twin, *, render: bool) -> None:
        require_network(twin.sheet)
        self._twin, self._render = twin, render
        self.hosts: dict[str, GevHost] = {}
        self.deaf = False
        self._injector: FaultInjector | None = None
        self._timer: Entry | None = None
        self._held: Entry | None = None
        self.dhcp: DhcpServer | None = DhcpServer(dotted(CAMERA_ADDRESS))
        camera = twin.camera
        mac = ethernet.mac_from_serial(camera.serial)
        identity = GevIdentity(mac, NO_LOCATION, camera.xml_url)
        self.gev = GevDevice(identity, camera, self._move)
        self.ip = IpConfiguration(mac, lambda: stored_configuration(camera))
        camera.on_power_up.subscribe(self._power_up)
        camera.on_cable.subscribe(self._cable)
        self._power_up()
        self._events = camera.events.subscribe(self._notify)
        camera.on_power.subscribe(lambda powered: self._carry_out(self.gev.power_changed(powered)))
        camera.on_power_up.subscribe(lambda: self._carry_out(self.gev.power_changed(True)))
        camera.transmitter.on_delivery.subscribe(self._deliver)
        camera.faults.on_revoke.subscribe(lambda: self._carry_out(self.gev.revoke()))

    def host(self, number: int) -> GevHost:
        """Return the host with this number, from 1 on; it is made when first asked for.

        Raises:
            ValueError: the number lies beyond the network
        """
        if not 0 < number < 1 << 16:
            raise ValueError(f"there is no host {number}: hosts are numbered from 1 to 65535")
        address = dotted(CAMERA_ADDRESS + number)
        return self.hosts.setdefault(address, GevHost(self, address))

    @property
    def address(self) -> str | None:
        """The camera's address; None while it has none."""
        return dotted(self.ip.address.address) if self.ip.address else None

    @property
    def plugged(self) -> bool:
        return self._twin.camera.plugged

    def carry(self, data: bytes, peer: Peer, to: int, at: str | None) -> list[bytes]:
        """Carry a datagram to the camera; return its immediate answers."""
        if self.deaf or not self._twin.camera.reachable or (at is not None and at != self.address):
            return []
        if self.ip.address is None:  # without an address it cannot answer
            header = gvcp.header_of(data)
            if header is None or header.command != Command.FORCEIP:
                return []
        answers, now = list[bytes](), self._twin.clock.now
        if to == PORT:
            self._carry_out(self.gev.tick(now))  # timers that are due come first
            camera, gev = self._twin.camera, self.gev
            watched = camera.watched
            effects = received(camera, gev, data, peer, now) if watched else gev.receive(data, peer, now)
            self._carry_out(effects, answers)
        elif to == MESSAGE_PORT:
            self._carry_out(self.gev.acknowledged(data, peer))
        self._plan()
        return answers

    def _carry_out(self, effects: Iterable[Effect], answers: list[bytes] | None = None) -> None:
        """Carry out effects in order; append acknowledges of the datagram under way to `answers`."""
        for effect in effects:
            match effect:
                case Reply(data, (address, _), _, after_ns) if after_ns:
                    clock, late = self._twin.clock, self.hosts[address].answers
                    clock.at(clock.now + after_ns, late.append, data)
                case Reply(data) if answers is not None:
                    answers.append(data)
                case Reply(data, (address, _)) if address in self.hosts:
                    self.hosts[address].answers.append(data)
                case SendMessage(data, (address, _)) if self.plugged and address in self.hosts:
                    self.hosts[address].messages.append(data)
                case MessageDone():
                    self._events.sent()
                case OpenStream() | CloseStream():
                    self._twin.camera.change_stream()
                case EndSession():
                    self._twin.camera.end_session()
                case UseBlockIds(extended):
                    self._twin.camera.use_block_ids(extended)
                case FireTestPacket(target, packet_bytes):
                    probe = gvsp.probe_packet(packet_bytes)
                    if not (self._injector and self._injector.faults.lost_on_path(len(probe))):
                        self._to(target, [probe])
                case _:  # nothing is kept for resends
                    pass

    # -- time ------------------------------------------------------------------------------------
    def _plan(self) -> None:
        clock = self._twin.clock
        due = min((t for t in (self.gev.next_timer(), self.ip.next_timer()) if t is not None), default=None)
        clock.cancel(self._timer)
        self._timer = None if due is None else clock.at(max(due, clock.now), self._tick)

    def _tick(self) -> None:
        self._carry_out(self.gev.tick(self._twin.clock.now))
        self.ip.tick(self._twin.clock.now)
        self._settle()

    # -- the camera's address --------------------------------------------------------------------
    def _power_up(self) -> None:
        self._carry_out(self.gev.set_location(NO_LOCATION))
        self.ip.power_up(self._twin.clock.now)
        self._settle()

    def _cable(self, plugged: bool) -> None:
        if plugged:
            self.ip.link_up(self._twin.clock.now)
            self._settle()

    def _settle(self) -> None:
        """Exchange messages with the DHCP server until none are left, then use the address that results."""
        now = self._twin.clock.now
        while requests := self.ip.datagrams():
            for _, data in requests if self._twin.camera.plugged and self.dhcp else ():
                if answer := self.dhcp and self.dhcp.answer(data):
                    self.ip.receive_dhcp(answer, now)
        self.ip.frames()  # the twin has no neighbours with link-local addresses
        self._carry_out(self.gev.set_location(self._location()))
        self._plan()

    def _location(self) -> NetworkLocation:
        have, speed = self.ip.address or Address(0, 0), link_Mbps(self._twin.camera)
        return NetworkLocation(have.address, have.netmask, have.gateway, STREAM_PORT, MESSAGE_PORT, speed)

    def _move(self, address: int, netmask: int, gateway: int) -> NetworkLocation:
        """Carry out FORCEIP."""
        if address:
            self.ip.force(address, netmask, gateway)
        else:
            self.ip.restart(self._twin.clock.now)
            self._settle()
        return self._location()

    def _notify(self, event: Event) -> bool:
        message = message_of(event, extended=self.gev.extended_ids)
        self._carry_out(self.gev.notify(message, self._twin.clock.now))
        self._plan()
        return self.gev.holds_message

    def set_faults(self, faults: Faults) -> None:
        """Set the network's faults from now on."""
        if self._injector:
            self._injector.faults = faults
        else:
            self._injector = FaultInjector(faults, self._send)

    @property
    def faults(self) -> dict[str, int]:
        """Number of packets that each kind of fault has struck."""
        return dict(self._injector.counts) if self._injector else {}

    def _deliver(self, transfer: Transfer) -> None:
        target, clock = self.gev.target, self._twin.clock
        if target is None:
            return
        packets = list(self._packets(transfer, target))
        if self._injector is None:
            self._to(target, packets)
            return
        self._injector.pass_on(
            gvsp.block_id(transfer.number, target.block_id_64),
            0,
            Attempts(len(packets)).next(0, len(packets)),
            header_bytes=gvsp.header_bytes(target.block_id_64),
            packet=lambda i: packets[i],
            forward=lambda i, j: self._to(target, packets[i:j]),
            last=True,
            now=clock.now,
            trailer=len(packets) - 1,
        )
        self._plan_held()

    def _plan_held(self) -> None:
        """Plan the end of the delay of the packet that is due first."""
        if self._injector and (due := self._injector.next_due()) is not None:
            self._twin.clock.cancel(self._held)
            self._held = self._twin.clock.at(due, self._release)

    def _release(self) -> None:
        if self._injector:
            self._injector.release(self._twin.clock.now)
            self._plan_held()

    def _send(self, packet: bytes) -> None:
        """Send one packet that a fault has held, doubled or damaged."""
        if target := self.gev.target:
            self._to(target, [packet])

    def _packets(self, transfer: Transfer, target: Target) -> Iterator[bytes]:
        exposure = transfer.exposure
        payload = self._twin.render(exposure).tobytes() if self._render else bytes(exposure.payload_bytes)
        block = gvsp.frame_packets(
            image_of(exposure),
            len(payload),
            gvsp.block_id(transfer.number, target.block_id_64),
            exposure.settings.GevSCPSPacketSize,
            target.block_id_64,
        )
        yield block.leader
        for i, header in enumerate(block.headers):
            yield header.tobytes() + payload[i * block.data_bytes : (i + 1) * block.data_bytes]
        yield block.trailer

    def _to(self, target: Target, packets: Iterator[bytes] | list[bytes]) -> None:
        if self._twin.camera.plugged and target.address in self.hosts:
            self.hosts[target.address].packets.extend(packets)
