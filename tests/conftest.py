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


CPU_ONLY = (
    "test_emva1288",
    "test_genapi",
    "test_libusb",
)  # of the peers: they stream nothing that a busy computer would lose


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Modules stay together, and one stream at a time: cameras that run by the clock share no two cores."""
    for item in items:
        peers = "peers" in item.path.parts and item.path.stem not in CPU_ONLY
        item.add_marker(pytest.mark.xdist_group("by the clock" if peers else str(item.path)))


@pytest.fixture
def kills(request: pytest.FixtureRequest) -> int:
    return int(request.config.getoption("--kills"))  # pyright: ignore[reportArgumentType]
