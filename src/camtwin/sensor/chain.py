"""From light to DN: the one order of the stages, which mirrors the hardware, and the readable reference.

    rate_e -> exposure -> PRNU -> dark signal -> shot and read noise -> full well -> DSNU
           -> gain -> pedestal and black level -> clip and round -> output bits

`expose_reference` says what a frame is; fast.expose does the same bit for bit, some fifty times as fast.

Not modelled yet: hot and dead pixels, a dark current of its own for each pixel, row and column noise,
parasitic light, non-linearity.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from camtwin.sensor import noise, poisson, stages
from camtwin.sensor.parameters import Readout, SensorParameters

LEAST_BLURRED_E = np.float32(1)
"""Read noise from which one normal number a pixel carries shot noise, too; below it electrons are counted."""


@dataclass(frozen=True, eq=False)
class FixedPattern:
    """What makes the pixels of one device differ, for the whole sensor, (height, width) float32 each.

    gain: response of the pixel, 1 + PRNU. offset_e: its offset in electrons, DSNU.
    """

    gain: NDArray[np.float32]
    offset_e: NDArray[np.float32]


class Constants(NamedTuple):
    """One frame's numbers as the arithmetic needs them, in float32."""

    dark_e: np.float32
    read_noise_e: np.float32
    read_variance_e2: np.float32
    full_well_e: np.float32
    gain_DN_per_e: np.float32
    offset_DN: np.float32
    highest_DN: np.float32
    shift: np.int32


class Keys(NamedTuple):
    """Where one frame's random numbers start: keys of noise.stream_key.

    temporal: the normal number of shot and read noise. counting, read: where electrons are counted, a uniform
    number for few of them and a normal one for the read noise.
    """

    temporal: np.uint64
    counting: np.uint64
    read: np.uint64


def frame_keys(readout: Readout) -> Keys:
    """The keys of a frame."""
    stages_used = (noise.TEMPORAL, noise.COUNT, noise.READ)
    return Keys(*(np.uint64(noise.stream_key(readout.seed, stage, readout.frame)) for stage in stages_used))


def frame_constants(parameters: SensorParameters, readout: Readout) -> Constants:
    """The constants of a frame; ValueError where this sensor cannot deliver it."""
    for axis, start, length, limit in (
        ("column", readout.x, readout.width, parameters.width),
        ("row", readout.y, readout.height, parameters.height),
    ):
        if start + length > limit:
            raise ValueError(f"last {axis} {start + length - 1} is above the sensor's last {limit - 1}")
    if readout.bits > parameters.adc_bits:
        raise ValueError(f"bits {readout.bits} is above the sensor's adc_bits {parameters.adc_bits}")
    return Constants(
        dark_e=np.float32(parameters.dark_rate_e_per_s(readout.temperature_C) * readout.exposure_s),
        read_noise_e=np.float32(parameters.read_noise_e),
        read_variance_e2=np.float32(parameters.read_noise_e**2),
        full_well_e=np.float32(parameters.full_well_e),
        gain_DN_per_e=np.float32(parameters.gain_DN_per_e * 10 ** (readout.gain_dB / 20)),
        offset_DN=np.float32(parameters.pedestal_DN + readout.black_level_DN),
        highest_DN=np.float32((1 << parameters.adc_bits) - 1),
        shift=np.int32(parameters.adc_bits - readout.bits),
    )


def row_light(readout: Readout, light_s: NDArray[np.float32] | None) -> NDArray[np.float32]:
    """How long each row gathers light, (readout.height,) float32 seconds; see expose_reference.

    ValueError where it is not such an array.
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
    """The frame, (readout.height, readout.width) uint16 DN at readout.bits, in readable numpy.

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
    z = noise.normals(int(keys.temporal), *where, parameters.width)

    with np.errstate(over="ignore", invalid="ignore"):  # infinite light saturates, no news
        charge_e = stages.photo_charge(rate_e, row_light(readout, light_s)[:, None])
        charge_e = stages.photo_response(charge_e, pattern.gain[region])
        charge_e = stages.dark_charge(charge_e, c.dark_e)
        if c.read_noise_e < LEAST_BLURRED_E:
            u = poisson.uniform(noise.words(int(keys.counting), *where))
            z_read = noise.normals(int(keys.read), *where, parameters.width)
            charge_e = stages.counted_charge(charge_e, c.read_noise_e, u, z, z_read)
        else:
            charge_e = stages.noisy_charge(charge_e, c.read_variance_e2, z)
        charge_e = stages.full_well(charge_e, c.full_well_e)
        charge_e = stages.pixel_offset(charge_e, pattern.offset_e[region])
        signal_DN = stages.amplified(charge_e, c.gain_DN_per_e, c.offset_DN)
        code_DN = stages.digitized(signal_DN, c.highest_DN)
        return stages.reduced(code_DN, c.shift)


def fixed_pattern_reference(parameters: SensorParameters, seed: int) -> FixedPattern:
    """The fixed pattern of the device with this seed, in readable numpy; frames do not change it."""
    whole = (0, 0, parameters.width, parameters.height, parameters.width)
    gain = noise.normals(noise.stream_key(seed, noise.PRNU, 0), *whole)
    offset_e = noise.normals(noise.stream_key(seed, noise.DSNU, 0), *whole)
    return FixedPattern(
        gain=np.float32(1) + np.float32(parameters.prnu) * gain,
        offset_e=np.float32(0) + np.float32(parameters.dsnu_e) * offset_e,
    )
