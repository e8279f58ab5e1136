"""The device side of GigE Vision, sans-IO: commands in, answers out, and the time of the next timer.

`receive(data, peer, now)` yields the effects of a datagram (effects.py), its answers among them;
`next_timer()` and `tick(now)` let the heartbeat expire on time, not on the arrival of packets. `now` is the
host's time, not the camera's: a paced twin's heartbeat runs no slower than its client's. `notify(message,
now)` sends an event message to the host, and `acknowledged(data, peer)` takes its acknowledge (messages.py).
Privileges:

    privilege (CCP)      the controller      other hosts
    open access          (there is none)     read; may take control; writes are ACCESS_DENIED
    control access       reads, writes       read; writes are ACCESS_DENIED
    exclusive access     reads, writes       reads and writes are ACCESS_DENIED

Control ends when the controller writes CCP = 0 or sends nothing for longer than the heartbeat timeout. Then
the stream closes, the acquisition ends, and the session's registers return to their reset values, so that the
next client finds a clean camera. While a host of another link is in control nobody can take it here. A
controller with control access may permit switchover: a host that writes CCP with the controller's key takes
over, and the stream goes on.

Any host may send an action while there is a controller or unconditional actions are enabled; a device whose
keys do not match stays silent.

A host that misses an acknowledge sends the same datagram again: a repeated write or action is not carried out
twice, only its acknowledge is sent twice. After a longer pause (REPEAT_NS) the same datagram is a new
command. A slow write (flash) is acknowledged when it is done; a host that has enabled PENDING_ACK is told at
once if it will take longer than the pending timeout, and again whenever it repeats the command. Meanwhile
other writes are refused with BUSY; reads are answered.

Registers that bootstrap.TABLE does not have go to `device`, the camera's register space.
Source: GigE Vision 2.0, chapters GVCP and "Bootstrap registers".
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from math import ceil
from typing import Final

from camtwin.problem import Refused
from camtwin.units import MS, SEC, Ns
from camtwin.wire.device import DevicePort
from camtwin.wire.effects import CloseStream, EndSession
from camtwin.wire.gev import bootstrap, gvcp
from camtwin.wire.gev.bootstrap import (
    CCP,
    MCDA,
    MCP,
    MCRC,
    MCTT,
    SCDA,
    SCP,
    SCPS,
    Register,
    Registers,
    SideEffect,
)
from camtwin.wire.gev.effects import Effect, FireTestPacket, OpenStream, Reply, Resend, UseBlockIds
from camtwin.wire.gev.gvcp import Ack, Command, Message, Status, StatusError
from camtwin.wire.gev.messages import MessageChannel
from camtwin.wire.gev.ports import GevIdentity, Move, NetworkLocation, Report, Target
from camtwin.wire.ip.address import Peer, dotted, is_host, number
from camtwin.wire.pending import Pending
from camtwin.wire.status import status_of

REPEAT_NS: Final = 2 * SEC
"""Longest pause between two copies of a command. Later ones are new commands: a host that starts anew counts
its request ids from the same number. Hosts repeat a command after 0.5 s (Aravis 0.8) to 1 s."""


@dataclass
class Answered:
    """A command that was carried out, and the answers that its copies get.

    last_ns  host time of its last copy, or of its answer if that came later
    """

    peer: Peer
    data: bytes
    replies: list[Reply]
    last_ns: Ns

    def repeated_by(self, data: bytes, peer: Peer, now: Ns) -> bool:
        """Tell whether a datagram is a copy of this command, and remember that it came."""
        if (peer, data) != (self.peer, self.data) or now - self.last_ns > REPEAT_NS:
            return False
        self.last_ns = now
        return True


class GevDevice:
    """Control side of one GigE Vision device.

    move             carries out FORCEIP
    pace             camera seconds per second of the host
    any_destination  accept any host in SCDA and MCDA. Permitted by the standard; refused by default so that a
                     twin cannot flood a third party
    """

    def __init__(
        self,
        identity: GevIdentity,
        device: DevicePort,
        move: Move,
        *,
        pace: float = 1.0,
        any_destination: bool = False,
    ) -> None:
        self.identity, self.device, self.move = identity, device, move
        self.pace, self.any_destination = pace, any_destination
        self.controller: Peer | None = None
        self._heard_ns: Ns = 0
        self._messages = MessageChannel()
        self._written: Answered | None = None  # the controller's last write
        self._acted: Answered | None = None  # the last action that matched this device
        self._pending: Pending[tuple[Peer, bytes], list[Reply]] | None = None
        self._registers = Registers(identity, device)
        self._words = self._registers.words

    @property
    def target(self) -> Target | None:
        """The stream's destination; None while the channel is closed."""
        port, address = self._words[SCP], self._words[SCDA]
        if not port or not address:
            return None
        return Target(dotted(address), port, self.extended_ids)

    @property
    def extended_ids(self) -> bool:
        """Whether block ids have 64 bits."""
        return bool(self._words[bootstrap.GVSP_CONFIGURATION])

    def power_changed(self, _powered: bool) -> Iterator[Effect]:
        """Forget the controller and reset the registers, all but the network location."""
        location = {register: self._words[register] for register in bootstrap.LOCATION}
        self.controller = self._written = self._acted = self._pending = None
        self.device.leave_control(self)
        yield CloseStream()
        yield from self._messages.close()
        yield UseBlockIds(extended=False)
        self._registers = Registers(self.identity, self.device)
        self._words = self._registers.words
        self._words |= location

    # -- network location --------------------------------------------------------------------------
    def set_location(self, location: NetworkLocation) -> Iterator[Effect]:
        """Set the network location; a new address ends the control held over the old one."""
        if self.controller and location.address != self._words[bootstrap.CURRENT_IP]:
            yield from self._lose_control()
        self._words |= bootstrap.location_words(location)

    # -- time ------------------------------------------------------------------------------------
    def next_timer(self) -> Ns | None:
        """Return the host time at which `tick` has something to do; None if never."""
        waiting = (each.due_ns for each in (self._pending, self._messages.waiting) if each)
        times = [t for t in (self._silence_ends(), *waiting) if t is not None]
        return min(times, default=None)

    def _silence_ends(self) -> Ns | None:
        """Return the host time at which the controller's heartbeat times out."""
        if self.controller is None:
            return None
        if self._words[bootstrap.GVCP_CONFIGURATION] & bootstrap.HEARTBEAT_DISABLE:
            return None
        timeout_ms = int.from_bytes(self.device.read(bootstrap.HEARTBEAT_TIMEOUT, 4), "big")
        # a host that waits for an acknowledge is not silent
        waits = self._pending.due_ns if self._pending else 0
        return max(self._heard_ns, waits) + timeout_ms * MS

    def tick(self, now: Ns) -> Iterator[Effect]:
        """Carry out what timers that have expired demand."""
        if self._messages.waiting:
            yield from self._messages.tick(now)
        if self._pending and now >= self._pending.due_ns:
            pending, self._pending = self._pending, None
            self._heard_ns = max(self._heard_ns, pending.due_ns)
            if self._written:
                self._written.last_ns = max(self._written.last_ns, pending.due_ns)
            yield from pending.answer
        due = self._silence_ends()
        if due is not None and now >= due:
            self.device.report(Report.HEARTBEAT_TIMEOUT)  # before the message channel closes
            yield from self._lose_control()

    # -- messages --------------------------------------------------------------------------------
    @property
    def holds_message(self) -> bool:
        """Whether the next message has to wait for MessageDone."""
        return self._messages.waiting is not None

    def notify(self, message: Message, now: Ns) -> Iterator[Effect]:
        """Send an event message to the host, if it has opened the message channel."""
        words = self._words
        if not words[MCP] or not words[MCDA]:
            return
        yield from self._messages.send(
            message,
            (dotted(words[MCDA]), words[MCP]),
            extended=self.extended_ids,
            timeout_ns=words[MCTT] * MS,
            tries=words[MCRC],
            now=now,
        )

    def acknowledged(self, data: bytes, peer: Peer) -> Iterator[Effect]:
        """Take a datagram that arrived at the message port. Raises nothing, whatever the bytes."""
        yield from self._messages.receive(data, peer)

    # -- commands --------------------------------------------------------------------------------
    def receive(self, data: bytes, peer: Peer, now: Ns) -> Iterator[Effect]:
        """Carry out one datagram. Raises nothing, whatever the bytes."""
        yield from self.tick(now)
        header = gvcp.header_of(data)
        if header is None:
            return
        if peer == self.controller:
            self._heard_ns = now
        answered = (self._written, self._acted)
        if self._pending and self._pending.command == (peer, data):
            replies = self._still_pending(now)
        elif repeated := next((it for it in answered if it and it.repeated_by(data, peer, now)), None):
            replies = repeated.replies
        else:
            replies = yield from self._carry_out_once(header, data, peer, now)
        yield from replies

    def _carry_out_once(
        self, header: gvcp.Header, data: bytes, peer: Peer, now: Ns
    ) -> Generator[Effect, None, list[Reply]]:
        """Carry out a datagram that is no repetition, remember its answer and return the replies due now."""
        in_control = self.controller
        replies = yield from self._answer(header, data, peer, now)
        if header.command == Command.ACTION and replies:
            self._acted = Answered(peer, data, replies, now)
        elif header.command in gvcp.WRITING and peer in (in_control, self.controller):
            self._written = Answered(peer, data, replies, now)
            if (busy_ns := ceil(self.device.busy_ns / self.pace)) and not self._pending:
                self._pending = Pending((peer, data), header.request_id, replies, now + busy_ns)
                announced = busy_ns > self._words[bootstrap.PENDING_TIMEOUT] * MS
                return self._still_pending(now) if announced else []
        elif self._written and peer == self._written.peer and header.command != Command.PACKETRESEND:
            self._written = None  # the host has moved on, so it has that acknowledge
        return replies

    def _still_pending(self, now: Ns) -> list[Reply]:
        """Return a PENDING_ACK for the write under way, if the host enabled it and waits for an answer."""
        pending = self._pending
        wanted = self._words[bootstrap.GVCP_CONFIGURATION] & bootstrap.PENDING_ACK
        if pending is None or not wanted or not pending.answer:
            return []
        ack = gvcp.pending_ack(pending.request_id, pending.left_ms(now))
        return [Reply(ack.pack(), pending.command[0])]

    def _answer(
        self, header: gvcp.Header, data: bytes, peer: Peer, now: Ns
    ) -> Generator[Effect, None, list[Reply]]:
        status, note, body = Status.SUCCESS, "", None
        try:
            body = gvcp.body_of(header, data)
            payload = yield from self._carry_out(body, peer, now)
        except (StatusError, Refused) as refusal:
            status, note = status_of(refusal, Status), str(refusal)
            payload = refusal.payload if isinstance(refusal, StatusError) else b""
            if body is None:
                self.device.report(Report.ERROR)
        if payload is None or not header.ack_required or header.command == Command.PACKETRESEND:
            return []
        ack = Ack(status, header.command + 1 & 0xFFFF, header.request_id, payload)
        return [Reply(ack.pack(), peer, note)]

    def _carry_out(self, body: gvcp.Body, peer: Peer, now: Ns) -> Generator[Effect, None, bytes | None]:
        """Carry out a command and return the body of its acknowledge; None for no answer."""
        match body:
            case gvcp.ReadReg(addresses):
                return self._read_registers(addresses, peer)
            case gvcp.WriteReg(writes):
                return (yield from self._write_registers(writes, peer, now))
            case gvcp.ReadMem(address, count):
                self._may_read(peer)
                return address.to_bytes(4, "big") + self._registers.read(address, count)
            case gvcp.WriteMem(address, data):
                return (yield from self._write_memory(address, data, peer, now))
            case gvcp.Discovery():
                return self._registers.discovery()
            case gvcp.PacketResend():
                yield from self._resend(body, peer)
                return None
            case gvcp.ForceIp():
                return (yield from self._force_ip(body))
            case gvcp.Action():
                return self._action(body)

    def _action(self, action: gvcp.Action) -> bytes | None:
        if action.time is not None:
            raise StatusError(Status.NOT_IMPLEMENTED, "ACTION: scheduled actions are not implemented")
        unconditional = self._words[bootstrap.GVCP_CONFIGURATION] & bootstrap.UNCONDITIONAL_ACTION
        if not self.controller and not unconditional:
            return None
        concerned = self.device.action(action.device_key, action.group_key, action.group_mask)
        return b"" if concerned else None

    def _force_ip(self, request: gvcp.ForceIp) -> Generator[Effect, None, bytes | None]:
        """Carry out FORCEIP; its acknowledge comes from the new address.

        A restart of the address cycle (address 0) has no acknowledge: the host does not know the new address.
        Source: chapter "FORCEIP".
        """
        if request.mac != self.identity.mac:
            return None
        if self.controller:
            raise StatusError(Status.ACCESS_DENIED, f"FORCEIP: {self.controller} is in control")
        if request.address and not is_host(request.address, request.netmask):
            what = f"{dotted(request.address)} with netmask {dotted(request.netmask)}"
            raise StatusError(Status.INVALID_PARAMETER, f"FORCEIP: {what} is no device's address")
        yield from self.set_location(self.move(request.address, request.netmask, request.gateway))
        return b"" if request.address else None

    def _read_registers(self, addresses: tuple[int, ...], peer: Peer) -> bytes:
        """Read registers in order; after an error the acknowledge still carries the words before it."""
        words = b""
        for address in addresses:
            try:
                self._may_read(peer)
                gvcp.aligned(address)
                words += self._registers.read(address, 4)
            except (StatusError, Refused) as refusal:
                raise StatusError(status_of(refusal, Status), str(refusal), words) from None
        return words

    def _write_registers(
        self, writes: tuple[tuple[int, int], ...], peer: Peer, now: Ns
    ) -> Generator[Effect, None, bytes]:
        """Write registers in order until one is refused; the acknowledge counts those written."""
        for done, (address, value) in enumerate(writes):
            try:
                yield from self._write(address, value.to_bytes(4, "big"), peer, now)
            except (StatusError, Refused) as refusal:
                raise StatusError(status_of(refusal, Status), str(refusal), done.to_bytes(4, "big")) from None
        return len(writes).to_bytes(4, "big")

    def _write_memory(self, address: int, data: bytes, peer: Peer, now: Ns) -> Generator[Effect, None, bytes]:
        """Write the table's registers one by one, the camera's runs in one piece; count the bytes written."""
        done, size = 0, len(data)
        while done < size:
            at = address + done
            if at >= bootstrap.END:
                end = size
            else:
                end = done + 4 if bootstrap.covering(at) else min(size, bootstrap.next_start(at) - address)
            try:
                yield from self._write(at, data[done:end], peer, now)
            except (StatusError, Refused) as refusal:
                raise StatusError(status_of(refusal, Status), str(refusal), done.to_bytes(4, "big")) from None
            done = end
        return size.to_bytes(4, "big")

    # -- registers -------------------------------------------------------------------------------
    def _may_read(self, peer: Peer) -> None:
        if self._words[CCP] & bootstrap.EXCLUSIVE and peer != self.controller:
            raise StatusError(Status.ACCESS_DENIED, f"{self.controller} has exclusive access")

    def _write(self, address: int, data: bytes, peer: Peer, now: Ns) -> Iterator[Effect]:
        """Write one of the table's registers, or a run of the camera's."""
        if peer != self.controller and address != CCP:
            raise StatusError(Status.ACCESS_DENIED, f"{peer} is not in control")
        gvcp.aligned(address)
        if self._pending:
            raise StatusError(Status.BUSY, "the write before this one is still under way")
        register = bootstrap.covering(address) if address < bootstrap.END else None
        if register is not None:
            yield from self._write_register(register, int.from_bytes(data, "big"), peer, now)
        else:
            self.device.write(address, data)

    def _write_register(self, register: Register, value: int, peer: Peer, now: Ns) -> Iterator[Effect]:
        if register.access == "RO":
            raise StatusError(Status.WRITE_PROTECT, f"{register.name} is read-only")
        value = value & register.mask | register.reset & ~register.mask
        match register.effect:
            case SideEffect.PRIVILEGE:
                yield from self._set_privilege(value, peer, now)
            case SideEffect.TIMESTAMP_CONTROL:
                if value & bootstrap.LATCH:
                    self.device.latch_timestamp()
                if value & bootstrap.RESET:
                    self.device.reset_timestamp()
            case SideEffect.PACKET_SIZE:
                yield from self._write_packet_size(value)
            case SideEffect.DESTINATION:
                self._check_destination(register, value)
                self._words[register.address] = value
            case SideEffect.BLOCK_IDS:
                self._words[register.address] = value
                yield UseBlockIds(extended=bool(value))
            case SideEffect.STREAM_PORT:
                self._words[register.address] = value
                yield OpenStream() if value else CloseStream()
            case SideEffect.MESSAGE_PORT:
                self._words[register.address] = value
                if not value:
                    yield from self._messages.close()
            case _:
                self._words[register.address] = value

    def _write_packet_size(self, value: int) -> Iterator[Effect]:
        """Write SCPS: the camera holds packet size and fragmentation, the link fires the test packet."""
        self.device.write(SCPS, (value & ~bootstrap.FIRE_TEST_PACKET).to_bytes(4, "big"))
        if value & bootstrap.FIRE_TEST_PACKET and (target := self.target):
            now = int.from_bytes(self.device.read(SCPS, 4), "big")
            whole = bool(now & bootstrap.DO_NOT_FRAGMENT)
            yield FireTestPacket(target, now & bootstrap.PACKET_SIZE, whole)

    def _check_destination(self, register: Register, address: int) -> None:
        """Refuse a destination that is neither the controller nor a multicast group.

        A stream could flood any other host with a gigabit.
        """
        multicast = address >> 28 == 0xE
        if self.any_destination or multicast or not address:
            return
        if self.controller is None or dotted(address) != self.controller[0]:
            message = f"{register.name} {dotted(address)} is not the controller's address"
            raise StatusError(Status.INVALID_PARAMETER, message)

    def _resend(self, request: gvcp.PacketResend, peer: Peer) -> Iterator[Effect]:
        """Pass on a resend request from the controller, or from the stream's receiver, as Aravis sends it."""
        target = self.target
        asked_by_stream = target is not None and peer == (target.address, target.port)
        if request.channel == 0 and (peer == self.controller or asked_by_stream):
            extended = self._words[bootstrap.GVCP_CONFIGURATION] & bootstrap.EXTENDED_STATUS
            yield Resend(request, bool(extended))

    def revoke(self) -> Iterator[Effect]:
        """Take its privilege from the host in control, as if it had given it back."""
        if self.controller:
            yield from self._lose_control()

    # -- privilege -------------------------------------------------------------------------------
    def _set_privilege(self, value: int, peer: Peer, now: Ns) -> Iterator[Effect]:
        """Write CCP: a privilege in the lower half, the switchover key in the upper half."""
        privilege = value & (bootstrap.CONTROL | bootstrap.SWITCHOVER) if value & bootstrap.CONTROL else 0
        if value & bootstrap.EXCLUSIVE:
            privilege = bootstrap.EXCLUSIVE
        if self.controller not in (None, peer):
            offered = self._words[CCP] & bootstrap.SWITCHOVER
            if not (offered and privilege and value >> 16 == self._words[bootstrap.SWITCHOVER_KEY]):
                raise StatusError(Status.ACCESS_DENIED, f"{self.controller} is in control")
        if not privilege:
            if self.controller:
                yield from self._lose_control()
            return
        if not self.device.take_control(self):
            raise StatusError(Status.ACCESS_DENIED, "a host of another link is in control")
        handed_over = self.controller not in (None, peer)
        self.controller, self._heard_ns = peer, now
        self._words |= {
            CCP: privilege,
            bootstrap.PRIMARY_PORT: peer[1],
            bootstrap.PRIMARY_IP: number(peer[0]),
        }
        if handed_over:
            self.device.report(Report.SWITCHOVER)

    def _lose_control(self) -> Iterator[Effect]:
        self.controller = self._written = None
        self.device.leave_control(self)
        yield CloseStream()
        yield EndSession()
        yield UseBlockIds(extended=False)
        self._words |= dict.fromkeys(bootstrap.SESSION, 0)  # their reset values
        # unconditional actions work without a controller
        # unconditional actions work without a controller
        self._words[bootstrap.GVCP_CONFIGURATION] &= bootstrap.UNCONDITIONAL_ACTION
        yield from self._messages.close()
