"""Descriptions of images in files: what is read, what is refused in one line, what --save writes."""

import json
import re

import numpy as np
import pytest
import tifffile
from typer.testing import CliRunner

from camtwin.cli import app
from camtwin.emva1288.folder import NAME, REFERENCE, Saved, parse, parse_reference
from camtwin.emva1288.shots import LabProblem, Shot, Subject, channels, reduced
from camtwin.files import FileProblem, RawImages, load_raw, save
from camtwin.problem import Problem

SHAPE = (40, 48)
RNG = np.random.default_rng(3)
HEAD = "format = 1\nbits = 12\n"


def step(images, part="light", photons=0.0, **more):
    lines = {"for": part, "photons": photons, "exposure_s": 0.01, "images": images, **more}
    return "[[step]]\n" + "".join(f"{k} = {json.dumps(v)}\n" for k, v in lines.items())


AB, DIM = ["a.tif", "b.tif"], ["1-0.tif", "1-1.tif"]
DARK, LIT = step(["0-0.tif", "0-1.tif"]), step(DIM, photons=9.0)


def noise(mean, shape=SHAPE):
    return np.clip(np.rint(RNG.normal(mean, 2 + mean**0.5, shape)), 0, 4095).astype(np.uint16)


PHOTONS = (0, *np.linspace(100, 9000, 12).tolist())


def folder(place, text=None, photons=PHOTONS):
    """Write a small set of images; text: another description of it."""
    steps = []
    for number, mu_p in enumerate(photons):
        names = [f"{number}-{i}.tif" for i in range(2)]
        for name in names:
            tifffile.imwrite(place / name, noise(40 + 0.5 * mu_p))
        steps.append(step(names, photons=float(mu_p)))
    (place / NAME).write_text(HEAD + "".join(steps) if text is None else text)
    return place


def run(*args):
    return CliRunner().invoke(app, ["lab", "emva", *map(str, args)])


def refused(*args):
    """Return the line on stderr that main() prints."""
    done = run(*args)
    assert isinstance(done.exception, Problem), (done.exception, done.output)
    assert "\n" not in str(done.exception)
    return str(done.exception)


def test_a_small_set_is_measured(tmp_path):
    done = run(folder(tmp_path), "--json")
    (channel,) = json.loads(done.stdout)["channels"]
    assert 0.4 < channel["figures"]["R"]["value"] < 0.6
    assert [line.partition(":")[0] for line in channel["missing"]] == [
        "nonuniformity",
        "dark current",
        "efficiency over wavelength",
    ]


def test_pages_of_a_stack_are_images(tmp_path):
    """One file a step, or one for several; the numbers are those of single files."""
    single = run(folder(tmp_path), "--json").stdout
    steps = []
    for number, mu_p in enumerate(PHOTONS):
        pages = np.stack([load_raw(tmp_path / f"{number}-{i}.tif") for i in range(2)])
        tifffile.imwrite(tmp_path / f"{number}.tif", pages, photometric="minisblack")
        steps.append(step([f"{number}.tif"], photons=float(mu_p)))
    (tmp_path / NAME).write_text(HEAD + "".join(steps))
    assert run(tmp_path, "--json").stdout == single


def test_a_descriptor_of_the_reference_implementation_with_stacks(tmp_path):
    tifffile.imwrite(tmp_path / "dark.tif", np.stack([noise(50)] * 2), photometric="minisblack")
    tifffile.imwrite(tmp_path / "lit.tif", np.stack([noise(50)] * 5), photometric="minisblack")
    text = "n 12 48 40\nd 1e7\ni dark.tif\nb 1e7 9\ni lit.tif\n"
    _, shots = parse_reference("x.txt", text, lambda name: RawImages(tmp_path / name))
    assert [(shot.part, len(list(shot.images))) for shot in shots] == [("light", 2), ("stack", 5)]


