"""What is in front of the sensor: photons per pixel and second, as a pure function of time."""

from camtwin.scene.light import Dark, Flat, Scene, View
from camtwin.scene.motion import Pan
from camtwin.scene.spec import describe, parse
from camtwin.scene.targets import Chart, Picture

__all__ = ["Chart", "Dark", "Flat", "Pan", "Picture", "Scene", "View", "describe", "parse"]
