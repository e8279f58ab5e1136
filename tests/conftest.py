"""How many samples the tests of statistics take."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--samples", type=float, default=4e6, help="pixels a level in tests/physics/test_noise_exact.py"
    )
