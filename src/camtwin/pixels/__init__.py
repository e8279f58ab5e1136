"""Pixels as bytes: PFNC formats, packing and unpacking."""

from camtwin.pixels.formats import CSI2_FORMATS, FORMATS, PixelFormat, mirrored, payload_bytes
from camtwin.pixels.packing import pack, unpack

__all__ = ["CSI2_FORMATS", "FORMATS", "PixelFormat", "mirrored", "pack", "payload_bytes", "unpack"]
