"""The camera: a data sheet's features, a state machine, an image memory and a clock, put together.

It is told what hosts write (`read`, `write`, `set`) and what time it is (the scheduler's). It tells its
subscribers when a frame has been exposed and when its bits leave. It knows no link and no picture.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from camtwin.camera.clock import CameraTime
from camtwin.camera.description import XML_ADDRESS, interface
from camtwin.camera.frames.acquisition import Acquisition
from camtwin.camera.frames.auto import Brightness
from camtwin.camera.frames.exposure import Exposure
from camtwin.camera.frames.modes import DriveModes, centred, usual_shutter
from camtwin.camera.frames.states import E, S
from camtwin.camera.frames.transport import Transmitter
from camtwin.camera.links import LinkTiming
from camtwin.camera.memory.files import Files
from camtwin.camera.memory.firmware import Firmware
from camtwin.camera.memory.user_sets import Keeper, MemoryStorage, Storage
from camtwin.camera.reports import chunks
from camtwin.camera.reports.events import EventQueue
from camtwin.camera.settings import Settings
from camtwin.camera.signals import wiring
from camtwin.camera.signals.bus import Signals, edges
from camtwin.camera.signals.counters import Counter, Timer
from camtwin.camera.signals.lines import Line
from camtwin.camera.signals.sequencer import Sequencer
from camtwin.camera.thermal import Housing, thresholds
from camtwin.genicam import Writer
from camtwin.models import CameraSheet
from camtwin.models.schema import Memory
from camtwin.problem import Refused
from camtwin.sensor.timing import GlobalShutter, RollingShutter
from camtwin.simtime import Scheduler
from camtwin.subscribers import Subscribers
from camtwin.units import Ns

FRAME_ID_WRAP = 1 << 32


class Camera:
    """One camera of a model.

    sheet          its data sheet
    clock          the virtual time it lives in
    serial         its serial number
    link, memory   timing of the link in front of it, and the image memory that evens it out
    storage        what it keeps without power; as long as it lives if None
    measure        gives a frame's brightness, 0 .. 1, to the automatic functions; they rest without it

    Subscribers are told:
    on_moment    (t_ns, name, frame id) of everything that happens inside it
    on_exposure  an exposure whose end is known; on_read: one that has been read from the sensor
    on_write     (t_ns, address, data) of a host, before it is carried out; on_refusal: (t_ns, why it is not)
    on_command   (t_ns, word, arguments) from outside that is no write
    on_reset     DeviceReset; on_power_up: it boots; on_power: supplied or not; on_cable: plugged in or not
    """

    def __init__(
        self,
        sheet: CameraSheet,
        clock: Scheduler,
        *,
        serial: str,
        link: LinkTiming,
        memory: Memory,
        storage: Storage | None = None,
        measure: Callable[[Exposure], float] | None = None,
    ) -> None:
        self.sheet, self.clock, self.serial = sheet, clock, serial
        self.tree, self.registers, self.xml, self.xml_file, self.xml_url = interface(sheet)
        self._settings: Settings = self.tree.factory()
        self.keeper = Keeper(self.tree, storage or MemoryStorage(), memory, clock)
        self._frames_begun = 0
        self.world: object = None  # handed on with each exposure to who renders it
        self.sensor = usual_shutter(sheet)
        self.modes = DriveModes(sheet)
        self.latency_frames = sheet.readout.latency_frames
        self.trigger_timing = sheet.trigger
        self.shortest_exposure_ns: Ns = Settings.ExposureTime_ns.held(
            self.tree.declared["ExposureTime"].number("min")
        )
        self.housing = Housing(
            sheet.thermal,
            clock,
            serial,
            lambda: thresholds(self.tree, self._settings, sheet.thermal),
            self._status_changed,
        )
        self.on_moment = Subscribers[Ns, str, int | None]()
        self.on_exposure = Subscribers[Exposure]()
        self.on_read = Subscribers[Exposure]()
        self.on_write = Subscribers[Ns, int, bytes]()
        self.on_refusal = Subscribers[Ns, Refused]()
        self.on_command = Subscribers[Ns, str, tuple[int | str, ...]]()
        self.on_reset = Subscribers[()]()
        self.on_power_up = Subscribers[()]()
        self.on_power = Subscribers[bool]()
        self.on_cable = Subscribers[bool]()
        self.line_timing = sheet.lines
        self.transmitter = Transmitter(clock, link, memory, self.emit, lambda: self.acquisition.fire(E.ROOM))
        self.signals = Signals(
            wires=(*self._units("LineSelector"), *self._units("UserOutputSelector")),
            timers=self._units("TimerSelector"),
            same={name: to for node in self.tree.here for name, to in node.row.get("same", {}).items()},
        )
        self.events = EventQueue(clock, sheet.events, self.tree.declared["EventSelector"].ids)
        formats = self.tree.declared["LineFormat"].row.get("formats", {})
        self.lines = {
            name: Line(name, self, isolated=formats.get(name) == "OptoCoupled")
            for name in self._units("LineSelector")
        }
        self.brightness = Brightness(self, measure)
        self.on_read.subscribe(self.brightness.regard)
        self.powered = True
        self.heard_ns: Ns | None = None  # when a host last wrote something
        self._build()
        self._power_up()

    def _build(self) -> None:
        """What forgets all with the power: made anew."""
        self.acquisition = Acquisition(self)
        self.counters = {name: Counter(name, self) for name in self._units("CounterSelector")}
        self.timers = {name: Timer(name, self) for name in self._units("TimerSelector")}
        self.sequencer = Sequencer(self)
        first = self.tree.declared["DeviceFirmwareVersion"].row.get("value", "")
        self.firmware = Firmware(self.sheet.model, first, self.keeper.storage)
        self.files = Files(self)
        self.time = CameraTime(self.clock, self.sheet.clock.tick_ns)

    def _units(self, selector: str) -> list[str]:
        """Names of the lines, counters, timers that this model has."""
        node = self.tree.declared[selector]
        return list(node.entries) if node.here else []

    # -- what hosts do ---------------------------------------------------------------------------
    @property
    def settings(self) -> Settings:
        """The settings in force; the next frame to begin takes them."""
        return self._settings

    def apply(self, new: Settings, /, *, by: Writer) -> None:
        """Put new settings in force: those of the active sequencer set lie over what anybody else writes.

        Refused without power, or where what is kept without power cannot be stored."""
        old = self._settings
        if by is not Writer.SEQUENCER:
            self._wants_power()
            if by is Writer.HOST:
                self.heard_ns = self.clock.now
            if new.SensorMode != old.SensorMode:
                new = self.in_mode(new)
            if new.CenterX or new.CenterY:
                new = centred(new, self.tree, self)
            if any(getattr(old, attr) is not getattr(new, attr) for attr in self.keeper.watched):
                self.keeper.watch(old, new)
            if self.sequencer.on or new.SequencerMode == "On":
                new = self.sequencer.laid_over(new)
        self._settings = new
        self._notify(old, new)

    def in_mode(self, settings: Settings) -> Settings:
        """The settings, with all that the sensor's drive mode decides."""
        changes = self.modes.changes(settings.SensorMode)
        return self.tree.fit(replace(settings, **changes), self) if changes else settings

    def shutter(self, settings: Settings) -> GlobalShutter | RollingShutter:
        """How the sensor exposes and reads with these settings."""
        return self.modes.shutter(settings) or self.sensor

    def _notify(self, old: Settings, new: Settings) -> None:
        """Tell the parts that rest on settings which have changed."""
        if not wiring.same(old, new):
            self._connect()
        if new.EventNotification is not old.EventNotification:
            self.events.choose(new.EventNotification)
        if new.DeviceTemperatureStatusTransition is not old.DeviceTemperatureStatusTransition:
            self.housing.check()
        if new.UserOutputValue is not old.UserOutputValue:
            for name, level in new.UserOutputValue.items():
                if level != old.UserOutputValue[name]:
                    self.emit(edges(name)[not level])
        self.acquisition.fire(E.RETIME)

    def _connect(self) -> None:
        self.signals.connect(wiring.routes(self))
        for line in self.lines.values():
            line.refresh(self.signals.level)

    def read(self, address: int, length: int) -> bytes:
        """Bytes of the register space: features, what rules decide, the description. Refused if not there."""
        offset = address - XML_ADDRESS
        if 0 <= offset < len(self.xml_file):
            return self.xml_file[offset : offset + length].ljust(length, b"\0")
        return self.registers.read(self, address, length)

    def write(self, address: int, data: bytes) -> None:
        """Write registers as a host does; Refused says what is not carried out.

        Whatever a link does to a camera goes this way, so these writes are all that a journal has to keep."""
        self._wants_power()
        self.heard_ns = self.clock.now
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

    def action(self, device_key: int, group_key: int, group_mask: int) -> bool:
        """An action command, as it comes from a link; True if it concerns this camera."""
        if not self.powered:
            return False
        s = self.settings
        matched = [
            n
            for n, key in s.ActionGroupKey.items()
            if device_key == s.ActionDeviceKey and group_key == key and group_mask & s.ActionGroupMask[n]
        ]
        if matched:
            self.told("action", device_key, group_key, group_mask)
        for n in matched:
            self.emit(f"Action{n}")
        return bool(matched)

    def use_block_ids(self, extended: bool) -> None:
        """The link counts blocks with 64 bits, or with 16: that changes how long frames are on it."""
        timing = self.transmitter.timing.with_block_ids(extended=extended)
        if timing != self.transmitter.timing:
            self.told("block_ids", int(extended))
            self.transmitter.timing = timing

    def report(self, name: str) -> None:
        """The link tells of itself by an event; unless that is On nobody hears of it, nor does a journal."""
        if self.settings.EventNotification.get(name) == "On":
            self.told("report", name)
            self.emit(name)

    # -- wire.device.DevicePort: what every link's control has of it -------------------------------
    @property
    def busy_ns(self) -> Ns:
        """Camera time that it still needs for what was written to it."""
        return max(0, self.keeper.busy_until_ns - self.clock.now)

    @property
    def timestamp_latched(self) -> Ns:
        return self.time.latched_ns

    def latch_timestamp(self) -> None:
        self.execute("TimestampLatch")

    def reset_timestamp(self) -> None:
        self.execute("TimestampReset")

    @property
    def payload_bytes(self) -> int:
        """Bytes of a frame as it is set, chunks included."""
        return self.tree.get(self, "PayloadSize")

    @property
    def has_chunks(self) -> bool:
        return self._settings.ChunkModeActive

    def told(self, word: str, *args: int | str) -> None:
        """A command from outside that is no register's is carried out now; outside.py does it again."""
        self.on_command(self.clock.now, word, args)

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
        """True temperature inside."""
        return self.housing.temperature_C

    @property
    def temperature_reading_C(self) -> float:
        return self.housing.reading_C

    @property
    def temperature_status(self) -> str:
        return self.housing.status

    @property
    def link_bytes_per_s(self) -> int:
        return self.transmitter.timing.bytes_per_s

    def load_user_set(self, selector: str) -> None:
        """Take over what a set holds. A running sequencer ends first, and gives back what it changed."""
        self.apply(replace(self._settings, SequencerMode="Off"), by=Writer.USER_SET)
        self._restore(self.keeper.load(selector))

    def save_user_set(self, selector: str) -> None:
        self.keeper.save(selector, self.settings)

    @property
    def timestamp(self) -> Ns:
        """The camera's clock, in its ticks."""
        return self.time.now

    def start(self) -> None:
        self._wants_power()
        self.acquisition.fire(E.START)

    def stop(self) -> None:
        """End after the frame under way."""
        self.acquisition.fire(E.STOP)

    def abort(self) -> None:
        """End now; the frame under way and those in memory are lost."""
        self.acquisition.fire(E.ABORT)

    def trigger_software(self, selector: str) -> None:
        trigger, burst = self.acquisition.trigger, self.acquisition.burst_trigger
        self.emit((burst if selector == burst.selector else trigger).software)

    @property
    def sequencer_set(self) -> int:
        return self.sequencer.active

    # -- what surrounds it -----------------------------------------------------------------------
    def power_cycle(self) -> None:
        """Off and on: what is under way is lost, the default user set is loaded, counts begin again.

        The housing keeps its temperature: it is a moment."""
        self._shut()
        self._boot()

    def reset(self) -> None:
        """As if it were switched off and on; the link may have to tell its host."""
        self.power_cycle()
        self.on_reset()

    def power_off(self) -> None:
        """Nothing runs, is heard or answered until `power_on`; what was under way is lost."""
        if self.powered:
            self.powered = False
            self._shut()
            for line in self.lines.values():
                line.go_dark()
            self.on_power(False)

    def power_on(self) -> None:
        """The default user set is loaded, counts begin again; inputs see what is at their pins."""
        if not self.powered:
            self.powered = True
            for line in self.lines.values():
                line.wake()
            self._boot()
            self.on_power(True)

    def _shut(self) -> None:
        self.acquisition.cut()
        for timer in self.timers.values():
            timer.cut()
        self.events.clear()
        self.signals.rest(but=self.lines)
        self.signals.connect({})

    def _boot(self) -> None:
        self._build()
        self._settings = self.tree.factory()
        self._frames_begun = 0
        self._power_up()
        self.on_power_up()

    def _wants_power(self) -> None:
        if not self.powered:
            raise Refused("unavailable", "the camera has no power")

    def preset_frame_count(self, count: int) -> None:
        """Let the next frame be number count + 1."""
        self._frames_begun = count

    def preset_timestamp(self, ns: Ns) -> None:
        self.time.preset(ns)

    @property
    def reachable(self) -> bool:
        """Whether a host gets through to it: it has power, and a link."""
        return self.powered and self.plugged

    @property
    def plugged(self) -> bool:
        """Whether its data cable is in."""
        return "cable" not in self.transmitter.stalled

    def cable(self, plugged: bool) -> None:
        """The link goes down or comes back: images wait in memory meanwhile, as many as it holds."""
        if plugged != self.plugged:
            self.told("cable", int(plugged))
            (self.transmitter.resume if plugged else self.transmitter.stall)("cable")
            self.on_cable(plugged)

    def _power_up(self) -> None:
        self._restore(self.keeper.restored())
        self._settings = self.in_mode(self._settings)
        self._connect()

    def _restore(self, kept: Mapping[str, Any]) -> None:
        """Settings that were kept; the link may be slower now than it was then."""
        limit = min(kept.get("DeviceLinkThroughputLimit", self.link_bytes_per_s), self.link_bytes_per_s)
        changes = {**kept, "DeviceLinkThroughputLimit": limit}
        self.tree.load(self, changes, by=Writer.USER_SET)

    def _status_changed(self, new: str, old: str) -> None:
        """Too hot: no image transfer. Of a change from High to Normal the sheet knows no event."""
        if new == "Exceeded":
            self.transmitter.stall("heat")
        elif old == "Exceeded":
            self.transmitter.resume("heat")
        if (old, new) != ("High", "Normal"):
            self.emit("DeviceTemperatureStatusChanged")
        alarm = {"High": "CriticalTemperature", "Exceeded": "OverTemperature"}.get(new, "")
        if alarm in self.tree.declared["EventSelector"].entries:
            self.emit(alarm)

    # -- for the parts ---------------------------------------------------------------------------
    def emit(self, name: str, frame_id: int | None = None) -> None:
        """Something happened: tell whoever listens, as (t_ns, name, frame), then do what it causes."""
        self.signals.settle(name)
        self.on_moment(self.clock.now, name, frame_id)
        self.events.notify(name, self.timestamp, frame_id)
        self.signals.act(name)

    @property
    def chunk_ids(self) -> Mapping[str, int]:
        return self.tree.declared["ChunkSelector"].ids

    def tell(self) -> dict[str, float]:
        return chunks.told(self)

    @property
    def coming_frame_id(self) -> int:
        """Frames are counted from 1 and wrap at 2^32."""
        return (self._frames_begun + 1) % FRAME_ID_WRAP

    def next_frame_id(self) -> int:
        self._frames_begun += 1
        return self._frames_begun % FRAME_ID_WRAP
