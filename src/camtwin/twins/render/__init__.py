"""Rendering: from one exposure to the bytes of its image."""

from camtwin.twins.render.light import World
from camtwin.twins.render.renderer import Renderer

__all__ = ["Renderer", "World"]
