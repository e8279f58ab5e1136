"""Raw frames as DNG, and back: bytes in, bytes out; who calls reads and writes the disk.

Source: Adobe, Digital Negative (DNG) Specification 1.4. A reader finds the camera's colours by ColorMatrix1
and 2, from XYZ to the camera under two lights, and the picture's white by AsShotNeutral.
"""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO
from typing import Any

import numpy as np

from camtwin.isp.colorimetry import BRADFORD, D65, SRGB_OF_XYZ, Floats
from camtwin.isp.image import Raw
from camtwin.isp.mosaic import COLOURS, MOSAICS, IspProblem
from camtwin.isp.presets import UNCALIBRATED, Calibration, ColourPoint

CFA, LINEAR_RAW = 32803, 34892
BYTE, ASCII, SHORT, RATIONAL, SRATIONAL = 1, 2, 3, 5, 10
A_WHITE = np.array([1.09850, 1.0, 0.35585])
LIGHTS = ((17, 2856.0, A_WHITE), (21, 6504.0, D65))
"""EXIF's number of a standard light, its temperature, its white: A and D65."""


def dng_bytes(
    raw: Raw,
    calibration: Calibration = UNCALIBRATED,
    gains: tuple[float, float, float] | None = None,
    model: str = "camtwin",
) -> bytes:
    """Return a frame as a DNG file. gains: white balance that a reader shall begin with; D65's if None."""
    import tifffile

    tags: list[tuple[int, int, int, Any, bool]] = [
        (50706, BYTE, 4, bytes((1, 4, 0, 0)), True),
        (50707, BYTE, 4, bytes((1, 1, 0, 0)), True),
        (50708, ASCII, len(model) + 1, model, True),
        (50714, RATIONAL, 1, _rationals([raw.black_DN]), True),
        (50717, SHORT, 1, raw.highest_DN, True),
    ]
    if raw.mosaic:
        tags += [
            (33421, SHORT, 2, (2, 2), True),
            (33422, BYTE, 4, bytes(COLOURS.index(letter) for letter in raw.mosaic), True),
            (50710, BYTE, 3, bytes((0, 1, 2)), True),
            (50711, SHORT, 1, 1, True),
        ]
        for i, (number, kelvin, white) in enumerate(LIGHTS):
            matrix = colour_matrix(calibration.at(kelvin), white)
            tags += [
                (50721 + i, SRATIONAL, 9, _rationals(matrix.ravel()), True),
                (50778 + i, SHORT, 1, number, True),
            ]
        neutral = 1 / np.array(gains or calibration.at(LIGHTS[1][1]).gains)
        tags.append((50728, RATIONAL, 3, _rationals(neutral / neutral.max()), True))
    into = BytesIO()
    data = raw.data.astype(np.uint16, copy=False)
    tifffile.imwrite(
        into,
        np.ascontiguousarray(data),
        photometric=CFA if raw.mosaic else "minisblack",
        compression=None,
        metadata=None,
        byteorder="<",
        software="camtwin",
        subfiletype=0,
        extratags=[(274, SHORT, 1, 1, True), *tags],
    )
    done = into.getvalue()
    return done if raw.mosaic else _linear(done)


def _linear(data: bytes) -> bytes:
    """Return a grey TIFF as DNG's linear raw, which tifffile writes of three planes only."""
    import tifffile

    with tifffile.TiffFile(BytesIO(data)) as file:
        first: Any = file.pages[0]
        at = first.tags[262].valueoffset
    return data[:at] + LINEAR_RAW.to_bytes(2, "little") + data[at + 2 :]


def colour_matrix(point: ColourPoint, white: Floats) -> Floats:
    """Return DNG's matrix from XYZ, under a light of this white, to the camera's red, green and blue."""
    gains = (BRADFORD @ D65) / (BRADFORD @ white)
    to_d65 = np.linalg.inv(BRADFORD) @ np.diag(gains) @ BRADFORD
    balanced = np.linalg.inv(np.asarray(point.matrix, float)) @ SRGB_OF_XYZ @ to_d65
    camera = np.diag(1 / np.array(point.gains)) @ balanced
    return camera / (camera @ white).max()


def _rationals(values: Iterable[float]) -> tuple[int, ...]:
    """Return numerators and denominators in turn."""
    return tuple(part for value in values for part in (round(float(value) * 1_000_000), 1_000_000))


def read_dng(data: bytes, name: str = "DNG") -> tuple[Raw, tuple[float, float, float] | None, str]:
    """Return the frame of an uncompressed DNG file, its white balance gains, if any, and its camera.

    IspProblem names a file that is not a DNG, or holds neither a Bayer mosaic nor a mono frame.
    """
    import tifffile

    try:
        with tifffile.TiffFile(BytesIO(data)) as file:
            page: Any = next(p for p in _pages(file) if int(p.photometric) in (CFA, LINEAR_RAW))
            image, tags = np.asarray(page.asarray()), page.tags
            first: Any = file.pages[0]
            mosaic = "".join(COLOURS[i] for i in tags[33422].value) if 33422 in tags else ""
            black = _first(tags, 50714, 0.0)
            white = int(_first(tags, 50717, np.iinfo(image.dtype).max))
            model = str(first.tags[50708].value) if 50708 in first.tags else ""
            neutral = first.tags[50728].value if 50728 in first.tags else None
    except StopIteration:
        raise IspProblem(f"{name}: holds no raw frame") from None
    except Exception as error:  # decoders meet hostile bytes with errors of every kind
        raise IspProblem(f"{name}: {str(error).partition(chr(10))[0] or 'no DNG'}") from None
    if mosaic not in ("", *MOSAICS):
        raise IspProblem(f"{name}: mosaic {mosaic!r} is none of {', '.join(MOSAICS)}")
    bits = max(8, white.bit_length())
    gains = None
    if neutral is not None:
        shares = np.array(neutral, float).reshape(3, 2)
        inverse = shares[:, 1] / np.maximum(shares[:, 0], 1)
        red, green, blue = (float(v) for v in inverse / inverse.min())
        gains = (red, green, blue)
    return Raw(image, bits, mosaic, black), gains, model


def _pages(file: Any) -> list[Any]:
    return [*file.pages, *(page for top in file.pages if top.pages for page in top.pages)]


def _first(tags: Any, code: int, default: float) -> float:
    if code not in tags:
        return default
    value = tags[code].value
    if isinstance(value, tuple):
        return value[0] / value[1] if tags[code].dtype in (RATIONAL, SRATIONAL) else float(value[0])
    return float(value)
