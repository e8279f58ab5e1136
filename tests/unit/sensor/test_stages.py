"""The examples in the stages' docstrings hold."""

import doctest

from camtwin.sensor import stages


def test_examples():
    results = doctest.testmod(stages)
    assert results.attempted >= 9
    assert results.failed == 0
