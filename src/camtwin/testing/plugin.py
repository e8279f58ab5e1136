"""The pytest plugin: fixtures, the marker, options, and the report of a failed test.

    @pytest.mark.camtwin("baumer-vcxg-124m", scene="flat", set=["Width=64"])
    def test_exposure(twin):
        twin.cam.ExposureTime = 2000.0
        assert twin.seen.writes[-1] == ("ExposureTime", 2000.0)

Nothing of camtwin's is imported before a test asks for a twin. docs/testing.md is for users.
"""

from __future__ import annotations

import os
import shlex
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from camtwin.simtime import Scheduler
    from camtwin.testing.served import GentlTwin, GigeTwin, S, UsbTwin, V4l2Twin
    from camtwin.testing.twin import InProcess, TwinInTest, Wanted

MARKER: Final = (
    "camtwin(model, *, scene, seed, serial, set, faults, plan, link_speed, render, storage, pace, convert, "
    "still): "
    "the camera that the test's fixtures `twin`, `gige_twin`, `usb_twin`, `gentl_twin` and `v4l2_twin` are"
)
GIGE_MODEL, USB_MODEL, MODULE = "baumer-vcxg-124m", "basler-aca4112-20um", "framos-fsm-imx412"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("camtwin", "digital twins of cameras")
    group.addoption(
        "--camtwin-seed",
        default="0",
        metavar="N|random",
        help="Seed of the twins' noise where a test gives none; random draws one for the run.  [default: 0]",
    )
    group.addoption(
        "--camtwin-pace",
        default="1",
        metavar="N|max",
        help="Seconds of camera time per second of real time, for twins that clients reach by their link.",
    )
    group.addoption(
        "--camtwin-real",
        default=None,
        metavar="ADDRESS|usb|/dev/videoN",
        help="Run tests of gige_twin on the real camera at ADDRESS, those of usb_twin on the one on USB, or "
        "those of v4l2_twin on a video device; tests that need a twin are skipped, and say why.",
    )
    group.addoption(
        "--camtwin-artifacts",
        default=None,
        metavar="DIR",
        help="Keep journals, captures, timing diagrams and last frames of failed tests in DIR.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and settle the seed of the run before workers are told."""
    config.addinivalue_line("markers", MARKER)
    seed = getattr(config, "workerinput", {}).get("camtwin_seed", config.option.camtwin_seed)
    if seed == "random":
        seed = str(int.from_bytes(os.urandom(4), "big"))
    config.option.camtwin_seed = seed
    if not seed.isdecimal() or int(seed) >= 1 << 64:
        raise pytest.UsageError(f"--camtwin-seed {seed}: is neither random nor a number from 0 to 2^64 - 1")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist the seed of the run; it parses the command line anew."""
    node.workerinput["camtwin_seed"] = node.config.option.camtwin_seed


def pytest_report_header(config: pytest.Config) -> str | None:
    """Say the seed, where it is not the usual one."""
    seed = config.option.camtwin_seed
    return None if seed == "0" else f"camtwin: --camtwin-seed={seed}"


class Twins:
    """The factory of one test: opens twins, and puts an end to all of them with the test.

    twins    those that it has opened
    kept_in  folder for what is known of them, once the test has failed
    """

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self.twins: list[TwinInTest] = []
        self.kept_in: Path | None = None
        self._request, self._stack, self._recording = request, ExitStack(), ExitStack()
        self._config = request.config
        self._files: Path | None = None

    def open(self, model: str | None = None, *, clock: Scheduler | None = None, **options: Any) -> InProcess:
        """Open a twin in process; options as of the marker.

        clock  of another one, `other.cam.clock`: both share one virtual time
        """
        from camtwin.testing.twin import in_process

        self._no_real("virtual time, which only a twin has")
        wanted = self.wanted(model, **options)
        twin = in_process(wanted, self._seed(wanted), clock)
        self._stack.callback(twin.close)
        self.twins.append(twin)
        return twin

    def gige(self, *models: str, **options: Any) -> list[GigeTwin]:
        """Serve twins on the network, in one virtual time; options as of the marker."""
        from camtwin.testing.served import GigeTwin

        return self.serve(GigeTwin, *models, **options)

    def usb(self, *models: str, **options: Any) -> list[UsbTwin]:
        """Serve twins on USB, in one virtual time; options as of the marker."""
        from camtwin.testing.served import UsbTwin

        return self.serve(UsbTwin, *models, **options)

    def gentl(self, *models: str, **options: Any) -> list[GentlTwin]:
        """Serve twins to programs that use GenTL, in one virtual time; options as of the marker."""
        from camtwin.testing.served import GentlTwin

        return self.serve(GentlTwin, *models, **options)

    def v4l2(self, *models: str, **options: Any) -> list[V4l2Twin]:
        """Serve sensor modules as video devices, in one virtual time; options as of the marker."""
        from camtwin.testing.served import V4l2Twin

        return self.serve(V4l2Twin, *models, **options)

    def serve(self, make: type[S], *models: str, **options: Any) -> list[S]:
        """Serve twins of one class in one virtual time."""
        return self._serve([self.wanted(model, **options) for model in models], make)

    def wanted(self, model: str | None = None, usual: str = GIGE_MODEL, **options: Any) -> Wanted:
        """Return what is asked for: by arguments, else by the test's marker."""
        from camtwin.testing.twin import Wanted

        marker = self._request.node.get_closest_marker("camtwin")
        if model is None and not options and marker:
            if len(marker.args) > 1:
                raise pytest.UsageError(f"mark.camtwin: {marker.args} are several models; give one")
            model, options = (*marker.args, None)[0], dict(marker.kwargs)
        try:
            return Wanted(model or options.pop("model", None) or usual, **options)
        except TypeError as error:
            raise pytest.UsageError(f"mark.camtwin: {str(error).rpartition('__init__() ')[2]}") from None

    def close(self) -> None:
        """End all twins; of a failed test keep what is known of them."""
        with self._recording:
            self._stack.close()  # journals and captures are whole when their twins have ended
            if self.kept_in:
                from camtwin.testing import artefacts

                artefacts.keep(self.kept_in, self.twins, self._files)

    def fail(self) -> Path | None:
        """Note that the test has failed; return the folder of its artefacts, if they are kept."""
        if root := self._config.option.camtwin_artifacts:
            from camtwin.testing.artefacts import folder_of

            self.kept_in = folder_of(Path(root), self._request.node.nodeid)
        return self.kept_in

    # -- parts ------------------------------------------------------------------------------------------
    def _seed(self, wanted: Wanted) -> int:
        return int(self._config.option.camtwin_seed) if wanted.seed is None else wanted.seed

    def _serve(self, wanted: list[Wanted], make: type[S]) -> list[S]:
        from camtwin.links.base.runtime import pace_of
        from camtwin.testing.served import serve

        self._no_real("twins of its own making")
        paces = {each.pace for each in wanted}
        pace = pace_of(self._config.option.camtwin_pace) if paces == {None} else max(filter(None, paces))
        if self._config.option.camtwin_artifacts and self._files is None:
            self._files = Path(self._recording.enter_context(tempfile.TemporaryDirectory(prefix="camtwin-")))
        twins = serve(
            wanted,
            self._seed(wanted[0]),
            make=make,
            network=worker_of(self._config),
            pace=pace,
            stack=self._stack,
            files=self._files,
        )
        self.twins += twins
        return twins

    def _no_real(self, what: str) -> None:
        if where := self._config.option.camtwin_real:
            from camtwin.testing.real import cannot

            cannot(where, what)


def worker_of(config: pytest.Config) -> int:
    """Return the number of this worker of pytest-xdist, from 1 on; 0 without workers."""
    name = getattr(config, "workerinput", {}).get("workerid", "")
    return int(name.removeprefix("gw")) % 254 + 1 if name else 0


TWINS: Final = pytest.StashKey[Twins]()


@pytest.fixture
def camtwin(request: pytest.FixtureRequest) -> Iterator[Twins]:
    """Return the factory of twins: `open` for those in process, `gige` and its like for those of clients."""
    twins = request.node.stash[TWINS] = Twins(request)
    try:
        yield twins
    finally:
        twins.close()


@pytest.fixture
def twin(camtwin: Twins) -> InProcess:
    """Return a twin in process, in virtual time: `twin.cam` is its session."""
    return camtwin.open()


@pytest.fixture
def gige_twin(camtwin: Twins, request: pytest.FixtureRequest) -> GigeTwin:
    """Return a twin on the network, which clients find at `gige_twin.address`."""
    return _served(camtwin, request, "GigeTwin", GIGE_MODEL)


@pytest.fixture
def usb_twin(camtwin: Twins, request: pytest.FixtureRequest) -> UsbTwin:
    """Return a twin on USB; `usb_twin.run(PROGRAM, ...)` runs a program that finds it there."""
    return _served(camtwin, request, "UsbTwin", USB_MODEL)


@pytest.fixture
def gentl_twin(camtwin: Twins, request: pytest.FixtureRequest) -> GentlTwin:
    """Return a twin of the GenTL producer at its `path`; `gentl_twin.run` runs a program that finds it."""
    return _served(camtwin, request, "GentlTwin", GIGE_MODEL)


@pytest.fixture
def v4l2_twin(camtwin: Twins, request: pytest.FixtureRequest) -> V4l2Twin:
    """Return a sensor module; `v4l2_twin.run(PROGRAM, ...)` runs a program that finds it at its `path`."""
    return _served(camtwin, request, "V4l2Twin", MODULE)


REAL: Final = {
    "GigeTwin": "a camera on a network",
    "UsbTwin": "a camera on USB",
    "V4l2Twin": "a video device",
    "GentlTwin": "a twin of camtwin's own producer",
}
"""Needs of tests that ask for a class of twins."""


def _served(twins: Twins, request: pytest.FixtureRequest, name: str, usual: str) -> Any:
    where: str | None = request.config.option.camtwin_real
    if where:
        from camtwin.testing.real import RealCamera, cannot

        offered = "UsbTwin" if where == "usb" else "V4l2Twin" if where.startswith("/dev/") else "GigeTwin"
        if name != offered:
            cannot(where, REAL[name])
        return RealCamera(where)
    from camtwin.testing import served

    (one,) = twins._serve([twins.wanted(usual=usual)], getattr(served, name))
    return one


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Tell with a failed test its seed, the command that runs it again, and its files."""
    report: Any = yield
    twins = item.stash.get(TWINS, None)
    if report.failed and call.when == "call" and twins and twins.twins:
        report.sections.append(("camtwin", "\n".join(told(item, twins))))
    return report


def told(item: pytest.Item, twins: Twins) -> list[str]:
    """Return what is told of a failed test with twins."""
    seeds = ", ".join(str(twin.seed) for twin in twins.twins)
    lines = [f"seed {seeds}; run it again with", f"  {again(item)}"]
    for twin in twins.twins:
        lines += [f"{twin.name}: a word did not happen: {problem}" for problem in twin.problems]
    if folder := twins.fail():
        lines.append(f"its journal, pictures and captures are in {folder}")
    return lines


def again(item: pytest.Item) -> str:
    """Return the command that runs one test again as it ran here."""
    option = item.config.option
    test = item.nodeid.partition("::")[2]
    words = ["pytest", f"{os.path.relpath(item.path)}::{test}", f"--camtwin-seed={option.camtwin_seed}"]
    words += [f"--camtwin-pace={option.camtwin_pace}"] if option.camtwin_pace != "1" else []
    words.append(f"--camtwin-artifacts={option.camtwin_artifacts or 'artifacts'}")
    return shlex.join(words)
