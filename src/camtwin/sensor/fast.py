"""Frames at speed: the fused kernels of kernels.py behind the same face as the reference of chain.py.

numba is imported at the first call and not before (0.4 s, 90 MB). Its compiled kernels lie in numba's cache,
beside the source or, where that cannot be written, in the user's cache directory; `warm_up` fills it.

Threads. A frame is rendered row after row on the caller's thread, without the GIL, so the simple way to use
more cores is to call `expose` from more threads: for several frames, or for several bands of rows of one
frame (a Readout for each band and its rows of `out`: noise depends on absolute positions alone, so bands give
the same bytes). `threads` = N instead lends one call numba's own pool of threads. Without Intel's or GNU's
threading library numba's pool ends the process when two threads use it at once; so a token is handed to one
caller at a time, and who does not get it renders on its own thread. The bytes are the same either way.
(The token guards camtwin's calls; other users of numba's pool in the process it cannot see.)
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from camtwin.sensor import noise
from camtwin.sensor.chain import FixedPattern, frame_constants
from camtwin.sensor.parameters import Readout, SensorParameters

if TYPE_CHECKING:
    from types import ModuleType

# list.pop and list.append are atomic in CPython: whoever pops the token may use numba's pool of threads.
_pool_token = ["token"]


def expose(
    rate_e: NDArray[np.float32],
    pattern: FixedPattern,
    parameters: SensorParameters,
    readout: Readout,
    out: NDArray[np.unsignedinteger] | None = None,
    threads: int | None = None,
) -> NDArray[np.unsignedinteger]:
    """The frame, (readout.height, readout.width) uint16 DN at readout.bits; bit for bit expose_reference.

    rate_e: electrons per pixel and second before PRNU, float32 of the frame's shape; it may be read-only.
    pattern: the whole sensor's. out: where to write the frame, C-contiguous, uint16 or, at 8 bits, uint8.
    threads: see above; None and 1 use the caller's thread alone, more than numba's pool has are as many as
    it has. Safe to call from several threads. ValueError as chain.frame_constants, or where an array's shape
    or type does not fit.
    """
    constants = frame_constants(parameters, readout)
    shape, sensor_shape = (readout.height, readout.width), (parameters.height, parameters.width)
    if rate_e.shape != shape:
        raise ValueError(f"rate_e's shape {rate_e.shape} is not the readout's {shape}")
    for name, array in (("gain", pattern.gain), ("offset_e", pattern.offset_e)):
        if array.shape != sensor_shape:
            raise ValueError(f"pattern's {name} shape {array.shape} is not the sensor's {sensor_shape}")
    if out is None:
        out = np.empty(shape, np.uint16)
    elif out.dtype == np.uint8 and readout.bits > 8:
        raise ValueError(f"out is uint8, too narrow for the readout's bits {readout.bits}")
    elif out.shape != shape or out.dtype not in (np.uint8, np.uint16) or not out.flags.c_contiguous:
        raise ValueError(f"out is not a C-contiguous uint16 array of shape {shape}")
    if threads is not None and threads < 1:
        raise ValueError(f"threads {threads} is below the minimum 1")

    kernels = _kernels()
    key = np.uint64(noise.stream_key(readout.seed, noise.TEMPORAL, readout.frame))
    half = noise.pair_distance(parameters.width)
    arguments = (
        *(_frozen(array) for array in (rate_e, pattern.gain, pattern.offset_e)),
        *(out, readout.x, readout.y, half, key, constants),
    )
    if threads is None or threads == 1 or not _expose_on_pool(kernels, arguments, threads):
        kernels.expose_rows(*arguments)
    return out


def fixed_pattern(parameters: SensorParameters, seed: int) -> FixedPattern:
    """The fixed pattern of the device with this seed, read-only; bit for bit fixed_pattern_reference."""
    kernels = _kernels()
    shape = (parameters.height, parameters.width)

    def normals(stage: int, centre: float, sigma: float) -> NDArray[np.float32]:
        values = np.empty(shape, np.float32)
        key = np.uint64(noise.stream_key(seed, stage, 0))
        kernels.scaled_normals(values, key, np.float32(centre), np.float32(sigma))
        return _frozen(values)

    return FixedPattern(
        gain=normals(noise.PRNU, 1.0, parameters.prnu),
        offset_e=normals(noise.DSNU, 0.0, parameters.dsnu_e),
    )


def warm_up() -> None:
    """Compiles the kernels, or loads them from numba's cache, so that the first frame need not wait."""
    parameters = SensorParameters(
        *(4, 2, 1.0, 12, 0.4, 1e4, 0.0, 2.0, 0.0, 20.0, 7.0, 0.0, 0.0), qe=((500.0, 0.5),)
    )
    readout = Readout(0, 0, 4, 2, 0.01, 0.0, 0.0, 8, 20.0, seed=0, frame=0)
    pattern = fixed_pattern(parameters, 0)
    for depth in (np.uint8, np.uint16):
        expose(np.zeros((2, 4), np.float32), pattern, parameters, readout, np.empty((2, 4), depth))


def _kernels() -> "ModuleType":
    """The module of compiled kernels; the one place that brings numba in."""
    from camtwin.sensor import kernels

    return kernels


def _frozen(array: NDArray[np.float32]) -> NDArray[np.float32]:
    """A read-only C-contiguous float32 view, or a copy: numba compiles once more for what is writable."""
    array = np.ascontiguousarray(array, np.float32).view()
    array.flags.writeable = False
    return array


def _expose_on_pool(kernels: "ModuleType", arguments: tuple, threads: int) -> bool:
    """Renders on up to `threads` of numba's threads; False, and nothing done, while another caller does."""
    import numba

    try:
        token = _pool_token.pop()
    except IndexError:
        return False
    before = numba.get_num_threads()
    try:
        numba.set_num_threads(min(threads, before))
        kernels.expose_rows_parallel(*arguments)
    finally:
        numba.set_num_threads(before)
        _pool_token.append(token)
    return True
