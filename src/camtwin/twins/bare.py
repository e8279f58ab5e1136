"""A bare sensor as a twin: a driver writes its registers over the bus, and its frames have pixels.

    bus -> register file -> stream -> frames, with the configuration each is taken with -> images

The window of the array is rendered as a camera's is. What the sensor does with it on the way to its link is
done here, in the order of camera/registers/configuration.py.

Approximations: lines that are sub-sampled or binned are exposed as if their steps were even, which is wrong
by less than a line; the scaler takes the mean of the area that becomes a pixel, colour by colour (assumed).
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from camtwin.camera.frames.exposure import Exposure
from camtwin.camera.registers.configuration import PEDESTAL, Configuration, Integration
from camtwin.camera.registers.geometry import UNSCALED, Extent, Geometry
from camtwin.camera.registers.register_file import RegisterFile
from camtwin.camera.registers.stream import Stream, TimedFrame
from camtwin.camera.settings import Settings
from camtwin.models import load, load_registers
from camtwin.scene import Scene
from camtwin.sensor.binning import binned_mosaic
from camtwin.sensor.flaws import Flaws
from camtwin.sensor.timing import RowTimes
from camtwin.simtime import Scheduler
from camtwin.twins.assembly import Twin, build
from camtwin.twins.defects import without_singles
from camtwin.twins.patterns import pattern
from camtwin.twins.render.light import World
from camtwin.units import SEC, Ns
from camtwin.wire.csi2.cci import INDEX_BYTES, Bus, Done, Message, Read, Write

Image = NDArray[np.uint16]
BUS_HZ: Final = 400_000
INCK_HZ: Final = 24_000_000


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
        self._settings: tuple[Configuration, list[Settings]] | None = None

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
        one = frame.configuration
        if one.test_pattern:
            drawn = pattern(one.test_pattern, one.geometry, one.bits, one.test_colours)
            return (drawn,) * len(one.integrations)
        return tuple(self._image(frame, part) for part in range(len(one.integrations)))

    def _image(self, frame: TimedFrame, part: int) -> Image:
        one = frame.configuration
        integration = one.integrations[part]
        windows = frame.windows(integration)
        array = one.geometry.y
        spread = Fraction(2, (array.even + array.odd) * array.binned)
        step_ns, start_ns = windows.times.step_ns * spread, windows.start_ns
        if array.reverse:  # the bottom row is read first
            start_ns, step_ns = start_ns + round(step_ns * (array.end - array.start)), -step_ns
        exposure = Exposure(
            frame_id=frame.number,
            timestamp_ns=frame.read_ns,
            settings=self._window_settings(one)[part],
            temperature_C=self.twin.camera.temperature_C,
            trigger_ns=windows.start_ns,
            start_ns=start_ns,
            end_ns=start_ns + windows.duration_ns,
            world=self.twin.camera.world,
            row_times=RowTimes(step_ns=step_ns),
            part=part,
        )
        read = self.twin.renderer.image(exposure)
        if one.corrects_defects:
            black, gain = PEDESTAL >> 12 - one.adc_bits, float(integration.analogue_gain)
            read = without_singles(read, one.adc_bits, black, gain)
        return _amplified(_way(read, one.geometry), one, integration)

    def _window_settings(self, one: Configuration) -> list[Settings]:
        """Return the settings by which each exposure's window is rendered, as read from the array."""
        if self._settings is None or self._settings[0] is not one:
            self._settings = (one, [self._settings_of(one, each) for each in one.integrations])
        return self._settings[1]

    def _settings_of(self, one: Configuration, integration: Integration) -> Settings:
        base, x, y = self.twin.camera.settings, one.geometry.x, one.geometry.y
        cfa = self.twin.sheet.sensor.parameters.cfa
        first = cfa[y.start % 2 * 2 + x.start % 2] + cfa[y.start % 2 * 2 + 1 - x.start % 2]
        code = float(20 * np.log10(float(integration.analogue_gain)))
        return replace(
            base,
            Width=x.end - x.start + 1,
            Height=y.end - y.start + 1,
            OffsetX=x.start,
            OffsetY=y.start,
            BinningHorizontal=1,
            BinningVertical=1,
            ReverseX=False,
            ReverseY=False,
            PixelFormat=f"Bayer{first}{one.adc_bits}",
            Gain_dB={**base.Gain_dB, "All": code},
            BlackLevel_DN={**base.BlackLevel_DN, "All": 0},
            ExposureTime_ns=round(integration.lines * one.line_ns),
        )


