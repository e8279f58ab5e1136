"""A bare sensor that programs reach by its control bus, as one of the chips on bus i2c-N.

    camtwin run sony-imx412-aack
    camtwin exec -- i2ctransfer -y 10 w2@0x1a 0x00 0x16 r2

Sensors of one run share a bus and a virtual time. The first has the lower address that SLASEL can choose, the
second the higher one. Their frames are read at their times; nobody receives them yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from camtwin.links.base.link import LinkProblem, LinkStatus
from camtwin.links.base.runtime import WallRuntime
from camtwin.links.i2c import trace
from camtwin.links.i2c.server import BusServer
from camtwin.subscribers import Leave
from camtwin.twins import Twin
from camtwin.twins.bare import BUS_HZ, INCK_HZ, BareSensor
from camtwin.units import Ns
from camtwin.wire.csi2.cci import Done, Message
from camtwin.wire.csi2.expander import Expander

LEVELS: Final = (False, True)
"""Levels of SLASEL, by the number of a sensor on its bus."""


@dataclass(frozen=True, slots=True)
class BusOptions:
    """A bus and the board around its sensors.

    number    of the bus; None: the first that is free
    hz        its clock
    record    file for a log of all transfers
    inck_hz   the sensors' input clock
    nvm_busy  whether writes are not acknowledged while the sensors' memory is loaded
    xclr_at   address of an expander whose outputs drive the sensors' XCLR; None: it is high
    """

    number: int | None = None
    hz: int = BUS_HZ
    record: Path | None = None
    inck_hz: int = INCK_HZ
    nvm_busy: bool = False
    xclr_at: int | None = None


class SensorBus(BusServer):
    """A bus with the sensors of a run."""

    def __init__(self, runtime: WallRuntime, options: BusOptions, name: str) -> None:
        super().__init__(runtime, hz=options.hz, number=options.number, name=name, record=options.record)
        self.options = options
        self.sensors: list[BareSensor] = []

    def plug(self, twin: Twin) -> BareSensor:
        """Put a twin's sensor on the bus, powered up.

        Raises:
            LinkProblem: the bus has no address for it, or a clock that is too fast for it
        """
        if len(self.sensors) == len(LEVELS):
            raise LinkProblem(
                f"a bus has addresses for {len(LEVELS)} sensors: run further ones on another bus"
            )
        options, high = self.options, LEVELS[len(self.sensors)]
        sensor = BareSensor(twin, bus_hz=options.hz, slasel=high, nvm_busy=options.nvm_busy)
        bus = sensor.file.sheet.bus
        if options.hz > bus.max_hz:
            raise LinkProblem(
                f"{twin.sheet.title}: {options.hz} Hz are above the bus's maximum, {bus.max_hz} Hz"
            )
        if options.xclr_at in (bus.address_low, bus.address_high):
            raise LinkProblem(f"an expander cannot be at {options.xclr_at:#04x}: a sensor can be there")
        sensor.power_up(options.inck_hz)
        self.sensors.append(sensor)
        self.targets.append(sensor.file)
        if options.xclr_at is not None:
            others = [each for each in self.targets if not isinstance(each, Expander)]
            pins = [each.file.set_xclr for each in self.sensors]
            self.targets[:] = [*others, Expander(options.xclr_at, pins)]
        return sensor


class SensorLink:
    """A sensor on its bus; an asynchronous context manager."""

    def __init__(self, twin: Twin, runtime: WallRuntime, bus: SensorBus) -> None:
        self.twin, self.runtime, self.bus = twin, runtime, bus
        self.sensor = bus.plug(twin)
        self.network = self.stream = None
        self.transfers = self.frames = 0
        self._leaving: list[Leave] = []

    @property
    def where(self) -> str:
        """The place where programs find it, for people."""
        return f"i2c-{self.bus.number}, address {self.sensor.address:#04x}"

    @property
    def advice(self) -> str:
        """An example for people, once for each bus."""
        if self.sensor is not self.bus.sensors[-1]:
            return ""
        return f"""For a program that uses /dev/i2c-{self.bus.number}:
  camtwin exec -- i2ctransfer -y {self.bus.number} w2@{self.bus.sensors[0].address:#04x} 0x00 0x16 r2"""

    async def reachable(self) -> None:
        """Return at once: the socket is there."""

    def status(self) -> LinkStatus:
        """Return figures for the status line."""
        programs = self.bus.programs
        return LinkStatus(
            model=self.twin.sheet.model,
            client=f"{programs} on i2c-{self.bus.number}" if programs else None,
            frames=self.frames,
            transfers=self.transfers,
        )

    async def __aenter__(self) -> Self:
        self._leaving = [
            self.bus.paced.on_transfer.subscribe(self._count),
            self.sensor.stream.on_frame.subscribe(self._count_frame),
            self.sensor.file.on_remark.subscribe(self._remark),
        ]
        return self

    async def __aexit__(self, *_: object) -> None:
        for leave in self._leaving:
            leave()

    def _count(self, messages: Sequence[Message], _: Done) -> None:
        self.transfers += any(one.address == self.sensor.address for one in messages)

    def _count_frame(self, _: object) -> None:
        self.frames += 1

    def _remark(self, t_ns: Ns, text: str) -> None:
        self.bus.remark(trace.remark(t_ns, self.sensor.address, text))
