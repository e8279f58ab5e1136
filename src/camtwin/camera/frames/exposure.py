"""Frozen records of a frame's life: exposure, readout, transfer. Times are nanoseconds of virtual time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from camtwin.camera.features.rates import payload_bytes as size_of
from camtwin.camera.settings import Settings
from camtwin.pixels.formats import FORMATS, PixelFormat, mirrored, payload_bytes
from camtwin.sensor.timing import ALIKE, RowTimes, RowWindows
from camtwin.units import Ns


@dataclass(frozen=True, slots=True)
class Exposure:
    """One frame, as its renderer needs it: frozen when the exposure begins.

    frame_id          the camera's own count (numbers.py)
    timestamp_ns      start of exposure by the camera's clock, in its ticks
    trigger_ns        when the trigger was taken
    start_ns, end_ns  exposure of the sensor's first row
    row_times         differences of the other rows from it
    part              0; 1 for the short exposure of an image that also has a long one, with the same frame_id
    reported          values of the running camera at the start, for chunks, by name
    world             the scene and the sensor's defects at the start; the camera only passes them on
    sequencer_set     active when the trigger was taken
    windows           exposure of each row, in the order in which rows are read
    pixel_format      the format of the image as it is sent: mirroring changes a mosaic
    """

    frame_id: int
    timestamp_ns: Ns
    settings: Settings
    temperature_C: float
    trigger_ns: Ns
    start_ns: Ns
    end_ns: Ns
    reported: Mapping[str, float] = field(default_factory=dict)
    world: object = field(default=None, compare=False)
    sequencer_set: int = 0
    row_times: RowTimes = ALIKE
    part: int = 0
    windows: RowWindows = field(init=False, repr=False, compare=False)
    pixel_format: PixelFormat = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        s = self.settings
        windows = RowWindows(self.start_ns, self.end_ns - self.start_ns, self.row_times)
        object.__setattr__(self, "windows", windows)
        object.__setattr__(self, "pixel_format", mirrored(FORMATS[s.PixelFormat], s.ReverseX, s.ReverseY))

    @property
    def payload_bytes(self) -> int:
        """Bytes of the frame on the link, with its chunks."""
        return size_of(self.settings)

    @property
    def image_bytes(self) -> int:
        """Bytes of its image, whether it is sent or not."""
        return payload_bytes(self.pixel_format, self.settings.Width, self.settings.Height)

    @property
    def has_image(self) -> bool:
        """Whether the image itself is sent: the chunk Image may be off."""
        return not self.settings.ChunkModeActive or self.settings.ChunkEnable.get("Image", True)


@dataclass(frozen=True, slots=True)
class FrameReadout:
    """The readout of a frame from the sensor; its first row is available at first_data_ns.

    number  of the frame in its stream, from 0 (numbers.py)
    """

    exposure: Exposure
    number: int
    start_ns: Ns
    end_ns: Ns
    first_data_ns: Ns


@dataclass(frozen=True, slots=True)
class Transfer:
    """The transfer of a frame on the link, from its first to its last bit; `number` as in FrameReadout."""

    exposure: Exposure
    number: int
    start_ns: Ns
    end_ns: Ns
