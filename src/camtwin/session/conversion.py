"""Conversion of electrons to the codes of a frame: what a program needs to undo it."""

from __future__ import annotations

from dataclasses import dataclass

from camtwin.session.frame import Frame
from camtwin.twins import Twin


@dataclass(frozen=True, slots=True)
class Conversion:
    """Conversion of a frame, at the bit depth of its pixel format, before any processing of codes.

    black_DN  mean code of a pixel without electrons
    gain_dB   Gain, of all channels
    DN_per_e  codes for each electron, Gain included
    """

    black_DN: float
    gain_dB: float
    DN_per_e: float


def conversion(twin: Twin, frame: Frame) -> Conversion:
    """Return the conversion of a frame by the twin that took it."""
    bits, s = frame.pixel_format.bits, frame.settings
    sensor = twin.renderer.parameters.converting(bits)
    scale = 2.0 ** (bits - sensor.adc_bits)
    gain_dB = s.Gain_dB["All"]
    return Conversion(
        black_DN=(sensor.pedestal_DN + s.BlackLevel_DN["All"]) * scale,
        gain_dB=gain_dB,
        DN_per_e=sensor.gain_DN_per_e * 10 ** (gain_dB / 20) * scale,
    )
