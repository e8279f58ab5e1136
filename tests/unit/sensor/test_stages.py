"""The examples in the stages' docstrings hold."""

import doctest

from camtwin.sensor import binning, stages


def test_examples():
    results = doctest.testmod(stages)
    assert results.attempted >= 11
    assert results.failed == 0


def test_examples_of_binning():
    assert doctest.testmod(binning) == (0, 4)
