"""Processing of codes after the converter: the steps, and their fixed order.

    exposed, at adc_bits -> corrected -> binned (binning.py) -> toned -> looked_up -> reduced -> mirrored
                                          or test_pattern -^

So a mirrored image has every sensor pixel's own noise, and binned groups are the unmirrored sensor's. A frame
without any step goes from light to packed bytes in one kernel. All steps are exact, verbs on arrays.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from camtwin.pixels import PixelFormat, pack
from camtwin.sensor import fast
from camtwin.sensor.binning import binned, binned_mosaic
from camtwin.sensor.chain import FixedPattern
from camtwin.sensor.parameters import Readout, SensorParameters
from camtwin.sensor.patterns import test_pattern


@dataclass(frozen=True, slots=True)
class Processing:
    """Steps that are on for a frame; none of them by default.

    pattern      name of the test pattern sent instead of the sensor's image, "" for the latter
    defects      listed pixels of the region, (column, row) on the sensor
    columns      sensor columns binned into one; rows: likewise
    sum_columns  adds the columns' codes instead of averaging them; sum_rows: likewise
    doublings    left shift of the codes, in bits
    gamma        exponent of the share of the highest code
    table        look-up table of big-endian 16-bit entries
    reverse_x    mirrors the image left to right; reverse_y: top to bottom
    """

    pattern: str = ""
    defects: frozenset[tuple[int, int]] = frozenset()
    columns: int = 1
    rows: int = 1
    sum_columns: bool = False
    sum_rows: bool = False
    doublings: int = 0
    gamma: float = 1.0
    table: bytes | None = None
    reverse_x: bool = False
    reverse_y: bool = False

    @property
    def tones(self) -> bool:
        """Whether codes are shifted, bent or looked up."""
        return (self.doublings, self.gamma, self.table) != (0, 1.0, None)

    @property
    def reduces_only(self) -> bool:
        """Whether the sensor's codes lose bits and nothing else, which the kernel does by itself."""
        return not (self.pattern or self.defects or self.tones or (self.columns, self.rows) != (1, 1))


class Lit(NamedTuple):
    """The light of a frame, and the device that it falls on; see fast.expose.

    Electrons per second in each pixel, seconds of light in each row, and the fixed pattern of the whole
    sensor.
    """

    rate_e: fast.Rate
    light_s: NDArray[np.float32]
    pattern: FixedPattern


class Shot(NamedTuple):
    """One frame as the sensor takes it; light is None for a test pattern, which needs none."""

    parameters: SensorParameters
    readout: Readout
    light: Lit | None
    threads: int = 1


def payload(
    shot: Shot, on: Processing, fmt: PixelFormat, out: NDArray[np.uint8] | None = None
) -> NDArray[np.uint8]:
    """Return the image's bytes in pixel format `fmt`, (payload_bytes,) uint8; in `out` if that is given."""
    p = shot.parameters
    if shot.light is None or on.reverse_x or on.reverse_y or not on.reduces_only:
        packed = pack(image(shot, on), fmt)
        if out is None:
            return packed
        out[:] = packed
        return out
    rate_e, light_s, pattern = shot.light
    return fast.expose_payload(rate_e, pattern, p, shot.readout, fmt, shot.threads, light_s, out)


def image(shot: Shot, on: Processing) -> NDArray[np.uint16]:
    """Return the image, (Height, Width) uint16 DN at readout.bits: all steps in their order."""
    adc_bits, bits = shot.parameters.adc_bits, shot.readout.bits
    if on.pattern:
        dn = _pattern(shot, on)
        if on.tones:
            missing = np.uint16(adc_bits - bits)
            dn = _toned(dn << missing, on, adc_bits) >> missing
    elif on.reduces_only:
        dn = exposed(shot, bits)
    else:
        codes = exposed(shot, adc_bits)
        if on.defects:
            corner = shot.readout
            codes = corrected(codes, {(x - corner.x, y - corner.y) for x, y in on.defects})
        codes = _toned(_binned(codes, shot.parameters, on), on, adc_bits)
        dn = codes >> np.uint16(adc_bits - bits)
    return mirrored(dn, on.reverse_x, on.reverse_y)


