"""The camera: a data sheet's features, a state machine, an image memory and a clock, put together.

It is told what hosts write (`read`, `write`, `set`) and what time it is (the scheduler's). It tells, by
callbacks, when a frame has been exposed and when its bits leave. It knows no link and no picture.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from camtwin.camera.acquisition import Acquisition, E, S
from camtwin.camera.exposure import Exposure
from camtwin.camera.settings import Settings
from camtwin.camera.thermal import temperature_C
from camtwin.camera.transport import LinkTiming, Transmitter
from camtwin.genicam import Refused, Registers, Tree, description, zipped
from camtwin.models import CameraSheet
from camtwin.models.schema import Memory
from camtwin.sensor.timing import GlobalShutter
from camtwin.simtime import Scheduler
from camtwin.units import Ns

XML_ADDRESS = 0xF000_0000
FRAME_ID_WRAP = 1 << 32


class Camera:
    """One camera of a model.

    sheet          its data sheet
    clock          the virtual time it lives in
    serial         its serial number
    link, memory   timing of the link in front of it, and the image memory that evens it out
    """

    def __init__(
        self, sheet: CameraSheet, clock: Scheduler, *, serial: str, link: LinkTiming, memory: Memory
    ) -> None:
        self.sheet, self.clock, self.serial = sheet, clock, serial
        self.tree = Tree(Settings, sheet.features, sheet.link)
        self.registers = Registers(self.tree)
        self.xml = description(self.tree)
        revision = hashlib.sha1(self.xml.encode(), usedforsecurity=False).hexdigest()
        name = f"{sheet.vendor}_{sheet.model}_rev{revision}"
        self.xml_file = zipped(self.xml, f"{name}.xml")
        self.xml_url = f"Local:{name}.zip;{XML_ADDRESS:X};{len(self.xml_file):X}"
        self._settings: Settings = self.tree.factory()
        self._frames_begun = 0
        self._clock_zero: Ns = 0
        self.timestamp_latched: Ns = 0
        self.sensor = GlobalShutter(
            sheet.sensor.timing.clock_hz, sheet.readout.row_clocks, sheet.readout.base_ns
        )
        self.trigger_timing = sheet.trigger
        self.listeners: list[Callable[[Ns, str, int | None], object]] = []
        self.on_exposure: Callable[[Exposure], object] = lambda _: None
        self.on_write: Callable[[Ns, int, bytes], object] = lambda *_: None
        self.on_refusal: Callable[[Ns, Refused], object] = lambda *_: None
        self.transmitter = Transmitter(clock, link, memory, self.emit, lambda: self.acquisition.fire(E.ROOM))
        self.acquisition = Acquisition(self)

    # -- what hosts do ---------------------------------------------------------------------------
    @property
    def settings(self) -> Settings:
        """What the host has set; the next frame to begin takes it."""
        return self._settings

    @settings.setter
    def settings(self, new: Settings) -> None:
        self._settings = new
        self.acquisition.fire(E.RETIME)

    def read(self, address: int, length: int) -> bytes:
        """Bytes of the register space: features, what rules decide, the description. Refused if not there."""
        offset = address - XML_ADDRESS
        if 0 <= offset < len(self.xml_file):
            return self.xml_file[offset : offset + length].ljust(length, b"\0")
        return self.registers.read(self, address, length)

    def write(self, address: int, data: bytes) -> None:
        """Write registers as a host does; Refused says what is not carried out.

        Whatever a link does to a camera goes this way, so these writes are all that a journal has to keep."""
        self.on_write(self.clock.now, address, data)
        try:
            if 0 <= address - XML_ADDRESS < len(self.xml_file):
                raise Refused("readonly", f"the description at {address:#x} is read-only")
            self.registers.write(self, address, data)
        except Refused as refused:
            self.on_refusal(self.clock.now, refused)
            raise

    def execute(self, command: str) -> None:
        """Write a command's register, as a host does that executes it."""
        self.write(self.tree.find(command).address, (1).to_bytes(4, self.tree.order))

    # -- what features ask and commands do (camera/features/rules.py: Acts) -----------------------
    @property
    def acquiring(self) -> bool:
        return self.acquisition.wants_frames

    @property
    def idle(self) -> bool:
        """Nothing is exposed, read or on the link."""
        return self.acquisition.state is S.IDLE and self.transmitter.empty

    @property
    def temperature_C(self) -> float:
        return temperature_C(self.sheet.thermal, self.clock.now)

    @property
    def timestamp(self) -> Ns:
        """The camera's clock, in its ticks."""
        since = self.clock.now - self._clock_zero
        return since - since % self.sheet.clock.tick_ns

    def latch_timestamp(self) -> None:
        self.timestamp_latched = self.timestamp

    def reset_timestamp(self) -> None:
        self._clock_zero = self.clock.now

    def start(self) -> None:
        self.acquisition.fire(E.START)

    def stop(self) -> None:
        """End after the frame under way."""
        self.acquisition.fire(E.STOP)

    def abort(self) -> None:
        """End now; the frame under way and those in memory are lost."""
        self.acquisition.fire(E.ABORT)

    def trigger_software(self, selector: str) -> None:
        self.acquisition.trigger.edge()

    # -- for the parts ---------------------------------------------------------------------------
    def emit(self, name: str, frame_id: int | None = None) -> None:
        """Something happened: tell whoever listens, as (t_ns, name, frame)."""
        for listener in self.listeners:
            listener(self.clock.now, name, frame_id)

    def next_frame_id(self) -> int:
        """Frames are counted from 1 and wrap at 2^32."""
        self._frames_begun += 1
        return self._frames_begun % FRAME_ID_WRAP
