"""Twins with one thing wrong, by name: small, plausible breaks (a byte order, a count, a check left out)."""

from peers.breaks import (  # noqa: F401  (each brings its own)
    addresses,
    control,
    features,
    firmware,
    laboratory,
    messages,
    pictures,
    rig,
    stream,
    usb,
)
from peers.breaks.registry import BREAKS

__all__ = ["BREAKS"]
