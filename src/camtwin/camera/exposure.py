"""What the camera says of a frame: frozen records. Times are whole nanoseconds of virtual time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from camtwin.camera.rates import payload_bytes as size_of
from camtwin.camera.settings import Settings
from camtwin.pixels.formats import FORMATS, PixelFormat, mirrored, payload_bytes
from camtwin.sensor.timing import ALIKE, RowTimes, RowWindows
from camtwin.units import Ns


@dataclass(frozen=True, slots=True)
class Exposure:
    """A frame as whoever renders it needs it: who, when, and with which settings. Known as it begins.

    frame_id          the camera's own count, rising by one per frame since it was switched on
    timestamp_ns      start of exposure by the camera's clock, in its ticks
    trigger_ns        when the trigger was taken
    start_ns, end_ns  when the sensor's first row gathers light
    row_times         how the other rows differ from it
    part              0; 1 the short exposure of a picture that has a long one, too, with the same frame_id
    told              what the running camera said as it began, for chunks, by name
    world             what stood before the sensor then; the camera only hands it on to who renders
    sequencer_set     active when the trigger was taken
    """

    frame_id: int
    timestamp_ns: Ns
    settings: Settings
    temperature_C: float
    trigger_ns: Ns
    start_ns: Ns
    end_ns: Ns
    told: Mapping[str, float] = field(default_factory=dict)
    world: object = field(default=None, compare=False)
    sequencer_set: int = 0
    row_times: RowTimes = ALIKE
    part: int = 0

    @property
    def windows(self) -> RowWindows:
        """When each row gathers light, in the order in which rows are read."""
        return RowWindows(self.start_ns, self.end_ns - self.start_ns, self.row_times)

    @property
    def pixel_format(self) -> PixelFormat:
        """As the picture is: mirroring a mosaic makes another one of it."""
        s = self.settings
        return mirrored(FORMATS[s.PixelFormat], s.ReverseX, s.ReverseY)

    @property
    def payload_bytes(self) -> int:
        """Bytes of the frame on the link, with its chunks."""
        return size_of(self.settings)

    @property
    def image_bytes(self) -> int:
        """Bytes of the image in it, were it sent."""
        return payload_bytes(self.pixel_format, self.settings.Width, self.settings.Height)

    @property
    def has_image(self) -> bool:
        """Whether the picture itself travels: the chunk Image may be off."""
        return not self.settings.ChunkModeActive or self.settings.ChunkEnable["Image"]


@dataclass(frozen=True, slots=True)
class Readout:
    """A frame on its way out of the sensor; its first row is there at first_data_ns."""

    exposure: Exposure
    start_ns: Ns
    end_ns: Ns
    first_data_ns: Ns


@dataclass(frozen=True, slots=True)
class Transfer:
    """A frame on the link: from its first to its last bit."""

    exposure: Exposure
    start_ns: Ns
    end_ns: Ns
