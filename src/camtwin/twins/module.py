"""Sensor modules on a processor adapter, each behind its driver, in virtual time.

    driver -> carrier (switch of buses, reset pins) -> bus -> registers of the sensor -> frames -> driver

A carrier has one bus. Of several modules each stands behind a channel of a switch, so that all can have the
same address; what is broadcast goes to all channels. XVS is one line to all modules; the carrier drives it.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

from camtwin.camera.module.driver import ModuleDriver, ModuleFrame
from camtwin.camera.registers.register_file import StreamEvent
from camtwin.camera.registers.stream import TimedFrame
from camtwin.models import DriverSheet, ImageMode, ModuleSheet
from camtwin.problem import Problem
from camtwin.simtime import Entry, Scheduler
from camtwin.subscribers import Subscribers
from camtwin.twins.assembly import Twin
from camtwin.twins.bare import BUS_HZ, BareSensor
from camtwin.units import SEC, Ns
from camtwin.wire.csi2.cci import Bus, Done, Message, Port, Target, Write
from camtwin.wire.csi2.eeprom import Eeprom
from camtwin.wire.csi2.expander import OUTPUTS, Expander
from camtwin.wire.csi2.mux import Behind, Mux

MHZ: Final = 1_000_000
NAME: Final = "ident.model"
"""The name of a module with its revision, among the facts of its rig sheet."""


class Carrier:
    """A processor adapter with room for modules, their bus, and the line XVS.

    bus      of the modules, of their reset pins, and of the switch if there is room for several
    modules  that are on it

    Subscribers are called with:
    on_transfer   the messages and the outcome of each transfer of a driver
    """

    def __init__(self, clock: Scheduler, sheet: ModuleSheet, *, room: int = 1, bus_hz: int = BUS_HZ) -> None:
        if not 1 <= room <= OUTPUTS:
            raise Problem(f"room for {room} modules: a carrier has reset pins for 1 to {OUTPUTS}")
        self.clock, self.sheet, self.room = clock, sheet, room
        self.modules: list[Module] = []
        self.on_transfer = Subscribers[Sequence[Message], Done]()
        self._mux = Mux(sheet.board.mux) if room > 1 else None
        self._expander = Expander(
            sheet.board.expander, [lambda high, n=n: self._reset(n, high) for n in range(room)]
        )
        self._targets: list[Target | Port] = [self._expander, *([self._mux] if self._mux else [])]
        self.bus = Bus(self._targets, bus_hz)
        self._pulse: Entry | None = None
        self._due_ns, self._period_ns = Fraction(0), Fraction(0)

    def plug(self, module: Module) -> int:
        """Put a module on the carrier, and return its place. Problem if there is no room."""
        if len(self.modules) == self.room:
            raise Problem(f"there is no room for another module: the carrier takes {self.room}")
        place = len(self.modules)
        self.modules.append(module)
        chips: tuple[Target, ...] = (module.sensor.file, module.eeprom)
        self._targets.extend([Behind(chip, self._mux, place) for chip in chips] if self._mux else chips)
        return place

    def transfer(self, place: int, *messages: Message) -> Done:
        """Carry out a transfer to the module at a place, or to all at the address of broadcasts."""
        everybody = any(one.address == self.sheet.board.broadcast for one in messages)
        channels = (1 << self.room) - 1 if everybody else 1 << place
        if self._mux and self._mux.channels != channels:
            self._carry(Write(self.sheet.board.mux, bytes([channels])))
        return self._carry(*messages)

    def set_reset(self, place: int, *, low: bool) -> None:
        """Set the reset pin of the module at a place, over the bus."""
        levels = self._expander.levels & ~(1 << place) | (not low) << place
        self._carry(Write(self.sheet.board.expander, bytes([levels])))

    def _carry(self, *messages: Message) -> Done:
        for effect in self.bus.transfer(messages, self.clock.now):
            if isinstance(effect, Done):
                self.on_transfer(messages, effect)
                return effect
            self.clock.advance_to(effect.until_ns)
        raise AssertionError("a transfer ends with Done")

    def _reset(self, place: int, high: bool) -> None:
        if place < len(self.modules):
            self.modules[place].sensor.file.set_xclr(high)

    # -- XVS -----------------------------------------------------------------------------------------
    def xvs(self) -> None:
        """Send a pulse on XVS, now, to all modules."""
        for module in self.modules:
            module.sensor.stream.xvs()

    def synchronize(self, period_ns: Fraction | Ns) -> None:
        """Send pulses on XVS with a period, the first one a period from now; 0: none any more."""
        self.clock.cancel(self._pulse)
        self._pulse, self._period_ns = None, Fraction(period_ns)
        self._due_ns = Fraction(self.clock.now)
        if period_ns:
            self._plan()

    def _plan(self) -> None:
        self._due_ns += self._period_ns
        self._pulse = self.clock.at(max(round(self._due_ns), self.clock.now), self._send)

    def _send(self) -> None:
        self._plan()
        self.xvs()


class Module:
    """A sensor module behind its driver.

    sensor    its sensor; on the carrier's bus
    eeprom    its memory, on that bus, too: names its maker, model and serial number
    driver    its modes, controls and streams
    remarks   of everything that is not as it should be, in words

    drift_ppm: by how much its clock is faster than it says.
    """

    def __init__(
        self,
        twin: Twin,
        carrier: Carrier,
        driver: DriverSheet,
        modes: Sequence[ImageMode],
        *,
        inck_MHz: float,
        drift_ppm: float = 0,
    ) -> None:
        self.twin, self.clock, self.carrier = twin, twin.clock, carrier
        self.inck_hz = round(inck_MHz * MHZ)
        self.sensor = BareSensor(twin, bus_hz=carrier.bus.hz)
        self.sensor.bus = carrier.bus
        sheet = carrier.sheet
        facts = twin.sheet.rig.facts if twin.sheet.rig else ()
        name = next((one.value for one in facts if one.path == f"record.{NAME}"), twin.sheet.model)
        words = (twin.sheet.vendor, str(name), twin.camera.serial)
        self.eeprom = Eeprom(sheet.eeprom.addresses[0], sheet.eeprom.size_bytes, words)
        self.place = carrier.plug(self)
        if inck_MHz not in sheet.clock.inck_MHz:
            known = ", ".join(map(str, sheet.clock.inck_MHz))
            self.remarks.append(f"INCK: {inck_MHz:g} MHz is none of the {known} MHz of the {sheet.part}")
        self.sensor.power_up(round(self.inck_hz * (1 + drift_ppm / 1e6)))
        self.driver = ModuleDriver(driver, self.sensor.file.sheet, modes, self)
        self._arriving: Entry | None = None
        self.sensor.stream.on_frame.subscribe(self._begun)
        self.sensor.file.on_stream.subscribe(self._switched)

    @property
    def remarks(self) -> list[str]:
        """Everything that is not as it should be, in words."""
        return self.sensor.remarks

    # -- camera.module.driver.DriverPort --------------------------------------------------------
    @property
    def address(self) -> int:
        """The sensor's address on the bus."""
        return self.sensor.address

    @property
    def broadcast_address(self) -> int:
        """The address of what is for all sensors."""
        return self.carrier.sheet.board.broadcast

    def transfer(self, *messages: Message) -> Done:
        """Carry out a transfer on the bus, in its time."""
        return self.carrier.transfer(self.place, *messages)

    def reset(self, *, low: bool) -> None:
        """Set the level of the sensor's reset pin."""
        self.carrier.set_reset(self.place, low=low)

    def wait(self, ns: Ns) -> None:
        """Let time go on."""
        self.clock.advance_to(self.clock.now + ns)

    # -- frames --------------------------------------------------------------------------------------
    def image(self, frame: ModuleFrame) -> NDArray[np.uint16]:
        """Return the image of a frame, (height, width) DN; may run on any thread, at any time."""
        return self.twin.readout.image(frame.configuration, frame.exposure)

    def grab(self, count: int, timeout_ns: Ns = 10 * SEC) -> list[ModuleFrame]:
        """Return the next frames of the stream: fewer if not as many arrive within timeout_ns."""
        frames: list[ModuleFrame] = []
        leave = self.driver.on_frame.subscribe(frames.append)
        end_ns = self.clock.now + timeout_ns
        while len(frames) < count and (due_ns := self.clock.next_time()) is not None and due_ns <= end_ns:
            self.clock.advance_to(due_ns)
        leave()
        return frames[:count]

    def _begun(self, timed: TimedFrame) -> None:
        """Hand a frame to the driver once its last row is read."""
        one = timed.configuration
        frame = ModuleFrame(timed.number - 1, timed.read_ns, one, self.sensor.exposure(timed, 0))
        read_ns = timed.read_ns + round(one.geometry.y.read * one.line_ns)
        self._arriving = self.clock.at(read_ns, lambda: self.driver.arrived(frame))

    def _switched(self, _: Ns, __: StreamEvent) -> None:
        self.clock.cancel(self._arriving)
        self._arriving = None
