"""Frames at speed: the fused kernels of kernels.py behind the same face as the reference of chain.py.

numba is imported at the first call and not before (0.4 s, 90 MB). Its compiled kernels lie in numba's cache,
beside the source or, where that cannot be written, in the user's cache directory; `warm_up` fills it.

Threads. A frame is rendered on the caller's thread, without the GIL, so one way to use more cores is to call
from more threads, for several frames or for several bands of one. `threads` = N lends one call up to N - 1
helpers, who share tiles of rows with the caller (camtwin.tiles). Noise depends on absolute positions alone,
so the bytes are the same either way.
"""

from collections.abc import Callable
from functools import cache, lru_cache
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from camtwin.pixels import PixelFormat, payload_bytes
from camtwin.sensor import noise
from camtwin.sensor.chain import (
    FixedPattern,
    Keys,
    Part,
    frame_constants,
    offset,
    response,
    row_light,
    row_offsets_DN,
    shared,
)
from camtwin.sensor.flaws import Flaws, shaded_rate
from camtwin.sensor.parameters import Readout, SensorParameters
from camtwin.tiles import MAX_HELPERS, share

if TYPE_CHECKING:
    from types import ModuleType

Rows: TypeAlias = Callable[[int, int], NDArray[np.float32]]
"""A function of a first and an end row that makes these rows of a quantity per pixel."""
Rate: TypeAlias = NDArray[np.float32] | Rows
"""Electrons per second in each pixel, or what makes some rows of them."""

TILES_A_THREAD, MIN_TILE = 8, 1 << 15
"""Tiles are small enough to share a frame evenly, and hold this many pixels (some 40 us) so that taking one
costs nothing against it."""
MADE_TILE = 1 << 18
"""Pixels of a tile that is made as it is needed: 1 MB, still in the processor's cache when it is read."""


def expose(
    rate_e: Rate,
    pattern: FixedPattern,
    parameters: SensorParameters,
    readout: Readout,
    out: NDArray[np.uint16] | None = None,
    threads: int | None = None,
    light_s: NDArray[np.float32] | None = None,
) -> NDArray[np.uint16]:
    """Return the frame, (height, width) uint16 DN at readout.bits, bit for bit as expose_reference.

    rate_e: electrons per pixel and second before PRNU, float32 of the frame's shape, or a function that makes
    some rows of it, called by whoever takes their tile; arrays may be read-only. pattern: the whole sensor's.
    out: where to write the frame, C-contiguous uint16. light_s: as there.
    threads: see above; None is 1, the caller's alone. Safe to call from several threads. ValueError as
    chain.frame_constants, or where an array's shape or type does not fit.
    """
    shape = (readout.height, readout.width)
    if out is None:
        out = np.empty(shape, np.uint16)
    elif out.shape != shape or out.dtype != np.uint16 or not out.flags.c_contiguous:
        raise ValueError(f"out is not a C-contiguous uint16 array of shape {shape}")
    layout = (16, False)
    _render(rate_e, pattern, parameters, readout, out.reshape(-1).view(np.uint8), layout, threads, light_s)
    return out


def expose_payload(
    rate_e: Rate,
    pattern: FixedPattern,
    parameters: SensorParameters,
    readout: Readout,
    fmt: PixelFormat,
    threads: int | None = None,
    light_s: NDArray[np.float32] | None = None,
    out: NDArray[np.uint8] | None = None,
) -> NDArray[np.uint8]:
    """Return the frame as `fmt` lays it out, (payload_bytes,) uint8: pixels.pack of `expose`, in one pass.

    Arguments and errors as for `expose`; ValueError, too, where readout.bits are not the format's.
    out  memory for the frame, of its size; None: memory of its own
    """
    if fmt.bits != readout.bits:
        raise ValueError(f"{fmt.name} has {fmt.bits} bits, the readout {readout.bits}")
    size = payload_bytes(fmt, readout.width, readout.height)
    payload = np.empty(size, np.uint8) if out is None else out
    layout = (fmt.bits_per_pixel, fmt.grouped)
    _render(rate_e, pattern, parameters, readout, payload, layout, threads, light_s)
    return payload


def freed(
    photons: NDArray[np.float32], efficiency: NDArray[np.float32], x: int, y: int
) -> NDArray[np.float32]:
    """Return the electrons that light frees behind a mosaic, bit for bit as mosaic.freed (same arguments)."""
    layers = _frozen(photons if photons.ndim == 3 else photons[None])
    each = efficiency if efficiency.ndim == 3 else efficiency[:, None, None]
    behind = np.broadcast_to(each, (len(layers), 2, 2))
    out = np.empty(layers.shape[1:], np.float32)
    _kernels().freed_rows(layers, _frozen(behind), x, y, out)
    return out


def freeing(photons: Rows, efficiency: NDArray[np.float32], x: int, y: int, flaws: Flaws) -> Rows:
    """Return what makes rows of electrons per second of the region at (x, y) from rows of its photons.

    Arguments as for `freed`; dead pixels free none.
    """

    def rows(first: int, end: int) -> NDArray[np.float32]:
        rate_e = freed(photons(first, end), efficiency, x, y + first)
        return shaded_rate(rate_e, flaws, x, y + first)

    return rows


