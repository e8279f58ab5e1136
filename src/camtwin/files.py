"""Files on disk: frames as TIFF, PNG or NPY with their metadata; images for scenes.

TIFF carries its metadata as JSON in ImageDescription, PNG as text under "camtwin"; NPY has no place for it,
so FILE.json lies beside it.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from camtwin.problem import Problem

if TYPE_CHECKING:
    from PIL.Image import Image
    from tifffile import TiffPage

MAX_PIXELS: Final = 400_000_000
"""Limit of an image's pixels: above the 247 million of the largest sensors that are sold as cameras."""


class FileProblem(Problem):
    """A file that cannot be read or written; one line that names it."""


def writer(path: Path) -> Callable[[Path, NDArray[np.uint16], int, dict[str, Any]], None]:
    """Return the function that writes a file of this name: f(path, image, bits, metadata).

    FileProblem for an unknown kind of file.
    """
    if path.suffix.lower() not in WRITERS:
        raise FileProblem(
            f"{path}: cannot write {path.suffix or 'a file without an ending'}; use {', '.join(WRITERS)}"
        )
    return WRITERS[path.suffix.lower()]


def numbered(path: Path, number: int, count: int) -> Path:
    """Return FILE for one frame; FILE-0001, FILE-0002, ... for several."""
    digits = max(4, len(str(count)))
    return path if count == 1 else path.with_name(f"{path.stem}-{number:0{digits}d}{path.suffix}")


def save(path: Path, image: NDArray[np.uint16], bits: int, metadata: dict[str, Any]) -> None:
    """Write one frame; FileProblem for a full disk or a missing folder, and no partial file is left."""
    write = writer(path)
    with _whole(path) as part:
        write(part, image, bits, metadata)
        part.replace(path)
        if path.suffix.lower() == ".npy":
            path.with_name(f"{path.name}.json").write_text(json.dumps(metadata, indent=2) + "\n")


def save_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> Path:
    """Write arrays into one .npz file, which numpy.load reads, and return its path; FileProblem as `save`."""
    with _whole(path) as part:
        np.savez(part, allow_pickle=False, **arrays)
        part.replace(path)
    return path


@contextlib.contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """Yield the name of a partial file, to be moved to `path` when it is whole, and removed if it is not."""
    part = path.with_name(f".{path.name}.part{path.suffix}")
    try:
        yield part
    except OSError as error:
        raise FileProblem(f"{path}: {error.strerror or error}") from None
    finally:
        with contextlib.suppress(OSError):  # it never came to be
            part.unlink()


def load_picture(path: str) -> NDArray[Any] | list[NDArray[Any]]:
    """Return an image for a scene, upright: (H, W), (H, W, 3) or, with opacity, (H, W, 4).

    Integers of 8 or 16 bits are coded as sRGB, from black to white whatever the file has for them: indices of
    a palette, white as 0, fewer bits, another colour space. Floats, as in a Radiance file (.hdr), a PFM or a
    TIFF, are linear light. Of a folder all its images, by name.

    Raises:
        FileProblem: names a file that cannot be read, or is not one image
    """
    if Path(path).is_dir():
        files = sorted(file for file in Path(path).iterdir() if file.is_file())
        return [_load_one(str(file)) for file in files]
    return _load_one(path)


def _load_one(path: str) -> NDArray[Any]:
    kind = Path(path).suffix.lower()
    if kind == ".hdr":
        return _load_linear(path)
    with _in_one_line(path):
        image = _tiff_picture(path) if kind in TIFF else None
        image = _picture(path) if image is None else image
    if image.dtype == np.float32 and not (np.isfinite(image).all() and image.min() >= 0):
        raise FileProblem(f"{path}: holds light that is negative or not finite")
    return image


@contextlib.contextmanager
def _in_one_line(path: str | Path) -> Iterator[None]:
    """Turn errors of decoders, which hostile bytes cause in every kind, into a FileProblem."""
    try:
        yield
    except FileProblem:
        raise
    except Exception as error:
        reason = getattr(error, "strerror", None) or str(error).partition("\n")[0]
        raise FileProblem(f"{path}: {reason or 'is no image that can be read'}") from None


