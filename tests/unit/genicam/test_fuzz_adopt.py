"""A slice of the fuzz of adopted descriptions."""

import random

from camtwin.planner.adopt import Wanted, adopt
from unit.genicam.adopted_twin import twin_of, write_and_read
from unit.genicam.fuzz_adopt import case, run
from unit.genicam.small_camera import DESCRIPTION


def test_spoiled_descriptions_give_a_sheet_or_a_line() -> None:
    became = {run(case(random.Random(f"1/{number}")), whole=number % 20 == 0) for number in range(400)}
    assert became == {"adopted", "read", "refused"}


def test_hosts_may_write_anything_into_an_adopted_twin() -> None:
    found = adopt(DESCRIPTION.encode(), Wanted(name="a", file="f.xml", values={}, given={}, assume=True))
    assert write_and_read(twin_of(found), random.Random(3)) > 10
    spoiled = {run(case(rng := random.Random(f"2/{n}")), whole=True, host=rng) for n in range(12)}
    assert spoiled == {"adopted", "refused"}
