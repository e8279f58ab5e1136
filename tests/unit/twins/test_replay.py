"""A recorded run comes out the same when it is done again, and a changed one does not."""

import struct

import pytest

from camtwin.camera import Exposure
from camtwin.links.base.record import recorded, reopen
from camtwin.models import load
from camtwin.scene import Flat
from camtwin.simtime.journal import JournalBroken
from camtwin.twins import Twin, build
from camtwin.twins.replay import Replayed, ReplayedLog, replay
from camtwin.units import MS, SEC

MODEL = "baumer-vcxg-124m"


class Made:
    """A session made from a journal's start, which states only the seed."""

    def __init__(self, seed: int) -> None:
        self.twin = build(load(MODEL), Flat(photons_per_s=1e6), seed=seed)
        for text in ("Width=64", "Height=16"):
            self.twin.camera.tree.assign(self.twin.camera, text)


def record(path, seed: int = 3) -> int:
    """Record a host that sets, starts, changes its mind, stops and starts again.

    Return the frames rendered.
    """
    with recorded(Made(seed).twin, path, {"seed": seed}) as twin:
        camera, tree, clock = twin.camera, twin.camera.tree, twin.clock
        exposures = []
        camera.on_exposure.subscribe(exposures.append)

        def write(t_ns: int, name: str, data: bytes) -> None:
            clock.advance_to(t_ns)
            camera.write(tree.nodes[name].address, data)

        write(5, "GevSCPD", (1000).to_bytes(4, "big"))
        write(MS, "AcquisitionStart", bytes((0, 0, 0, 1)))
        clock.advance_to(20 * MS)
        for exposure in exposures:
            twin.render(exposure)
        write(30 * MS, "BlackLevel", struct.pack(">d", 99))
        write(40 * MS, "AcquisitionStop", bytes((0, 0, 0, 1)))
        clock.advance_to(SEC)
        twin.render(exposures[-1])
        with pytest.raises(Exception, match="not 16 plus"):
            write(SEC, "Width", (17).to_bytes(4, "big"))  # refused then, refused again
        camera.execute("TimestampReset")
        return len([e for e in exposures if e.start_ns <= 20 * MS]) + 1


def all_again(path) -> list[Replayed | ReplayedLog]:
    with reopen(path, Made) as (twin, lines):
        assert isinstance(twin, Twin)
        return list(replay(twin, lines))


def done_again(path) -> list[Replayed]:
    return [one for one in all_again(path) if isinstance(one, Replayed)]


def log_again(path) -> list[ReplayedLog]:
    return [one for one in all_again(path) if isinstance(one, ReplayedLog)]


def test_frames_that_a_slow_host_makes_the_memory_skip_are_skipped_again(tmp_path):
    with recorded(Made(3).twin, tmp_path / "j", {"seed": 3}) as twin:
        camera = twin.camera
        camera.execute("AcquisitionStart")
        for t_ns, fetches in ((10 * MS, False), (15 * MS, False), (60 * MS, True), (80 * MS, False)):
            twin.clock.advance_to(t_ns)
            camera.host_fetches(fetches)
        twin.clock.advance_to(100 * MS)
    log = log_again(tmp_path / "j")
    skipped = [line.recorded for line in log if line.recorded and "FrameTransferSkipped" in line.recorded[1]]
    assert len(skipped) > 10
    assert all(line.same for line in log)


def test_a_recorded_run_is_the_same_again(tmp_path):
    frames = record(tmp_path / "j")
    again = done_again(tmp_path / "j")
    assert len(again) == frames > 5
    assert all(f.same for f in again)
    assert len({f.digest for f in again}) == frames


def test_its_log_is_the_same_again(tmp_path):
    frames = record(tmp_path / "j")
    log = log_again(tmp_path / "j")
    assert all(line.same for line in log)
    said = [line.recorded for line in log if line.recorded]
    assert [t_ns for t_ns, _ in said] == sorted(t_ns for t_ns, _ in said)
    texts = [text for _, text in said]
    assert sum(text.startswith("ExposureStart of frame") for text in texts) >= frames
    (refused,) = [line for line in said if line[1].startswith("refused")]
    assert refused[0] == SEC
    assert refused[1].startswith("refused: Width 17 is not 16 plus")


@pytest.mark.parametrize(
    "change",
    [
        lambda line: line.replace("ExposureStart of frame 2", "ExposureStart of frame 3"),
        lambda line: line.replace("Width 17", "Width 18"),
        lambda line: "" if "ExposureEnd of frame 3" in line else line,
        lambda line: 2 * line if "ExposureEnd of frame 3" in line else line,
        lambda line: "" if "refused" in line else line,  # the last line: nothing stands in its place
    ],
)
def test_another_log_is_noticed(tmp_path, change):
    record(tmp_path / "j")
    lines = (tmp_path / "j").read_text().splitlines(keepends=True)
    changed = "".join(map(change, lines))
    assert changed != "".join(lines)
    (tmp_path / "j").write_text(changed)
    assert not all(line.same for line in log_again(tmp_path / "j"))
    assert all(f.same for f in done_again(tmp_path / "j"))


def test_a_run_that_was_killed_replays_as_far_as_it_went(tmp_path):
    record(tmp_path / "j")
    text = (tmp_path / "j").read_text()
    for cut in (1, 9, 50, 200, 2000):
        (tmp_path / "j").write_text(text[:-cut])
        assert all(one.same for one in all_again(tmp_path / "j"))


