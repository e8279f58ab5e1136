"""Faults of a camera, and the fate of its frames: each fault, and ten minutes of them all."""

import json
from pathlib import Path
from typing import get_args

import pytest

from camtwin.camera.signals import lines
from camtwin.rig.bench import bench as rig_bench
from camtwin.rig.bench import notes as rig_notes
from camtwin.rig.scenario import account as rig_account
from camtwin.rig.scenario import play as scenario
from camtwin.rig.scenario.steps import WORDS
from camtwin.units import MS, US
from unit.rig.scenario import day
from unit.rig.scenario.day import ONE, played, steps

FAULTS = Path(__file__).parents[4] / "docs/faults.md"


def test_what_happens_to_frames_is_told():
    events = steps(
        {"ms": 0, "do": "pulse", "device": "gen", "width_us": 500, "period_ms": 150, "count": 60},
        {"ms": 1010, "do": "tune", "device": "psu", "to": {"volts": 5.0}},
        {"ms": 1500, "do": "tune", "device": "psu", "to": {"volts": 24.0}},
        {"ms": 3000, "do": "unplug", "socket": "cam.data"},
        {"ms": 4000, "do": "plug", "socket": "cam.data"},
        {"ms": 5000, "do": "packets", "camera": "cam", "drop": 0.001},
        {"ms": 6000, "do": "packets", "camera": "cam"},
        {"ms": 7000, "do": "break", "wire": ["gen.out", "cam.IN1"]},
        {"ms": 8000, "do": "mend", "wire": ["gen.out", "cam.IN1"]},
    )
    done = played(ONE.format(seconds=10) + events)
    account = done.accounts["cam"]
    assert account.lost["power cut"] == 1
    assert account.lost["packets lost on the network"] > 3
    assert account.lost["no room in the image memory (FrameTransferSkipped)"] >= 5
    assert account.missing == 0
    assert account.begun == account.delivered + account.lost.total() + account.under_way
    assert account.triggers < 60 - 6  # no edge came over the broken wire
    assert list(done.problems) == []


def test_a_noisy_line_glitches_between_its_levels():
    """Put noise on a line between its levels.

    At 8 V, between 4.5 and 11 V, a quiet line stays low. Noise of 3 V crosses both thresholds, and a
    debouncer passes only levels that last. The same seed, the same glitches.
    """

    def glitches(volts, noise, seed, *more):
        text = f"seed = {seed}\n" + ONE.format(seconds=0.2).replace("high_V = 24", f"high_V = {volts}")
        text += steps(
            *more,
            {"ms": 10, "do": "set", "device": "gen", "level": "high"},
            *([{"ms": 20, "do": "noise", "pin": "cam.IN1", "volts": noise, "for_ms": 50}] if noise else []),
        )
        done = played(text)
        return done.accounts["cam"].cam.lines["Line0"], done

    assert glitches(8.0, 0, 1)[0].edges == []
    line, done = glitches(8.0, 3.0, 1)
    edges = [t for t, _ in line.edges]
    assert len(edges) > 100
    assert all(20 * MS <= t <= 70 * MS and t % (10 * US) == 0 for t in edges)
    assert [note.word for note in done.notes] == ["undefined", "noisy"]
    assert glitches(8.0, 3.0, 1)[0].edges == line.edges
    assert glitches(8.0, 3.0, 2)[0].edges != line.edges
    assert [t for t, _ in glitches(24.0, 1.0, 1)[0].edges] == [10 * MS]  # a good signal stands noise
    slow = {"ms": 0, "do": "write", "camera": "cam"}
    slow["features"] = ["LineSelector=Line0", "LineDebouncerHighTimeAbs=200"]
    calm, _ = glitches(8.0, 3.0, 1, slow)
    assert calm.edges == line.edges
    assert len(calm.inner) < len(line.inner) / 10


def test_noise_beyond_the_absolute_maximum_breaks_a_line():
    text = ONE.format(seconds=0.2).replace("cam.IN1", "cam.GPIO1").replace("cam.GND IN1", "cam.GND")
    done = played(text + steps({"ms": 1, "do": "noise", "pin": "cam.GPIO1", "volts": 20}))
    assert {"noisy", "damaged"} == {note.word for note in done.notes}
    assert done.bench.cameras["cam"].damaged == {"Line1"}


