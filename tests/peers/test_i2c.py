"""Stock programs on the bus of a bare sensor: i2c-tools and smbus2, through `camtwin exec`.

Each check is run on a sabotaged twin, too, and fails there.
"""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

import pytest

from camtwin.links.base.folder import folder
from camtwin.wire import i2c
from peers.netns import CAMTWIN, HERE, PLAIN_SCENE, PeerError, Running, sabotaged

MODEL = "sony-imx412-aack"
Said = dict[str, list[str]]
"""Lines of each program by its name in i2c_tools.sh; the last one is its exit code."""


class SensorTwin(Running):
    """`camtwin run` of sensors, whose bus is in a folder of the test's own."""

    def __init__(self, *args: str, command: Sequence[str | Path] = CAMTWIN, sensors: int = 1) -> None:
        super().__init__(None, *command, "run", *[MODEL] * sensors, *PLAIN_SCENE, *args)

    def __enter__(self) -> Self:
        super().__enter__()
        (self.bus,) = re.findall(r"ready at i2c-(\d+), address", "".join(self.said))
        return self

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        if self.traceback:
            raise PeerError(f"the twin printed a traceback\n{''.join(self.said)}")

    def run(self, *args: str | Path, code: int = 0) -> str:
        done = subprocess.run(
            [*map(str, CAMTWIN), "exec", "--", *map(str, args)], capture_output=True, text=True, timeout=30
        )
        assert done.returncode == code, done.stderr
        return done.stdout

    def programs(self) -> Said:
        """Run all of i2c_tools.sh."""
        said: Said = {}
        for line in self.run("sh", HERE / "i2c_tools.sh", self.bus, sys.executable).splitlines():
            if line.startswith("== "):
                said[line[3:]] = []
            else:
                [*said.values()][-1].append(line)
        return said


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))


@pytest.fixture(scope="module")
def said(tmp_path_factory) -> Said:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("run")))
        with SensorTwin() as twin:
            return twin.programs()


def check_i2ctransfer(said: Said) -> None:
    assert said["id"] == ["0x05 0x77", "exit 0"]
    assert said["written"] == ["exit 0"]
    assert said["kept"] == ["0x0d 0xda", "exit 0"]


def check_refusals(said: Said) -> None:
    assert said["nobody"] == ["Error: Sending messages failed: No such device or address", "exit 1"]


def check_i2cget(said: Said) -> None:
    assert [said[name][0] for name in ("high", "low")] == ["0x05", "0x77"]


def check_i2cset(said: Said) -> None:
    assert said["set"] == ["exit 0"]
    assert said["word"] == ["0x4806", "exit 0"]


def check_i2cdetect(said: Said) -> None:
    cells = [cell for line in said["detect"][1:-1] for cell in line.split()[1:]]
    assert [cell for cell in cells if cell != "--"] == ["1a"]
    functions = [line.rsplit(None, 1) for line in said["functions"] if line.endswith(("yes", "no"))]
    able = {name.strip() for name, answer in functions if answer == "yes"}
    assert {"I2C", "SMBus Quick Command", "SMBus Send Byte", "I2C Block Read"} <= able
    assert "SMBus PEC" not in able


def check_list(said: Said) -> None:
    assert len(said["list"]) == 2
    assert re.fullmatch(rf"i2c-\d+\s+i2c\s+camtwin {MODEL}\s+I2C adapter", said["list"][0])
    assert len(said["files"]) == 3
    device, name, code = said["files"]
    assert re.match(r"crw------- .* 89, +\d+ .*/dev/i2c-\d+$", device)
    assert name.endswith("/name")
    assert code == "exit 0"


def check_smbus2(said: Said) -> None:
    assert said["smbus2"][-1] == "exit 0"
    told = json.loads(said["smbus2"][0])
    assert told == {
        "i2c_rdwr": [5, 0x77],
        "block": [1, 0x23],
        "word": 0x55,
        "blocks": [5, 0x77],
        "nobody": "ENXIO",
        "no_block": "ENOTSUP",
        "read": [5, 0x77],
        "device": ["0o20600", 89],
        "too_high": "EINVAL",
        "listed": True,
        "absent": "ENOENT",
    }


