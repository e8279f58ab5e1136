"""Rendering: from one exposure to the bytes of its image."""

from camtwin.twins.render.renderer import Renderer, World

__all__ = ["Renderer", "World"]
