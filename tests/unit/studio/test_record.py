"""What was done by hand, played as the scenario that it was saved as."""

from __future__ import annotations

import pytest

from camtwin.problem import Problem
from camtwin.rig.scenario.play import play
from camtwin.rig.scenario.schema import parse
from camtwin.session.session import Session, connect
from camtwin.studio import world
from camtwin.studio.record import Recorder
from camtwin.studio.scenarios import LESSONS, Library
from camtwin.studio.trace import Trace
from camtwin.units import MS

SETTINGS = ("Width=640", "Height=480")


def by_hand() -> tuple[Session, Trace, str]:
    cam = connect("baumer-vcxg-124m", scene="chart", seed=5, render=False)
    for text in SETTINGS:
        cam.set(text)
    recorder, trace = Recorder(cam, SETTINGS, "chart"), Trace(cam)
    around = world.Surround(cam, trace, "chart")

    def inject(word: str, **given: object) -> None:
        recorder.did(word, world.inject(around, word, given)["toml"], given)

    cam.twin.camera.start()
    cam.advance(50 * MS)
    for text in ("TriggerSelector=FrameStart", "TriggerMode=On", "TriggerSource=Line0"):
        cam.set(text)
    cam.advance(20 * MS)
    inject("pulse", line="Line0", width_us=500, period_ms=4, count=12)
    cam.advance(30 * MS)
    cam.set("Gain=3")
    cam.DeviceUserID = 'a "n" = \\ \t b'
    inject("scene", scene="dark")
    inject("heat", celsius=50)
    inject("unplug")
    cam.advance(10 * MS)
    inject("plug")
    cam.advance(200 * MS)
    return cam, trace, recorder.text()


def test_it_happens_again_at_the_same_nanoseconds():
    cam, trace, text = by_hand()
    played = play(parse(text))
    again, account = played.cams["cam"], played.accounts["cam"]
    assert not played.problems
    assert again.lines["Line0"].edges == cam.lines["Line0"].edges
    assert len(cam.lines["Line0"].edges) == 24
    assert (account.triggers, account.skipped) == (12, trace.missed)
    assert (account.delivered, sum(account.lost.values())) == (trace.delivered, trace.lost)
    assert trace.missed > 0
    assert trace.lost == 1
    assert (again.Gain, again.DeviceUserID) == (3.0, 'a "n" = \\ \t b')
    assert again.twin.camera.settings == cam.twin.camera.settings
    assert repr(again.world.scene) == repr(cam.world.scene)


def test_a_model_without_a_rig_sheet_is_named():
    cam = connect("hikrobot-mv-cb060-10gm", scene="chart", render=False)
    with pytest.raises(Problem, match="hikrobot-mv-cb060-10gm has no rig sheet"):
        Recorder(cam, (), "chart").text()


@pytest.mark.parametrize("name", LESSONS)
def test_lessons_hold_what_their_text_says(name: str):
    scenario = Library().load(name)
    played = play(scenario)
    account = played.accounts["cam"]
    assert played.verdict == "ok"
    assert [part.ms for part in scenario.lesson] == sorted(part.ms for part in scenario.lesson)
    if name == "trigger-and-flash":
        pulses = [t for t, up in played.cams["cam"].lines["Line0"].edges if up]
        assert pulses[:5] == [ms * MS for ms in (100, 200, 300, 400, 500)]
        assert account.skipped == 9  # by pulses that are too fast, and by the bounce
    else:
        assert (account.skipped, account.lost) == (0, {})


def test_files_are_read_beneath_the_folder_only(tmp_path):
    root, outside = tmp_path / "root", tmp_path / "outside.toml"
    root.mkdir()
    text = (
        'title = "mine"\nseconds = 1\n[plan.devices]\ncam = { kind = "camera", model = "baumer-vcxg-124m" }\n'
    )
    outside.write_text(text)
    (root / "mine.toml").write_text(text)
    (root / "broken.toml").write_text("[")
    (root / "link.toml").symlink_to(outside)
    library = Library(root)
    assert [row["name"] for row in library.listed()] == [*LESSONS, "mine.toml"]
    assert library.load("mine.toml").title == "mine"
    for name in ("../outside.toml", str(outside), "link.toml", "none.toml", "mine", "a\0.toml", 7, None):
        with pytest.raises(Problem, match="no scenario"):
            library.load(name)
