"""Frame rates and readout times that follow from the settings, before a frame is taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from camtwin.camera.features.transport_layer_control import size
from camtwin.models.schema import Trigger
from camtwin.units import SEC, Ns

if TYPE_CHECKING:  # they are made of the chapters, and a chapter asks for rates
    from camtwin.camera.settings import Settings


class Shutter(Protocol):
    def readout_ns(self, rows: int) -> Ns: ...


class Timing(Protocol):
    def transfer_ns(self, settings: Settings, payload_bytes: int) -> Ns: ...


class Sender(Protocol):
    @property
    def timing(self) -> Timing: ...


class RowsRead(Protocol):
    def rows_read(self, settings: Settings, /) -> int: ...


class Rated(Protocol):
    """A camera whose rate can be computed."""

    @property
    def modes(self) -> RowsRead: ...

    @property
    def settings(self) -> Settings: ...
    @property
    def transmitter(self) -> Sender: ...
    @property
    def trigger_timing(self) -> Trigger: ...
    def shutter(self, settings: Settings, /) -> Shutter: ...


def free_running(s: Settings) -> bool:
    """Tell whether frames follow one another without a trigger for each."""
    return s.TriggerMode["FrameStart"] == "Off"


def asked_ns(s: Settings, trigger: Trigger) -> Ns:
    """Return the shortest time from frame to frame that AcquisitionFrameRate permits; 0 if it limits none."""
    limits = s.AcquisitionFrameRateEnable and (trigger.limited_by_rate or free_running(s))
    return round(SEC / s.AcquisitionFrameRate_Hz) if limits else 0


def payload_bytes(s: Settings) -> int:
    """Return the bytes of a frame on the link, with its chunks."""
    image = s.Width, s.Height, s.PixelFormat
    return size(*image, s.ChunkModeActive, s.ChunkEnable, s.ChunkExtraBytes)


def readout_ns(device: Rated) -> Ns:
    """Return the readout time of a frame; binning saves no row, unless the sensor does it."""
    s = device.settings
    return device.shutter(s).readout_ns(device.modes.rows_read(s))


def resulting_Hz(device: Rated) -> float:
    """Return the highest frame rate, limited by readout, exposure, link and AcquisitionFrameRate."""
    s, read_ns = device.settings, readout_ns(device)
    overlapped = s.ReadoutMode == "Overlapped"
    sensor_ns = max(read_ns, s.ExposureTime_ns) if overlapped else read_ns + s.ExposureTime_ns
    link_ns = device.transmitter.timing.transfer_ns(s, payload_bytes(s))
    return SEC / max(sensor_ns, link_ns, asked_ns(s, device.trigger_timing))


def throughput(device: Rated) -> int:
    """Return the data rate of frames at `resulting_Hz`, in bytes per second."""
    return round(resulting_Hz(device) * payload_bytes(device.settings))
