"""Transfers that go wrong on purpose, as Aravis takes them and as tshark reads them from USB/IP.

Aravis has whole frames, those of a wrong size, and misses those without a leader; tshark reads the status
and the length of each transfer. It captures on the loopback, which needs root.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

from camtwin.testing.served import UsbTwin
from peers.faulty import PACED, USB_MODEL, aravis, faulty
from peers.test_usb3_wireshark import tshark
from peers.test_wireshark import listening

FRAMES: Final = 10
EPIPE, EOVERFLOW = -32, -75
PLAIN: Final = {"leader": (0, 52), 1: (0, 4096), "trailer": (0, 32)}
"""Status and bytes of the transfers of a frame of 64 x 64."""
STREAM_ENDPOINT: Final = 3

Place = tuple[int, int | str]
Faults = Mapping[str, list[Place]]
WRONG: Final[Faults] = {
    "short": [(1, 1), (4, "leader"), (5, "trailer")],
    "babble": [(2, 1), (6, "leader"), (8, "trailer")],
}
HALTED: Final[Faults] = {"short": [(0, 1)], "stall": [(3, 1)]}


def expected(faults: Faults, frames: int) -> list[tuple[int, int]]:
    """Return status and bytes of each transfer until the endpoint is halted."""
    asked = {place: kind for kind, places in faults.items() for place in places}
    transfers = list[tuple[int, int]]()
    for block in range(frames):
        for part, (status, count) in PLAIN.items():
            match asked.get((block, part)):
                case "stall":
                    return [*transfers, (EPIPE, 0)]
                case "short":
                    transfers.append((status, count // 2))
                case "babble":
                    transfers.append((EOVERFLOW, 0))
                case _:
                    transfers.append((status, count))
    return transfers


def on_the_wire(port: int, file: Path) -> list[tuple[int, int]]:
    """Return status and bytes of each answered transfer of the stream's endpoint, as tshark reads them."""
    names = ("urb", "sequence_no", "endpoint_number", "status", "actual_length")
    read = ("-r", file, "-d", f"tcp.port=={port},usbip", "-Y", "usbip.sequence_no", "-T", "fields")
    said = tshark(*read, "-E", "occurrence=f", *(a for name in names for a in ("-e", f"usbip.{name}")))
    rows = [[int(value, 0) if value else 0 for value in line.split("\t")] for line in said.splitlines()]
    stream = {number for kind, number, endpoint, *_ in rows if kind == 1 and endpoint == STREAM_ENDPOINT}
    return [(status, count) for kind, number, _, status, count in rows if kind == 3 and number in stream]


def session(tmp: Path, faults: Faults, breaks: str = "") -> tuple[dict[int, str], list[tuple[int, int]]]:
    """Return Aravis' status of each block, and the transfers on the wire."""
    with faulty(UsbTwin, USB_MODEL, PACED, breaks=breaks) as twin:
        twin.inject("transfers", **faults)
        with listening((), f"tcp port {twin.port}", tmp / "usb.pcapng"), aravis(twin) as client:
            client("stream")
            rows = client("take", FRAMES, 1)
        return {block: status for status, block, *_ in rows}, on_the_wire(twin.port, tmp / "usb.pcapng")


def check_wrong(tmp: Path, breaks: str = "") -> None:
    """Check a frame of each fault; a leader that is too short is one that Aravis takes as it is."""
    statuses, transfers = session(tmp, WRONG, breaks)
    whole = dict.fromkeys(range(FRAMES), "success")
    odd = {1: "size-mismatch", 2: "size-mismatch"}
    del whole[6]  # without a leader there is no frame
    assert {block: statuses.get(block) for block in range(8)} == {
        block: odd.get(block, whole.get(block)) for block in range(8)
    }
    assert statuses[8] != "success"
    until_8 = expected(WRONG, 9)
    assert transfers[: len(until_8)] == until_8


def check_halted(tmp: Path, breaks: str = "") -> None:
    """Check that nothing comes behind a stalled transfer: Aravis asks again, but clears no endpoint."""
    statuses, transfers = session(tmp, HALTED, breaks)
    assert statuses == {0: "size-mismatch", 1: "success", 2: "success"}
    until_halt = expected(HALTED, FRAMES)
    assert transfers[: len(until_halt)] == until_halt
    assert {*transfers[len(until_halt) :]} == {(EPIPE, 0)}


CHECKS = [check_wrong, check_halted]


@pytest.mark.parametrize("check", CHECKS)
def test_transfers_go_wrong_where_they_are_asked_for(check, tmp_path):
    check(tmp_path)


@pytest.mark.parametrize("check", CHECKS)
def test_each_check_turns_red(check, tmp_path):
    with pytest.raises(AssertionError):
        check(tmp_path, "transfers-beside")
