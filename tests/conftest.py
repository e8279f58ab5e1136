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
    parser.addoption("--kills", type=int, default=20, help="in tests/unit/links/base/test_storage.py")


ALONE = (
    *("test_both_links", "test_full_pace", "test_live", "test_loss", "test_pace", "test_rates"),
    *("test_pauses", "test_several", "test_spacing", "test_usb3_pace"),
)
"""Peers that measure time, or take all that this computer can do: nothing runs beside them (`make test`)."""
BY_THE_CLOCK = (
    *("test_addresses", "test_replay", "test_segments", "test_usb3", "test_usb3_colour"),
    "test_usb3_pending",
)
"""Peers that a busy computer makes late: frames, timers, many at once."""


@pytest.hookimpl(tryfirst=True)  # xdist reads the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Modules stay together, and those by the clock, too: two of them never share the cores."""
    for item in items:
        peers = item.path.parent.name == "peers"
        if peers and item.path.stem in ALONE:
            item.add_marker("alone")
        clocked = peers and item.path.stem in BY_THE_CLOCK
        item.add_marker(pytest.mark.xdist_group("clock" if clocked else item.path.stem))


@pytest.fixture
def kills(request: pytest.FixtureRequest) -> int:
    return int(request.config.getoption("--kills"))  # pyright: ignore[reportArgumentType]
