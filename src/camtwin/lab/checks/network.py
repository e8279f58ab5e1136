"""The link and its limits, as far as they show in process."""

from __future__ import annotations

from camtwin.lab.case import Case, check, later
from camtwin.lab.checks.rates import received, shortest
from camtwin.units import US

later(
    "needs a host on the network: who keeps pictures to send them again is the sender on sockets",
    "baumer.net.resend_buffer",
)
later(
    "a twin takes the address that it is bound to: no DHCP client, no link-local address, none that is kept",
    "baumer.net.ip.*",
    "baumer.factory.ip",
)
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