def test_for_people_it_says_what_is_not_measured(tmp_path):
    said = " ".join(run(folder(tmp_path)).stdout.split())
    assert "not measured: dark current: there are no dark images of several exposure times" in said


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("format = 2\nbits = 12", r"emva1288.toml: format 2: must be 1"),
        ("format = 1", r"bits: is missing"),
        ("format = 1\nbits = 17", r"bits 17: must be less than or equal to 16"),
        ("format = ", r"emva1288.toml: Invalid value"),
        (HEAD + 'mosaic = "RGB"', r"mosaic 'RGB': must be"),
        (HEAD + "colour = 1", r"colour 1: is no word of this file"),
        (HEAD + step(["0-0.tif"]), r"step.0.images: holds 1 image, and a step needs 2 or more"),
        (HEAD + step(AB, photons=-1.0), r"step.0.photons -1.0: must be greater than"),
        (HEAD + step(AB, part="dusk"), r"step.0.for 'dusk': must be 'light', 'stack'"),
        (HEAD + step(AB, photons=7.5).replace("7.5", "nan"), r"step.0.photons nan: must be"),
        (HEAD, r"there are no dark images"),
        (HEAD + DARK, r"there are no images in light"),
        (HEAD + LIT, r"there are no dark images: the photon transfer needs"),
        (HEAD + step(["no.tif", "b.tif"]), r"no\.tif: No such file"),
        (HEAD + step(["0-0.tif", "0-1.jpg"]), r"0-1\.jpg: cannot read \.jpg; use \.tif, \.tiff, \.png"),
        (HEAD + step(["0-0.tif", "small.npy"]), r"the shape \(4, 4\), those before it \(40, 48\)"),
        (HEAD + step(["0-0.tif", "deep.npy"]), r"shows 4096 DN, above the highest code 4095"),
        (HEAD + DARK + LIT, r"the light does not saturate the camera: 0 of 1 steps lie beyond"),
        (HEAD + 'mosaic = "RGGB"\n' + step(["row.npy"] * 2), r"a mosaic needs 2 rows and 2 columns"),
        (HEAD + DARK + step(DIM, "dark current", 5.0), r"dark current is measured without light"),
        (HEAD + DARK + step(DIM, "spectrum", 5.0), r"a step of the spectrum needs a wavelength"),
        (HEAD + 2 * step(DIM, "stack", 5.0), r"a second stack in the same light"),
        (HEAD + 2 * step(DIM, "stack"), r"a second stack in the same light"),
        (HEAD + DARK + step(["flat.npy"] * 2, photons=9.0) * 9, r"steps lie (in|beyond)"),
    ],
)  # fmt: skip
def test_what_cannot_be_measured_is_told_in_a_line(tmp_path, text, says):
    folder(tmp_path, text, photons=(0, 100))
    np.save(tmp_path / "small.npy", np.zeros((4, 4), np.uint16))
    np.save(tmp_path / "row.npy", np.zeros((1, 4), np.uint16))
    np.save(tmp_path / "flat.npy", np.full(SHAPE, 40, np.uint16))
    np.save(tmp_path / "deep.npy", np.full(SHAPE, 4096, np.uint16))
    assert re.search(says, refused(tmp_path))


def test_a_folder_without_a_description(tmp_path):
    assert "holds neither emva1288.toml nor a single descriptor *.txt" in refused(tmp_path)
    assert "neither a folder nor a model; models are basler" in refused(tmp_path / "no")
    (tmp_path / NAME).write_bytes(b"\xff\xfe")
    assert "no UTF-8 text" in refused(tmp_path)


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["--quick"], "--quick is for a model"),
        (["--set", "Gain=6"], "--set is for a model"),
        (["--save", "x"], "--save is for a model"),
        (["--temperature", "20"], "--temperature is for a model"),
        (["--html", "no/where.html"], "no/where.html: there is no such folder"),
        (["--sheet", "none"], "no model 'none'"),
    ],
)
def test_options_that_do_not_fit(tmp_path, args, says):
    assert says in refused(folder(tmp_path), *args)


def test_saving_spares_what_is_there(tmp_path):
    (tmp_path / "mine").write_text("kept")
    assert "exists and is not an empty folder" in refused("baumer-vcxg-124m", "--save", tmp_path)
    assert (tmp_path / "mine").read_text() == "kept"


def damaged(data, rng):
    """Return the data with some bytes changed, or without its end."""
    data = bytearray(data)
    for _ in range(int(rng.integers(1, 8))):
        data[int(rng.integers(len(data)))] = int(rng.integers(256))
    return bytes(data[: int(rng.integers(len(data)))] if rng.random() < 0.3 else data)


@pytest.mark.parametrize("kind", ["tif", "png", "npy"])
def test_damaged_pictures_are_refused_in_a_line_or_read(tmp_path, kind, capfd):
    whole, rng = tmp_path / f"whole.{kind}", np.random.default_rng(8)
    save(whole, noise(900, (8, 9)), 12, {})
    head, refusals = whole.read_bytes(), 0
    for _ in range(300):
        (tmp_path / f"cut.{kind}").write_bytes(damaged(head, rng))
        try:
            assert load_raw(tmp_path / f"cut.{kind}").ndim == 2
        except FileProblem as problem:
            assert "\n" not in str(problem)
            refusals += 1
    assert refusals > 30
    assert capfd.readouterr().err == ""


def test_a_header_that_promises_terabytes(tmp_path):
    with (tmp_path / "huge.npy").open("wb") as file:
        said = {"descr": "<u2", "fortran_order": False, "shape": (10**7, 10**7)}
        np.lib.format.write_array_header_1_0(file, said)
        file.write(bytes(100))
    with pytest.raises(FileProblem, match=r"huge\.npy: "):
        load_raw(tmp_path / "huge.npy")


