"""A network's link: packets and their sizes, speed and its limit, and how a camera gets its address."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Final, Literal

from camtwin import DhcpServer
from camtwin.session.session import Session
from camtwin.units import SEC
from camtwin.verify.case import Case
from camtwin.verify.measurements.rates import received, shortest
from camtwin.verify.measures import Value, measurement

GVSP_HEADERS: Final = 36
"""Bytes of the IP, UDP and GVSP headers, which the packet size includes."""
UDP_HEADERS: Final = 28
CONTROL: Final = (0x0A00, 2)
"""The register of GigE Vision by which a host takes control, and its value; then those of the stream."""
STREAM_PORT, STREAM_PACKET, STREAM_ADDRESS = 0x0D00, 0x0D04, 0x0D18
FIRE_TEST: Final = 1 << 31
DISCOVERY: Final = bytes.fromhex("42 11 0002 0000 ffff")
CURRENT_IP: Final = 8 + 0x24  # in its answer, behind the header
PATIENCE: Final = 30 * SEC  # DHCP gives up after 12 s, a link-local address takes 7 s


# -- packets -----------------------------------------------------------------------------------------
def packet_sizes(case: Case, size: int, *, test: bool = False) -> list[int]:
    """Sizes, as IP counts them, of the packets of a frame that a host gets, or of a test packet."""
    cam = case.open(Width=1024, Height=64, AcquisitionMode="SingleFrame")
    host = cam.host()
    here = int(IPv4Address(host.address))
    for register, value in (CONTROL, (STREAM_ADDRESS, here), (STREAM_PORT, 50_100), (STREAM_PACKET, size)):
        case.equal(f"status of writing {register:#06x}", host.write(register, value), 0)
    if test:
        case.equal("status of a test packet", host.write(STREAM_PACKET, FIRE_TEST | size), 0)
    else:
        cam.grab()
    return [len(packet) + UDP_HEADERS for packet in host.packets]


@measurement("packet_limit")
def packet_limit(case: Case, end: Literal["lowest", "highest"]) -> None:
    """GevSCPSPacketSize goes down or up to the claim, streams so, and packets have that size."""
    size, cam = int(case.claim.number), case.open()
    at = cam.limits("GevSCPSPacketSize")[end == "highest"]
    case.equal(f"{end} GevSCPSPacketSize", at, size)
    case.refuses(cam, "GevSCPSPacketSize", size - 4 if end == "lowest" else size + 4)
    case.takes(cam, "GevSCPSPacketSize", size)
    case.that("streams so", len(cam.grab(2)) == 2)
    sizes = packet_sizes(case, size)
    case.equal("largest packet", max(sizes), size)
    case.that(
        f"{sizes.count(size)} of {len(sizes)} packets are as large", sizes.count(size) >= len(sizes) - 3
    )


@measurement("jumbo_packets")
def jumbo_packets(case: Case, small: int, large: int) -> None:
    """Fewer headers make more frames a second, and a test packet of the large size arrives."""
    rates: list[float] = []
    for size in (small, large):
        cam = shortest(case, link="1G")
        case.takes(cam, "GevSCPSPacketSize", size)
        rates.append(received(case, cam))
        case.equal("test packets", packet_sizes(case, size, test=True), [size])
    case.within(f"rate with packets of {large}, over that of {small}", rates[1] / rates[0], 1.02, 1.1)


@measurement("packet_delay")
def packet_delay(case: Case, shorter_ns: int, longer_ns: int, tolerance_ns: float) -> None:
    """GevSCPD takes the claim's ends; the last bit of a frame comes later by it for each packet."""
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


# -- speed -------------------------------------------------------------------------------------------
@measurement("network_speed")
def network_speed(case: Case, *features: str, at_least: float) -> None:
    """The first of these features that there is tells the claimed speed; pictures come near it."""
    cam = shortest(case, {"GevSCPSPacketSize": 9000})
    name = next((name for name in features if cam.has(name)), None)
    if name is None:
        case.wrong("no feature tells the link's speed")
    speed = getattr(cam, name)
    case.equal(name, speed * 8 / 1e6 if name.startswith("Device") else speed, case.claim.number)
    rate = received(case, cam) * cam.PayloadSize * 8 / 1e6
    case.within("bits of pictures a second", rate, at_least, case.claim.number, "Mbit/s")


@measurement("throughput_limit")
def throughput_limit(case: Case, feature: str, highest: float) -> None:
    """A limit goes up to the link's speed; at half of it the bytes stay below, and fewer frames come."""
    cam = shortest(case)
    most = cam.limits(feature)[1]
    case.near(f"highest {feature}", most, highest, 1, "B/s")
    full = received(case, shortest(case))
    case.write(cam, **{feature: most // 2})
    half = received(case, cam)
    case.within("bytes a second", half * cam.PayloadSize / 1e6, 0.8 * most / 2e6, most / 2e6, "MB/s")
    case.within("frame rate over that without", half / full, 0.3, 0.7)


# -- addresses ---------------------------------------------------------------------------------------
def address(case: Case, cam: Session) -> IPv4Address:
    """Read where it says that it is, and answers: discovery by broadcast, then to that address alone."""
    answers = cam.host().send(DISCOVERY)
    case.that("answers discovery", len(answers) == 1)
    found = IPv4Address(answers[0][CURRENT_IP : CURRENT_IP + 4])
    case.that("and at the address that it says", cam.host().send(DISCOVERY, at=str(found)) == answers)
    return found


def restarted(case: Case, dhcp: str | None, **features: Value) -> Session:
    """Switch a camera on anew in a network with a DHCP server of this address, or with none."""
    cam = case.open()
    cam.host().network.dhcp = DhcpServer(dhcp, seconds=120) if dhcp else None
    case.write(cam, **features)
    cam.world.power_cycle()
    cam.advance(PATIENCE)
    return cam


@measurement("address_persistent")
def address_persistent(case: Case, wanted: str, offered: str) -> None:
    """A camera takes its persistent address where a server would give it another, which it takes without."""
    cam = restarted(
        case,
        offered,
        GevPersistentIPAddress=int(IPv4Address(wanted)),
        GevPersistentSubnetMask=0xFFFF_FF00,
        GevCurrentIPConfigurationPersistentIP=True,
    )
    case.equal("address", address(case, cam), IPv4Address(wanted))
    case.write(cam, GevCurrentIPConfigurationPersistentIP=False)
    cam.world.power_cycle()
    case.equal("with it off again", address(case, cam), IPv4Address(offered))


@measurement("address_leased")
def address_leased(case: Case, offered: str, then: str) -> None:
    """A camera takes what the server offers, keeps it beyond its lease, and follows the server."""
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
    """Without a server, or with DHCP off beside one, the address is link-local."""
    for cam in (restarted(case, None), restarted(case, offered, GevCurrentIPConfigurationDHCP=False)):
        case.that(f"{address(case, cam)} is link-local", address(case, cam).is_link_local)
