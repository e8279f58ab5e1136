"""`camtwin plan`: limits, changes and several cameras, with exit codes and JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from camtwin.cli import main


@dataclass
class Done:
    """The end of a command: its exit code and its streams."""

    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Done]


@pytest.fixture
def camtwin(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return what runs a command in this process."""

    def run(*args: str) -> Done:
        monkeypatch.setattr("sys.argv", ["camtwin", *args])
        with pytest.raises(SystemExit) as end:
            main()
        told = capsys.readouterr()
        return Done(int(end.value.code or 0), told.out, told.err)

    return run


def test_the_limit_and_what_lifts_it(camtwin: Run):
    done = camtwin("plan", "baumer-vcxg-124m", "--set", "PixelFormat=Mono12", "--fps", "15")
    assert done.returncode == 1
    assert done.stdout.startswith("Baumer VCXG-124M: 4.72 fps: the link is the limit\n")
    assert "\n> link " in done.stdout
    assert "\n>     15.01 fps  Height=948\n" in done.stdout
    slow = camtwin("plan", "baumer-vcxg-124m", "--fps", "5")
    assert slow.stdout.endswith("\n5 fps are reached\n")


def test_a_module_is_planned_by_the_controls_of_its_driver(camtwin: Run):
    told = json.loads(camtwin("plan", "framos-fsm-imx412", "--set", "frame_rate=20000000", "--json").stdout)
    assert told["longest"] == ["frame rate setting"]
    assert told["fps"] == pytest.approx(20.0, rel=1e-3)
    assert {"frame_rate": 59900000} in [change["set"] for change in told["changes"]]


def test_several_cameras_share_a_link(camtwin: Run):
    pair = ("plan", "baumer-vcxg-124m", "hikrobot-mv-cb060-10gm")
    told = json.loads(camtwin(*pair, "--json").stdout)
    assert told["fits"] is False
    assert [camera["granted_bytes_per_s"] for camera in told["cameras"]] == [62.5e6, 62.5e6]
    assert json.loads(camtwin(*pair, "--json", "--link", "10G").stdout)["fits"] is True


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("baumer-vcxg-124m", "--set", "Width=3"), "Width 3 px is below the minimum 16 px"),
        (("framos-fsm-imx412", "--set", "exposure=x"), "Exposure: 'x' is no whole number"),
        (("framos-fsm-imx412", "--set", "exposur=1"), "no control 'exposur'; do you mean exposure?"),
        (("framos-fsm-imx412", "framos-fsm-imx412"), "has lanes of its own and shares no link"),
        (("baumer-vcxg-124m", "ids-imx412"), "cam1 is on gige and cam2 on usb3: they cannot share a link"),
        (("baumer-vcxg-124m", "--link", "1G"), "--link is for several cameras; name another MODEL"),
        (("baumer-vcxg-124m", "baumer-vcxg-124m", "--link", "7X"), "link speed '7X' is none of"),
    ],
)
def test_what_cannot_be_planned_is_one_line(camtwin: Run, args: tuple[str, ...], says: str):
    done = camtwin("plan", *args)
    assert done.returncode == 2
    assert says in done.stderr
    assert done.stderr.count("\n") == 1
