"""Twins of a server: create, inspect, inject, remove. Each runs in virtual time on a thread of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from camtwin.problem import Problem, nearest
from camtwin.rig.scenario.play import ScenarioRun
from camtwin.rig.scenario.schema import Scenario
from camtwin.session.session import Session, connect
from camtwin.studio.attached import Attached, Wall
from camtwin.studio.pace import Paced

MAX_TWINS: Final = 8
"""Limit of twins of a server at a time."""
Inject = Callable[..., object]


class NotThere(Problem):
    """There is no twin of that name, or no room for one more."""


@dataclass(frozen=True, slots=True)
class Running:
    """A twin, the thread that runs it, its scene in words, and the settings that it was opened with.

    run       the scenario that it is part of, and `camera` its name there
    attached  its link, if programs use it
    """

    name: str
    cam: Session
    paced: Paced | Wall
    scene: str
    settings: tuple[str, ...] = ()
    run: ScenarioRun | None = None
    camera: str = ""
    attached: Attached | None = None

    def row(self) -> dict[str, Any]:
        """Return what is known of it, as JSON has it."""
        sheet, camera = self.cam.twin.sheet, self.cam.twin.camera
        return {
            "name": self.name,
            "model": sheet.name,
            "title": sheet.title,
            "serial": camera.serial,
            "seed": self.cam.twin.renderer.seed,
            "scene": self.scene,
            "now_ns": self.cam.now,
            "acquiring": camera.acquiring,
            "camera": self.camera,
        }


class Twins:
    """Twins by name. `create` and `remove` may be called from any thread, one call at a time."""

    def __init__(self) -> None:
        self._running: dict[str, Running] = {}
        self._count = 0

    def create(
        self, model: str, *, scene: str = "chart", seed: int = 0, settings: Sequence[str] = ()
    ) -> Running:
        """Open a twin and start its thread, paused at virtual time 0.

        Raises:
            NotThere: there are MAX_TWINS already
            Problem, ValueError: the model, the scene or a setting is wrong
        """
        if len(self._running) >= MAX_TWINS:
            raise NotThere(f"{len(self._running)} twins run, which is the maximum; remove one")
        cam = connect(model, scene=scene, seed=seed, render=False)
        for text in settings:
            cam.set(text)
        paced = Paced(cam.clock, cam.twin.camera.abort)
        made = self._add(Running("", cam, paced, scene, tuple(settings)))
        paced.begin()
        return made

    def play(self, scenario: Scenario) -> list[Running]:
        """Open the twins of a scenario, at virtual time 0, in one time and on one thread.

        Raises:
            NotThere: they are more than there is room for
            Problem: the scenario is impossible
        """
        run = ScenarioRun(scenario)
        if len(self._running) + len(run.cams) > MAX_TWINS:
            raise NotThere(
                f"{len(run.cams)} more twins than {len(self._running)}: the maximum is {MAX_TWINS}"
            )

        def end() -> None:
            for cam in run.cams.values():
                cam.twin.camera.abort()

        paced = Paced(run.clock, end)
        made = [
            self._add(Running("", cam, paced, run.setup(name).scene, run.setup(name).set, run, name))
            for name, cam in run.cams.items()
        ]
        paced.begin()
        return made

    def _add(self, running: Running) -> Running:
        self._count += 1
        named = replace(running, name=f"cam{self._count}")
        self._running[named.name] = named
        return named

    def __getitem__(self, name: str) -> Running:
        if name not in self._running:
            raise NotThere(f"no twin {name}{nearest(name, self._running)}")
        return self._running[name]

    def inspect(self) -> list[dict[str, Any]]:
        """Return what is known of each twin."""
        return [each.row() for each in self._running.values()]

    def inject(self, name: str, inject: Inject, parameters: Mapping[str, Any]) -> object:
        """Let something happen to a twin, on its thread: `inject(cam, **parameters)`."""
        running = self[name]
        return running.paced.call(inject, running.cam, **parameters).result()

    def remove(self, name: str) -> None:
        """End a twin and its thread."""
        running = self[name]
        del self._running[name]
        paced = running.paced
        if isinstance(paced, Paced) and not any(each.paced is paced for each in self._running.values()):
            paced.end()

    def close(self) -> None:
        """End all twins."""
        for name in [*self._running]:
            self.remove(name)
