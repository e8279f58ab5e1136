"""Meet the camera as a host on the network: GigE Vision's bytes, typed from the standard's facts."""

from __future__ import annotations

import struct
from ipaddress import IPv4Address
from typing import Final

from camtwin import DhcpServer
from camtwin.session.session import Session
from camtwin.units import MS, SEC
from camtwin.verify import hosts
from camtwin.verify.case import Case
from camtwin.verify.hosts import Gvcp
from camtwin.verify.measures import Value, measurement
from camtwin.verify.signals import KEYS, listen, times, waiting

EVENT: Final = 0xC0
LEADER, TRAILER, PAYLOAD = 1, 2, 3
GVSP_HEADERS, UDP_HEADERS = 36, 28
"""Bytes of the IP, UDP and GVSP headers, which the packet size includes; and of the first two."""
PATIENCE: Final = 30 * SEC  # DHCP gives up after 12 s, a link-local address takes 7 s


# -- messages ----------------------------------------------------------------------------------------
def provoke(case: Case, cam: Session, gvcp: Gvcp, what: str) -> None:
    """Do what a host should not, or hand over control."""
    match what:
        case "a header with another length":
            gvcp.send(hosts.READREG, struct.pack(">I", hosts.CCP), length=8)
        case "an unknown command":
            gvcp.send(hosts.RESERVED, b"")
        case "no heartbeat":
            timeout = gvcp.read(hosts.HEARTBEAT_ms) * MS
            cam.advance(timeout - MS)
            case.equal(f"events before {timeout // MS} ms", len(cam.events), 0)
            cam.advance(10 * SEC)
            case.equal("CCP afterwards", gvcp.read(hosts.CCP), 0)
        case "another host with the key":
            gvcp.write((hosts.KEY, 0xBEEF))
            Gvcp(case, cam.host(2)).write((hosts.CCP, 0xBEEF << 16 | hosts.CONTROL))


PROVOKED: Final = {
    "GigEVisionError": ("a header with another length", "an unknown command"),
    "GigEVisionHeartbeatTimeout": ("no heartbeat",),
    "PrimaryApplicationSwitch": ("another host with the key",),
}


@measurement("link_event")
def link_event(case: Case, spelling: str = "") -> None:
    """Provoke the claim's event: with EventNotification On it comes once, in the list and as a message.

    spelling: its name on the camera, where it is not the claim's.
    """
    name = spelling or case.claim.value
    for what in PROVOKED[case.claim.value]:
        for state, count in (("On", 1), ("Off", 0)):
            cam = case.open()
            listen(cam, *[name] * count)
            provoke(case, cam, Gvcp(case, cam.host(), control=True), what)
            cam.advance(SEC)
            case.equal(f"{name} by {what} with EventNotification {state}", len(times(cam, name)), count)
            kinds = [f"{int.from_bytes(message[2:4], 'big'):#x}" for message in cam.host().messages]
            case.equal("messages", kinds, [f"{EVENT:#x}"] * count)


@measurement("action_commands")
def action_commands(case: Case) -> None:
    """Send commands with the camera's keys and a bit of its mask: they give frames; others do not."""
    device, group, mask = KEYS
    cam = waiting(case, "Action1")
    gvcp = Gvcp(case, cam.host(), control=True)  # without one, actions go unheard
    for what, keys, wanted in (
        ("the camera's keys", KEYS, 1),
        ("a mask with one bit in common", (device, group, 0x1F), 1),
        ("another device key", (device + 1, group, mask), 0),
        ("another group key", (device, group + 1, mask), 0),
        ("a mask with no bit in common", (device, group, 0x0F), 0),
    ):
        answers = [answer.hex() for answer in gvcp.send(hosts.ACTION, struct.pack(">III", *keys))]
        answered = struct.pack(">HHHH", 0, hosts.ACTION + 1, 0, gvcp.request_id).hex()
        cam.advance(20 * MS)
        case.equal(f"frames with {what}", len(cam.fetch()), wanted)
        case.equal("acknowledges", answers, [answered] * wanted)


@measurement("gev_version")
def gev_version(case: Case) -> None:
    """Read the claim's version of GigE Vision in the version register."""
    word = Gvcp(case, case.open().host()).read(hosts.VERSION)
    case.equal("version register", f"{word >> 16}.{word & 0xFFFF}", case.claim.value)


@measurement("older_host")
def older_host(case: Case, **features: Value) -> None:
    """Take frames as a host of GigE Vision 1.2: 16-bit block ids, 24-bit packet ids, headers of 8 bytes."""
    cam = case.open(features, render=True)
    gvcp = Gvcp(case, cam.host(), control=True)
    gvcp.write((hosts.SCPS, 576), (hosts.SCDA, gvcp.address), (hosts.SCP, hosts.PORT))
    frames = cam.grab(3)
    found: dict[int, bytes] = {}
    for packet in cam.host().packets:
        status, block, last = struct.unpack_from(">HHI", packet)
        form, number = last >> 24, last & 0xFF_FFFF
        if status or form not in (LEADER, TRAILER, PAYLOAD):
            case.wrong(f"a packet that no host of 1.2 reads: {packet[:8].hex()}")
        if form == LEADER and (number or len(packet) != 8 + 36):
            case.wrong(f"the leader of block {block} is {packet.hex()}")
        if form == PAYLOAD:
            found[block] = found.get(block, b"") + packet[8:]
    case.equal("blocks", [*found][:3], [1, 2, 3])
    case.that("the pictures are whole", [found[i + 1] for i in range(3)] == [f.payload for f in frames])