@pytest.mark.parametrize(
    ("old", "new"), [('"seed": 3', '"seed": 4'), (struct.pack(">d", 99).hex(), struct.pack(">d", 98).hex())]
)
def test_another_seed_or_another_write_is_noticed(tmp_path, old, new):
    record(tmp_path / "j")
    text = (tmp_path / "j").read_text()
    assert old in text
    (tmp_path / "j").write_text(text.replace(old, new))
    assert not all(f.same for f in done_again(tmp_path / "j"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text.replace('"seed"', '"sead"'), "does not say how the twin was made"),
        (lambda text: text.replace('["write", 5,', '["write", 50000000,', 1), "comes after 50000000 ns"),
        (
            lambda text: text + '["frame", 2000000000, 4000, "00"]\n',
            "frame 4000 at 2000000000 ns is missing from the replay",
        ),
    ],
)
def test_a_journal_that_cannot_be_is_one_line(tmp_path, change, message):
    record(tmp_path / "j")
    (tmp_path / "j").write_text(change((tmp_path / "j").read_text()))
    with pytest.raises(JournalBroken, match=message):
        done_again(tmp_path / "j")


def test_bytes_that_are_no_text(tmp_path):
    (tmp_path / "j").write_bytes(bytes(range(128, 256)))
    with pytest.raises(JournalBroken, match="line 1 is not JSON"):
        done_again(tmp_path / "j")


def test_what_the_camera_sets_by_itself_is_the_same_again(tmp_path):
    with recorded(Made(4).twin, tmp_path / "j", {"seed": 4}) as twin:
        camera, nodes = twin.camera, twin.camera.tree.nodes
        exposures: list[Exposure] = []
        camera.on_exposure.subscribe(exposures.append)
        for name in ("ExposureAuto", "GainAuto"):
            camera.write(nodes[name].address, nodes[name].entries["Continuous"].to_bytes(4, "big"))
        camera.write(nodes["ChunkModeActive"].address, (1).to_bytes(4, "big"))
        camera.execute("AcquisitionStart")
        twin.clock.advance_to(100 * MS)
        for exposure in exposures[:6]:
            twin.render(exposure)
    assert len({e.settings.ExposureTime_ns for e in exposures[:6]}) > 1, "it moved"
    again = done_again(tmp_path / "j")
    assert len(again) == 6
    assert all(frame.same for frame in again)


def record_wires(path) -> int:
    """Frames that wires and an action trigger, with edges at the very nanosecond of a host's write."""
    with recorded(Made(3).twin, path, {"seed": 3}) as twin:
        camera, tree, clock = twin.camera, twin.camera.tree, twin.clock
        exposures = []
        camera.on_exposure.subscribe(exposures.append)

        def write(name: str, value: int) -> None:
            camera.write(tree.nodes[name].address, value.to_bytes(4, "big"))

        write("TriggerMode", 1)
        write("AcquisitionStart", 1)
        camera.write(tree.nodes["ActionGroupMask"].address + 16, (1).to_bytes(4, "big"))
        camera.lines["Line0"].pulse(3_000, period_ns=10 * MS, count=20, delay_ns=MS)
        clock.advance_to(101 * MS)
        write("BlackLevel", 99)
        clock.advance_to(350 * MS)
        camera.lines["Line1"].drive(True)
        clock.advance_to(450 * MS)
        assert camera.action(0, 0, 1)
        assert not camera.action(0, 0, 2)
        notification = tree.nodes["EventNotification"]
        camera.report("GigEVisionError")  # which is Off: nobody hears of it
        at = notification.address + notification.keys["GigEVisionError"]
        camera.write(at, (1).to_bytes(4, "big"))
        camera.report("GigEVisionError")
        clock.advance_to(SEC)
        for exposure in exposures:
            twin.render(exposure)
        return len(exposures)


def test_wires_and_actions_are_recorded_too(tmp_path):
    assert record_wires(tmp_path / "j") == 22
    again = done_again(tmp_path / "j")
    assert len(again) == 22
    assert all(f.same for f in again)
    log = log_again(tmp_path / "j")
    assert all(said.same for said in log)
    assert [said.again for said in log if said.again and said.again[1] in ("Action1", "GigEVisionError")] == [
        (450 * MS, "Action1"),
        (450 * MS, "GigEVisionError"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"pulse", "Line0"', '"pulse", "Line9"', "the command 'pulse' at 0 ns: no line Line9"),
        ('"pulse", "Line0", 3000', '"pulse", "Line0", 0', "a pulse of 0 ns"),
        ('"pulse", "Line0", 3000', '"pulse", "Line0", "x"', "the command 'pulse' at 0 ns"),
        ('"pulse", "Line0", 3000', '"shake", "Line0", 3000', "no command 'shake'"),
        ('"action", 0, 0, 1', '"action", 0', "the command 'action' at 450000000 ns"),
    ],
)
def test_a_command_that_cannot_be_is_one_line(tmp_path, old, new, message):
    record_wires(tmp_path / "j")
    text = (tmp_path / "j").read_text()
    assert old in text
    (tmp_path / "j").write_text(text.replace(old, new))
    with pytest.raises(JournalBroken, match=message):
        done_again(tmp_path / "j")