CHECKS: dict[Callable[[Said], None], str] = {
    check_i2ctransfer: "bus-id-swapped",
    check_refusals: "bus-acknowledges-all",
    check_i2cget: "bus-own-address-lost",
    check_i2cset: "bus-writes-lost",
    check_i2cdetect: "bus-acknowledges-all",
    check_list: "bus-nameless",
    check_smbus2: "bus-own-address-lost",
}
"""Each check, and what is wrong with a twin that it has to find."""


@pytest.mark.parametrize("check", CHECKS)
def test_stock_programs(check, said):
    check(said)


@pytest.mark.parametrize("sabotage", sorted(set(CHECKS.values())))
def test_they_turn_red(sabotage):
    with SensorTwin(command=sabotaged(sabotage)) as twin:
        said = twin.programs()
    for check, broken in CHECKS.items():
        if broken == sabotage:
            with pytest.raises(AssertionError):
                check(said)


def test_two_sensors_a_log_and_words(tmp_path):
    """As the documentation has it, typed by a user."""
    with SensorTwin("--trace-bus", str(tmp_path / "bus.txt"), sensors=2) as twin:
        for address in ("0x1a", "0x10"):
            said = twin.run("i2ctransfer", "-y", twin.bus, f"w2@{address}", "0x00", "0x16", "r2")
            assert said == "0x05 0x77\n"
        assert "".join(twin.said).count("For a program that uses") == 1
    assert "2 twins | 0 clients | 2 transfers | 0 frames" in twin.said[-1]
    replies = [line for line in (tmp_path / "bus.txt").read_text().splitlines() if "i2c_reply" in line]
    assert [line.partition("a=")[2] for line in replies] == [
        "01a f=0001 l=2 [05-77]",
        "010 f=0001 l=2 [05-77]",
    ]


def test_without_a_bus_a_program_has_the_systems_calls():
    exits = subprocess.run(
        [*map(str, CAMTWIN), "exec", "--", "sh", "-c", 'test -z "$LD_PRELOAD"'], timeout=30, check=False
    )
    assert exits.returncode == 0


HOSTILE = {
    "no answer": b"",
    "half an answer": bytes.fromhex("00000006 0000"),
    "too much data": bytes.fromhex("00000007 00000002 057705"),
    "too little data": bytes.fromhex("00000005 00000002 05"),
    "a size below that of a result": bytes.fromhex("00000000 00000002"),
    "an endless size": bytes.fromhex("ffffffff 00000002"),
    "an error with data": bytes.fromhex("00000006 fffffffa 0577"),
    "an error without a name": bytes.fromhex("00000004 ffff0000"),
}
"""Answers of a server that is not camtwin's, to a read of two bytes."""


def test_a_program_survives_a_hostile_server():
    """All it sees is an error of the transfer."""
    there = folder()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(there / "i2c-10"))
        listener.listen()

        def serve() -> None:
            for _ in range(1 + len(HOSTILE)):  # `camtwin exec` looks whether somebody is there
                client, _ = listener.accept()
                with client:
                    if client.recv(100):  # the address is set
                        client.sendall(i2c.answer(0))
                        client.recv(100)
                        client.sendall(answers.pop(0))

        answers = [*HOSTILE.values()]
        server = threading.Thread(target=serve)
        server.start()
        script = f"for i in {' '.join('1' * len(HOSTILE))}; do i2ctransfer -y 10 w2@0x1a 0 0x16 r2; done 2>&1"
        done = subprocess.run(
            [*map(str, CAMTWIN), "exec", "--", "sh", "-c", script], capture_output=True, text=True, timeout=30
        )
        server.join(10)
    said = done.stdout.splitlines()
    words = [line.partition("Error: Sending messages failed: ")[2] for line in said]
    assert words[:-1] == ["Input/output error"] * (len(HOSTILE) - 1)
    assert words[-1].startswith("Unknown error")
