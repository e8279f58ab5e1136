"""Several twins at once: stock Aravis and viva-genicam tell them apart, and Aravis streams from all."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path

import pytest

from peers.aravis import RATE_4
from peers.gvcp import Gvcp
from peers.lan import Lan
from peers.netns import CAMTWIN, MODEL, Namespace, RunningTwin, sabotaged, twin


def check_two_listed(net: Namespace) -> None:
    found = re.findall(r"-(\S+) \((\S+)\)", net.run("arv-tool-0.8").stdout)
    assert sorted(address for _, address in found) == ["127.0.0.1", "127.0.0.2"]
    assert len({serial for serial, _ in found}) == 2


@pytest.mark.parametrize(("serial", "works"), [("8", nullcontext()), ("7", pytest.raises(AssertionError))])
def test_two_twins(serial, works):
    """Two cameras side by side; two with one serial number are one too few."""
    with (
        twin("--serial", "7") as net,
        RunningTwin(net, CAMTWIN, "--serial", serial, bind="127.0.0.2"),
        works,
    ):
        check_two_listed(net)


def check_many(net: Namespace, count: int) -> None:
    """All are listed, each with a serial number and an address of its own, and stream at once."""
    found = re.findall(r"-(\S+) \((\S+)\)", net.run("arv-tool-0.8").stdout)
    addresses = [f"127.0.0.{n}" for n in range(1, count + 1)]
    assert sorted(address for _, address in found) == addresses
    assert len({serial for serial, _ in found}) == count
    with net.socket() as sock:
        assert len({Gvcp(sock, a).read(0x08, 8) for a in addresses}) == count  # hardware addresses
    check_all_stream(net, addresses)


def check_all_stream(net: Namespace, addresses: list[str]) -> None:
    # --plain-socket: until its packet socket has a filter Aravis takes packets of the others for its own
    ask = (*RATE_4, "--set", "Width=1024", "--set", "Height=768", "--times-only", "--frames", "12",
           "--plain-socket")  # fmt: skip
    with ThreadPoolExecutor(len(addresses)) as pool:
        runs = [pool.submit(net.aravis, "grab", "--address", address, *ask) for address in addresses]
    for got in (run.result() for run in runs):
        assert [f["status"] for f in got["frames"]] == ["success"] * 12
        assert got["stream"]["n_failures"] == got["stream"]["n_missing_packets"] == 0


@pytest.mark.parametrize(
    ("damage", "works"), [(None, nullcontext()), ("seeds-alike", pytest.raises(AssertionError))]
)
def test_eight_twins_in_one_process(damage, works):
    more = [MODEL] * 7
    with twin(*more, command=sabotaged(damage) if damage else CAMTWIN) as net, works:
        check_many(net, 8)


def check_two_on_one_cable(lan: Lan) -> None:
    """Both are found at the far end of a cable, and opened by their hardware addresses."""
    addresses = ["10.0.0.2", "10.0.0.3"]
    found = lan.host.aravis("devices")
    assert sorted(address for _, address in found["listed"].values()) == addresses
    assert len({serial for serial, _ in found["listed"].values()}) == 2
    assert found["opened"] == found["listed"]
    macs = {camera["ip"]: camera["mac"].lower() for camera in lan.viva_finds()}
    assert macs == {address: mac for mac, (_, address) in found["listed"].items()}
    check_all_stream(lan.host, addresses)


@pytest.mark.parametrize(
    ("damage", "works"), [(None, nullcontext()), ("macs-of-interfaces", pytest.raises(AssertionError))]
)
def test_two_twins_on_one_interface(damage, works, tmp_path: Path):
    """Two addresses of one network card are two cameras, as a camera is known by its hardware address."""
    with Lan(tmp_path) as lan:
        for address in ("10.0.0.2", "10.0.0.3"):
            lan.camera.run("ip", "addr", "add", f"{address}/24", "dev", "veth0")
        lan.camera.run("ip", "link", "set", "veth0", "up")
        command = sabotaged(damage) if damage else CAMTWIN
        with RunningTwin(lan.camera, command, MODEL, "--bind", "10.0.0.3", bind="10.0.0.2"), works:
            check_two_on_one_cable(lan)
