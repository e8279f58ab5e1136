"""The plugin as pytest runs it: fixtures, options, the report of a failed test, what is left behind."""

import re
import shlex
import subprocess
import sys
import threading
import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from camtwin.links.gige.client import NoPicture, first_picture
from camtwin.sensor import fast
from camtwin.testing import artefacts, plugin, real, served  # noqa: F401  (pytester forgets what a run imports)

pytest_plugins = ["pytester"]
fast.warm_up()
INSTALLED = any(point.value == "camtwin.testing.plugin" for point in entry_points(group="pytest11"))
PLUGIN = () if INSTALLED else ("-p", "camtwin.testing.plugin")
SMALL = 'scene="dark", set=["Width=64", "Height=64", "ExposureTime=1000"]'
HEAD = f"""
import pytest
from camtwin.links.gige.client import NoPicture, first_picture
camera = pytest.mark.camtwin({SMALL})
"""


@pytest.fixture
def run(pytester: pytest.Pytester, request):
    def run_it(test: str, *options: str) -> pytest.RunResult:
        pytester.makepyfile(test_it=HEAD + test)
        result = pytester.runpytest_inprocess(*PLUGIN, "-p", "no:cacheprovider", *options)
        assert "INTERNALERROR" not in str(result.stdout)
        return result

    return run_it


def test_a_twin_is_what_the_marker_says(run):
    run("""
@camera
def test_small(twin):
    assert twin.cam.grab()[0].image.shape == (64, 64)
    assert (twin.seed, twin.seen.writes, twin.problems) == (0, [], [])

@pytest.mark.camtwin("basler-aca4112-20um", seed=7, render=False)
def test_other(twin):
    assert (twin.session.twin.sheet.model, twin.seed) == ("acA4112-20um", 7)

@pytest.mark.camtwin(render=False, faults=["die"])
def test_dead(twin):
    assert not twin.session.twin.camera.powered

@pytest.mark.camtwin(render=False, faults=[{"do": "heat", "internal_C": 95}])
def test_hot(twin):
    assert twin.session.twin.camera.temperature_status == "Exceeded"

def test_two_in_one_time(camtwin):
    one = camtwin.open(render=False)
    other = camtwin.open("basler-aca4112-20um", clock=one.cam.clock, render=False)
    one.cam.advance(1000)
    assert other.cam.now == 1000
""").assert_outcomes(passed=5)


WRONG = {
    '"baumer", "basler"': "several models",
    "sceen='dark'": "got an unexpected keyword argument 'sceen'",
    '"bummer"': "bummer",
    "faults=['dye']": "no word 'dye'; do you mean die?",
    '"basler-aca4112-20um"': "has USB3 Vision, and the test asks for a camera with GigE Vision",
}


def test_a_marker_that_is_wrong_is_told(run):
    tests = [
        f"@pytest.mark.camtwin({marker})\ndef test_{i}({'gige_' * ('basler-' in marker)}twin): pass"
        for i, marker in enumerate(WRONG)
    ]
    result = run("\n".join(tests), "--tb=line")
    result.assert_outcomes(errors=len(WRONG))
    for message in WRONG.values():
        assert message in str(result.stdout)


def test_a_failed_test_tells_its_seed_and_the_command_that_runs_it_again(run, pytester):
    test = """
@pytest.mark.parametrize("n", ["a b"])
@pytest.mark.camtwin(scene="flat", set=["Width=64", "Height=64"])
def test_noise(twin, n):
    assert twin.cam.grab()[0].image.sum() == 0
"""
    result = run(test, "--camtwin-seed=random")
    result.assert_outcomes(failed=1)
    seed, command = re.findall(r"seed (\d+); run it again with\n\s+(pytest .*)", str(result.stdout))[0]
    assert int(seed) > 0
    value = re.findall(r"assert np.uint64\((\d+)\) == 0", str(result.stdout))
    again = pytester.runpytest_inprocess(*PLUGIN, *shlex.split(command)[1:])
    again.assert_outcomes(failed=1)
    assert re.findall(r"assert np.uint64\((\d+)\) == 0", str(again.stdout)) == value
    other = pytester.runpytest_inprocess(*PLUGIN, "--camtwin-seed=1")
    assert re.findall(r"assert np.uint64\((\d+)\) == 0", str(other.stdout)) != value
    folder = Path("artifacts/test_it.py--test_noise--a--b")
    assert {"cam-0001.tiff", "cam.txt", "timing.svg"} <= {file.name for file in folder.iterdir()}
    assert "ExposureStart of frame 1" in (folder / "cam.txt").read_text()


def test_a_seed_that_is_none_ends_the_run_in_one_line(pytester):
    seed = str(1 << 64)
    result = pytester.runpytest_inprocess(*PLUGIN, f"--camtwin-seed={seed}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: --camtwin-seed {seed}: is neither random nor *"])


