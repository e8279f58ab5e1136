"""The link and its limits, as far as they show in process."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Any

from camtwin import DhcpServer
from camtwin.session.session import Session
from camtwin.units import SEC, US
from camtwin.verify.case import Case, check
from camtwin.verify.checks.rates import received, shortest

HEADERS = 36  # of IP, UDP and GVSP, which the packet size counts


@check("baumer.net.packet_min", "baumer.net.packet_max")
def packet_limits(case: Case) -> None:
    size, cam = int(case.claim.number), case.open()
    low = case.claim.id.endswith("min")
    case.equal("limit of GevSCPSPacketSize", cam.limits("GevSCPSPacketSize")[not low], size)
    case.refuses(cam, "GevSCPSPacketSize", size - 4 if low else size + 4)
    case.takes(cam, "GevSCPSPacketSize", size)
    case.that("streams so", len(cam.grab(2)) == 2)
    if low:
        case.leaves_out("the length of packets, as there is no network")


@check("baumer.net.jumbo")
def jumbo(case: Case) -> None:
    """Fewer headers: more frames a second."""
    rates = []
    for size in (1500, 9000):
        cam = shortest(case, link_speed="1G")
        case.takes(cam, "GevSCPSPacketSize", size)
        rates.append(received(case, cam))
    case.within("rate with packets of 9000, over that of 1500", rates[1] / rates[0], 1.02, 1.1)
    case.leaves_out("the test packet, as there is no network")


@check("baumer.net.packet_delay")
def packet_delay(case: Case) -> None:
    """One byte of picture more than fits takes a packet more: the last bit of a frame tells their number."""
    low, high = map(int, case.claim.span)
    case.takes(case.open(), "GevSCPD", low, high)
    took = []
    for delay in (100 * US, 200 * US):
        cam = case.open(Width=4096, Height=100, GevSCPSPacketSize=1500, GevSCPD=delay)
        (frame,) = cam.grab()
        took.append(frame.received_ns - frame.timestamp_ns)
    packets = -(-4096 * 100 // (1500 - HEADERS)) + 2
    case.near("wider by", (took[1] - took[0]) / packets, 100 * US, 8, "ns a packet")


@check("baumer.net.gigabit")
def gigabit(case: Case) -> None:
    cam = shortest(case, GevSCPSPacketSize=9000)
    for name in ("DeviceLinkSpeed", "GevLinkSpeed"):
        if cam.has(name):
            speed = getattr(cam, name)
            case.equal(name, speed * 8 / 1e6 if name.startswith("Device") else speed, case.claim.number)
            break
    else:
        case.wrong("no feature tells the link's speed")
    rate = received(case, cam) * cam.PayloadSize * 8 / 1e6
    case.within("bits of pictures a second", rate, 900, case.claim.number, "Mbit/s")


@check("baumer.link.throughput_limit")
def throughput(case: Case) -> None:
    cam = shortest(case)
    most = cam.limits("DeviceLinkThroughputLimit")[1]
    case.near("highest DeviceLinkThroughputLimit", most, 125e6, 1, "B/s")
    full = received(case, shortest(case))
    case.write(cam, DeviceLinkThroughputLimit=most // 2)
    half = received(case, cam)
    case.within("bytes a second", half * cam.PayloadSize / 1e6, 0.8 * most / 2e6, most / 2e6, "MB/s")
    case.within("frame rate over that without", half / full, 0.3, 0.7)


@check("baumer.ptp")
def no_ptp(case: Case) -> None:
    case.lacks(case.open(), "Ptp*", "*IEEE1588*", "*1588*")
    case.leaves_out("the answer to PTP messages, as there is no network")


# -- addresses ---------------------------------------------------------------------------------------
DISCOVERY = bytes.fromhex("42 11 0002 0000 ffff")
CURRENT_IP = 8 + 0x24  # in its answer, behind the header
PATIENCE = 30 * SEC  # DHCP gives up after 12 s, a link-local address takes 7 s


def address(case: Case, cam: Session) -> IPv4Address:
    """Where it says that it is, and answers: discovery by broadcast, then to that address alone."""
    answers = cam.host().send(DISCOVERY)
    case.that("answers discovery", len(answers) == 1)
    said = IPv4Address(answers[0][CURRENT_IP : CURRENT_IP + 4])
    case.that("and at the address that it says", cam.host().send(DISCOVERY, at=str(said)) == answers)
    return said


def restarted(case: Case, dhcp: DhcpServer | None, **features: Any) -> Session:
    """A session whose camera was switched on anew in a network with this server, or with none."""
    cam = case.open()
    cam.host().network.dhcp = dhcp
    case.write(cam, **features)
    cam.world.power_cycle()
    cam.advance(PATIENCE)
    return cam


@check("baumer.net.ip.persistent")
def persistent(case: Case) -> None:
    """In a network whose server would give it another one."""
    wanted = IPv4Address("192.168.7.9")
    cam = restarted(
        case,
        DhcpServer("10.0.0.50"),
        GevPersistentIPAddress=int(wanted),
        GevPersistentSubnetMask=0xFFFF_FF00,
        GevCurrentIPConfigurationPersistentIP=True,
    )
    case.equal("address", address(case, cam), wanted)
    case.write(cam, GevCurrentIPConfigurationPersistentIP=False)
    cam.world.power_cycle()
    case.equal("with it off again", address(case, cam), IPv4Address("10.0.0.50"))


@check("baumer.net.ip.dhcp")
def leased(case: Case) -> None:
    offered = [IPv4Address("10.0.0.50"), IPv4Address("10.0.0.77")]
    cam = restarted(case, DhcpServer(str(offered[0]), seconds=120))
    case.equal("address", address(case, cam), offered[0])
    cam.advance(1000 * SEC)
    case.equal("after eight times its lease", address(case, cam), offered[0])
    cam.host().network.dhcp = DhcpServer(str(offered[1]), seconds=120)
    cam.advance(120 * SEC)
    case.equal("after the server gives another", address(case, cam), offered[1])
    cam.host().network.dhcp = None
    cam.advance(150 * SEC)
    case.that("without the server it is another", address(case, cam) not in offered)


@check("baumer.net.ip.lla")
def link_local(case: Case) -> None:
    at = address(case, restarted(case, None))
    case.that("in 169.254.0.0/16", at.is_link_local)
    case.saw(at)
    at = address(case, restarted(case, DhcpServer("10.0.0.50"), GevCurrentIPConfigurationDHCP=False))
    case.that("and so beside a server, with DHCP off", at.is_link_local)


@check("baumer.factory.ip")
def factory_address(case: Case) -> None:
    cam = case.open()
    for step, wanted in (("PersistentIP", False), ("DHCP", True), ("LLA", True)):
        case.equal(step, getattr(cam, f"GevCurrentIPConfiguration{step}"), wanted)
    case.leaves_out("anything of the sheet's: its cell is empty, this is the standard's (inferred)")
