"""Scenarios live: two stock Aravis clients at two twins that a PLC triggers, in one virtual time."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from peers.netns import CAMTWIN, EVERYBODY, Namespace, PeerError, Running, sabotaged

SCENARIOS = Path(__file__).parents[2] / "examples/scenarios"
ADDRESSES = ("127.0.0.1", "127.0.0.2")
PERIOD_ns, COUNT, EXPOSED_ns = 120_000_000, 3, 97_700
PULSES_ms = (20, 140, 260)
TICK_ns = 8
OVER_s = 30
LOOKS = 3
"""Aravis waits a second for answers, which a busy computer may miss."""


def grab(net: Namespace, address: str) -> list[dict]:
    """COUNT frames of one camera, small ones, with the time of each."""
    wanted = ("Width=64", "Height=48", "ChunkModeActive=true", "ChunkSelector=Timestamp", "ChunkEnable=true")
    settings = [part for text in wanted for part in ("--set", text)]
    # --plain-socket: until its packet socket has a filter Aravis takes packets of the others for its own
    asked = ("--plain-socket", "--frames", str(COUNT), "integer:ChunkTimestamp")
    got = net.aravis("chunks", "--address", address, *settings, *asked)
    assert [frame["status"] for frame in got["frames"]] == ["success"] * COUNT
    return got["frames"]


def live(
    name: str, clients: Sequence[str], command: Sequence[str | Path] = CAMTWIN, picture: str = ""
) -> tuple[list[list[dict]], Any]:
    """Return the clients' frames of a scenario, and its report."""
    draw = ("--draw", picture) if picture else ()
    with Namespace() as net:
        scenario = SCENARIOS / f"{name}.toml"
        with Running(net, *command, "play", scenario, "--live", "--json", *draw) as running:
            found: set[str] = set()
            for _ in range(LOOKS):
                if not found.issuperset(clients):
                    found |= set(net.found())
            with ThreadPoolExecutor(len(clients)) as pool:
                frames = list(pool.map(lambda address: grab(net, address), clients))
            running.process.wait(OVER_s)
        if running.process.returncode not in (0, 1) or running.traceback:
            raise PeerError("".join(running.said))
        assert found == set(clients)
        begins = running.said.index("{\n")
        report = json.loads("".join(running.said[begins:]))
        assert running.process.returncode == (report["verdict"] == "wrong")
        return frames, report


ACTED = """
seconds = 20
[plan]
wires = [["psu.+", "cam1.VCC"], ["psu.-", "cam1.GND"], ["psu.+", "cam2.VCC"], ["psu.-", "cam2.GND"]]
[plan.devices]
cam1 = { kind = "camera", model = "baumer-vcxg-124m" }
cam2 = { kind = "camera", model = "baumer-vcxg-124m" }
psu = { kind = "supply", volts = 24, amperes = 2 }
"""
KEYS = {"ActionDeviceKey": 7, "ActionGroupKey": 3, "ActionGroupMask": 1}


def check_action(command: Sequence[str | Path] = CAMTWIN) -> None:
    """One action, broadcast by viva-genicam, exposes both in the same tick."""
    settings = ["TriggerMode=On", "TriggerSource=Action1", *(f"{name}={key}" for name, key in KEYS.items())]
    said = "".join(f"[cameras.{name}]\nset = {json.dumps(settings)}\n" for name in ("cam1", "cam2"))
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as file, Namespace() as net:
        file.write(ACTED + said)
        file.flush()
        with Running(net, *command, "play", file.name, "--live") as running:
            with ThreadPoolExecutor(2) as pool:
                grabbing = [pool.submit(grab, net, address) for address in ADDRESSES]
                while not any("starts\n" in line for line in running.said):
                    time.sleep(0.1)
                    assert not any(each.done() for each in grabbing)
                for _ in range(COUNT):
                    assert net.action(*KEYS.values(), to=EVERYBODY) == len(ADDRESSES)
                one, two = ([frame["ChunkTimestamp"] for frame in each.result()] for each in grabbing)
            assert one == two
            assert len(set(one)) == COUNT


def words(report: Any) -> set[tuple[str, str]]:
    return {(note["where"].split(" ")[0], note["word"]) for note in report["notes"]}


def check_edges(command: Sequence[str | Path] = CAMTWIN, picture: str = "") -> None:
    """Each edge of the PLC exposes both in the same tick, and edges are as far apart as the PLC has them."""
    (one, two), report = live("plc-two-cameras", ADDRESSES, command, picture)
    times = [[frame["ChunkTimestamp"] for frame in frames] for frames in (one, two)]
    assert times[0] == times[1]
    assert all(abs(b - a - PERIOD_ns) <= TICK_ns for a, b in pairwise(times[0]))
    assert words(report) == set()
    for name in ("cam1", "cam2"):
        told, link = report["cameras"][name], report["links"][name]
        assert told["missing"] == 0
        assert told["delivered"] >= COUNT
        assert link["frames"] >= COUNT
        assert link["dropped_frames"] == 0
    assert report["problems"] == []


def check_overload(command: Sequence[str | Path] = CAMTWIN) -> None:
    """Check that the lamp beyond 50 mA flashes, and that its overload is reported at each flash."""
    _, report = live("lamp-beyond-50-mA", ADDRESSES, command)
    assert words(report) == {("cam1.process.6", "overload")}
    told = [note["ms"] for note in report["notes"]]
    flashes = [ms + (EXPOSED_ns + 3000) / 1e6 for ms in PULSES_ms]  # the optocoupler takes 3 us to switch on
    assert told[:COUNT] == pytest.approx(flashes, abs=1e-3)


def check_gpio(command: Sequence[str | Path] = CAMTWIN) -> None:
    """24 V against an output that is low break it; both cameras are triggered on."""
    _, report = live("gpio-at-24-volts", ADDRESSES, command)
    assert words(report) == {("cam2.process.1", "damaged"), ("encoder", "overload")}


def check_reversed(command: Sequence[str | Path] = CAMTWIN) -> None:
    """Check that the camera with a reversed supply is not found, and that the other one works."""
    (two,), report = live("supply-reversed", ADDRESSES[1:], command)
    assert words(report) == {("cam1.process.2", "reversed supply")}
    assert report["cameras"]["cam1"]["triggers"] == report["links"]["cam1"]["frames"] == 0
    assert report["cameras"]["cam2"]["delivered"] >= len(two)


CHECKS = {
    "action": check_action,
    "edges": check_edges,
    "overload": check_overload,
    "gpio": check_gpio,
    "reversed": check_reversed,
}


@pytest.mark.parametrize("name", CHECKS)
def test_aravis(name):
    CHECKS[name]()


@pytest.mark.parametrize(
    ("sabotage", "name"),
    [
        ("broadcasts-heard-alone", "action"),
        ("pulses-drift", "edges"),
        ("second-hears-late", "edges"),
        ("frames-unaccounted", "edges"),
        ("overloads-untold", "overload"),
        ("overloads-untold", "gpio"),
        ("answers-without-power", "reversed"),
    ],
)
def test_turns_red(sabotage, name):
    with pytest.raises(AssertionError):
        CHECKS[name](sabotaged(sabotage))


def test_it_is_drawn(tmp_path):
    check_edges(picture=str(tmp_path / "timing.png"))
    assert (tmp_path / "timing.png").read_bytes().startswith(b"\x89PNG")
