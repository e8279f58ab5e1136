"""Twins with one thing wrong, by name: small, plausible breaks (a byte order, a count, a check left out)."""

from peers.breaks import control, features, firmware, messages, pictures, stream, usb  # noqa: F401  (each brings its own)
from peers.breaks.registry import BREAKS

__all__ = ["BREAKS"]
