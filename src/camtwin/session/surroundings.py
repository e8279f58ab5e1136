"""Surroundings of a camera that is open in process: light, temperature, power, link.

    cam.world.scene = camtwin.scene.Flat(photons_per_s=2e6)

Exposures that have begun keep the world they began in.
"""

from __future__ import annotations

from dataclasses import replace
from typing import overload

from camtwin.files import load_picture
from camtwin.numbers import number, whole
from camtwin.scene import Scene, parse
from camtwin.sensor.flaws import Flaws
from camtwin.twins import Twin


def _celsius(name: str, degrees: float) -> float:
    return number(name, degrees, "degC", low=-273.15, high=1000.0)


@overload
def scene_of(scene: Scene | str) -> Scene: ...
@overload
def scene_of(scene: Scene | str | None) -> Scene | None: ...
def scene_of(scene: Scene | str | None) -> Scene | None:
    """Return a scene; its words, as on a command line, are parsed.

    Raises:
        ValueError, Problem: there is no such scene, or its image cannot be read
    """
    return parse(scene, load_picture) if isinstance(scene, str) else scene


class Surroundings:
    """The world of one twin, as `cam.world`."""

    def __init__(self, twin: Twin) -> None:
        self._twin = twin

    @property
    def scene(self) -> Scene:
        """The scene in front of the camera; exposures that begin from now on see it."""
        return self._twin.renderer.world.scene

    @scene.setter
    def scene(self, scene: Scene | str) -> None:
        self._change(scene=scene_of(scene))

    @property
    def flaws(self) -> Flaws:
        """Hot and dead pixels and columns with an offset; none until they are set."""
        return self._twin.renderer.world.flaws

    @flaws.setter
    def flaws(self, flaws: Flaws) -> None:
        self._change(flaws=flaws)

    @property
    def temperature_C(self) -> float:
        """Ambient temperature; the camera is some kelvins warmer. Setting it ends `hold_internal_C`."""
        return self._twin.camera.housing.ambient_C

    @temperature_C.setter
    def temperature_C(self, degrees: float) -> None:
        self._twin.camera.housing.ambient_C = _celsius("temperature_C", degrees)

    def hold_internal_C(self, degrees: float) -> None:
        """Fix the true temperature inside the camera."""
        self._twin.camera.housing.hold(_celsius("a temperature inside of", degrees))

    def stall_link(self) -> None:
        """Stop the link until `resume_link`; the camera's memory keeps frames as long as they fit."""
        self._twin.camera.transmitter.stall()

    def resume_link(self) -> None:
        self._twin.camera.transmitter.resume()

    def unplug(self) -> None:
        """Unplug the link's cable until `plug`; images wait in the camera's memory."""
        self._twin.camera.cable(False)

    def plug(self) -> None:
        """Plug the cable in again; on a network the camera restarts its address cycle."""
        self._twin.camera.cable(True)

    def power_cycle(self) -> None:
        """Switch off and on again: the same camera, the same non-volatile memory."""
        self._twin.camera.power_cycle()

    def preset_frame_count(self, count: int) -> None:
        """Set the number of frames taken since power-on."""
        self._twin.camera.preset_frame_count(whole("a count of", count, "frames", low=0))

    def preset_timestamp(self, ns: int) -> None:
        """Set the time since power-on that the camera's clock shows."""
        self._twin.camera.preset_timestamp(whole("a timestamp of", ns, "ns", low=0))

    def _change(self, **what: object) -> None:
        renderer, camera = self._twin.renderer, self._twin.camera
        camera.world = renderer.world = replace(renderer.world, **what)
