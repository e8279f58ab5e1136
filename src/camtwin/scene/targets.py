"""Test chart, test targets and images from files as scenes.

All are kept as the whole sensor's reflectances in 16 bits (25 MB for 12 MP, made on first use), and a
view is a crop of them times the light: so a crop never differs from the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import InitVar, dataclass, field
from functools import lru_cache
from math import ceil, floor
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from camtwin.scene.lens import SHARP, Lens
from camtwin.scene.lift import lifted
from camtwin.scene.light import Still, View, WAVELENGTH_nm, WHITE_photons_per_s, check_light, illuminate
from camtwin.scene.spectra import Light, Spectrum, spectrum_of
from camtwin.units import Ns

LUMINANCE = ((0.2126, 0.7152, 0.0722),)
"""Weights of linear red, green and blue; ITU-R BT.709."""
KINDS = ("slanted", "star", "dots", "steps", "codes", "board")
COLOURS = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
MAX_SIDE_px = 32_767
"""OpenCV's limit for a resized side, and more than any sensor has."""
ROWS = 256
"""Rows of a picture that are converted at a time, to keep intermediate results small."""


@dataclass(frozen=True, slots=True)
class Chart(Still):
    """The test chart (chart.py), printed for the whole sensor.

    photons_per_s falls on each pixel where the reflectance is 1; the brightest print has 0.9.
    """

    photons_per_s: float = WHITE_photons_per_s
    wavelength_nm: Light = WAVELENGTH_nm

    def __post_init__(self) -> None:
        check_light(self.photons_per_s, self.wavelength_nm)

    def photon_rate(self, view: View, t_ns: Ns) -> NDArray[np.float32]:
        """Return photons per pixel and second, (height, width), read-only."""
        reflectance = _printed(view.sensor_width, view.sensor_height, view.pixel_um)
        return illuminate(reflectance, view, self.photons_per_s)


@lru_cache(maxsize=2)
def _printed(width: int, height: int, pixel_um: float) -> NDArray[np.uint16]:
    from camtwin.scene.chart import draw_chart  # imports OpenCV and Pillow: only where one looks at a chart

    chart = draw_chart(width, height, pixel_um)
    chart.flags.writeable = False
    return chart


@dataclass(frozen=True, slots=True)
class Target(Still):
    """A test target (printed.py) that fills the sensor, through a lens.

    kind: one of KINDS. photons_per_s falls on each pixel where the reflectance is 1.
    ValueError for another kind.
    """

    kind: str
    photons_per_s: float = WHITE_photons_per_s
    wavelength_nm: Light = WAVELENGTH_nm
    lens: Lens = SHARP

    def __post_init__(self) -> None:
        check_light(self.photons_per_s, self.wavelength_nm)
        if self.kind not in KINDS:
            raise ValueError(f"target {self.kind!r} is none of {', '.join(KINDS)}")

    def photon_rate(self, view: View, t_ns: Ns) -> NDArray[np.float32]:
        """Return photons per pixel and second, (height, width), read-only."""
        reflectance = _target(self.kind, view.sensor_width, view.sensor_height, self.lens)
        return illuminate(reflectance, view, self.photons_per_s)


@lru_cache(maxsize=2)
def _target(kind: str, width: int, height: int, lens: Lens) -> NDArray[np.uint16]:
    from camtwin.scene.printed import draw  # imports OpenCV: only where one looks at a target

    picture = draw(kind, width, height, lens)
    picture.flags.writeable = False
    return picture


@dataclass(frozen=True, eq=False)
class Picture(Still):
    """A picture held before the camera: scaled to cover the sensor, its middle on the sensor's middle.

    image: (h, w) grey, (h, w, 3) RGB or (h, w, 4) RGB with opacity; uint8 or uint16, coded as sRGB, or
    float32, linear, where 1 is white and a lamp may be far above it. What is transparent gives no light. In
    light of one wavelength colours become their luminance; in a Spectrum they are three layers of paint, red,
    green and blue (lift.py). photons_per_s falls on each pixel where the picture is white.
    ValueError where the image is not such an array.
    """

    image: InitVar[NDArray[Any]]
    photons_per_s: float = WHITE_photons_per_s
    wavelength_nm: Light = WAVELENGTH_nm
    name: str = "picture"
    linear: NDArray[np.uint16] = field(init=False, repr=False)
    """Linear light, (layers, h, w), 65535 is white; of a linear image its brightest."""
    layers: tuple[tuple[Spectrum, float], ...] = field(init=False, repr=False)
    """Spectrum of each layer, with its share of the lamp's photons."""
    _fitted: dict[tuple[int, int], list[NDArray[np.uint16]]] = field(
        init=False, repr=False, default_factory=dict
    )

    def __post_init__(self, image: NDArray[Any]) -> None:
        check_light(self.photons_per_s, self.wavelength_nm)
        light = self.wavelength_nm
        spectrum = spectrum_of(light)
        colours = len(spectrum.nm) > 1 and _coloured(image)
        layers, white = lifted(spectrum) if colours else ((spectrum, 1.0),), peak(image, self.name)
        layers = tuple((paint, share * white) for paint, share in layers)
        object.__setattr__(self, "layers", layers)
        object.__setattr__(
            self, "linear", linear_light(image, self.name, COLOURS if colours else LUMINANCE, white)
        )

    @property
    def spectra(self) -> tuple[Spectrum, ...]:
        return tuple(spectrum for spectrum, _ in self.layers)

    def photon_rate(self, view: View, t_ns: Ns) -> NDArray[np.float32]:
        """Photons per pixel and second, (height, width) or (3, height, width), read-only."""
        size = (view.sensor_width, view.sensor_height)
        fitted = self._fitted.get(size)
        if fitted is None:
            fitted = [cover(layer, *size) for layer in self.linear]
            self._fitted.clear()
            self._fitted[size] = fitted
        lit = [
            illuminate(layer, view, self.photons_per_s * share)
            for layer, (_, share) in zip(fitted, self.layers, strict=True)
        ]
        return np.stack(lit) if len(lit) > 1 else lit[0]


