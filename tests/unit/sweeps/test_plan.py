"""Files of sweeps: what they say becomes cells, and what is wrong becomes one line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import camtwin
from camtwin.problem import Problem
from camtwin.sweeps.cells import Sweep
from camtwin.sweeps.plan import Draw, Span, SweepInvalid, chance, checked, parse

SMALL = {"PixelFormat": "Mono12", "Width": 64, "Height": 48}
PLAIN = {"models": "baumer-vcxg-124m", "scene": "flat:{photons}@536", "set": SMALL}


def plan(**changes) -> camtwin.sweeps.api.Plan:  # pyright: ignore
    return camtwin.sweep({**PLAIN, "grid": {"photons": [1e5]}, **changes})


def test_a_grid_is_every_combination_in_the_order_of_the_file():
    made = plan(
        grid={"Gain": [0, 6], "photons": [1e4, 1e5, 1e6]}, models=["baumer-vcxg-124m", "basler-aca4112-20um"]
    )
    rows = [(c.columns["model"], c.columns["Gain"], c.columns["photons"]) for c in made.cells]
    assert len(rows) == len(made) == 12
    assert rows[:4] == [("baumer-vcxg-124m", 0, p) for p in (1e4, 1e5, 1e6)] + [("baumer-vcxg-124m", 6, 1e4)]
    assert rows[6] == ("basler-aca4112-20um", 0, 1e4)
    assert [c.scene for c in made.cells][:2] == ["flat:10000@536", "flat:100000@536"]


def test_a_span_has_its_ends_and_equal_ratios():
    span = Span(start=100, stop=10_000, steps=5, scale="log")
    assert span.values() == [100, 316.227766017, 1000, 3162.27766017, 10_000]
    assert Span(start=0, stop=9, steps=4).values() == [0, 3, 6, 9]
    assert Span(start=5, stop=7, steps=1).values() == [5]


def test_lists_together_walk_in_step():
    made = plan(together={"Gain": [0, 6], "ExposureTime": [4000, 2000]})
    assert [(c.columns["Gain"], c.columns["ExposureTime"]) for c in made.cells] == [(0, 4000), (6, 2000)]


def test_draws_have_an_address():
    """More draws, another axis or a further column leave those that were there as they are."""
    drawn = {"ExposureTime": {"low": 100, "high": 1000, "whole": True}}
    few = [c.columns["ExposureTime"] for c in plan(draws=3, draw=drawn).cells]
    more = plan(draws=5, draw={"Gain": [0, 3, 6], **drawn}, grid={"photons": [1e4, 1e5]})
    assert [c.columns["ExposureTime"] for c in more.cells][:3] == few
    assert len({*few}) == 3
    assert all(isinstance(each, int) and 100 <= each <= 1000 for each in few)
    assert [c.columns["ExposureTime"] for c in plan(draws=3, draw=drawn, seed=1).cells] != few


def test_chance_is_even():
    shares = [chance(7, "x", i) for i in range(10_000)]
    assert abs(sum(shares) / 10_000 - 0.5) < 4 * (1 / 12 / 10_000) ** 0.5
    ends = {Draw(low=3, high=5, whole=True).at(share) for share in (0.0, 0.34, 0.999)}
    assert ends == {3, 4, 5}


def test_an_id_depends_on_all_that_an_image_depends_on_and_on_nothing_else():
    first = {c.id for c in plan().cells}
    assert {c.id for c in plan(title="another", test_share=0.5).cells} == first
    for change in (
        *({"frames": 2}, {"seed": 1}, {"keep": ["frames"]}, {"format": "npy"}, {"codec": "zstd"}),
        *({"set": {**SMALL, "Gain": 1}}, {"set": {**SMALL, "temperature_C": 40}}, {"specimen": "one"}),
        {"models": "basler-aca4112-20um"},
    ):
        assert not {c.id for c in plan(**change).cells} & first, change
    wider = plan(grid={"photons": [1e4, 1e5, 1e6]})
    assert first < {c.id for c in wider.cells}  # only two cells are new


def test_a_call_of_another_text_makes_other_cells():
    ids = {
        tuple(c.id for c in camtwin.sweep({**PLAIN, "grid": {"photons": [1e5]}}, call=call).cells)
        for call in (None, lambda images, record: {"a": 1}, lambda images, record: {"a": 2})
    }
    assert len(ids) == 3


def test_a_file_of_a_scene_belongs_to_the_id(tmp_path):
    image = tmp_path / "one.png"

    def ids() -> set[str]:
        (tmp_path / "s.toml").write_text(
            'models = "baumer-vcxg-124m"\n[grid]\nscene = { folder = ".", pattern = "*.png" }\n'
            "[set]\nWidth = 64\nHeight = 48\n"
        )
        return {c.id for c in camtwin.sweep(tmp_path / "s.toml").cells}

    camtwin.files.save(image, camtwin.open("baumer-vcxg-124m", scene="flat").grab()[0].image[:8, :8], 8, {})  # pyright: ignore
    first = ids()
    image.write_bytes(image.read_bytes() + b"\0")
    camtwin.sweeps.cells._files.cache_clear()  # pyright: ignore
    assert not ids() & first


def test_all_cells_of_a_scene_are_on_one_side():
    made = plan(grid={"photons": [1e3 * k for k in range(1, 41)], "Gain": [0, 3, 6]}, test_share=0.3)
    sides: dict[str, set[str]] = {}
    for cell in made.cells:
        sides.setdefault(cell.scene, set()).add(cell.split)
    assert all(len(side) == 1 for side in sides.values())
    test = sum(side == {"test"} for side in sides.values())
    assert 4 <= test <= 20  # binomial, 40 at 0.3: beyond 2.7 sigma


WRONG = {
    "models = 3": "s.toml: models 3: must be a valid tuple",
    "": "s.toml: models: is missing",
    'models = "x"\nframe = 1': "s.toml: frame 1: is no word of this file",
    'models = "x"\nframes = 0': "s.toml: frames 0: must be greater than or equal to 1",
    'models = "nikon"': "s.toml: no model 'nikon'",
    'models = "x"\n[grid]\nGain = []': "s.toml: grid.Gain: List should have at least 1 item",
    'models = "x"\n[grid]\nGain = {from = 0, to = 1, steps = 2, scale = "log"}': (
        "s.toml: grid.Gain: from 0 to 1: a log scale needs numbers above 0"
    ),
    'models = "x"\n[set]\nGain = 1\n[grid]\nGain = [1]': "s.toml: Gain stands in set and in grid",
    'models = "x"\n[together]\nGain = [1]\nWidth = [1, 2]': (
        "s.toml: together: its lists must be of one length: Gain 1, Width 2"
    ),
    'models = "x"\n[draw]\nGain = {low = 2, high = 1}': "s.toml: draw.Gain: low 2 is not below high 1",
    'models = "x"\n[grid]\na = {from = 0, to = 1, steps = 2000}\nb = {from = 0, to = 1, steps = 2000}': (
        "s.toml: 4000000 cells are above the maximum of 1000000"
    ),
    'models = "baumer-vcxg-124m"\nscene = "flat:{light}"': (
        "s.toml: scene 'flat:{light}' has {light}, and there is no such column"
    ),
    'models = "baumer-vcxg-124m"\nscene = "flt"': "s.toml: scene 'flt': neither a scene nor",
    'models = "baumer-vcxg-124m"\n[grid]\nlight = [1]': "s.toml: grid.light: ",
    'models = "baumer-vcxg-124m"\n[grid]\nGain = [0, 99]': "s.toml: cell 1 (Gain 99): Gain 99 dB is above",
    'models = "baumer-vcxg-124m"\n[set]\nPixelFormat = "Mono14"': (
        "s.toml: set.PixelFormat 'Mono14': PixelFormat Mono14 is none of"
    ),
    'models = "baumer-vcxg-124m"\n[grid]\nscene = {folder = "nowhere"}': (
        "s.toml: grid.scene.folder 'nowhere': 0 files match '*'"
    ),
    'models = "baumer-vcxg-124m"\n[grid]\nseed = [-1]': "s.toml: seed -1 is no whole number from 0",
    'models = "baumer-vcxg-124m"\n[grid]\nlens_mtf50 = [0.3]': "a lens needs a printed target",
    'models = "baumer-vcxg-124m"\nscene = "star"\n[grid]\nlens_mtf50 = [9]': "mtf50 9 is outside 0.01..0.6",
    'models = "baumer-vcxg-124m"\n[set]\nlink_speed = "3G5"': "link speed '3G5' is none of",
    'models = "sony-imx412-aack"\nkeep = ["truth"]': "its registers decide its images",
    'x = "': "s.toml: is not TOML",
}


@pytest.mark.parametrize("text", WRONG)
def test_what_is_wrong_is_told_in_one_line(text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("s.toml").write_text(text)
    with pytest.raises(Problem) as told:
        camtwin.sweep("s.toml")
    assert WRONG[text] in str(told.value)
    assert str(told.value).startswith("s.toml: ")
    assert "\n" not in str(told.value)


def test_nothing_in_a_file_names_code():
    with pytest.raises(SweepInvalid, match="call 'os:system': is no word of this file"):
        parse('models = "baumer-vcxg-124m"\ncall = "os:system"')
    with pytest.raises(SweepInvalid, match=re.escape("--call os:nothing")):
        camtwin.sweep(PLAIN | {"grid": {"photons": [1e5]}}, call="os:nothing")


def test_a_sweep_is_checked_from_python_as_from_a_file():
    assert checked({"models": ["a"], "frames": 3}).frames == 3
    assert isinstance(plan().sweep, Sweep)
