"""How checks that are not yet measurements open a camera in free run."""

from __future__ import annotations

from typing import Any

from camtwin.session.session import Session
from camtwin.verify.case import Case
from camtwin.verify.measurements.rates import interval_s, received

__all__ = ["interval_s", "received", "shortest"]


def shortest(case: Case, **options: Any) -> Session:
    """A camera in free run with its shortest exposure, Mono8."""
    cam = case.open(PixelFormat="Mono8", TriggerMode="Off", **options)
    cam.ExposureTime = cam.limits("ExposureTime")[0]
    return cam