def exposed(shot: Shot, bits: int) -> NDArray[np.uint16]:
    """Return the sensor's codes (DN at `bits`) of the shot's region, before any step."""
    assert shot.light is not None, "only a test pattern does without light"
    rate_e, light_s, pattern = shot.light
    readout = shot.readout if shot.readout.bits == bits else replace(shot.readout, bits=bits)
    return fast.expose(rate_e, pattern, shot.parameters, readout, threads=shot.threads, light_s=light_s)


def _pattern(shot: Shot, on: Processing) -> NDArray[np.uint16]:
    """Return the test pattern (DN at readout.bits), whose ramps count the columns of the binned image."""
    r, whole = shot.readout, 2 if shot.parameters.cfa else 1  # it does not move by a pixel for the mosaic
    x, y = r.x // on.columns // whole * whole, r.y // on.rows // whole * whole
    shown = replace(r, x=x, y=y, width=r.width // on.columns, height=r.height // on.rows)
    return test_pattern(on.pattern, shown, r.bits, r.frame)


def _binned(codes: NDArray[np.uint16], parameters: SensorParameters, on: Processing) -> NDArray[np.uint16]:
    """Return codes (DN at adc_bits) after binning, as far as it is on."""
    if (on.columns, on.rows) == (1, 1):
        return codes
    highest = (1 << parameters.adc_bits) - 1
    if parameters.cfa:
        return binned_mosaic(codes, on.columns, on.rows, highest)
    averaged = (1 if on.sum_columns else on.columns) * (1 if on.sum_rows else on.rows)
    return binned(codes, on.columns, on.rows, averaged, highest)


def _toned(codes: NDArray[np.uint16], on: Processing, bits: int) -> NDArray[np.uint16]:
    """Return codes (DN at `bits`) after shift, gamma and table, as far as they are on."""
    if (on.doublings, on.gamma) != (0, 1.0):
        codes = toned(codes, bits, on.doublings, on.gamma)
    return codes if on.table is None else looked_up(codes, on.table)


def corrected(codes: NDArray[np.uint16], defects: Collection[tuple[int, int]]) -> NDArray[np.uint16]:
    """Replace each listed pixel in codes (DN at adc_bits) by its neighbours in the row. First step.

    defects: (column, row) in `codes`. A pixel becomes the mean, halves upwards, of the nearest pixels left
    and right that are not listed themselves; at the border the one there is; a row without any stays.

    >>> corrected(np.uint16([[10, 4095, 13, 7, 0]]), {(1, 0), (4, 0)})
    array([[10, 12, 13,  7,  7]], dtype=uint16)
    """
    out, width = codes.copy(), codes.shape[1]
    listed = set(defects)
    for x, y in listed:
        left = next((i for i in range(x - 1, -1, -1) if (i, y) not in listed), None)
        right = next((i for i in range(x + 1, width) if (i, y) not in listed), None)
        near = [int(codes[y, i]) for i in (left, right) if i is not None]
        if near:
            out[y, x] = (sum(near) + len(near) // 2) // len(near)
    return out


def toned(codes: NDArray[np.uint16], bits: int, doublings: int, gamma: float) -> NDArray[np.uint16]:
    """Double codes (DN at `bits`) `doublings` times, clip at the highest, then apply gamma. After binning.

    gamma: exponent of the share of the highest code; rounded to the nearest code.

    >>> toned(np.uint16([0, 1000, 2000, 3000]), 12, 1, 1.0)
    array([   0, 2000, 4000, 4095], dtype=uint16)
    >>> toned(np.uint16([0, 1024, 4095]), 12, 0, 0.5)
    array([   0, 2048, 4095], dtype=uint16)
    """
    highest = (1 << bits) - 1
    shares = np.minimum(np.arange(highest + 1) << doublings, highest) / highest
    return np.rint(highest * shares**gamma).astype(np.uint16)[codes]


def looked_up(codes: NDArray[np.uint16], table: bytes) -> NDArray[np.uint16]:
    """Replace codes (DN at adc_bits) by the table's big-endian 16-bit entries. After `toned`."""
    return np.frombuffer(table, ">u2").astype(np.uint16)[codes]


def mirrored(dn: NDArray[Any], columns: bool, rows: bool) -> NDArray[Any]:
    """Reverse the columns and rows of the image as asked, C-contiguous. Last step."""
    return np.ascontiguousarray(dn[:: -1 if rows else 1, :: -1 if columns else 1])
