"""Lengths of the long tests: a slice of each runs among the others, the whole under a make target."""

from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController


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
    parser.addoption("--frames", type=int, default=12, help="frames in test_loss.py, test_gentl.py of peers")
    parser.addoption("--triggers", type=int, default=20_000, help="in tests/unit/camera/test_scenario.py")
    parser.addoption("--settings", type=int, default=4, help="at random, in tests/unit/planner/test_rates.py")
    parser.addoption(
        "--kills", type=int, default=20, help="in test_storage.py of links/base, test_kills.py of links/gentl"
    )
    parser.addoption(
        "--waiter", action="store_true", help="the last worker of -n takes only the tests that wait"
    )


ALONE = (
    *("test_full_pace", "test_loss", "test_pace", "test_pauses", "test_rates", "test_several"),
    *("test_spacing", "test_usb3_pace"),
)
"""Peers that measure time, or take all that this computer can do: nothing runs beside them (`make test`)."""
BY_THE_CLOCK = (
    *("test_both_links", "test_live", "test_replay", "test_segments", "test_usb3"),
    *("test_usb3_colour", "test_usb3_pending"),
)
"""Peers that a busy computer makes late: frames, timers, many at once."""
WAITING = (
    *("test_addresses", "test_applications", "test_control", "test_emva1288", "test_genapi"),
    *("test_genapi_firmware", "test_genapi_usb", "test_messages", "test_pending", "test_usb3_wireshark"),
    *("test_viva", "test_wireshark"),
)
"""Peers that wait for leases and programs of others, and use a core for a third of their time at most; a busy
computer does not make them fail."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent.name == "peers" and item.path.stem in ALONE:
            item.add_marker("alone")


class ByModule(LoadScopeScheduling):
    """Keep tests of a module together, and those by the clock, too: two of them never share the cores.

    In the order of their folders: what takes long begins first. xdist's own groups are lost with pytest 9.2.
    With --waiter the last worker takes only tests that wait: so each core has a worker that does not.
    """

    def __init__(self, config: pytest.Config, log: Producer) -> None:
        config.option.loadscopereorder = False
        super().__init__(config, log)
        self.waiter: WorkerController | None = None

    def schedule(self) -> None:
        if self.collection is None and self.config.getoption("--waiter"):
            self.waiter = max(self.nodes, key=lambda node: node.gateway.id)  # they are as started
        super().schedule()

    def _split_scope(self, nodeid: str) -> str:
        module = Path(nodeid.partition("::")[0])
        if module.parent.name == "peers":
            for group, members in (("clock", BY_THE_CLOCK), ("waiting", WAITING)):
                if module.stem in members:
                    return group
        return str(module)

    def _assign_work_unit(self, node: WorkerController) -> None:
        if "waiting" in self.workqueue:
            self.workqueue.move_to_end("waiting", last=node is not self.waiter)
        super()._assign_work_unit(node)

    def _reschedule(self, node: WorkerController) -> None:
        if node is not self.waiter:
            super()._reschedule(node)
        elif not node.shutting_down:
            node.shutdown()


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByModule:
    return ByModule(config, log)


@pytest.fixture
def kills(request: pytest.FixtureRequest) -> int:
    return int(request.config.getoption("--kills"))  # pyright: ignore[reportArgumentType]
