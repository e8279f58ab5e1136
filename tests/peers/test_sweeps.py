"""Sweeps on a cluster of Dask in network namespaces of its own, and on a disk that is full. Needs root."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from distributed import Security
from pyarrow import parquet

import camtwin
from unit.sweeps.kept import contents

PLAN = """
models = "flir-bfs-u3-04s2m"
scene = "flat:{photons}@536"
frames = 2
keep = ["frames", "clean", "statistics"]
[grid]
photons = { from = 1e5, to = 1e6, steps = 12 }
"""
HOSTS = ("scheduler", "one", "two")
ADDRESS = "10.77.0.{}"


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


@contextmanager
def hosts() -> Iterator[list[str]]:
    """Make three hosts on one switch, which is in a namespace of its own, too."""
    own = os.getpid()
    switch, names = f"camtwin-sw{own}", [f"camtwin-{name}{own}" for name in HOSTS]
    with ExitStack() as stack:
        for name in (switch, *names):
            ip("netns", "add", name)
            stack.callback(subprocess.run, ["ip", "netns", "del", name], capture_output=True)
        ip("-n", switch, "link", "add", "br0", "type", "bridge")
        ip("-n", switch, "link", "set", "br0", "up")
        for number, name in enumerate(names, 1):
            ip(
                "-n",
                switch,
                "link",
                "add",
                f"p{number}",
                "type",
                "veth",
                "peer",
                "name",
                "eth0",
                "netns",
                name,
            )
            ip("-n", switch, "link", "set", f"p{number}", "master", "br0", "up")
            ip("-n", name, "addr", "add", f"{ADDRESS.format(number)}/24", "dev", "eth0")
            ip("-n", name, "link", "set", "lo", "up")
            ip("-n", name, "link", "set", "eth0", "up")
        yield names


def certificates(folder: Path) -> dict[str, str]:
    """Return the environment in which Dask's programs have certificates of one authority."""
    made = Security.temporary()
    cert, key = folder / "cert.pem", folder / "key.pem"
    cert.write_text(str(made.tls_ca_file))
    key.write_text(str(made.tls_scheduler_key))
    tls = "DASK_DISTRIBUTED__COMM__TLS__"
    found = {f"{tls}CA_FILE": str(cert)}
    for role in ("SCHEDULER", "WORKER", "CLIENT"):
        found |= {f"{tls}{role}__CERT": str(cert), f"{tls}{role}__KEY": str(key)}
    return found


@contextmanager
def cluster(names: list[str], environment: dict[str, str]) -> Iterator[str]:
    """Start a scheduler and two workers, each in its namespace; yield the scheduler's address."""
    address = f"tls://{ADDRESS.format(1)}:8786"
    said = ("--no-dashboard", "--protocol", "tls")
    commands = [["scheduler", "--host", ADDRESS.format(1), "--port", "8786", *said]]
    commands += [
        ["worker", address, "--host", ADDRESS.format(n), "--nthreads", "1", "--no-nanny", *said]
        for n in (2, 3)
    ]
    with ExitStack() as stack:
        for name, words in zip(names, commands, strict=True):
            command = [
                "ip",
                "netns",
                "exec",
                name,
                sys.executable,
                "-m",
                "distributed.cli.dask_" + words[0],
                *words[1:],
            ]
            process = stack.enter_context(
                subprocess.Popen(
                    command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
                )
            )
            stack.callback(process.terminate)
        yield address


@pytest.mark.timeout(600)
def test_workers_on_other_hosts_give_the_same_bytes(tmp_path):
    file = tmp_path / "plan.toml"
    file.write_text(PLAN)
    camtwin.sweep(file).run(tmp_path / "here")
    environment = {**os.environ, **certificates(tmp_path)}
    with hosts() as names, cluster(names, environment) as address:
        command = ["ip", "netns", "exec", names[0], sys.executable, "-m", "camtwin", "sweep", str(file)]
        command += ["-o", str(tmp_path / "there"), "--scheduler", address]
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "12 cells, 24 images; 12 cells were taken now" in done.stdout
    assert done.stderr == ""
    assert contents(tmp_path / "there") == contents(tmp_path / "here")


FULL = """
mount -t tmpfs -o size=4m camtwin "$DISK" || exit 99
$SWEEP --workers 2; echo $? >"$KEPT/code"
cp "$DISK/out/cells.parquet" "$KEPT/first.parquet"
mount -o remount,size=64m "$DISK"
$SWEEP --workers 0 && cp -r "$DISK/out" "$KEPT/out"
"""
"""Runs on a disk for a third of the cells, and again when it has grown; the disk ends with its shell."""


@pytest.mark.timeout(600)
def test_a_full_disk_fails_the_cells_that_do_not_fit(tmp_path):
    file, disk = tmp_path / "plan.toml", tmp_path / "disk"
    file.write_text(PLAN)
    disk.mkdir()
    sweep = f"{sys.executable} -m camtwin sweep {file} -o {disk}/out"
    environment = {**os.environ, "DISK": str(disk), "KEPT": str(tmp_path), "SWEEP": sweep}
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", FULL], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    rows = parquet.read_table(tmp_path / "first.parquet").to_pylist()
    failed = [row for row in rows if row["status"] == "failed"]
    assert len(rows) == 12
    assert 0 < len(failed) < 12
    assert {row["reason"] for row in failed} == {"No space left on device"}
    first = f"the first is {failed[0]['cell']}: No space left on device"
    assert done.stderr == f"camtwin: {len(failed)} cells failed; {first}\n"
    assert (tmp_path / "code").read_text() == "2\n"
    assert f"{len(failed)} cells were taken now" in done.stdout  # in the second run
    camtwin.sweep(file).run(tmp_path / "here")
    assert contents(tmp_path / "out") == contents(tmp_path / "here")
