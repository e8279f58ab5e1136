"""A save into flash takes its time: stock Aravis is told so by PENDING_ACK and waits; it is done once.

At a slow pace it takes longer than Aravis would wait (six times half a second).
"""

from __future__ import annotations

import re
import struct
import time

import pytest

from camtwin.models import load
from peers.gvcp import CCP, CONTROL, PENDING_ACK, WRITEREG, Gvcp
from peers.netns import ADDRESS, MODEL, Namespace, sabotaged, twin
from peers.session import Session

GVCP_CONFIGURATION, WANTED = 0x954, 2
SAVE_S = load(MODEL).memory.store_ns / 1e9  # an assumption: no outside source has it
SLOW = 0.07
TRIES = 3
USER_SET_1 = 1


def check_patient(net: Namespace) -> None:
    """Aravis waits for as long as it is told, and still has control then."""
    assert SAVE_S / SLOW > 6 * 0.5
    with Session(net) as client:
        assert client("write", GVCP_CONFIGURATION, WANTED) is None
        assert client("set", "UserSetSelector", "UserSet1") is True
        began = time.monotonic()
        assert client("execute", "UserSetSave") is None
        assert time.monotonic() - began >= SAVE_S / SLOW
        assert client("set", "Gain", 6) is True


def check_once(net: Namespace) -> None:
    """Send a save three times: it is pending three times and acknowledged once, in its time."""
    with net.socket() as sock:
        client = Gvcp(sock, ADDRESS)
        address = save_address(client.xml(), USER_SET_1)
        client.write_register(CCP, CONTROL)
        client.write_register(GVCP_CONFIGURATION, WANTED)
        command = struct.pack(">BBHHHII", 0x42, 1, WRITEREG, 8, 0x777, address, 1)
        told: list[int] = []
        sock.settimeout(2)
        began = time.monotonic()
        for _ in range(TRIES):
            sock.sendto(command, client.peer)
            status, kind, length, answered, _, left_ms = struct.unpack(">6H", sock.recv(2048))
            assert (status, kind, length, answered) == (0, PENDING_ACK, 4, 0x777)
            told.append(left_ms)
            time.sleep(0.03)
        assert told == sorted(told, reverse=True)
        assert told[0] > told[-1] + 30 * (TRIES - 1) - 1
        assert SAVE_S * 1000 - 20 < told[0] <= SAVE_S * 1000
        assert struct.unpack(">4HI", sock.recv(2048)) == (0, WRITEREG + 1, 4, 0x777, 1)
        assert time.monotonic() - began >= SAVE_S * 0.99
        sock.settimeout(2 * SAVE_S)
        with pytest.raises(TimeoutError):
            sock.recv(2048)


def save_address(xml: str, user_set: int) -> int:
    """Return the address of UserSetSave of a user set, from the description."""
    command = re.search(r'<Command Name="UserSetSave".*?<pValue>(\w+)</pValue>', xml, re.DOTALL)
    assert command
    register = rf'<IntReg Name="{command[1]}".*?<Address>(\w+)</Address><pIndex Offset="(\d+)">'
    found = re.search(register, xml, re.DOTALL)
    assert found
    return int(found[1], 0) + int(found[2]) * user_set


CHECKS = {"patient": (check_patient, ("--pace", str(SLOW))), "once": (check_once, ())}


@pytest.mark.parametrize("name", CHECKS)
def test_pending(name):
    check, options = CHECKS[name]
    with twin(*options) as net:
        check(net)


@pytest.mark.parametrize(
    ("sabotage", "name"),
    [
        ("pending-silent", "patient"),
        ("pending-in-camera-time", "patient"),
        ("pending-forgets-heartbeat", "patient"),
        ("saves-take-no-time", "once"),
        ("pending-again-and-again", "once"),
    ],
)
def test_turns_red(sabotage, name):
    check, options = CHECKS[name]
    with twin(*options, command=sabotaged(sabotage)) as net, pytest.raises((AssertionError, TimeoutError)):
        check(net)
