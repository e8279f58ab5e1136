"""consumer.c and camtwin.cti compiled to be watched: by compilers' sanitizers, or for valgrind."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest

from camtwin.links import native
from unit.links.gentl.serving import Serving

SOURCE: Final = Path(__file__).parent / "consumer.c"
SANITIZERS: Final = {"address": "address,undefined", "thread": "thread"}
WATCHED: Final = ("-O1", "-g", "-fno-omit-frame-pointer", "-fno-sanitize-recover=all")
TIMEOUT_s: Final = 110


FAULTS: Final = {
    "address": ("gentl/stream.c", r"()\tfree\(buffer\);\n(?=})", "Direct leak"),
    "thread": (
        "gentl/link.c",
        r"\tpthread_mutex_lock\(&lock\);\n(\tif \(closed\).*?)\tpthread_mutex_unlock\(&lock\);\n",
        "data race",
    ),
}
"""A fault for each sanitizer: a file, a text of which only the first group is left, and the report of it.
valgrind finds the first one, too."""


def built(sanitizers: str, where: Path) -> list[Path]:
    """Compile the consumer and the producer; return the program and its first argument."""
    how = (*WATCHED, f"-fsanitize={sanitizers}") if sanitizers else ("-O1", "-g")
    library = native.build(native.GENTL, (*native.GENTL.options, *how))
    program = where / "consumer"
    rest = ("-std=gnu11", "-pthread", "-I", native.headers(), "-o", program, SOURCE, "-ldl")
    subprocess.run(["cc", *how, *rest], check=True)
    return [program, library / native.GENTL.file]


def consumed(
    program: Sequence[str | Path],
    what: str,
    count: int,
    serving: Serving,
    seed: int = 1,
    timeout: float = TIMEOUT_s,
) -> str:
    """Run the consumer on a twin; return what it and its judges said. An AssertionError if it failed."""
    addresses = [str(serving.address(f"Acquisition{end}")) for end in ("Start", "Stop")]
    done = subprocess.run(
        [*program, what, str(count), str(seed), *addresses],
        env={**os.environ, "TSAN_OPTIONS": "halt_on_error=1", "ASAN_OPTIONS": "detect_leaks=1"},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=timeout,
    )
    assert done.returncode == 0, done.stdout
    assert done.stdout.splitlines()[-1] == "done", done.stdout
    return done.stdout


def spoilt(patch: pytest.MonkeyPatch, sanitizer: str) -> str:
    """Put the sanitizer's fault into the sources, and return what it says of it."""
    file, right, said = FAULTS[sanitizer]
    true = native.sources(native.GENTL)
    text, changes = re.subn(right, r"\1", true[file].decode(), flags=re.S)
    assert changes == 1
    patch.setattr(native, "sources", lambda of: {**true, file: text.encode()})
    return said
