"""Files: what is written reads back, with its metadata; what cannot be is told in one line."""

import json

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image

from camtwin import files

IMAGE = np.arange(12, dtype=np.uint16).reshape(3, 4) * 300
META = {"model": "m", "seed": 7, "settings": {"Width": 4}}


@pytest.mark.parametrize("bits", [8, 12])
@pytest.mark.parametrize("ending", [".tiff", ".png", ".npy"])
def test_what_is_written_reads_back_with_its_metadata(tmp_path, ending, bits):
    path, image = tmp_path / f"a{ending}", IMAGE >> (12 - bits)
    files.save(path, image, bits, META)
    if ending == ".tiff":
        with tifffile.TiffFile(path) as tiff:
            read, meta = tiff.asarray(), tiff.pages.first.description
    elif ending == ".png":
        with Image.open(path) as png:
            read, meta = np.asarray(png), png.text["camtwin"]  # pyright: ignore[reportAttributeAccessIssue]
    else:
        read, meta = np.load(path), (tmp_path / "a.npy.json").read_text()
    assert np.array_equal(read, image)
    assert read.dtype == (np.uint8 if bits == 8 else np.uint16)
    assert json.loads(meta) == META
    assert {p.name for p in tmp_path.iterdir()} <= {path.name, f"{path.name}.json"}


def test_names_of_several_frames(tmp_path):
    assert files.numbered(tmp_path / "a.png", 1, 1).name == "a.png"
    assert files.numbered(tmp_path / "a.png", 7, 20).name == "a-0007.png"


def test_problems_are_one_line(tmp_path):
    with pytest.raises(files.FileProblem, match=r"cannot write \.gif; use \.tif, \.tiff, \.png, \.npy"):
        files.save(tmp_path / "a.gif", IMAGE, 12, META)
    with pytest.raises(files.FileProblem, match="No such file or directory"):
        files.save(tmp_path / "none" / "a.png", IMAGE, 12, META)
    (tmp_path / "text.png").write_text("no picture")
    with pytest.raises(files.FileProblem, match=r"text\.png: cannot identify"):
        files.load_picture(str(tmp_path / "text.png"))
    with pytest.raises(files.FileProblem, match="No such file or directory"):
        files.load_picture(str(tmp_path / "gone.png"))


def test_a_full_disk_leaves_nothing_half_written(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setitem(files.WRITERS, ".png", full)
    with pytest.raises(files.FileProblem, match=r"a\.png: No space left on device"):
        files.save(tmp_path / "a.png", IMAGE, 12, META)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "1", "I;16"])
def test_pictures_of_any_kind_load(tmp_path, mode):
    Image.new("L", (5, 3), 77).convert(mode).save(tmp_path / "p.png")
    assert np.shape(files.load_picture(str(tmp_path / "p.png")))[:2] == (3, 5)


def test_a_radiance_picture_is_linear(tmp_path):
    light = np.array([[[0.25, 0.5, 1.0], [20.0, 40.0, 80.0]]], np.float32)
    assert cv2.imwrite(str(tmp_path / "lamp.hdr"), light[..., ::-1])
    read = np.asarray(files.load_picture(str(tmp_path / "lamp.hdr")))
    assert read.dtype == np.float32
    assert read == pytest.approx(light, rel=0.01)
    (tmp_path / "no.hdr").write_bytes(b"#?RADIANCE\nbut no more")
    for wrong in ("no.hdr", "gone.hdr"):
        with pytest.raises(files.FileProblem, match=wrong):
            files.load_picture(str(tmp_path / wrong))


def test_a_folder_is_its_pictures_by_name(tmp_path):
    for name, level in (("b.png", 20), ("a.png", 10)):
        Image.fromarray(np.full((2, 3), level, np.uint8)).save(tmp_path / name)
    assert [picture[0, 0] for picture in files.load_picture(str(tmp_path))] == [10, 20]