def test_pickles_are_not_opened(tmp_path):
    np.save(tmp_path / "p.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(FileProblem, match=r"p\.npy: "):
        load_raw(tmp_path / "p.npy")


REFERENCE_TEXT = """# a comment
v 3.1
n 12 48 40
d 10000000,0
i dark\\a.tif
i dark\\b.tif
b 1e7 250.5
i c.tif
i d.tif
i e.tif
"""


def test_a_descriptor_of_the_reference_implementation():
    asked = []
    subject, shots = parse_reference("x.txt", REFERENCE_TEXT, lambda name: asked.append(name) or [noise(50)])
    assert (subject.bits, subject.mosaic) == (12, "")
    assert [(s.part, s.mu_p, s.exposure_s) for s in shots] == [("light", 0, 0.01), ("stack", 250.5, 0.01)]
    asked.clear()
    assert [sum(1 for _ in s.images) for s in shots] == [2, 3]
    assert asked == ["dark/a.tif", "dark/b.tif", "c.tif", "d.tif", "e.tif"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("n 12 48\n", r"x.txt, line 1 'n 12 48': is none of n BITS"),
        ("n twelve 48 40\n", r"line 1 .*invalid literal"),
        ("i a.tif\n", r"line 1 'i a.tif': is none of"),
        ("d 1e7\ni a\ni b\n", r"None bits; a line n BITS WIDTH HEIGHT"),
        ("n 12 4 4\nd 1e7\ni a\n", r"a step of 1 images, 0 photons, 0.01 s"),
        ("n 12 4 4\nb 1e7 -5\ni a\ni b\n", r"a step of 2 images, -5 photons"),
    ],
)
def test_a_descriptor_that_cannot_be_read(text, says):
    with pytest.raises(LabProblem, match=says):
        parse_reference("x.txt", text, lambda _: [noise(50)])


def test_what_is_saved_is_what_was_measured():
    """Numbers to the last bit, words with quotes and umlauts, and nothing that was not known."""
    kept = {}
    saved = Saved(kept.__setitem__)
    subject = Subject('a "b" ü', 12, "GBRG", conditions={"pixel format": "x = 1\ny"}, photons_error=0.03)
    shots = [
        Shot("light", mu_p, 1 / 3, [noise(9), noise(9)], 530.1, t)
        for mu_p, t in ((0.0, None), (0.1 + 0.2, 20.0))
    ]
    first = reduced(subject, saved.through(shots))
    again, described = parse("x", saved.description(subject), lambda name: [kept[name]])
    assert again == subject
    assert [(s.part, s.mu_p, s.exposure_s, s.wavelength_nm, s.temperature_C) for s in described] == [
        (s.part, s.mu_p, s.exposure_s, s.wavelength_nm, s.temperature_C) for s in shots
    ]
    second = reduced(again, described)
    assert {name: m.light for name, m in first.items()} == {name: m.light for name, m in second.items()}


def test_each_place_of_the_mosaic_is_a_channel():
    image = np.array([[1, 2, 1, 2], [3, 4, 3, 4]], np.uint16)
    for mosaic, values in {
        "RGGB": {"R": 1, "Gr": 2, "Gb": 3, "B": 4},
        "GRBG": {"Gr": 1, "R": 2, "B": 3, "Gb": 4},
        "GBRG": {"Gb": 1, "B": 2, "R": 3, "Gr": 4},
        "BGGR": {"B": 1, "Gb": 2, "Gr": 3, "R": 4},
    }.items():
        found = {name: np.unique(image[place]).tolist() for name, place in channels(mosaic).items()}
        assert found == {name: [value] for name, value in values.items()}


def test_a_saved_twin_gives_the_same_numbers(tmp_path, monkeypatch):
    """Also for a colour sensor, and all of a small plan: --save, then the folder by itself."""
    from dataclasses import replace

    from camtwin.emva1288 import bench

    small = replace(bench.QUICK, side=48, steps=12, stack=4, wavelengths_nm=(450.0, 600.0))
    monkeypatch.setattr(bench, "QUICK", small)
    for model in ("baumer-vcxg-124m", "sony-imx412-aack"):
        place = tmp_path / model
        args = [model, "--quick", "--json", "--seed", "5", "--save", place]
        of_twin = run(*args).stdout
        assert run(place, "--json").stdout == of_twin
        assert len(of_twin) > 10_000
        assert (place / REFERENCE).exists() == (model[0] == "b")
        assert run(model, "--quick", "--json", "--seed", "6").stdout != of_twin
