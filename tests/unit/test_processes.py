"""How commands end: by signals, without readers, in other encodings; nothing stays behind."""

from __future__ import annotations

import codecs
import os
import signal
import subprocess
import sys
import textwrap
import time
from io import BytesIO
from pathlib import Path

import pytest

import camtwin
import warm
from camtwin.__main__ import Output, spell
from camtwin.links.kind import ServedTwin
from camtwin.links.serve import serve
from camtwin.rig.scenario.live import LiveRun
from camtwin.rig.scenario.schema import parse
from camtwin.twins import Twin

MODEL = "baumer-vcxg-124m"
PLC = Path(__file__).parents[2] / "examples/scenarios/plc-two-cameras.toml"


def children(pid: int) -> set[int]:
    """Return the processes that a process has begun and that still run."""
    return {
        int(word)
        for task in Path(f"/proc/{pid}/task").glob("*/children")
        for word in task.read_text().split()
    }


def runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def until(condition, seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it does not happen"
        time.sleep(0.02)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_a_program_that_is_signalled_as_it_begins_ends(number):
    program = warm.Program(["run", MODEL, "--bind", "127.0.77.9", "--for", "3"])
    program.send_signal(number)
    program.stdout.close()
    assert program.wait(60) in (-number, 128 + number)


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (signal.SIGTERM, 143),
        (signal.SIGINT, 130),
        (signal.SIGHUP, 129),
        (signal.SIGKILL, -9),
    ],
)
def test_verify_leaves_no_process(number, code, tmp_path):
    with (tmp_path / "out").open("w+") as out:
        program = warm.Program(["verify", MODEL, "--jobs", "2"], files=(out, out))
        program.stdout.close()
        until(lambda: len(children(program.pid)) >= 3)  # two that measure, and Python's tracker of resources
        begun = children(program.pid)
        program.send_signal(number)
        assert program.wait(90) == code
        until(lambda: not any(map(runs, begun)))
        out.seek(0)
        said = out.read()
        assert "Traceback" not in said or number == signal.SIGKILL, said  # which may tear a process in birth


def test_a_second_signal_ends_at_once(tmp_path):
    """The first one ends the command as an exception does, which takes as long as it takes."""
    with (tmp_path / "out").open("w+") as out:
        program = warm.Program(["verify", MODEL, "--jobs", "1"], files=(out, out))
        program.stdout.close()
        time.sleep(1)
        program.send_signal(signal.SIGTERM)
        program.send_signal(signal.SIGTERM)
        assert program.wait(90) in (143, -15)


def slow_start(monkeypatch, seconds: float) -> None:
    """Let the preparation of each twin take long, as it does where kernels must be compiled."""

    def prepare(_: Twin) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(0.01)

    monkeypatch.setattr(Twin, "prepare", prepare)


def test_ctrl_c_while_a_live_scenario_starts(monkeypatch):
    signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # as in a terminal, even if run in the background
    played = LiveRun(parse(PLC.read_text()), ["127.0.0.81", "127.0.0.82"])
    slow_start(monkeypatch, 100)
    begun = time.monotonic()
    played.run(status=lambda _: os.kill(os.getpid(), signal.SIGINT), ready=lambda _: pytest.fail("ready"))
    assert time.monotonic() - begun < 50
    assert played.lines()[-1].startswith("cam2 at 127.0.0.82: 0 frames sent")
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler  # as before


def test_the_time_limit_begins_when_cameras_are_ready(monkeypatch):
    slow_start(monkeypatch, 1.5)
    ready: list[float] = []
    with camtwin.open(MODEL) as cam:
        place = ServedTwin(cam.twin, "127.0.0.83")
        serve([place], seconds=0.4, ready=lambda _: ready.append(time.monotonic()))
    assert time.monotonic() - ready[0] >= 0.4


@pytest.mark.parametrize("command", [["list"], ["xml", MODEL], ["--help"], ["show", MODEL, "--json"]])
def test_a_closed_stdout_is_one_line(command):
    done = warm.run(*command, closed=(1,))
    assert (done.returncode, done.stderr) == (2, "camtwin: stdout: is closed\n")


@pytest.mark.parametrize("closed", [(0,), (2,), (0, 2), (0, 1, 2)])
def test_no_file_takes_the_place_of_a_closed_stream(closed, tmp_path):
    """What the program prints would go into the first file that it opens."""
    image = tmp_path / "a.tiff"
    args = ["snap", MODEL, "-o", image, "--set", "Width=64", "--set", "Height=8"]
    done = warm.run(*args, closed=closed)
    assert (done.returncode, done.stderr) == (2 if 1 in closed else 0, "")
    assert image.read_bytes()[:4] == b"II*\0"
    assert warm.run("show", "nikon", closed=closed).returncode == 2