def test_a_word_that_did_not_happen_is_told(run):
    result = run(
        """
@camera
def test_passes(twin):
    twin.cam.grab()

@camera
def test_it(twin):
    twin.inject("write", features=["AcquisitionStart", "Width=128"], at_ms=1)
    twin.cam.advance(10**7)
    assert not twin.problems
""",
        "--camtwin-artifacts=kept",
    )
    result.assert_outcomes(passed=1, failed=1)
    assert [folder.name for folder in Path("kept").iterdir()] == ["test_it.py--test_it"]
    assert str(result.stdout).count("run it again") == 1
    result.stdout.fnmatch_lines(["cam: a word did not happen: write *Width is locked now"])


# -- served ------------------------------------------------------------------------------------------------
SERVED = """
NAMES = "AcquisitionStart", "AcquisitionStop"
REGISTERS = lambda cam: [cam.twin.camera.tree.find(name).address for name in NAMES]

@camera
def test_client(gige_twin):
    got = first_picture(gige_twin.address, *gige_twin.ask(REGISTERS), timeout_s=5)
    assert (got.width, got.height) == (64, 64)
    assert gige_twin.seen.commands == ["AcquisitionStart", "AcquisitionStop"]
    assert len(gige_twin.seen.clients) == 1
    gige_twin.inject("unplug")
    with pytest.raises(NoPicture):
        first_picture(gige_twin.address, 0, 0, timeout_s=1)
    gige_twin.wait_until(lambda: gige_twin.status.frames)
    with open("addresses", "a") as file:
        print(gige_twin.address, gige_twin.serial, file=file)
"""


def test_a_client_finds_a_twin_that_is_gone_afterwards(run):
    before = {thread.name for thread in threading.enumerate()}
    run(SERVED).assert_outcomes(passed=1)
    address, _ = Path("addresses").read_text().split()
    assert address.startswith("127.0.0.")
    assert {thread.name for thread in threading.enumerate()} == before
    with pytest.raises(NoPicture, match="no camera answers"):
        first_picture(address, 0, 0)


def test_each_worker_has_an_address_of_its_own_and_all_of_them_one_seed(pytester):
    """Both tests hold their twin until the other worker has its own, too."""
    test = """
import os, time
@pytest.mark.camtwin(render=False)
@pytest.mark.parametrize("n", [1, 2])
def test_place(gige_twin, n):
    with open(f"place{n}", "w") as file:
        print(gige_twin.address, gige_twin.serial, gige_twin.seed, file=file)
    ends = time.monotonic() + 60
    while not os.path.exists(f"place{3 - n}") and time.monotonic() < ends:
        time.sleep(0.01)
"""
    pytester.makepyfile(test_it=HEAD + test)
    pytester.runpytest_subprocess(*PLUGIN, "-n2", "--camtwin-seed=random").assert_outcomes(passed=2)
    places = [Path(f"place{n}").read_text().split() for n in (1, 2)]
    assert sorted(address for address, _, _ in places) == ["127.0.1.1", "127.0.2.1"]
    assert len({serial for _, serial, _ in places}) == 2
    assert len({seed for _, _, seed in places}) == 1


def test_a_failed_client_leaves_a_journal_and_a_capture(run):
    result = run(SERVED + "    assert 0\n", "--camtwin-artifacts=kept", "--camtwin-pace=2")
    result.assert_outcomes(failed=1)
    assert "--camtwin-pace=2" in str(result.stdout)
    folder = Path("kept/test_it.py--test_client")
    names = sorted(file.name for file in folder.iterdir())
    assert {"cam.txt", "cam.journal.jsonl", "cam.pcap", "timing.svg"} <= {*names}
    assert any(name.endswith(".tiff") for name in names)
    replay = [sys.executable, "-m", "camtwin", "replay", str(folder / "cam.journal.jsonl")]
    replayed = subprocess.run(replay, capture_output=True, text=True)
    assert replayed.returncode == 0, replayed.stdout + replayed.stderr
    frames = re.match(r"(\d+) of (\d+) frames are the same", replayed.stdout)
    assert frames
    assert frames[1] == frames[2] != "0"
    said = (folder / "cam.txt").read_text()
    assert "injected: unplug socket=cam.data" in said
    assert "WRITEREG from 127.0.0." in said


def test_two_served_twins_share_one_time(run):
    run("""
def test_two(camtwin):
    one, other = camtwin.gige("baumer-vcxg-124m", "baumer-vcxg-124m", render=False)
    assert one.address != other.address
    assert one.serial != other.serial
    assert one.ask(lambda cam: cam.clock) is other.ask(lambda cam: cam.clock)
    one.inject("die")
    assert other.session.twin.camera.powered
""").assert_outcomes(passed=1)


def test_programs_reach_a_twin_by_gentl_and_a_module_as_a_video_device(run, tmp_path, monkeypatch):
    """Fixtures of both; their clients are those of the example project, in tests/peers."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    run("""
