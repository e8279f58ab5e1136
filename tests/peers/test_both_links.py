"""A GigE and a USB3 Vision camera in one process, each triggered by the other, with a client each."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from camtwin.rig.scenario.play import play
from camtwin.rig.scenario.schema import parse
from peers.netns import CAMTWIN, HERE, SYSTEM_PYTHON, Namespace, PeerError, Running, sabotaged

SCENARIO = Path(__file__).parents[2] / "examples/scenarios/gige-and-usb3.toml"
FRAMES = 25
CAMERAS = ("gige", "usb3")
OVER_s = 60
TICK_ns = 8  # of the GigE camera's clock
LINE_us = 14.03  # of the USB3 camera's sensor


def grab(net: Namespace, *prefix: str | Path, address: str, patience_s: int) -> list[int]:
    """Return the times of FRAMES frames by a camera's own clock."""
    command = (SYSTEM_PYTHON, HERE / "aravis_grab.py", "--address", address, "--frames", str(FRAMES))
    got = json.loads(net.run(*prefix, *command, "--timeout", str(patience_s), timeout=60).stdout)
    assert [frame["status"] for frame in got["frames"]] == ["success"] * FRAMES
    return [frame["timestamp_ns"] for frame in got["frames"]]


def usb_port(running: Running) -> str:
    """Return the port of the USB/IP server, once the twin has printed it."""
    end = time.monotonic() + 10
    while not (said := re.search(r"usb3: .* ready at 127\.0\.0\.1:(\d+) \(USB/IP\)", "".join(running.said))):
        assert time.monotonic() < end, "".join(running.said)
        time.sleep(0.05)
    return said[1]


def live(command: Sequence[str | Path], *steps: str, patience_s: int) -> tuple[list[list[int]], Any]:
    """Return the clients' frames of a live scenario, and its report."""
    more = [part for step in steps for part in ("--step", step)]
    with Namespace() as net:
        with Running(net, *command, "play", SCENARIO, "--live", "--json", "--port", "0", *more) as running:
            port = usb_port(running)
            clients = (
                lambda: grab(net, address="127.0.0.1", patience_s=patience_s),
                lambda: grab(
                    net, *CAMTWIN, "exec", "--port", port, "--", address="usb", patience_s=patience_s
                ),
            )
            with ThreadPoolExecutor(2) as pool:
                times = [client.result() for client in [pool.submit(client) for client in clients]]
            running.process.wait(OVER_s)
        if running.process.returncode or running.traceback:
            raise PeerError("".join(running.said))
        return times, json.loads("".join(running.said[running.said.index("{\n") :]))


def virtual() -> list[list[int]]:
    """Return the beginnings of the same frames in virtual time."""
    played = play(parse(SCENARIO.read_text()))
    return [
        [t for t, what, _ in played.accounts[name].moments if what == "ExposureStart"][:FRAMES]
        for name in CAMERAS
    ]


def check(command: Sequence[str | Path] = CAMTWIN, *steps: str, patience_s: int = 15) -> None:
    """Frame by frame, each begins after the other camera's edge as in virtual time, to the clock's tick."""
    (gige, usb3), report = live(command, *steps, patience_s=patience_s)
    first, second = virtual()
    assert [t - gige[0] for t in gige] == pytest.approx([t - first[0] for t in first], abs=2 * TICK_ns)
    assert [t - usb3[0] for t in usb3] == [t - second[0] for t in second]
    assert usb3[0] - gige[0] == pytest.approx(second[0] - first[0], abs=2 * TICK_ns)
    assert report["problems"] == []
    for name in CAMERAS:
        assert report["cameras"][name]["missing"] == 0
        assert report["links"][name]["dropped_frames"] == 0


def test_each_triggers_the_other():
    check()


def test_edges_lie_as_data_sheets_have_them():
    """From exposure to exposure: optocouplers 3 and 40 us, filters 1 and 2, sensors two lines and 98 us."""
    gige, usb3 = virtual()
    there = [(u - g) / 1e3 for g, u in zip(gige, usb3, strict=True)]
    assert all(3 + 1 <= us <= 3 + 1 + 2 * LINE_us for us in there), there
    back = [(g - u) / 1e3 - 50_000 for u, g in zip(usb3, gige[1:], strict=False)]
    assert all(40 + 2 <= us <= 40 + 2 + 98 for us in back), back


def test_a_wire_that_is_cut_turns_red():
    with pytest.raises(AssertionError):
        check(CAMTWIN, 'ms=500, do="break", wire=["usb3.Opto OUT", "gige.IN1"]', patience_s=4)


@pytest.mark.parametrize("sabotage", ["second-hears-late"])
def test_turns_red(sabotage):
    with pytest.raises(AssertionError):
        check(sabotaged(sabotage))
