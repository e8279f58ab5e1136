"""A data sheet assembled into a running camera that looks at a scene."""

from camtwin.twins.assembly import Twin, build

__all__ = ["Twin", "build"]