def _picture(path: str) -> NDArray[Any]:
    """Return an image that Pillow reads."""
    from PIL import ImageOps

    with _opened(path) as picture:
        kind, count = picture.format, getattr(picture, "n_frames", 1)
        if count > 1 and kind != "MPO":  # beside its image, a JPEG of some cameras has a second, smaller one
            raise FileProblem(f"{path}: holds {count} images; write each to a file of its own")
        ImageOps.exif_transpose(picture, in_place=True)  # a large image is not copied without need
        picture.load()
        clear, profile = picture.has_transparency_data, picture.info.get("icc_profile")
        if picture.mode == "F":
            return np.asarray(picture, np.float32)
        if picture.mode.startswith("I"):
            if clear or (picture.mode == "I" and kind != "PPM"):  # which has its white at 65535 here
                what = "16-bit grey with transparency" if clear else "integers of 32 bits"
                raise FileProblem(f"{path}: holds {what}; write it with 8 bits, 16 bits or floats")
            _check_profile(path, profile)
            return np.asarray(picture).astype(np.uint16)
        shown = _in_srgb(path, picture, profile)
        mode = "L" if shown.mode in ("1", "L") and not clear else "RGBA" if clear else "RGB"
        return np.asarray(shown if shown.mode == mode else shown.convert(mode))


@contextlib.contextmanager
def _opened(path: str | Path, formats: list[str] | None = None) -> Iterator[Image]:
    """Open an image of up to MAX_PIXELS with Pillow, whose own limit is below the sensors of today."""
    from PIL import Image

    before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        with Image.open(path, formats=formats) as picture:
            _check_size(path, *picture.size)
            yield picture
    finally:
        Image.MAX_IMAGE_PIXELS = before


def _check_size(path: str | Path, width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        size = f"{width} x {height} are {width * height / 1e6:.0f} million pixels"
        raise FileProblem(f"{path}: {size}, above the maximum of {MAX_PIXELS / 1e6:.0f} million")


def _check_profile(path: str, profile: bytes | None) -> None:
    """Refuse a colour profile that only images of 8 bits can be converted from."""
    if profile and "srgb" not in (name := _profile_name(profile)).lower():
        raise FileProblem(f"{path}: has the colour profile {name!r}; convert it to sRGB, or to 8 bits")


def _profile_name(profile: bytes) -> str:
    from PIL import ImageCms

    return ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(BytesIO(profile))).strip()


def _in_srgb(path: str, picture: Image, profile: bytes | None) -> Image:
    """Return an image of 8 bits in sRGB, converted from its own colour profile if it has one."""
    from PIL import ImageCms

    if not profile:
        return picture
    try:
        if "srgb" in _profile_name(profile).lower():
            return picture
        alpha = picture.convert("RGBA").getchannel("A") if picture.has_transparency_data else None
        base = picture if picture.mode in ("L", "CMYK", "LAB") else picture.convert("RGB")
        of, to = ImageCms.ImageCmsProfile(BytesIO(profile)), ImageCms.createProfile("sRGB")
        made = ImageCms.profileToProfile(base, of, to, outputMode="RGB")
    except ImageCms.PyCMSError as error:
        raise FileProblem(f"{path}: its colour profile cannot be used: {error}") from None
    assert made is not None, "it is converted into a new image"
    if alpha:
        made.putalpha(alpha)
    return made


def _tiff_picture(path: str) -> NDArray[Any] | None:
    """Return a TIFF's image, in as many bits as it has; None if only Pillow may read it."""
    from PIL import Image

    with _only_page(path) as page:
        if page.photometric not in (0, 1, 2, 3):  # white or black is 0, colours, palette
            return None
        try:
            image = page.asarray()
        except ValueError:  # compressed in a way that only Pillow knows
            return None
        orientation, profile = (page.tags[tag].value if tag in page.tags else None for tag in (274, 34675))
        image = np.moveaxis(image, 0, -1) if page.axes == "SYX" else image
        image = _from_black_to_white(path, image, page)
    if image.dtype == np.uint8:
        image = np.asarray(_in_srgb(path, Image.fromarray(image), profile))
    elif image.dtype == np.uint16:
        _check_profile(path, profile)
    return np.ascontiguousarray(UPRIGHT.get(orientation, UPRIGHT[1])(image))


UPRIGHT: Final[Mapping[Any, Callable[[NDArray[Any]], NDArray[Any]]]] = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
    8: lambda a: np.rot90(a),
}
"""Operations that turn an image upright, by its Orientation (TIFF 6.0, section 8)."""