# -- packets and speed -------------------------------------------------------------------------------
def packet_sizes(case: Case, size: int, *, test: bool = False) -> list[int]:
    """List sizes, as IP counts them, of the packets of a frame that a host gets, or of a test packet."""
    cam = case.open(Width=1024, Height=64, AcquisitionMode="SingleFrame")
    gvcp = Gvcp(case, cam.host(), control=True)
    gvcp.write((hosts.SCDA, gvcp.address), (hosts.SCP, 50_100), (hosts.SCPS, size))
    if test:
        gvcp.write((hosts.SCPS, hosts.FIRE_TEST | size))
    else:
        cam.grab()
    return [len(packet) + UDP_HEADERS for packet in gvcp.host.packets]


@measurement("packet_size")
def packet_size(case: Case) -> None:
    """Require that it streams with the claim's GevSCPSPacketSize, and that packets have that size."""
    size = int(case.claim.number)
    case.that("streams so", len(case.open(GevSCPSPacketSize=size).grab(2)) == 2)
    sizes = packet_sizes(case, size)
    case.equal("largest packet", max(sizes), size)
    as_large = sizes.count(size)
    case.that(f"{as_large} of {len(sizes)} packets are as large", as_large >= len(sizes) - 3)


@measurement("test_packet")
def test_packet(case: Case, *sizes: int) -> None:
    """Fire test packets of these sizes: a host gets each as large as it is asked for."""
    for size in sizes:
        case.equal("test packets", packet_sizes(case, size, test=True), [size])


@measurement("packet_delay")
def packet_delay(case: Case, shorter_ns: int, longer_ns: int, tolerance_ns: float) -> None:
    """Require that a frame's last bit comes later by GevSCPD for each packet; it takes the claim's ends."""
    low, high = map(int, case.claim.span)
    case.takes(case.open(), "GevSCPD", low, high)
    took: list[int] = []
    for delay in (shorter_ns, longer_ns):
        cam = case.open(Width=4096, Height=100, GevSCPSPacketSize=1500, GevSCPD=delay)
        (frame,) = cam.grab()
        took.append(frame.received_ns - frame.timestamp_ns)
    packets = -(-4096 * 100 // (1500 - GVSP_HEADERS)) + 2
    wider = (took[1] - took[0]) / packets
    case.near("wider by", wider, longer_ns - shorter_ns, tolerance_ns, "ns a packet")


# -- addresses ---------------------------------------------------------------------------------------
def restarted(case: Case, dhcp: str | None, **features: Value) -> Session:
    """Switch a camera on anew in a network with a DHCP server of this address, or with none."""
    cam = case.open()
    cam.host().network.dhcp = DhcpServer(dhcp, seconds=120) if dhcp else None
    case.write(cam, **features)
    cam.world.power_cycle()
    cam.advance(PATIENCE)
    return cam


def address(case: Case, cam: Session) -> IPv4Address:
    """Read where it says that it is, and answers: discovery by broadcast, then to that address alone."""
    answers = cam.host().send(hosts.DISCOVERY)
    case.that("answers discovery", len(answers) == 1)
    found = IPv4Address(answers[0][hosts.CURRENT_IP : hosts.CURRENT_IP + 4])
    case.that("and at the address that it says", cam.host().send(hosts.DISCOVERY, at=str(found)) == answers)
    return found


@measurement("address_persistent")
def address_persistent(case: Case, wanted: str, offered: str) -> None:
    """Require the persistent address where a server would give another, which is taken with it off."""
    settings = {"GevPersistentIPAddress": int(IPv4Address(wanted)), "GevPersistentSubnetMask": 0xFFFF_FF00}
    cam = restarted(case, offered, **settings, GevCurrentIPConfigurationPersistentIP=True)
    case.equal("address", address(case, cam), IPv4Address(wanted))
    case.write(cam, GevCurrentIPConfigurationPersistentIP=False)
    cam.world.power_cycle()
    case.equal("with it off again", address(case, cam), IPv4Address(offered))


@measurement("address_leased")
def address_leased(case: Case, offered: str, then: str) -> None:
    """Require what the server offers, beyond its lease, and after the server gives another."""
    cam = restarted(case, offered)
    case.equal("address", address(case, cam), IPv4Address(offered))
    cam.advance(1000 * SEC)
    case.equal("after eight times its lease", address(case, cam), IPv4Address(offered))
    cam.host().network.dhcp = DhcpServer(then, seconds=120)
    cam.advance(120 * SEC)
    case.equal("after the server gives another", address(case, cam), IPv4Address(then))
    cam.host().network.dhcp = None
    cam.advance(150 * SEC)
    case.that("without the server it is another", str(address(case, cam)) not in (offered, then))


@measurement("address_link_local")
def address_link_local(case: Case, offered: str) -> None:
    """Require a link-local address without a server, and with DHCP off beside one."""
    for cam in (restarted(case, None), restarted(case, offered, GevCurrentIPConfigurationDHCP=False)):
        case.that(f"{address(case, cam)} is link-local", address(case, cam).is_link_local)
