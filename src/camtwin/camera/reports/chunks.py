"""Chunks behind an image: as bytes, and parsed as a host parses them.

All values are frozen with the exposure: its settings, and values of the running camera at its start
(`SOURCES`, by chunk).
"""

from __future__ import annotations

from binascii import crc_hqx
from collections.abc import Callable, Mapping
from typing import Any

from camtwin.camera.features.chunk_data_control import NAMES, ChunkDataControl
from camtwin.camera.features.digital_io_control import all_statuses
from camtwin.camera.features.rules import Acts
from camtwin.camera.frames.exposure import Exposure
from camtwin.genicam.nodes import Enumeration, Feature, Order
from camtwin.wire.chunks import split, tag


def image_control(e: Exposure) -> int:
    """Pack the bits of ImageControl, in an order that is assumed.

    From the lowest bit: ReverseX, ReverseY, LUTEnable, DefectPixelCorrection.
    """
    s = e.settings
    states = (s.ReverseX, s.ReverseY, s.LUTEnable["Luminance"], s.DefectPixelCorrection)
    return sum(on << bit for bit, on in enumerate(states))


SOURCES: Mapping[str, Callable[[Acts], float]] = {
    "DeviceTemperature": lambda camera: camera.temperature_reading_C,
    "CounterValue": lambda camera: (
        counter.value if (counter := camera.counters.get(camera.settings.CounterSelector)) else 0
    ),
    "LineStatusAll": all_statuses,
}


def running_values(camera: Acts) -> dict[str, float]:
    """Return the running camera's present values for chunks."""
    return {name: source(camera) for name, source in SOURCES.items()}


VALUES: Mapping[str, Callable[[Exposure], Any]] = {
    "BlackLevel": lambda e: e.settings.BlackLevel_DN["All"],
    "ExposureTime": lambda e: e.settings.ExposureTime_ns / 1000,
    "FrameID": lambda e: e.frame_id,
    "Gain": lambda e: e.settings.Gain_dB["All"],
    "ImageControl": image_control,
    "SequencerSetActive": lambda e: e.sequencer_set,
    "Timestamp": lambda e: e.timestamp_ns,
}
"""Values by feature, without "Chunk"; others are reported by the camera, or settings of that name."""

IMAGE = NAMES[0]
"""A camera whose ChunkSelector has no entry for it sends it always."""

FEATURES: Mapping[str, list[Feature[Any]]] = {
    name: [f for f in ChunkDataControl.features.values() if f.chunk and f.chunk[0] == name] for name in NAMES
}


def enabled(e: Exposure) -> list[str]:
    """Return the names of the chunks that the frame carries."""
    on = e.settings.ChunkEnable
    return [name for name in NAMES if on.get(name, name == IMAGE)] if e.settings.ChunkModeActive else []


def has_checksum(e: Exposure) -> bool:
    """Tell whether the frame carries a checksum of its image."""
    return e.settings.ChunkModeActive and bool(e.settings.ChunkEnable.get("PayloadCRC16"))


def payload_crc16(*parts: bytes | memoryview) -> int:
    """Return the CRC of a payload up to the chunk that holds it.

    Source: the ace USB manual, "CRC Checksum Chunk": X-modem method, over the image and all other chunks.

    >>> hex(payload_crc16(b"1234", b"56789"))
    '0x31c3'
    """
    crc = 0
    for part in parts:
        crc = crc_hqx(part, crc)
    return crc


def tail(e: Exposure, ids: Mapping[str, int], order: Order = "big", image: bytes | memoryview = b"") -> bytes:
    """Return the bytes behind the image: its tag and the other chunks, with the model's ids.

    Empty without ChunkModeActive; without the image's tag if that chunk is off. `image` is the image's bytes,
    for the checksum.
    """
    out = b""
    for name in enabled(e):
        if name == "PayloadCRC16":
            data = FEATURES[name][0].pack(payload_crc16(image, out), order)
        else:
            data = b"".join(_packed(f, e, order) for f in FEATURES[name])
        out += data + tag(ids[name], len(data) if name != "Image" else e.image_bytes, order)
    return out


def _packed(f: Feature[Any], e: Exposure, order: Order) -> bytes:
    name, value = f.name.removeprefix("Chunk"), None
    if name in VALUES:
        value = VALUES[name](e)
    else:
        value = e.reported[name] if name in e.reported else getattr(e.settings, name)
    return f.pack(f.values[str(value)] if isinstance(f, Enumeration) else value, order)


def parse(payload: bytes, ids: Mapping[str, int], order: Order = "big") -> dict[str, Any]:
    """Return a payload's values by chunk name.

    Image is bytes, Binning (columns, rows), PixelFormat a name. A chunk that camtwin does not know, or not in
    this length, is bytes by its id, as `0x7777`.

    Raises:
        ValueError: the payload does not consist of chunks
    """
    names = {number: name for name, number in ids.items()}
    values_by_chunk: dict[str, Any] = {}
    for number, data in split(payload, order):
        name = names.get(number, "")
        if not is_known(name, data):
            values_by_chunk[f"{number:#x}"] = data
            continue
        values = [_unpacked(f, data, order) for f in FEATURES[name]]
        values_by_chunk[name] = data if name == "Image" else values[0] if len(values) == 1 else tuple(values)
    return dict(reversed(values_by_chunk.items()))


def is_known(name: str, data: bytes) -> bool:
    """Tell whether a chunk of this name, with this data, is one that camtwin makes."""
    return name == "Image" or (name in FEATURES and len(data) == own_bytes(name))


def own_bytes(name: str) -> int:
    """Return the bytes of data with which camtwin sends a chunk, except for the image."""
    return sum(f.length for f in FEATURES[name])


def _unpacked(f: Feature[Any], data: bytes, order: Order) -> Any:
    at = f.chunk[1] if f.chunk else 0
    value = f.unpack(data[at : at + f.length], order)
    if isinstance(f, Enumeration):
        return next(name for name, wire in f.values.items() if wire == value)
    return value
