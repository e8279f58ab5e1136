"""A session with stock Aravis, coming and going, replays to the same frames and the same log."""

from __future__ import annotations

import itertools
import json
import signal
import time

import pytest

from peers.netns import CAMTWIN, Namespace, PeerError, RunningTwin, sabotaged

GRABS = (
    ("PixelFormat=Mono12p", "ExposureTime=4000"),
    ("PixelFormat=Mono8", "ExposureTime=2000", "Gain=3"),
    ("PixelFormat=Mono12", "ExposureTime=900", "Width=1024"),
)
REFUSED = [["set", "Gain", 48.1], ["set", "Width", 17]]


def come_and_go(net: Namespace, seconds: float) -> int:
    """Clients that grab, set and are refused, one after the other, for so long; returns their frames."""
    end, frames = time.monotonic() + seconds, 0
    for settings in itertools.cycle(GRABS):
        got = net.aravis("grab", "--frames", "5", *[a for text in settings for a in ("--set", text)])
        frames += len(got["frames"])
        net.arv_tool("control", "Gain=6", "Width=4096")
        net.aravis("features", json.dumps(REFUSED))
        if time.monotonic() > end:
            return frames
    raise AssertionError


def check_replay(net: Namespace, journal, frames: int) -> None:
    done = json.loads(net.run(*CAMTWIN, "replay", journal, "--json", timeout=600, ok=False).stdout)
    print({name: count for name, count in done.items() if name != "rows"}, f"for {frames} frames at clients")
    assert done["frames"] >= frames
    assert (done["different"], done["log_different"]) == (0, 0)
    assert done["log_lines"] > 4 * done["frames"]
    assert "refused: Gain 48.1" in journal.read_text()


def run(tmp_path, seconds: float, command=CAMTWIN, kill: bool = False) -> None:
    journal = tmp_path / "run.jsonl"
    options = ("--journal", str(journal), "--set", "Height=600", "--fault", "drop=0.001")
    with Namespace() as net:
        with RunningTwin(net, command, *options) as running:
            frames = come_and_go(net, seconds)
            if kill:
                running.process.send_signal(signal.SIGKILL)
        if kill:
            text = journal.read_text()
            assert '["end"' not in text
            journal.write_text(text[: text.rindex("[") + 5])  # and its last line half written
        check_replay(net, journal, frames)


def test_a_session_with_aravis_replays(tmp_path, request):
    run(tmp_path, request.config.getoption("--soak"))


def test_a_run_that_was_killed_replays(tmp_path):
    run(tmp_path, 0, kill=True)


@pytest.mark.parametrize("sabotage", ["noise-unseeded", "log-unsteady"])
def test_turns_red(sabotage, tmp_path):
    with pytest.raises(AssertionError, match=r"different|assert") as told:
        run(tmp_path, 0, command=sabotaged(sabotage))
    assert not isinstance(told.value, PeerError)