class PatternMaker:
    """The fixed pattern of one device, made where it is asked for; safe to call from several threads."""

    def __init__(self, height: int, width: int, gain: Part, offset_e: Part, seed: int) -> None:
        self._parts = [_PatternPart(part, seed, (height, width)) for part in (gain, offset_e)]
        self._pattern = FixedPattern(*(_frozen(part.values) for part in self._parts))
        self._made = (0, 0, 0, 0)

    def region(self, x: int, y: int, width: int, height: int) -> FixedPattern:
        """Return the pattern, read-only, of the whole sensor's shape; only this region must be read."""
        if (region := (x, y, width, height)) != self._made:  # it is asked for with every frame
            for part in self._parts:
                part.make(*region)
            self._made = region
        return self._pattern

    def whole(self) -> FixedPattern:
        """Return the pattern of the whole sensor, read-only."""
        height, width = self._pattern.gain.shape
        return self.region(0, 0, width, height)


class _PatternPart:
    """One array of a fixed pattern: its values so far, and the columns of each row that are made."""

    def __init__(self, part: Part, seed: int, shape: tuple[int, int]) -> None:
        self.values, self._made = np.empty(shape, np.float32), np.zeros(shape[0], np.uint64)
        key = np.uint64(noise.stream_key(seed, part.stage, 0))
        self._recipe = key, np.float32(part.centre), np.float32(part.pixel), *shared(part, seed, *shape)

    def make(self, x: int, y: int, width: int, height: int) -> None:
        _kernels().make_pattern(self.values, self._made, x, y, width, height, *self._recipe)


_shared_maker = lru_cache(maxsize=2)(PatternMaker)


def pattern_maker(parameters: SensorParameters, seed: int) -> PatternMaker:
    """Return the maker of the device's fixed pattern, which all twins of it share."""
    p = parameters
    return _shared_maker(p.height, p.width, response(p), offset(p), seed)


def fixed_pattern(parameters: SensorParameters, seed: int) -> FixedPattern:
    """Return the device's fixed pattern, read-only, made anew, bit for bit as fixed_pattern_reference."""
    p = parameters
    return PatternMaker(p.height, p.width, response(p), offset(p), seed).whole()


def warm_up() -> None:
    """Compile the kernels, or load them from numba's cache, so that the first frame need not wait."""
    parameters = SensorParameters(
        *(4, 2, 1.0, 12, 0.4, 1e4, 0.0, 2.0, 0.0, 20.0, 7.0, 0.0, 0.0), qe=((500.0, 0.5),), row_noise_e=1.0
    )
    readout = Readout(0, 0, 4, 2, 0.01, 0.0, 0.0, 8, 20.0, seed=0, frame=0)
    expose(np.zeros((2, 4), np.float32), fixed_pattern(parameters, 0), parameters, readout)


def _render(
    rate_e: Rate,
    pattern: FixedPattern,
    parameters: SensorParameters,
    readout: Readout,
    payload: NDArray[np.uint8],
    layout: tuple[int, bool],
    threads: int | None,
    light_s: NDArray[np.float32] | None,
) -> None:
    """Write the frame's bytes; layout: bits a pixel, and whether they are grouped, high bytes first."""
    constants = frame_constants(parameters, readout)
    width, height = readout.width, readout.height
    picture = None if callable(rate_e) else rate_e
    if picture is not None and picture.shape != (height, width):
        raise ValueError(f"rate_e's shape {picture.shape} is not the readout's {(height, width)}")
    sensor_shape = (parameters.height, parameters.width)
    for name, array in (("gain", pattern.gain), ("offset_e", pattern.offset_e)):
        if array.shape != sensor_shape:
            raise ValueError(f"pattern's {name} shape {array.shape} is not the sensor's {sensor_shape}")
    if threads is not None and threads < 1:
        raise ValueError(f"threads {threads} is below the minimum 1")

    kernels = _kernels()
    expose_rows = kernels.expose_rows
    keys = Keys(*map(np.uint64, kernels.frame_keys(np.uint64(readout.seed), np.uint64(readout.frame))))
    row_z = np.zeros(height, np.float32)
    if parameters.row_noise_e:
        kernels.row_normals(keys.row, readout.y, row_z)
    patterns = _frozen(pattern.gain), _frozen(pattern.offset_e)
    of_rows = _frozen(row_light(readout, light_s)), _frozen(row_offsets_DN(parameters, constants, row_z))
    unit = 1  # rows that together end on a byte: two rows never write the same byte from two threads
    row_bits = width * layout[0]
    while unit * row_bits % 8:
        unit *= 2

    def rows(first: int, end: int) -> None:
        rate = rate_e(first, end) if callable(rate_e) else rate_e[first:end]
        light, offsets = (array[first:end] for array in of_rows)
        out = payload[first * row_bits // 8 : None if end == height else end * row_bits // 8]
        where = (readout.x, readout.y + first)
        expose_rows(_frozen(rate), *patterns, light, offsets, out, *layout, unit, *where, keys, constants)

    threads = min(threads or 1, 1 + MAX_HELPERS)
    tile = max(MIN_TILE, width * height // (TILES_A_THREAD * threads))
    if picture is None:
        tile = min(tile, MADE_TILE)
    tile = -(-tile // (width * unit)) * unit  # in rows
    if threads == 1 and picture is not None:
        return rows(0, height)

    def work(number: int) -> None:
        rows(number * tile, min((number + 1) * tile, height))

    share(work, -(-height // tile), threads)


@cache
def _kernels() -> "ModuleType":
    """Return the module of compiled kernels; the one place that brings numba in."""
    from camtwin.sensor import kernels

    return kernels


def _frozen(array: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a read-only C-contiguous view, or a copy: numba would compile again for writable arrays."""
    flags = array.flags
    if flags.c_contiguous and not flags.writeable and array.dtype == np.float32:
        return array
    array = np.ascontiguousarray(array, np.float32).view()
    array.flags.writeable = False
    return array
