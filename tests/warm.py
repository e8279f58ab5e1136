"""Start camtwin's command line in a process that has imported it: in a tenth of the time of a new one.

A server imports the package once, compiled kernels included, and has no thread. It forks for each program;
the child enters a network namespace, is broken if a test sabotages it, and runs the command line as a process
of its own, which tests may kill.
"""

from __future__ import annotations

import atexit
import ctypes
import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, NoReturn

PID_BYTES = 20
"""Of a fixed size: the exit status of a program that has ended at once follows it in the same pipe."""
CLONE_NEWNET = 0x4000_0000  # linux/sched.h
HELD = (signal.SIGINT, signal.SIGHUP)
"""Signals that the server does not hear, and a program once it is one: none is lost in between."""
_asking = threading.Lock()


class Program:
    """A program that runs; what tests use of subprocess.Popen's.

    args       of `camtwin`
    env        its environment; None: as it is here
    breaks     names of what is wrong with it, NAME+NAME; any break of tests/mutations will do
    namespace  network namespace that it runs in; None: this one
    files      for stdout and stderr; None: both are read from `stdout`
    closed     descriptors that are closed when it begins
    """

    def __init__(
        self,
        args: Sequence[str],
        env: Mapping[str, str] | None = None,
        *,
        breaks: str = "",
        namespace: str = "",
        files: tuple[IO[str], IO[str]] | None = None,
        closed: Sequence[int] = (),
    ) -> None:
        self.args = args
        self.returncode: int | None = None
        told, out = os.pipe()
        self._status, status = os.pipe()
        self.stdout = os.fdopen(told, encoding="utf-8")
        ask = json.dumps([[*args], dict(env or os.environ), breaks, namespace, os.getcwd(), closed]).encode()
        outputs = [file.fileno() for file in files] if files else [out, out]
        with _asking:
            socket.send_fds(_server(), [ask], [*outputs, status])
        os.close(out)
        os.close(status)
        self.pid = int(os.read(self._status, PID_BYTES))

    def wait(self, timeout: float | None = None) -> int:
        """Return its exit status when it has ended. subprocess.TimeoutExpired: it has not."""
        if self.returncode is None:
            if not select.select([self._status], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
            self.returncode = os.waitstatus_to_exitcode(int(os.read(self._status, 20)))
            os.close(self._status)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Signal it, unless it has ended."""
        try:
            self.wait(0)
        except subprocess.TimeoutExpired:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def run(
    *args: object,
    breaks: str = "",
    timeout: float = 60,
    env: Mapping[str, str] | None = None,
    closed: Sequence[int] = (),
) -> subprocess.CompletedProcess[str]:
    """Run `camtwin ARGS`, as subprocess.run with a captured output does."""
    encoding = (env or os.environ).get("PYTHONIOENCODING", "utf-8")
    with TemporaryFile("w+", encoding=encoding) as out, TemporaryFile("w+", encoding=encoding) as err:
        words = [*map(str, args)]
        program = Program(words, env, breaks=breaks, files=(out, err), closed=closed)
        program.stdout.close()
        try:
            code = program.wait(timeout)
        except BaseException:
            program.kill()
            program.wait()
            raise
        for file in (out, err):
            file.seek(0)
        return subprocess.CompletedProcess(words, code, out.read(), err.read())


@cache
def _server() -> socket.socket:
    """Start this process' server; return where to ask it. It ends when this process does."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    command = [sys.executable, __file__, str(theirs.fileno())]
    null = subprocess.DEVNULL
    server = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=null, stdout=null)
    theirs.close()

    def end() -> None:
        ours.close()
        server.wait()

    atexit.register(end)
    return ours


# -- the server, and its children --------------------------------------------------------------------
def preload() -> None:
    """Import the whole package, the breaks, and the kernels as machine code."""
    import camtwin.isp.planner as isp
    from camtwin.sensor import fast
    from mutations import registry

    registry.everything()
    registry.load()
    fast.warm_up()
    isp.warm_up()
    registry.forget()
    if threading.active_count() > 1:
        raise RuntimeError(f"a fork would lose threads: {threading.enumerate()}")
    gc.collect()
    gc.freeze()  # children share it all


Ask = tuple[list[str], dict[str, str], str, str, str, list[int]]
"""Arguments, environment, breaks, network namespace, working directory, what is closed."""


def serve(asked: socket.socket) -> Ask:
    """Fork for each program that is asked for. Return in the child, what it is to do."""
    children: dict[
        int, tuple[int, int]
    ] = {}  # by a descriptor of the process: its number, who hears of its end
    while True:
        ready, _, _ = select.select([asked, *children], [], [])
        for ended in children.keys() & set(ready):
            pid, status = children.pop(ended)
            os.write(status, str(os.waitpid(pid, 0)[1]).encode())
            os.close(status)
            os.close(ended)
        if asked not in ready:
            continue
        ask, (*fds,), _, _ = socket.recv_fds(asked, 1 << 17, 3)
        if not ask:
            os._exit(0)
        out, err, status = fds
        if not (pid := os.fork()):
            os.dup2(out, 1)
            os.dup2(err, 2)
            asked.close()
            for fd in (*fds, *(fd for ended, (_, told) in children.items() for fd in (ended, told))):
                os.close(fd)
            return json.loads(ask)
        os.write(status, b"%*d" % (PID_BYTES, pid))
        os.close(out)
        os.close(err)
        children[os.pidfd_open(pid)] = pid, status


def become(
    args: Sequence[str],
    env: Mapping[str, str],
    breaks: str,
    namespace: str,
    folder: str,
    closed: Sequence[int],
) -> None:
    """Be `camtwin ARGS`."""
    import pytest

    from camtwin.__main__ import main
    from mutations.registry import named

    if namespace:
        with open(f"/run/netns/{namespace}") as handle:
            if ctypes.CDLL(None, use_errno=True).setns(handle.fileno(), CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "setns")
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(env)
    begin_streams(env, closed)
    for one in named(breaks) if breaks else ():
        one.make(pytest.MonkeyPatch())  # for good: it is never undone
    sys.argv = ["camtwin", *args]
    for number in HELD:  # as in a terminal, even if the tests are run by nohup
        signal.signal(number, signal.SIG_DFL)  # until the command line says what it does
    signal.pthread_sigmask(signal.SIG_UNBLOCK, HELD)  # one that came since the fork ends it now
    code: str | int | None = 0
    try:
        main()
    except SystemExit as end:
        code = end.code
    except BaseException:
        traceback.print_exc()
        code = 1
    leave(code if isinstance(code, int) else bool(code))


def begin_streams(env: Mapping[str, str], closed: Sequence[int]) -> None:
    """Have the streams that the interpreter makes when it begins."""
    encoding, lines = env.get("PYTHONIOENCODING", "utf-8"), "PYTHONUNBUFFERED" in env
    for name, number in (("stdout", 1), ("stderr", 2)):
        getattr(sys, name).detach()  # what the server has knows the server's files
        if number in closed:
            os.close(number)
        stream = None if number in closed else open(number, "w", lines or -1, encoding, closefd=False)  # noqa: SIM115
        setattr(sys, name, stream)
    if 0 in closed:
        os.close(0)


def leave(code: int) -> NoReturn:
    """End as an interpreter does, but take nothing apart: that would copy all that the child shares."""
    threading._shutdown()  # pyright: ignore[reportAttributeAccessIssue]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).parent)
    signal.pthread_sigmask(signal.SIG_BLOCK, HELD)  # they are for whoever runs the tests
    preload()
    become(*serve(socket.socket(fileno=int(sys.argv[1]))))
