"""Addresses of a twin with an interface of its own: by a lease, without one, at its stored address.

A real DHCP server leases, Aravis and viva-genicam look. Each check runs on the twin, and on sabotaged ones,
where the very same function has to fail.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from peers.gvcp import CCP, CONTROL, Gvcp
from peers.lan import Dnsmasq, Lan
from peers.netns import CAMTWIN, MODEL, sabotaged
from peers.session import Session

FIRST, SECOND, KEPT, FORCED = "10.0.0.50", "10.0.0.77", "10.0.0.9", "10.0.0.88"


def check_leases(tmp: Path, command: Any) -> None:
    """Find the twin after a lease, after its renewal with another address, and on link-local."""
    with Lan(tmp) as lan, Dnsmasq(lan, 50) as server, lan.twin(command=command) as twin:
        assert lan.wait(lambda found: found == [FIRST])
        (camera,) = lan.viva_finds()
        assert (camera["ip"], camera["subnet"], camera["gateway"]) == (FIRST, "255.255.255.0", "10.0.0.1")
        server.kill()
        with Dnsmasq(lan, 77):
            assert lan.wait(lambda found: found == [SECOND])
            assert lan.viva_finds()[0]["ip"] == SECOND
            assert "4096" in lan.host.arv_tool("control", "Width", address=SECOND)
        lan.wait(lambda found: found != [SECOND])
        lan.host.run("ip", "addr", "add", "169.254.0.9/16", "dev", "host0")
        (at,) = lan.wait(lambda found: any(each.startswith("169.254.") for each in found))
        assert lan.viva_finds()[0]["ip"] == at
        assert "4096" in lan.host.arv_tool("control", "Width", address=at)
        assert not twin.traceback


def check_persistent(tmp: Path, command: Any) -> None:
    """viva writes a persistent address, Aravis turns it on; from power-on it is there, whoever leases.

    viva-camctl 0.10 turns on what it takes for that bit, and leaves the standard's as it is.
    """
    kept = ("--nonvolatile", str(tmp / "kept"))
    with Lan(tmp) as lan, Dnsmasq(lan, 50, "infinite"):
        with lan.twin(*kept, command=command):
            (camera,) = lan.viva_finds()
            at = ("--subnet", "255.255.255.0", "--gateway", "10.0.0.1", "--ip", KEPT)
            lan.host.viva("set-ip", "--mac", camera["mac"], *at, iface="10.0.0.1")
            said = lan.host.arv_tool("control", "GevCurrentIPConfigurationPersistentIP=true", address=FIRST)
            assert "true" in said
            assert lan.host.found() == [FIRST]
        with lan.twin(*kept, command=command):
            assert lan.host.found() == [KEPT]
            assert lan.viva_finds()[0]["gateway"] == "10.0.0.1"
            got = lan.host.aravis("grab", "--address", KEPT, "--frames", "2")
            assert [f["status"] for f in got["frames"]] == ["success"] * 2


def check_forced(tmp: Path, command: Any) -> None:
    """FORCEIP reaches it wherever it is, and is gone with the power."""
    with Lan(tmp) as lan:
        with lan.twin(command=command):
            (camera,) = lan.viva_finds()
            assert camera["ip"].startswith("169.254.")
            force = ("set-ip", "--force", "--mac", camera["mac"], "--subnet", "255.255.255.0", "--ip")
            lan.host.viva(*force, FORCED, iface="10.0.0.1")
            assert lan.wait(lambda found: found == [FORCED])
            assert "4096" in lan.host.arv_tool("control", "Width", address=FORCED)
        with Dnsmasq(lan, 50), lan.twin(command=command):
            assert lan.wait(lambda found: found == [FIRST])


def check_cable(tmp: Path, command: Any) -> None:
    """Out for less than the heartbeat's time the stream goes on; in another network it is found there."""
    with Lan(tmp) as lan, lan.twin(command=command), lan.host.socket() as sock:
        lan.host.run("ip", "addr", "add", "169.254.0.9/16", "dev", "host0")
        (at,) = lan.wait(lambda found: any(each.startswith("169.254.") for each in found))
        with Session(lan.host, address=at) as client:
            client("stream")
            assert client("frame") == "success"
            lan.cable(up=False)
            time.sleep(0.7)
            lan.cable(up=True)
            assert "success" in [client("frame") for _ in range(8)]
            assert Gvcp(sock, at).read_register(CCP) == CONTROL
            lan.cable(up=False)
            time.sleep(2)  # the kernel looks at a link that changes often once a second
            with Dnsmasq(lan, 77, "infinite"):
                lan.host.run("ip", "addr", "replace", "10.0.0.1/24", "dev", "host0")
                lan.cable(up=True)
                assert lan.wait(lambda found: found == [SECOND])
        assert Gvcp(sock, SECOND).read_register(CCP) == 0  # who was in control spoke with another address