def test_a_camera_dies_and_is_repaired():
    done = played(
        ONE.format(seconds=3)
        + steps(
            {"ms": 0, "do": "pulse", "device": "gen", "period_ms": 200, "count": 15},
            {"ms": 450, "do": "die", "camera": "cam"},
            {"ms": 2100, "do": "repair", "camera": "cam"},
        )
    )
    account = done.accounts["cam"]
    assert account.lost == {"the camera died": 1}
    assert account.triggers == 3 + 4  # at 0, 200 and 400 ms; then from 2200 ms on
    assert account.missing == 0
    assert [(note.where, note.word) for note in done.notes] == [("cam", "dead")]


def test_a_client_dies_and_its_heartbeat_runs_out():
    """3 s after its last word the acquisition ends; another client is let in only then."""
    pulses = {"do": "pulse", "device": "gen", "period_ms": 200}
    done = played(
        ONE.format(seconds=8)
        + steps(
            {"ms": 0, "count": 40, **pulses},
            {"ms": 500, "do": "silence", "camera": "cam"},
            {"ms": 1000, "do": "attach", "camera": "cam"},
        )
    )
    account = done.accounts["cam"]
    assert account.lost == {"the client died": 1}  # that of 3400 ms was on its way at 3500 ms
    stamps = [t for t, name, _ in account.moments if name == "ExposureStart"]
    assert [t for t in stamps if 3500 * MS < t < 3600 * MS] == []
    assert account.triggers == 40
    assert account.missing == 0


def test_every_fault_of_packets_is_counted():
    shares = {"drop": 0.01, "duplicate": 0.02, "reorder": 0.03, "delay": 0.04, "corrupt": 0.05}
    pulses = {"ms": 1, "do": "pulse", "device": "gen", "period_ms": 120, "count": 8}
    done = played(
        ONE.format(seconds=1.2) + steps({"ms": 0, "do": "packets", "camera": "cam", **shares}, pulses)
    )
    account = done.accounts["cam"]
    packets = 8 * (-(-4096 * 3000 // (1500 - 36)) + 2)
    for kind, share in shares.items():
        assert account.struck[kind] == pytest.approx(packets * share, abs=5 * (packets * share) ** 0.5)
    assert account.lost == {"packets lost on the network": 8}


def test_the_list_of_faults_is_whole():
    """docs/faults.md has every word, once, and no other."""
    table = [row.split("|")[1] for row in FAULTS.read_text().splitlines() if row.startswith("| `")]
    words = [get_args(kind.model_fields["do"].annotation)[0] for kind in WORDS]
    assert sorted(word.strip(" `") for word in table) == sorted(words)


SLICE_S, PART_S, SETTLED = 600, 60, 3
"""Ten minutes of a day, minute by minute; after so many of them what is kept for diagrams is full."""
GROWTH_BLOCKS = 1000
"""Of memory, in the six minutes and 2700 triggers after that: one a trigger would be too much."""


@pytest.fixture
def small_traces(monkeypatch):
    """Limit traces for people and caches, which fill in a minute, and must not grow from then on."""
    for module, name, most in (
        (lines, "EDGES_KEPT", 256),
        (rig_account, "MAX_TRACE", 256),
        (rig_notes, "MAX_NOTES", 8),
        (rig_bench, "MAX_CACHED", 4),
        (scenario, "MAX_PROBLEMS", 8),
    ):
        monkeypatch.setattr(module, name, most)


def test_ten_minutes_of_a_day_every_frame_accounted_for(small_traces):
    """Each trigger is skipped, or its frame delivered, lost with a reason or under way; nothing grows."""
    held, account = [], None
    for done, now in day.play(SLICE_S, PART_S, 1):
        account = done.accounts["cam"]
        held.append(now)
    assert account
    assert account.begun > 3000
    assert account.delivered > 2000
    cut = {"power cut", "packets lost on the network", "the link went down"}
    assert cut | {"the camera died", "the client died"} <= account.lost.keys()
    then, now = held[SETTLED], held[-1]
    assert now.files == then.files
    assert now.blocks - then.blocks < GROWTH_BLOCKS


def test_the_same_day_again_is_the_same():
    first, again = ([json.dumps(done.row()) for done, _ in day.play(180, 60, 5)] for _ in range(2))
    assert first == again
