"""Record what stock GenTL programs call: `python tests/golden/record_gentl.py [NAME ...]`.

A producer that notes each call stands between the program and camtwin.cti. The traces are recorded anew when
a program that CI installs is replaced by a newer one, or a session below changes. Run it with tests on
PYTHONPATH.
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

import camtwin
from peers.gentl import PYTHONPATH, GentlTwins, let_in
from peers.netns import HERE as PEERS
from peers.netns import MODEL
from unit.links.gentl.shim import built
from unit.links.gentl.traces import Row, rows_of

HERE: Final = Path(__file__).parent
HARVESTERS: Final = "from peers import gentl_session as s; "
SESSIONS: Final = {
    "gentl-harvesters": f"{HARVESTERS} s.streamed(3, s.MODEL, 4, **s.SMALL)",
    "gentl-harvesters-chunks": f"{HARVESTERS} s.chunks()",
    "gentl-harvesters-events": f"{HARVESTERS} s.events()",
    "gentl-vmbpy": "from peers import vmbpy_session as s; s.everything('VCXG-124M')",
}
"""Programs, by the names of their traces."""


def notes(session: str, folder: Path) -> list[str]:
    """Return the shim's notes of a session with a twin."""
    log = folder / "calls.jsonl"
    shim = built(camtwin.gentl.path(), folder, log)
    path = os.pathsep.join((str(let_in(folder)), PYTHONPATH))
    program = f"import camtwin; camtwin.gentl.path = lambda: {str(shim)!r}; {session}"
    os.environ["XDG_RUNTIME_DIR"] = str(folder)
    with GentlTwins(models=[MODEL]):
        env = {**os.environ, "PYTHONPATH": path}
        subprocess.run([sys.executable, "-c", program], env=env, cwd=PEERS, check=True, timeout=120)
    return log.read_text(encoding="utf-8").splitlines()


def file(name: str) -> Path:
    return HERE / f"{name}.calls.gz"


def recorded(name: str) -> list[Row]:
    """Return the rows of a trace."""
    return [json.loads(line) for line in gzip.decompress(file(name).read_bytes()).splitlines()]


def main() -> None:
    for name in sys.argv[1:] or SESSIONS:
        with tempfile.TemporaryDirectory() as folder:
            rows = rows_of(notes(SESSIONS[name], Path(folder)))
        text = "".join(f"{json.dumps(row)}\n" for row in rows)
        file(name).write_bytes(gzip.compress(text.encode(), mtime=0))
        print(f"{name}: {len(rows)} calls of {len({row[1] for row in rows})} functions")


if __name__ == "__main__":
    main()
