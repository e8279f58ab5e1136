"""IP configuration of a camera: bytes and times, typed from RFC 826, 2131, 2132 and 3927."""

from __future__ import annotations

from itertools import pairwise

from camtwin.units import SEC
from camtwin.wire.ip import dhcp, linklocal
from camtwin.wire.ip.dhcp import Client, Kind, State

MAC = bytes.fromhex("02ca11223344")
ZEROS = bytes(192).hex()  # sname and file


def dhcp_bytes(text: str) -> bytes:
    return bytes.fromhex(text).ljust(300, b"\0")


def header(op: str, xid: int, flags: str, client: str = "00000000", yours: str = "00000000") -> str:
    """RFC 2131, figure 1, up to the cookie of RFC 2132, chapter 2."""
    numbers = f"{op} 01 06 00 {xid:08x} 0000 {flags} {client} {yours} 00000000 00000000"
    return f"{numbers} 02ca11223344 {'00' * 10} {ZEROS} 63825363"


def said(client: Client) -> tuple[int, bytes, int]:
    """To whom, the message, and its transaction."""
    ((to, data),) = client.outgoing()
    return to, data, int.from_bytes(data[4:8], "big")


def test_a_lease_from_discover_to_renewal_and_its_end() -> None:
    client = Client(MAC)
    client.start(5 * SEC)
    to, discover, xid = said(client)
    ids = "3d 07 01 02ca11223344  37 02 01 03"  # client identifier; wanted: mask, router
    assert to == 0xFFFF_FFFF
    assert discover == dhcp_bytes(header("01", xid, "8000") + "35 01 01" + ids + "ff")
    given = "36 04 0a0000fe  33 04 00000078  01 04 ffffff00  03 04 0a0000fd"  # server, 120 s, mask, router
    client.receive(
        dhcp_bytes(header("02", xid, "8000", yours="0a000032") + "35 01 02" + given + "ff"), 6 * SEC
    )
    to, request, same = said(client)
    assert (to, same) == (0xFFFF_FFFF, xid)
    wanted = ids + "32 04 0a000032  36 04 0a0000fe"  # requested address, server
    assert request == dhcp_bytes(header("01", xid, "8000") + "35 01 03" + wanted + "ff")
    client.receive(
        dhcp_bytes(header("02", xid, "8000", yours="0a000032") + "35 01 05" + given + "ff"), 7 * SEC
    )
    times = (66 * SEC, 111 * SEC, 126 * SEC)  # half, 7/8 and all of it after the REQUEST left
    assert client.lease == dhcp.Lease(0x0A00_0032, 0xFFFF_FF00, 0x0A00_00FD, 0x0A00_00FE, *times)
    assert client.next_timer() == 66 * SEC
    client.tick(66 * SEC)
    to, request, xid = said(client)
    assert to == 0x0A00_00FE  # the server alone, from the address that it has
    assert request == dhcp_bytes(header("01", xid, "0000", client="0a000032") + "35 01 03" + ids + "ff")
    client.tick(111 * SEC)
    assert (client.state, said(client)[0]) == (State.REBINDING, 0xFFFF_FFFF)
    client.tick(126 * SEC)
    assert (client.state, client.lease) == (State.SELECTING, None)


def test_probes_and_announcements() -> None:
    lla = linklocal.LinkLocal(MAC)
    lla.start(0)
    sent: list[tuple[int, bytes]] = []
    while (due := lla.next_timer()) is not None:
        lla.tick(due)
        sent += [(due, frame) for frame in lla.outgoing()]
    candidate = lla.address.to_bytes(4, "big").hex()
    probe = f"0001 0800 06 04 0001 02ca11223344 00000000 000000000000 {candidate}"  # sender's address is none
    announcement = f"0001 0800 06 04 0001 02ca11223344 {candidate} 000000000000 {candidate}"
    assert [frame for _, frame in sent] == [bytes.fromhex(probe)] * 3 + [bytes.fromhex(announcement)] * 2
    times = [t for t, _ in sent]
    gaps = [b - a for a, b in pairwise(times)]
    assert 0 <= times[0] <= SEC  # PROBE_WAIT
    assert all(SEC <= gap <= 2 * SEC for gap in gaps[:2])  # PROBE_MIN, PROBE_MAX
    assert gaps[2:] == [2 * SEC, 2 * SEC]  # ANNOUNCE_WAIT, ANNOUNCE_INTERVAL
    assert 0xA9FE_0100 <= lla.address <= 0xA9FE_FEFF


def test_kinds_are_those_of_option_53() -> None:
    assert {kind.name: kind.value for kind in Kind} == {
        "DISCOVER": 1,
        "OFFER": 2,
        "REQUEST": 3,
        "ACK": 5,
        "NAK": 6,
    }
