"""Kinds of image files: each is read as what it shows, or refused in one line that names the file."""

import tracemalloc
import warnings

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms

from camtwin import files
from camtwin.files import FileProblem, RawImages, load_picture, load_raw
from camtwin.scene.targets import linear_light
from unit.test_cli import camtwin as cli

GREY = np.array([[0, 85, 170], [255, 51, 102]], np.uint8)  # 2 rows, 3 columns
COLOUR = np.stack([GREY, GREY[::-1], 255 - GREY], 2)
CLEAR = np.array([[255, 0, 51], [255, 255, 102]], np.uint8)


def tiff(path, data, **how):
    tifffile.imwrite(path, data, **how)
    return str(path)


def pillow(path, image, **how):
    image.save(path, **how)
    return str(path)


def profile(name):
    return ImageCms.ImageCmsProfile(ImageCms.createProfile(name)).tobytes()


PALETTE = Image.fromarray(GREY // 51).convert("P")
PALETTE.putpalette([value for code in range(256) for value in (255 - code, code, 7)])
RGB_OF_PALETTE = np.stack([255 - GREY // 51, GREY // 51, np.full_like(GREY, 7)], 2)

# name: (how it is written, what is read)
PICTURES = {
    "L.png": (lambda p: pillow(p, Image.fromarray(GREY)), GREY),
    "1.png": (lambda p: pillow(p, Image.fromarray(GREY > 128)), np.where(GREY > 128, 255, 0)),
    "P.png": (lambda p: pillow(p, PALETTE), RGB_OF_PALETTE),
    "P.tif": (lambda p: pillow(p, PALETTE), RGB_OF_PALETTE),
    "LA.png": (
        lambda p: pillow(p, Image.merge("LA", [Image.fromarray(GREY), Image.fromarray(CLEAR)])),
        np.stack([GREY, GREY, GREY, CLEAR], 2),
    ),
    "RGBA.png": (
        lambda p: pillow(p, Image.fromarray(np.dstack([COLOUR, CLEAR]))),
        np.dstack([COLOUR, CLEAR]),
    ),
    "transparent-P.png": (
        lambda p: pillow(p, PALETTE, transparency=0),
        np.dstack([RGB_OF_PALETTE, np.where(GREY // 51, 255, 0)]),
    ),
    "16.png": (
        lambda p: pillow(p, Image.fromarray(GREY.astype(np.uint16) * 257)),
        GREY.astype(np.uint16) * 257,
    ),
    "16.pgm": (
        lambda p: pillow(p, Image.fromarray(GREY.astype(np.int32) * 257)),
        GREY.astype(np.uint16) * 257,
    ),
    "16.tif": (lambda p: tiff(p, GREY.astype(np.uint16) * 257), GREY.astype(np.uint16) * 257),
    "16-big-endian.tif": (
        lambda p: tiff(p, GREY.astype(">u2") * 257, byteorder=">"),
        GREY.astype(np.uint16) * 257,
    ),
    "RGB16.tif": (
        lambda p: tiff(p, COLOUR.astype(np.uint16) * 257, photometric="rgb"),
        COLOUR.astype(np.uint16) * 257,
    ),
    "planes.tif": (
        lambda p: tiff(p, np.moveaxis(COLOUR, 2, 0), photometric="rgb", planarconfig="separate"),
        COLOUR,
    ),
    "white-is-0.tif": (lambda p: tiff(p, GREY, photometric="miniswhite"), 255 - GREY),
    "1-bit.tif": (lambda p: tiff(p, GREY > 128, photometric="minisblack"), np.where(GREY > 128, 255, 0)),
    "opacity.tif": (
        lambda p: tiff(p, np.dstack([COLOUR, CLEAR]), photometric="rgb", extrasamples=["unassalpha"]),
        np.dstack([COLOUR, CLEAR]),
    ),
    "multiplied.tif": (
        lambda p: tiff(p, np.full((2, 3, 4), 51, np.uint8), photometric="rgb", extrasamples=["assocalpha"]),
        np.dstack([np.full((2, 3, 3), 255), np.full((2, 3), 51)]),
    ),
    "float.tif": (lambda p: tiff(p, (GREY / 255).astype(np.float32)), (GREY / 255).astype(np.float32)),
    "double.tif": (lambda p: tiff(p, GREY / 255), (GREY / 255).astype(np.float32)),
    "float.pfm": (
        lambda p: pillow(p, Image.fromarray((GREY / 255).astype(np.float32))),
        (GREY / 255).astype(np.float32),
    ),
    "CMYK.tif": (lambda p: pillow(p, Image.fromarray(COLOUR).convert("CMYK")), COLOUR),
    "sRGB.png": (lambda p: pillow(p, Image.fromarray(COLOUR), icc_profile=profile("sRGB")), COLOUR),
}


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_read_as_what_it_shows(name, tmp_path):
    write, shown = PICTURES[name]
    read = np.asarray(load_picture(write(tmp_path / name)))
    assert read.dtype == (shown.dtype if shown.dtype in (np.uint16, np.float32) else np.uint8)
    assert np.array_equal(read, shown)


@pytest.mark.parametrize("kind", ["png", "tif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_it_stands_upright(kind, orientation, tmp_path):
    """An uncompressed grey TIFF with Orientation 6 was sheared."""
    exif = Image.Exif()
    exif[274] = orientation
    image = np.arange(35, dtype=np.uint8).reshape(5, 7) * 7
    if kind == "png":
        path = pillow(tmp_path / "a.png", Image.fromarray(image), exif=exif)
    else:
        path = tiff(tmp_path / "a.tif", image, extratags=[(274, 3, 1, orientation, True)])
    rows = {1: 0, 2: 0, 3: 4, 4: 4}
    upright = {
        **{n: image[:: -1 if rows[n] else 1, :: -1 if n in (2, 3) else 1] for n in rows},
        5: image.T,
        6: image[::-1].T,
        7: image[::-1, ::-1].T,
        8: image.T[::-1],
    }[orientation]
    assert np.array_equal(np.asarray(load_picture(path)), upright)


def test_opacity_dims():
    """What is transparent gives no light."""
    light = linear_light(np.dstack([np.full((1, 2, 3), 255, np.uint8), np.array([[255, 51]], np.uint8)]))
    assert light.ravel() == pytest.approx([65535, 13107], abs=1)


def test_another_colour_space_is_converted(tmp_path):
    """The white of Lab, and its L* of 53.7, which is half of the codes of sRGB."""
    lab = np.array([[[255, 128, 128], [137, 128, 128]]], np.uint8)
    picture = Image.frombytes("LAB", (2, 1), (lab ^ np.array([0, 128, 128], np.uint8)).tobytes())
    path = pillow(tmp_path / "lab.tif", picture, icc_profile=profile("LAB"))
    read = np.asarray(load_picture(path)).astype(int)
    assert read[0, 0] == pytest.approx([255, 255, 255], abs=2)
    assert read[0, 1] == pytest.approx([128, 128, 128], abs=2)


REFUSED = {
    "two.tif": (lambda p: tiff(p, np.stack([GREY, GREY]), photometric="minisblack"), "holds 2 images"),
    "two.gif": (
        lambda p: pillow(p, PALETTE, save_all=True, append_images=[Image.fromarray(GREY)]),
        "holds 2 images; write each to a file of its own",
    ),
    "int32.tif": (lambda p: tiff(p, GREY.astype(np.int32)), "holds int32; write it with 8 bits, 16 bits or"),
    "nan.tif": (
        lambda p: tiff(p, np.full((2, 2), np.nan, np.float32)),
        "holds light that is negative or not",
    ),
    "dark.pfm": (
        lambda p: pillow(p, Image.fromarray(np.full((2, 2), -1, np.float32))),
        "holds light that is negative or not finite",
    ),
    "profile16.tif": (
        lambda p: tiff(p, GREY.astype(np.uint16), iccprofile=profile("XYZ")),
        "has the colour profile 'XYZ identity built-in'; convert it to sRGB, or to 8 bits",
    ),
    "broken.png": (lambda p: p.write_bytes(b"no image") and str(p), "cannot identify image file"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_picture_is_refused(name, tmp_path):
    write, message = REFUSED[name]
    path = write(tmp_path / name)
    with pytest.raises(FileProblem) as told:
        load_picture(path)
    assert str(told.value).startswith(path)
    assert message in str(told.value)
    assert "\n" not in str(told.value)


RAW = {
    "L.png": (lambda p: pillow(p, Image.fromarray(GREY)), GREY),
    "16.png": (
        lambda p: pillow(p, Image.fromarray(GREY.astype(np.uint16) * 16)),
        GREY.astype(np.uint16) * 16,
    ),
    "8.tif": (lambda p: tiff(p, GREY), GREY),
    "16.tif": (lambda p: tiff(p, GREY.astype(np.uint16) * 16), GREY.astype(np.uint16) * 16),
    "big-endian.tif": (
        lambda p: tiff(p, GREY.astype(">u2") * 16, byteorder=">"),
        GREY.astype(np.uint16) * 16,
    ),
    "mosaic.tif": (lambda p: tiff(p, GREY, photometric="cfa"), GREY),
    "turned.tif": (lambda p: tiff(p, GREY, extratags=[(274, 3, 1, 6, True)]), GREY),
}


@pytest.mark.parametrize("name", RAW)
def test_codes_are_read_as_stored(name, tmp_path):
    write, codes = RAW[name]
    read = load_raw(tmp_path / name if write(tmp_path / name) else tmp_path)
    assert read.dtype == codes.dtype
    assert np.array_equal(read, codes)


STACK = np.stack([GREY, GREY // 2, 255 - GREY]).astype(np.uint16) * 16
STACKS = {
    "pages.tif": lambda p: tiff(p, STACK, photometric="minisblack", metadata=None),
    "deflated.tif": lambda p: tiff(p, STACK, photometric="minisblack", compression="zlib"),
    "big.tif": lambda p: tiff(p, STACK, photometric="minisblack", bigtiff=True),
    "imagej.tif": lambda p: tiff(p, STACK, imagej=True),
    "imagej-one-page.tif": lambda p: tiff(p, STACK, imagej=True, truncate=True),  # as ImageJ above 4 GB
    "shaped-one-page.tif": lambda p: tiff(p, STACK, photometric="minisblack", truncate=True),
    "ome.ome.tif": lambda p: tiff(p, STACK, photometric="minisblack"),
}


@pytest.mark.parametrize("name", STACKS)
def test_each_page_of_a_stack_is_an_image(name, tmp_path):
    STACKS[name](tmp_path / name)
    images = RawImages(tmp_path / name)
    assert len(images) == 3
    assert [image.dtype for image in images] == [np.uint16] * 3
    assert np.array_equal([*images], STACK)
    for load in (load_raw, lambda path: load_picture(str(path))):  # where one is meant, no other is lost
        with pytest.raises(FileProblem, match=r"tif: holds 3 images; write each to a file of its own"):
            load(tmp_path / name)


def test_a_stack_is_read_a_page_at_a_time(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.zeros((40, 500, 500), np.uint16), photometric="minisblack")
    tracemalloc.start()
    try:
        assert sum(image.nbytes for image in RawImages(path)) == 40 * 500_000
        assert tracemalloc.get_traced_memory()[1] < 5 * 500_000
    finally:
        tracemalloc.stop()


def test_a_page_that_is_no_image_of_codes_is_refused(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        file.write(GREY, photometric="minisblack")
        file.write(GREY, photometric="miniswhite")
    with pytest.raises(FileProblem, match=r"a\.tif: holds codes of which 0 is white"):
        list(RawImages(tmp_path / "a.tif"))


NO_CODES = {
    "P.png": (lambda p: pillow(p, PALETTE), "holds indices of a palette, not the grey codes of a camera"),
    "P.tif": (lambda p: pillow(p, PALETTE), "holds indices of a palette, not the grey codes of a camera"),
    "LA.png": (
        lambda p: pillow(p, Image.merge("LA", [Image.fromarray(GREY), Image.fromarray(CLEAR)])),
        "holds grey with opacity",
    ),
    "RGB.png": (lambda p: pillow(p, Image.fromarray(COLOUR)), "holds colours"),
    "RGB.tif": (lambda p: tiff(p, COLOUR, photometric="rgb"), "holds colours"),
    "1.png": (
        lambda p: pillow(p, Image.fromarray(GREY > 128)),
        "holds 1-bit numbers, which are stretched to 8",
    ),
    "white-is-0.tif": (lambda p: tiff(p, GREY, photometric="miniswhite"), "holds codes of which 0 is white"),
    "float.tif": (lambda p: tiff(p, GREY / 255), "2 x 3 float64 is not rows and columns of uint8 or uint16"),
    "two.tif": (
        lambda p: tiff(p, np.stack([GREY, GREY]), photometric="minisblack"),
        "holds 2 images; write each to a file of its own",
    ),
}


@pytest.mark.parametrize("name", NO_CODES)
def test_what_has_no_codes_is_refused(name, tmp_path):
    write, message = NO_CODES[name]
    write(tmp_path / name)
    with pytest.raises(FileProblem) as told:
        load_raw(tmp_path / name)
    assert str(told.value).startswith(str(tmp_path / name))
    assert message in str(told.value)


def test_large_images_load_without_a_warning(tmp_path, monkeypatch):
    """Pillow warns from 89 million pixels and refuses from 179: sensors have 151 and 247 million."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for mode, size in (("1", (14_204, 10_652)), ("L", (19_000, 13_000))):
            Image.new(mode, size, 1).save(tmp_path / "large.png", compress_level=1)
            image = load_picture(str(tmp_path / "large.png"))
            assert np.shape(image) == size[::-1]
            assert np.min(image) == (255 if mode == "1" else 1)
            assert np.shape(load_raw(tmp_path / "large.png") if mode == "L" else image) == size[::-1]
    assert Image.MAX_IMAGE_PIXELS == 89_478_485
    monkeypatch.setattr(files, "MAX_PIXELS", 100)
    Image.new("L", (20, 10)).save(tmp_path / "a.png")
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((10, 20), np.uint8))
    for name in ("a.png", "a.tif"):
        with pytest.raises(FileProblem, match="20 x 10 are 0 million pixels, above the maximum"):
            load_picture(str(tmp_path / name))


def test_the_laboratory_refuses_a_palette(tmp_path):
    PALETTE.save(tmp_path / "a.png")
    step = '[[step]]\nfor = "light"\nexposure_s = 0.01\nimages = ["a.png", "a.png"]\n'
    (tmp_path / "emva1288.toml").write_text(f"format = 1\nbits = 8\n{step}{step}photons = 100.0\n")
    done = cli("lab", "emva", str(tmp_path), ok=False)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert f"{tmp_path}/a.png: holds indices of a palette" in done.stderr
