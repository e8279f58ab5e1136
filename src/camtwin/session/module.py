"""Sensor modules in process, behind their drivers: `camtwin.open_module`, `camtwin.open_modules`.

module = camtwin.open_module("framos-fsm-imx412")
module.driver.set({module.driver.control("exposure").id: 5000})
module.driver.start()
frame, = module.grab(1)
module.image(frame)
"""

from __future__ import annotations

from collections.abc import Iterable

from camtwin import models
from camtwin.ecosystem import Chain, ask, ecosystem
from camtwin.models import DriverSheet, parse_driver
from camtwin.problem import Problem
from camtwin.scene import Scene
from camtwin.session.surroundings import scene_of
from camtwin.simtime import Scheduler
from camtwin.twins import build
from camtwin.twins.bare import BUS_HZ
from camtwin.twins.module import Carrier, Module
from camtwin.wire.csi2.cci import Read, Write

__all__ = ["DriverSheet", "Read", "Write", "open_module", "open_modules", "parse_driver"]

BOARD = "NVIDIA Jetson AGX Xavier"
"""Board that modules stand on if none is named: it takes four, with 4 lanes each."""


def open_module(
    model: str,
    *,
    scene: Scene | str | None = None,
    seed: int = 0,
    board: str = BOARD,
    modes: str | None = None,
    driver: str | DriverSheet | None = None,
    inck_MHz: float | None = None,
    drift_ppm: float = 0,
    bus_hz: int = BUS_HZ,
    clock: Scheduler | None = None,
) -> Module:
    """Return a module of a model, powered, in standby, in front of a scene: see `open_modules`."""
    carrier = open_modules(
        model,
        1,
        scene=scene,
        seed=seed,
        board=board,
        modes=modes,
        driver=driver,
        inck_MHz=inck_MHz,
        drifts_ppm=(drift_ppm,),
        bus_hz=bus_hz,
        clock=clock,
    )
    return carrier.modules[0]


def open_modules(
    model: str,
    count: int,
    *,
    scene: Scene | str | None = None,
    seed: int = 0,
    board: str = BOARD,
    modes: str | None = None,
    driver: str | DriverSheet | None = None,
    inck_MHz: float | None = None,
    drifts_ppm: Iterable[float] = (),
    bus_hz: int = BUS_HZ,
    clock: Scheduler | None = None,
) -> Carrier:
    """Return several modules of a model on one board, in one virtual time.

    Args:
        model: their name, as `camtwin list` has it.
        count: how many they are.
        scene: in front of all of them, or its words on a command line; the test chart if None.
        seed: of the first one's noise and fixed pattern; the others have the next ones.
        board: processor board, or processor adapter, as `camtwin ecosystem` names them.
        modes: mode file of the package, or a path that ends with .dts; None: by the lanes of the adapter.
        driver: driver sheet, its name or path, or `parse_driver(...)`; None: the model's.
        inck_MHz: clock of the sensor adapters; None: that of the mode file.
        drifts_ppm: by how much the clock of each one is faster than it says.
        bus_hz: clock of the bus.
        clock: a virtual time that they share with others.

    Raises:
        Problem: the ecosystem's tables do not allow it, in their words; a mode file, or a clock, does not fit
        UnknownModel: there is no such model, driver or mode file
    """
    sheet = models.load_module(model)
    chain = _chain(sheet.part, sheet.sensor_adapter, board, count)
    named = driver or sheet.driver
    driver_sheet = models.load_driver(named) if isinstance(named, str) else named
    lanes = min(chain.lanes or 0, max(map(int, sheet.modes)))
    name = modes or sheet.modes[str(lanes)]
    found = models.load_modes(name, driver_sheet.sensor)
    if beyond := [mode for mode in found if mode.num_lanes > (chain.lanes or 0)]:
        raise Problem(f"{name}: {beyond[0].num_lanes} lanes, {chain.fpa} has {chain.lanes} to a module")
    clock = clock or Scheduler()
    carrier = Carrier(clock, sheet, room=max(count, 1), bus_hz=bus_hz)
    there = scene_of(scene)
    drifts = [*drifts_ppm, *[0.0] * count][:count]
    for number, drift_ppm in enumerate(drifts):
        twin = build(models.load(model), there, seed=(seed + number) % 2**64, clock=clock)
        Module(
            twin,
            carrier,
            driver_sheet,
            found,
            inck_MHz=found[0].mclk_khz / 1000 if inck_MHz is None else inck_MHz,
            drift_ppm=drift_ppm,
        )
    return carrier


def _chain(part: str, adapter: str, board: str, count: int) -> Chain:
    """Return the chain from modules to their board. Problem in the tables' words if there is none."""
    answer = ask("chain", part, adapter, *board.split(), str(count))
    if not answer.holds:
        raise Problem("; ".join(answer.notes))
    row = answer.records()[0]
    parts = [str(row[kind]) for kind in ("module", "sensor adapter", "processor adapter", "board")]
    return ecosystem().joined(parts)[0]