def _from_black_to_white(path: str, image: NDArray[Any], page: TiffPage) -> NDArray[Any]:
    """Return the numbers of a page as uint8 or uint16 over their whole range, or as float32."""
    if image.dtype.kind == "f":
        if page.photometric == 0:
            raise FileProblem(f"{path}: holds floats of which 0 is white")
        return image.astype(np.float32)
    if image.dtype.kind not in "bu" or page.bitspersample > 16:
        raise FileProblem(f"{path}: holds {image.dtype}; write it with 8 bits, 16 bits or floats")
    if page.photometric == 3:
        table = np.asarray(page.colormap, np.uint16).T
        narrow = not (table & 255).any()  # many programs write 8 bits into the upper half, and 255 is white
        return (table >> 8).astype(np.uint8)[image] if narrow else table[image]
    kind = np.uint8 if page.bitspersample <= 8 else np.uint16
    top, end = np.iinfo(kind).max, (1 << page.bitspersample) - 1
    image = image.astype(kind) if top == end else np.rint(image * (top / end)).astype(kind)
    samples = 1 if image.ndim == 2 else image.shape[2]
    colours = 3 if page.photometric == 2 else 1
    opacity = samples > colours and page.extrasamples and int(page.extrasamples[0])
    planes = image.reshape(*image.shape[:2], samples)
    base = top - planes[..., :1] if page.photometric == 0 else planes[..., :colours]
    if not opacity:
        return base if colours == 3 else base[..., 0]
    alpha = planes[..., colours : colours + 1]
    if opacity == 1:  # the colours are multiplied by it
        base = np.minimum(np.rint(base * (top / np.maximum(alpha, 1))), top).astype(kind)
    return np.concatenate([np.broadcast_to(base, (*base.shape[:2], 3)), alpha], 2)


def _load_linear(path: str) -> NDArray[np.float32]:
    """Return (H, W, 3), red, green and blue."""
    import cv2

    try:
        data = np.frombuffer(Path(path).read_bytes(), np.uint8)
        image = cv2.imdecode(data, cv2.IMREAD_UNCHANGED) if data.size else None
    except (OSError, cv2.error) as error:
        raise FileProblem(
            f"{path}: {getattr(error, 'strerror', None) or 'is no image that can be read'}"
        ) from None
    if image is None or image.dtype != np.float32 or image.ndim != 3:
        raise FileProblem(f"{path}: is no Radiance image")
    return np.ascontiguousarray(image[..., ::-1], np.float32)


def load_raw(path: Path) -> NDArray[Any]:
    """Return the numbers of a camera's image as stored, (H, W) of 8 or 16 bits, from TIFF, PNG or NPY.

    Rows are in the file's order, whatever its Orientation: a mosaic begins where it is stored to begin.

    Raises:
        FileProblem: names a file that cannot be read, or whose numbers are not those of one grey image
    """
    images = RawImages(path)
    if (count := len(images)) != 1:
        raise FileProblem(f"{path}: holds {count} images; write each to a file of its own")
    return next(iter(images))


class RawImages:
    """Raw images of one file, read one at a time as `load_raw` does: each page of a TIFF is one.

    Raises:
        FileProblem: as `load_raw`, when the images are counted or read
    """

    def __init__(self, path: Path) -> None:
        kind = path.suffix.lower()
        if kind not in WRITERS:
            raise FileProblem(
                f"{path}: cannot read {kind or 'a file without an ending'}; use {', '.join(WRITERS)}"
            )
        self.path, self._kind = path, kind

    def __len__(self) -> int:
        if self._kind not in TIFF:
            return 1
        with _in_one_line(self.path), _pages(self.path) as pages:
            return sum(_planes(page) for page in pages)

    def __iter__(self) -> Iterator[NDArray[Any]]:
        with _in_one_line(self.path):
            if self._kind in TIFF:
                yield from map(self._checked, _read_tiff(self.path))
            else:
                yield self._checked((_read_npy if self._kind == ".npy" else _read_png)(self.path))

    def _checked(self, image: NDArray[Any]) -> NDArray[Any]:
        image = image.astype(image.dtype.newbyteorder("="), copy=False)
        if image.ndim != 2 or not image.size or image.dtype not in (np.uint8, np.uint16):
            size = " x ".join(map(str, image.shape))
            raise FileProblem(f"{self.path}: {size} {image.dtype} is not rows and columns of uint8 or uint16")
        return image


