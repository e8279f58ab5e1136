"""The camera: a data sheet's features, a state machine, an image memory and a clock, put together.

Hosts' writes arrive by `read`, `write` and `set`, the time by the scheduler. Subscribers are called when a
frame has been exposed and when its bits leave. The camera knows no link and no image.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from camtwin.camera.clock import CameraTime
from camtwin.camera.description import XML_ADDRESS, interface
from camtwin.camera.faults import DeviceFaults
from camtwin.camera.frames.acquisition import Acquisition
from camtwin.camera.frames.auto import Brightness
from camtwin.camera.frames.exposure import Exposure
from camtwin.camera.frames.modes import DriveModes, centred, usual_shutter
from camtwin.camera.frames.numbers import FrameNumbers
from camtwin.camera.frames.states import E, S
from camtwin.camera.frames.transport import Transmitter
from camtwin.camera.links import KINDS, LinkTiming
from camtwin.camera.memory.files import Files
from camtwin.camera.memory.firmware import Firmware
from camtwin.camera.memory.user_sets import Keeper, MemoryStorage, Storage
from camtwin.camera.reports import chunks
from camtwin.camera.reports.events import EventQueue
from camtwin.camera.settings import Settings
from camtwin.camera.signals import wiring
from camtwin.camera.signals.bus import Signals, edges
from camtwin.camera.signals.counters import Counter, Timer
from camtwin.camera.signals.lines import Line, NamedLines
from camtwin.camera.signals.sequencer import Sequencer
from camtwin.camera.thermal import Housing, thresholds
from camtwin.genicam import Key, Shown, Writer
from camtwin.models import CameraSheet
from camtwin.models.schema import Memory
from camtwin.problem import Refused
from camtwin.sensor.timing import GlobalShutter, RollingShutter
from camtwin.simtime import Scheduler
from camtwin.subscribers import Subscribers
from camtwin.units import Ns
from camtwin.wire.request import Request


class Camera:
    """One camera of a model.

    sheet          its data sheet
    clock          the virtual time it lives in
    serial         its serial number
    link, memory   timing of its link, and the image memory in front of it
    storage        non-volatile storage; None: kept only as long as this object
    measure        returns a frame's brightness, 0 .. 1, for the automatic functions; None: they do nothing
    acquisition    makes the state machine that takes its frames, or plays recorded ones

    Subscribers are called with:
    on_moment    (t_ns, name, frame id) of each internal event
    on_exposure  an exposure whose end is known; on_read: one that has been read from the sensor
    on_request   (t_ns, request) of each request that reached the device by its link, before it is carried out
    on_write     (t_ns, address, data) of a host's write, before it is carried out
    on_feature   (t_ns, name, value, selected entry) of a feature that a host wrote, or a command it executed
    on_refusal   (t_ns, refusal) of a write that is refused
    on_command   (t_ns, word, arguments) of an external command that is not a register write
    on_power_up  nothing, when it boots: switched on or reset
    on_power     whether it has power; on_cable: whether its cable is plugged in
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
        acquisition: Callable[[Camera], Acquisition] = Acquisition,
    ) -> None:
        self._new_acquisition = acquisition
        self.sheet, self.clock, self.serial = sheet, clock, serial
        self.tree, self.registers, self.xml, self.xml_file, self.xml_url = interface(sheet)
        self._settings: Settings = self.tree.factory()
        self.keeper = Keeper(self.tree, storage or MemoryStorage(), memory, clock)
        self.numbers = FrameNumbers()
        self.counts_acquisitions = KINDS[sheet.link].counts_acquisitions
        self.faults = DeviceFaults()
        self.world: object = None  # passed on with each exposure to the renderer
        self.sensor = usual_shutter(sheet)
        self.modes = DriveModes(sheet)
        self.latency_frames = sheet.readout.latency_frames
        self.trigger_timing = sheet.trigger
        self.shortest_exposure_ns: Ns = Settings.ExposureTime_ns.held(
            self.tree.declared["ExposureTime"].number("min") or 0
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
        self.on_request = Subscribers[Ns, Request]()
        self.on_write = Subscribers[Ns, int, bytes]()
        self.on_feature = Subscribers[Ns, str, Shown, Key]()
        self.on_refusal = Subscribers[Ns, Refused]()
        self.on_command = Subscribers[Ns, str, tuple[int | str, ...]]()
        self.on_power_up = Subscribers[()]()
        self.on_power = Subscribers[bool]()
        self.on_cable = Subscribers[bool]()
        self.line_timing = sheet.lines
        self.transmitter = Transmitter(clock, link, memory, self.emit, lambda: self.acquisition.fire(E.ROOM))
        self.signals = Signals(
            wires=(*self._units("LineSelector"), *self._units("UserOutputSelector")),
            timers=self._units("TimerSelector"),
            same=wiring.stand_ins(self.tree),
        )
        self.events = EventQueue(clock, sheet.events, self.tree.declared["EventSelector"].ids)
        formats = self.tree.declared["LineFormat"].row.get("formats", {})
        self.lines = NamedLines(
            (name, Line(name, self, isolated=formats.get(name) == "OptoCoupled"))
            for name in self._units("LineSelector")
        )
        self.brightness = Brightness(self, measure)
        self.on_read.subscribe(self.brightness.on_frame_read)
        self.powered = True
        self.controller: object | None = None  # the link's end whose host is in control
        self.last_write_ns: Ns | None = None  # time of a host's last write
        self._build()
        self._power_up()

    def _build(self) -> None:
        """(Re)create the parts whose state is lost on power-off."""
        self.parts: dict[int, dict[int, int]] = {}
        self.acquisition = self._new_acquisition(self)
        self.counters = {name: Counter(name, self) for name in self._units("CounterSelector")}
        self.timers = {name: Timer(name, self) for name in self._units("TimerSelector")}
        self.sequencer = Sequencer(self)
        first = self.tree.declared["DeviceFirmwareVersion"].row.get("value", "")
        self.firmware = Firmware(self.sheet.model, first, self.keeper.storage)
        self.files = Files(self)
        self.time = CameraTime(self.clock, self.sheet.clock.tick_ns)

    def _units(self, selector: str) -> list[str]:
        """Return the names of the model's lines, counters or timers."""
        node = self.tree.declared[selector]
        return list(node.entries) if node.here else []

    # -- for hosts --------------------------------------------------------------------------------------
    @property
    def settings(self) -> Settings:
        """The settings in force; the next frame to begin takes them."""
        return self._settings

    def apply(self, new: Settings, /, *, by: Writer) -> None:
        """Apply new settings; those of the active sequencer set take precedence over other writers'.

        Raises:
            Refused: there is no power, or non-volatile settings cannot be stored
        """
        old = self._settings
        if by is not Writer.SEQUENCER:
            self._wants_power()
            if by is Writer.HOST:
                self.last_write_ns = self.clock.now
            if new.SensorMode != old.SensorMode:
                new = self.in_mode(new)
            if self.modes.driver:
                new = self.modes.settled(new)
            if new.CenterX or new.CenterY:
                new = centred(new, self.tree, self)
            if any(getattr(old, attr) is not getattr(new, attr) for attr in self.keeper.watched):
                self.keeper.watch(old, new)
            if self.sequencer.on or new.SequencerMode == "On":
                new = self.sequencer.laid_over(new)
        self._settings = new
        self._notify(old, new)

    def in_mode(self, settings: Settings) -> Settings:
        """Return the settings with everything that their drive mode decides."""
        changes = self.modes.changes(settings.SensorMode)
        return self.tree.fit(replace(settings, **changes), self) if changes else settings

    def shutter(self, settings: Settings) -> GlobalShutter | RollingShutter:
        """Return the sensor's exposure and readout timing with these settings."""
        return self.modes.shutter(settings) or self.sensor

    def _notify(self, old: Settings, new: Settings) -> None:
        """Notify the parts affected by a change of settings."""
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
        """Read bytes of the register space: features, registers answered by rules, the GenICam description.

        Raises:
            Refused: there is no such register
        """
        offset = address - XML_ADDRESS
        if 0 <= offset < len(self.xml_file):
            return self.xml_file[offset : offset + length].ljust(length, b"\0")
        return self.registers.read(self, address, length)

    def write(self, address: int, data: bytes) -> None:
        """Write registers as a host does; Refused gives the reason for what is not carried out.

        Every link writes this way, so a journal needs to keep only these writes.
        """
        self._wants_power()
        self.last_write_ns = self.clock.now
        self.on_write(self.clock.now, address, data)
        try:
            if 0 <= address - XML_ADDRESS < len(self.xml_file):
                raise Refused("readonly", f"the GenICam XML at {address:#x} is read-only")
            self.registers.write(self, address, data)
        except Refused as refused:
            self.on_refusal(self.clock.now, refused)
            raise

    def wrote(self, name: str, shown: Shown, key: Key) -> None:
        """Report a feature that a host wrote; features call it after the write (genicam/device.py)."""
        self.on_feature(self.clock.now, name, shown, key)

    @property
    def watched(self) -> bool:
        """Whether requests are to be reported, or to meet faults: else links carry them out at once."""
        return bool(self.on_request) or self.faults.armed

    def asked(self, request: Request) -> None:
        """Report a request that reached the device; links call it before they carry the request out."""
        self.on_request(self.clock.now, request)

    def execute(self, command: str) -> None:
        """Execute a command as a host does, by writing its register."""
        self.write(self.tree.find(command).address, (1).to_bytes(4, self.tree.order))

    def action(self, device_key: int, group_key: int, group_mask: int) -> bool:
        """Take an action command from a link; True if its keys match this camera."""
        if not self.powered:
            return False
        s = self.settings
        matched = [
            n
            for n, key in s.ActionGroupKey.items()
            if device_key == s.ActionDeviceKey and group_key == key and group_mask & s.ActionGroupMask[n]
        ]
        if matched:
            self.journal("action", device_key, group_key, group_mask)
        for n in matched:
            self.emit(f"Action{n}")
        return bool(matched)

    def take_control(self, taker: object) -> bool:
        """Give control to a link's end; False if that of another link has it."""
        if self.controller in (None, taker):
            self.controller = taker
        return self.controller is taker

    def leave_control(self, holder: object) -> None:
        """Take control back from a link's end, if it has it."""
        if self.controller is holder:
            self.controller = None

    def end_session(self) -> None:
        """End what a host has left behind: its acquisition, its lock, its open files, half-written numbers.

        All other settings are the camera's and stay.
        """
        if not self.powered:
            return
        self.journal("end_session")
        self.abort()
        if not self.transmitter.empty:
            self.transmitter.clear()
        self.files.close_all()
        self.parts.clear()
        if self._settings.TLParamsLocked:
            self.apply(replace(self._settings, TLParamsLocked=0), by=Writer.SESSION)

    def change_stream(self) -> None:
        """Begin another stream, as the channel of this one opens or closes: it is empty and counts from 0."""
        self.numbers.restart(self.acquisition.under_way)
        self.drop_images()

    def drop_images(self) -> None:
        """Empty the image memory."""
        if not self.transmitter.empty:
            self.journal("drop_images")
            self.transmitter.clear()

    def use_block_ids(self, extended: bool) -> None:
        """Use 64-bit or 16-bit block ids, which changes the time that frames take on the link."""
        timing = self.transmitter.timing.with_block_ids(extended=extended)
        if timing != self.transmitter.timing:
            self.journal("block_ids", int(extended))
            self.transmitter.timing = timing

    def report(self, name: str) -> None:
        """Report an event of the link, if its notification is on.

        Otherwise nothing happens, even in a journal.
        """
        if self.settings.EventNotification.get(name) == "On":
            self.journal("report", name)
            self.emit(name)

    # -- wire.device.DevicePort ------------------------------------------------------------------------
    @property
    def busy_ns(self) -> Ns:
        """Camera time that the last write still needs, in ns."""
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
        """Bytes of a frame with the present settings, chunks included."""
        return self.tree.get(self, "PayloadSize")

    @property
    def has_chunks(self) -> bool:
        return self._settings.ChunkModeActive

    def journal(self, word: str, *args: int | str) -> None:
        """Journal an external command that is not a register write; `replay_command` repeats it."""
        self.on_command(self.clock.now, word, args)

    # -- for features (camera/features/rules.py: Acts) -------------------------------------------------
    @property
    def acquiring(self) -> bool:
        return self.acquisition.wants_frames

    @property
    def idle(self) -> bool:
        """Whether nothing is exposed, read or on the link."""
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
        """Load a user set. A running sequencer ends first and restores the settings it changed."""
        self.apply(replace(self._settings, SequencerMode="Off"), by=Writer.USER_SET)
        self._restore(self.keeper.load(selector))

    def save_user_set(self, selector: str) -> None:
        self.keeper.save(selector, self.settings)

    @property
    def timestamp(self) -> Ns:
        """Time of the camera's clock, a multiple of its tick."""
        return self.time.now

    def start(self) -> None:
        self._wants_power()
        self.acquisition.fire(E.START)

    def stop(self) -> None:
        """End the acquisition after the frame under way."""
        self.acquisition.fire(E.STOP)

    def abort(self) -> None:
        """End the acquisition now; the frame under way and those in memory are lost."""
        self.acquisition.fire(E.ABORT)

    def trigger_software(self, selector: str) -> None:
        trigger, burst = self.acquisition.trigger, self.acquisition.burst_trigger
        self.emit((burst if selector == burst.selector else trigger).software)

    @property
    def sequencer_set(self) -> int:
        return self.sequencer.active

    # -- power and cable -----------------------------------------------------------------------------
    def power_cycle(self) -> None:
        """Switch off and on: work under way is lost, the default user set is loaded, counts begin again.

        The housing keeps its temperature, because this takes only a moment.
        """
        self._shut()
        self._boot()

    def power_off(self) -> None:
        """Stop everything until `power_on`; work under way is lost."""
        if self.powered:
            self.powered = False
            self._shut()
            for line in self.lines.values():
                line.power_off()
            self.on_power(False)

    def power_on(self) -> None:
        """Boot: load the default user set, restart all counts, read the levels at the pins of inputs."""
        if not self.powered:
            self.powered = True
            for line in self.lines.values():
                line.power_on()
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
        self.numbers = FrameNumbers()
        self._power_up()
        self.on_power_up()

    def _wants_power(self) -> None:
        if not self.powered:
            raise Refused("unavailable", "the camera has no power")

    def preset_frame_count(self, count: int) -> None:
        """Let the next frame have the number count + 1."""
        self.numbers.begun = count

    def preset_timestamp(self, ns: Ns) -> None:
        self.time.preset(ns)

    def jump_timestamp(self, by_ns: Ns) -> None:
        """Let the camera's clock jump; it does not go below 0."""
        self.journal("jump", by_ns)
        self.time.preset(max(0, self.time.now + by_ns))

    def misnumber(self, number: int, wrong: int) -> None:
        """Send the frame with this number in its stream, from 0, with another one."""
        self.journal("misnumber", number, wrong)
        self.transmitter.misnumbered[number] = wrong

    @property
    def reachable(self) -> bool:
        """Whether hosts can reach it: it has power and a link."""
        return self.powered and self.plugged

    @property
    def plugged(self) -> bool:
        """Whether its data cable is plugged in."""
        return "cable" not in self.transmitter.stalled

    def cable(self, plugged: bool) -> None:
        """Take the link down or up; meanwhile images wait in memory, as many as it holds."""
        if self._flows("cable", plugged):
            self.on_cable(plugged)

    def host_fetches(self, fetches: bool) -> None:
        """Stall the link while its host fetches nothing: images wait in memory, as many as fit."""
        self._flows("host", fetches)

    def _flows(self, why: str, flows: bool) -> bool:
        """Stall or resume the link for this reason; False if nothing changes."""
        if flows == (why not in self.transmitter.stalled):
            return False
        self.journal(why, int(flows))
        (self.transmitter.resume if flows else self.transmitter.stall)(why)
        return True

    def _power_up(self) -> None:
        self._restore(self.keeper.restored())
        self._settings = self.modes.settled(self.in_mode(self._settings))
        self._connect()

    def _restore(self, kept: Mapping[str, Any]) -> None:
        """Apply stored settings, limited by the present link's speed."""
        limit = min(kept.get("DeviceLinkThroughputLimit", self.link_bytes_per_s), self.link_bytes_per_s)
        changes = {**kept, "DeviceLinkThroughputLimit": limit}
        self.tree.load(self, changes, by=Writer.USER_SET)

    def _status_changed(self, new: str, old: str) -> None:
        """Stop the image transfer while too hot, and emit the events of the change.

        The data sheet has no event for the change from High to Normal.
        """
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
        """Report an internal event to subscribers, as (t_ns, name, frame), then carry out its effects."""
        self.signals.settle(name)
        self.on_moment(self.clock.now, name, frame_id)
        number = None if frame_id is None else self.numbers.of(frame_id)
        self.events.notify(name, self.timestamp, frame_id, number)
        self.signals.act(name)

    @property
    def chunk_ids(self) -> Mapping[str, int]:
        return self.tree.declared["ChunkSelector"].ids

    def chunk_values(self) -> dict[str, float]:
        return chunks.running_values(self)
