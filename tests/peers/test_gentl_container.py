"""A GenTL program in a container, as docs/gentl.md has it: namespaces of its own, two folders mounted."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from camtwin.links import native
from peers.gentl import small_frames
from unit.links.gentl.sanitized import built

CONTAINER = ("unshare", "--mount", "--net", "--ipc", "--pid", "--fork")
INSIDE = """
mount --bind "$XDG_RUNTIME_DIR/camtwin" "$1/run/camtwin"
mount --bind "$2" "$1/gentl"
export XDG_RUNTIME_DIR="$1/run"
program="$3"; shift 3
exec "$program" {folder}/camtwin.cti orders 1 1 "$@"
"""


@pytest.mark.parametrize("mounted", [True, False])
def test_a_container(mounted: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stream there; and not, if the folder of sockets is not mounted."""
    there, host = tmp_path / "there", tmp_path / "host"
    for folder in (there / "run/camtwin", there / "gentl", host):
        folder.mkdir(parents=True, mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(host))
    script = INSIDE.format(folder=there / "gentl")
    script = script if mounted else script.replace('mount --bind "$XDG', 'true "$XDG')
    producer = native.build(native.GENTL)
    with small_frames() as serving:
        addresses = [str(serving.address(f"Acquisition{end}")) for end in ("Start", "Stop")]
        program = str(built("", tmp_path)[0])
        words = [str(there), str(producer), program, *addresses]
        done = subprocess.run(
            [*CONTAINER, "sh", "-ec", script, "sh", *words], text=True, capture_output=True, timeout=60
        )
    assert done.stdout.startswith("1 frames") is mounted, done.stderr
