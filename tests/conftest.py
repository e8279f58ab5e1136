"""How long the long tests take: a slice of each runs among the others, the whole under a make target."""

import contextlib
import os

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


ALONE = (
    *("test_both_links", "test_full_pace", "test_live", "test_loss", "test_pace", "test_rates"),
    *("test_pauses", "test_several", "test_spacing", "test_usb3_pace"),
)
"""Peers that measure time, or take all that this computer can do: nothing runs beside them (`make test`)."""
BY_THE_CLOCK = (
    *("test_addresses", "test_replay", "test_segments", "test_usb3", "test_usb3_colour"),
    "test_usb3_pending",
)
"""Peers that a busy computer makes late: frames, timers, many at once. Two of them never run at once."""
FIRST_ROW = (*BY_THE_CLOCK, "test_viva")
"""Peers wait most of the time, so two rows of them, of the same length, run beside the tests that compute."""


def is_peer(item: pytest.Item) -> bool:
    return item.path.parent.name == "peers"


@pytest.hookimpl(tryfirst=True)  # xdist reads the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What runs alone, and what one after the other."""
    for item in items:
        group, peer = item.path.stem, is_peer(item)
        if peer and group in ALONE:
            item.add_marker("alone")
        if peer:
            group = "first row" if group in FIRST_ROW else "second row"
        item.add_marker(pytest.mark.xdist_group(group))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """What only computes makes no frame late: it goes last."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        timed = is_peer(item) or item.path.parent.name == "links"
        with contextlib.suppress(PermissionError):  # back to 0 is root's, as peers are
            os.setpriority(os.PRIO_PROCESS, 0, 0 if timed else 10)


@pytest.fixture
def kills(request: pytest.FixtureRequest) -> int:
    return int(request.config.getoption("--kills"))  # pyright: ignore[reportArgumentType]