import os, socket
from pathlib import Path
from camtwin.testing.stage import Impossible

HERE = Path(os.environ["XDG_RUNTIME_DIR"], "camtwin")

@camera
def test_gentl(gentl_twin):
    (place,) = HERE.glob("gentl1-*")
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as client:
        client.connect(str(place))
    assert (gentl_twin.where, gentl_twin.status.client) == ("GenTL (camtwin gentl)", None)
    with pytest.raises(Impossible, match="cam is on no network: its clients reach it by GenTL"):
        gentl_twin.inject("packets", drop=0.1)
    gentl_twin.inject("unplug")

@pytest.mark.camtwin(scene="dark", set=["exposure=5000", "gain=2000"])
def test_module(v4l2_twin):
    driver, seen = v4l2_twin.driver, v4l2_twin.seen
    exposure = driver.control("exposure").id
    assert v4l2_twin.ask(lambda _: driver.get(exposure)) == 5003
    assert seen.writes == []
    v4l2_twin.ask(lambda _: driver.set({exposure: 3000}))
    assert seen.writes == [("exposure", 3000)]
    assert v4l2_twin.path == "/dev/video10"
    assert v4l2_twin.command("true")[-1] == "true"
    with pytest.raises(Impossible, match="nothing can happen to a sensor module"):
        v4l2_twin.inject("unplug")

@pytest.mark.camtwin("baumer-vcxg-124m")
def test_not_a_module(v4l2_twin): pass
""").assert_outcomes(passed=2, errors=1)
    assert not [*tmp_path.glob("camtwin/*-*")], "no socket is left"


def test_what_goes_wrong_on_the_twins_thread_fails_the_test(run):
    result = run("""
@camera
def test_it(gige_twin):
    with pytest.raises(ZeroDivisionError):
        gige_twin.ask(lambda cam: 1 // 0)
    gige_twin.ask(lambda cam: cam.clock.at(cam.now, lambda: 1 // 0))
    gige_twin.wait_until(lambda: not gige_twin.background.running)
""")
    result.assert_outcomes(passed=1, errors=1)
    assert "ZeroDivisionError" in str(result.stdout)


# -- a real camera -----------------------------------------------------------------------------------------
def test_a_real_camera_runs_what_needs_no_twin(pytester):
    """Another twin is the real camera: the plugin knows no more of it than its address."""
    pytester.makepyfile(
        test_it=HEAD
        + """
def test_answers(gige_twin):
    with pytest.raises(NoPicture, match="refuses"):
        first_picture(gige_twin.address, 0, 0)
def test_injects(gige_twin): gige_twin.inject("unplug")
def test_sees(gige_twin): assert not gige_twin.seen.writes
def test_in_process(twin): pass
def test_usb(usb_twin): pass
def test_several(camtwin): camtwin.gige("baumer-vcxg-124m")
""",
        test_real="""
import pytest, subprocess, sys
@pytest.mark.camtwin(render=False)
def test_real(gige_twin, pytestconfig):
    command = [sys.executable, "-m", "pytest", "-rs", *pytestconfig.args_of_plugin,
               f"--camtwin-real={gige_twin.address}", "test_it.py"]
    done = subprocess.run(command, capture_output=True, text=True)
    print(done.stdout)
    assert "1 passed, 5 skipped" in done.stdout
    only = ", which only a twin has"
    for need in ("faults on purpose" + only, "to see what reached the camera" + only, "virtual time" + only,
                 "a camera on USB", "twins of its own making"):
        assert f"--camtwin-real={gige_twin.address}: the test needs {need}" in done.stdout
    assert gige_twin.seen.clients
""",
        conftest=f"def pytest_configure(config): config.args_of_plugin = {list(PLUGIN)}",
    )
    pytester.runpytest_inprocess(*PLUGIN, "test_real.py").assert_outcomes(passed=1)


# -- at import ---------------------------------------------------------------------------------------------
def test_nothing_slow_is_imported_before_a_test_asks_for_a_twin():
    code = "import sys, camtwin.testing.plugin; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    ours = {name for name in loaded.split() if name.startswith("camtwin")}
    assert ours == {"camtwin", "camtwin.testing", "camtwin.testing.plugin"}
    assert not {"numpy", "numba", "pydantic", "cv2", "asyncio"} & {*loaded.split()}


def test_the_package_says_that_it_is_a_plugin():
    project = tomllib.loads(Path(__file__).parents[3].joinpath("pyproject.toml").read_text())["project"]
    assert project["entry-points"]["pytest11"] == {"camtwin": "camtwin.testing.plugin"}


def test_the_examples_of_its_page_run(run):
    """Docs and plugin agree."""
    page = Path(__file__).parents[3] / "docs" / "testing.md"
    examples = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.S)
    run("\n".join(examples)).assert_outcomes(passed=len(examples))
