"""How many samples the tests of statistics take, and how often savers are killed."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--samples", type=float, default=4e6, help="pixels a level in tests/physics/test_noise_exact.py"
    )
    parser.addoption("--kills", type=int, default=20, help="in tests/unit/links/test_storage.py")


@pytest.fixture
def kills(request: pytest.FixtureRequest) -> int:
    return int(request.config.getoption("--kills"))  # pyright: ignore[reportArgumentType]
