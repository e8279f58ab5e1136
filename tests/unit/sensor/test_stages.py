"""The examples in the stages' docstrings hold."""

import doctest

from camtwin.sensor import binning, parameters, stages, timing


def test_examples():
    results = doctest.testmod(stages)
    assert results.attempted >= 12
    assert results.failed == 0


def test_examples_of_the_rest():
    assert doctest.testmod(binning) == (0, 4)
    assert doctest.testmod(parameters) == (0, 1)
    assert doctest.testmod(timing) == (0, 2)