def _coloured(image: ArrayLike) -> bool:
    return np.ndim(image) == 3 and np.shape(image)[2] >= 3


def srgb_to_linear(code: NDArray[np.float64]) -> NDArray[np.float64]:
    """Linear light, 0..1, of sRGB codes, 0..1; IEC 61966-2-1."""
    return np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)


def peak(image: object, name: str = "picture") -> float:
    """Return the light that 65535 stands for: 1, white, or the brightest value of a linear image.

    ValueError if there is light below 0, or none that is a number.
    """
    if not isinstance(image, np.ndarray) or image.dtype != np.float32:
        return 1.0
    brightest = float(np.max(image, initial=0.0))
    if not (np.all(image >= 0) and brightest < np.inf):
        raise ValueError(f"image {name!r} holds values that are below 0 or no numbers")
    return brightest or 1.0


def linear_light(
    image: NDArray[Any],
    name: str = "picture",
    mixes: Sequence[Sequence[float]] = LUMINANCE,
    white: float = 1.0,
) -> NDArray[np.uint16]:
    """Return the linear light of an image, (len(mixes), h, w). ValueError: see Picture.

    mixes: for each layer the weights of red, green and blue; grey is grey in all of them. white: the light of
    a linear image that 65535 stands for.
    """
    if not isinstance(image, np.ndarray) or image.dtype not in (np.uint8, np.uint16, np.float32):
        kind = image.dtype if isinstance(image, np.ndarray) else type(image).__name__
        raise ValueError(f"image {name!r} holds {kind}; allowed are arrays of uint8, uint16 and float32")
    if not (image.ndim == 2 or (image.ndim == 3 and image.shape[2] in (1, 3, 4))):
        allowed = "(h, w), (h, w, 3) and (h, w, 4)"
        raise ValueError(f"image {name!r} has the shape {image.shape}; allowed are {allowed}")
    height, width = image.shape[:2]
    if not (1 <= width <= MAX_SIDE_px and 1 <= height <= MAX_SIDE_px):
        allowed = f"1..{MAX_SIDE_px} a side"
        raise ValueError(f"image {name!r} has {width} x {height} pixels; allowed are {allowed}")
    linear, top = _decoder(image, white)
    planes = image[..., None] if image.ndim == 2 else image
    layers = np.empty((len(mixes), height, width), np.uint16)
    for layer, mix in zip(layers, mixes, strict=True):
        weights = mix if planes.shape[2] >= 3 else (1.0,)
        used = [(i, np.float32(weight)) for i, weight in enumerate(weights) if weight]
        for row in range(0, height, ROWS):
            rows = planes[row : row + ROWS]
            light = np.sum([weight * linear(rows[..., i]) for i, weight in used], axis=0, dtype=np.float32)
            if planes.shape[2] == 4:
                light *= np.multiply(rows[..., 3], np.float32(1 / top), dtype=np.float32)
            layer[row : row + ROWS] = np.minimum(np.rint(light), 65535)
    return layers


def _decoder(
    image: NDArray[Any], white: float
) -> tuple[Callable[[NDArray[Any]], NDArray[np.float32]], float]:
    """Return a function from the image's values to light, 65535 at the peak, and the value that is opaque."""
    if image.dtype == np.float32:
        scale = np.float32(65535 / white)
        return lambda values: scale * values, 1.0
    top = np.iinfo(image.dtype).max
    table = (65535 * srgb_to_linear(np.arange(top + 1) / top)).astype(np.float32)
    return lambda values: table[values], top


def cover(picture: NDArray[np.uint16], width: int, height: int) -> NDArray[np.uint16]:
    """Return the picture scaled to cover (height, width) and cropped around its middle; same quantity."""
    import cv2

    rows, columns = picture.shape
    scale = max(width / columns, height / rows)
    x0, x1, left, wide = _cut(columns, width, scale)
    y0, y1, above, high = _cut(rows, height, scale)
    # Reducing takes the mean over what each pixel covers; enlarging draws a smooth curve through the pixels.
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    scaled = cv2.resize(picture[y0:y1, x0:x1], (wide, high), interpolation=method)
    return np.array(scaled[above : above + height, left : left + width], np.uint16, order="C")


def _cut(source: int, target: int, scale: float) -> tuple[int, int, int, int]:
    """Along one side: the source pixels to scale (from, to), the first to keep of the result, its length."""
    need = min(target / scale, source)
    start = (source - need) / 2
    first, last = floor(start), min(ceil(start + need), source)
    scaled = max(target, round((last - first) * scale))
    return first, last, min(round((start - first) * scale), scaled - target), scaled
