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
        "--waiters", type=int, default=0, help="so many of the last workers of -n take only tests that wait"
    )


ALONE = (
    *("test_full_pace", "test_loss", "test_pace", "test_pauses", "test_rates", "test_several"),
    *("test_spacing", "test_usb3_pace"),
)
"""Peers that measure time, or take all that this computer can do: nothing runs beside them (`make test`)."""
BY_THE_CLOCK = (
    *("test_both_links", "test_faults_by_link", "test_live", "test_replay", "test_segments", "test_usb3"),
    *("test_usb3_colour", "test_usb3_faults", "test_usb3_pending"),
)
"""Peers that a busy computer makes late: frames, timers, many at once."""
WAITING = tuple(
    f"{folder}/test_{name}"
    for folder, names in {
        "gige": "force_ip",
        "peers": "addresses applications aravis chunks control copied_code emva1288 exact_faults genapi"
        " genapi_firmware genapi_usb gentl gentl_and_gige gentl_vmbpy kept messages own_sheet packages"
        " pending recordings tutorials usb3_camera usb3_hosts usb3_wireshark v4l2 v4l2_stdio v4l2_streams"
        " viva wireshark",
        "unit": "processes",
        "usb3": "link",
    }.items()
    for name in names.split()
)
"""Modules that wait for leases and programs of others, by folder and name, and use a core for a third of the
time at most; a busy computer does not make them fail."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent.name == "peers" and item.path.stem in ALONE:
            item.add_marker("alone")


class ByModule(LoadScopeScheduling):
    """Keep tests of a module together, and those by the clock, too: two of them never share the cores.

    In the order of their folders: what takes long begins first. xdist's own groups are lost with pytest 9.2.
    With --waiters the last workers take only tests that wait: so each core has a worker that does not.
    """

    def __init__(self, config: pytest.Config, log: Producer) -> None:
        config.option.loadscopereorder = False
        super().__init__(config, log)
        self.waiters: list[WorkerController] = []

    def schedule(self) -> None:
        if self.collection is None and (count := self.config.getoption("--waiters")):
            self.waiters = sorted(self.nodes, key=lambda node: node.gateway.id)[
                -count:
            ]  # they are as started
        super().schedule()

    def _split_scope(self, nodeid: str) -> str:
        module = Path(nodeid.partition("::")[0])
        by_the_clock = module.parent.name == "peers" and module.stem in BY_THE_CLOCK
        return "clock" if by_the_clock else f"{module.parent.name}/{module.stem}"

    def _waiting(self) -> list[str]:
        return [scope for scope in self.workqueue if scope in WAITING]

    def _assign_work_unit(self, node: WorkerController) -> None:
        """Give a waiter what waits, and others first what does not."""
        waiting = self._waiting()
        if node in self.waiters and waiting:
            self.workqueue.move_to_end(waiting[0], last=False)
        else:
            for scope in waiting:
                self.workqueue.move_to_end(scope)
        super()._assign_work_unit(node)

    def _reschedule(self, node: WorkerController) -> None:
        if node not in self.waiters or self._waiting():
            super()._reschedule(node)
        elif not node.shutting_down:
            node.shutdown()


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByModule:
    return ByModule(config, log)


@pytest.fixture
def kills(request: pytest.FixtureRequest) -> int:
    return int(request.config.getoption("--kills"))  # pyright: ignore[reportArgumentType]
