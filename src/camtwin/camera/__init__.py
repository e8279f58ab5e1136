"""The camera: settings, acquisition, image memory, temperature. It knows neither link nor scene."""

from camtwin.camera.camera import Camera
from camtwin.camera.frames.exposure import Exposure, Transfer
from camtwin.camera.settings import Settings

__all__ = ["Camera", "Exposure", "Settings", "Transfer"]
