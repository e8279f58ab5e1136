"""Scenes in front of the sensor: photons per pixel and second, as a pure function of time."""

from camtwin.scene import spectra
from camtwin.scene.checker import Checker
from camtwin.scene.lens import Lens
from camtwin.scene.level import Flicker, Level, Lit, Pulses, Pwm, level_of, moments_ns
from camtwin.scene.light import Dark, Flat, Scene, View, spectra_of
from camtwin.scene.motion import Fall, Pan
from camtwin.scene.seen import moments_needed, rows_seen, seen
from camtwin.scene.sequence import Sequence
from camtwin.scene.spec import describe, parse
from camtwin.scene.spectra import Spectrum
from camtwin.scene.spin import Spin, Zoom
from camtwin.scene.targets import Chart, Picture, Target

__all__ = [
    "Chart",
    "Checker",
    "Dark",
    "Fall",
    "Flat",
    "Flicker",
    "Lens",
    "Level",
    "Lit",
    "Pan",
    "Picture",
    "Pulses",
    "Pwm",
    "Scene",
    "Sequence",
    "Spectrum",
    "Spin",
    "Target",
    "View",
    "Zoom",
    "describe",
    "level_of",
    "moments_needed",
    "moments_ns",
    "parse",
    "rows_seen",
    "seen",
    "spectra",
    "spectra_of",
]
