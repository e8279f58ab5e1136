"""Lines that the studio gives for copying, run as they are: by camtwin, Aravis, arv-tool and Harvesters."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from types import SimpleNamespace

import pytest

import camtwin
from camtwin.studio import features
from peers.gentl import PYTHONPATH, GentlTwins
from peers.netns import MODEL, SYSTEM_PYTHON, Namespace, twin

HOSTILE = "\"'\\$(x)`<b>; #"
VALUES = {
    "DeviceUserID": HOSTILE,
    "ExposureTime": 1234.0,
    "Width": 640,
    "PixelFormat": "Mono12",
    "AcquisitionFrameRateEnable": True,
    "Gain": 3.0,
    "TriggerMode": "On",
    "UserSetLoad": None,
}
"""Features of each kind, with a selector, a hostile text, and a command."""
READ = [name for name in VALUES if name != "UserSetLoad"]
ARAVIS = """
import gi, json
gi.require_version("Aravis", "0.8")
from gi.repository import Aravis
camera = Aravis.Camera.new(None)
"""
HARVESTERS = f"""
import json
import camtwin
from harvesters.core import Harvester
h = Harvester()
h.add_file(camtwin.gentl.path())
h.update()
ia = h.create(0)
LINES
print(json.dumps([getattr(ia.remote_device.node_map, name).value for name in {READ!r}]))
ia.destroy()
h.reset()
"""


def copied(language: str) -> list[str]:
    """Return what the page gives for each feature; the command first, as it would undo the others."""
    with camtwin.open(MODEL, render=False) as cam:
        for name in READ:
            setattr(cam, name, VALUES[name])
        names = ["UserSetLoad", *READ]
        return [features.code(cam, name)[language] for name in names]


def check_camtwin() -> None:
    with camtwin.open(MODEL, render=False) as cam:
        exec("\n".join(copied("camtwin")), {"cam": cam})
        assert {name: getattr(cam, name) for name in READ} == {name: VALUES[name] for name in READ}


def shown(net: Namespace) -> dict[str, str]:
    """Return the values as arv-tool reads them."""
    lines = net.arv_tool("control", *READ).splitlines()
    return {name.strip(): value.strip() for name, _, value in (line.partition(" = ") for line in lines)}


def check_values(net: Namespace) -> None:
    found = shown(net)
    assert HOSTILE in found["DeviceUserID"]
    assert "1234" in found["ExposureTime"]
    assert "640" in found["Width"]
    assert "Mono12" in found["PixelFormat"]
    assert "true" in found["AcquisitionFrameRateEnable"]
    assert found["Gain"].startswith("3")
    assert "On" in found["TriggerMode"]


def check_aravis(net: Namespace) -> None:
    net.run(SYSTEM_PYTHON, "-c", ARAVIS + "\n".join(copied("Aravis")))
    check_values(net)


def test_lines_for_camtwin():
    check_camtwin()


def test_lines_for_aravis():
    with twin() as net:
        check_aravis(net)


def test_lines_for_arv_tool():
    with twin() as net:
        for line in copied("arv-tool"):
            net.run(*shlex.split(line))
        check_values(net)


def test_lines_for_harvesters():
    script = HARVESTERS.replace("LINES", "\n".join(copied("Harvesters")))
    with GentlTwins(models=(MODEL,)):
        env = {**os.environ, "PYTHONPATH": PYTHONPATH}
        done = subprocess.run(
            [sys.executable, "-c", script], env=env, capture_output=True, text=True, timeout=60
        )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == [VALUES[name] for name in READ]


def test_texts_that_are_not_quoted_turn_red(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(features, "json", SimpleNamespace(dumps=lambda value: f'"{value}"'))
    with pytest.raises(SyntaxError):
        check_camtwin()
