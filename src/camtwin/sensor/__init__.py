"""The sensor: light in, DN out. numba is imported at the first frame, not with this package."""

from camtwin.sensor.chain import FixedPattern, expose_reference, fixed_pattern_reference
from camtwin.sensor.fast import expose, expose_payload, fixed_pattern, warm_up
from camtwin.sensor.parameters import Readout, SensorParameters
from camtwin.sensor.patterns import TEST_PATTERNS, test_pattern

__all__ = [
    "TEST_PATTERNS",
    "FixedPattern",
    "Readout",
    "SensorParameters",
    "expose",
    "expose_payload",
    "expose_reference",
    "fixed_pattern",
    "fixed_pattern_reference",
    "test_pattern",
    "warm_up",
]
