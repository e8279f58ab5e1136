"""A bare sensor as a twin: a driver writes its registers over the bus, and its frames have pixels.

bus -> register file -> stream -> frames, with the configuration each is taken with -> images
"""

from __future__ import annotations

from typing import Final

from camtwin.camera.frames.exposure import Exposure
from camtwin.camera.registers.driver import INCK_HZ
from camtwin.camera.registers.register_file import RegisterFile
from camtwin.camera.registers.stream import Stream, TimedFrame
from camtwin.models import load, load_registers
from camtwin.scene import Scene
from camtwin.sensor.flaws import Flaws
from camtwin.simtime import Scheduler
from camtwin.twins.assembly import Twin, build
from camtwin.twins.readout import Image
from camtwin.twins.render.light import World
from camtwin.units import SEC, Ns
from camtwin.wire.csi2.cci import INDEX_BYTES, Bus, Done, Message, Read, Write

BUS_HZ: Final = 400_000


def open_sensor(
    model: str,
    *,
    scene: Scene | None = None,
    seed: int = 0,
    inck_hz: int = INCK_HZ,
    clock: Scheduler | None = None,
    slasel: bool = False,
    flaws: Flaws | None = None,
) -> BareSensor:
    """Return the sensor of a model, powered up and in standby, in front of a scene.

    flaws: its defect pixels. inck_hz: its input clock. clock: a virtual time that several share. slasel:
    whether it has the higher of its two addresses.

    Raises:
        UnknownModel: there is no such model, or its sensor's registers are not known
    """
    twin = build(load(model), scene, seed=seed, clock=clock)
    if flaws:
        twin.camera.world = twin.renderer.world = World(twin.renderer.world.scene, flaws)
    sensor = BareSensor(twin, slasel=slasel)
    sensor.power_up(inck_hz)
    return sensor


class BareSensor:
    """The sensor of a twin, driven by its registers alone.

    file, stream  its registers, and the frames that they give, in the twin's virtual time
    bus           on which it is alone
    remarks       of everything that went wrong, in words
    """

    def __init__(
        self, twin: Twin, *, bus_hz: int = BUS_HZ, slasel: bool = False, nvm_busy: bool = False
    ) -> None:
        self.twin, self.clock = twin, twin.clock
        camera = twin.camera
        self.file = RegisterFile(
            load_registers(twin.sheet.sensor.name),
            twin.clock,
            otp_bytes=twin.sheet.memory.nonvolatile_bytes,
            temperature_C=lambda: camera.temperature_reading_C,
            storage=camera.keeper.storage,
            slasel=slasel,
            nvm_busy=nvm_busy,
        )
        self.stream = Stream(self.file, twin.clock)
        self.bus = Bus([self.file], bus_hz)
        self.remarks: list[str] = []
        self.file.on_remark.subscribe(lambda _, text: self.remarks.append(text))

    def power_up(self, inck_hz: int) -> None:
        """Switch the rails and the clock on, let it out of reset, and wait until a stream can start."""
        for rail in self.file.supply.rails:
            self.file.set_rail(rail, True)
        self.file.set_clock(inck_hz)
        self.file.set_xclr(True)
        self.clock.advance_to(max(self.clock.now, self.file.supply.streams_ns or 0))

    def advance(self, ns: Ns) -> None:
        """Let the sensor's time go on."""
        self.clock.advance_to(self.clock.now + ns)

    def transfer(self, *messages: Message) -> Done:
        """Carry out a transfer on the bus; time goes on as long as it takes."""
        for effect in self.bus.transfer(messages, self.clock.now):
            if isinstance(effect, Done):
                return effect
            self.clock.advance_to(effect.until_ns)
        raise AssertionError("a transfer ends with Done")

    def i2c(self, address: int, data: bytes, length: int = 0) -> bytes | None:
        """Write bytes to an address, then read `length` from it; None if a byte is not acknowledged."""
        messages: list[Message] = [Write(address, data)]
        if length:
            messages.append(Read(address, length))
        done = self.transfer(*messages)
        return None if done.refusal else b"".join(done.reads)

    @property
    def address(self) -> int:
        """Its address on the bus."""
        bus = self.file.sheet.bus
        return bus.address_high if self.file.slasel else bus.address_low

    def write(self, name: str, value: int) -> Done:
        """Write a register by its name, over the bus."""
        register = self.file.sheet.registers[name]
        data = register.address.to_bytes(INDEX_BYTES, "big") + value.to_bytes(register.bytes, "big")
        return self.transfer(Write(self.address, data))

    def read(self, name: str) -> int | None:
        """Read a register by its name, over the bus; None if nobody answers."""
        register = self.file.sheet.registers[name]
        got = self.i2c(self.address, register.address.to_bytes(INDEX_BYTES, "big"), register.bytes)
        return None if got is None else int.from_bytes(got, "big")

    def grab(self, count: int, timeout_ns: Ns = 10 * SEC) -> list[TimedFrame]:
        """Return the next frames of the stream: fewer if not as many come within timeout_ns."""
        frames: list[TimedFrame] = []
        leave = self.stream.on_frame.subscribe(frames.append)
        end_ns = self.clock.now + timeout_ns
        while len(frames) < count and (due_ns := self.clock.next_time()) is not None and due_ns <= end_ns:
            self.clock.advance_to(due_ns)
        leave()
        return frames[:count]

    def images(self, frame: TimedFrame) -> tuple[Image, ...]:
        """Return the image of each exposure of a frame, (height, width) DN at the bits that are sent."""
        return tuple(self._image(frame, part) for part in range(len(frame.configuration.integrations)))

    def exposure(self, frame: TimedFrame, part: int) -> Exposure:
        """Return one of a frame's exposures: all that its image depends on besides the configuration."""
        windows = frame.windows(frame.configuration.integrations[part])
        return Exposure(
            frame_id=frame.number,
            timestamp_ns=frame.read_ns,
            settings=self.twin.camera.settings,
            temperature_C=self.twin.camera.temperature_C,
            trigger_ns=windows.start_ns,
            start_ns=windows.start_ns,
            end_ns=windows.start_ns + windows.duration_ns,
            world=self.twin.camera.world,
            part=part,
        )

    def _image(self, frame: TimedFrame, part: int) -> Image:
        return self.twin.readout.image(frame.configuration, self.exposure(frame, part))
