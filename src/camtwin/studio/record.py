"""A recording of what is done by hand, as a scenario that does it again at the same moments."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any, Final

from camtwin.genicam import Key, Shown
from camtwin.problem import Problem
from camtwin.session.session import Session
from camtwin.studio.features import assignments
from camtwin.studio.world import data_socket
from camtwin.units import MS, SEC, Ns

MAX_STEPS: Final = 5000
"""Limit of steps that are kept; the oldest go first."""
CAMERA, SOURCE, SUPPLY = "cam", "plc", "psu"
"""Names in the plan."""


class Recorder:
    """Steps of one camera, from the moment that it was opened. Runs on the camera's thread.

    settings  with which it was opened, and scene
    """

    def __init__(self, cam: Session, settings: Iterable[str], scene: str) -> None:
        self.cam, self.settings, self.scene = cam, tuple(settings), scene
        self._steps = deque[tuple[Ns, str]](maxlen=MAX_STEPS)
        self._line = ""
        self.close = cam.twin.camera.on_feature.subscribe(self._write)

    def _write(self, t_ns: Ns, name: str, value: Shown, key: Key) -> None:
        node = self.cam.twin.camera.tree.find(name)
        words = assignments(node, key, value)
        features = ", ".join(json.dumps(word) for word in words)
        self._steps.append((t_ns, f'do = "write"\ncamera = "{CAMERA}"\nfeatures = [{features}]'))

    def did(self, word: str, toml: str, given: Mapping[str, Any]) -> None:
        """Record a word of `world`, as its step.

        Raises:
            Problem: the plan has one source for pulses, and they came at another line
        """
        if "line" in given:
            self._line = self._line or str(given["line"])
        if toml:  # its first lines say where it stands, and when
            self._steps.append((self.cam.now, toml.split("\n", 2)[2]))

    def text(self) -> str:
        """Return the scenario as TOML.

        Raises:
            Problem: the model has no rig sheet, which a plan needs
        """
        sheet = self.cam.twin.sheet
        seconds = max(self.cam.now, 1) / SEC
        settings = ", ".join(json.dumps(text) for text in self.settings)
        parts = [
            f"title = {json.dumps(f'{sheet.title}, by hand')}",
            f"seconds = {seconds!r}",
            f"seed = {self.cam.twin.renderer.seed}",
            "",
            self._plan(),
            f"[cameras.{CAMERA}]\nscene = {json.dumps(self.scene)}\nset = [{settings}]",
            *(f"\n[[timeline]]\nms = {t_ns / MS!r}\n{step}" for t_ns, step in self._steps),
        ]
        return "\n".join(parts) + "\n"

    def _plan(self) -> str:
        """Return the plan: the camera's supply, its data cable, and a source at the line that was pulsed."""
        sheet = self.cam.twin.sheet
        rig = sheet.rig
        if rig is None or not rig.supplies:
            raise Problem(f"{sheet.name} has no rig sheet, so no plan can be drawn around it")
        supply = next((each for each in rig.supplies.values() if each.plus), None)
        if supply is None:
            raise Problem(f"{sheet.name} has no supply with pins of its own")
        wires = [(f"{SUPPLY}.+", f"{CAMERA}.{supply.plus}"), (f"{SUPPLY}.-", f"{CAMERA}.{supply.minus}")]
        volts = sum(supply.volts) / 2
        devices = [f'{CAMERA} = {{ kind = "camera", model = {json.dumps(sheet.name)} }}']
        devices.append(f'{SUPPLY} = {{ kind = "supply", volts = {volts:g}, amperes = 2 }}')
        if self._line:
            entry = rig.inputs[self._line]
            high = sum(entry.high_V) / 2
            devices.append(f'{SOURCE} = {{ kind = "generator", high_V = {high:g}, ohm = 1 }}')
            wires += [
                (f"{SOURCE}.out", f"{CAMERA}.{entry.pin}"),
                (f"{SOURCE}.gnd", f"{CAMERA}.{entry.ground}"),
            ]
        socket = data_socket(sheet)
        rows = ", ".join(json.dumps(wire) for wire in wires)
        return (
            f'[plan]\nwires = [{rows}]\n\n[[plan.cables]]\ninto = "{CAMERA}.{socket}"\n\n[plan.devices]\n'
            + "\n".join(devices)
            + "\n"
        )
