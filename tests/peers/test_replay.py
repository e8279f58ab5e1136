"""A session with stock Aravis, coming and going, replays to the same frames."""

from __future__ import annotations

import json

from peers.netns import CAMTWIN, Namespace, RunningTwin


def test_a_session_with_aravis_replays(tmp_path):
    journal = tmp_path / "run.jsonl"
    with Namespace() as net:
        with RunningTwin(net, CAMTWIN, "--journal", str(journal), "--set", "Height=600"):
            net.aravis("grab", "--frames", "5", "--set", "PixelFormat=Mono12p")
            net.arv_tool("control", "Gain=6")
            net.aravis("grab", "--frames", "5", "--set", "ExposureTime=2000")
        done = json.loads(net.run(*CAMTWIN, "replay", journal, "--json").stdout)
    assert done["frames"] >= 10
    assert done["different"] == 0
