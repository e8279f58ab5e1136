"""DHCP client, sans-IO: its messages, and the states of a lease.

`outgoing()` returns what is to be sent from UDP port 68 to port 67, `receive(data, now)` takes what arrived,
`next_timer()` and `tick(now)` let time pass. The states are those of RFC 2131, figure 5:

    state        sends, and again after TRIES_s     becomes
    OFF          nothing                            SELECTING by `start`
    REBOOTING    REQUEST of the lease it has        BOUND by ACK or without an answer, SELECTING by NAK
    SELECTING    DISCOVER                           REQUESTING by OFFER, FAILED without an answer
    REQUESTING   REQUEST of what was offered        BOUND by ACK, SELECTING by NAK, FAILED without an answer
    BOUND        nothing                            RENEWING at T1
    RENEWING     REQUEST to the server alone        BOUND by ACK, SELECTING by NAK, REBINDING at T2
    REBINDING    REQUEST to all servers             BOUND by ACK, SELECTING by NAK or at the lease's end
    FAILED       nothing                            SELECTING by `start`

Left out: the random wait of up to 10 s before the first message, and DECLINE after an ARP probe of the leased
address. Sources: RFC 2131, RFC 2132 (options).
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, IntEnum, auto
from typing import Final
from zlib import crc32

from camtwin.units import SEC, Ns
from camtwin.wire.ip.address import is_host

SERVER_PORT, CLIENT_PORT = 67, 68
BROADCAST_ADDRESS: Final = 0xFFFF_FFFF
FIXED: Final = struct.Struct(">BBBBIHHIIII16s192xI")  # up to the options; server name and file are empty
COOKIE: Final = 0x6382_5363
MIN_BYTES: Final = 300  # RFC 1542, 2.1: BOOTP relays drop shorter ones
BROADCAST: Final = 0x8000  # flags: broadcast the answer, as the client has no address yet
FOREVER: Final = 0xFFFF_FFFF  # a lease time
NETMASK, ROUTER, REQUESTED, TIME, KIND, SERVER, WANTED, T1, T2, CLIENT_ID, PAD, END = (
    *(1, 3, 50, 51, 53, 54, 55, 58, 59, 61, 0, 255),
)

TRIES_s: Final = (2, 4, 6)
"""Time that each try waits for an answer. Assumed: a camera falls back to a link-local address after 12 s,
as real ones do; RFC 2131 waits 4, 8, 16 ... s, for hosts without a fallback."""
MIN_RETRY_s: Final = 60  # RFC 2131, 4.4.5: between requests in RENEWING and REBINDING
MIN_LEASE_s: Final = 10  # a shorter lease is ignored: it would keep the network busy


class Kind(IntEnum):
    DISCOVER = 1
    OFFER = 2
    REQUEST = 3
    ACK = 5
    NAK = 6


@dataclass(frozen=True, slots=True)
class Message:
    """A DHCP message; addresses are 32-bit numbers.

    client  the client's present address
    yours   the address it is offered
    """

    kind: Kind
    xid: int
    mac: bytes
    client: int = 0
    yours: int = 0
    options: Mapping[int, bytes] = field(default_factory=dict[int, bytes])

    def pack(self) -> bytes:
        op = 1 if self.kind in (Kind.DISCOVER, Kind.REQUEST) else 2
        flags = 0 if self.client else BROADCAST
        mac = self.mac.ljust(16, b"\0")
        fixed = FIXED.pack(op, 1, 6, 0, self.xid, 0, flags, self.client, self.yours, 0, 0, mac, COOKIE)
        options = {KIND: bytes([self.kind]), **self.options}
        data = fixed + b"".join(bytes([n, len(v)]) + v for n, v in options.items()) + bytes([END])
        return data.ljust(MIN_BYTES, b"\0")

    def word(self, option: int) -> int | None:
        """Return the first four bytes of an option as a number; None if it is missing or shorter."""
        value = self.options.get(option, b"")
        return int.from_bytes(value[:4], "big") if len(value) >= 4 else None


def parse(data: bytes) -> Message | None:
    """Parse a message of either side; None if the bytes are not a DHCP message."""
    if len(data) < FIXED.size:
        return None
    op, kind_of_link, length, _, xid, _, _, client, yours, _, _, mac, cookie = FIXED.unpack_from(data)
    if op not in (1, 2) or (kind_of_link, length, cookie) != (1, 6, COOKIE):
        return None
    options: dict[int, bytes] = {}
    at = FIXED.size
    while at < len(data) and data[at] != END:
        if data[at] == PAD:
            at += 1
            continue
        size = data[at + 1] if at + 1 < len(data) else 0
        if at + 2 + size > len(data):
            return None
        options[data[at]] = options.get(data[at], b"") + data[at + 2 : at + 2 + size]
        at += 2 + size
    try:
        kind = Kind(int.from_bytes(options.pop(KIND, b""), "big"))
    except ValueError:
        return None
    return Message(kind, xid, mac[:6], client, yours, options)


@dataclass(frozen=True, slots=True)
class Lease:
    """A leased address and its times in ns; None for a time that never comes."""

    address: int
    netmask: int
    gateway: int
    server: int
    renew_ns: Ns | None = None
    rebind_ns: Ns | None = None
    end_ns: Ns | None = None


class State(Enum):
    OFF = auto()
    REBOOTING = auto()
    SELECTING = auto()
    REQUESTING = auto()
    BOUND = auto()
    RENEWING = auto()
    REBINDING = auto()
    FAILED = auto()


ASKING: Final = (State.REBOOTING, State.SELECTING, State.REQUESTING)
HELD: Final = (State.BOUND, State.RENEWING, State.REBINDING)


class Client:
    """A DHCP client; `lease` is None while it has none."""

    def __init__(self, mac: bytes) -> None:
        self.mac, self.state = mac, State.OFF
        self.lease: Lease | None = None
        self._offer: Lease | None = None
        self._xids = 0
        self._xid = 0
        self._tries = 0
        self._began_ns: Ns = 0
        self._again_ns: Ns | None = None
        self._out: list[tuple[int, bytes]] = []

    def start(self, now: Ns) -> None:
        """Look for a lease, first for the one the client still has, if any."""
        self._begin(State.REBOOTING if self.lease else State.SELECTING, now)

    def stop(self) -> None:
        """Drop the lease without telling the server."""
        self.state, self.lease, self._again_ns = State.OFF, None, None
        self._out.clear()

    def outgoing(self) -> list[tuple[int, bytes]]:
        """Return the (destination address, message) pairs to send, each once."""
        out, self._out = self._out, []
        return out

    # -- time ------------------------------------------------------------------------------------
    def next_timer(self) -> Ns | None:
        times = [self._again_ns]
        if self.lease:
            times.append(self.lease.end_ns)
            times.append(self.lease.renew_ns if self.state is State.BOUND else None)
            times.append(self.lease.rebind_ns if self.state is State.RENEWING else None)
        return min((t for t in times if t is not None), default=None)

    def tick(self, now: Ns) -> None:
        lease = self.lease
        if lease and lease.end_ns is not None and now >= lease.end_ns:
            self.lease = None
            self._begin(State.SELECTING, now)
        elif lease and self.state is State.BOUND and _due(lease.renew_ns, now):
            self._begin(State.RENEWING, now)
        elif lease and self.state is State.RENEWING and _due(lease.rebind_ns, now):
            self._begin(State.REBINDING, now)
        if _due(self._again_ns, now):
            self._try_again(now)

    def _try_again(self, now: Ns) -> None:
        if self.state in HELD or self._tries < len(TRIES_s):
            self._send(now)
        elif self.state is State.REBOOTING and self.lease:
            # RFC 2131, 3.2: the client may go on using its lease
            self.state, self._again_ns = State.BOUND, None
        else:
            self.state, self._again_ns = State.FAILED, None

    def _begin(self, state: State, now: Ns) -> None:
        self.state, self._began_ns = state, now
        if state is not State.REQUESTING:  # which continues the exchange of SELECTING
            self._tries = 0
            self._xids += 1
            self._xid = crc32(self.mac + self._xids.to_bytes(4, "big"))
        self._send(now)

    def _send(self, now: Ns) -> None:
        """Send the message of the present state, and plan its repetition."""
        lease, to = self.lease, BROADCAST_ADDRESS
        options = {CLIENT_ID: b"\x01" + self.mac, WANTED: bytes([NETMASK, ROUTER])}
        client = 0
        if self.state is State.REQUESTING and self._offer:
            options |= {REQUESTED: _word(self._offer.address), SERVER: _word(self._offer.server)}
        elif self.state is State.REBOOTING and lease:
            options |= {REQUESTED: _word(lease.address)}
        elif self.state in (State.RENEWING, State.REBINDING) and lease:
            client = lease.address
            to = lease.server if self.state is State.RENEWING else BROADCAST_ADDRESS
        kind = Kind.DISCOVER if self.state is State.SELECTING else Kind.REQUEST
        self._out.append((to, Message(kind, self._xid, self.mac, client, options=options).pack()))
        if self.state in ASKING:
            self._again_ns = now + TRIES_s[min(self._tries, len(TRIES_s) - 1)] * SEC
            self._tries += 1
        elif lease and lease.end_ns is not None:
            end_ns = lease.rebind_ns if self.state is State.RENEWING else lease.end_ns
            left_ns = (lease.end_ns if end_ns is None else end_ns) - now
            self._again_ns = now + max(left_ns // 2, MIN_RETRY_s * SEC)

    # -- answers of servers ------------------------------------------------------------------------
    def receive(self, data: bytes, now: Ns) -> None:
        """Take a server's message. Raises nothing, whatever the bytes."""
        message = parse(data)
        if message is None or (message.xid, message.mac) != (self._xid, self.mac):
            return
        match message.kind:
            case Kind.OFFER if self.state is State.SELECTING:
                if lease := _lease(message, now):
                    self._offer = lease
                    self._begin(State.REQUESTING, now)
            case Kind.ACK if self.state is State.REQUESTING or (self.lease and self.state is not State.BOUND):
                if lease := _lease(message, self._began_ns):
                    self.state, self.lease, self._again_ns = State.BOUND, lease, None
            case Kind.NAK if self.state is State.REQUESTING:
                self.state = State.SELECTING  # retried when this try times out, as the server may never grant
            case Kind.NAK if self.lease and self.state is not State.BOUND:
                self.lease = None
                self._begin(State.SELECTING, now)
            case _:
                pass


def _lease(message: Message, since: Ns) -> Lease | None:
    """Return the lease in an OFFER or ACK, its times counted from `since`; None if no device could use it."""
    time, netmask, server = message.word(TIME), message.word(NETMASK), message.word(SERVER)
    if time is None or server is None or time < MIN_LEASE_s:
        return None
    netmask = 0xFFFF_FF00 if netmask is None else netmask
    if not is_host(message.yours, netmask):
        return None
    lease = Lease(message.yours, netmask, message.word(ROUTER) or 0, server)
    if time == FOREVER:
        return lease
    rebind = min(message.word(T2) or time * 7 // 8, time)  # RFC 2131, 4.4.5
    renew = min(message.word(T1) or time // 2, rebind)
    ends = (since + s * SEC for s in (renew, rebind, time))
    return Lease(lease.address, lease.netmask, lease.gateway, lease.server, *ends)


def _due(when: Ns | None, now: Ns) -> bool:
    return when is not None and now >= when


def _word(number: int) -> bytes:
    return number.to_bytes(4, "big")
