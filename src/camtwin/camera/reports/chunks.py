"""What travels behind a picture: its chunks, as bytes, and read back as a host reads them.

All values are frozen with the exposure: its settings, and what the running camera said as it began
(`SOURCES`, by chunk).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from camtwin.camera.features.chunk_data_control import IDS, NAMES, ChunkDataControl
from camtwin.camera.features.digital_io_control import all_statuses
from camtwin.camera.features.rules import Acts
from camtwin.camera.frames.exposure import Exposure
from camtwin.genicam.nodes import Enumeration, Feature, Order
from camtwin.wire.chunks import split, tag


def image_control(e: Exposure) -> int:
    """Bits from the lowest: ReverseX, ReverseY, LUTEnable, DefectPixelCorrection (the order is assumed)."""
    s = e.settings
    states = (s.ReverseX, s.ReverseY, s.LUTEnable["Luminance"], s.DefectPixelCorrection)
    return sum(on << bit for bit, on in enumerate(states))


SOURCES: Mapping[str, Callable[[Acts], float]] = {
    "DeviceTemperature": lambda camera: camera.temperature_reading_C,
    "CounterValue": lambda camera: camera.counters[camera.settings.CounterSelector].value,
    "LineStatusAll": all_statuses,
}


def told(camera: Acts) -> dict[str, float]:
    """What chunks say of the running camera, now."""
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
"""By feature, without "Chunk"; others are what the camera told, else the setting of the name."""

FEATURES: Mapping[str, list[Feature[Any]]] = {
    name: [f for f in ChunkDataControl.features.values() if f.chunk and f.chunk[0] == IDS[name]]
    for name in NAMES
}


def enabled(e: Exposure) -> list[str]:
    """Names of the chunks that the frame carries."""
    on = e.settings.ChunkEnable
    return [name for name in NAMES if on.get(name)] if e.settings.ChunkModeActive else []


def tail(e: Exposure, order: Order = "big") -> bytes:
    """What follows the image in the payload: nothing without ChunkModeActive, else the image's tag (unless
    that chunk is off) and the other chunks."""
    out = b""
    for name in enabled(e):
        data = b"".join(_packed(f, e, order) for f in FEATURES[name])
        out += data + tag(IDS[name], len(data) if name != "Image" else e.image_bytes, order)
    return out


def _packed(f: Feature[Any], e: Exposure, order: Order) -> bytes:
    name, value = f.name.removeprefix("Chunk"), None
    if name in VALUES:
        value = VALUES[name](e)
    else:
        value = e.told[name] if name in e.told else getattr(e.settings, name)
    return f.pack(f.values[str(value)] if isinstance(f, Enumeration) else value, order)


def parse(payload: bytes, order: Order = "big") -> dict[str, Any]:
    """Chunk name -> value, of a payload: Image as its bytes, Binning as (columns, rows), PixelFormat as its
    name. ValueError where the payload does not consist of chunks."""
    names = {number: name for name, number in IDS.items()}
    found: dict[str, Any] = {}
    for number, data in split(payload, order):
        if (name := names.get(number)) is None:
            raise ValueError(f"there is no chunk {number:#x}")
        values = [_unpacked(f, data, order) for f in FEATURES[name]]
        found[name] = data if name == "Image" else values[0] if len(values) == 1 else tuple(values)
    return dict(reversed(found.items()))


def _unpacked(f: Feature[Any], data: bytes, order: Order) -> Any:
    at = f.chunk[1] if f.chunk else 0
    value = f.unpack(data[at : at + f.length], order)
    if isinstance(f, Enumeration):
        return next(name for name, wire in f.values.items() if wire == value)
    return value
