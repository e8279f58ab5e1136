"""One kit for what people read: plots, pages for a browser, lines for a terminal."""

from importlib.resources import files

PAGE = files(__name__) / "page"
"""The style and script of pages."""
