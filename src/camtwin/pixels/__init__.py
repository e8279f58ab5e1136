"""Pixels as bytes: PFNC formats, packing and unpacking."""

from camtwin.pixels.formats import FORMATS, PixelFormat, payload_bytes
from camtwin.pixels.packing import pack, unpack

__all__ = ["FORMATS", "PixelFormat", "pack", "payload_bytes", "unpack"]
