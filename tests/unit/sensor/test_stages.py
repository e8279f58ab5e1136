"""The examples in the stages' docstrings hold."""

import doctest

from camtwin.sensor import binning, parameters, stages, timing


def test_examples():
    results = doctest.testmod(stages)
    assert results.attempted == 12
    assert results.failed == 0


def test_examples_of_the_rest():
    for module, count in ((binning, 6), (parameters, 1), (timing, 3)):
        results = doctest.testmod(module)
        assert results.attempted == count
        assert results.failed == 0