def test_a_reader_who_leaves_is_no_error_message():
    """The exit code says that not all was printed; 1 would say that something is wrong with a camera."""
    read, write = os.pipe()
    os.close(read)
    with open(write, "w") as gone, open(os.devnull, "w+") as err:
        program = warm.Program(["show", MODEL, "--json"], files=(gone, err))
        program.stdout.close()
        assert program.wait(90) == 2


@pytest.mark.parametrize("encoding", ["latin-1", "ascii"])
def test_letters_that_the_terminal_lacks_are_spelt(encoding):
    """As where a data sheet, or the laboratory, says μ_e, σ_d or η."""
    codecs.register_error("spell", spell)
    text = "η σ_d μ_e – −1 ≤ 2×10² \U0001f4f7 \udcff"
    stream = Output(buffer := BytesIO(), encoding, "spell")
    stream.write(text)
    stream.flush()
    square = {"latin-1": "\xd7", "ascii": "x"}[encoding] + "10" + {"latin-1": "\xb2", "ascii": "2"}[encoding]
    assert buffer.getvalue() == f"eta sigma_d u_e - -1 <= 2{square} ? \xff".encode("latin-1")
    env = {**os.environ, "PYTHONIOENCODING": encoding, "COLUMNS": "40"}
    done = warm.run("show", MODEL, env=env)
    assert (done.returncode, done.stderr) == (0, "")


def test_bytes_of_a_file_name_are_printed_as_they_are(tmp_path):
    folder = os.fsencode(tmp_path) + b"/\xff"
    os.mkdir(folder)
    image = os.fsdecode(folder + b"/a.tiff")
    with (tmp_path / "out").open("w") as out, (tmp_path / "err").open("w") as err:
        args = ["snap", MODEL, "-o", image, "--set", "Width=64", "--set", "Height=8"]
        program = warm.Program(args, files=(out, err))
        program.stdout.close()
        assert program.wait(30) == 0
    assert (tmp_path / "out").read_bytes() == folder + b"/a.tiff\n"


def signalled(body: str) -> tuple[int, str]:
    """Return how a program ends that signals itself with `end()`, and what it says."""
    text = f"""
import os, signal, time
from camtwin.processes import ended_by_signals
def end(): os.kill(os.getpid(), signal.SIGTERM)
with ended_by_signals():
{textwrap.indent(textwrap.dedent(body), "    ")}
"""
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=100)
    return done.returncode, done.stderr


def test_a_signal_while_an_object_is_deleted_is_not_lost():
    """Python drops an exception that is raised there."""
    body = """
        class Last:
            def __del__(self): end()
        last = Last()
        del last
        time.sleep(60)
    """
    assert signalled(body) == (143, "")


@pytest.mark.parametrize(
    "body",
    [
        """
        try:
            end()
        except BaseException:
            raise ValueError("a library closes its file, and complains")
        """,
        """
        class Property:
            def __set_name__(self, owner, name): end()
        class Imported:
            name = Property()
        """,
        """
        class Loop:
            def __init__(self):
                end()
                self.made = True
            def __del__(self): self.made
        Loop()
        """,
        """
        async def serve(): pass
        def run(coroutine): end()
        run(serve())
        """,
        """
        import threading
        def complain(): raise OSError(9, "a pool finds its pipe closed")
        threading._register_atexit(complain)
        end()
        """,
        """
        import camtwin.__main__ as program
        class HalfMade(program.Output):
            def __init__(self, *args, **options):
                end()
                super().__init__(*args, **options)
        program.Output = HalfMade
        program.main()
        """,
    ],
    ids=[
        *("another error", "an import", "an object half made", "a coroutine", "as the interpreter ends"),
        "streams half made",
    ],
)
def test_a_signal_in_the_middle_of_a_library_ends_quietly(body):
    """Whatever the library makes of the exception."""
    assert signalled(body) == (143, "")


def test_a_kernel_is_loaded_before_a_signal_ends_the_command():
    """A package that an exception would leave with broken memory is let through."""
    body = """
        import sys
        text = "end(); time.sleep(0.1); print('loaded', file=sys.stderr)"
        exec(text, {"__name__": "numba.core.codegen", "end": end, "time": time, "sys": sys})
        time.sleep(60)
    """
    assert signalled(body) == (143, "loaded\n")


def test_a_signal_waits_though_another_thread_hears_it():
    body = """
        import sys, threading
        from camtwin.processes import ending_later
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
        with ending_later():
            end()
            time.sleep(0.2)
            print("whole", file=sys.stderr)
        time.sleep(60)
    """
    assert signalled(body) == (143, "whole\n")


def test_an_error_without_a_signal_is_told():
    code, told = signalled("raise ValueError('our own')")
    assert code == 1
    assert "ValueError: our own" in told
