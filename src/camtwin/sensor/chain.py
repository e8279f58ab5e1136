"""From light to DN: the fixed order of the stages, which mirrors the hardware, and the readable reference.

    rate_e -> exposure -> PRNU -> dark signal -> shot and read noise -> full well -> DSNU
           -> analogue gain -> pedestal, black level and row noise -> clip and round
           -> digital gain -> output bits

`expose_reference` defines a frame; fast.expose does the same bit for bit, some fifty times as fast.

Hot and dead pixels are in flaws.py; light that reaches a pixel while it waits to be read is added to light_s
by the renderer. Not modelled yet: an individual dark current of each pixel, non-linearity.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from camtwin.sensor import noise, poisson, stages
from camtwin.sensor.parameters import Readout, SensorParameters, rest

MIN_BLURRED_E = np.float32(1)
"""Read noise from which one normal number a pixel carries shot noise, too; below it electrons are counted."""


@dataclass(frozen=True, eq=False)
class FixedPattern:
    """Differences between the pixels of one device, for the whole sensor, (height, width) float32 each.

    gain: response of the pixel, 1 + PRNU. offset_e: its offset in electrons, DSNU. Both with what the pixels
    of a column and of a row share.
    """

    gain: NDArray[np.float32]
    offset_e: NDArray[np.float32]


class Constants(NamedTuple):
    """Numbers of one frame as the arithmetic needs them, in float32.

    read_noise_e, read_variance_e2: of a pixel by itself. offset_DN: of all rows. digital_gain: 1 is none.
    """

    dark_e: np.float32
    read_noise_e: np.float32
    read_variance_e2: np.float32
    full_well_e: np.float32
    gain_DN_per_e: np.float32
    offset_DN: np.float32
    highest_DN: np.float32
    shift: np.int32
    digital_gain: np.float32


class Keys(NamedTuple):
    """Keys (noise.stream_key) at which the random numbers of one frame start.

    temporal: the normal number of shot and read noise. counting, read: where electrons are counted, a uniform
    number for few of them and a normal one for the read noise. row: the normal number of each row's noise.
    """

    temporal: np.uint64
    counting: np.uint64
    read: np.uint64
    row: np.uint64


def frame_keys(readout: Readout) -> Keys:
    """Return the keys of a frame."""
    stages_used = (noise.TEMPORAL, noise.COUNT, noise.READ, noise.ROW)
    return Keys(*(np.uint64(noise.stream_key(readout.seed, stage, readout.frame)) for stage in stages_used))


def frame_constants(parameters: SensorParameters, readout: Readout) -> Constants:
    """Return the constants of a frame; ValueError where this sensor cannot deliver it."""
    for axis, start, length, limit in (
        ("column", readout.x, readout.width, parameters.width),
        ("row", readout.y, readout.height, parameters.height),
    ):
        if start + length > limit:
            raise ValueError(f"last {axis} {start + length - 1} is above the sensor's last {limit - 1}")
    if readout.bits > parameters.adc_bits:
        raise ValueError(f"bits {readout.bits} is above the sensor's adc_bits {parameters.adc_bits}")
    analogue_dB = min(readout.gain_dB, parameters.analogue_dB)
    read_noise_e = rest(parameters.read_noise_at_e(readout.gain_dB), parameters.row_noise_e)
    return Constants(
        dark_e=np.float32(parameters.dark_rate_e_per_s(readout.temperature_C) * readout.exposure_s),
        read_noise_e=np.float32(read_noise_e),
        read_variance_e2=np.float32(read_noise_e**2),
        full_well_e=np.float32(parameters.full_well_e),
        gain_DN_per_e=np.float32(parameters.gain_DN_per_e * 10 ** (analogue_dB / 20)),
        offset_DN=np.float32(parameters.pedestal_DN + readout.black_level_DN),
        highest_DN=np.float32((1 << parameters.adc_bits) - 1),
        shift=np.int32(parameters.adc_bits - readout.bits),
        digital_gain=np.float32(10 ** ((readout.gain_dB - analogue_dB) / 20)),
    )


def row_normals(readout: Readout, keys: Keys) -> NDArray[np.float32]:
    """Return the normal number of each row's noise, (readout.height,) float32."""
    return noise.normals(int(keys.row), 0, readout.y, 1, readout.height)[:, 0]


