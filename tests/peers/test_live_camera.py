"""A camera on the network, asked through Aravis: compared with a twin, and adopted."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

import camtwin
from camtwin.camera.description import interface
from camtwin.models import load
from camtwin.planner import value_dump
from camtwin.twins import build
from peers.netns import ADDRESS, BIN, CAMTWIN, MODEL, PLAIN_SCENE, Namespace, Running, sabotaged, twin
from unit.planner.test_adopt import renamed, tree_of, written

QUICK = ("--set", "Width=256", "--set", "Height=128", "--set", "ExposureTime=1000")
BOUNDS = ("Width", "Height", "ExposureTime", "Gain", "OffsetX", "TriggerDelay")
VALUES = ("DeviceModelName", "PixelFormat", "TriggerSource", "BlackLevel")


def differences(net: Namespace, model: str | Path, *args: str) -> list[dict[str, str]]:
    done = net.run(BIN / "camtwin", "compare", ADDRESS, model, "--json", *args, ok=False, timeout=120)
    assert done.returncode == bool(json.loads(done.stdout)), done.stderr
    return json.loads(done.stdout)


def test_a_camera_is_its_twin() -> None:
    with twin(*QUICK) as net:
        assert differences(net, MODEL) == []


@pytest.mark.parametrize(
    ("name", "what"), [("Width from 32", "Width: limits"), ("rows take 7 % more", "frames/s as it is set")]
)
def test_where_a_twin_is_not_the_camera_is_named(name: str, what: str) -> None:
    with twin(*QUICK, command=sabotaged(name)) as net:
        assert what in [each["what"] for each in differences(net, MODEL)]


def asked(net: Namespace) -> list[object]:
    """Return what stock Aravis reads: bounds and values."""
    questions = [("bounds", name) for name in BOUNDS] + [("get", name) for name in VALUES]
    return net.aravis("features", json.dumps(questions))


@pytest.fixture(scope="module")
def adopted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[object]]:
    """Adopt a twin from the network; return its sheet, and what Aravis read from the twin."""
    sheet = tmp_path_factory.mktemp("adopted") / "mine.toml"
    with twin(*QUICK) as net:
        net.run(BIN / "camtwin", "adopt", ADDRESS, "-o", sheet, "--set", "fps=500", timeout=120)
        return sheet, asked(net)


def check_adopted(sheet: Path, read: list[object], command: Sequence[str | Path] = CAMTWIN) -> None:
    run = (*command, "run", sheet, "--bind", ADDRESS, *PLAIN_SCENE)
    with Namespace() as net, Running(net, *run):
        assert asked(net) == read
        (frame,) = net.aravis("grab", "--frames", "1")["frames"]
        assert (frame["status"], frame["width"], frame["height"]) == ("success", 256, 128)


def test_stock_aravis_sees_the_same_camera_in_the_adopted_twin(adopted: tuple[Path, list[object]]) -> None:
    check_adopted(*adopted)


def test_an_adopted_twin_that_is_another_is_noticed(adopted: tuple[Path, list[object]]) -> None:
    with pytest.raises(AssertionError):
        check_adopted(*adopted, sabotaged("Width from 32"))


def test_a_renamed_description_and_a_dump_of_aravis_give_the_same_tree(tmp_path: Path) -> None:
    """Vendor, model, addresses and custom names are others; the values are as arv-tool prints them."""
    with twin(*QUICK) as net:
        dump = net.arv_tool("values", timeout=60)
    xml, custom = renamed(interface(load(MODEL)).xml)
    for name in custom:
        dump = dump.replace(f"'{name}'", f"'Acme{name}'")
    sheet, found = written(tmp_path, xml, values=value_dump.parse(dump), assume=True)
    before, after = tree_of(xml), tree_of(build(load(sheet)).camera.xml)
    assert after.keys() == before.keys()
    assert {*found.holds} == {f"Acme{name}" for name in custom}
    same = ("kind", "visibility", "access", "by", "entries", "place", "unit", "chapter")
    for name, was in before.items():
        assert [getattr(after[name], word) for word in same] == [getattr(was, word) for word in same], name
    cam = camtwin.open(sheet, render=False)
    assert (cam.Width, cam.Height, cam.ExposureTime, cam.DeviceModelName) == (256, 128, 1000, "VCXG-124M")
