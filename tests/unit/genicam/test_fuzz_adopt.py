"""A slice of the fuzz of adopted descriptions."""

import random

from unit.genicam.fuzz_adopt import case, run


def test_spoiled_descriptions_give_a_sheet_or_a_line() -> None:
    became = {run(case(random.Random(f"1/{number}")), whole=number % 20 == 0) for number in range(400)}
    assert became == {"adopted", "read", "refused"}
