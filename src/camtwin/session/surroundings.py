"""What surrounds a camera that is open in process: light, warmth, power, link; no feature of it.

    cam.world.scene = camtwin.scene.Flat(photons_per_s=2e6)

Exposures that have begun keep the world they began in.
"""

from __future__ import annotations

from dataclasses import replace

from camtwin.scene import Scene
from camtwin.sensor.flaws import Flaws
from camtwin.twins import Twin


class Surroundings:
    """The world of one twin, as `cam.world`."""

    def __init__(self, twin: Twin) -> None:
        self._twin = twin

    @property
    def scene(self) -> Scene:
        """What the camera looks at; exposures that begin from now on see it."""
        return self._twin.renderer.world.scene

    @scene.setter
    def scene(self, scene: Scene) -> None:
        self._change(scene=scene)

    @property
    def flaws(self) -> Flaws:
        """Hot and dead pixels and columns with an offset; none until they are put there."""
        return self._twin.renderer.world.flaws

    @flaws.setter
    def flaws(self, flaws: Flaws) -> None:
        self._change(flaws=flaws)

    @property
    def temperature_C(self) -> float:
        """Of the surroundings; the camera is some kelvins warmer. To set it ends `hold_internal_C`."""
        return self._twin.camera.housing.ambient_C

    @temperature_C.setter
    def temperature_C(self, degrees: float) -> None:
        self._twin.camera.housing.ambient_C = degrees

    def hold_internal_C(self, degrees: float) -> None:
        """Fix the true temperature inside the camera."""
        self._twin.camera.housing.hold(degrees)

    def stall_link(self) -> None:
        """Nothing leaves the camera until `resume_link`; its memory keeps what fits."""
        self._twin.camera.transmitter.stall()

    def resume_link(self) -> None:
        self._twin.camera.transmitter.resume()

    def unplug(self) -> None:
        """Pull the link's cable: nothing comes or goes until `plug`; images wait in the camera's memory."""
        self._twin.camera.cable(False)

    def plug(self) -> None:
        """The cable is in again; on a network the camera looks for its address anew."""
        self._twin.camera.cable(True)

    def power_cycle(self) -> None:
        """Off and on again: the same camera, the same non-volatile memory."""
        self._twin.camera.power_cycle()

    def preset_frame_count(self, count: int) -> None:
        """As if it had taken so many frames since it was switched on."""
        self._twin.camera.preset_frame_count(count)

    def preset_timestamp(self, ns: int) -> None:
        """As if its clock had run so long."""
        self._twin.camera.preset_timestamp(ns)

    def _change(self, **what: object) -> None:
        renderer, camera = self._twin.renderer, self._twin.camera
        camera.world = renderer.world = replace(renderer.world, **what)
