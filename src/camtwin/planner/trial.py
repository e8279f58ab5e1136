"""Settings on trial: what a host could write is tried on a copy, never on the camera itself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

from camtwin.camera import Camera, Settings
from camtwin.camera.frames.transport import Transmitter
from camtwin.genicam import At, Key, Shown, Writer
from camtwin.models.schema import Trigger
from camtwin.sensor.timing import GlobalShutter, RollingShutter

if TYPE_CHECKING:
    from camtwin.camera.frames.modes import DriveModes


class Trial:
    """A camera with settings of its own, which are changed as a host would while no acquisition runs."""

    acquiring = False
    if TYPE_CHECKING:  # the camera's
        transmitter: Transmitter
        trigger_timing: Trigger
        modes: DriveModes

        def shutter(self, settings: Settings, /) -> GlobalShutter | RollingShutter:
            """Return the sensor's timing."""
            ...

    def __init__(self, camera: Camera, settings: Settings | None = None) -> None:
        self._camera = camera
        self.settings = replace(settings or camera.settings, TLParamsLocked=0)
        self.parts: dict[int, dict[int, int]] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._camera, name)

    def apply(self, new: Settings, /, *, by: Writer) -> None:
        """Take settings, with what a drive mode decides."""
        if new.SensorMode != self.settings.SensorMode:
            new = self._camera.in_mode(new)
        self.settings = self._camera.modes.settled(new) if self._camera.modes.driver else new

    def wrote(self, name: str, shown: Shown, key: Key) -> None:
        """Take the report of a write, which is of no interest here."""

    def set(self, name: str, value: Shown) -> None:
        """Write a feature.

        Raises:
            Problem: the camera has no such feature, or would refuse this
        """
        tree = self._camera.tree
        tree.set(self, name, value, tree.key(self.settings, tree.find(name)))  # pyright: ignore[reportArgumentType]

    def get(self, name: str) -> Any:
        """Return a feature's value."""
        tree = self._camera.tree
        return tree.get(self, name, tree.key(self.settings, tree.find(name)))  # pyright: ignore[reportArgumentType]

    def top(self, name: str) -> Any:
        """Return the present maximum of a number."""
        tree = self._camera.tree
        node = tree.find(name)
        return tree.limits(node, At(self.settings, self, tree.key(self.settings, node)))[1]


Tried: TypeAlias = Camera | Trial
"""A camera, or one with settings on trial."""
