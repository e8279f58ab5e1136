"""What surrounds a camera that is open in process: light, flaws of its sensor; no feature of it.

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

    def _change(self, **what: object) -> None:
        renderer, camera = self._twin.renderer, self._twin.camera
        camera.world = renderer.world = replace(renderer.world, **what)