def check_two(tmp: Path, command: Any) -> None:
    """One process, two interfaces, two networks: each twin is found in its own, and streams there."""
    with Lan(tmp, cables=2) as lan, Dnsmasq(lan, 50), lan.twin(MODEL, command=command):
        assert sorted(lan.wait(lambda found: len(found) == 2)) == [FIRST, "10.0.1.50"]
        for n in range(2):
            assert [camera["ip"] for camera in lan.viva_finds(n)] == [f"10.0.{n}.50"]
            got = lan.host.aravis("grab", "--address", f"10.0.{n}.50", "--frames", "2")
            assert [f["status"] for f in got["frames"]] == ["success"] * 2


CHECKS = {
    "leases": check_leases,
    "persistent": check_persistent,
    "forced": check_forced,
    "cable": check_cable,
    "two": check_two,
}


@pytest.mark.parametrize("name", CHECKS)
def test_addresses(name, tmp_path):
    CHECKS[name](tmp_path, CAMTWIN)


@pytest.mark.parametrize(
    ("sabotage", "name"),
    [
        ("lease-never-renewed", "leases"),
        ("sockets-stay-behind", "leases"),
        ("no-link-local", "leases"),
        ("persistent-forgotten", "persistent"),
        ("force-ip-registers-only", "forced"),
        ("cable-unheard", "cable"),
        ("every-broadcast-answered", "two"),
    ],
)
def test_turns_red(sabotage, name, tmp_path, monkeypatch):
    monkeypatch.setattr("peers.lan.PATIENCE_s", 12)
    with pytest.raises(AssertionError):
        CHECKS[name](tmp_path, sabotaged(sabotage))


def test_it_says_in_a_line_what_it_cannot_have(tmp_path):
    with Lan(tmp_path) as lan:

        def refused(*args: str) -> str:
            done = lan.camera.run(*CAMTWIN, "run", MODEL, *args, ok=False)
            assert done.returncode
            (line,) = (done.stdout + done.stderr).strip().splitlines()
            return line

        assert "there is no network interface veth9" in refused("--interface", "veth9")
        assert "lo is a loopback" in refused("--interface", "lo")
        lan.camera.run("ip", "addr", "add", "10.0.0.2/24", "dev", "veth0")
        assert "veth0 has the address 10.0.0.2" in refused("--interface", "veth0")
        lan.camera.run("ip", "addr", "flush", "dev", "veth0")
        plain = ("setpriv", "--bounding-set=-net_admin,-net_raw", "--inh-caps=-net_admin,-net_raw")
        done = lan.camera.run(*plain, *CAMTWIN, "run", MODEL, "--interface", "veth0", ok=False)
        (line,) = (done.stdout + done.stderr).strip().splitlines()
        assert "needs CAP_NET_ADMIN" in line


def test_it_leaves_its_interface_as_it_was(tmp_path):
    with Lan(tmp_path) as lan, Dnsmasq(lan, 50):
        with lan.twin():
            assert "10.0.0.50/24" in lan.camera.run("ip", "-4", "addr", "show", "veth0").stdout
        assert "inet" not in lan.camera.run("ip", "-4", "addr", "show", "veth0").stdout
