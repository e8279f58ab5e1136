"""Scenes by the user's words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from camtwin.scene import (
    Chart,
    Checker,
    Dark,
    Fall,
    Flat,
    Flicker,
    Lit,
    Pan,
    Picture,
    Pulses,
    Pwm,
    Scene,
    Spin,
    Target,
    Zoom,
    describe,
    parse,
)
from camtwin.scene.spectra import black_body, d65, daylight, illuminant_a, led


def no_files(path: str) -> NDArray[np.uint8]:
    raise FileNotFoundError(2, "No such file or directory", path)


@pytest.mark.parametrize(
    ("text", "scene"),
    [
        ("chart", Chart(2.8e6, 536)),
        ("chart:1e6", Chart(1e6, 536)),
        ("chart@850", Chart(2.8e6, 850)),
        ("slanted", Target("slanted")),
        ("checker", Checker()),
        ("checker:5e6@a", Checker(5e6, illuminant_a())),
        ("star:1e6@d65", Target("star", 1e6, d65())),
        ("pan:dots@850", Pan(Target("dots", 2.8e6, 850))),
        ("flat", Flat(1.4e6, 536)),
        ("flat:1.2e6@536", Flat(1.2e6, 536)),
        ("flat:0", Flat(0, 536)),
        ("flat:5@940", Flat(5, 940)),
        ("dark", Dark(536)),
        ("dark@850", Dark(850)),
        ("pan:chart", Pan(Chart(), 200, 0)),
        ("pan:350:chart", Pan(Chart(), 350, 0)),
        ("pan:3.5e2@90:flat:1e6@850", Pan(Flat(1e6, 850), 350, 90)),
        ("pan:100@-45:dark", Pan(Dark(), 100, -45)),
        ("spin:star", Spin(Target("star"))),
        ("spin:-30:star", Spin(Target("star"), -30)),
        ("fall:star", Fall(Target("star"))),
        ("fall:12.5:star", Fall(Target("star"), 12.5)),
        ("zoom:star", Zoom(Target("star"))),
        ("zoom:2@0.5:star", Zoom(Target("star"), 2, 0.5)),
        ("flicker:flat", Lit(Flat(), Flicker(100, 0.5))),
        ("flicker:120@0.3:chart:1e6", Lit(Chart(1e6), Flicker(120, 0.3))),
        ("pwm:2e3@.1:pan:chart", Lit(Pan(Chart()), Pwm(2000, 0.1))),
        ("pan:5:flicker:chart", Pan(Lit(Chart(), Flicker()), 5)),
        ("flash:4950+100:flat", Lit(Flat(), Pulses(((4_950_000, 5_050_000),)))),
        ("flash:1+.5,2+1:dark@850", Lit(Dark(850), Pulses(((1000, 1500), (2000, 3000))))),
    ],
)
def test_words_and_their_scenes(text: str, scene: Scene):
    assert parse(text, no_files) == scene


@pytest.mark.parametrize("path", ["photo.jpg", "./chart", "dir/dark", "C:\\p.png", "charts.png", "a b@2.tif"])
def test_all_else_is_the_path_of_a_picture(path: str):
    asked = []

    def load(text: str) -> NDArray[np.uint8]:
        asked.append(text)
        return np.full((4, 5, 3), 188, np.uint8)

    picture = parse(path, load)
    pan = parse(f"pan:50@180:{path}", load)
    assert asked == [path, path]
    assert isinstance(picture, Picture)
    assert (picture.name, picture.photons_per_s, picture.wavelength_nm) == (path, 2.8e6, 536)
    assert picture.linear[0, 0, 0] == pytest.approx(0.5029 * 65535, abs=3)
    assert isinstance(pan, Pan)
    assert isinstance(pan.scene, Picture)
    assert (pan.px_per_s, pan.direction_deg) == (50, 180)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "scene '': empty; allowed: chart, checker, slanted, star,"),
        ("pan:", "scene 'pan:': empty; allowed: chart, checker, slanted, star,"),
        (
            "chrat",
            "scene 'chrat': neither a scene nor a readable image (No such file or directory); do you mean",
        ),
        ("flat:much", "scene 'flat:much': 'much' is not a number of photons per pixel and second"),
        ("flat:", "scene 'flat:': '' is not a number of photons per pixel and second"),
        ("flat:1e6@green", "scene 'flat:1e6@green': 'green' is no light; allowed: nanometres, d65, a, 2848K"),
        ("flat@", "scene 'flat@': '' is no light; allowed: nanometres, d65, a, 2848K"),
        ("flat@ledK", "scene 'flat@ledK': 'ledK' is no light; allowed: nanometres, d65, a, 2848K"),
        ("flat@day2000K", "scene 'flat@day2000K': daylight of 2000 K is outside 4000..25000 K"),
        ("flat@9K", "scene 'flat@9K': black body of 9 K is outside 500..100000 K"),
        ("flat@led900", "scene 'flat@led900': LED of 900 nm is outside 380..780 nm"),
        ("flat:-5", "scene 'flat:-5': photons_per_s -5 is outside 0..1e+12 per pixel"),
        ("chart:nan", "scene 'chart:nan': photons_per_s nan is outside 0..1e+12 per pixel"),
        ("flat@0.536", "scene 'flat@0.536': wavelength_nm 0.536 is outside 100..10000 nm"),
        ("dark:5", "scene 'dark:5': dark has no light to set; allowed: dark, dark@NM"),
        ("pan:-5:chart", "scene 'pan:-5:chart': px_per_s -5 is outside 0..1e+09 px/s"),
        ("pan:5@1e3:chart", "scene 'pan:5@1e3:chart': direction_deg 1000 is outside -360..360 degrees"),
        ("pan:.:chart", "scene 'pan:.:chart': '.' is not a number of pixels a second"),
        (
            "spin:pan:chart",
            "scene 'spin:pan:chart': a spin of a moving scene; allowed: of one that stands still",
        ),
        (
            "zoom:pan:chart",
            "scene 'zoom:pan:chart': a zoom of a moving scene; allowed: of one that stands still",
        ),
        ("zoom:0@1:chart", "scene 'zoom:0@1:chart': growth 0 is outside 0..100"),
        ("fall:-1:chart", "scene 'fall:-1:chart': px_per_s2 -1 is outside 0..1e+09 px/s2"),
        ("spin:1e9:chart", "scene 'spin:1e9:chart': rpm 1e+09 is outside -1e+06..1e+06"),
        ("flicker:100:chart", "scene 'flicker:100:chart': neither a scene nor a readable image"),
        ("flicker:100@2:chart", "scene 'flicker:100@2:chart': depth 2 is outside 0..1"),
        ("pwm:-@2:chart", "scene 'pwm:-@2:chart': '-' is not a number of hertz"),
        ("flash:5:flat", "scene 'flash:5:flat': '5' is not BEGIN+WIDTH in us"),
        ("flash:5+x:flat", "scene 'flash:5+x:flat': 'x' is not a number of us"),
        ("flash:1e99+1:flat", "scene 'flash:1e99+1:flat': 1e+99 us is outside 0..1e+12 us"),
        ("flash:nan+1:flat", "scene 'flash:nan+1:flat': nan us is outside 0..1e+12 us"),
        ("flash:1+5,2+1:flat", "scene 'flash:1+5,2+1:flat': pulse 2000..3000 ns begins before the one"),
        ("flicker:pwm:flat", "scene 'flicker:pwm:flat': a light within a light; allowed: one light"),
        ("pan:pan:chart", "scene 'pan:pan:chart': a pan within a pan; allowed: one pan"),
    ],
)
def test_errors_name_the_text_and_what_is_allowed(text: str, message: str):
    with pytest.raises(ValueError) as error:
        parse(text, no_files)
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)


def test_a_file_that_is_no_picture_is_named_too():
    def unreadable(path: str) -> NDArray[np.uint8]:
        raise OSError("cannot identify image file\nwith more lines")

    def odd(path: str) -> NDArray[np.float64]:
        return np.zeros((2, 2))

    with pytest.raises(
        ValueError, match=r"^scene 'a\.txt': neither .* \(cannot identify image file\); allowed"
    ) as error:
        parse("a.txt", unreadable)
    assert "\n" not in str(error.value)
    with pytest.raises(ValueError, match=r"^scene 'a\.npy': image 'a\.npy' holds float64; allowed are"):
        parse("a.npy", odd)


@given(
    st.text(max_size=40)
    | st.from_regex(
        r"((pan|spin|fall|zoom|play|flicker|pwm|flash|lit):)?([-.@e0-9:]{0,8}:)?(chart|flat|dark)?[:@.0-9e]{0,9}"
    )
)
def test_any_text_is_a_scene_or_a_one_line_error(text: str):
    try:
        scene = parse(text, no_files)
    except ValueError as error:
        refusal = str(error)
        assert refusal.startswith(f"scene {text!r}: ")
        assert len(refusal.splitlines()) == 1
    else:
        assert parse(describe(scene), no_files) == scene


light = st.floats(0, 1e12)
kelvin, peak = st.floats(4000, 25_000), st.floats(380, 780)
named = st.builds(black_body, kelvin) | st.builds(daylight, kelvin) | st.builds(led, peak)
wavelength = st.floats(100, 10_000) | named | st.just(d65()) | st.just(illuminant_a())
still = st.builds(Flat, light, wavelength) | st.builds(Chart, light, wavelength) | st.builds(Dark, wavelength)


hz, share = st.floats(1e-3, 1e9), st.floats(0, 1)
flashes = st.lists(st.integers(0, 10**15), min_size=2, max_size=8, unique=True).map(sorted)
pulses = flashes.map(lambda at: Pulses(tuple(zip(at[::2], at[1::2], strict=False))))
levels = st.builds(Flicker, hz, share) | st.builds(Pwm, hz, share) | pulses
moving = (
    still
    | st.builds(Spin, still, st.floats(-1e6, 1e6))
    | st.builds(Zoom, still, st.floats(0.01, 100), st.floats(0.01, 1000))
    | st.builds(Fall, still, st.floats(0.1, 1e9))
    | st.builds(Pan, still, st.floats(0, 1e9), st.floats(-360, 360))
)


@given(moving | st.builds(Lit, moving, levels))
def test_a_description_is_read_back_as_the_scene(scene: Scene):
    assert parse(describe(scene), no_files) == scene


def test_a_picture_is_described_by_its_path():
    def load(path: str) -> NDArray[np.uint8]:
        return np.zeros((2, 2), np.uint8)

    assert describe(parse("pan:5:x.png", load)) == "pan:5.0@0.0:x.png"


LIGHTS = (
    "spin:SCENE",
    "spin:RPM:SCENE",
    "fall:SCENE",
    "fall:PX_PER_S2:SCENE",
    "zoom:SCENE",
    "zoom:GROWTH@PERIOD:SCENE",
    "checker",
    "steps",
    "lit:LIGHT:PATH",
    "flicker:SCENE",
    "flicker:HZ@DEPTH:SCENE",
    "pwm:HZ@DUTY:SCENE",
    "flash:BEGIN+WIDTH:SCENE",
)


def test_a_picture_in_a_light_has_its_colours():
    asked = []

    def load(path: str) -> NDArray[np.uint8]:
        asked.append(path)
        return np.full((4, 5, 3), (255, 0, 0), np.uint8)

    picture = parse("pan:lit:d65:a b.png", load)
    assert asked == ["a b.png"]
    assert isinstance(picture, Pan)
    assert len(picture.spectra) == 3
    assert describe(picture) == "pan:200.0@0.0:lit:d65:a b.png"
    with pytest.raises(ValueError, match=r"^scene 'lit:dim:x.png': 'dim' is no light; allowed: nanometres"):
        parse("lit:dim:x.png", load)


def test_the_docs_name_every_form():
    """The page of scenes is what help and errors refer to."""
    page = (Path(__file__).parents[3] / "docs" / "scenes.md").read_text()
    for form in ("chart", "flat", "dark", "PATH", "pan:SPEED@DEGREES:SCENE", *LIGHTS):
        word, colon, _ = form.partition(":")
        assert f"`{word}{colon}" in page, form
