"""Control: denied, handed over, lost with a killed client, moved; by Aravis and viva-genicam.

Each check runs on the twin, and on sabotaged ones, where the very same function has to fail.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from peers.gvcp import CCP, CONTROL, Gvcp
from peers.netns import (
    ADDRESS,
    CAMTWIN,
    Namespace,
    RunningTwin,
    sabotaged,
    twin,
)
from peers.session import Session

SCP, HEARTBEAT_TIMEOUT, KEY = 0x0D00, 0x0938, 0x095C
SWITCHOVER = 4
MOVED = "127.0.0.9"


def denied(answer: Any) -> bool:
    return isinstance(answer, dict) and "access-denied" in answer["error"]


def check_second_client_is_denied(net: Namespace) -> None:
    """One Aravis streams; another may look and not touch, nor may viva, and the stream goes on."""
    with Session(net) as first, Session(net) as second:
        first("stream")
        assert first("frame") == "success"
        assert second("read", CCP) == CONTROL
        assert denied(second("set", "Gain", 6))
        assert denied(second("write", CCP, CONTROL))
        assert denied(second("write", CCP, 0))
        assert denied(second("write", SCP, 0))
        assert net.viva("write-reg", "--ip", ADDRESS, "--addr", "0xd00", "--value", "0", ok=False).returncode
        assert [first("frame") for _ in range(2)] == ["success"] * 2


def check_hand_over(net: Namespace) -> None:
    """Control goes from one Aravis to another, by key, while the stream goes on to the first."""
    with Session(net) as first, Session(net) as second:
        first("stream")
        assert first("frame") == "success"
        assert first("write", KEY, 0x4242) is None
        assert denied(second("write", CCP, 0x4242 << 16 | CONTROL))  # not offered yet
        assert first("write", CCP, CONTROL | SWITCHOVER) is None
        assert denied(second("write", CCP, 0x4243 << 16 | CONTROL))
        assert second("write", CCP, 0x4242 << 16 | CONTROL) is None
        assert second("read", CCP) == CONTROL
        assert denied(first("set", "Gain", 6))
        assert second("set", "Gain", 6) is True
        assert [first("frame") for _ in range(3)] == ["success"] * 3


def check_killed_client(net: Namespace) -> None:
    """kill -9 of a client that streams: in the heartbeat's time control is free and the wire quiet."""
    with net.socket() as sock:
        watcher = Gvcp(sock, ADDRESS)
        with Session(net) as first:
            first("stream")
            assert first("frame") == "success"
            assert first("set", "TLParamsLocked", 1) is not None
            timeout = watcher.read_register(HEARTBEAT_TIMEOUT) / 1000
            killed = time.monotonic()
            first.process.kill()
        while watcher.read_register(CCP):
            assert time.monotonic() < killed + timeout + 0.5, "control is still held"
            time.sleep(0.02)
        freed = time.monotonic() - killed
        assert freed > timeout - 1.5, "Aravis was heard a second before at the most"
        assert watcher.read_register(SCP) == 0
    time.sleep(0.1)
    before = loopback_bytes(net)
    time.sleep(0.3)
    assert loopback_bytes(net) - before < 10_000, "the stream goes on"
    check_whole_frames(net, ("set", "Width", 2048))  # the lock of the host that is gone no longer holds


def loopback_bytes(net: Namespace) -> int:
    return int(net.run("cat", "/sys/class/net/lo/statistics/rx_bytes").stdout)


def check_whole_frames(net: Namespace, *before: Sequence[Any]) -> None:
    """Receive frames in a session of its own, after steps that must not be denied."""
    with Session(net) as client:
        assert not any(denied(client(*step)) for step in before)
        client("stream")
        assert [client("frame") for _ in range(3)] == ["success"] * 3


def check_killed_twin(net: Namespace, command: Any) -> None:
    """kill -9 of a twin that sends a frame: started again it has its address and sends whole ones."""
    with RunningTwin(net, command) as running, Session(net) as client:
        client("stream")
        assert client("frame") == "success"
        time.sleep(0.05)  # a frame takes 0.1 s, and the next follows at once
        running.kill()
        with RunningTwin(net, command):
            check_whole_frames(net)


def check_forced(net: Namespace, tmp: Path) -> None:
    """viva moves the twin; Aravis finds it there, and streams from there. Under control it stays."""
    (camera,) = net.viva_json("list")
    move = ("set-ip", "--mac", camera["mac"], "--subnet", "255.0.0.0", "--force", "--ip")
    with net.socket() as sock:
        holder = Gvcp(sock, ADDRESS)
        net.viva("set-ip", "--mac", "02:CA:00:00:00:00", *move[3:], MOVED, ok=False)
        holder.write_register(CCP, CONTROL)
        net.viva(*move, MOVED, ok=False)
        assert net.found() == [ADDRESS]
        holder.write_register(CCP, 0)
    net.viva(*move, MOVED)
    assert net.found() == [MOVED]
    assert net.viva_json("get", "--ip", MOVED, "--name", "Width")["value"] == "4096"
    got = net.aravis("grab", "--address", MOVED, "--frames", "2")
    assert [f["status"] for f in got["frames"]] == ["success"] * 2
    net.viva(*move, "0.0.0.0", ok=False)  # it waits for an acknowledge, which there is none
    assert net.found() == [ADDRESS]


CHECKS = {
    "denied": lambda net, tmp: check_second_client_is_denied(net),
    "hand-over": lambda net, tmp: check_hand_over(net),
    "killed-client": lambda net, tmp: check_killed_client(net),
    "forced": check_forced,
}


@pytest.mark.parametrize("name", CHECKS)
def test_control(name, tmp_path):
    with twin() as net:
        CHECKS[name](net, tmp_path)


@pytest.mark.parametrize(
    ("sabotage", "name"),
    [
        ("control-for-all", "denied"),
        ("switchover-keyless", "hand-over"),
        ("heartbeat-endless", "killed-client"),
        ("stream-goes-on", "killed-client"),
        ("lock-outlives", "killed-client"),
        ("force-ip-registers-only", "forced"),
        ("force-ip-always", "forced"),
    ],
)
def test_turns_red(sabotage, name, tmp_path):
    with twin(command=sabotaged(sabotage)) as net, pytest.raises(AssertionError):
        CHECKS[name](net, tmp_path)


def test_killed_twin():
    with Namespace() as net:
        check_killed_twin(net, CAMTWIN)


def test_killed_twin_turns_red():
    with Namespace() as net, pytest.raises(AssertionError):
        check_killed_twin(net, sabotaged("sockets-inherited"))
