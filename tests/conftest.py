"""How long the long tests take: a slice of each runs among the others, the whole under a make target."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--samples", type=float, default=4e6, help="pixels a level in tests/physics/test_noise_exact.py"
    )
    parser.addoption(
        "--soak",
        type=float,
        default=4.0,
        help="seconds that clients come and go in tests/peers/test_replay.py",
    )
    parser.addoption("--frames", type=int, default=12, help="frames in tests/peers/test_loss.py")
    parser.addoption("--kills", type=int, default=20, help="in tests/unit/links/test_storage.py")


@pytest.fixture
def kills(request: pytest.FixtureRequest) -> int:
    return int(request.config.getoption("--kills"))  # pyright: ignore[reportArgumentType]