def _kept(line: Extent) -> NDArray[np.int64]:
    """Return the places, in the window, of the pixels that are read."""
    pairs = np.arange(0, line.end - line.start + 1, line.even + line.odd)[:, None] + np.array([0, line.even])
    places = pairs.ravel()
    return places[places <= line.end - line.start]


def _way(window: Image, geometry: Geometry) -> Image:
    """Return what is sent of the pixels of the window: sub-sampling, binning, mirrors, crop, scale, size."""
    x, y = geometry.x, geometry.y
    image = window
    if x.even + x.odd > 2 or y.even + y.odd > 2:
        image = image[np.ix_(_kept(y), _kept(x))]
    if x.binned * y.binned > 1:
        image = _binned(image, x, y)
    image = image[:: -1 if y.reverse else 1, :: -1 if x.reverse else 1]
    image = image[y.crop : y.crop + y.cropped, x.crop : x.crop + x.cropped]
    if max(x.scale, y.scale) > UNSCALED:
        image = _scaled(image, x, y)
    return np.ascontiguousarray(image[: y.sent, : x.sent])


def _binned(image: Image, x: Extent, y: Extent) -> Image:
    """Return the image with the pixels of each colour combined, as many as there are whole groups."""
    rows = image.shape[0] // (2 * y.binned) * 2 * y.binned if y.binned > 1 else image.shape[0]
    columns = image.shape[1] // (2 * x.binned) * 2 * x.binned if x.binned > 1 else image.shape[1]
    return binned_mosaic(image[:rows, :columns], x.binned, y.binned)


def _scaled(image: Image, x: Extent, y: Extent) -> Image:
    """Return the image made smaller, each of its four colours by itself."""
    height = y.cropped * UNSCALED // y.scale // 2 * 2 if y.scale > UNSCALED else image.shape[0] // 2 * 2
    width = x.cropped * UNSCALED // x.scale // 2 * 2 if x.scale > UNSCALED else image.shape[1] // 2 * 2
    out = np.empty((height, width), np.uint16)
    for row in (0, 1):
        for column in (0, 1):
            plane = np.ascontiguousarray(image[row::2, column::2])
            size = (width // 2, height // 2)
            out[row::2, column::2] = cv2.resize(plane, size, interpolation=cv2.INTER_AREA)
    return out


def _amplified(image: Image, one: Configuration, integration: Integration) -> Image:
    """Return the image with its black level and digital gains, at the bits that are sent."""
    black, usual = one.black_level, PEDESTAL >> 12 - one.bits
    shift = one.bits - one.adc_bits
    gains = integration.digital_gains
    if shift == 0 and black == usual and set(gains) == {1}:
        return image
    light = image.astype(np.float32) * 2.0**shift - usual
    for place, colour in enumerate(_colours(one.geometry.cfa)):
        light[place // 2 :: 2, place % 2 :: 2] *= float(gains[colour])
    top = (1 << one.bits) - 1
    return np.clip(np.rint(light + black), 0, top).astype(np.uint16)


def _colours(cfa: str) -> list[int]:
    """Return the index of each of four pixels' colour: red, green in red rows, green in blue rows, blue."""
    rows = cfa[:2], cfa[2:]
    return [{"R": 0, "B": 3}.get(colour, 1 if "R" in row else 2) for row in rows for colour in row]
