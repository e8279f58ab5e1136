"""Images on disk: frames as TIFF, PNG or NPY with their metadata; and images for scenes.

TIFF carries its metadata as JSON in ImageDescription, PNG as text under "camtwin"; NPY has no place for it,
so FILE.json lies beside it.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from camtwin.problem import Problem


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
    write, part = writer(path), path.with_name(f".{path.name}.part{path.suffix}")
    try:
        write(part, image, bits, metadata)
        part.replace(path)
        if path.suffix.lower() == ".npy":
            path.with_name(f"{path.name}.json").write_text(json.dumps(metadata, indent=2) + "\n")
    except OSError as error:
        raise FileProblem(f"{path}: {error.strerror or error}") from None
    finally:
        with contextlib.suppress(OSError):  # it never came to be
            part.unlink()


def load_picture(path: str) -> NDArray[Any] | list[NDArray[Any]]:
    """Return an image for a scene, as stored: (H, W) or (H, W, channels).

    Of a folder all its images, by name.

    A Radiance file (.hdr) is linear, float32. FileProblem names a file that cannot be read.
    """
    if Path(path).is_dir():
        files = sorted(file for file in Path(path).iterdir() if file.is_file())
        return [_load_one(str(file)) for file in files]
    return _load_one(path)


def _load_one(path: str) -> NDArray[Any]:
    from PIL import Image, ImageOps

    if path.lower().endswith(".hdr"):
        return _load_linear(path)
    try:
        with Image.open(path) as picture:
            upright = ImageOps.exif_transpose(picture)
            grey = upright.mode in ("L", "I;16", "I;16B", "I;16L", "I")
            return np.asarray(upright if grey else upright.convert("RGB"))
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise FileProblem(f"{path}: {getattr(error, 'strerror', None) or error}") from None


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

    FileProblem names a file that cannot be read, or that holds something else.
    """
    kind = path.suffix.lower()
    if kind not in WRITERS:
        raise FileProblem(
            f"{path}: cannot read {kind or 'a file without an ending'}; use {', '.join(WRITERS)}"
        )
    try:
        image = (_read_npy if kind == ".npy" else _read_png if kind == ".png" else _read_tiff)(path)
    except Exception as error:  # decoders meet hostile bytes with errors of every kind
        reason = getattr(error, "strerror", None) or str(error).partition("\n")[0]
        raise FileProblem(f"{path}: {reason or 'is no image that can be read'}") from None
    image = image.astype(image.dtype.newbyteorder("="), copy=False)
    if image.ndim != 2 or not image.size or image.dtype not in (np.uint8, np.uint16):
        size = " x ".join(map(str, image.shape))
        raise FileProblem(f"{path}: {size} {image.dtype} is not rows and columns of uint8 or uint16")
    return image


def _read_npy(path: Path) -> NDArray[Any]:
    return np.array(np.lib.format.open_memmap(path, mode="r"))  # a map is refused where the file is too short


def _read_png(path: Path) -> NDArray[Any]:
    from PIL import Image

    with Image.open(path, formats=["PNG"]) as picture:
        array = np.asarray(picture)
        return array.astype(np.uint16) if picture.mode == "I" else array


def _read_tiff(path: Path) -> NDArray[Any]:
    import logging

    import tifffile

    logging.getLogger("tifffile").setLevel(logging.CRITICAL)  # it also raises for a file that it cannot read
    return tifffile.imread(path)


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


WRITERS = {".tif": _tiff, ".tiff": _tiff, ".png": _png, ".npy": _npy}