def row_offsets_DN(parameters: SensorParameters, c: Constants, z: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the offset of each row of a frame, float32 DN at adc_bits, row noise included.

    z: `row_normals`, or zeros where the sensor has no row noise.
    """
    return c.offset_DN + np.float32(parameters.row_noise_e) * c.gain_DN_per_e * z


def row_light(readout: Readout, light_s: NDArray[np.float32] | None) -> NDArray[np.float32]:
    """Return how long each row gathers light, (readout.height,) float32 seconds; see expose_reference.

    ValueError where light_s is not such an array.
    """
    shape = (readout.height,)
    if light_s is None:
        return np.full(shape, readout.exposure_s, np.float32)
    if light_s.shape != shape or light_s.dtype != np.float32:
        raise ValueError(f"light_s is not a float32 array of shape {shape}")
    return light_s


def expose_reference(
    rate_e: NDArray[np.float32],
    pattern: FixedPattern,
    parameters: SensorParameters,
    readout: Readout,
    light_s: NDArray[np.float32] | None = None,
) -> NDArray[np.uint16]:
    """Return the frame, (readout.height, readout.width) uint16 DN at readout.bits, in readable numpy.

    rate_e: electrons per pixel and second before PRNU, float32 of the frame's shape. pattern: the whole
    sensor's. light_s: integral of the light's level over each row's window, (readout.height,) float32: the
    exposure time where the light is steady, as it is if None. ValueError as `frame_constants`, `row_light`.
    """
    c = frame_constants(parameters, readout)
    region = (
        slice(readout.y, readout.y + readout.height),
        slice(readout.x, readout.x + readout.width),
    )
    keys = frame_keys(readout)
    where = (readout.x, readout.y, readout.width, readout.height)
    z = noise.normals(int(keys.temporal), *where)

    with np.errstate(over="ignore", invalid="ignore"):  # infinite light saturates, no news
        charge_e = stages.photo_charge(rate_e, row_light(readout, light_s)[:, None])
        charge_e = stages.photo_response(charge_e, pattern.gain[region])
        charge_e = stages.dark_charge(charge_e, c.dark_e)
        if c.read_noise_e < MIN_BLURRED_E:
            u = poisson.uniform(noise.words(int(keys.counting), *where))
            z_read = noise.normals(int(keys.read), *where)
            charge_e = stages.counted_charge(charge_e, c.read_noise_e, u, z, z_read)
        else:
            charge_e = stages.noisy_charge(charge_e, c.read_variance_e2, z)
        charge_e = stages.full_well(charge_e, c.full_well_e)
        charge_e = stages.pixel_offset(charge_e, pattern.offset_e[region])
        offset_DN = row_offsets_DN(parameters, c, row_normals(readout, keys))[:, None]
        signal_DN = stages.amplified(charge_e, c.gain_DN_per_e, offset_DN)
        code_DN = stages.digitized(signal_DN, c.highest_DN)
        if c.digital_gain != 1:
            code_DN = stages.multiplied(code_DN, c.digital_gain, c.offset_DN, c.highest_DN)
        return stages.reduced(code_DN, c.shift)


def fixed_pattern_reference(parameters: SensorParameters, seed: int) -> FixedPattern:
    """Return the fixed pattern of the device with this seed, in readable numpy; frames do not change it."""
    p, arrays = parameters, []
    for part in (response(p), offset(p)):
        key = noise.stream_key(seed, part.stage, 0)
        z = noise.normals(key, 0, 0, p.width, p.height)
        pixels = np.float32(part.centre) + np.float32(part.pixel) * z
        columns, rows = shared(part, seed, p.height, p.width)
        pixels += columns if columns.size else 0
        pixels += rows[:, None] if rows.size else 0
        arrays.append(pixels)
    return FixedPattern(*arrays)


class Part(NamedTuple):
    """Recipe of one array of a fixed pattern: a centre, and deviations of pixels, columns and rows."""

    centre: float
    pixel: float
    stage: int
    column: float
    column_stage: int
    row: float
    row_stage: int


def response(p: SensorParameters) -> Part:
    """Return how FixedPattern.gain is made."""
    pixel = rest(p.prnu, p.column_prnu, p.row_prnu)
    return Part(1.0, pixel, noise.PRNU, p.column_prnu, noise.COLUMN_GAIN, p.row_prnu, noise.ROW_GAIN)


def offset(p: SensorParameters) -> Part:
    """Return how FixedPattern.offset_e is made."""
    pixel = rest(p.dsnu_e, p.column_dsnu_e, p.row_dsnu_e)
    return Part(0.0, pixel, noise.DSNU, p.column_dsnu_e, noise.COLUMN_OFFSET, p.row_dsnu_e, noise.ROW_OFFSET)


def shared(part: Part, seed: int, height: int, width: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the deviations that the pixels of each column and of each row share; empty where none do."""
    columns, rows = np.empty(0, np.float32), np.empty(0, np.float32)
    if part.column:
        key = noise.stream_key(seed, part.column_stage, 0)
        columns = np.float32(part.column) * noise.normals(key, 0, 0, width, 1)[0]
    if part.row:
        key = noise.stream_key(seed, part.row_stage, 0)
        rows = np.float32(part.row) * noise.normals(key, 0, 0, 1, height)[:, 0]
    return columns, rows
