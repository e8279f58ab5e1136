"""A recorded run comes out the same when it is done again, and a changed one does not."""

import pytest

from camtwin.links.record import recorded, reopen
from camtwin.models import load
from camtwin.scene import Flat
from camtwin.simtime.journal import JournalBroken
from camtwin.twins import Twin, build
from camtwin.twins.replay import Replayed, Said, replay
from camtwin.units import MS, SEC

MODEL = "baumer-vcxg-124m"


class Made:
    """What a journal's start makes; only the seed is said in it."""

    def __init__(self, seed: int) -> None:
        self.twin = build(load(MODEL), Flat(photons_per_s=1e6), seed=seed)
        for text in ("Width=64", "Height=16"):
            self.twin.camera.tree.assign(self.twin.camera, text)


def record(path, seed: int = 3) -> int:
    """A host that sets, starts, changes its mind, stops and starts again; returns the frames rendered."""
    with recorded(Made(seed).twin, path, {"seed": seed}) as twin:
        camera, tree, clock = twin.camera, twin.camera.tree, twin.clock
        exposures = []
        camera.on_exposure = exposures.append

        def write(t_ns: int, name: str, data: bytes) -> None:
            clock.advance_to(t_ns)
            camera.write(tree.nodes[name].address, data)

        write(5, "GevSCPD", (1000).to_bytes(4, "big"))
        write(MS, "AcquisitionStart", bytes((0, 0, 0, 1)))
        clock.advance_to(20 * MS)
        for exposure in exposures:
            twin.render(exposure)
        write(30 * MS, "BlackLevel", (99).to_bytes(4, "big"))
        write(40 * MS, "AcquisitionStop", bytes((0, 0, 0, 1)))
        clock.advance_to(SEC)
        twin.render(exposures[-1])
        with pytest.raises(Exception, match="not 16 plus"):
            write(SEC, "Width", (17).to_bytes(4, "big"))  # refused then, refused again
        camera.execute("TimestampReset")
        return len([e for e in exposures if e.start_ns <= 20 * MS]) + 1


def all_again(path) -> list[Replayed | Said]:
    with reopen(path, Made) as (twin, lines):
        assert isinstance(twin, Twin)
        return list(replay(twin, lines))


def done_again(path) -> list[Replayed]:
    return [one for one in all_again(path) if isinstance(one, Replayed)]


def log_again(path) -> list[Said]:
    return [one for one in all_again(path) if isinstance(one, Said)]


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


@pytest.mark.parametrize(("old", "new"), [('"seed": 3', '"seed": 4'), ('"00000063"', '"00000062"')])
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
            "frame 4000 at 2000000000 ns does not come",
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
    with pytest.raises(JournalBroken, match="is not a journal: it is not text"):
        done_again(tmp_path / "j")
