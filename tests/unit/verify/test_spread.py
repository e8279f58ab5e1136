"""Work in several processes: nothing of it is left when it ends, however it ends."""

from __future__ import annotations

import math
import multiprocessing
import os
import threading
import time
from collections.abc import Generator

import pytest

from camtwin.verify.verdicts import VerifyProblem, spread


def nothing_left(threads: int) -> bool:
    return threading.active_count() == threads and not multiprocessing.active_children()


def test_it_ends_with_its_results():
    threads = threading.active_count()
    assert sorted(spread(math.isqrt, [1, 4, 9], 2)) == [1, 2, 3]
    assert nothing_left(threads)


def test_it_ends_in_the_middle():
    threads = threading.active_count()
    results = spread(time.sleep, [0, 600, 600, 600], 2)
    assert isinstance(results, Generator)
    next(results)
    results.close()
    assert nothing_left(threads)


def test_a_process_that_dies_is_a_problem():
    threads = threading.active_count()
    with pytest.raises(VerifyProblem, match="has died"):
        list(spread(os._exit, [3, 3], 2))
    assert nothing_left(threads)
