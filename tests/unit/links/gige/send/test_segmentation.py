"""Large datagrams: used where the kernel cuts them, or where no listener would see them whole."""

from __future__ import annotations

import os
import socket
from contextlib import closing
from pathlib import Path

import pytest

from camtwin.links.gige.send import loopback, segmentation
from camtwin.links.gige.send.segmentation import Segmentation

HEAD = "sk               RefCnt Type Proto  Iface R Rmem   User   Inode\n"
LO = socket.if_nametoindex("lo")


def row(index: int) -> str:
    return f"00000000681a86b1 3      3    0800   {index:<5} 1 0      0      909739\n"


class Whole:
    """An interface that takes large datagrams whole, or does not."""

    on = True

    def __init__(self, interface: str) -> None:
        pass

    def close(self) -> None:
        pass


def cuts(interface: str, address: str) -> bool:
    with closing(Segmentation(interface)) as asked:
        return asked.cuts(address)


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Return the kernel's list of packet sockets, where loopback takes large datagrams whole."""
    file = tmp_path / "packet"
    monkeypatch.setattr(loopback, "PACKET_SOCKETS", file)
    monkeypatch.setattr(segmentation, "_Feature", Whole)
    return file


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        (HEAD, True),
        (HEAD + row(LO + 1), True),  # another interface's
        (HEAD + row(LO), False),
        (HEAD + row(LO).replace("0800", "0000"), True),  # one that only sends
        (HEAD + row(LO + 1) + row(0), False),  # of any interface
        (HEAD + row(LO).replace(f" {LO} ", " lo "), False),
        (HEAD + "0000\n", False),
        (HEAD.replace("Iface", "Inode"), False),
        ("", False),
        (None, False),  # it cannot be read
    ],
)
def test_on_loopback_as_long_as_no_packet_socket_listens(
    listed: Path, text: str | None, allowed: bool
) -> None:
    if text is not None:
        listed.write_text(text)
    assert cuts("lo", "127.0.0.1") is allowed


def test_who_listens_on_another_computer_is_not_known(listed: Path) -> None:
    listed.write_text(HEAD)
    assert cuts("eth0", "203.0.113.1") is False


def test_where_the_kernel_cuts_it_matters_to_nobody(listed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Whole, "on", False)
    assert cuts("eth0", "203.0.113.1") is True
    assert cuts("lo", "127.0.0.1") is True


def test_the_kernels_own_list_is_understood() -> None:
    with closing(loopback.PacketSockets()) as sockets:
        assert sockets.see_loopback() in (True, False)


def test_what_is_listed_is_read_anew_each_time(listed: Path) -> None:
    listed.write_text(HEAD)
    with closing(Segmentation("lo")) as asked:
        assert asked.cuts("127.0.0.1") is True
        listed.write_text(HEAD + row(LO))
        assert asked.cuts("127.0.0.1") is False
        listed.write_text(HEAD)
        assert asked.cuts("127.0.0.1") is True


def test_it_leaves_nothing_open() -> None:
    before = len(os.listdir("/proc/self/fd"))
    with closing(Segmentation("lo")) as asked:
        asked.cuts("127.0.0.1")
        asked.cuts("203.0.113.1")
        assert asked.cuts("127.0.0.1") in (True, False)
    assert len(os.listdir("/proc/self/fd")) == before
