"""Several twins at once: stock Aravis tells them apart and streams from all."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

import pytest

from peers.aravis import RATE_4
from peers.gvcp import Gvcp
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
    # --plain-socket: until its packet socket has a filter Aravis takes packets of the others for its own
    ask = (*RATE_4, "--set", "Width=1024", "--set", "Height=768", "--times-only", "--frames", "12",
           "--plain-socket")  # fmt: skip
    with ThreadPoolExecutor(count) as pool:
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