def _read_npy(path: Path) -> NDArray[Any]:
    return np.array(np.lib.format.open_memmap(path, mode="r"))  # a map is refused where the file is too short


def _read_png(path: Path) -> NDArray[Any]:
    with _opened(path, ["PNG"]) as picture:
        with path.open("rb") as file:
            bits, colour = file.read(26)[24:]  # of the header, which comes first (PNG, section 11.2.1)
        if colour or bits not in (8, 16):
            what = (
                PNG_COLOURS.get(colour, "colours")
                if colour
                else f"{bits}-bit numbers, which are stretched to 8"
            )
            raise FileProblem(f"{path}: holds {what}, not the grey codes of a camera in 8 or 16 bits")
        return np.asarray(picture).astype(np.uint16 if bits == 16 else np.uint8)


PNG_COLOURS: Final = {
    2: "colours",
    3: "indices of a palette",
    4: "grey with opacity",
    6: "colours with opacity",
}
TIFF_COLOURS: Final = {0: "codes of which 0 is white", 2: "colours", 3: "indices of a palette"}
TIFF_RAW: Final = (1, 32803, 34892)
"""Photometric interpretations of raw codes: black is 0, a mosaic, linear raw (TIFF/EP, DNG 1.7)."""


def _read_tiff(path: Path) -> Iterator[NDArray[Any]]:
    with _pages(path) as pages:
        for page in pages:
            if page.photometric not in TIFF_RAW:
                what = TIFF_COLOURS.get(int(page.photometric), "colours of another space")
                raise FileProblem(f"{path}: holds {what}, not the grey codes of a camera")
            if (planes := _planes(page)) == 1:
                yield page.asarray()
                continue
            file, size = page.parent.filehandle, page.imagewidth * page.imagelength
            kind = np.dtype(page.parent.byteorder + np.dtype(page.dtype).char)
            for plane in range(planes):
                offset = page.dataoffsets[0] + plane * size * kind.itemsize
                yield file.read_array(kind, size, offset).reshape(page.imagelength, page.imagewidth)


def _planes(page: TiffPage) -> int:
    """Return how many images lie behind a page: ImageJ has a single one for a stack above 4 GB."""
    tiff = page.parent
    if len(tiff.pages) > 1 or not (tiff.is_imagej or tiff.is_shaped or tiff.is_stk):
        return 1
    series = tiff.series[0]
    return series.size // page.size if series.is_truncated else 1


@contextlib.contextmanager
def _only_page(path: str | Path) -> Iterator[TiffPage]:
    """Open a TIFF of one image; a smaller copy of it may lie beside it."""
    with _pages(path) as pages:
        if (count := sum(map(_planes, pages))) != 1:
            raise FileProblem(f"{path}: holds {count} images; write each to a file of its own")
        yield pages[0]


@contextlib.contextmanager
def _pages(path: str | Path) -> Iterator[list[TiffPage]]:
    """Open a TIFF and return its images, without smaller copies that lie beside them."""
    import logging

    import tifffile

    logging.getLogger("tifffile").setLevel(logging.CRITICAL)  # it also raises for a file that it cannot read
    with tifffile.TiffFile(path) as tiff:
        tiff.pages.useframes = False
        pages = [page for page in tiff.pages if isinstance(page, tifffile.TiffPage) and not page.is_reduced]
        for page in pages:
            _check_size(path, page.imagewidth, page.imagelength)
        yield pages


def _stored(image: NDArray[np.uint16], bits: int) -> NDArray[Any]:
    return image.astype(np.uint8) if bits == 8 else image


def _tiff(path: Path, image: NDArray[np.uint16], bits: int, metadata: dict[str, Any]) -> None:
    import tifffile

    tifffile.imwrite(path, _stored(image, bits), description=json.dumps(metadata), metadata=None)


def _png(path: Path, image: NDArray[np.uint16], bits: int, metadata: dict[str, Any]) -> None:
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    text = PngInfo()
    text.add_text("camtwin", json.dumps(metadata))
    Image.fromarray(_stored(image, bits)).save(path, pnginfo=text)


def _npy(path: Path, image: NDArray[np.uint16], bits: int, metadata: dict[str, Any]) -> None:
    np.save(path, _stored(image, bits))


TIFF: Final = (".tif", ".tiff")
WRITERS = {".tif": _tiff, ".tiff": _tiff, ".png": _png, ".npy": _npy}
